//! Restoring: pieces of another LRS are written as they were there, once, and only where they fit.

use serde_json::json;
use xapi::{ContentType, Timestamp};

use super::shared::{find_one, matching, numbers, query, record, record_new, walk};
use super::{Draft, Factory, activity_id, agent_key, statement_id, verb_id};
use crate::{
    Batch, Document, DocumentKey, DocumentOwner, DocumentWrite, DocumentWritten, Filter, ListedDocument,
    LoggedStatement, Precondition, Recorded, Restoration, Restored, RestoredStatement, Seq, Store,
};

/// A log in which statements void and refer to others, before and after these arrive.
async fn fill(store: &dyn Store) {
    record_new(store, &[Draft::new(1).actor("bob").refers_to(9), Draft::new(2).voids(7)]).await;
    record_new(store, &[Draft::new(3).verb("passed"), Draft::new(4).activity("exam").parent("course")]).await;
    record_new(store, &[Draft::new(5).voids(3), Draft::new(7).actor("cem"), Draft::new(6).refers_to(1)]).await;
    let mut without_timestamp = Draft::new(8).complete();
    without_timestamp.timestamp_added = true;
    let of_another = Draft::new(9).actor("eve").complete().without_definitions();
    let batch = Batch { statements: vec![without_timestamp, of_another], attachments: vec![] };
    assert!(matches!(store.record_statements(batch).await, Ok(Recorded::Stored { new: 2, .. })));
}

fn restored(entry: &LoggedStatement) -> RestoredStatement {
    let body = xapi::without_stored(&entry.statement.body).expect("a stored statement ends with `stored`");
    let statement = xapi::CompletedStatement::read(body, entry.timestamp_added, entry.defines)
        .expect("a stored statement can be read");
    RestoredStatement { statement, stored: entry.statement.stored }
}

async fn entries(store: &dyn Store, after: u64, limit: usize) -> Vec<LoggedStatement> {
    store.read_entries(Seq(after), limit).await.expect("reading the log works")
}

fn piece(after: u64, entries: &[LoggedStatement]) -> Restoration {
    Restoration { after: Seq(after), statements: entries.iter().map(restored).collect(), ..Restoration::default() }
}

async fn restore(store: &dyn Store, piece: Restoration) -> Restored {
    store.restore(piece).await.expect("restoring works")
}

async fn copy(from: &dyn Store, to: &dyn Store, piece_statements: usize) {
    let mut after = 0;
    loop {
        let found = entries(from, after, piece_statements).await;
        if found.is_empty() {
            return;
        }
        assert_eq!(restore(to, piece(after, &found)).await, Restored::Done, "behind {after}");
        after += found.len() as u64;
    }
}

/// Entries tell what is voided, which timestamps were added and which senders may not define, besides what is answered.
pub async fn reads_entries(factory: &dyn Factory) {
    let store = factory.fresh().await;
    fill(&*store).await;
    let found = entries(&*store, 0, 100).await;
    let plain = store.read_log(Seq(0), 100).await.expect("reading the log works");
    assert_eq!(found.iter().map(|entry| entry.statement.clone()).collect::<Vec<_>>(), plain);
    let which = |has: fn(&LoggedStatement) -> bool| {
        numbers(&found.iter().filter(|it| has(it)).map(|it| it.statement.clone()).collect::<Vec<_>>())
    };
    assert_eq!(which(|entry| entry.voided), [3, 7]);
    assert_eq!(which(|entry| entry.timestamp_added), [8]);
    assert_eq!(which(|entry| !entry.defines), [9]);
    assert_eq!(entries(&*store, 2, 3).await, found[2..5]);
    assert_eq!(entries(&*store, 9, 3).await, []);
}

/// A log copied in pieces of any size is the same log, and answers the same.
pub async fn copies_a_log(factory: &dyn Factory) {
    let source = factory.fresh().await;
    fill(&*source).await;
    for piece_statements in [1, 2, 4, 100] {
        let target = factory.fresh().await;
        copy(&*source, &*target, piece_statements).await;
        check_same(&*source, &*target).await;
        check_same(&*source, &*factory.reopen(target).await).await;
    }
}

async fn check_same(source: &dyn Store, target: &dyn Store) {
    assert_eq!(entries(target, 0, 100).await, entries(source, 0, 100).await);
    let filters = [
        Filter::Verb(verb_id("passed")),
        Filter::Verb(verb_id("did")),
        Filter::Agent { key: agent_key("eve"), related: false },
        Filter::Agent { key: agent_key("lms"), related: true },
        Filter::Activity { id: activity_id("course"), related: true },
        Filter::Authority(agent_key("lms")),
    ];
    for query in filters.into_iter().map(|filter| matching(&[filter])).chain([query()]) {
        assert_eq!(walk(target, &query, 3).await, walk(source, &query, 3).await, "{query:?}");
    }
    for n in 1..=9 {
        for voided in [false, true] {
            let id = statement_id(n);
            let (found, expected) = (find_one(target, id, voided).await, find_one(source, id, voided).await);
            assert_eq!(found, expected, "{n}, voided: {voided}");
        }
    }
}

