//! Lists page by page: a page that is full and the last one names no next one, and pages tell everything once.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};

use super::School;
use crate::harness::{encode, statement};

const WAIT_MAX: Duration = Duration::from_mins(1);

/// How many there are in each list.
const LENGTH: usize = 4;

/// Reads a list of `LENGTH` in pages of every size; as many as it takes, and none more.
async fn check_pages(school: &School, path: &str) {
    for limit in 1..=LENGTH + 1 {
        let (mut items, mut pages, mut cursor) = (Vec::<Value>::new(), 0, String::new());
        loop {
            let page = school.get(&format!("{path}limit={limit}{cursor}")).await;
            pages += 1;
            items.extend(page["items"].as_array().unwrap().iter().cloned());
            let Some(next) = page["next"].as_str() else { break };
            assert!(pages <= LENGTH, "{path}limit={limit} goes on and on");
            cursor = format!("&cursor={}", encode(next));
        }
        assert_eq!((items.len(), pages), (LENGTH, LENGTH.div_ceil(limit)), "{path}limit={limit}");
        let once = items.iter().enumerate().all(|(at, item)| !items[..at].contains(item));
        assert!(once, "{path}limit={limit}: {items:?}");
    }
}

#[tokio::test]
async fn full_last_page_names_no_next_one() {
    let school = School::open().await;
    for number in 0..LENGTH {
        let (mailbox, activity) = (format!("mailto:p{number}@example.org"), format!("http://example.org/a{number}"));
        school.store(&json!([statement(&json!({"actor": {"mbox": mailbox}, "object": {"id": activity}}))])).await;
        let refused = school.post(&json!([statement(&json!({"verb": number}))])).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{}", refused.text());
    }
    school.follow().await;
    let kept = async {
        while school.get("refusals").await["items"].as_array().unwrap().len() < LENGTH {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(WAIT_MAX, kept).await.expect("refusals are kept in time");
    let key = school.get("refusals?limit=1").await["items"][0]["key"].as_str().unwrap().to_owned();
    for path in ["statements?", "people?", "activities?", "refusals?", &format!("refusals?key={}&", encode(&key))] {
        check_pages(&school, path).await;
    }
}
