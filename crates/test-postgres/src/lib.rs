//! PostgreSQL for tests: databases of their own on the server that `LYCEUM_TEST_POSTGRES` names, or on a private one.
//!
//! [`Cluster`] is a private server in a temporary folder; it ends with whoever started it, however that ends. `cargo xtask test` starts one
//! for the whole run. Tests that run without it share one, which a small shell ends soon after the last of them.
//! Not part of the product, and without dependencies: it runs PostgreSQL's own programs.
#![expect(clippy::missing_panics_doc, reason = "it is used by tests: a panic is how it says that one cannot go on")]

mod cluster;
mod database;
mod pooler;
mod programs;
mod shared;

pub use cluster::Cluster;
pub use database::Database;
pub use pooler::{HOW_TO_INSTALL_PGBOUNCER, Pooler, find_pgbouncer};
pub use programs::{HOW_TO_INSTALL, find_programs};
pub use shared::{SERVER_VARIABLE, server_url};
