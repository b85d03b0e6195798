//! Copying an LRS into another store: what is written as it was elsewhere, positions and instants included.
//!
//! This is no second way into a log for clients: they cannot choose a position or an instant, and reach only
//! [`Store::record_statements`](crate::Store::record_statements).

use xapi::{CompletedStatement, Timestamp};

use crate::{Document, DocumentKey, Seq};

/// A piece of an LRS that is copied. All of it happens, or nothing.
#[derive(Debug, Default)]
pub struct Restoration {
    /// The position in the log that `statements` follow.
    pub after: Seq,
    /// The next entries of the log, in order, without gaps. They void what they voided, and are found by what they were found by.
    pub statements: Vec<RestoredStatement>,
    /// Merged definitions (JSON) by activity id, in place of what the statements would add up to: not every key may define.
    pub definitions: Vec<(String, String)>,
    /// All names of agents by [`xapi::Agent::key`], oldest first, in place of those that are there.
    pub names: Vec<(String, Vec<String>)>,
    /// Documents, in place of those that are there, with their `ETag` and the instant of their last change.
    pub documents: Vec<(DocumentKey, Document)>,
}

/// An entry of the log that is copied.
#[derive(Debug, Clone)]
pub struct RestoredStatement {
    /// The statement.
    pub statement: CompletedStatement,
    /// When it was stored, there.
    pub stored: Timestamp,
}

/// What became of a restoration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restored {
    /// It is durable and visible. Entries that were there already were left as they are.
    Done,
    /// Nothing happened: the log ends before `after`, has another statement at this position, or this entry would break
    /// the log's order or take an id that is taken.
    Differs(Seq),
}

/// Where a document stands in the order in which a store lists all its documents. Means nothing in another store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DocumentPosition(pub u128);

/// A document with its key, as a store lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedDocument {
    /// Where the list goes on.
    pub position: DocumentPosition,
    /// Its key.
    pub key: DocumentKey,
    /// The document.
    pub document: Document,
}
