//! Backups from the browser, as owners of the server and others see them. The binary's tests restore one.

use std::time::Duration;

use axum::body::Body;
use http::{Request, StatusCode};
use serde_json::{Value, json};

use super::School;
use crate::harness::{Answer, statement};

const WAIT_MAX: Duration = Duration::from_mins(1);

impl School {
    /// A request of the owner, anywhere in the admin API.
    async fn ask(&self, method: &str, path: &str) -> Answer {
        let mut request = self.request(method, "", &Value::Null);
        *request.uri_mut() = format!("/api/v1/{path}").parse().unwrap();
        self.server.send(request).await
    }

    /// Makes a backup and waits for it: the list.
    async fn back_up(&self) -> Value {
        let begun = self.ask("POST", "backups").await;
        assert_eq!(begun.status, StatusCode::OK, "{}", begun.text());
        let done = async {
            loop {
                let list = self.ask("GET", "backups").await.json();
                if list["job"]["finished"].is_string() {
                    assert_eq!(list["job"]["id"], begun.json()["id"]);
                    return list;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(WAIT_MAX, done).await.expect("the backup is made in time")
    }
}

#[tokio::test]
async fn backup_is_made_kept_downloaded_and_deleted_or_left_to_the_database() {
    let school = School::open().await;
    school.store(&json!([statement(&json!({})), statement(&json!({}))])).await;
    if env!("CARGO_CRATE_NAME") == "on_postgres" {
        for (method, path) in [("GET", "backups"), ("POST", "backups"), ("GET", "backups/x"), ("DELETE", "backups/x")] {
            let answer = school.ask(method, path).await;
            assert_eq!(answer.status, StatusCode::NOT_IMPLEMENTED, "{method} {path}: {}", answer.text());
            assert_eq!(answer.code(), "backed_up_by_database");
            assert!(answer.text().contains("docs/postgres.md"), "it says what to do: {}", answer.text());
        }
        return;
    }
    let list = school.back_up().await;
    assert_eq!((&list["job"]["state"], &list["job"]["kind"]), (&json!("done"), &json!("backup")), "{list}");
    assert_eq!(list["job"]["done"], list["job"]["total"]);
    let first = list["items"][0].clone();
    assert_eq!((&first["statements"], &first["verified"]), (&json!(2), &json!(true)), "{first}");
    assert!(first["size_bytes"].as_u64().unwrap() > 0);
    let name = first["name"].as_str().unwrap().to_owned();

    let archive = school.ask("GET", &format!("backups/{name}")).await;
    assert_eq!((archive.status, archive.header("content-type")), (StatusCode::OK, "application/x-tar"));
    assert_eq!(archive.header("content-disposition"), format!("attachment; filename=\"lyceum-{name}.tar\""));
    let names: Vec<String> = tar_names(&archive.body);
    assert_eq!(names, ["lrs/school.db", "lyceum.db", "manifest.json"]);

    // Two are kept here; the oldest goes.
    school.back_up().await;
    let list = school.back_up().await;
    assert_eq!((&list["kept_max"], list["items"].as_array().map(Vec::len)), (&json!(2), Some(2)), "{list}");
    assert!(!list.to_string().contains(&name), "the oldest went: {list}");
    assert_eq!(school.ask("GET", &format!("backups/{name}")).await.status, StatusCode::NOT_FOUND);
    let second = list["items"][1]["name"].as_str().unwrap().to_owned();
    assert_eq!(school.ask("DELETE", &format!("backups/{second}")).await.status, StatusCode::NO_CONTENT);
    assert_eq!(school.ask("DELETE", &format!("backups/{second}")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(school.ask("GET", "backups").await.json()["items"].as_array().map(Vec::len), Some(1));
    for path in ["..%2Flrs", "..%2f..%2fetc%2fpasswd", "%2e%2e", ".", "%2Fetc", "a.partial", "a%00b"] {
        for method in ["GET", "DELETE"] {
            let answer = school.ask(method, &format!("backups/{path}")).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{method} {path}: {}", answer.text());
        }
    }
    let log = school.ask("GET", "audit?action=backup").await.json();
    let acts: Vec<&str> = log["items"].as_array().unwrap().iter().map(|it| it["action"].as_str().unwrap()).collect();
    let (made, got) = ("backup.create", "backup.download");
    assert_eq!(acts, ["backup.delete", made, made, got, made], "{log}");
}

/// The names in a tar archive: of each header of 512 bytes, the first hundred; the size, in octal digits, leads to the next.
fn tar_names(archive: &[u8]) -> Vec<String> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_matches(['\0', ' ']).to_owned();
    let mut names = Vec::new();
    let mut rest = archive;
    while rest.first().is_some_and(|first| *first != 0) {
        names.push(text(&rest[..100]));
        let size = usize::from_str_radix(&text(&rest[124..136]), 8).unwrap();
        rest = &rest[512 + size.div_ceil(512) * 512..];
    }
    names
}

#[tokio::test]
async fn request_without_a_session_is_refused_backups() {
    let school = School::open().await;
    let request = Request::get("/api/v1/backups").body(Body::empty()).unwrap();
    assert_eq!(school.server.send(request).await.status, StatusCode::UNAUTHORIZED);
}
