//! `lyceum export`: NDJSON that goes back in unchanged, and CSV for a spreadsheet.

use std::path::Path;

use serde_json::{Value, json};

use super::importing::real_files;
use super::importing_from::{assert_whole, fill, listed};
use crate::harness::{Folder, Server, lyceum, statement};

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// The exported statements without what only says when this LRS stored them.
fn read_export(path: &Path) -> Vec<Value> {
    let exported = std::fs::read_to_string(path).expect("an export");
    let mut statements: Vec<Value> =
        exported.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect();
    for statement in &mut statements {
        statement.as_object_mut().expect("a statement").remove("stored");
    }
    statements
}

#[test]
fn an_export_goes_back_in_unchanged() {
    let folder = Folder::new();
    let data = folder.data();
    for lrs in ["default", "copy"] {
        lyceum(&["lrs", "create", lrs, "--data", &data]).expect_success();
    }
    let files = real_files();
    let mut arguments = vec!["import", "--data", &data, "--json"];
    arguments.extend(files.iter().map(|path| text(path)));
    let imported = lyceum(&arguments).json();
    let (packed, again) = (folder.path("a.ndjson.gz"), folder.path("b.ndjson"));
    let plain = folder.path("a.ndjson");
    for path in [&packed, &plain] {
        let exported = lyceum(&["export", "--data", &data, "--json", text(path)]).expect_success().json();
        assert_eq!(exported["statements"], imported["new"]);
    }
    lyceum(&["import", "--data", &data, "--lrs", "copy", text(&packed)]).expect_success();
    lyceum(&["export", "--data", &data, "--lrs", "copy", text(&again)]).expect_success();
    assert_eq!(read_export(&plain), read_export(&again));
    lyceum(&["export", "--data", &data, text(&plain)]).expect_failure(&["exists already"]);
}

/// Exports an LRS beside its server with these arguments, to standard output.
#[track_caller]
fn check(server: &Server, arguments: &[&str], expected: &[&str]) {
    let all = [&["export", "--data", server.data()], arguments].concat();
    let printed = lyceum(&all).expect_success().stdout;
    assert_eq!(printed.lines().collect::<Vec<_>>(), expected, "{arguments:?}");
}

#[test]
fn csv_has_the_chosen_columns_and_rows_and_no_formulas() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let client = server.client();
    let mut formula = statement("one");
    formula["actor"]["name"] = json!("=HYPERLINK(\"x\")");
    formula["result"] = serde_json::from_str(r#"{"score": {"scaled": -0.5}}"#).expect("JSON");
    let mut other = statement("two");
    other["actor"] = json!({"mbox": "mailto:bob@example.org", "name": "Bob, \"the\" learner"});
    let ids = client.store(&json!([formula, other, statement("three")]));
    client.store(&json!({
        "actor": {"mbox": "mailto:admin@example.org"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/voided"},
        "object": {"objectType": "StatementRef", "id": ids[2]},
    }));
    let columns = ["--format", "csv", "--columns", "actor.name,object.id,result.score.scaled"];
    let with = |more: &[&'static str]| [&columns[..], more].concat();
    let heading = "actor.name,object.id,result.score.scaled";
    let formula_row = "\"'=HYPERLINK(\"\"x\"\")\",https://example.org/one,-0.5";
    let bob = "\"Bob, \"\"the\"\" learner\",https://example.org/two,";
    let experienced = ["--verb", "http://adlnet.gov/expapi/verbs/experienced"];
    check(&server, &with(&experienced), &[heading, formula_row, bob]);
    check(
        &server,
        &with(&["--activity", "https://example.org/one", "--raw-cells"]),
        &[heading, "\"=HYPERLINK(\"\"x\"\")\",https://example.org/one,-0.5"],
    );
    check(&server, &with(&["--agent", r#"{"mbox":"mailto:bob@example.org"}"#]), &[heading, bob]);
    check(
        &server,
        &with(&["--activity", "https://example.org/three", "--voided", "keep"]),
        &[heading, ",https://example.org/three,"],
    );
    check(&server, &with(&["--since", "2199-01-01T00:00:00Z"]), &[heading]);
    check(&server, &with(&["--until", "2001-01-01T00:00:00Z"]), &[heading]);
    let all = lyceum(&["export", "--data", server.data()]).expect_success().stdout;
    assert_eq!(all.lines().count(), 4, "voided statements are in a complete copy");
}

#[test]
fn attachments_and_voided_statements_go_out_and_back_in() {
    let (folder, copy) = (Folder::new(), Folder::new());
    let server = Server::start(&folder);
    fill(&server.client(), 5);
    let (file, attachments) = (copy.path("statements.ndjson"), copy.path("attachments"));
    let arguments = ["export", "--data", server.data(), "--json", text(&file), "--attachments", text(&attachments)];
    let exported = lyceum(&arguments).expect_success().json();
    assert_eq!((exported["statements"].as_u64(), exported["attachments"].as_u64()), (Some(7), Some(1)), "{exported}");
    lyceum(&["lrs", "create", "default", "--data", &copy.data()]).expect_success();
    lyceum(&["import", "--data", &copy.data(), "--attachments", text(&attachments), text(&file)]).expect_success();
    let target = Server::start(&copy);
    let expected = listed(&server.client());
    assert_eq!(listed(&target.client()), expected);
    assert_whole(&target.client(), expected.last().expect("the voiding statement"));
}

#[test]
fn what_is_missing_is_said_in_words() {
    lyceum(&["export", "--columns", "a..b"]).expect_failure(&["a path such as actor.name"]);
}
