//! Figures about the store.

use lrs_store::{StoreError, StoreStatus};
use rusqlite::Connection;

use crate::store::Shared;
use crate::{attachments, documents};

/// Cheap: nothing is counted that is not kept.
pub(crate) fn read_status(shared: &Shared, connection: &Connection) -> Result<StoreStatus, StoreError> {
    let (through, indexed_through) = {
        let tail = shared.tail();
        (tail.through(), tail.indexed_through())
    };
    // The files of the database; one that is absent has no size.
    let size_bytes = ["", "-wal", "-shm"].iter().map(|suffix| {
        let mut path = shared.path.clone().into_os_string();
        path.push(suffix);
        std::fs::metadata(path).map_or(0, |metadata| metadata.len())
    });
    Ok(StoreStatus {
        statements: through,
        log_position: through,
        indexed_through,
        tail_statements: through - indexed_through,
        queue_depth: shared.queue.depth(),
        size_bytes: size_bytes.sum(),
        attachment_bytes: attachments::sum_attachment_bytes(connection)?,
        documents: documents::count_documents(connection)?,
    })
}
