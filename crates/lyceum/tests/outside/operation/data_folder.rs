//! The data folder of the embedded store: one program has it open, it holds no secrets, and what cannot be one is refused with advice.

use std::path::Path;
use std::process::Command;

use crate::harness::{Folder, Server, lyceum, lyceum_with, statement};

#[test]
fn second_server_on_a_folder_refuses_and_says_why() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let pid = server.pid().to_string();
    lyceum(&["serve", "--data", server.data(), "--listen", "127.0.0.1:0"]).expect_failure(&["in use", &pid, "--data"]);
    server.client().store(&statement("undisturbed"));
}

#[test]
fn folder_that_cannot_be_one_is_refused_with_advice() {
    let folder = Folder::new();
    let file = folder.path("file");
    std::fs::write(&file, "not a folder").expect("there is room");
    let file = file.to_str().expect("UTF-8");
    lyceum(&["serve", "--data", file, "--listen", "127.0.0.1:0"]).expect_failure(&["not a folder", "--data"]);
}

#[test]
fn folder_of_another_user_is_refused_with_advice() {
    let folder = Folder::new();
    let locked = folder.path("locked");
    std::fs::create_dir(&locked).expect("there is room");
    let mut permissions = std::fs::metadata(&locked).expect("it is there").permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o555);
    std::fs::set_permissions(&locked, permissions).expect("it is ours");
    let data = locked.join("data");
    let arguments = ["serve", "--data", data.to_str().expect("UTF-8"), "--listen", "127.0.0.1:0"];
    // The superuser may write anywhere, so for it the program is run without that privilege.
    let output = Command::new("setpriv")
        .args(["--bounding-set=-all", "--inh-caps=-all", "--reuid=65534", "--regid=65534", "--clear-groups"])
        .arg(env!("CARGO_BIN_EXE_lyceum"))
        .args(arguments)
        .output();
    let outcome = match output {
        Ok(output) if String::from_utf8_lossy(&output.stderr).contains("lyceum:") => {
            String::from_utf8_lossy(&output.stderr).into_owned()
        }
        _ => lyceum(&arguments).expect_failure(&[]).stderr,
    };
    assert!(outcome.contains("no permission") && outcome.contains("data folder"), "{outcome}");
}

#[test]
fn import_into_a_folder_in_use_says_how_else() {
    let folder = Folder::new();
    let _server = Server::start(&folder);
    let sent = statement("sent").to_string();
    lyceum_with(&["import", "--data", &folder.data(), "-"], &[], &sent)
        .expect_failure(&["--to", "in use by a running Lyceum server"]);
}

#[test]
fn commands_on_a_folder_that_is_none_say_how_to_make_one() {
    let folder = Folder::new();
    lyceum(&["import", "--data", &folder.data(), "-"]).expect_failure(&["is no data folder", "lrs create"]);
    lyceum(&["export", "--data", &folder.data()]).expect_failure(&["is no data folder", "lyceum lrs create"]);
}

/// Whether any file below a folder contains a text.
fn folder_contains(folder: &Path, text: &str) -> bool {
    let entries = std::fs::read_dir(folder).expect("a folder");
    entries.map(|entry| entry.expect("an entry").path()).any(|path| {
        if path.is_dir() {
            return folder_contains(&path, text);
        }
        let bytes = std::fs::read(&path).expect("a file");
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    })
}

#[test]
fn secrets_are_not_in_the_folder() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let key = server.first_key().expect("a first key");
    assert!(folder_contains(Path::new(server.data()), &key.key), "the public half is stored");
    assert!(!folder_contains(Path::new(server.data()), &key.secret));
}
