//! Documents: every precondition, merging, lists, and many writers at once (Communication 2.2, 2.3, 3.1).

use std::sync::Arc;

use uuid::Uuid;
use xapi::{ContentType, Timestamp};

use super::{Factory, activity_id, agent_key};
use crate::{
    Document, DocumentFilter, DocumentKey, DocumentOwner, DocumentWrite, DocumentWritten, Etag, EtagMatch,
    Precondition, Store,
};

fn profile(id: &str) -> DocumentKey {
    DocumentKey { owner: DocumentOwner::AgentProfile(agent_key("ana")), id: id.to_owned() }
}

fn state_owner(activity: &str, agent: &str, registration: Option<u128>) -> DocumentOwner {
    DocumentOwner::State {
        activity: activity_id(activity),
        agent: agent_key(agent),
        registration: registration.map(Uuid::from_u128),
    }
}

fn state(registration: Option<u128>, id: &str) -> DocumentKey {
    DocumentKey { owner: state_owner("course", "ana", registration), id: id.to_owned() }
}

fn text(body: &str) -> DocumentWrite {
    DocumentWrite::Replace { content_type: ContentType("text/plain".to_owned()), body: body.as_bytes().to_vec() }
}

fn merge(body: &str) -> DocumentWrite {
    DocumentWrite::Merge { content_type: ContentType("application/json".to_owned()), body: body.as_bytes().to_vec() }
}

async fn write(
    store: &dyn Store,
    key: DocumentKey,
    precondition: Precondition,
    write: DocumentWrite,
) -> DocumentWritten {
    store.write_document(key, precondition, write).await.expect("writing works")
}

async fn put(store: &dyn Store, key: DocumentKey, body: &str) -> Etag {
    match write(store, key, Precondition::None, text(body)).await {
        DocumentWritten::Written(Some(etag)) => etag,
        other => panic!("a PUT without a condition is written, but: {other:?}"),
    }
}

async fn get(store: &dyn Store, key: DocumentKey) -> Option<Document> {
    store.find_document(key).await.expect("finding works")
}

async fn body(store: &dyn Store, key: DocumentKey) -> Option<String> {
    get(store, key).await.map(|document| String::from_utf8(document.body).expect("it was text"))
}

async fn ids(store: &dyn Store, owner: DocumentOwner, since: Option<Timestamp>) -> Vec<String> {
    store.find_document_ids(DocumentFilter { owner, since }).await.expect("listing works")
}

