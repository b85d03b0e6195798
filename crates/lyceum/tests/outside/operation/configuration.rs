//! Settings: flags over environment over file over defaults; a file that is wrong says where, and what is near.

use std::collections::BTreeSet;

use lyceum::configuration::{Layer, NAMES, parse_file};

use crate::harness::{Folder, Start, lyceum_with};

const EXAMPLE: &str = include_str!("../../../../../docs/lyceum.example.toml");

/// The example with the settings switched on that have no default.
fn example_with_everything() -> String {
    let setting = |line: &&str| {
        line.strip_prefix("# ").is_some_and(|rest| NAMES.iter().any(|name| rest.starts_with(&format!("{name} = "))))
    };
    EXAMPLE.lines().map(|line| if setting(&line) { &line[2..] } else { line }).collect::<Vec<_>>().join("\n")
}

#[test]
fn example_file_names_every_setting_with_its_default() {
    let example = parse_file(EXAMPLE).expect("the example is a configuration file");
    assert_eq!(example, Layer::from(Layer::default().complete()));

    let everything = example_with_everything();
    parse_file(&everything).expect("its commented settings are right, too");
    let table: toml::Table = everything.parse().expect("it is TOML");
    let named: BTreeSet<&str> = table.keys().map(String::as_str).collect();
    assert_eq!(named, NAMES.iter().copied().collect());
}

#[track_caller]
fn check_refused(file: &str, words: &[&str]) {
    let error = format!("{:#}", parse_file(file).expect_err("the file is wrong"));
    for word in words {
        assert!(error.contains(word), "{word:?} is missing in {error}");
    }
}

#[test]
fn wrong_files_say_where_and_what_is_near() {
    check_refused(
        "# x\nlisten = \"127.0.0.1:1\"\nconections_max = 5\n",
        &["line 3", "`conections_max`", "`connections_max`"],
    );
    check_refused("[limits]\nconnections_max = 5\n", &["line 1", "`limits`", "nearest"]);
    check_refused("lissten = \"\"\ntls_keys = \"\"\n", &["`listen`", "`tls_key`"]);
    check_refused("connections_max = \"many\"\n", &["line 1", "connections_max"]);
    check_refused("connections_max = -1\n", &["connections_max"]);
    check_refused("log_format = \"xml\"\n", &["text", "json"]);
    check_refused("default_version = \"3.0\"\n", &["1.0.3", "2.0.0"]);
    check_refused("listen = \n", &["line 1"]);
}

#[track_caller]
fn check_start_refused(settings: &str, words: &[&str]) {
    let folder = Folder::new();
    let file = folder.path("lyceum.toml");
    std::fs::write(&file, settings).expect("there is room");
    let file = file.to_str().expect("UTF-8");
    let data = folder.data();
    lyceum_with(&["serve", "--config", file, "--data", &data, "--listen", "127.0.0.1:0"], &[], "")
        .expect_failure(words);
    assert!(!folder.path("data").exists(), "nothing is made before the settings are right");
}

#[test]
fn impossible_settings_do_not_start_a_server() {
    check_start_refused("conections_max = 5", &["lyceum.toml", "`connections_max`"]);
    check_start_refused("tls_key = \"key.pem\"", &["tls_certificate"]);
    check_start_refused("header_bytes_max = 10", &["header_bytes_max", "8192"]);
    check_start_refused("connections_max = 0", &["connections_max"]);
    check_start_refused("bodies_bytes_max = 67_108_863", &["bodies_bytes_max", "67108864"]);
    check_start_refused("body_timeout_s = 0", &["body_timeout_s"]);
    check_start_refused("log = \"a=b=c\"", &["log"]);
    check_start_refused("tls_certificate = \"none.pem\"\ntls_key = \"none.pem\"", &["none.pem"]);
    let missing = lyceum_with(&["serve", "--config", "/nonexistent/lyceum.toml"], &[], "");
    missing.expect_failure(&["/nonexistent/lyceum.toml"]);
}

/// The version that answers to a request without one shows which source of settings won.
#[track_caller]
fn check_precedence(flag: Option<&str>, variable: Option<&str>, file: Option<&str>, expected: &str) {
    let folder = Folder::new();
    let mut start = Start::default();
    if let Some(version) = file {
        let path = folder.path("lyceum.toml");
        std::fs::write(&path, format!("default_version = \"{version}\"\n")).expect("there is room");
        start = start.with(&["--config", path.to_str().expect("UTF-8")]);
    }
    if let Some(version) = variable {
        start = start.with_variable("LYCEUM_DEFAULT_VERSION", version);
    }
    if let Some(version) = flag {
        start = start.with(&["--default-version", version]);
    }
    let server = start.on(&folder.data());
    let answer = reqwest::blocking::get(server.url("/xapi/about")).expect("the server answers");
    assert_eq!(answer.headers()["x-experience-api-version"], expected);
}

#[test]
fn flags_win_over_environment_over_file_over_defaults() {
    check_precedence(None, None, None, "2.0.0");
    check_precedence(None, None, Some("1.0.3"), "1.0.3");
    check_precedence(None, Some("2.0.0"), Some("1.0.3"), "2.0.0");
    check_precedence(Some("1.0.3"), Some("2.0.0"), Some("2.0.0"), "1.0.3");
}

#[test]
fn commands_find_the_data_folder_in_the_file_and_in_the_environment() {
    let folder = Folder::new();
    let file = folder.path("lyceum.toml");
    std::fs::write(&file, format!("data = {:?}\n", folder.data())).expect("there is room");
    let file = file.to_str().expect("UTF-8");
    lyceum_with(&["lrs", "create", "physics", "--config", file], &[], "").expect_success();
    let listed =
        lyceum_with(&["lrs", "list", "--json"], &[("LYCEUM_DATA", &folder.data())], "").expect_success().json();
    assert_eq!(listed[0]["name"], "physics");
}
