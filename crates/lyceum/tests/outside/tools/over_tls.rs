//! `lyceum bench` and `lyceum import` against servers that show a certificate of their own.

use serde_json::json;

use crate::harness::{Folder, Server, lyceum, lyceum_with, start_tls, statement, write_pair};

/// A server over TLS, and its certificate's file.
fn start(folder: &Folder) -> (Server, String) {
    write_pair(folder);
    (start_tls(folder), folder.path("certificate.pem").to_str().expect("UTF-8").to_owned())
}

#[test]
fn bench_loads_a_server_over_tls() {
    let folder = Folder::new();
    let (server, certificate) = start(&folder);
    assert!(server.url("").starts_with("https://"));
    let key = server.create_key("default", "all");
    let (url, secret) = (server.url("/xapi"), [("LYCEUM_SECRET", key.secret.as_str())]);
    let amount = ["--statements", "60", "--requests", "10", "--batch", "20", "--connections", "2", "--verify", "5"];
    let arguments = [&["bench", "--url", &url, "--key", &key.key, "--json"], &amount[..]].concat();

    let refused = lyceum_with(&arguments, &secret, "");
    refused.expect_failure(&["cannot be reached", "certificate"]);
    let trusting = [&arguments[..], &["--ca-certificate", &certificate]].concat();
    let report = lyceum_with(&trusting, &secret, "").expect_success().json();
    assert_eq!((&report["stored"], &report["verification"]["equal"]), (&json!(120), &json!(5)), "{report}");
}

#[test]
fn statements_are_copied_from_one_server_to_another_over_tls() {
    let (folder, other) = (Folder::new(), Folder::new());
    let (source, certificate) = start(&folder);
    let (target, other_certificate) = start(&other);
    let trusting = |pem: &str| {
        let certificate = reqwest::Certificate::from_pem(&std::fs::read(pem).expect("a file")).expect("a certificate");
        let builder = reqwest::blocking::Client::builder().no_proxy().add_root_certificate(certificate);
        builder.build().expect("a client")
    };
    let from = source.create_key("default", "all");
    let statements: Vec<_> = (0..30).map(|n| statement(&format!("activity-{n}"))).collect();
    source.client_of(&from).through(trusting(&certificate)).store(&json!(statements));

    // One file may hold several certificates.
    let both = folder.path("both.pem");
    let bundle = [&certificate, &other_certificate].map(|path| std::fs::read_to_string(path).expect("a file")).concat();
    std::fs::write(&both, bundle).expect("room");
    let to = target.create_key("default", "all");
    let secret_file = folder.path("secret");
    std::fs::write(&secret_file, &from.secret).expect("room");
    let path = |path: &std::path::Path| path.to_str().expect("UTF-8").to_owned();
    let (from_url, to_url, secret_file) = (source.url("/xapi"), target.url("/xapi"), path(&secret_file));
    let arguments = [
        "import",
        "--from",
        &from_url,
        "--from-key",
        &from.key,
        "--from-secret-file",
        &secret_file,
        "--to",
        &to_url,
        "--key",
        &to.key,
        "--json",
    ];
    let environment = [("LYCEUM_SECRET", to.secret.as_str())];
    lyceum_with(&arguments, &environment, "").expect_failure(&["cannot be reached", "certificate"]);
    let ca = path(&both);
    let trusted = [environment[0], ("LYCEUM_CA_CERTIFICATE", &ca)];
    let summary = lyceum_with(&arguments, &trusted, "").expect_success().json();
    assert_eq!(summary["stored"], 30, "{summary}");
    assert_eq!(target.client_of(&to).through(trusting(&other_certificate)).find_all("").len(), 30);
}

#[test]
fn files_without_certificates_are_refused_by_name() {
    let folder = Folder::new();
    let check = |content: Option<&str>, words: &[&str]| {
        let file = folder.path("ca.pem");
        drop(std::fs::remove_file(&file));
        if let Some(content) = content {
            std::fs::write(&file, content).expect("room");
        }
        let file = file.to_str().expect("UTF-8");
        let arguments = ["bench", "--url", "https://127.0.0.1:1/xapi", "--key", "k", "--ca-certificate", file];
        lyceum_with(&arguments, &[("LYCEUM_SECRET", "s")], "").expect_failure(&[&["ca.pem"], words].concat());
    };
    check(None, &["cannot read"]);
    check(Some(""), &["no certificate"]);
    check(Some("-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n"), &["cannot be used"]);
    lyceum(&["bench", "--url", "http://127.0.0.1:1/xapi", "--key", "k", "--secret-file", "/nonexistent"])
        .expect_failure(&["/nonexistent"]);
}
