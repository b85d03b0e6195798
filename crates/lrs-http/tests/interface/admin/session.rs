//! First run, signing in and out, and the tricks by which a browser is made to act for somebody else.

use http::StatusCode;
use lrs_core::{Actor, SystemIds, offer_password_reset};
use lrs_store::{Clock as _, Email};
use serde_json::{Value, json};

use super::{
    Badge, OWNER, PASSWORD, badge_of, call, call_with, expect, first_account, offer, sign_in, start, token_of,
};
use crate::harness::TestServer;

const SESSION: (&str, &str) = ("GET", "/api/v1/session");

#[tokio::test]
async fn first_account_is_made_once_with_the_newest_link() {
    let server = TestServer::start(lrs_http::Settings::default()).await;
    let nobody = Badge::default();
    let setup = ("POST", "/api/v1/setup");
    assert_eq!(call(&server, &nobody, ("GET", "/api/v1/setup"), &Value::Null).await.json()["needed"], true);
    let lost = offer(&server).await.unwrap();
    let link = offer(&server).await.unwrap();
    for (case, token) in [("a lost link", lost.as_str()), ("a guess", "guess"), ("none", "")] {
        expect(&call(&server, &nobody, setup, &first_account(token)).await, StatusCode::GONE, case);
    }
    for (member, value) in [("password", "short"), ("password", "olga@example.org"), ("email", "nobody"), ("name", " ")]
    {
        let mut body = first_account(&link);
        body[member] = value.into();
        expect(&call(&server, &nobody, setup, &body).await, StatusCode::BAD_REQUEST, value);
    }
    let answer = call(&server, &nobody, setup, &first_account(&link)).await;
    let owner = badge_of(&answer);
    assert_eq!(answer.json()["account"]["is_owner"], true);
    expect(&call(&server, &owner, SESSION, &Value::Null).await, StatusCode::OK, "the owner");
    expect(&call(&server, &nobody, setup, &first_account(&link)).await, StatusCode::GONE, "the link again");
    assert_eq!(call(&server, &nobody, ("GET", "/api/v1/setup"), &Value::Null).await.json()["needed"], false);
    assert_eq!(offer(&server).await, None, "there is an account");
}

