//! Appends to the log inside a commit.

use std::sync::Arc;
use std::time::Duration;

use lrs_store::{Recorded, StoreError, UploadedAttachment};
use rusqlite::Connection;
use xapi::Timestamp;

use crate::Options;
use crate::error::store_error;
use crate::store::Shared;

/// A statement, hashed and compressed by whoever sends it.
pub(crate) struct Prepared {}

/// The writer's state.
pub(crate) struct Appender {
    connection: Connection,
    shared: Arc<Shared>,
    stored: Timestamp,
}

impl Appender {
    pub(crate) fn new(connection: Connection, shared: Arc<Shared>) -> Self {
        Self { connection, shared, stored: Timestamp(0) }
    }

    pub(crate) fn options(&self) -> &Options {
        &self.shared.options
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The instant of the commit.
    pub(crate) fn stored(&self) -> Timestamp {
        self.stored
    }

    pub(crate) fn begin(&mut self) -> Result<(), StoreError> {
        self.stored = self.shared.clock.now();
        self.connection.execute_batch("BEGIN IMMEDIATE").map_err(|error| store_error("begin a commit", error))
    }

    pub(crate) fn record(
        &mut self,
        _statements: Vec<Prepared>,
        _attachments: &[UploadedAttachment],
    ) -> Result<Result<Recorded, StoreError>, StoreError> {
        unimplemented!()
    }

    pub(crate) fn merge_some(&mut self) -> Result<(), StoreError> {
        Ok(())
    }

    pub(crate) fn merge_alone(&mut self) -> Result<(), StoreError> {
        Ok(())
    }

    pub(crate) fn has_merging_to_do(&self) -> bool {
        false
    }

    pub(crate) fn commit(&mut self) -> Result<(), StoreError> {
        self.connection.execute_batch("COMMIT").map_err(|error| store_error("commit", error))
    }

    pub(crate) fn roll_back(&mut self) {
        if !self.connection.is_autocommit() {
            let _ = self.connection.execute_batch("ROLLBACK");
        }
    }

    pub(crate) fn checkpoint(&mut self) {}

    pub(crate) fn report(&self, _queue_depth: u64) {}

    pub(crate) fn report_commit(&self, _took: Duration) {}

    pub(crate) fn close(&mut self) {}
}
