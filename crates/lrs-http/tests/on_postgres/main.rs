//! The tests of `interface`, with servers that store in PostgreSQL: the harness sees the name of this target.
//!
//! Not here: `server` and `web_app`, in which no store takes part.

#[path = "../interface/access.rs"]
mod access;
#[path = "../interface/admin/mod.rs"]
mod admin;
#[path = "../interface/harness.rs"]
mod harness;
#[path = "../interface/limits.rs"]
mod limits;
#[path = "../interface/matching.rs"]
mod matching;
#[path = "../interface/memory.rs"]
mod memory;
mod on_objects;
#[path = "../interface/records/mod.rs"]
mod records;
#[path = "../interface/requirements.rs"]
mod requirements;
#[path = "../interface/signatures.rs"]
mod signatures;
#[path = "../interface/versions.rs"]
mod versions;
