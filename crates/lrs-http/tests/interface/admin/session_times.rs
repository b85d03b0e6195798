//! How long people stay signed in follows the settings of now, for sessions too that began under others.

use lrs_core::SessionLimits;
use lrs_http::Settings;
use serde_json::Value;

use super::{Badge, call, start};
use crate::harness::TestServer;

const MINUTE: i64 = 60;
const HOUR: u32 = 3_600;
const DAY: u32 = 24 * HOUR;

/// One look at a session: minutes after the one before, and the status of the answer.
type Look = (i64, u16);

/// Seconds: idle, and in all.
type Limits = (u32, u32);

fn settings((idle_s, total_s): Limits) -> Settings {
    Settings { sessions: SessionLimits { idle_s, total_s }, ..Settings::default() }
}

async fn look(server: &TestServer, badge: &Badge, (minutes, expected): Look, case: &str) -> Value {
    server.clock.advance_seconds(minutes * MINUTE);
    let answer = call(server, badge, ("GET", "/api/v1/session"), &Value::Null).await;
    assert_eq!(answer.status.as_u16(), expected, "{case}, {minutes} minutes later: {}", answer.text());
    answer.json()
}

#[tokio::test]
async fn changed_session_times_hold_for_open_sessions() {
    // A session that began with the first limits (idle, total) and was used after an hour; then the limits change.
    #[rustfmt::skip]
    let cases: [(&str, Limits, Limits, &[Look]); 8] = [
        ("the same", (8 * HOUR, 7 * DAY), (8 * HOUR, 7 * DAY), &[(479, 200), (480, 401)]),
        ("idle shorter, not idle for so long", (8 * HOUR, 7 * DAY), (HOUR, 7 * DAY), &[(59, 200), (59, 200), (60, 401)]),
        ("idle shorter, and idle for longer", (8 * HOUR, 7 * DAY), (HOUR, 7 * DAY), &[(61, 401)]),
        ("idle longer", (2 * HOUR, 7 * DAY), (24 * HOUR, 7 * DAY), &[(20 * 60, 200), (24 * 60, 401)]),
        ("total shorter, still in it", (8 * HOUR, 7 * DAY), (8 * HOUR, 3 * HOUR), &[(119, 200), (1, 401)]),
        ("total shorter, and over", (8 * HOUR, 7 * DAY), (8 * HOUR, HOUR), &[(0, 401)]),
        ("total longer", (8 * HOUR, 2 * HOUR), (8 * HOUR, 4 * HOUR), &[(90, 200), (89, 200), (1, 401)]),
        ("both shorter", (8 * HOUR, 7 * DAY), (600, 2 * HOUR), &[(9, 200), (9, 200), (10, 401)]),
    ];
    for (case, before, after, looks) in cases {
        let (mut server, owner) = start().await;
        server.restart(settings(before));
        look(&server, &owner, (60, 200), case).await;
        server.restart(settings(after));
        for step in looks {
            look(&server, &owner, *step, case).await;
        }
    }
}

#[tokio::test]
async fn longer_sessions_outlive_the_forgetting_of_those_that_ended() {
    let (mut server, owner) = start().await;
    server.restart(settings((8 * HOUR, 2 * HOUR)));
    look(&server, &owner, (60, 200), "before").await;
    server.restart(settings((8 * HOUR, 4 * HOUR)));
    let told = look(&server, &owner, (1, 200), "after").await;
    assert!(told["expires"].as_str().unwrap().starts_with("2026-11-24T16:00"), "{told}");
    // Whoever signs in takes the sessions along that are over.
    server.clock.advance_seconds(100 * MINUTE);
    assert_eq!(super::sign_in(&server, super::OWNER, super::PASSWORD).await.status, 200);
    look(&server, &owner, (0, 200), "somebody else has signed in").await;
    let cookie = call(&server, &owner, ("GET", "/api/v1/session"), &Value::Null).await.header("set-cookie").to_owned();
    let (_, age) = cookie.split_once("Max-Age=").expect("the browser is told");
    let age: u32 = age.split(';').next().unwrap().parse().unwrap();
    assert!((70 * 60..80 * 60).contains(&age), "{cookie}");
}
