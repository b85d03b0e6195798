//! Every route of the admin API that changes something writes one entry into the audit log: who, when, from where, the states before and
//! after, and no secret. A route without a step here fails the test.

use std::collections::{BTreeMap, BTreeSet};

use http::StatusCode;
use lrs_core::{Actor, SystemIds, follow_to_end, offer_password_reset};
use lrs_store::{Clock as _, Email, LrsName, Scope};
use serde_json::{Value, json};

use super::{Badge, OWNER, PASSWORD, call, call_with, expect, offer, sign_in, start};
use crate::harness::{TestServer, statement};

/// A change, and what the log tells of it.
struct Step {
    /// `POST /api/v1/…`, as in the description; `{…}` are what earlier steps saved.
    route: &'static str,
    /// JSON with `{…}` too; empty for none.
    body: &'static str,
    /// What of the answer is saved, by its pointer, under which name.
    saves: &'static [(&'static str, &'static str)],
    /// The act in the log.
    act: &'static str,
    /// Pieces of the states before and after; `None` when there is none.
    before: Option<&'static str>,
    after: Option<&'static str>,
}

const fn step(
    route: &'static str,
    body: &'static str,
    saves: &'static [(&'static str, &'static str)],
    act: &'static str,
    (before, after): (Option<&'static str>, Option<&'static str>),
) -> Step {
    Step { route, body, saves, act, before, after }
}

const NONE: (Option<&str>, Option<&str>) = (None, None);

