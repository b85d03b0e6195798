//! Every administrative act is recorded, cannot be changed, and can be searched and taken away.

use http::StatusCode;
use serde_json::{Value, json};

use super::{OWNER, PASSWORD, call, expect, join, start};

#[tokio::test]
async fn acts_are_recorded_with_who_when_from_where_before_and_after() {
    let (server, owner) = start().await;
    let body = json!({"label": "Moodle", "scopes": ["all"]});
    let made = call(&server, &owner, ("POST", "/api/v1/lrss/school/keys"), &body).await.json();
    let (key, secret) = (made["key"].as_str().unwrap(), made["secret"].as_str().unwrap());
    let path = format!("/api/v1/lrss/school/keys/{key}");
    call(&server, &owner, ("PATCH", &path), &json!({"label": "Moodle 2"})).await;
    let log = call(&server, &owner, ("GET", "/api/v1/audit"), &Value::Null).await;
    let items = expect(&log, StatusCode::OK, "the log")["items"].clone();
    let actions: Vec<_> = items.as_array().unwrap().iter().map(|it| it["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["key.change", "key.create", "account.first", "setup.offer"]);
    let change = &items[0];
    assert_eq!(change["who"], format!("Olga Owner <{OWNER}>"));
    assert_eq!(json!([change["lrs"], change["target"], change["address"]]), json!(["school", key, "0.0.0.0"]));
    assert_eq!(json!([change["before"]["label"], change["after"]["label"]]), json!(["Moodle", "Moodle 2"]));
    assert!(change["when"].as_str().unwrap().starts_with("2026-11-24T12:00"));
    for hidden in [secret, PASSWORD, "argon2", owner.cookie.rsplit_once('=').unwrap().1] {
        assert!(!log.text().contains(hidden), "{hidden} in {}", log.text());
    }
}

#[tokio::test]
async fn log_is_filtered_and_read_page_by_page() {
    let (server, owner) = start().await;
    let (admin, id) = join(&server, &owner, "admin@example.org", json!([{"lrs": "school", "role": "admin"}])).await;
    for (badge, lrs) in [(&owner, "school"), (&owner, "other"), (&admin, "school")] {
        let path = format!("/api/v1/lrss/{lrs}/groups");
        expect(&call(&server, badge, ("POST", &path), &json!({"name": "Klasse 7b"})).await, StatusCode::OK, lrs);
    }
    for (query, count) in [
        ("action=group.create", 3),
        ("action=group", 3),
        ("action=gro", 0),
        ("action=group&lrs=school", 2),
        ("action=group&text=klasse%207B", 3),
        ("text=klasse%207c", 0),
        ("action=group&until=2026-11-24T11:00:00Z", 0),
        ("action=group&since=2026-11-24T11:00:00Z", 3),
        (&format!("action=group&account={id}"), 1),
    ] {
        let path = format!("/api/v1/audit?{query}");
        let page = expect(&call(&server, &owner, ("GET", &path), &Value::Null).await, StatusCode::OK, query);
        assert_eq!(page["items"].as_array().map(Vec::len), Some(count), "{query}: {page}");
        let path = format!("/api/v1/audit/export?{query}");
        let export = call(&server, &owner, ("GET", &path), &Value::Null).await;
        assert_eq!(export.text().lines().count(), count, "{query}: {}", export.text());
    }
    // A full last page is the last one.
    for (limit, pages) in [(1, 3), (2, 2), (3, 1)] {
        let mut seen = Vec::new();
        let mut path = format!("/api/v1/audit?action=group&limit={limit}");
        for number in 1..=pages {
            let page = call(&server, &owner, ("GET", &path), &Value::Null).await.json();
            seen.extend(page["items"].as_array().unwrap().iter().map(|it| it["id"].as_u64().unwrap()));
            assert_eq!(page["next"].is_null(), number == pages, "{path}: {page}");
            path = format!(
                "/api/v1/audit?action=group&limit={limit}&cursor={}",
                page["next"].as_str().unwrap_or_default()
            );
        }
        assert!(seen.len() == 3 && seen.is_sorted_by(|one, other| one > other), "limit={limit}: {seen:?}");
    }
    for (badge, query, status) in [
        (&admin, "lrs=school", 200),
        (&admin, "lrs=other", 404),
        (&admin, "", 403),
        (&owner, "lrs=..", 404),
        (&owner, "since=yesterday", 400),
        (&owner, "text=%00", 400),
        (&owner, "cursor=x", 400),
    ] {
        for path in ["/api/v1/audit", "/api/v1/audit/export"] {
            let answer = call(&server, badge, ("GET", &format!("{path}?{query}")), &Value::Null).await;
            assert_eq!(answer.status.as_u16(), status, "{path}?{query}: {}", answer.text());
        }
    }
}

#[tokio::test]
async fn export_is_a_line_for_each_act_over_many_pages() {
    let (server, owner) = start().await;
    for number in 0..1_001 {
        let entry =
            lrs_core::Actor::command_line("root").entry(xapi::Timestamp(number), "key.create", number.to_string());
        server.registry.change_accounts(Vec::new(), Some(entry)).await.unwrap();
    }
    let export = call(&server, &owner, ("GET", "/api/v1/audit/export?action=key"), &Value::Null).await;
    let targets: Vec<String> = export
        .text()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["target"].as_str().unwrap().to_owned())
        .collect();
    let expected: Vec<String> = (0..1_001).rev().map(|number: i64| number.to_string()).collect();
    assert_eq!(targets, expected);
}
