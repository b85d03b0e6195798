//! Work that nobody waits for leaves the processors to the rest: only Linux lets single threads do so.
#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::fs::{read_dir, read_to_string};

use crate::harness::{Folder, Server, statement, wait_for};

/// The nice value of followers.
const LOWERED: i32 = 10;

/// Each thread's name with its nice value, the 19th field of its `stat` (`proc_pid_stat(5)`).
fn nice_values(pid: u32) -> Option<BTreeMap<String, i32>> {
    let threads = read_dir(format!("/proc/{pid}/task")).ok()?;
    threads
        .map(|thread| {
            let stat = read_to_string(thread.ok()?.path().join("stat")).ok()?;
            let (before, after) = stat.rsplit_once(") ")?;
            // What follows the name begins with the third field.
            let nice = after.split(' ').nth(19 - 3)?.parse().ok()?;
            Some((before.split_once('(')?.1.to_owned(), nice))
        })
        .collect()
}

#[test]
fn followers_of_the_log_yield_to_all_others() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    server.client().store(&statement("followed"));
    let usual = wait_for("the threads to be there", || nice_values(server.pid()))["lyceum"];
    let nice_values = wait_for("the followers to have lowered themselves", || {
        nice_values(server.pid()).filter(|values| values.get("follower") == Some(&LOWERED))
    });
    for (thread, nice) in nice_values {
        let expected = if thread == "follower" { LOWERED } else { usual };
        assert_eq!(nice, expected, "{thread}");
    }
}
