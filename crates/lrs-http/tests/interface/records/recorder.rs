//! What the flight recorder keeps, and for how long: by age, by size, with and without bodies, and never a secret.

use std::time::Duration;

use axum::body::Body;
use http::Request;
use lrs_core::{RecorderOptions, SessionLimits};
use lrs_http::Settings;
use lrs_store::{Entry, Order, Span, View};
use serde_json::{Value, json};

use super::School;
use crate::harness::{basic, encode, statement};

const WAIT_MAX: Duration = Duration::from_mins(1);
const DAY: i64 = 86_400;

async fn open(options: RecorderOptions) -> School {
    let mut school = School::open().await;
    // The owner stays signed in for as long as refusals are kept.
    let sessions = SessionLimits { idle_s: 365 * 86_400, total_s: 365 * 86_400 };
    school.server.restart(Settings { sessions, ..Settings::default() });
    school.server.restart_recorder(options);
    school
}

fn id(number: usize) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

/// Sends a statement that is refused, with a body of a length and this number, and waits until it is kept.
async fn refuse(school: &School, number: usize, length: usize) {
    let path = format!("/xapi/statements?statementId={}", id(number));
    let broken = statement(&json!({"verb": "x".repeat(length)}));
    let answer = school.server.send_json(&school.key, "1.0.3", ("PUT", &path), &broken).await;
    assert_eq!(answer.status, 400, "{}", answer.text());
    wait_until(school, |kept| kept.first() == Some(&number)).await;
}

/// The numbers of what is kept, the newest first.
async fn kept(school: &School) -> Vec<usize> {
    let (mut numbers, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = school.get(&format!("refusals?limit=100{cursor}")).await;
        let path = |item: &Value| item["path"].as_str().unwrap().rsplit('-').next().unwrap().parse::<usize>().unwrap();
        numbers.extend(page["items"].as_array().unwrap().iter().map(path));
        let Some(next) = page["next"].as_str() else { return numbers };
        cursor = format!("&cursor={next}");
    }
}

