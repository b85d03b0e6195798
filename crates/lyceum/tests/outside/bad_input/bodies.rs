//! Bodies that are larger than they may be, packed, or cut into very many parts.

use std::io::Write as _;

use reqwest::Method;
use reqwest::blocking::{Body, RequestBuilder};

use super::{check_refused, check_unharmed};
use crate::harness::{Client, Folder, Start, statement};

/// Sends; a server that refuses while a body is still coming may hang up before the client has read why.
fn send(request: RequestBuilder) -> Option<reqwest::blocking::Response> {
    request.send().ok()
}

fn post(client: &Client, content_type: &str) -> RequestBuilder {
    client.request(Method::POST, "/statements").header("Content-Type", content_type)
}

#[test]
fn bodies_over_a_limit_are_too_large() {
    let folder = Folder::new();
    let settings = ["--statements-bytes-max", "100000", "--document-bytes-max", "50000", "--body-bytes-max", "300000"];
    let server = Start::default().with(&settings).on(&folder.data());
    let client = server.client();
    let before = server.resident_bytes();
    let mut large = statement("large").to_string();
    large.push_str(&" ".repeat(100_000));
    check_refused(post(&client, "application/json").body(large).send().expect("an answer"), 413, "a large statement");

    let document = "/activities/state?activityId=https%3A%2F%2Fexample.org%2Fa&stateId=s\
                    &agent=%7B%22mbox%22%3A%22mailto%3Aa%40example.org%22%7D";
    let put = client.request(Method::PUT, document).header("Content-Type", "text/plain");
    check_refused(put.body("x".repeat(50_001)).send().expect("an answer"), 413, "a large document");

    // Without a length, so that only the bytes themselves tell; and a hundred times what is allowed.
    let endless = Body::new(std::io::Read::take(std::io::repeat(b' '), 30_000_000));
    if let Some(answer) = send(post(&client, "application/json").body(endless)) {
        check_refused(answer, 413, "an endless body");
    }
    check_unharmed(&server, &client, before);
}

#[test]
fn packed_bodies_do_not_unfold() {
    let folder = Folder::new();
    let server = Start::default().on(&folder.data());
    let client = server.client();
    let before = server.resident_bytes();
    // A quarter of a gigabyte of blanks is a quarter of a megabyte of gzip.
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let blanks = vec![b' '; 1 << 20];
    (0..256).try_for_each(|_| packed.write_all(&blanks)).expect("memory takes it");
    let packed = packed.finish().expect("memory takes it");
    let answer = post(&client, "application/json").header("Content-Encoding", "gzip").body(packed).send();
    let answer = answer.expect("an answer");
    assert!(answer.status().is_client_error(), "{answer:?}");
    check_unharmed(&server, &client, before);
}

#[test]
fn multipart_bodies_of_very_many_parts_are_refused() {
    let folder = Folder::new();
    let server = Start::default().on(&folder.data());
    let client = server.client();
    let before = server.resident_bytes();
    let first = format!("--b\r\nContent-Type: application/json\r\n\r\n{}\r\n", statement("bomb"));
    let part = "--b\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: binary\r\nX-Experience-API-Hash: \
                e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\r\n\r\n\r\n";
    let many = first.clone() + &part.repeat(50_000) + "--b--\r\n";
    let endless_header = first.clone() + "--b\r\nX-Long: " + &"x".repeat(5_000_000) + "\r\n\r\n\r\n--b--\r\n";
    let many_headers = first + "--b\r\n" + &"X-Many: x\r\n".repeat(500_000) + "\r\n\r\n--b--\r\n";
    for (what, body) in [("many parts", many), ("an endless header", endless_header), ("many headers", many_headers)] {
        if let Some(answer) = send(post(&client, "multipart/mixed; boundary=b").body(body)) {
            check_refused(answer, 400, what);
        }
    }
    assert_eq!(client.find_all("").len(), 0);
    check_unharmed(&server, &client, before);
}