/// What is put comes back with its type, bytes, SHA-1 and instant; what is not there does not.
pub async fn comes_back_as_sent(factory: &dyn Factory) {
    // The second column: SHA-1 by FIPS 180-4's own examples.
    let cases: [(&[u8], &str); 3] = [
        (b"abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (b"", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        (b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "84983e441c3bd26ebaae4aa1f95129e5e54670f1"),
    ];
    let store = factory.fresh().await;
    let content_type = ContentType("application/octet-stream; a=\"b\"".to_owned());
    for (body, sha1) in cases {
        let sent = DocumentWrite::Replace { content_type: content_type.clone(), body: body.to_vec() };
        let written = write(&*store, profile("p"), Precondition::None, sent).await;
        assert_eq!(written, DocumentWritten::Written(Some(Etag(sha1.to_owned()))));
        let found = get(&*store, profile("p")).await.expect("it is stored");
        assert_eq!((found.content_type, &found.body[..], found.etag.0.as_str()), (content_type.clone(), body, sha1));
    }
    assert_eq!(get(&*store, profile("other")).await, None);
    let store = factory.reopen(store).await;
    assert_eq!(get(&*store, profile("p")).await.map(|it| it.etag.0), Some(cases[2].1.to_owned()));
}

/// A large body, and ids with anything in them.
pub async fn takes_large_bodies_and_odd_ids(factory: &dyn Factory) {
    let store = factory.fresh().await;
    let large: Vec<u8> = (0..3_000_000_u32).map(|n| u8::try_from(n % 251).expect("it is below 256")).collect();
    let sent = DocumentWrite::Replace { content_type: ContentType("video/mp4".to_owned()), body: large.clone() };
    write(&*store, profile("large"), Precondition::None, sent).await;
    assert!(get(&*store, profile("large")).await.is_some_and(|document| document.body == large));
    for id in ["%", "' OR 1=1 --", "ü/\u{1F600}", " ", "a", "A"] {
        put(&*store, profile(id), id).await;
    }
    for id in ["%", "' OR 1=1 --", "ü/\u{1F600}", " ", "a", "A"] {
        assert_eq!(body(&*store, profile(id)).await.as_deref(), Some(id));
    }
}

/// Owners, kinds and ids do not mix.
pub async fn keeps_owners_apart(factory: &dyn Factory) {
    let store = factory.fresh().await;
    let same = "https://example.org/same".to_owned();
    let owners = [
        DocumentOwner::AgentProfile(same.clone()),
        DocumentOwner::ActivityProfile(same.clone()),
        DocumentOwner::State { activity: same.clone(), agent: same.clone(), registration: None },
        DocumentOwner::State { activity: same.clone(), agent: same.clone(), registration: Some(Uuid::nil()) },
        DocumentOwner::State { activity: same.clone(), agent: String::new(), registration: None },
        DocumentOwner::State { activity: String::new(), agent: same, registration: None },
    ];
    for (n, owner) in owners.iter().enumerate() {
        put(&*store, DocumentKey { owner: owner.clone(), id: "x".to_owned() }, &n.to_string()).await;
    }
    for (n, owner) in owners.iter().enumerate() {
        let key = DocumentKey { owner: owner.clone(), id: "x".to_owned() };
        assert_eq!(body(&*store, key).await, Some(n.to_string()));
    }
}

/// Every precondition against an absent and a present document, for PUT, POST and DELETE.
pub async fn preconditions(factory: &dyn Factory) {
    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Outcome {
        Written,
        Failed,
        Exists,
    }
    use Outcome::{Exists, Failed, Written};
    let current = Etag("e1fe20e8d9e5b4e3d2c6f4b5b5b2a4d8f9a1c3e2".to_owned());
    let other = Etag("0".repeat(40));
    let store = factory.fresh().await;
    let present = put(&*store, profile("probe"), "{\"a\":1}").await;
    let one_of = |etags: &[&Etag]| EtagMatch::OneOf(etags.iter().map(|etag| (*etag).clone()).collect());
    // Condition, outcome when absent, outcome when present.
    let cases = [
        (Precondition::None, Written, Written),
        (Precondition::Absent, Written, Exists),
        (Precondition::Match(EtagMatch::Any), Failed, Written),
        (Precondition::Match(one_of(&[&present])), Failed, Written),
        (Precondition::Match(one_of(&[&other, &present])), Failed, Written),
        (Precondition::Match(one_of(&[&other, &current])), Failed, Failed),
        (Precondition::Match(one_of(&[])), Failed, Failed),
        (Precondition::NoneMatch(EtagMatch::Any), Written, Failed),
        (Precondition::NoneMatch(one_of(&[&present])), Written, Failed),
        (Precondition::NoneMatch(one_of(&[&other, &present])), Written, Failed),
        (Precondition::NoneMatch(one_of(&[&other])), Written, Written),
        (Precondition::NoneMatch(one_of(&[])), Written, Written),
    ];
    let json = || ContentType("application/json".to_owned());
    let writes = [
        DocumentWrite::Replace { content_type: json(), body: b"{\"b\":2}".to_vec() },
        DocumentWrite::Merge { content_type: json(), body: b"{\"b\":2}".to_vec() },
        DocumentWrite::Delete,
    ];
    let put_json = DocumentWrite::Replace { content_type: json(), body: b"{\"a\":1}".to_vec() };
    for (precondition, absent, present) in cases {
        for sent in &writes {
            for (exists, expected) in [(false, absent), (true, present)] {
                let before = if exists { put_json.clone() } else { DocumentWrite::Delete };
                write(&*store, profile("p"), Precondition::None, before).await;
                let before = get(&*store, profile("p")).await;
                let written = write(&*store, profile("p"), precondition.clone(), sent.clone()).await;
                let outcome = match written {
                    DocumentWritten::Written(_) => Written,
                    DocumentWritten::PreconditionFailed => Failed,
                    DocumentWritten::Exists => Exists,
                    DocumentWritten::CannotMerge(_) => panic!("both are JSON objects"),
                };
                assert_eq!(outcome, expected, "{precondition:?}, {sent:?}, existing: {exists}");
                if outcome != Written {
                    assert_eq!(get(&*store, profile("p")).await, before, "a refusal changes nothing");
                }
            }
        }
    }
}

/// Deleting works, also of what is not there.
pub async fn deletes(factory: &dyn Factory) {
    let store = factory.fresh().await;
    put(&*store, profile("a"), "1").await;
    put(&*store, profile("b"), "2").await;
    for _ in 0..2 {
        let written = write(&*store, profile("a"), Precondition::None, DocumentWrite::Delete).await;
        assert_eq!(written, DocumentWritten::Written(None));
        assert_eq!(body(&*store, profile("a")).await, None);
    }
    assert_eq!(body(&*store, profile("b")).await.as_deref(), Some("2"));
    assert_eq!(ids(&*store, profile("").owner, None).await, ["b"]);
}

/// POST merges one level deep, keeps the rest, and has the SHA-1 of the result.
pub async fn merges(factory: &dyn Factory) {
    let store = factory.fresh().await;
    let sent = write(&*store, profile("p"), Precondition::None, merge("{\"a\":{\"x\":1},\"b\":2.50}")).await;
    assert!(matches!(sent, DocumentWritten::Written(Some(_))));
    assert_eq!(body(&*store, profile("p")).await.as_deref(), Some("{\"a\":{\"x\":1},\"b\":2.50}"));
    let DocumentWritten::Written(Some(etag)) =
        write(&*store, profile("p"), Precondition::None, merge("{\"a\":{\"y\":2},\"c\":3}")).await
    else {
        panic!("both are JSON objects")
    };
    let found = get(&*store, profile("p")).await.expect("it is stored");
    assert_eq!(found.etag, etag);
    let merged: serde_json::Value = serde_json::from_slice(&found.body).expect("it is JSON");
    assert_eq!(merged, serde_json::json!({"a": {"y": 2}, "b": 2.50, "c": 3}));
    assert!(found.content_type.is_json());
}

/// POST to or of what is no JSON object is refused with the reason, and changes nothing.
pub async fn refuses_to_merge(factory: &dyn Factory) {
    use xapi::DocumentMerge::{SentIsNotJsonObject, StoredIsNotJsonObject};
    let store = factory.fresh().await;
    let typed = |content_type: &str, body: &str| (ContentType(content_type.to_owned()), body.as_bytes().to_vec());
    let json = "application/json";
    let cases = [
        (typed("text/plain", "{}"), typed(json, "{}"), StoredIsNotJsonObject),
        (typed(json, "[1]"), typed(json, "{}"), StoredIsNotJsonObject),
        (typed(json, "{}"), typed("text/plain", "{}"), SentIsNotJsonObject),
        (typed(json, "{}"), typed(json, "1"), SentIsNotJsonObject),
        (typed(json, "{}"), typed(json, "{"), SentIsNotJsonObject),
    ];
    for ((stored_type, stored), (sent_type, sent), expected) in cases {
        let put = DocumentWrite::Replace { content_type: stored_type, body: stored };
        write(&*store, profile("p"), Precondition::None, put).await;
        let before = get(&*store, profile("p")).await;
        let post = DocumentWrite::Merge { content_type: sent_type, body: sent };
        let written = write(&*store, profile("p"), Precondition::None, post.clone()).await;
        assert_eq!(written, DocumentWritten::CannotMerge(expected), "{post:?} onto {before:?}");
        assert_eq!(get(&*store, profile("p")).await, before);
    }
}

/// `updated` grows with every change, though the clock stands still; `since` is exclusive.
pub async fn lists_what_changed_since(factory: &dyn Factory) {
    let store = factory.fresh().await;
    let owner = profile("").owner;
    assert_eq!(ids(&*store, owner.clone(), None).await, Vec::<String>::new());
    put(&*store, profile("old"), "1").await;
    factory.clock().freeze();
    let mut instants = Vec::new();
    for id in ["c", "a", "b", "a"] {
        put(&*store, profile(id), "1").await;
        instants.push(get(&*store, profile(id)).await.expect("it is stored").updated);
    }
    assert!(instants.is_sorted_by(|a, b| a < b), "{instants:?}");
    let cases: [(Option<Timestamp>, &[&str]); 5] = [
        (None, &["a", "b", "c", "old"]),
        (Some(Timestamp(instants[0].0 - 1)), &["a", "b", "c"]),
        (Some(instants[0]), &["a", "b"]),
        (Some(instants[2]), &["a"]),
        (Some(instants[3]), &[]),
    ];
    for (since, expected) in cases {
        assert_eq!(ids(&*store, owner.clone(), since).await, expected, "since {since:?}");
    }
}

/// State: one document for each registration and one without; lists and deletion without a registration mean all of them.
pub async fn state_and_registrations(factory: &dyn Factory) {
    let store = factory.fresh().await;
    for (registration, id) in [(None, "x"), (Some(1), "x"), (Some(2), "x"), (Some(2), "y"), (None, "z")] {
        put(&*store, state(registration, id), &format!("{registration:?}")).await;
    }
    put(&*store, DocumentKey { owner: state_owner("quiz", "ana", Some(1)), id: "q".to_owned() }, "other").await;
    put(&*store, DocumentKey { owner: state_owner("course", "ben", Some(1)), id: "q".to_owned() }, "other").await;
    assert_eq!(body(&*store, state(None, "x")).await.as_deref(), Some("None"));
    assert_eq!(body(&*store, state(Some(2), "x")).await.as_deref(), Some("Some(2)"));
    assert_eq!(body(&*store, state(None, "y")).await, None, "one document is asked for by its exact registration");
    let cases: [(Option<u128>, &[&str]); 4] =
        [(None, &["x", "y", "z"]), (Some(1), &["x"]), (Some(2), &["x", "y"]), (Some(3), &[])];
    for (registration, expected) in cases {
        assert_eq!(ids(&*store, state(registration, "").owner, None).await, expected, "{registration:?}");
    }
    let delete = |registration| DocumentFilter { owner: state(registration, "").owner, since: None };
    store.delete_documents(delete(Some(2))).await.expect("deleting works");
    assert_eq!(ids(&*store, state(None, "").owner, None).await, ["x", "z"]);
    store.delete_documents(delete(None)).await.expect("deleting works");
    assert_eq!(ids(&*store, state(None, "").owner, None).await, Vec::<String>::new());
    store.delete_documents(delete(None)).await.expect("deleting nothing works");
    assert_eq!(ids(&*store, state_owner("quiz", "ana", None), None).await, ["q"]);
    assert_eq!(ids(&*store, state_owner("course", "ben", Some(1)), None).await, ["q"]);
    assert_eq!(store.status().await.expect("figures work").documents, 2);
}

/// Of many writers with `If-None-Match: *` exactly one wins, and its document stays.
pub async fn one_of_many_creates(factory: &dyn Factory) {
    let store = factory.fresh().await;
    let writers: Vec<_> = (0..20)
        .map(|n| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let condition = Precondition::NoneMatch(EtagMatch::Any);
                match write(&*store, profile("p"), condition, text(&n.to_string())).await {
                    DocumentWritten::Written(Some(_)) => Some(n),
                    DocumentWritten::PreconditionFailed => None,
                    other => panic!("neither won nor lost: {other:?}"),
                }
            })
        })
        .collect();
    let mut winners = Vec::new();
    for writer in writers {
        winners.extend(writer.await.expect("no writer panics"));
    }
    assert_eq!(winners.len(), 1, "winners: {winners:?}");
    assert_eq!(body(&*store, profile("p")).await, Some(winners[0].to_string()));
}

