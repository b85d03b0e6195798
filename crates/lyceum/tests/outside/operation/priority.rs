//! Work that nobody waits for leaves the processors to the rest: only Linux lets single threads do so.
#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::fs::{read_dir, read_to_string};

use crate::harness::{Folder, Server, statement, wait_for};

/// The scheduling policy of a thread (`sched(7)`) and its nice value.
type Priority = (u32, i32);

/// `SCHED_IDLE`.
const IDLE: u32 = 5;
/// `SCHED_OTHER`.
const OTHER: u32 = 0;
/// Of threads that insist on a share.
const NICE: i32 = 10;

/// Each thread's name with its priority, from the 41st and the 19th field of its `stat` (`proc_pid_stat(5)`).
fn priorities(pid: u32) -> Option<BTreeMap<String, Priority>> {
    let threads = read_dir(format!("/proc/{pid}/task")).ok()?;
    threads
        .map(|thread| {
            let stat = read_to_string(thread.ok()?.path().join("stat")).ok()?;
            let (before, after) = stat.rsplit_once(") ")?;
            // What follows the name begins with the third field.
            let fields: Vec<&str> = after.split(' ').collect();
            let priority = (fields.get(41 - 3)?.parse().ok()?, fields.get(19 - 3)?.parse().ok()?);
            Some((before.split_once('(')?.1.to_owned(), priority))
        })
        .collect()
}

#[test]
fn followers_of_the_log_yield_to_all_others() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    server.client().store(&statement("followed"));
    let usual = wait_for("the threads to be there", || priorities(server.pid()))["lyceum"];
    let (_, usual_nice) = usual;
    let lowered = BTreeMap::from([("follower", (IDLE, usual_nice)), ("follower-nice", (OTHER, NICE))]);
    let priorities = wait_for("the followers to have lowered themselves", || {
        priorities(server.pid())
            .filter(|found| lowered.iter().all(|(name, priority)| found.get(*name) == Some(priority)))
    });
    for (thread, priority) in priorities {
        assert_eq!(priority, lowered.get(thread.as_str()).copied().unwrap_or(usual), "{thread}");
    }
}
