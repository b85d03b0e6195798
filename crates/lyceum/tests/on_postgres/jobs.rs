//! Jobs of several processes on one database: each tells of all of them, one at a time works at one, and another goes on when that dies.

use std::time::Instant;

use super::load::{new_folder, start_servers};
use crate::harness::wait_for;
use crate::imports::{Lines, Owner, number};

/// The process that works at an import is killed; the other one shows it before, and goes on with it soon after.
#[test]
fn an_import_moves_when_its_process_is_killed() {
    let (folder, database) = new_folder();
    let mut servers = start_servers(&folder, 2);
    let (other, first) = (servers.pop().expect("there are two"), servers.pop().expect("there are two"));
    let key = first.first_key().cloned().expect("a first start makes a key");
    let owner = Owner::set_up(&first);
    let lines = Lines::new(5_000);
    // The other one stands still meanwhile, so that the first one works at it.
    other.signal("STOP");
    let id = owner.import(&first, &lines.text);
    owner.wait_until_beyond(&first, &id, 0);
    let holder = || database.run(&format!("SELECT holder FROM lyceum.lease WHERE name = 'job/{id}'"));
    let held = holder();
    assert!(!held.is_empty(), "it works under a lease");
    other.signal("CONT");
    owner.wait_until_beyond(&other, &id, 0);
    assert_eq!(holder(), held, "it does not move without need");
    first.kill();
    let killed = Instant::now();
    wait_for("the other process to go on", || {
        let now = holder();
        (!now.is_empty() && now != held).then_some(())
    });
    println!("moved {} ms after its process was killed", killed.elapsed().as_millis());
    let seen = number(&owner.job(&other, &id), "done");
    owner.wait_until_beyond(&other, &id, seen);
    lines.check_imported(&owner, &other, &other.client_of(&key), &id);
}
