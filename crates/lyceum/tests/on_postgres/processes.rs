//! Several processes on one database: who makes what is missing, and who does what only one may do.

use std::collections::BTreeSet;
use std::time::Instant;

use super::load::{new_folder, start_at_once};
use crate::harness::{Server, Start, wait_for};

/// One of them makes the tables, the LRS and the first key; all of them serve.
#[test]
fn of_many_that_start_at_once_one_makes_the_first_key() {
    let (folder, database) = new_folder();
    let servers = start_at_once(&folder, 3);
    let keys: Vec<_> = servers.iter().filter_map(Server::first_key).collect();
    assert_eq!(keys.len(), 1, "{keys:?}");
    let count = |table: &str| database.run(&format!("SELECT count(*) FROM lyceum.{table}"));
    assert_eq!((count("lrs"), count("key")), ("1".to_owned(), "1".to_owned()));
    let mut stored = BTreeSet::new();
    for server in &servers {
        stored.extend(server.client_of(keys[0]).store(&crate::harness::statement("first")));
    }
    for server in &servers {
        let found = server.client_of(keys[0]).find_all("");
        assert_eq!(
            found.iter().map(|it| it["id"].as_str().expect("an id").to_owned()).collect::<BTreeSet<_>>(),
            stored
        );
    }
}

/// What follows the log works in one process. It stays there while others wait, and moves when that process is killed.
#[test]
fn a_follower_moves_when_its_process_is_killed() {
    let (folder, database) = new_folder();
    let lease = |column: &str| {
        let found = database.run(&format!("SELECT {column} FROM lyceum.lease WHERE name = 'directory/default'"));
        (!found.is_empty()).then_some(found)
    };
    let first = Start::default().on(&folder.data());
    let holder = wait_for("a process to follow the log", || lease("holder"));
    let _second = Start::default().on(&folder.data());
    for _ in 0..2 {
        let expires = lease("expires");
        wait_for("the lease to be renewed", || (lease("expires") != expires).then_some(()));
        assert_eq!(lease("holder").as_deref(), Some(holder.as_str()), "it does not move without need");
    }
    first.kill();
    let killed = Instant::now();
    wait_for("another process to go on", || (lease("holder")? != holder).then_some(()));
    println!("moved {} ms after its process was killed", killed.elapsed().as_millis());
}
