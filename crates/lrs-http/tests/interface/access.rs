//! Who may do what (Communication 4): every scope with every operation, keys that end, and too many requests.

use http::StatusCode;
use lrs_http::Settings;
use lrs_store::{Clock, KeyId, Scope};
use serde_json::{Value, json};
use xapi::Timestamp;

use crate::harness::{Credentials, TestServer, encode, statement};

const STATEMENT: &str = "/xapi/statements";
const STATE: &str = "/xapi/activities/state?activityId=http://example.org/quiz&stateId=s&agent=";
const ACTIVITY_PROFILE: &str = "/xapi/activities/profile?activityId=http://example.org/quiz&profileId=p";
const AGENT_PROFILE: &str = "/xapi/agents/profile?profileId=p&agent=";
const AGENTS: &str = "/xapi/agents?agent=";
const ACTIVITIES: &str = "/xapi/activities?activityId=http://example.org/quiz";

fn agent() -> String {
    encode(r#"{"mbox":"mailto:ana@example.org"}"#)
}

/// Which of the scopes, in the order of [`Scope::NAMES`], permit a request: `x` yes, `-` no.
#[tokio::test]
async fn each_scope_permits_its_operations_and_no_other() {
    let server = TestServer::start(Settings::default()).await;
    server.create_lrs("scopes", &[Scope::All]).await;
    let mut keys = Vec::new();
    for (scope, _) in Scope::NAMES {
        keys.push(server.create_key("scopes", &[scope]).await);
    }
    let (state, profile) = (format!("{STATE}{}", agent()), format!("{AGENT_PROFILE}{}", agent()));
    let agents = format!("{AGENTS}{}", agent());
    let check = async |method: &str, path: &str, body: Value, permitted: &str| {
        for ((credentials, mark), (_, name)) in keys.iter().zip(permitted.chars()).zip(Scope::NAMES) {
            let answer = server.send_json(credentials, "1.0.3", (method, path), &body).await;
            let is_forbidden = answer.status == StatusCode::FORBIDDEN;
            assert_eq!(is_forbidden, mark == '-', "{name}: {method} {path}: {} {}", answer.status, answer.text());
            assert!(is_forbidden || answer.status.as_u16() < 500, "{name}: {method} {path}: {}", answer.text());
            assert!(!is_forbidden || method == "HEAD" || answer.code() == "missing_scope", "{}", answer.text());
        }
        assert_eq!(permitted.len(), Scope::NAMES.len());
    };
    //                                         write, read/mine, read, state, define, profile, all/read, all
    check("POST", STATEMENT, statement(&Value::Null), "x------x").await;
    check("PUT", STATEMENT, statement(&Value::Null), "x------x").await;
    check("GET", STATEMENT, Value::Null, "-xx---xx").await;
    check("HEAD", STATEMENT, Value::Null, "-xx---xx").await;
    check("GET", &state, Value::Null, "---x--xx").await;
    check("PUT", &state, json!({}), "---x---x").await;
    check("POST", &state, json!({}), "---x---x").await;
    check("DELETE", &state, Value::Null, "---x---x").await;
    for path in [ACTIVITY_PROFILE, &profile] {
        check("GET", path, Value::Null, "-----xxx").await;
        check("PUT", path, json!({}), "-----x-x").await;
        check("POST", path, json!({}), "-----x-x").await;
        check("DELETE", path, Value::Null, "-----x-x").await;
    }
    check("GET", &agents, Value::Null, "--x--xxx").await;
    check("GET", ACTIVITIES, Value::Null, "--x--xxx").await;
    check("GET", "/xapi/about", Value::Null, "xxxxxxxx").await;
}

#[tokio::test]
async fn a_refusal_names_the_scope_that_would_help() {
    let server = TestServer::start(Settings::default()).await;
    let credentials = server.create_lrs("one", &[Scope::State]).await;
    let answer = server.send_json(&credentials, "2.0.0", ("POST", STATEMENT), &statement(&Value::Null)).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(answer.text().contains("statements/write, all"), "{}", answer.text());
}

#[tokio::test]
async fn mine_is_what_this_key_wrote() {
    let server = TestServer::start(Settings::default()).await;
    let all = server.create_lrs("mine", &[Scope::All]).await;
    let mine = server.create_key("mine", &[Scope::StatementsWrite, Scope::StatementsReadMine]).await;
    let post = async |credentials: &Credentials| {
        let answer = server.send_json(credentials, "1.0.3", ("POST", STATEMENT), &statement(&Value::Null)).await;
        answer.json()[0].as_str().unwrap().to_owned()
    };
    let (others, own) = (post(&all).await, post(&mine).await);
    let list = async |credentials: &Credentials| {
        let answer = server.send_json(credentials, "1.0.3", ("GET", STATEMENT), &Value::Null).await;
        let statements = answer.json()["statements"].as_array().unwrap().clone();
        statements.iter().map(|statement| statement["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(list(&all).await, [own.clone(), others.clone()]);
    assert_eq!(list(&mine).await, [own.as_str()]);
    for (id, status) in [(&own, StatusCode::OK), (&others, StatusCode::NOT_FOUND)] {
        let path = format!("{STATEMENT}?statementId={id}");
        assert_eq!(server.send_json(&mine, "1.0.3", ("GET", &path), &Value::Null).await.status, status);
        assert_eq!(server.send_json(&all, "1.0.3", ("GET", &path), &Value::Null).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn each_key_has_its_own_authority() {
    let server = TestServer::start(Settings::default()).await;
    let all = server.create_lrs("authority", &[Scope::All]).await;
    let forged = json!({ "authority": { "mbox": "mailto:forged@example.org" } });
    let id = server.send_json(&all, "1.0.3", ("POST", STATEMENT), &statement(&forged)).await.json()[0].clone();
    let path = format!("{STATEMENT}?statementId={}", id.as_str().unwrap());
    let stored = server.send_json(&all, "1.0.3", ("GET", &path), &Value::Null).await.json();
    assert_eq!(stored["authority"]["account"]["name"], json!(all.key));
    assert_eq!(stored["authority"]["mbox"], Value::Null);
}

#[tokio::test]
async fn without_define_names_and_definitions_are_not_passed_on() {
    let server = TestServer::start(Settings::default()).await;
    let all = server.create_lrs("define", &[Scope::All]).await;
    let told = json!({
        "actor": { "mbox": "mailto:ana@example.org", "name": "Ana" },
        "object": { "id": "http://example.org/quiz", "definition": { "name": { "en": "Quiz" } } },
    });
    for (scopes, defines) in
        [(vec![Scope::StatementsWrite], false), (vec![Scope::StatementsWrite, Scope::Define], true)]
    {
        let credentials = server.create_key("define", &scopes).await;
        server.send_json(&credentials, "2.0.0", ("POST", STATEMENT), &statement(&told)).await;
        let activity = server.send_json(&all, "2.0.0", ("GET", ACTIVITIES), &Value::Null).await.json();
        assert_eq!(activity["definition"]["name"]["en"] == "Quiz", defines, "{activity}");
        let path = format!("{AGENTS}{}", agent());
        let person = server.send_json(&all, "2.0.0", ("GET", &path), &Value::Null).await.json();
        assert_eq!(person["name"] == json!(["Ana"]), defines, "{person}");
    }
}

#[tokio::test]
async fn keys_end_when_they_expire_or_are_revoked() {
    let server = TestServer::start(Settings::default()).await;
    server.create_lrs("ends", &[Scope::All]).await;
    let expires = Timestamp(server.clock.now().0 + 60_000_000);
    let expiring = server.create_limited_key("ends", &[Scope::All], Some(expires), None).await;
    let revoked = server.create_key("ends", &[Scope::All]).await;
    let status = async |credentials: &Credentials| {
        server.send_json(credentials, "2.0.0", ("GET", STATEMENT), &Value::Null).await.status
    };
    assert_eq!(status(&expiring).await, StatusCode::OK);
    assert_eq!(status(&revoked).await, StatusCode::OK);
    server.clock.advance_seconds(61);
    server.registry.revoke_key(&KeyId(revoked.key.clone())).await.unwrap();
    assert_eq!(status(&expiring).await, StatusCode::UNAUTHORIZED);
    assert_eq!(status(&revoked).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn wrong_credentials_are_challenged_then_slowed_down() {
    let server = TestServer::start(Settings { failed_authentications_per_minute_max: 3, ..Settings::default() }).await;
    let good = server.create_lrs("wrong", &[Scope::All]).await;
    let bad = |authorization: &str| Credentials { authorization: authorization.to_owned(), ..good.clone() };
    let get = async |credentials: &Credentials| {
        server.send_json(credentials, "2.0.0", ("GET", STATEMENT), &Value::Null).await
    };
    for wrong in ["Basic bm9ib2R5Om5vdGhpbmc=", "Basic !", "Bearer token"] {
        let answer = get(&bad(wrong)).await;
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::UNAUTHORIZED, "wrong_credentials"), "{wrong}");
        assert!(answer.header("www-authenticate").starts_with("Basic "), "{wrong}");
    }
    let slowed = get(&bad("Basic bm9ib2R5Om5vdGhpbmc=")).await;
    assert_eq!((slowed.status, slowed.code().as_str()), (StatusCode::TOO_MANY_REQUESTS, "too_many_failures"));
    assert_eq!(slowed.header("retry-after"), "20");
    assert_eq!(get(&good).await.status, StatusCode::OK, "right credentials from the same address go on");
    server.clock.advance_seconds(20);
    assert_eq!(get(&bad("Basic !")).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_key_sends_as_often_as_it_may() {
    let server = TestServer::start(Settings::default()).await;
    server.create_lrs("rate", &[Scope::All]).await;
    let limited = server.create_limited_key("rate", &[Scope::All], None, Some(2)).await;
    let get = async || server.send_json(&limited, "1.0.3", ("GET", STATEMENT), &Value::Null).await;
    assert_eq!(get().await.status, StatusCode::OK);
    assert_eq!(get().await.status, StatusCode::OK);
    let slowed = get().await;
    assert_eq!((slowed.status, slowed.code().as_str()), (StatusCode::TOO_MANY_REQUESTS, "too_many_requests"));
    assert_eq!(slowed.header("retry-after"), "1");
    server.clock.advance_seconds(1);
    assert_eq!(get().await.status, StatusCode::OK);
}

#[tokio::test]
async fn lrss_do_not_see_each_other_and_a_more_url_stays_in_its_own() {
    let server = TestServer::start(Settings::default()).await;
    let one = server.create_lrs("one", &[Scope::All]).await;
    let other = server.create_lrs("other", &[Scope::All]).await;
    let batch = json!([statement(&Value::Null), statement(&Value::Null)]);
    server.send_json(&one, "2.0.0", ("POST", STATEMENT), &batch).await;
    let seen = server.send_json(&other, "2.0.0", ("GET", STATEMENT), &Value::Null).await.json();
    assert_eq!(seen["statements"], json!([]));
    let page = server.send_json(&one, "2.0.0", ("GET", &format!("{STATEMENT}?limit=1")), &Value::Null).await.json();
    let more = page["more"].as_str().unwrap();
    assert_eq!(server.send_json(&one, "2.0.0", ("GET", more), &Value::Null).await.status, StatusCode::OK);
    assert_eq!(server.send_json(&other, "2.0.0", ("GET", more), &Value::Null).await.status, StatusCode::BAD_REQUEST);
    // Whatever a cursor is changed into, the answer is a page or a 400.
    for place in more.find('?').unwrap() + 1..more.len() {
        let mut changed = more.to_owned();
        changed.replace_range(place..=place, if &more[place..=place] == "A" { "B" } else { "A" });
        let status = server.send_json(&one, "2.0.0", ("GET", &changed), &Value::Null).await.status.as_u16();
        assert!([200, 400, 404].contains(&status), "{changed}: {status}");
    }
}
