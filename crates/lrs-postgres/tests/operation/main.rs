//! What somebody who operates the database relies on: plans, round trips, replicas, findings, encryption, roles and limits. Each test
//! has a server of its own where it changes the server.

mod citus;
mod findings;
mod limits;
mod opened;
mod orphans;
#[path = "../common/orphans.rs"]
mod orphans_anywhere;
mod pgbouncer;
mod plans;
mod replicas;
mod round_trips;
mod tls;