#[tokio::test]
async fn cookie_is_out_of_reach_for_scripts_and_other_sites() {
    let secure = lrs_http::Settings { secure_cookies: true, ..lrs_http::Settings::default() };
    for (settings, is_secure) in [(lrs_http::Settings::default(), false), (secure, true)] {
        let server = TestServer::start(settings).await;
        let link = offer(&server).await.unwrap();
        let answer = call(&server, &Badge::default(), ("POST", "/api/v1/setup"), &first_account(&link)).await;
        let cookie = answer.header("set-cookie");
        for part in ["lyceum_session=", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age="] {
            assert!(cookie.contains(part), "{part} in {cookie}");
        }
        assert_eq!(cookie.contains("Secure"), is_secure, "{cookie}");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
}

#[tokio::test]
async fn wrong_password_and_unknown_address_look_the_same() {
    let (server, _) = start().await;
    let error = |mut json: Value| {
        json["error"]["request_id"] = Value::Null;
        json
    };
    let wrong = sign_in(&server, OWNER, "wrong horse battery").await;
    let unknown = sign_in(&server, "nobody@example.org", "wrong horse battery").await;
    expect(&wrong, StatusCode::UNAUTHORIZED, "a wrong password");
    assert_eq!((wrong.status, error(wrong.json())), (unknown.status, error(unknown.json())));
    let upper = sign_in(&server, " Olga@Example.ORG ", PASSWORD).await;
    expect(&upper, StatusCode::OK, "addresses have no case");
}

#[tokio::test]
async fn failed_sign_ins_are_limited_by_account_known_or_not() {
    let (server, _) = start().await;
    for email in ["nobody@example.org", OWNER] {
        // The address has failures of its own.
        server.clock.advance_seconds(60);
        let mut statuses = Vec::new();
        for _ in 0..11 {
            statuses.push(sign_in(&server, email, "wrong horse battery").await.status.as_u16());
        }
        assert_eq!(statuses, [[401; 10].as_slice(), &[429]].concat(), "{email}");
    }
    let blocked = sign_in(&server, OWNER, PASSWORD).await;
    expect(&blocked, StatusCode::TOO_MANY_REQUESTS, "the right password, after guesses");
    let wait: i64 = blocked.header("retry-after").parse().unwrap();
    server.clock.advance_seconds(wait);
    expect(&sign_in(&server, OWNER, PASSWORD).await, StatusCode::OK, "after the wait");
}

#[tokio::test]
async fn failed_sign_ins_are_limited_by_address() {
    let (server, _) = start().await;
    for number in 0..20 {
        let email = format!("guess{number}@example.org");
        expect(&sign_in(&server, &email, "wrong").await, StatusCode::UNAUTHORIZED, &email);
    }
    expect(&sign_in(&server, OWNER, "wrong").await, StatusCode::TOO_MANY_REQUESTS, "the 21st");
}

#[tokio::test]
async fn session_planted_before_signing_in_is_worth_nothing() {
    let (server, owner) = start().await;
    let planted = Badge { cookie: "lyceum_session=planted".to_owned(), ..Badge::default() };
    let body = json!({"email": OWNER, "password": PASSWORD});
    let answer = call(&server, &planted, ("POST", "/api/v1/session"), &body).await;
    let signed_in = badge_of(&answer);
    assert_ne!(signed_in.cookie, planted.cookie);
    expect(&call(&server, &planted, SESSION, &Value::Null).await, StatusCode::UNAUTHORIZED, "the planted session");
    // Whoever signs in again leaves no session behind that somebody may have seen.
    let known = Badge { cookie: owner.cookie.clone(), ..Badge::default() };
    badge_of(&call(&server, &known, ("POST", "/api/v1/session"), &body).await);
    expect(&call(&server, &owner, SESSION, &Value::Null).await, StatusCode::UNAUTHORIZED, "the session before");
}

#[tokio::test]
async fn session_ends_when_idle_and_when_its_time_is_over() {
    let (server, owner) = start().await;
    for hours in [7, 7, 7] {
        server.clock.advance_seconds(hours * 3_600);
        expect(&call(&server, &owner, SESSION, &Value::Null).await, StatusCode::OK, "in use");
    }
    server.clock.advance_seconds(8 * 3_600);
    expect(&call(&server, &owner, SESSION, &Value::Null).await, StatusCode::UNAUTHORIZED, "idle");
    let owner = badge_of(&sign_in(&server, OWNER, PASSWORD).await);
    for _ in 0..23 {
        server.clock.advance_seconds(7 * 3_600);
        expect(&call(&server, &owner, SESSION, &Value::Null).await, StatusCode::OK, "in use, day by day");
    }
    server.clock.advance_seconds(7 * 3_600);
    expect(&call(&server, &owner, SESSION, &Value::Null).await, StatusCode::UNAUTHORIZED, "a week is over");
}

#[tokio::test]
async fn signing_out_ends_one_session_or_all() {
    let (server, first) = start().await;
    let [second, third] = [sign_in(&server, OWNER, PASSWORD).await, sign_in(&server, OWNER, PASSWORD).await]
        .map(|answer| badge_of(&answer));
    let gone = call(&server, &second, ("DELETE", "/api/v1/session"), &Value::Null).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    assert!(gone.header("set-cookie").contains("Max-Age=0"));
    for (badge, status) in [(&first, 200), (&second, 401), (&third, 200)] {
        assert_eq!(call(&server, badge, SESSION, &Value::Null).await.status.as_u16(), status);
    }
    call(&server, &third, ("DELETE", "/api/v1/sessions"), &Value::Null).await;
    for badge in [&first, &second, &third] {
        expect(&call(&server, badge, SESSION, &Value::Null).await, StatusCode::UNAUTHORIZED, "everywhere");
    }
}

#[tokio::test]
async fn new_password_ends_every_other_session() {
    let (server, first) = start().await;
    let second = badge_of(&sign_in(&server, OWNER, PASSWORD).await);
    let path = ("POST", "/api/v1/account/password");
    let wrong = call(&server, &first, path, &json!({"old": "wrong", "new": "another long password"})).await;
    expect(&wrong, StatusCode::BAD_REQUEST, "the old password is wrong");
    let weak = call(&server, &first, path, &json!({"old": PASSWORD, "new": "aaaaaaaaaaaa"})).await;
    expect(&weak, StatusCode::BAD_REQUEST, "a weak one");
    let body = json!({"old": PASSWORD, "new": "another long password"});
    let renewed = badge_of(&call(&server, &first, path, &body).await);
    for (badge, status) in [(&first, 401), (&second, 401), (&renewed, 200)] {
        assert_eq!(call(&server, badge, SESSION, &Value::Null).await.status.as_u16(), status);
    }
    expect(&sign_in(&server, OWNER, PASSWORD).await, StatusCode::UNAUTHORIZED, "the old one");
    expect(&sign_in(&server, OWNER, "another long password").await, StatusCode::OK, "the new one");
}

#[tokio::test]
async fn lost_password_is_replaced_once_with_the_newest_link() {
    let (server, owner) = start().await;
    let email = Email::parse(OWNER).unwrap();
    let offer = async || {
        let now = server.clock.now();
        let actor = Actor::command_line("test");
        let secret = offer_password_reset(&*server.registry, &SystemIds, now, &actor, &email).await.unwrap();
        secret.expose().to_owned()
    };
    let reset = async |token: &str, password: &str| {
        let path = ("POST", "/api/v1/account/password/reset");
        call(&server, &Badge::default(), path, &json!({"token": token, "password": password})).await
    };
    let lost = offer().await;
    expect(&call(&server, &owner, SESSION, &Value::Null).await, StatusCode::UNAUTHORIZED, "sessions end at once");
    let link = offer().await;
    for (case, token) in [("the link before", lost.as_str()), ("a guess", "guess"), ("none", "")] {
        expect(&reset(token, "another long password").await, StatusCode::GONE, case);
    }
    for cookie in [link.clone(), format!("password reset%00{link}")] {
        let badge = Badge { cookie: format!("lyceum_session={cookie}"), ..Badge::default() };
        expect(&call(&server, &badge, SESSION, &Value::Null).await, StatusCode::UNAUTHORIZED, "a link is no session");
    }
    expect(&reset(&link, "short").await, StatusCode::BAD_REQUEST, "a weak one, and the link stays good");
    let meanwhile = badge_of(&sign_in(&server, OWNER, PASSWORD).await);
    let renewed = badge_of(&reset(&link, "another long password").await);
    expect(&reset(&link, "another long password").await, StatusCode::GONE, "it works once");
    for (badge, status) in [(&owner, 401), (&meanwhile, 401), (&renewed, 200)] {
        assert_eq!(call(&server, badge, SESSION, &Value::Null).await.status.as_u16(), status);
    }
    expect(&sign_in(&server, OWNER, PASSWORD).await, StatusCode::UNAUTHORIZED, "the old one");
    let late = offer().await;
    server.clock.advance_seconds(3_601);
    expect(&reset(&late, "yet another password").await, StatusCode::GONE, "an hour later");
    let renewed = badge_of(&sign_in(&server, OWNER, "another long password").await);
    let log = call(&server, &renewed, ("GET", "/api/v1/audit?action=account"), &Value::Null).await.json();
    let acts: Vec<_> = log["items"].as_array().unwrap().iter().map(|it| it["action"].as_str().unwrap()).collect();
    let expected =
        ["account.reset_offer", "account.reset", "account.reset_offer", "account.reset_offer", "account.first"];
    assert_eq!(acts, expected, "{log}");
}

#[tokio::test]
async fn request_of_another_site_changes_nothing() {
    let (server, owner) = start().await;
    let create = ("POST", "/api/v1/lrss");
    let body = json!({"name": "forged"});
    let cookie_only = Badge { csrf_token: String::new(), ..owner.clone() };
    let guess = Badge { csrf_token: "guess".to_owned(), ..owner.clone() };
    let other_session = badge_of(&sign_in(&server, OWNER, PASSWORD).await);
    let swapped = Badge { csrf_token: other_session.csrf_token.clone(), ..owner.clone() };
    for (case, badge) in [("no token", &cookie_only), ("a guess", &guess), ("another session's token", &swapped)] {
        let answer = call(&server, badge, create, &body).await;
        expect(&answer, StatusCode::FORBIDDEN, case);
        assert_eq!(answer.code(), "missing_csrf_token", "{case}");
    }
    for site in ["cross-site", "same-site"] {
        let headers = [("sec-fetch-site", site)];
        let answer = call_with(&server, &owner, create, &body, &headers).await;
        expect(&answer, StatusCode::FORBIDDEN, site);
        let sign_in = json!({"email": OWNER, "password": PASSWORD});
        let answer = call_with(&server, &Badge::default(), ("POST", "/api/v1/session"), &sign_in, &headers).await;
        expect(&answer, StatusCode::FORBIDDEN, "signing somebody in from another site");
        // Any word that looks like a token must not open the door that it does not lead to.
        let headers = [("sec-fetch-site", site), ("authorization", "Bearer anything")];
        for path in ["/api/v1/session", "/api/v1/setup", "/api/v1/invitations/accept", "/api/v1/account/password/reset"]
        {
            let answer = call_with(&server, &Badge::default(), ("POST", path), &sign_in, &headers).await;
            expect(&answer, StatusCode::FORBIDDEN, path);
            assert_eq!(answer.code(), "cross_site_request", "{path}");
        }
    }
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
        let headers = [("content-type", content_type)];
        let answer = call_with(&server, &owner, create, &body, &headers).await;
        expect(&answer, StatusCode::UNSUPPORTED_MEDIA_TYPE, content_type);
    }
    let lrss = call(&server, &owner, ("GET", "/api/v1/lrss"), &Value::Null).await.json();
    assert_eq!(lrss["items"].as_array().map(Vec::len), Some(2), "{lrss}");
    let headers = [("sec-fetch-site", "same-origin")];
    expect(&call_with(&server, &owner, create, &body, &headers).await, StatusCode::OK, "the app itself");
}

