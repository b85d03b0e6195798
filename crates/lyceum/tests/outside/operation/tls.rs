//! TLS by certificate files, and their change while the server runs.

use reqwest::{Certificate, StatusCode};

use crate::harness::{Folder, PATIENCE, Server, lyceum, start_tls, statement, wait_for, write_pair};

/// A client that trusts this certificate only.
fn trusting(pem: &str) -> reqwest::blocking::Client {
    let certificate = Certificate::from_pem(pem.as_bytes()).expect("a certificate");
    let builder = reqwest::blocking::Client::builder().no_proxy().timeout(PATIENCE);
    builder.tls_built_in_root_certs(false).add_root_certificate(certificate).build().expect("a client")
}

fn is_live(server: &Server, pem: &str) -> bool {
    trusting(pem).get(server.url("/health/live")).send().is_ok_and(|answer| answer.status() == StatusCode::OK)
}

#[test]
fn statements_travel_over_tls() {
    let folder = Folder::new();
    let pem = write_pair(&folder);
    let server = start_tls(&folder);
    assert!(server.printed().contains("https://127.0.0.1:"), "{}", server.printed());
    let client = server.client().through(trusting(&pem));
    client.store(&statement("encrypted"));
    assert_eq!(client.find_all("").len(), 1);
    let plain = reqwest::blocking::get(server.url("/health/live").replace("https://", "http://"));
    assert!(plain.is_err(), "nothing is said in plain text");
}

#[test]
fn changed_files_are_taken_up_and_broken_ones_are_not() {
    let folder = Folder::new();
    let old = write_pair(&folder);
    let server = start_tls(&folder);
    assert!(is_live(&server, &old));

    std::fs::write(folder.path("certificate.pem"), "half of a certif").expect("there is room");
    wait_for("the broken file to be noticed", || server.log().contains("cannot be used").then_some(()));
    assert!(is_live(&server, &old), "the old certificate stays");

    let new = write_pair(&folder);
    wait_for("the new certificate", || is_live(&server, &new).then_some(()));
    assert!(!is_live(&server, &old));
}

#[test]
fn unusable_files_do_not_start_a_server() {
    let folder = Folder::new();
    write_pair(&folder);
    let key = std::fs::read(folder.path("key.pem")).expect("it is there");
    write_pair(&folder);
    std::fs::write(folder.path("key.pem"), key).expect("there is room");
    let file = |name: &str| folder.path(name).to_str().expect("UTF-8").to_owned();
    let (data, certificate, key) = (folder.data(), file("certificate.pem"), file("key.pem"));
    let check = |certificate: &str, key: &str, words: &[&str]| {
        let arguments =
            ["serve", "--data", &data, "--listen", "127.0.0.1:0", "--tls-certificate", certificate, "--tls-key", key];
        lyceum(&arguments).expect_failure(words);
    };
    check(&certificate, &key, &["cannot be used together"]);
    check(&key, &key, &["a certificate", "key.pem"]);
    check(&certificate, &certificate, &["a private key", "certificate.pem"]);
    check(&certificate, "missing.pem", &["missing.pem"]);
}

#[test]
fn http_2_is_spoken_with_clients_that_can() {
    let version = std::process::Command::new("curl").arg("-V").output().expect("curl is there").stdout;
    if !String::from_utf8_lossy(&version).contains("HTTP2") {
        eprintln!("SKIPPED: this curl does not speak HTTP/2, so that was not tested");
        return;
    }
    let folder = Folder::new();
    write_pair(&folder);
    let server = start_tls(&folder);
    let certificate = folder.path("certificate.pem");
    let ask = |words: &[&str]| {
        let mut curl = std::process::Command::new("curl");
        curl.args(["-sS", "--noproxy", "*", "-o", "/dev/null", "-w", "%{http_version} %{http_code}", "--cacert"])
            .arg(&certificate);
        let output = curl.args(words).arg(server.url("/xapi/about")).output().expect("curl is there");
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
    };
    assert_eq!(ask(&[]), "2 200");
    assert_eq!(ask(&["--http1.1"]), "1.1 200");
}