/// Writers that read, change and write with `If-Match` lose nothing.
pub async fn many_count_together(factory: &dyn Factory) {
    const WRITERS: u32 = 6;
    const EACH: u32 = 8;
    let store = factory.fresh().await;
    put(&*store, profile("count"), "0").await;
    let writers: Vec<_> = (0..WRITERS)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let mut counted = 0;
                while counted < EACH {
                    let found = get(&*store, profile("count")).await.expect("it is stored");
                    let count: u32 = String::from_utf8_lossy(&found.body).parse().expect("it is a number");
                    let condition = Precondition::Match(EtagMatch::OneOf(vec![found.etag]));
                    match write(&*store, profile("count"), condition, text(&(count + 1).to_string())).await {
                        DocumentWritten::Written(_) => counted += 1,
                        DocumentWritten::PreconditionFailed => tokio::task::yield_now().await,
                        other => panic!("neither written nor refused: {other:?}"),
                    }
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.expect("no writer panics");
    }
    assert_eq!(body(&*store, profile("count")).await, Some((WRITERS * EACH).to_string()));
}

/// Merges by many at once keep every member.
pub async fn many_merge_together(factory: &dyn Factory) {
    const WRITERS: usize = 20;
    let store = factory.fresh().await;
    let writers: Vec<_> = (0..WRITERS)
        .map(|n| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                write(&*store, profile("p"), Precondition::None, merge(&format!("{{\"{n}\":{n}}}"))).await
            })
        })
        .collect();
    for writer in writers {
        writer.await.expect("no writer panics");
    }
    let merged: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(&body(&*store, profile("p")).await.expect("it is stored")).expect("it is an object");
    assert_eq!(merged.len(), WRITERS);
}

/// Two LRSs do not see each other's documents.
pub async fn two_lrss_are_apart(factory: &dyn Factory) {
    let (one, other) = (factory.fresh().await, factory.fresh().await);
    put(&*one, profile("p"), "one").await;
    assert_eq!(body(&*other, profile("p")).await, None);
    other.delete_documents(DocumentFilter { owner: profile("").owner, since: None }).await.expect("deleting works");
    assert_eq!(body(&*one, profile("p")).await.as_deref(), Some("one"));
}
