//! The public client libraries `@xapi/xapi` and `tincanjs` (npm) and `tincan` (PyPI) do their work against the program.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::{Folder, Server};

/// The folder with the scripts and the npm packages.
fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients")
}

/// Where `cargo xtask setup` puts the Python packages.
fn python() -> PathBuf {
    let beside_home = || Path::new(&std::env::var_os("HOME").expect("HOME says where the cache is")).join(".cache");
    let cache = std::env::var_os("XDG_CACHE_HOME").map_or_else(beside_home, PathBuf::from);
    cache.join("lyceum/clients-venv/bin/python")
}

/// Runs a script against a fresh server; it ends with `passed` when everything was as it asserts. Gives what is stored then.
#[track_caller]
fn check(program: &Path, needs: &Path, script: &str, version: &'static str, stored: usize) {
    assert!(needs.exists(), "{} is missing: run `cargo xtask setup`", needs.display());
    let folder = Folder::new();
    let server = Server::start(&folder);
    let key = server.first_key().cloned().expect("a first start makes a key");
    let output = Command::new(program)
        .arg(scripts().join(script))
        .envs([
            ("ENDPOINT", server.url("/xapi").as_str()),
            ("KEY", &key.key),
            ("SECRET", &key.secret),
            ("VERSION", version),
        ])
        .env("NO_PROXY", "127.0.0.1")
        .output()
        .unwrap_or_else(|error| panic!("{} does not start: {error}", program.display()));
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{printed}{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(printed.lines().last(), Some("passed"));
    assert_eq!(server.client().find_all("limit=100").len(), stored);
}

#[test]
fn xapi_js_speaks_1_0_3() {
    check(Path::new("node"), &scripts().join("node_modules/@xapi/xapi"), "run_xapi.js", "1.0.3", 7);
}

#[test]
fn xapi_js_speaks_2_0_0() {
    check(Path::new("node"), &scripts().join("node_modules/@xapi/xapi"), "run_xapi.js", "2.0.0", 7);
}

#[test]
fn tincanjs_speaks_1_0() {
    check(Path::new("node"), &scripts().join("node_modules/tincanjs"), "run_tincanjs.js", "1.0.2", 7);
}

#[test]
fn tincan_python_speaks_1_0_3() {
    check(&python(), &python(), "run_tincan.py", "1.0.3", 8);
}
