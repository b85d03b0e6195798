//! Writes pieces of another LRS as they were there: [`Restoration`] says what that is for.

use std::collections::HashSet;

use lrs_store::{Document, DocumentKey, Obstacle, Restoration, Restored, Seq, StoreError};
use rusqlite::{Connection, OptionalExtension};
use tokio::sync::oneshot;
use uuid::Uuid;
use xapi::Timestamp;

use crate::SqliteStore;
use crate::definitions::{restore_definition, restore_names};
use crate::documents::restore_document;
use crate::error::{store_error, unavailable};
use crate::prepare::{Prepared, prepare};
use crate::recovery::read_last_stored;
use crate::references::find_seq;
use crate::tail::{Pending, Tail};
use crate::writer::Command;

const OPERATION: &str = "restore a piece of an LRS";

/// A piece, hashed and compressed.
pub(crate) struct Piece {
    after: Seq,
    statements: Vec<Placed>,
    definitions: Vec<(String, String)>,
    names: Vec<(String, Vec<String>)>,
    documents: Vec<(DocumentKey, Document)>,
}

/// Writes a piece in one commit.
pub(crate) async fn restore(store: &SqliteStore, piece: Restoration) -> Result<Restored, StoreError> {
    let size_bytes = piece.statements.iter().map(|it| it.statement.body.len()).sum::<usize>()
        + piece.documents.iter().map(|(_, document)| document.body.len()).sum::<usize>();
    let shared = std::sync::Arc::clone(&store.shared);
    let preparing = move || -> Result<Piece, StoreError> {
        let Restoration { after, statements, definitions, names, documents } = piece;
        let (instants, mut statements): (Vec<_>, Vec<_>) =
            statements.into_iter().map(|it| (it.stored, it.statement)).unzip();
        for statement in &mut statements {
            // What they add up to comes with the piece.
            statement.definitions.clear();
            statement.names.clear();
        }
        let prepared = prepare(&shared.bodies, &shared.hasher, statements)?;
        Ok(Piece { after, statements: prepared.into_iter().zip(instants).collect(), definitions, names, documents })
    };
    let piece = tokio::task::spawn_blocking(preparing)
        .await
        .map_err(|error| StoreError::Internal { operation: OPERATION, source: Box::new(error) })??;
    let (reply, answer) = oneshot::channel();
    store.submit(Command::Restore(Box::new(piece), reply), size_bytes)?;
    answer.await.unwrap_or_else(|_| Err(unavailable(Obstacle::WriterStopped)))
}

/// A statement with the instant at which it was stored.
type Placed = (Prepared, Timestamp);

impl Piece {
    /// The statements that are not there yet. The inner error is the first position where the piece does not fit the log.
    pub(crate) fn find_new(
        &self,
        connection: &Connection,
        tail: &Tail,
        pending: &Pending,
    ) -> Result<Result<&[Placed], Seq>, StoreError> {
        let next = pending.next_seq();
        if self.statements.is_empty() {
            return Ok(Ok(&[]));
        }
        let first = self.after.0 + 1;
        if first > next || !pending.entries.is_empty() {
            return Ok(Err(Seq(next)));
        }
        let present = usize::try_from(next - first).unwrap_or(usize::MAX).min(self.statements.len());
        let (present, new) = self.statements.split_at(present);
        for (seq, (statement, stored)) in (first..).zip(present) {
            if read_head(connection, seq)? != Some((statement.id, *stored)) {
                return Ok(Err(Seq(seq)));
            }
        }
        let mut last = read_last_stored(connection)?;
        let mut ids = HashSet::new();
        for (seq, (statement, stored)) in (next..).zip(new) {
            let taken = !ids.insert(statement.id) || find_seq(connection, tail, pending, statement.id)?.is_some();
            if taken || *stored < last {
                return Ok(Err(Seq(seq)));
            }
            last = *stored;
        }
        Ok(Ok(new))
    }

    /// What is not of the log.
    pub(crate) fn write_rest(&self, connection: &Connection) -> Result<(), StoreError> {
        let write = || -> rusqlite::Result<()> {
            for (id, definition) in &self.definitions {
                restore_definition(connection, id, definition)?;
            }
            for (agent, names) in &self.names {
                restore_names(connection, agent, names)?;
            }
            for (key, document) in &self.documents {
                restore_document(connection, key, document)?;
            }
            Ok(())
        };
        write().map_err(|error| store_error(OPERATION, error))
    }
}

/// Which statement has this position, and when it was stored. By the primary key.
fn read_head(connection: &Connection, seq: u64) -> Result<Option<(Uuid, Timestamp)>, StoreError> {
    let read = || {
        connection
            .prepare_cached("SELECT id, stored FROM statement WHERE seq = ?1")?
            .query_row([seq], |row| Ok((Uuid::from_bytes(row.get(0)?), Timestamp(row.get(1)?))))
            .optional()
    };
    read().map_err(|error| store_error(OPERATION, error))
}
