//! Tests of the real program from outside: it is started on a free port, spoken to as clients and operators do, killed and
//! starved. One test binary, because linking it is what costs.

mod bad_days;
mod bad_input;
mod clients;
mod harness;
mod operation;
mod tools;
