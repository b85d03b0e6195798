//! The program with PostgreSQL as its store: the tests of `outside` in which the store matters, and what only several processes on one
//! database show. The harness sees the name of this target.

#[path = "../outside/bad_input/mod.rs"]
mod bad_input;
#[path = "../outside/clients/mod.rs"]
mod clients;
#[path = "../outside/harness/mod.rs"]
#[expect(dead_code, unused_imports, reason = "some tests of `outside` are not here")]
mod harness;
mod load;
mod on_objects;
mod order;
mod outages;
mod processes;
#[path = "../outside/operation/shutdown.rs"]
mod shutdown;
mod upgrades;
