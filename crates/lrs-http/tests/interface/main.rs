//! The HTTP interface as clients see it: every requirement as a case in `tests/requirements/*.json`, and what data cannot say.

mod access;
mod admin;
mod harness;
mod limits;
mod matching;
mod memory;
mod records;
mod requirements;
mod server;
mod signatures;
mod versions;
mod web_app;
