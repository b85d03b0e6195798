//! `lyceum doctor`: good data is called good, trouble is named with what to do.

use serde_json::{Value, json};

use crate::harness::{Folder, Server, lyceum, statement};

/// The report on a data folder, and the exit code.
fn examine(data: &str, arguments: &[&str]) -> (Value, Option<i32>) {
    let finished = lyceum(&[&["doctor", "--json", "--data", data], arguments].concat());
    (finished.json(), finished.code)
}

/// Everything that was found, of the data folder and of its LRSs.
fn findings(report: &Value) -> Vec<&Value> {
    let parts = report["parts"].as_array().expect("parts");
    parts.iter().flat_map(|part| part["findings"].as_array().expect("findings")).collect()
}

#[test]
fn good_data_is_called_good_beside_a_server_and_without_one() {
    let folder = Folder::new();
    let mut server = Server::start(&folder);
    server.client().store(&statement("one"));
    let (report, code) = examine(server.data(), &["--deep"]);
    assert_eq!(code, Some(0), "{report}");
    assert!(server.terminate().success());
    let (report, code) = examine(&folder.data(), &["--deep"]);
    assert_eq!(code, Some(0), "{report}");
    assert!(findings(&report).len() > 3, "{report}");
    let strangers = |report: &Value| {
        let told = findings(report).into_iter().filter_map(|it| it["message"].as_str());
        told.filter_map(|it| it.strip_suffix(" belongs to no LRS").map(str::to_owned)).collect::<Vec<_>>()
    };
    assert_eq!(strangers(&report), [""; 0], "what follows the log belongs to its LRS");
    let stranger = folder.path("data/lrs/stranger.views.db");
    std::fs::write(&stranger, "?").expect("room");
    let (report, _) = examine(&folder.data(), &[]);
    assert_eq!(strangers(&report), [stranger.display().to_string()]);
}

#[test]
fn damage_is_an_error_with_advice() {
    let folder = Folder::new();
    let mut server = Server::start(&folder);
    for n in 0..200 {
        server.client().store(&statement(&format!("activity-{n}")));
    }
    assert!(server.terminate().success());
    let database = folder.path("data/lrs/default.db");
    let mut bytes = std::fs::read(&database).expect("a database");
    // Every page but the first loses its head, so that whatever is read is damaged.
    for page in bytes.chunks_mut(4096).skip(1) {
        let head = page.len().min(64);
        page[..head].fill(0xFF);
    }
    std::fs::write(&database, bytes).expect("room");
    let (report, code) = examine(&folder.data(), &["--deep"]);
    assert_eq!(code, Some(1), "{report}");
    let errors: Vec<&Value> = findings(&report).into_iter().filter(|finding| finding["severity"] == "error").collect();
    assert!(!errors.is_empty(), "{report}");
    assert!(errors.iter().all(|error| error["advice"].as_str().is_some_and(|advice| !advice.is_empty())), "{report}");
}

#[test]
fn a_damaged_index_is_made_again() {
    let folder = Folder::new();
    let mut server = Server::start(&folder);
    for n in 0..20 {
        server.client().store(&statement(&format!("activity-{n}")));
    }
    let refused = lyceum(&["doctor", "--repair", "--data", server.data()]);
    assert_eq!(refused.code, Some(1), "{}", refused.stderr);
    assert!(refused.stderr.contains("in use by a running Lyceum server"), "{}", refused.stderr);
    assert!(server.terminate().success());

    let (report, _) = examine(&folder.data(), &["--repair"]);
    assert_eq!(report["repaired"], json!([]), "nothing is damaged");
    let (report, code) = examine(&folder.data(), &["--repair", "--lrs", "default"]);
    assert_eq!((code, &report["repaired"][0]["statements"]), (Some(0), &json!(20)), "{report}");
    let kept = report["repaired"][0]["kept"].as_str().expect("a path");
    assert!(std::path::Path::new(kept).is_file(), "{kept}");
    let missing = lyceum(&["doctor", "--repair", "--lrs", "other", "--data", &folder.data()]);
    assert!(missing.stderr.contains("there is no LRS other"), "{}", missing.stderr);

    let server = Server::start(&folder);
    for n in 0..20 {
        let found = server.client().find_all(&format!("activity=https://example.org/activity-{n}"));
        assert_eq!(found.len(), 1, "activity-{n}");
    }
}

#[test]
fn a_folder_without_data_and_a_wrong_configuration_are_errors() {
    let folder = Folder::new();
    let (report, code) = examine(&folder.data(), &[]);
    assert_eq!((code, &report["worst"]), (Some(1), &Value::from("error")), "{report}");
    let configuration = folder.path("lyceum.toml");
    std::fs::write(&configuration, "no_such_setting = 1\n").expect("room");
    let (report, code) = examine(&folder.data(), &["--config", configuration.to_str().expect("UTF-8")]);
    assert_eq!(code, Some(1), "{report}");
    assert!(findings(&report)[0]["message"].as_str().is_some_and(|text| text.contains("no_such_setting")), "{report}");
}
