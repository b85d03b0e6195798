//! What somebody who operates the database relies on: plans, round trips, replicas, findings, encryption, roles and limits. Each test
//! has a server of its own where it changes the server.

mod citus;
mod findings;
mod limits;
mod opened;
mod pgbouncer;
mod plans;
mod replicas;
mod round_trips;
mod tls;
