//! The embedded backend of Lyceum: SQLite used as a log.
//!
//! One LRS is one SQLite file and one folder of attachments. Statements are appended by one writer thread that commits what
//! all waiting requests have queued; the index of the newest statements lives in memory and is merged into sorted
//! tables a little at a time. `docs/adr` says why.

mod append;
mod attachments;
mod check;
mod connection;
mod documents;
mod error;
mod lock;
mod options;
mod registry;
mod schema;
mod store;
mod writer;

pub use lock::Holder;
pub use options::Options;
pub use registry::{Mode, OpenError, SqliteRegistry};
pub use store::SqliteStore;
