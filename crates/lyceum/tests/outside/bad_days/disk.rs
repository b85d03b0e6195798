//! Disks that are full or read-only: clear errors, reads go on, and service resumes by itself.
//!
//! These tests mount small disks in memory, which needs the superuser on Linux. Elsewhere they say that they did nothing.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::check_healthy;
use crate::harness::{Folder, Start, lyceum, statement, wait_for};

/// A small disk in memory, gone when dropped.
struct SmallDisk {
    path: PathBuf,
    _folder: Folder,
}

impl SmallDisk {
    /// Mounts a disk of so many megabytes, where that is possible.
    fn mount(megabytes: u32) -> Option<Self> {
        let folder = Folder::new();
        let path = folder.path("disk");
        std::fs::create_dir(&path).expect("there is room");
        let size = format!("size={megabytes}m");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(&path).output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(Self { path, _folder: folder });
        }
        eprintln!("SKIPPED: this user may not mount a disk, so what a full or read-only disk does was not tested");
        None
    }

    fn data(&self) -> String {
        self.path.join("data").to_str().expect("UTF-8").to_owned()
    }

    fn remount(&self, option: &str) {
        let remounted = Command::new("mount").args(["-o", &format!("remount,{option}")]).arg(&self.path).status();
        assert!(remounted.is_ok_and(|status| status.success()));
    }

    /// Takes all the room that is left.
    fn fill(&self) -> PathBuf {
        let path = self.path.join("filler");
        let mut file = std::fs::File::create(&path).expect("a new file");
        for part_bytes in [1 << 16, 1 << 8, 1] {
            let part = vec![b'x'; part_bytes];
            while file.write_all(&part).is_ok() {}
        }
        path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(&self.path).status());
    }
}

/// Batches that are large enough to need new room soon.
fn large_batch(number: usize) -> Value {
    let mut statement = statement(&format!("large-{number}"));
    statement["result"] =
        json!({"response": (0..400).map(|word| format!("{number}-{word}")).collect::<Vec<_>>().join(" ")});
    Value::Array(vec![statement; 20])
}

#[test]
fn full_disk_refuses_writes_clearly_and_recovers_by_itself() {
    let Some(disk) = SmallDisk::mount(32) else { return };
    let server = Start::default().on(&disk.data());
    let client = server.client();
    let mut stored = client.store(&statement("before")).len();
    let ready = |status: StatusCode| {
        let answer = reqwest::blocking::get(server.url("/health/ready")).expect("the server answers");
        (answer.status() == status).then(|| answer.text().expect("a body"))
    };
    wait_for("readiness", || ready(StatusCode::OK));

    let filler = disk.fill();
    let refused = wait_for("a write to be refused", || {
        let answer = client.post(&large_batch(stored));
        if answer.status() == StatusCode::OK {
            stored += 20;
            return None;
        }
        Some(answer)
    });
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(refused.headers().contains_key("retry-after"), "{refused:?}");
    let body = refused.text().expect("a body");
    assert!(body.contains("full"), "{body}");
    let reason = wait_for("unreadiness", || ready(StatusCode::SERVICE_UNAVAILABLE));
    assert!(reason.contains("full"), "{reason}");
    assert_eq!(client.find_all("limit=500").len(), stored, "reads go on");
    assert!(reqwest::blocking::get(server.url("/health/live")).is_ok_and(|answer| answer.status() == StatusCode::OK));

    std::fs::remove_file(filler).expect("it is there");
    wait_for("service to resume", || {
        let resumed = client.post(&statement("after")).status() == StatusCode::OK;
        stored += usize::from(resumed);
        resumed.then_some(())
    });
    wait_for("readiness", || ready(StatusCode::OK));
    assert_eq!(client.find_all("limit=500").len(), stored);
    let data = disk.data();
    server.kill();
    check_healthy(&data);
    let server = Start::default().on(&data);
    assert_eq!(server.client().find_all("limit=500").len(), stored, "nothing acknowledged is lost");
}

#[test]
fn read_only_disk_is_refused_with_advice() {
    let Some(disk) = SmallDisk::mount(32) else { return };
    let mut server = Start::default().on(&disk.data());
    server.client().store(&statement("kept"));
    assert!(server.terminate().success());
    drop(server);

    disk.remount("ro");
    let data = disk.data();
    lyceum(&["serve", "--data", &data, "--listen", "127.0.0.1:0"]).expect_failure(&["read-only", &data]);
    disk.remount("rw");
    let server = Start::default().on(&data);
    assert_eq!(server.client().find_all("").len(), 1);
    assert!(Path::new(&data).exists());
}