#[tokio::test]
async fn token_needs_no_csrf_token_and_makes_no_tokens() {
    let (server, owner) = start().await;
    let script = token_of(&server, &owner).await;
    expect(
        &call(&server, &script, ("POST", "/api/v1/lrss"), &json!({"name": "scripted"})).await,
        StatusCode::OK,
        "a script",
    );
    for (method, path) in
        [("POST", "/api/v1/tokens"), ("POST", "/api/v1/account/password"), ("DELETE", "/api/v1/sessions")]
    {
        let answer = call(&server, &script, (method, path), &json!({"name": "more", "old": "", "new": ""})).await;
        expect(&answer, StatusCode::FORBIDDEN, path);
    }
    let wrong = Badge { bearer: format!("{}x", script.bearer), ..Badge::default() };
    expect(&call(&server, &wrong, SESSION, &Value::Null).await, StatusCode::UNAUTHORIZED, "a wrong token");
    let both = Badge { bearer: wrong.bearer, ..owner };
    expect(&call(&server, &both, SESSION, &Value::Null).await, StatusCode::UNAUTHORIZED, "a cookie does not help it");
}

#[tokio::test]
async fn token_ends_when_it_expires_or_is_deleted() {
    let (server, owner) = start().await;
    let tokens = "/api/v1/tokens";
    let past = json!({"name": "late", "expires": "2020-01-01T00:00:00Z"});
    expect(&call(&server, &owner, ("POST", tokens), &past).await, StatusCode::BAD_REQUEST, "in the past");
    let made =
        call(&server, &owner, ("POST", tokens), &json!({"name": "brief", "expires": "2026-11-24T14:00:00Z"})).await;
    let bearer = format!("Bearer {}", expect(&made, StatusCode::OK, "brief")["secret"].as_str().unwrap());
    let brief = Badge { bearer, ..Badge::default() };
    let lasting = token_of(&server, &owner).await;
    expect(&call(&server, &brief, SESSION, &Value::Null).await, StatusCode::OK, "in time");
    server.clock.advance_seconds(2 * 3_600);
    expect(&call(&server, &brief, SESSION, &Value::Null).await, StatusCode::UNAUTHORIZED, "expired");
    let list = call(&server, &owner, ("GET", tokens), &Value::Null).await;
    assert!(!list.text().contains("lyp_") && !list.text().contains("secret"), "{}", list.text());
    let id = list.json()["items"][1]["id"].as_str().unwrap().to_owned();
    let path = format!("{tokens}/{id}");
    assert_eq!(call(&server, &owner, ("DELETE", &path), &Value::Null).await.status, StatusCode::NO_CONTENT);
    expect(&call(&server, &lasting, SESSION, &Value::Null).await, StatusCode::UNAUTHORIZED, "deleted");
}
