//! Measures what a statement costs: `cargo run --release -p xapi --example measure`.
//!
//! Prints microseconds for each statement of about 1 KB: parsing, validating and completing it in batches of 50, alone, and what
//! reading it back in another format or comparing it costs. The best of several rounds, so that other work on the machine
//! disturbs least.

use std::hint::black_box;
use std::time::Instant;

use xapi::{
    Completion, Format, Json, LanguagePreferences, StatementId, Timestamp, Version, format_statement, parse_statements,
    same_statement,
};

const STATEMENT: &str = r#"{"actor":{"objectType":"Agent","name":"Learner 4711","account":{"homePage":"https://lms.example.org","name":"learner-4711"}},"verb":{"id":"http://adlnet.gov/expapi/verbs/answered","display":{"en-US":"answered"}},"object":{"objectType":"Activity","id":"https://lms.example.org/courses/17/quizzes/3/questions/9","definition":{"name":{"en-US":"Question 9"},"description":{"en-US":"Which planet is the third from the sun?"},"type":"http://adlnet.gov/expapi/activities/cmi.interaction","interactionType":"fill-in"}},"result":{"score":{"scaled":0.75,"raw":7.5,"min":0,"max":10},"success":true,"completion":true,"response":"the earth","duration":"PT1M12.5S"},"context":{"registration":"ec531277-b57b-4c15-8d91-d292c5b2b8f7","platform":"Example LMS","language":"en-US","contextActivities":{"parent":[{"id":"https://lms.example.org/courses/17/quizzes/3"}],"grouping":[{"id":"https://lms.example.org/courses/17"}]},"extensions":{"https://lms.example.org/session":"a81bc81b-dead-4e5d-abff-90865d1e13b1"}},"timestamp":"2026-11-24T10:15:30.123Z"}"#;

/// About a millisecond: long enough for the clock, short enough to be disturbed seldom.
const STATEMENTS_PER_ROUND: u32 = 200;
const ROUNDS: usize = 200;
const BATCH: u32 = 50;

/// Microseconds of one call, the best of some rounds.
fn measure(name: &str, statements: u32, mut call: impl FnMut()) {
    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        for _ in 0..STATEMENTS_PER_ROUND / statements {
            call();
        }
        best = best.min(start.elapsed().as_secs_f64());
    }
    println!("{name:<44} {:>8.2} µs", best * 1e6 / f64::from(STATEMENTS_PER_ROUND));
}

fn main() {
    let authority =
        (r#"{"account":{"homePage":"https://lrs.example.org","name":"key"}}"#, "account:https://lrs.example.org|key");
    let id = StatementId(uuid::Uuid::from_u128(0x6690_e6c9_3ef0_4ed3_8b37_7f39_6473_0bee));
    let completion = Completion { id, timestamp: Timestamp(0), authority, version: Version::V2_0_0 };
    let complete = |body: &[u8]| {
        let (statements, _) = parse_statements(body, Version::V2_0_0).expect("the statement is valid");
        statements.into_iter().map(|statement| statement.complete(&completion)).collect::<Vec<_>>()
    };
    println!("{} bytes a statement; for each statement:", STATEMENT.len());
    let batch = format!("[{}]", vec![STATEMENT; 50].join(","));
    let stored = complete(STATEMENT.as_bytes()).remove(0).body;
    let languages = LanguagePreferences::parse("de-AT, en;q=0.5");
    measure("read JSON", 1, || _ = black_box(Json::parse(STATEMENT.as_bytes())));
    measure("parse, validate (alone)", 1, || _ = black_box(parse_statements(STATEMENT.as_bytes(), Version::V2_0_0)));
    measure("parse, validate, complete (alone)", 1, || _ = black_box(complete(STATEMENT.as_bytes())));
    measure("parse, validate, complete (batch of 50)", BATCH, || _ = black_box(complete(batch.as_bytes())));
    for format in [Format::Ids, Format::Canonical] {
        let name = format!("answer as {format:?}");
        measure(&name, 1, || _ = black_box(format_statement(&stored, format, &languages, Version::V2_0_0, &|_| None)));
    }
    measure("compare with what is stored", 1, || _ = black_box(same_statement(STATEMENT.as_bytes(), &stored)));
}
