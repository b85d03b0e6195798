//! What is done with records: voiding, live mode, refused requests sent again.

use std::time::Duration;

use http::StatusCode;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use super::School;
use crate::harness::statement;

const WAIT_MAX: Duration = Duration::from_mins(1);

#[tokio::test]
async fn voiding_says_who_and_why_and_takes_back_what_was_counted() {
    let school = School::open().await;
    let scored = statement(&json!({ "result": { "score": { "scaled": 0.9 } } }));
    let ids = school.store(&json!([scored, statement(&json!({}))])).await;
    school.follow().await;
    let void = format!("statements/{}/void", ids[0]);
    assert_eq!(school.call("POST", &void, &json!({ "reason": " " })).await.status, StatusCode::BAD_REQUEST);
    let voided = school.call("POST", &void, &json!({ "reason": "sent twice" })).await;
    assert_eq!(voided.status, StatusCode::OK, "{}", voided.text());
    let by = voided.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(school.call("POST", &void, &json!({ "reason": "again" })).await.status, StatusCode::CONFLICT);
    let of_voiding = format!("statements/{by}/void");
    assert_eq!(school.call("POST", &of_voiding, &json!({ "reason": "no" })).await.status, StatusCode::BAD_REQUEST);
    school.follow().await;
    assert_eq!(school.list("", 50).await, [by.clone(), ids[1].clone()]);
    let page = school.get(&format!("statements/{}", ids[0])).await;
    assert_eq!((&page["voided_by"], &page["item"]["voided"]), (&json!(by), &json!(true)));
    let voiding = school.get(&format!("statements/{by}")).await;
    assert_eq!(voiding["voids"], ids[0].as_str());
    assert_eq!(voiding["item"]["actor"]["name"], "Olga");
    assert!(voiding["statement"]["context"]["extensions"].to_string().contains("sent twice"));
    let person = school.get("people?text=ana").await["items"][0].clone();
    assert_eq!(person["statements"], 1);
    let page = school.get(&format!("people/{}", person["person"].as_str().unwrap())).await;
    assert_eq!(page["activities"][0]["best_score_percent"], Value::Null, "its score counts no longer");
}

#[tokio::test]
async fn live_mode_misses_nothing_and_keeps_its_filters() {
    let school = School::open().await;
    let named = |n: u32, text: &str| statement(&json!({ "result": { "response": format!("{text} number{n}") } }));
    school.store(&json!([named(1, "wanted"), named(2, "other")])).await;
    let mut request = school.request("GET", "live?after=0&text=wanted", &Value::Null);
    request.headers_mut().insert("accept-encoding", http::HeaderValue::from_static("gzip, br"));
    let response = school.server.open(request).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut body = response.into_body();
    let mut seen = String::new();
    for n in 3..=6 {
        school.store(&json!([named(n, if n % 2 == 1 { "wanted" } else { "other" })])).await;
    }
    while !seen.contains("number5") {
        let frame = tokio::time::timeout(WAIT_MAX, body.frame()).await.expect("it comes in time");
        seen.push_str(&String::from_utf8_lossy(&frame.unwrap().unwrap().into_data().unwrap()));
    }
    let ids: Vec<&str> = seen.lines().filter_map(|line| line.strip_prefix("id: ")).collect();
    assert_eq!(ids, ["1", "3", "5"], "{seen}");
    assert!(!seen.contains("other"), "{seen}");
}