/// After a copy the log goes on: later instants, known ids, a target that voiding waited for.
pub async fn goes_on_after_a_copy(factory: &dyn Factory) {
    let (source, target) = (factory.fresh().await, factory.fresh().await);
    record_new(&*source, &[Draft::new(1).voids(2)]).await;
    factory.clock().set(Timestamp(1_900_000_000_000_000));
    let last = record_new(&*source, &[Draft::new(3)]).await;
    // The clock of the copy is behind that of the original.
    factory.clock().set(Timestamp(1_800_000_000_000_000));
    copy(&*source, &*target, 10).await;
    assert!(matches!(record(&*target, &[Draft::new(3)]).await, Recorded::Stored { new: 0, .. }));
    assert!(matches!(record(&*target, &[Draft::new(3).note("other")]).await, Recorded::Conflict(_)));
    let next = record_new(&*target, &[Draft::new(2)]).await;
    assert!(next > last, "{next} is not after {last}");
    assert_eq!(find_one(&*target, statement_id(2), false).await, None, "it was voided before it came");
    assert_eq!(target.status().await.expect("it works").log_position, 3);
}

/// The same piece again, whole or in part, changes nothing.
pub async fn restores_once(factory: &dyn Factory) {
    let (source, target) = (factory.fresh().await, factory.fresh().await);
    fill(&*source).await;
    let all = entries(&*source, 0, 100).await;
    for (after, count) in [(0, 4), (0, 4), (0, 2), (1, 3), (2, 5), (0, 9), (9, 0), (0, 0)] {
        let part = piece(after, &all[usize::try_from(after).expect("small")..][..count]);
        assert_eq!(restore(&*target, part).await, Restored::Done, "{count} behind {after}");
    }
    assert_eq!(entries(&*target, 0, 100).await, all);
}

/// A piece that does not fit the log is refused whole, with the first place where it does not.
pub async fn refuses_what_does_not_fit(factory: &dyn Factory) {
    let (source, target) = (factory.fresh().await, factory.fresh().await);
    fill(&*source).await;
    let all = entries(&*source, 0, 100).await;
    assert_eq!(restore(&*target, piece(0, &all[..3])).await, Restored::Done);
    let before = entries(&*target, 0, 100).await;
    let with_all_else = |mut refused: Restoration| {
        refused.definitions = vec![(activity_id("course"), "{}".to_owned())];
        refused.names = vec![(agent_key("ana"), vec!["Ana".to_owned()])];
        refused.documents = vec![document("refused", 1)];
        refused
    };
    let mut late = piece(3, &all[3..5]);
    late.statements[1].stored = all[0].statement.stored;
    let mut taken = piece(3, &all[3..5]);
    taken.statements[1].statement.id = statement_id(1);
    let mut twice = piece(3, &all[3..5]);
    twice.statements[1] = twice.statements[0].clone();
    let mut other_instant = piece(1, &all[1..5]);
    other_instant.statements[0].stored = Timestamp(1);
    let cases = [
        ("a gap", piece(4, &all[4..6]), 4),
        ("another statement", piece(0, &all[1..3]), 1),
        ("another instant", other_instant, 2),
        ("an earlier instant", late, 5),
        ("a taken id", taken, 5),
        ("an id twice", twice, 5),
    ];
    for (case, refused, seq) in cases {
        assert_eq!(restore(&*target, with_all_else(refused)).await, Restored::Differs(Seq(seq)), "{case}");
        assert_eq!(entries(&*target, 0, 100).await, before, "{case}");
        assert_eq!(target.find_activity_definition(&activity_id("course")).await.expect("it works"), None, "{case}");
        assert!(target.find_agent_names(&agent_key("ana")).await.expect("it works").is_empty(), "{case}");
        assert!(target.list_documents(None, 10).await.expect("it works").is_empty(), "{case}");
    }
}

