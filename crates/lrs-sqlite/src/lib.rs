//! The embedded backend of Lyceum: SQLite used as a log.
//!
//! One LRS is one SQLite file and one folder of attachments. Statements are appended by one thread at a time, usually the writer, that commits what
//! all waiting requests have queued; the index of the newest statements lives in memory and is merged into sorted
//! tables a little at a time. `docs/adr` says why.

mod append;
mod attachments;
mod awake;
pub mod backup;
mod bodies;
pub mod check;
mod connection;
mod definitions;
mod dictionary;
mod documents;
mod error;
#[cfg(test)]
mod faults;
mod find;
mod hash;
mod horizon;
mod identities;
mod lock;
mod log;
mod merge;
mod metering;
mod options;
mod postings;
mod prepare;
mod recovery;
mod references;
mod registry;
pub mod repair;
mod restore;
mod schema;
mod status;
mod store;
mod tail;
mod terms;
mod unwritten;
mod views;
mod wal;
mod writer;

pub use lock::Holder;
pub use options::{Access, Options};
pub use registry::{Mode, OpenError, SqliteRegistry};
pub use store::SqliteStore;
