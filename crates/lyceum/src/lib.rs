//! The `lyceum` binary as a library, so that its command line and configuration can be tested: configuration, commands
//! and the wiring of a backend to the HTTP server. The only crate that names a backend.

mod bench;
pub mod command_line;
pub mod commands;
pub mod configuration;
pub mod database;
pub mod first_start;
mod low_priority;
mod openid;
pub mod output;
mod place;
mod secret;
pub mod telemetry;
mod transfer;
mod trust;
mod web_app;