/// Definitions and names are those of the piece, not what its statements would add up to.
pub async fn restores_definitions_and_names(factory: &dyn Factory) {
    let (source, target) = (factory.fresh().await, factory.fresh().await);
    let draft = Draft::new(1).definition(json!({"name": {"en": "Course"}})).actor_name("Ana");
    record_new(&*source, &[draft]).await;
    let found = entries(&*source, 0, 10).await;
    assert_eq!(restore(&*target, piece(0, &found)).await, Restored::Done);
    assert_eq!(said(&*target).await, (None, Vec::new()), "its key could not define");
    for round in [["Ana", "Anna"].as_slice(), &["Ann"], &["Ana", "Anna", "Ann"]] {
        let names_now: Vec<String> = round.iter().map(|&name| name.to_owned()).collect();
        let text = json!({"name": {"en": round[0]}}).to_string();
        let piece = Restoration {
            definitions: vec![(activity_id("course"), text.clone())],
            names: vec![(agent_key("ana"), names_now.clone())],
            ..Restoration::default()
        };
        assert_eq!(restore(&*target, piece).await, Restored::Done);
        assert_eq!(said(&*target).await, (Some(text), names_now));
    }
    record_new(&*target, &[Draft::new(2).actor_name("Annie")]).await;
    assert_eq!(said(&*target).await.1, ["Ana", "Anna", "Ann", "Annie"]);
}

async fn said(store: &dyn Store) -> (Option<String>, Vec<String>) {
    let definition = store.find_activity_definition(&activity_id("course")).await.expect("finding works");
    (definition, store.find_agent_names(&agent_key("ana")).await.expect("finding works"))
}

fn document(id: &str, updated: i64) -> (DocumentKey, Document) {
    let owner = DocumentOwner::ActivityProfile(activity_id("course"));
    let body = format!("body of {id}, {updated}").into_bytes();
    let etag = crate::backend::hash_document(&body);
    let content_type = ContentType("text/plain".to_owned());
    (DocumentKey { owner, id: id.to_owned() }, Document { content_type, body, etag, updated: Timestamp(updated) })
}

/// Documents of every kind are listed with their keys, and come back with their `ETag` and their last change.
pub async fn copies_documents(factory: &dyn Factory) {
    let (source, target) = (factory.fresh().await, factory.fresh().await);
    let state =
        |registration| DocumentOwner::State { activity: activity_id("course"), agent: agent_key("ana"), registration };
    let owners = [
        state(None),
        state(Some(statement_id(1).0)),
        DocumentOwner::ActivityProfile(activity_id("course")),
        DocumentOwner::AgentProfile(agent_key("ana")),
    ];
    for owner in owners {
        for id in ["a", "b/ü \u{1f600}"] {
            let key = DocumentKey { owner: owner.clone(), id: id.to_owned() };
            let content_type = ContentType("application/octet-stream".to_owned());
            let write = DocumentWrite::Replace { content_type, body: id.repeat(3).into_bytes() };
            let written = source.write_document(key, Precondition::None, write).await.expect("writing works");
            assert!(matches!(written, DocumentWritten::Written(Some(_))));
        }
    }
    let listed = list(&*source, 3).await;
    assert_eq!(listed.len(), 8);
    for _ in 0..2 {
        let documents = listed.iter().map(|it| (it.key.clone(), it.document.clone())).collect();
        assert_eq!(restore(&*target, Restoration { documents, ..Restoration::default() }).await, Restored::Done);
        assert_eq!(by_key(list(&*target, 100).await), by_key(listed.clone()));
        assert_eq!(target.status().await.expect("it works").documents, 8);
    }
    for ListedDocument { key, document, .. } in listed {
        assert_eq!(target.find_document(key).await.expect("finding works"), Some(document));
    }
}

/// A restored document takes the place of the one that is there, and a later change is later.
pub async fn replaces_documents(factory: &dyn Factory) {
    let store = factory.fresh().await;
    let future = 1_900_000_000_000_000;
    for updated in [5, future] {
        let (key, expected) = document("one", updated);
        let documents = vec![(key.clone(), expected.clone())];
        assert_eq!(restore(&*store, Restoration { documents, ..Restoration::default() }).await, Restored::Done);
        assert_eq!(store.find_document(key).await.expect("finding works"), Some(expected));
    }
    let (key, _) = document("one", 5);
    let write = DocumentWrite::Replace { content_type: ContentType("text/plain".to_owned()), body: b"new".to_vec() };
    store.write_document(key.clone(), Precondition::None, write).await.expect("writing works");
    let changed = store.find_document(key).await.expect("finding works").expect("it is there");
    assert!(changed.updated > Timestamp(future));
}

async fn list(store: &dyn Store, page: usize) -> Vec<ListedDocument> {
    let mut listed: Vec<ListedDocument> = Vec::new();
    loop {
        let after = listed.last().map(|last| last.position);
        let found = store.list_documents(after, page).await.expect("listing works");
        if found.is_empty() {
            return listed;
        }
        assert!(found.len() <= page && found.iter().all(|it| Some(it.position) > after));
        listed.extend(found);
    }
}

fn by_key(listed: Vec<ListedDocument>) -> Vec<(String, Document)> {
    let mut documents: Vec<_> = listed.into_iter().map(|it| (format!("{:?}", it.key), it.document)).collect();
    documents.sort_by(|a, b| a.0.cmp(&b.0));
    documents
}
