//! Attachments were sent by strangers. A browser that opens one runs nothing of it in the app's name, whatever it claims to be.

use axum::body::Body;
use http::Request;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::School;
use crate::harness::{encode, statement};

const HTML: &str = "<script>alert(document.cookie)</script>";
const SVG: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";

/// What an attachment says it is, its bytes, and as what it is answered; `None`: to be saved only.
const CASES: &[(&str, &str, Option<&str>)] = &[
    ("image/png", "\u{89}PNG", Some("image/png")),
    ("image/jpeg", "bytes", Some("image/jpeg")),
    ("IMAGE/GIF; charset=x", "GIF89a", Some("image/gif")),
    ("audio/mpeg", "ID3", Some("audio/mpeg")),
    ("video/mp4", "ftyp", Some("video/mp4")),
    ("text/plain", HTML, Some("text/plain; charset=utf-8")),
    ("text/plain; charset=utf-7", HTML, Some("text/plain; charset=utf-8")),
    // An image by name, a page by content: nobody may guess.
    ("image/webp", HTML, Some("image/webp")),
    ("text/html", HTML, None),
    ("TEXT/HTML", HTML, None),
    ("text/html; charset=utf-8", HTML, None),
    ("application/xhtml+xml", HTML, None),
    ("image/svg+xml", SVG, None),
    ("Image/SVG+XML; x=image/png", SVG, None),
    ("text/xml", SVG, None),
    ("application/xml", SVG, None),
    ("application/pdf", "%PDF-1.7", None),
    ("application/javascript", "alert(1)", None),
    ("text/javascript", "alert(1)", None),
    ("text/css", "a{}", None),
    ("multipart/x-mixed-replace", HTML, None),
    ("message/rfc822", HTML, None),
    ("application/octet-stream", HTML, None),
    ("image/png-as-html", HTML, None),
    ("text/plain+html", HTML, None),
    ("application/x-shockwave-flash", HTML, None),
];

/// Stores a statement with an attachment; its id, and the attachment's SHA-2.
async fn attach(school: &School, content_type: &str, bytes: &str) -> (String, String) {
    let sha2 = Sha256::digest(bytes).iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    let attachment = json!([{"usageType": "http://example.org/file", "display": {"en": "\"><script>.html"},
        "contentType": content_type, "length": bytes.len(), "sha2": sha2}]);
    let statement = statement(&json!({"attachments": attachment}));
    let part = format!(
        "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\nX-Experience-API-Hash: {sha2}\r\n\r\n{bytes}"
    );
    let body = format!("--b\r\nContent-Type: application/json\r\n\r\n{statement}\r\n--b\r\n{part}\r\n--b--\r\n");
    let request = Request::post("/xapi/statements")
        .header("authorization", &school.key.authorization)
        .header("x-experience-api-version", "1.0.3")
        .header("content-type", "multipart/mixed; boundary=b");
    let answer = school.server.send(request.body(Body::from(body)).unwrap()).await;
    assert_eq!(answer.status, 200, "{content_type}: {}", answer.text());
    (answer.json()[0].as_str().unwrap().to_owned(), sha2)
}

#[tokio::test]
async fn nothing_attached_runs_in_the_apps_name() {
    let school = School::open().await;
    for (content_type, bytes, shown) in CASES {
        let (id, sha2) = attach(&school, content_type, bytes).await;
        for sha2 in [sha2.clone(), sha2.to_uppercase()] {
            let path = format!("attachments/{sha2}?statement={id}");
            let answer = school.call("GET", &path, &Value::Null).await;
            assert_eq!(answer.status, 200, "{content_type}: {}", answer.text());
            assert_eq!(answer.text(), *bytes, "{content_type}");
            let expected = shown.unwrap_or("application/octet-stream");
            assert_eq!(answer.header("content-type"), expected, "{content_type}");
            assert_eq!(answer.header("x-content-type-options"), "nosniff", "{content_type}");
            let policy = answer.header("content-security-policy");
            assert_eq!(policy, "default-src 'none'; sandbox", "{content_type}: no scripts, no origin of the app");
            let disposition = if shown.is_some() { "inline" } else { "attachment" };
            // No name that a stranger chose.
            let expected = format!("{disposition}; filename=\"{}\"", sha2[..16].to_lowercase());
            assert_eq!(answer.header("content-disposition"), expected, "{content_type}");
            assert_eq!(answer.header("content-length"), bytes.len().to_string(), "{content_type}");
            assert_eq!(answer.header("cache-control"), "no-store", "{content_type}");
        }
    }
}

#[tokio::test]
async fn attachments_are_had_by_a_statement_that_names_them() {
    let school = School::open().await;
    let (id, sha2) = attach(&school, "text/plain", "the first file").await;
    let (other_id, other_sha2) = attach(&school, "text/html", HTML).await;
    let nowhere = "0".repeat(64);
    for (case, sha2, statement, status) in [
        ("its own", sha2.as_str(), id.as_str(), 200),
        ("of another statement", &other_sha2, &id, 404),
        ("of this statement, by another", &sha2, &other_id, 404),
        ("of no statement", &nowhere, &id, 404),
        ("no statement", &sha2, "00000000-0000-4000-8000-000000000000", 404),
        ("no id", &sha2, "x", 404),
        ("a path", "..%2F..%2Flyceum.sqlite", &id, 404),
    ] {
        let path = format!("attachments/{sha2}?statement={}", encode(statement));
        let answer = school.call("GET", &path, &Value::Null).await;
        assert_eq!(answer.status.as_u16(), status, "{case}: {}", answer.text());
        if status != 200 {
            assert_eq!(answer.header("content-type"), "application/json", "{case}");
        }
    }
    let without = school.call("GET", &format!("attachments/{sha2}"), &Value::Null).await;
    assert_eq!(without.status, 400, "without a statement");
}