async fn wait_until(school: &School, condition: impl Fn(&[usize]) -> bool) {
    let waiting = async {
        while !condition(&kept(school).await) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(WAIT_MAX, waiting).await.expect("it comes true in time");
}

/// Everything that the recorder holds.
async fn entries(school: &School) -> Vec<Entry> {
    let span = Span { from: vec![0], to: vec![u8::MAX], order: Order::Ascending, limit: 10_000 };
    school.lrs().await.views().scan(View::Recorder, span).await.unwrap()
}

async fn holds(school: &School, text: &str) -> bool {
    let is_in = |bytes: &[u8]| bytes.windows(text.len()).any(|it| it == text.as_bytes());
    entries(school).await.iter().any(|(_, value)| is_in(value)) || school.server.has_in_files(text.as_bytes())
}

/// The bytes of what is kept, which the recorder counts too.
async fn size(school: &School) -> u64 {
    let (mut found, mut counted) = (0, 0);
    for (key, value) in entries(school).await {
        if key == b"R" {
            counted = u64::from_be_bytes(value.try_into().unwrap());
        } else {
            found += (key.len() + value.len()) as u64;
        }
    }
    assert_eq!(found, counted, "the recorder counts rightly");
    found
}

#[tokio::test]
async fn refusals_go_when_they_are_too_old() {
    let options = RecorderOptions { days: 7, ..RecorderOptions::default() };
    let mut school = open(options).await;
    refuse(&school, 1, 10).await;
    school.server.clock.advance_seconds(4 * DAY);
    refuse(&school, 2, 10).await;
    school.server.clock.advance_seconds(3 * DAY - 60);
    refuse(&school, 3, 10).await;
    assert_eq!(kept(&school).await, [3, 2, 1], "not yet seven days");
    school.server.clock.advance_seconds(120);
    refuse(&school, 4, 10).await;
    assert_eq!(kept(&school).await, [4, 3, 2], "a new one takes the old ones along");
    // Nothing is refused any more: a server that looks after its recorder finds what is too old.
    school.server.clock.advance_seconds(4 * DAY);
    school.server.restart_recorder(options);
    wait_until(&school, |kept| kept == [4, 3]).await;
    school.server.restart_recorder(RecorderOptions { days: 1, ..options });
    wait_until(&school, <[usize]>::is_empty).await;
    assert_eq!(size(&school).await, 0, "bodies are gone too");
}

#[tokio::test]
async fn refusals_take_as_much_room_as_they_may() {
    let options = RecorderOptions { bytes_max: 100_000, ..RecorderOptions::default() };
    let mut school = open(options).await;
    for number in 1..=60 {
        refuse(&school, number, 600).await;
    }
    assert_eq!(kept(&school).await, (1..=60).rev().collect::<Vec<_>>(), "there is room for all");
    // One that needs most of the room takes as many of the oldest along as it has to.
    refuse(&school, 61, 90_000).await;
    let left = kept(&school).await;
    assert!((2..60).contains(&left.len()), "{left:?}");
    assert_eq!(left, (62 - left.len()..=61).rev().collect::<Vec<_>>(), "the oldest went");
    assert!(size(&school).await <= options.bytes_max);
    refuse(&school, 62, 90_000).await;
    assert!(size(&school).await <= options.bytes_max);
    assert_eq!(kept(&school).await[0], 62);
    school.server.restart_recorder(RecorderOptions { bytes_max: 50_000, ..options });
    wait_until(&school, <[usize]>::is_empty).await;
    assert_eq!(size(&school).await, 0, "a smaller bound holds at the next start");
}

#[tokio::test]
async fn bodies_that_are_not_to_be_kept_are_nowhere() {
    let markers = ["markervalue", "markername", "markermessage", "markerquery"];
    let broken = statement(&json!({
        "verb": {"id": "markervalue"},
        "markername": 1,
        "result": {"extensions": {"markername": "markervalue"}, "duration": "markermessage"},
    }));
    for keep_bodies in [true, false] {
        let school = open(RecorderOptions { keep_bodies, ..RecorderOptions::default() }).await;
        assert_eq!(school.post(&broken).await.status, 400);
        let not_json = Request::post("/xapi/statements").header("authorization", &school.key.authorization);
        let not_json = not_json.header("x-experience-api-version", "1.0.3").header("content-type", "application/json");
        let answer = school.server.send(not_json.body(Body::from("[{\"markername\": markervalue")).unwrap()).await;
        assert_eq!(answer.status, 400, "{}", answer.text());
        let asked = ("GET", "/xapi/statements?agent=markerquery&since=markerquery");
        assert_eq!(school.server.send_json(&school.key, "1.0.3", asked, &Value::Null).await.status, 400);
        let waiting = async {
            while school.get("refusals").await["items"].as_array().unwrap().len() < 3 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(WAIT_MAX, waiting).await.expect("they are kept in time");
        for marker in markers {
            assert_eq!(holds(&school, marker).await, keep_bodies, "{marker}, bodies kept: {keep_bodies}");
        }
        let mut places = String::new();
        for item in school.get("refusals").await["items"].as_array().unwrap() {
            let page = school.get(&format!("refusals/{}", item["id"].as_str().unwrap())).await;
            assert_eq!(page["body"].is_null(), !keep_bodies || page["method"] == "GET", "{page}");
            places += &page["violations"].to_string();
        }
        assert!(places.contains("\"/verb/id\"") && places.contains("\"since\""), "places and rules stay: {places}");
    }
}

#[tokio::test]
async fn secrets_are_never_kept() {
    let school = open(RecorderOptions::default()).await;
    let (_, encoded) = school.key.authorization.split_once(' ').unwrap();
    let broken = statement(&json!({"verb": "no verb"})).to_string();
    let wrong = basic(&school.key.key, "wrongmarkersecret");
    let form = |authorization: &str| {
        format!("content={}&Authorization={}&X-Experience-API-Version=1.0.3", encode(&broken), encode(authorization))
    };
    let form_type = "application/x-www-form-urlencoded";
    let json_type = "application/json";
    // What is sent where, and with which status it is refused.
    let own = school.key.authorization.as_str();
    let requests: [(&str, Option<&str>, &str, String, u16); 7] = [
        ("/xapi/statements", Some(own), json_type, broken.clone(), 400),
        ("/xapi/statements", Some(&wrong), json_type, broken.clone(), 401),
        ("/xapi/statements?method=POST", None, form_type, form(own), 400),
        ("/xapi/statements?method=POST", None, form_type, form(&wrong), 401),
        (&format!("/xapi/statements?Authorization={}", encode(own)), Some(own), json_type, broken.clone(), 400),
        (&format!("/xapi/statements?authorization={}", encode(&wrong)), Some(own), json_type, broken.clone(), 400),
        ("/xapi/statements?secret=wrongmarkersecret", Some(own), json_type, broken, 400),
    ];
    for (path, authorization, content_type, body, status) in &requests {
        let mut request = Request::post(*path).header("content-type", *content_type);
        if content_type == &json_type {
            request = request.header("x-experience-api-version", "1.0.3");
        }
        if let Some(authorization) = authorization {
            request = request.header("authorization", *authorization);
        }
        let answer = school.server.send(request.body(Body::from(body.clone())).unwrap()).await;
        assert_eq!(answer.status.as_u16(), *status, "{path}: {}", answer.text());
    }
    let waiting = async {
        loop {
            let items = school.get("refusals").await["items"].clone();
            let counted: u64 = items.as_array().unwrap().iter().map(|item| item["count"].as_u64().unwrap()).sum();
            // A wrong secret inside a form is counted for no key.
            if counted == requests.len() as u64 - 1 {
                return items;
            }
            tokio::task::yield_now().await;
        }
    };
    let items = tokio::time::timeout(WAIT_MAX, waiting).await.expect("they are kept in time");
    let (_, wrong_encoded) = wrong.split_once(' ').unwrap();
    for secret in [encoded, &encode(encoded), wrong_encoded, &encode(wrong_encoded), "wrongmarkersecret"] {
        assert!(!holds(&school, secret).await, "{secret} in {items}");
    }
}

/// Whoever knows a key's name but not its secret chooses no word that is kept, and makes no more than an entry for each way to be refused.
#[tokio::test]
async fn what_is_refused_before_a_secret_was_shown_is_counted() {
    let school = School::open().await;
    let mut stranger = school.key.clone();
    stranger.authorization = basic(&school.key.key, "not the secret");
    for (method, path, status) in [
        ("BREW", "/xapi/statements", 405),
        ("CHOSEN", "/xapi/statements", 405),
        ("GET", "/xapi/statements?chosen=a", 401),
        ("GET", "/xapi/statements?chosen=b", 401),
    ] {
        let answer = school.server.send_json(&stranger, "1.0.3", (method, path), &Value::Null).await;
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text());
    }
    let items = async {
        loop {
            let items = school.get("refusals").await["items"].as_array().unwrap().clone();
            if items.iter().map(|item| item["count"].as_u64().unwrap()).sum::<u64>() == 4 {
                return items;
            }
            tokio::task::yield_now().await;
        }
    };
    let items = tokio::time::timeout(WAIT_MAX, items).await.expect("they are kept in time");
    let by_status = |status: u64| items.iter().find(|item| item["status"] == status).expect("it is there");
    assert_eq!(items.len(), 2, "{items:?}");
    assert_eq!((&by_status(405)["code"], &by_status(405)["message"]), (&json!("method_not_allowed"), &json!("")));
    assert_eq!(by_status(401)["values"], json!({ "why": { "code": "unknown" } }));
    assert!(!holds(&school, "BREW").await && !holds(&school, "chosen").await && !holds(&school, "CHOSEN").await);
}