#[tokio::test]
async fn refused_requests_are_kept_and_sent_again() {
    let school = School::open().await;
    school.store(&json!([statement(&json!({}))])).await;
    let broken = statement(&json!({ "verb": { "id": "read" } }));
    assert_eq!(school.post(&broken).await.status, StatusCode::BAD_REQUEST);
    let mut wrong = school.key.clone();
    wrong.authorization = crate::harness::basic(&school.key.key, "wrong");
    for _ in 0..3 {
        let answer = school.server.send_json(&wrong, "1.0.3", ("GET", "/xapi/statements"), &Value::Null).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    }
    let list = tokio::time::timeout(WAIT_MAX, async {
        loop {
            let list = school.get("refusals").await["items"].clone();
            let counted: u64 = list.as_array().unwrap().iter().map(|item| item["count"].as_u64().unwrap()).sum();
            if counted == 4 {
                return list;
            }
            tokio::task::yield_now().await;
        }
    });
    let list = list.await.expect("they are kept in time");
    assert_eq!(list.as_array().unwrap().len(), 2, "failed authentications are counted: {list}");
    let refused = list.as_array().unwrap().iter().find(|item| item["status"] == 400).unwrap();
    let path = format!("refusals/{}", refused["id"].as_str().unwrap());
    let page = school.get(&path).await;
    assert_eq!(page["violations"][0]["pointer"], "/verb/id");
    assert_eq!(page["body"], broken.to_string());
    assert_eq!(page["key"], school.key.key.as_str());
    let replay = format!("{path}/replay");
    let again = school.call("POST", &replay, &json!({ "body": broken.to_string() })).await.json();
    assert_eq!((&again["status"], &again["body"]["error"]["code"]), (&json!(400), &json!("invalid_statement")));
    let fixed = json!({ "body": statement(&json!({})).to_string() });
    let accepted = school.call("POST", &replay, &fixed).await.json();
    assert_eq!(accepted["status"], 200, "{accepted}");
    let stored = school.get(&format!("statements/{}", accepted["body"][0].as_str().unwrap())).await;
    assert!(stored["statement"]["authority"].to_string().contains(&school.key.key), "the key's own authority");
    assert_ne!(school.get(&path).await["replayed"], Value::Null);
    school.server.registry.revoke_key(&lrs_store::KeyId(school.key.key.clone())).await.unwrap();
    assert_eq!(school.call("POST", &replay, &fixed).await.status, StatusCode::CONFLICT, "the key is gone");
}

#[tokio::test]
async fn an_import_says_how_far_it_is_and_what_it_refused() {
    let school = School::open().await;
    let good = |n: u32| statement(&json!({ "id": format!("00000000-0000-4000-8000-{n:012}") })).to_string();
    let newer = statement(&json!({ "version": "2.0.0" })).to_string();
    let lines = [good(1), "{".to_owned(), good(2), String::new(), r#"{"actor":{}}"#.to_owned(), newer, good(1)];
    let array = format!("[{},{{}},{}]", good(3), good(4));
    for (file, accepted, refused) in
        [(lines.join("\n"), 4, vec![2, 5]), (array, 2, vec![2]), ("nonsense".to_owned(), 0, vec![1])]
    {
        let mut request = school.request("POST", "jobs/import?name=a.json", &Value::Null);
        *request.body_mut() = axum::body::Body::from(file.clone());
        let begun = school.server.send(request).await;
        assert_eq!(begun.status, StatusCode::OK, "{}", begun.text());
        let path = format!("jobs/{}", begun.json()["id"].as_str().unwrap());
        let ended = tokio::time::timeout(WAIT_MAX, async {
            loop {
                let job = school.get(&path).await;
                if job["state"] != "running" {
                    return job;
                }
                tokio::task::yield_now().await;
            }
        });
        let job = ended.await.expect("it ends in time");
        assert_eq!((&job["state"], &job["accepted"]), (&json!("done"), &json!(accepted)), "{file}: {job}");
        let told = school.get(&format!("{path}/refused")).await["items"].clone();
        let told: Vec<u64> = told.as_array().unwrap().iter().map(|line| line["line"].as_u64().unwrap()).collect();
        assert_eq!(told, refused, "{file}");
    }
    assert_eq!(school.list("", 50).await.len(), 5);
    assert_eq!(school.get("jobs").await["items"].as_array().unwrap().len(), 3);
    assert_eq!(school.call("GET", "jobs/nothing", &Value::Null).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_job_is_seen_in_its_own_lrs_only() {
    let school = School::open().await;
    school.server.create_lrs("other", &[lrs_store::Scope::All]).await;
    let mut request = school.request("POST", "jobs/import", &Value::Null);
    *request.body_mut() = axum::body::Body::from("nonsense");
    let begun = school.server.send(request).await;
    assert_eq!(begun.status, StatusCode::OK, "{}", begun.text());
    let id = begun.json()["id"].as_str().unwrap().to_owned();
    for (lrs, status, jobs) in [("school", StatusCode::OK, 1), ("other", StatusCode::NOT_FOUND, 0)] {
        let get = async |path: &str| {
            let mut request = school.request("GET", "jobs", &Value::Null);
            *request.uri_mut() = format!("/api/v1/lrss/{lrs}/{path}").parse().unwrap();
            school.server.send(request).await
        };
        assert_eq!(get("jobs").await.json()["items"].as_array().unwrap().len(), jobs, "{lrs}");
        for path in [format!("jobs/{id}"), format!("jobs/{id}/refused")] {
            assert_eq!(get(&path).await.status, status, "{lrs}/{path}");
        }
    }
}
