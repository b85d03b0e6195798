//! Work that nobody waits for leaves the processors to the rest: only Linux lets single threads do so.
#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::fs::{read_dir, read_to_string};

use crate::harness::{Folder, Server, statement, wait_for};

/// `SCHED_IDLE` (`sched(7)`), that of followers.
const IDLE: u32 = 5;

/// Each thread's name with its scheduling policy, the 41st field of its `stat` (`proc_pid_stat(5)`).
fn policies(pid: u32) -> Option<BTreeMap<String, u32>> {
    let threads = read_dir(format!("/proc/{pid}/task")).ok()?;
    threads
        .map(|thread| {
            let stat = read_to_string(thread.ok()?.path().join("stat")).ok()?;
            let (before, after) = stat.rsplit_once(") ")?;
            // What follows the name begins with the third field.
            let policy = after.split(' ').nth(41 - 3)?.parse().ok()?;
            Some((before.split_once('(')?.1.to_owned(), policy))
        })
        .collect()
}

#[test]
fn followers_of_the_log_yield_to_all_others() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    server.client().store(&statement("followed"));
    let usual = wait_for("the threads to be there", || policies(server.pid()))["lyceum"];
    let policies = wait_for("the followers to have lowered themselves", || {
        policies(server.pid()).filter(|policies| policies.get("follower") == Some(&IDLE))
    });
    for (thread, policy) in policies {
        let expected = if thread == "follower" { IDLE } else { usual };
        assert_eq!(policy, expected, "{thread}");
    }
}
