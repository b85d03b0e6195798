//! The program with PostgreSQL as its store: the tests of `outside` in which the store matters, and what only several processes on one
//! database show. The harness sees the name of this target.
//!
//! Not here: what is about the files of the embedded store (`damage`, `disk`, `backing_up`), and what no store takes part in (`help`,
//! `configuration`, `tls`, `over_tls`, `traces`, `commanding`). `moving` has both stores.

#[path = "../outside/operation/access.rs"]
mod access;
#[path = "../outside/bad_input/mod.rs"]
mod bad_input;
#[path = "../outside/tools/benching.rs"]
mod benching;
#[path = "../outside/clients/mod.rs"]
mod clients;
#[path = "../outside/tools/exporting.rs"]
mod exporting;
#[path = "../outside/operation/first_start.rs"]
mod first_start;
#[path = "../outside/harness/mod.rs"]
#[expect(dead_code, unused_imports, reason = "some tests of `outside` are not here")]
mod harness;
#[path = "../outside/tools/importing.rs"]
mod importing;
#[path = "../outside/tools/importing_from.rs"]
mod importing_from;
#[path = "../outside/bad_days/imports.rs"]
mod imports;
mod jobs;
#[path = "../outside/bad_days/kills.rs"]
mod kills;
mod load;
mod memory;
#[path = "../outside/operation/observation.rs"]
mod observation;
mod on_objects;
#[path = "../outside/operation/openid.rs"]
mod openid;
mod operators;
mod order;
mod outages;
mod processes;
#[path = "../outside/operation/shutdown.rs"]
mod shutdown;
mod upgrades;
