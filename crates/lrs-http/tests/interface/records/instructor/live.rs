//! The live stream of an instructor.

use std::time::Duration;

use axum::body::Body;
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use super::school::{Class, HIDDEN, id, of};
use super::{FILTERS, fill_in};
use crate::admin::{call, expect};

const WAIT_MAX: Duration = Duration::from_mins(1);

/// Opens a stream of `school` from the beginning of its log.
async fn open(class: &Class, filter: &str) -> Body {
    let path = format!("/api/v1/lrss/school/live?after=0{}", fill_in(filter));
    let request = Request::get(path).header("authorization", &class.teacher.bearer);
    let response = class.server.open(request.body(Body::empty()).unwrap()).await;
    assert_eq!(response.status(), StatusCode::OK);
    response.into_body()
}

/// Reads until a text comes, or to the end of the stream.
async fn read_until(body: &mut Body, text: &str) -> String {
    let mut seen = String::new();
    while !seen.contains(text) {
        let frame = tokio::time::timeout(WAIT_MAX, body.frame()).await.expect("it comes in time");
        let Some(frame) = frame else { break };
        seen.push_str(&String::from_utf8_lossy(&frame.unwrap().into_data().unwrap()));
    }
    seen
}

#[tokio::test]
async fn streams_have_the_learners_statements_and_no_others() {
    let class = Class::open(true).await;
    // The last one meets every filter that the learners' statements meet.
    for (filter, expected) in FILTERS.iter().filter(|(_, expected)| expected.contains(&1)) {
        let mut body = open(&class, filter).await;
        let mut expected: Vec<u32> = expected.to_vec();
        expected.reverse();
        let last = id(*expected.last().unwrap());
        let seen = read_until(&mut body, &format!("\"{last}\"")).await;
        assert!(!seen.to_lowercase().contains(HIDDEN), "{filter}: {seen}");
        let ids: Vec<String> = seen
            .lines()
            .filter_map(|line| line.strip_prefix("data: "))
            .map(|data| {
                let item: Value = serde_json::from_str(data).unwrap();
                item["id"].as_str().unwrap().to_owned()
            })
            .collect();
        assert_eq!(ids, expected.into_iter().map(id).collect::<Vec<_>>(), "{filter}");
    }
}

#[tokio::test]
async fn open_streams_follow_what_the_instructor_may_see_now() {
    let class = Class::open(false).await;
    let mut body = open(&class, "").await;
    class.store_in_school(of("zora", 30, &json!({}))).await;
    class.store_in_school(of("ben", 31, &json!({}))).await;
    let seen = read_until(&mut body, &id(31)).await;
    assert!(!seen.contains(HIDDEN), "{seen}");
    let path = format!("/api/v1/lrss/school/groups/{}", class.group);
    let only_ana = json!({"members": ["ana@example.org"]});
    expect(&call(&class.server, &class.owner, ("PATCH", &path), &only_ana).await, StatusCode::OK, "without Ben");
    class.server.clock.advance_seconds(10);
    class.store_in_school(of("ben", 32, &json!({}))).await;
    class.store_in_school(of("ana", 33, &json!({}))).await;
    let seen = read_until(&mut body, &id(33)).await;
    assert!(!seen.contains(&id(32)), "Ben is in no group of the teacher any more: {seen}");
    let accounts = call(&class.server, &class.owner, ("GET", "/api/v1/accounts"), &Value::Null).await.json();
    let teacher = accounts["items"].as_array().unwrap().iter().find(|it| it["email"] == "teacher@example.org").unwrap();
    let path = format!("/api/v1/accounts/{}", teacher["id"].as_str().unwrap());
    expect(
        &call(&class.server, &class.owner, ("PATCH", &path), &json!({"roles": []})).await,
        StatusCode::OK,
        "no role",
    );
    class.server.clock.advance_seconds(10);
    class.store_in_school(of("ana", 34, &json!({}))).await;
    let seen = read_until(&mut body, &id(34)).await;
    assert_eq!(seen, "", "the stream ends");
}
