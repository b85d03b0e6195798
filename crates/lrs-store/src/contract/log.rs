//! The log itself and what follows from it: reading on, consistency, definitions, names, figures, closing.

use serde_json::{Value, json};

use super::shared::{check_unavailable, numbers, query, record, record_new, walk};
use super::{Draft, Factory, activity_id, agent_key, statement_id};
use crate::{
    Advice, AnswerSize, Batch, DocumentFilter, DocumentKey, DocumentOwner, DocumentWrite, Finding, Order, Precondition,
    Query, Seen, Seq, Store, Subject,
};

async fn read(store: &dyn Store, after: u64, limit: usize) -> Vec<u64> {
    numbers(&store.read_log(Seq(after), limit).await.expect("reading the log works"))
}

/// A follower reads everything in order, voided statements included, from any position.
pub async fn read_in_order(factory: &dyn Factory) {
    let store = factory.fresh().await;
    assert!(read(&*store, 0, 10).await.is_empty());
    record_new(&*store, &[Draft::new(30), Draft::new(20), Draft::new(10)]).await;
    record_new(&*store, &[Draft::new(25).voids(20)]).await;
    let store = factory.reopen(store).await;
    record_new(&*store, &[Draft::new(1)]).await;
    let cases: [(u64, usize, &[u64]); 6] = [
        (0, 100, &[30, 20, 10, 25, 1]),
        (0, 2, &[30, 20]),
        (2, 2, &[10, 25]),
        (4, 2, &[1]),
        (5, 2, &[]),
        (1_000, 2, &[]),
    ];
    for (after, limit, expected) in cases {
        assert_eq!(read(&*store, after, limit).await, expected, "{limit} behind {after}");
    }
    let entries = store.read_log(Seq(0), 100).await.expect("reading the log works");
    assert_eq!(entries.iter().map(|entry| entry.seq.0).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    let first = store.find_statement(statement_id(30), false).await.expect("finding works");
    assert_eq!(entries.first(), first.as_ref());
}

/// Answers with long bodies end early, one body at least, and go on where they ended.
pub async fn ends_answers_of_long_bodies(factory: &dyn Factory) {
    const BODY_BYTES: usize = AnswerSize::BYTES_MAX / 3;
    let store = factory.fresh().await;
    let all: Vec<u64> = (1..=7).collect();
    for number in &all {
        record_new(&*store, &[Draft::new(*number).note(&"x".repeat(BODY_BYTES))]).await;
    }
    record_new(&*store, &[Draft::new(8).note(&"x".repeat(AnswerSize::BYTES_MAX))]).await;
    let cases: [(u64, &[u64]); 4] = [(0, &[1, 2, 3]), (3, &[4, 5, 6]), (6, &[7, 8]), (7, &[8])];
    for (after, expected) in cases {
        assert_eq!(read(&*store, after, 100).await, expected, "behind {after}");
        let entries = store.read_entries(Seq(after), 100).await.expect("reading the log works");
        assert_eq!(entries.len(), expected.len(), "behind {after}");
        let page = Query { after: Some(Seq(after)), limit: 100, order: Order::Ascending, ..query() };
        let page = store.find_statements(page).await.expect("finding works");
        assert_eq!(numbers(&page.statements), expected, "behind {after}");
        assert_eq!(page.more, expected.last().filter(|last| **last < 8).map(|last| Seq(*last)));
    }
    let newest = Query { order: Order::Descending, ..query() };
    assert_eq!(numbers(&walk(&*store, &newest, 100).await), [8, 7, 6, 5, 4, 3, 2, 1]);
}

/// A refused batch leaves no gap in the log.
pub async fn has_no_gaps(factory: &dyn Factory) {
    let store = factory.fresh().await;
    record_new(&*store, &[Draft::new(1)]).await;
    record(&*store, &[Draft::new(2), Draft::new(1).note("other")]).await;
    record(&*store, &[Draft::new(1)]).await;
    record_new(&*store, &[Draft::new(3)]).await;
    let entries = store.read_log(Seq(0), 100).await.expect("reading the log works");
    assert_eq!(entries.iter().map(|entry| entry.seq.0).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(numbers(&entries), [1, 3]);
}

/// A follower that reads while others write misses nothing and sees nothing twice.
pub async fn followed_under_concurrency(factory: &dyn Factory) {
    const WRITERS: u64 = 4;
    const BATCHES: u64 = 25;
    let store = factory.fresh().await;
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let store = store.clone();
            tokio::spawn(async move {
                for batch in 0..BATCHES {
                    let first = (writer * BATCHES + batch) * 2;
                    record_new(&*store, &[Draft::new(first), Draft::new(first + 1)]).await;
                }
            })
        })
        .collect();
    let mut cursor = 0;
    loop {
        let finished = writers.iter().all(tokio::task::JoinHandle::is_finished);
        let entries = store.read_log(Seq(cursor), 7).await.expect("reading the log works");
        for entry in &entries {
            assert_eq!(entry.seq, Seq(cursor + 1));
            cursor += 1;
        }
        if entries.is_empty() && finished {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(cursor, WRITERS * BATCHES * 2);
    for writer in writers {
        writer.await.expect("no writer panics");
    }
}

/// Consistent-Through reaches what was acknowledged, and nothing later is ever stored at or before it.
pub async fn is_consistent_through(factory: &dyn Factory) {
    let store = factory.fresh().await;
    let empty = store.consistent_through().await.expect("it works");
    let mut last = record_new(&*store, &[Draft::new(1)]).await;
    assert!(empty < last, "an empty LRS was consistent through {empty}, then stored at {last}");
    factory.clock().freeze();
    for n in 2..=5 {
        let through = store.consistent_through().await.expect("it works");
        assert!(through >= last, "{through} is before the acknowledged {last}");
        last = record_new(&*store, &[Draft::new(n)]).await;
        assert!(through < last, "consistent through {through}, then stored at {last}");
    }
}

async fn definition(store: &dyn Store, activity: &str) -> Option<Value> {
    let found = store.find_activity_definition(&activity_id(activity)).await.expect("finding works");
    found.map(|text| serde_json::from_str(&text).expect("a definition is JSON"))
}

/// Definitions grow over statements, of one batch and of several; what a refused batch says does not count.
pub async fn merges_definitions(factory: &dyn Factory) {
    let store = factory.fresh().await;
    assert_eq!(definition(&*store, "course").await, None);
    record_new(&*store, &[Draft::new(1)]).await;
    assert_eq!(definition(&*store, "course").await, None);
    let english = json!({"name": {"en": "Course"}, "type": "https://example.org/types/course"});
    record_new(&*store, &[Draft::new(2).definition(english.clone())]).await;
    assert_eq!(definition(&*store, "course").await, Some(english.clone()));
    let german = json!({"name": {"de": "Kurs"}});
    let french = json!({"name": {"fr": "Cours"}});
    record_new(&*store, &[Draft::new(3).definition(german), Draft::new(4).definition(french)]).await;
    record(&*store, &[Draft::new(5).definition(json!({"name": {"it": "Corso"}})), Draft::new(1).note("other")]).await;
    let store = factory.reopen(store).await;
    let mut merged = english;
    merged["name"] = json!({"en": "Course", "de": "Kurs", "fr": "Cours"});
    assert_eq!(definition(&*store, "course").await, Some(merged.clone()));
    record_new(&*store, &[Draft::new(6).activity("quiz").definition(json!({"name": {"en": "Quiz"}}))]).await;
    let ids = ["quiz", "nothing", "course", "quiz"].map(activity_id);
    let found = store.find_activity_definitions(&ids).await.expect("finding works");
    let found: Vec<Option<Value>> =
        found.into_iter().map(|it| it.map(|text| serde_json::from_str(&text).expect("a definition is JSON"))).collect();
    let quiz = Some(json!({"name": {"en": "Quiz"}}));
    assert_eq!(found, [quiz.clone(), None, Some(merged), quiz]);
    assert_eq!(store.find_activity_definitions(&[]).await.expect("finding works"), []);
}

/// Names of an agent come oldest first, each once, and not without bound.
pub async fn collects_agent_names(factory: &dyn Factory) {
    let store = factory.fresh().await;
    let names = |agent: &'static str| {
        let store = store.clone();
        async move { store.find_agent_names(&agent_key(agent)).await.expect("finding works") }
    };
    assert_eq!(names("ana").await, Vec::<String>::new());
    record_new(&*store, &[Draft::new(1).actor_name("Ana"), Draft::new(2).actor_name("Ana M.")]).await;
    record_new(&*store, &[Draft::new(3).actor_name("Ana"), Draft::new(4).actor("ben").actor_name("Ben")]).await;
    assert_eq!(names("ana").await, ["Ana", "Ana M."]);
    assert_eq!(names("ben").await, ["Ben"]);
    let many: Vec<_> = (100..1_100).map(|n| Draft::new(n).actor("eva").actor_name(&format!("Eva {n}"))).collect();
    record_new(&*store, &many).await;
    let found = names("eva").await;
    assert!((1..1_000).contains(&found.len()), "{} names", found.len());
    assert_eq!(found.first().map(String::as_str), Some("Eva 100"));
}

async fn check_figures(store: &dyn Store) {
    let full = store.status().await.expect("figures work");
    assert_eq!((full.statements, full.log_position, full.documents), (3, 3, 2));
    assert!(full.size_bytes > 0);
    assert!(full.indexed_through <= full.log_position);
}

/// The figures follow what is stored.
pub async fn has_figures(factory: &dyn Factory) {
    let store = factory.fresh().await;
    let empty = store.status().await.expect("figures work");
    assert_eq!((empty.statements, empty.log_position, empty.documents, empty.attachment_bytes), (0, 0, 0, 0));
    record_new(&*store, &[Draft::new(1), Draft::new(2), Draft::new(3).voids(1)]).await;
    let owner = DocumentOwner::AgentProfile(agent_key("ana"));
    for id in ["a", "b", "a"] {
        let key = DocumentKey { owner: owner.clone(), id: id.to_owned() };
        let write = DocumentWrite::Replace { content_type: xapi::ContentType("text/plain".to_owned()), body: vec![1] };
        store.write_document(key, Precondition::None, write).await.expect("writing works");
    }
    check_figures(&*store).await;
    check_figures(&*factory.reopen(store).await).await;
}

/// A healthy store has nothing to complain about, looked at lightly or deeply.
pub async fn is_healthy(factory: &dyn Factory) {
    let store = factory.fresh().await;
    let drafts: Vec<_> =
        (0..200).map(|n| if n % 5 == 4 { Draft::new(n).refers_to(n - 1) } else { Draft::new(n) }).collect();
    record_new(&*store, &drafts).await;
    record_new(&*store, &[Draft::new(1_000).voids(7)]).await;
    for deep in [false, true] {
        let findings = store.check(deep).await.expect("checking works");
        assert!(!findings.is_empty(), "a check says what it looked at");
        if !deep {
            let untold: Vec<_> = findings.iter().filter(|it| has_no_code(it)).collect();
            assert!(untold.is_empty(), "what the admin API tells has codes: {untold:#?}");
        }
        // A test machine's disk may be nearly full, and its temporary folder open to others: warnings are not damage.
        let errors = findings.iter().filter(|it| it.severity == crate::Severity::Error);
        let unexpected: Vec<_> = errors.filter(|it| !factory.bad_here().contains(&it.subject.as_str())).collect();
        assert!(unexpected.is_empty(), "{unexpected:#?}");
    }
}

fn has_no_code(finding: &Finding) -> bool {
    matches!(finding.checked, Subject::InWords { .. })
        || matches!(finding.seen, Seen::InWords { .. })
        || matches!(finding.advised, Some(Advice::InWords { .. }))
}

/// After closing every operation is unavailable, and none panics; closing twice is fine.
pub async fn is_unavailable_once_closed(factory: &dyn Factory) {
    let store = factory.fresh().await;
    record_new(&*store, &[Draft::new(1)]).await;
    store.close().await;
    store.close().await;
    let batch = Batch { statements: vec![Draft::new(2).complete()], attachments: Vec::new() };
    check_unavailable("record_statements", store.record_statements(batch).await);
    check_unavailable("find_statement", store.find_statement(statement_id(1), false).await);
    check_unavailable("find_statements", store.find_statements(query()).await);
    check_unavailable("read_log", store.read_log(Seq(0), 1).await);
    let owner = DocumentOwner::AgentProfile(agent_key("ana"));
    let key = DocumentKey { owner: owner.clone(), id: "a".to_owned() };
    check_unavailable("find_document", store.find_document(key.clone()).await);
    check_unavailable("write_document", store.write_document(key, Precondition::None, DocumentWrite::Delete).await);
    let filter = DocumentFilter { owner, since: None };
    check_unavailable("find_document_ids", store.find_document_ids(filter.clone()).await);
    check_unavailable("delete_documents", store.delete_documents(filter).await);
    check_unavailable("find_attachment", store.find_attachment(&"0".repeat(64)).await);
}

/// What was queued when closing began is finished, and is there afterwards if it was acknowledged.
pub async fn closing_finishes_what_was_acknowledged(factory: &dyn Factory) {
    let store = factory.fresh().await;
    let writers: Vec<_> = (0..20)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move {
                let batch = Batch { statements: vec![Draft::new(n).complete()], attachments: Vec::new() };
                store.record_statements(batch).await.is_ok().then_some(n)
            })
        })
        .collect();
    let store = factory.reopen(store).await;
    for writer in writers {
        if let Some(n) = writer.await.expect("no writer panics") {
            let found = store.find_statement(statement_id(n), false).await.expect("finding works");
            assert!(found.is_some(), "statement {n} was acknowledged");
        }
    }
}
