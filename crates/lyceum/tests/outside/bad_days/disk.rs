//! Disks that are full or read-only: clear errors, reads go on, and service resumes by itself.
//!
//! These tests mount small disks in memory, which needs the superuser on Linux. Elsewhere they say that they did nothing.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Client, Folder, Server, Start, check_healthy, lyceum, statement, wait_for};

/// A small disk, gone when dropped.
struct SmallDisk {
    path: PathBuf,
    folder: Folder,
}

impl SmallDisk {
    /// Mounts a disk of so many megabytes in memory, where that is possible.
    fn mount(megabytes: u32) -> Option<Self> {
        let disk = Self::unmounted();
        let size = format!("size={megabytes}m");
        let mounted = does("mount", &["-t", "tmpfs", "-o", &size, "tmpfs", disk.path()]);
        disk.or_skipped(mounted)
    }

    /// Mounts a disk of 64 MB in a file, with the file system of most servers: one error, and it is read-only from then on.
    fn mount_ext4() -> Option<Self> {
        let disk = Self::unmounted();
        let image = disk.image();
        std::fs::File::create(&image).and_then(|file| file.set_len(64 << 20)).expect("there is room");
        let mounted = does("mkfs.ext4", &["-q", "-F", &image]) && disk.mount_image();
        disk.or_skipped(mounted)
    }

    fn unmounted() -> Self {
        let folder = Folder::new();
        let path = folder.path("disk");
        std::fs::create_dir(&path).expect("there is room");
        Self { path, folder }
    }

    fn or_skipped(self, mounted: bool) -> Option<Self> {
        if !mounted {
            eprintln!("SKIPPED: this user may not mount a disk, so what a full or read-only disk does was not tested");
        }
        mounted.then_some(self)
    }

    fn path(&self) -> &str {
        self.path.to_str().expect("UTF-8")
    }

    fn image(&self) -> String {
        self.folder.path("image").to_str().expect("UTF-8").to_owned()
    }

    fn mount_image(&self) -> bool {
        does("mount", &["-o", "loop,errors=remount-ro", &self.image(), self.path()])
    }

    /// Has the kernel find an error in the file system, as it does on a failing disk.
    fn fail(&self) {
        let mounts = std::fs::read_to_string("/proc/mounts").expect("Linux tells what is mounted");
        let line = mounts.lines().find(|line| line.split(' ').nth(1) == Some(self.path())).expect("it is mounted");
        let device = line.split(' ').next().and_then(|device| device.rsplit('/').next()).expect("a device");
        std::fs::write(format!("/sys/fs/ext4/{device}/trigger_fs_error"), "1").expect("the kernel can");
    }

    /// Forbids or permits every change of the files, also by those who have them open. SQLite's index of its log is left out:
    /// it is memory that processes share, and no disk would take that away while it is used.
    fn set_immutable(&self, immutable: bool) {
        let change = if immutable { "+i" } else { "-i" };
        // A file that comes or goes meanwhile is a reason to begin anew.
        wait_for("all files to be changed", || {
            does("find", &[&self.data(), "!", "-name", "*-shm", "-exec", "chattr", change, "{}", "+"]).then_some(())
        });
    }

    fn data(&self) -> String {
        format!("{}/data", self.path())
    }

    fn remount(&self, option: &str) {
        assert!(does("mount", &["-o", &format!("remount,{option}"), self.path()]));
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
        does("umount", &["-l", self.path()]);
    }
}

/// Whether a command succeeds.
fn does(program: &str, arguments: &[&str]) -> bool {
    Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success())
}

/// Batches that are large enough to need new room soon.
fn large_batch(number: usize) -> Value {
    let mut statement = statement(&format!("large-{number}"));
    statement["result"] =
        json!({"response": (0..400).map(|word| format!("{number}-{word}")).collect::<Vec<_>>().join(" ")});
    Value::Array(vec![statement; 20])
}

/// Waits until `/health/ready` has this status, and gives what it says.
fn wait_until_ready(server: &Server, status: StatusCode) -> String {
    wait_for("readiness or its end", || {
        let answer = reqwest::blocking::get(server.url("/health/ready")).expect("the server answers");
        (answer.status() == status).then(|| answer.text().expect("a body"))
    })
}

