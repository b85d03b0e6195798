//! The PostgreSQL backend of Lyceum: the same contract as the embedded one, for many server processes on one database.
//!
//! Each LRS is a schema; the list of LRSs and the keys are in the schema `lyceum`. Every process has one writer for each LRS that
//! commits together what all its waiting requests have queued, under a lock that all processes share, so that the log's
//! order is the order of commits. `docs/adr` says why. Modules and functions are named as in `lrs-sqlite`.

mod answer;
mod append;
mod attachments;
mod bodies;
mod check;
mod connection;
mod cut;
mod definitions;
mod documents;
mod error;
mod find;
mod hash;
mod identities;
mod lease;
mod options;
mod pooler;
mod references;
mod registry;
mod replicas;
mod restore;
mod schema;
mod store;
mod views;
mod writer;

pub use attachments::{AddressError, AttachmentPlace, ObjectPlace, ObjectSettings, Orphans};
pub use check::{CheckLimits, check_database};
pub use connection::{Database, OpenError};
pub use options::{Access, Options, Time};
pub use registry::PostgresRegistry;
pub use store::PostgresStore;
