//! `lyceum bench`: a load generator for any Learning Record Store, ours or another's, over HTTP alone.
//!
//! Nothing here knows what serves the URL. Every statement is a pure function of a seed and a number
//! ([`Statements`]), so the generator remembers nothing of what it wrote and can still read any of it back and compare.
//! It shares the machine with the server it measures, so it is built to be cheap: statements are put together from parts
//! rendered once, connections are kept open, and one thread drives all of them.

mod connection;
mod floor;
mod load;
mod operations;
mod process;
mod report;
mod round;
mod statements;
mod tally;
mod verify;
mod windows;

pub use connection::Target;
pub use load::{Amount, Plan, run};
pub use operations::Workload;
pub use process::Process;
pub use report::Report;