/// In this order, by the owner unless the route lets somebody in.
#[rustfmt::skip]
const STEPS: &[Step] = &[
    step("POST /api/v1/setup", r#"{"token": "{setup}", "name": "Olga Owner", "email": "olga@example.org", "password": "{password}"}"#,
        &[("/account/id", "olga")], "account.first", (None, Some(r#""is_owner":true"#))),
    step("POST /api/v1/session", r#"{"email": "olga@example.org", "password": "{password}"}"#, &[], "session.start", NONE),
    step("POST /api/v1/account/password", r#"{"old": "{password}", "new": "{password 2}"}"#, &[], "account.password", NONE),
    step("POST /api/v1/account/password/reset", r#"{"token": "{reset}", "password": "{password 3}"}"#, &[], "account.reset", NONE),
    step("POST /api/v1/lrss", r#"{"name": "second"}"#, &[], "lrs.create", (None, Some(r#""statements":0"#))),
    step("DELETE /api/v1/lrss/{second}", "", &[], "lrs.delete", (Some(r#""statements":0"#), None)),
    step("POST /api/v1/lrss/{lrs}/groups", r#"{"name": "7b", "members": ["ana@example.org"]}"#,
        &[("/id", "group")], "group.create", (None, Some("mailto:ana@example.org"))),
    step("PATCH /api/v1/lrss/{lrs}/groups/{group}", r#"{"name": "8b"}"#, &[], "group.change", (Some(r#""name":"7b""#), Some(r#""name":"8b""#))),
    step("DELETE /api/v1/lrss/{lrs}/groups/{group}", "", &[], "group.delete", (Some(r#""name":"8b""#), None)),
    step("POST /api/v1/lrss/{lrs}/keys", r#"{"label": "Moodle", "scopes": ["all"]}"#,
        &[("/key", "key"), ("/secret", "secret of a key")], "key.create", (None, Some(r#""label":"Moodle""#))),
    step("PATCH /api/v1/lrss/{lrs}/keys/{key}", r#"{"label": "H5P"}"#, &[], "key.change", (Some(r#""label":"Moodle""#), Some(r#""label":"H5P""#))),
    step("POST /api/v1/lrss/{lrs}/keys/{key}/rotate", r#"{"grace_seconds": 60}"#,
        &[("/secret", "second secret of a key")], "key.rotate", (None, Some("old_secret_until"))),
    step("DELETE /api/v1/lrss/{lrs}/keys/{key}", "", &[], "key.revoke", (Some(r#""revoked":null"#), Some(r#""revoked":"2026"#))),
    step("POST /api/v1/tokens", r#"{"name": "script"}"#, &[("/id", "token"), ("/secret", "secret of a token")], "token.create", (None, Some(r#""name":"script""#))),
    step("DELETE /api/v1/tokens/{token}", "", &[], "token.delete", (Some(r#""name":"script""#), None)),
    step("POST /api/v1/invitations", r#"{"email": "ben@example.org", "is_owner": true}"#,
        &[("/id", "invitation"), ("/link", "link")], "invitation.create", (None, Some(r#""is_owner":true"#))),
    step("DELETE /api/v1/invitations/{invitation}", "", &[], "invitation.delete", (Some(r#""is_owner":true"#), None)),
    step("POST /api/v1/invitations", r#"{"email": "ana@example.org", "roles": [{"lrs": "school", "role": "admin"}]}"#,
        &[("/link", "link")], "invitation.create", (None, Some(r#""role":"admin""#))),
    step("POST /api/v1/invitations/accept", r#"{"token": "{link}", "name": "Ana", "password": "{password}"}"#,
        &[("/account/id", "account")], "invitation.accept", (None, Some(r#""role":"admin""#))),
    step("PATCH /api/v1/accounts/{account}", r#"{"roles": [{"lrs": "school", "role": "viewer"}]}"#,
        &[], "account.change", (Some(r#""role":"admin""#), Some(r#""role":"viewer""#))),
    step("DELETE /api/v1/accounts/{account}", "", &[], "account.delete", (Some(r#""role":"viewer""#), None)),
    step("POST /api/v1/lrss/{lrs}/people/{person}/merge", r#"{"other": "{other}"}"#,
        &[], "person.merge", (Some("learner1@example.org"), Some("learner1@example.org"))),
    step("POST /api/v1/lrss/{lrs}/people/{person}/split", r#"{"identifier": "mbox:mailto:learner1@example.org"}"#,
        &[], "person.split", (Some("learner1@example.org"), Some("learner0@example.org"))),
    step("POST /api/v1/lrss/{lrs}/statements/{statement}/void", r#"{"reason": "sent twice"}"#, &[], "statement.void", (None, Some("sent twice"))),
    step("POST /api/v1/lrss/{lrs}/refusals/{refusal}/replay", r#"{"body": "{fixed}"}"#, &[], "refusal.replay", (None, Some("statements"))),
    step("POST /api/v1/lrss/{lrs}/jobs/import", r#"{"actor": {}}"#, &[], "job.import", (None, Some("bytes"))),
    step("POST /api/v1/backups", "", &[], "backup.create", NONE),
    step("DELETE /api/v1/backups/{backup}", "", &[], "backup.delete", (Some("size_bytes"), None)),
    step("DELETE /api/v1/session", "", &[], "session.end", NONE),
    step("DELETE /api/v1/sessions", "", &[], "session.end_all", NONE),
];

/// The names of parameters in the description, for those of the steps.
const PARAMETERS: [(&str, &str); 9] = [
    ("{second}", "{lrs}"),
    ("{group}", "{id}"),
    ("{token}", "{id}"),
    ("{invitation}", "{id}"),
    ("{account}", "{id}"),
    ("{statement}", "{id}"),
    ("{refusal}", "{id}"),
    ("{backup}", "{name}"),
    ("{key}", "{key}"),
];

/// A server, and what steps have saved.
struct Course {
    server: TestServer,
    owner: Badge,
    saved: BTreeMap<String, String>,
}

impl Course {
    fn save(&mut self, name: &str, value: impl Into<String>) {
        self.saved.insert(name.to_owned(), value.into());
    }

    fn fill_in(&self, text: &str) -> String {
        let mut filled = text.to_owned();
        for (name, value) in &self.saved {
            let value = if name == "fixed" { value.replace('"', "\\\"") } else { value.clone() };
            filled = filled.replace(&format!("{{{name}}}"), &value);
        }
        filled
    }

    async fn log(&self) -> Vec<Value> {
        let entries =
            self.server.registry.find_audit_entries(lrs_store::AuditQuery { limit: 500, ..Default::default() }).await;
        let entries = entries.unwrap().into_iter().map(|it| it.entry).map(|it| {
            json!({"who": it.who, "account": it.account, "from": it.from, "act": it.act, "when": it.when.0,
                "lrs": it.lrs.map(|lrs| lrs.to_string()), "before": it.before, "after": it.after, "target": it.target})
        });
        entries.collect()
    }

    /// Makes what a step needs to be there.
    async fn prepare(&mut self, step: &Step) {
        match step.act {
            "account.first" => {
                let link = offer(&self.server).await.unwrap();
                self.save("setup", link);
            }
            "account.reset" => {
                let (email, now) = (Email::parse(OWNER).unwrap(), self.server.clock.now());
                let actor = Actor::command_line("test");
                let link = offer_password_reset(&*self.server.registry, &SystemIds, now, &actor, &email).await.unwrap();
                self.save("reset", link.expose());
            }
            "person.merge" => self.store_records().await,
            "backup.delete" => self.find_backup().await,
            "session.end_all" => {
                self.owner = super::badge_of(&sign_in(&self.server, OWNER, &self.saved["password 3"]).await);
            }
            _ => {}
        }
    }

    async fn store_records(&mut self) {
        let key = self.server.create_key("school", &[Scope::All]).await;
        let post = async |body: &Value| self.server.send_json(&key, "1.0.3", ("POST", "/xapi/statements"), body).await;
        let of = |n: usize| statement(&json!({"actor": {"mbox": format!("mailto:learner{n}@example.org")}}));
        let ids = expect(&post(&json!([of(0), of(1)])).await, StatusCode::OK, "storing");
        assert_eq!(post(&statement(&json!({"verb": "none"}))).await.status, StatusCode::BAD_REQUEST);
        let store = self.server.registry.open_lrs(&LrsName::parse("school").unwrap()).await.unwrap();
        follow_to_end(&*store).await.unwrap();
        let refusal = async {
            loop {
                let list = call(&self.server, &self.owner, ("GET", "/api/v1/lrss/school/refusals"), &Value::Null).await;
                if let Some(id) = list.json()["items"][0]["id"].as_str() {
                    return id.to_owned();
                }
                tokio::task::yield_now().await;
            }
        };
        let refusal = tokio::time::timeout(std::time::Duration::from_mins(1), refusal).await.expect("it is kept");
        self.save("refusal", refusal);
        self.save("statement", ids[0].as_str().unwrap());
        self.save("fixed", of(2).to_string());
        for (name, n) in [("person", 0), ("other", 1)] {
            let person = lrs_core::PersonId::of(&format!("mbox:mailto:learner{n}@example.org"));
            self.save(name, person.to_string());
        }
    }

    /// Waits until the backup is made; a server on PostgreSQL makes none.
    async fn find_backup(&mut self) {
        let backup = async {
            loop {
                let list = call(&self.server, &self.owner, ("GET", "/api/v1/backups"), &Value::Null).await;
                if list.status == StatusCode::NOT_IMPLEMENTED {
                    return "none".to_owned();
                }
                if let Some(name) = list.json()["items"][0]["name"].as_str() {
                    return name.to_owned();
                }
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
        };
        let backup = tokio::time::timeout(std::time::Duration::from_mins(1), backup).await.expect("it is made");
        self.save("backup", backup);
    }

    /// Takes a step: it writes one entry.
    async fn take(&mut self, step: &Step) {
        self.prepare(step).await;
        let before = self.log().await.len();
        let route = self.fill_in(step.route);
        let (method, path) = route.split_once(' ').unwrap();
        let body = self.fill_in(step.body);
        let body = if body.is_empty() { Value::Null } else { serde_json::from_str(&body).unwrap() };
        let lets_in =
            ["/setup", "/session", "/reset", "/accept"].iter().any(|end| method == "POST" && path.ends_with(end));
        let badge = if lets_in { Badge::default() } else { self.owner.clone() };
        let now = self.server.clock.now();
        let answer = call_with(&self.server, &badge, (method, path), &body, &[]).await;
        let log = self.log().await;
        if answer.status == StatusCode::NOT_IMPLEMENTED {
            assert!(path.starts_with("/api/v1/backups") && log.len() == before, "{route}: {}", answer.text());
            return;
        }
        assert!(answer.status.is_success(), "{route}: {}", answer.text());
        assert_eq!(log.len(), before + 1, "{route}: {log:#?}");
        let entry = &log[0];
        assert_eq!(entry["act"], step.act, "{route}");
        assert!(entry["when"].as_i64().unwrap() >= now.0, "{route}: {entry}");
        assert_eq!(entry["from"], "0.0.0.0", "{route}: {entry}");
        assert_ne!(entry["account"], "", "{route}: {entry}");
        assert!(entry["who"].as_str().unwrap().contains('@'), "{route}: {entry}");
        assert_ne!(entry["target"], "", "{route}: {entry}");
        assert_eq!(
            entry["lrs"] == "school",
            step.route.contains("{lrs}") || step.body.contains("school"),
            "{route}: {entry}"
        );
        for (name, expected) in [("before", step.before), ("after", step.after)] {
            let is_told = entry[name].as_str().map(|told| expected.is_some_and(|expected| told.contains(expected)));
            assert_eq!(is_told, expected.map(|_| true), "{name}: {route}: {entry}");
        }
        for (pointer, name) in step.saves {
            let value = answer.json().pointer(pointer).and_then(Value::as_str).unwrap().to_owned();
            self.save(name, value.rsplit_once("token=").map_or(value.as_str(), |(_, token)| token));
        }
        let cookie = answer.header("set-cookie").split(';').next().unwrap_or_default();
        if !cookie.ends_with('=') && !cookie.is_empty() {
            let (_, secret) = cookie.split_once('=').unwrap();
            self.save(&format!("cookie {before}"), secret);
            if step.act != "invitation.accept" {
                self.owner = super::badge_of(&answer);
            }
        }
    }
}

#[tokio::test]
async fn every_change_writes_one_entry_without_secrets() {
    let server = TestServer::start(lrs_http::Settings::default()).await;
    server.registry.create_lrs(&LrsName::parse("school").unwrap()).await.unwrap();
    let mut course = Course { server, owner: Badge::default(), saved: BTreeMap::new() };
    course.save("lrs", "school");
    course.save("second", "second");
    for (name, password) in
        [("password", PASSWORD), ("password 2", "second long password"), ("password 3", "third long password")]
    {
        course.save(name, password);
    }
    let mut secrets = BTreeSet::new();
    for step in STEPS {
        course.take(step).await;
        let is_secret =
            |name: &str| ["password", "cookie", "secret", "link", "setup", "reset"].iter().any(|it| name.contains(it));
        secrets.extend(course.saved.iter().filter(|(name, _)| is_secret(name)).map(|(_, value)| value.clone()));
    }
    assert!(secrets.len() >= 15, "{secrets:?}");
    let log = serde_json::to_string(&course.log().await).unwrap();
    for secret in &secrets {
        assert!(!log.contains(secret.as_str()), "{secret} in {log}");
    }
    assert!(!log.contains("argon2"), "{log}");
}

#[tokio::test]
async fn every_changing_route_of_the_description_has_a_step() {
    let (server, _) = start().await;
    let document = call(&server, &Badge::default(), ("GET", "/openapi.json"), &Value::Null).await.json();
    let mut changing = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap().iter().filter(|(path, _)| path.starts_with("/api/")) {
        let methods = item.as_object().unwrap().keys().filter(|name| !["get", "parameters"].contains(&name.as_str()));
        changing.extend(methods.map(|method| format!("{} {path}", method.to_uppercase())));
    }
    let described =
        |step: &Step| PARAMETERS.iter().fold(step.route.to_owned(), |route, (own, name)| route.replace(own, name));
    let steps: BTreeSet<String> = STEPS.iter().map(described).collect();
    assert_eq!(steps, changing, "the steps of this test and the changing routes of the description");
    // What is refused for want of a badge changes nothing, and is no entry.
    let before =
        server.registry.find_audit_entries(lrs_store::AuditQuery { limit: 500, ..Default::default() }).await.unwrap();
    for route in &changing {
        let (method, path) = route.split_once(' ').unwrap();
        let path = path.replace("{lrs}", "school").replace(['{', '}'], "");
        let answer = call(&server, &Badge::default(), (method, &path), &json!({})).await;
        assert!(answer.status.is_client_error(), "{route}: {}", answer.text());
    }
    let after =
        server.registry.find_audit_entries(lrs_store::AuditQuery { limit: 500, ..Default::default() }).await.unwrap();
    assert_eq!(after, before);
}

#[tokio::test]
async fn refused_sign_ins_are_entries_that_tell_no_password() {
    let (server, owner) = start().await;
    let (_, id) = super::join(&server, &owner, "ana@example.org", json!([{"lrs": "school", "role": "viewer"}])).await;
    let path = format!("/api/v1/accounts/{id}");
    expect(&call(&server, &owner, ("PATCH", &path), &json!({"disabled": true})).await, StatusCode::OK, "disabled");
    for (email, password, target, reason) in [
        (OWNER, "wrong horse battery", OWNER, "wrong_password"),
        ("ana@example.org", PASSWORD, "ana@example.org", "disabled"),
        ("ana@example.org", "wrong horse battery", "ana@example.org", "disabled"),
        // A password in the place of an address.
        ("my@secret.password", "olga", "an unknown address", "unknown_address"),
    ] {
        expect(&sign_in(&server, email, password).await, StatusCode::UNAUTHORIZED, email);
        let log = call(&server, &owner, ("GET", "/api/v1/audit?action=session.fail"), &Value::Null).await;
        let newest = expect(&log, StatusCode::OK, email)["items"][0].clone();
        assert_eq!(json!([newest["target"], newest["after"]["reason"]]), json!([target, reason]), "{newest}");
        assert_eq!(json!([newest["who"], newest["address"]]), json!(["somebody who is not signed in", "0.0.0.0"]));
        for secret in ["wrong horse", PASSWORD, "my@secret"] {
            assert!(!log.text().contains(secret), "{}", log.text());
        }
    }
    let log = call(&server, &owner, ("GET", "/api/v1/audit?action=session.fail"), &Value::Null).await.json();
    assert_eq!(log["items"].as_array().map(Vec::len), Some(4), "{log}");
}

#[tokio::test]
async fn strangers_cannot_fill_the_log() {
    let (server, owner) = start().await;
    let mut refused: u64 = 0;
    for number in 0..90 {
        // Neither the address nor the account has to wait.
        server.clock.advance_seconds(3);
        let answer = sign_in(&server, &format!("guess{number}@example.org"), "wrong").await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        refused += 1;
    }
    let count = async || {
        let log =
            call(&server, &owner, ("GET", "/api/v1/audit?action=session.fail&limit=500"), &Value::Null).await.json();
        let items = log["items"].as_array().unwrap().clone();
        let left_out: u64 = items.iter().filter_map(|it| it["after"]["not_recorded_before"].as_u64()).sum();
        (items.len() as u64, left_out)
    };
    let (written, _) = count().await;
    assert!((60..80).contains(&written), "{written}");
    server.clock.advance_seconds(60);
    sign_in(&server, "guess@example.org", "wrong").await;
    let (written, left_out) = count().await;
    assert_eq!(written + left_out, refused + 1, "what was left out is told");
}
