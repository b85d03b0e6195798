//! The live stream goes on where it was cut off: nothing that was stored meanwhile is missing, doubled, or in another order.

use std::time::Duration;

use axum::body::Body;
use http::{HeaderValue, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use super::School;
use crate::harness::statement;

const WAIT_MAX: Duration = Duration::from_mins(1);

/// An open stream and what came on it.
struct Stream {
    body: Body,
    text: String,
}

impl Stream {
    /// Opens a stream; a client that was cut off says how far it was.
    async fn open(school: &School, query: &str, last_event_id: Option<&str>) -> Self {
        let mut request = school.request("GET", &format!("live?{query}"), &Value::Null);
        if let Some(id) = last_event_id {
            request.headers_mut().insert("last-event-id", HeaderValue::try_from(id).unwrap());
        }
        let response = school.server.open(request).await;
        assert_eq!(response.status(), StatusCode::OK, "{query}");
        Self { body: response.into_body(), text: String::new() }
    }

    /// Reads until a statement comes; the ids of events, which are places in the log, and of statements.
    async fn read_until(&mut self, id: &str) -> Vec<(String, String)> {
        let last = format!("\"id\":\"{id}\"");
        while !(self.text.contains(&last) && self.text.ends_with("\n\n")) {
            let frame = tokio::time::timeout(WAIT_MAX, self.body.frame()).await.expect("it comes in time");
            let frame = frame.expect("the stream goes on").unwrap();
            self.text.push_str(&String::from_utf8_lossy(&frame.into_data().unwrap()));
        }
        let field = |event: &str, name: &str| {
            event.lines().find_map(|line| line.strip_prefix(name)).map(|value| value.trim().to_owned())
        };
        let events = self.text.split("\n\n").filter_map(|event| Some((field(event, "id:")?, field(event, "data:")?)));
        let id_of = |data: String| serde_json::from_str::<Value>(&data).unwrap()["id"].as_str().unwrap().to_owned();
        events.map(|(place, data)| (place, id_of(data))).collect()
    }
}

fn of(number: u32) -> Value {
    let word = if number.is_multiple_of(3) { "wanted" } else { "other" };
    statement(&json!({"id": id(number), "result": {"response": word}}))
}

fn id(number: u32) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

#[tokio::test]
async fn cut_off_streams_go_on_exactly_where_they_were() {
    // A filter, and of how many statements it wants one.
    for (filter, every) in [("", 1), ("&text=wanted", 3)] {
        let wants = |n: u32| n.is_multiple_of(every);
        let school = School::open().await;
        let mut seen: Vec<String> = Vec::new();
        let mut place: Option<String> = None;
        let mut stored = 0;
        // Many more arrive while the client is away than are read at once; sometimes none.
        for (away, while_open) in [(0, 3), (6, 3), (303, 3), (0, 0), (3, 3), (0, 3)] {
            for batch in (stored..stored + away).collect::<Vec<_>>().chunks(50) {
                school.store(&batch.iter().map(|n| of(*n)).collect()).await;
            }
            stored += away;
            let query =
                if place.is_none() { format!("after=0{filter}") } else { filter.trim_start_matches('&').to_owned() };
            let mut stream = Stream::open(&school, &query, place.as_deref()).await;
            for _ in 0..while_open {
                school.store(&json!([of(stored)])).await;
                stored += 1;
            }
            let expected: Vec<String> = (0..stored).filter(|n| wants(*n)).skip(seen.len()).map(id).collect();
            let Some(last) = expected.last() else { continue };
            let events = stream.read_until(last).await;
            place = events.last().map(|(place, _)| place.clone());
            let came: Vec<String> = events.into_iter().map(|(_, id)| id).collect();
            assert_eq!(came, expected, "{filter}, {away} while away");
            seen.extend(came);
        }
        assert_eq!(seen.len(), (0..stored).filter(|n| wants(*n)).count());
    }
}

#[tokio::test]
async fn place_of_the_last_event_wins_and_must_be_one() {
    let school = School::open().await;
    school.store(&(0..9).map(of).collect()).await;
    for (query, last_event_id, expected) in
        [("after=0", "4", 4), ("after=8", "2", 2), ("", "7", 7), ("after=x", "6", 6)]
    {
        let mut stream = Stream::open(&school, query, Some(last_event_id)).await;
        let events = stream.read_until(&id(8)).await;
        let numbers: Vec<String> = events.into_iter().map(|(_, id)| id).collect();
        assert_eq!(numbers, (expected..9).map(id).collect::<Vec<_>>(), "{query}, {last_event_id}");
    }
    for last_event_id in ["x", "-1", "4 "] {
        let mut request = school.request("GET", "live", &Value::Null);
        request.headers_mut().insert("last-event-id", HeaderValue::from_str(last_event_id).unwrap());
        let status = school.server.open(request).await.status();
        assert_eq!(status, StatusCode::BAD_REQUEST, "{last_event_id:?}");
    }
    // Without a place, what comes from now on.
    let mut stream = Stream::open(&school, "", None).await;
    school.store(&json!([of(20)])).await;
    assert_eq!(stream.read_until(&id(20)).await.len(), 1);
}
