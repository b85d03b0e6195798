//! Writes pieces of another LRS as they were there: [`Restoration`] says what that is for.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use deadpool_postgres::Object;
use futures_util::future::try_join_all;
use lrs_store::{Document, DocumentKey, Restoration, Restored, Seq, StoreError};
use uuid::Uuid;
use xapi::CompletedStatement;

use crate::PostgresStore;
use crate::append::{Appender, Met, Plan, prepare};
use crate::definitions::SaidRows;
use crate::documents::{restore_document, retry};
use crate::error::Fault;
use crate::hash::NameHasher;
use crate::store::Shared;
use crate::writer::Record;

const OPERATION: &str = "restore a piece of an LRS";

/// A piece, hashed and compressed.
struct Piece {
    after: i64,
    statements: Record,
    stored: Vec<i64>,
    said: BTreeMap<Uuid, (String, String)>,
    names: BTreeMap<Uuid, Vec<String>>,
    documents: Vec<(DocumentKey, Document)>,
}

/// Writes a piece in one transaction, under the log's lock.
pub(crate) async fn restore(store: &PostgresStore, piece: Restoration) -> Result<Restored, StoreError> {
    let shared = &store.shared;
    let hasher = shared.hasher;
    let piece = tokio::task::spawn_blocking(move || prepare_piece(&hasher, piece))
        .await
        .map_err(|error| StoreError::Internal { operation: OPERATION, source: Box::new(error) })??;
    // With no memory of what was said, which belongs to the one that records.
    let appender = &Appender::new(Arc::clone(shared));
    let piece = &piece;
    retry(shared, OPERATION, |connection| async move { piece.write(appender, &connection).await }).await
}

fn prepare_piece(hasher: &NameHasher, piece: Restoration) -> Result<Piece, StoreError> {
    let stored = piece.statements.iter().map(|it| it.stored.0).collect();
    let plain = |statement: CompletedStatement| CompletedStatement {
        // What they add up to comes with the piece.
        definitions: Vec::new(),
        names: Vec::new(),
        ..statement
    };
    let statements = piece.statements.into_iter().map(|it| plain(it.statement)).collect();
    let hash = |text: &str| hasher.hash_parts(&[text.as_bytes()]);
    Ok(Piece {
        after: i64::try_from(piece.after.0).unwrap_or(i64::MAX),
        statements: Record::unasked(prepare(hasher, statements)?),
        stored,
        said: piece.definitions.into_iter().map(|(id, definition)| (hash(&id), (id, definition))).collect(),
        names: piece.names.into_iter().map(|(agent, names)| (hash(&agent), names)).collect(),
        documents: piece.documents,
    })
}

impl Piece {
    async fn write(&self, appender: &Appender, connection: &Object) -> Result<Restored, Fault> {
        let shared = appender.shared();
        let met = appender.meet(connection, std::slice::from_ref(&self.statements)).await?;
        let new = match self.find_new(shared, connection, &met).await? {
            Ok(new) => new,
            Err(seq) => {
                connection.batch_execute("ROLLBACK").await.map_err(failed)?;
                return Ok(Restored::Differs(seq));
            }
        };
        let present = self.stored.len() - new;
        let mut plan = Plan::restore(&self.statements.statements[present..], &self.stored[present..], met);
        plan.said = self.said_rows();
        let agents: Vec<Uuid> = self.names.keys().copied().collect();
        // By the primary key of `agent_name`.
        let forget = shared.sql("DELETE FROM $s.agent_name WHERE agent = ANY($1)");
        let forget = connection.prepare_cached(&forget).await.map_err(failed)?;
        connection.execute(&forget, &[&agents]).await.map_err(failed)?;
        let documents = self.documents.iter();
        let documents = documents.map(|(key, document)| restore_document(shared, connection, key, document));
        try_join_all(documents).await.map_err(failed)?;
        appender.write(connection, &[], &plan).await?;
        Ok(Restored::Done)
    }

    /// How many statements, the last ones, are not there yet. The inner error is the first position where the piece does
    /// not fit the log. By `statement_seq`.
    async fn find_new(&self, shared: &Shared, connection: &Object, met: &Met<'_>) -> Result<Result<usize, Seq>, Fault> {
        let place = |seq: i64| Seq(seq.unsigned_abs());
        if self.stored.is_empty() {
            return Ok(Ok(0));
        }
        if self.after > met.last_seq {
            return Ok(Err(place(met.last_seq + 1)));
        }
        let sql = "SELECT seq, id, stored FROM $s.statement WHERE seq >= $1 ORDER BY seq LIMIT $2";
        let count = i64::try_from(self.stored.len()).unwrap_or(i64::MAX).saturating_add(1);
        let select = connection.prepare_cached(&shared.sql(sql)).await.map_err(failed)?;
        let rows = connection.query(&select, &[&self.after, &count]).await.map_err(failed)?;
        let there: BTreeMap<i64, (Uuid, i64)> = rows.iter().map(|row| (row.get(0), (row.get(1), row.get(2)))).collect();
        let mut last = there.get(&self.after).map_or(i64::MIN, |(_, stored)| *stored);
        let mut ids = HashSet::new();
        let mut new = 0;
        for (seq, (statement, stored)) in (self.after + 1..).zip(self.statements.statements.iter().zip(&self.stored)) {
            let fits = if let Some(found) = there.get(&seq) {
                *found == (statement.id, *stored)
            } else {
                new += 1;
                *stored >= last && !met.present.contains_key(&statement.id)
            };
            if !fits || !ids.insert(statement.id) {
                return Ok(Err(place(seq)));
            }
            last = *stored;
        }
        Ok(Ok(new))
    }

    fn said_rows(&self) -> SaidRows {
        let mut rows = SaidRows::default();
        for (activity, (id, definition)) in &self.said {
            rows.activities.push(*activity);
            rows.activity_ids.push(id.clone().into_bytes());
            rows.definitions.push(definition.clone());
        }
        for (agent, names) in &self.names {
            for (position, name) in (0..).zip(names) {
                rows.agents.push(*agent);
                rows.positions.push(position);
                rows.names.push(name.clone().into_bytes());
            }
        }
        rows
    }
}

fn failed(error: tokio_postgres::Error) -> Fault {
    Fault::new(OPERATION, error)
}