/// Writes until that is refused: with 503 and the reason, while reads go on.
fn check_writes_refused(server: &Server, client: &Client, stored: &mut usize, reason: &str) {
    let refused = wait_for("a write to be refused", || {
        let answer = client.post(&large_batch(*stored));
        if answer.status() == StatusCode::OK {
            *stored += 20;
            return None;
        }
        Some(answer)
    });
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(refused.headers().contains_key("retry-after"), "{refused:?}");
    let body = refused.text().expect("a body");
    assert!(body.contains(reason) && body.contains("store_unavailable"), "{body}");
    let told = wait_until_ready(server, StatusCode::SERVICE_UNAVAILABLE);
    assert!(told.contains("data folder"), "{told}");
    assert_eq!(client.find_all("limit=500").len(), *stored, "reads go on");
    let document = client.request(Method::PUT, DOCUMENT).body("refused").send().expect("an answer");
    assert_eq!(document.status(), StatusCode::SERVICE_UNAVAILABLE, "{document:?}");
    assert_eq!(client.get(DOCUMENT).status(), StatusCode::NOT_FOUND);
    assert!(reqwest::blocking::get(server.url("/health/live")).is_ok_and(|answer| answer.status() == StatusCode::OK));
}

/// Waits until writes are taken again, by a server that nobody touched.
fn check_resumed(server: &Server, client: &Client, stored: &mut usize) {
    wait_for("service to resume", || {
        let resumed = client.post(&statement("after")).status() == StatusCode::OK;
        *stored += usize::from(resumed);
        resumed.then_some(())
    });
    wait_until_ready(server, StatusCode::OK);
    assert_eq!(client.find_all("limit=500").len(), *stored);
}

const DOCUMENT: &str = "/activities/state?activityId=https%3A%2F%2Fexample.org%2Fa&stateId=full\
                        &agent=%7B%22mbox%22%3A%22mailto%3Aa%40example.org%22%7D";

#[test]
fn full_disk_refuses_writes_clearly_and_recovers_by_itself() {
    let Some(disk) = SmallDisk::mount(32) else { return };
    let server = Start::default().on(&disk.data());
    let client = server.client();
    let mut stored = client.store(&statement("before")).len();
    wait_until_ready(&server, StatusCode::OK);

    let filler = disk.fill();
    check_writes_refused(&server, &client, &mut stored, "full");
    std::fs::remove_file(filler).expect("it is there");
    check_resumed(&server, &client, &mut stored);
    let data = disk.data();
    server.kill();
    check_healthy(&data);
    let server = Start::default().on(&data);
    assert_eq!(server.client().find_all("limit=500").len(), stored, "nothing acknowledged is lost");
}

#[test]
fn disk_that_turns_read_only_refuses_writes_and_loses_nothing() {
    let Some(disk) = SmallDisk::mount_ext4() else { return };
    let server = Start::default().on(&disk.data());
    let client = server.client();
    let key = server.first_key().cloned().expect("a first key");
    let mut stored = client.store(&large_batch(0)).len();
    wait_until_ready(&server, StatusCode::OK);
    disk.fail();
    check_writes_refused(&server, &client, &mut stored, "disk");
    server.kill();

    // Linux makes such a disk writable again only by mounting it anew, after a check.
    assert!(does("umount", &[disk.path()]));
    does("e2fsck", &["-f", "-y", &disk.image()]);
    assert!(disk.mount_image());
    let server = Start::default().on(&disk.data());
    assert_eq!(server.client_of(&key).find_all("limit=500").len(), stored, "nothing acknowledged is lost");
    server.client_of(&key).store(&statement("after"));
}

#[test]
fn files_that_nobody_may_change_refuse_writes_until_they_may_be_changed_again() {
    let Some(disk) = SmallDisk::mount_ext4() else { return };
    let server = Start::default().on(&disk.data());
    let client = server.client();
    let mut stored = client.store(&large_batch(0)).len();
    disk.set_immutable(true);
    check_writes_refused(&server, &client, &mut stored, "disk");
    disk.set_immutable(false);
    check_resumed(&server, &client, &mut stored);
    let data = disk.data();
    server.kill();
    check_healthy(&data);
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
