//! What follows the log: views, the watch on the log's end, and identities.

use std::time::Duration;

use super::shared::{record_new, wait_until};
use super::{Draft, Factory, agent_key};
use crate::{Entry, Identity, Order, Seq, Span, Store, View, ViewChange};

const WATCH_MAX: Duration = Duration::from_mins(1);

/// A run of keys, its order and limit, and the keys that are found.
type RunCase<'a> = ((&'a str, &'a str), Order, usize, &'a [&'a str]);

fn entry(key: &str, value: &str) -> Entry {
    (key.into(), value.into())
}

async fn change(store: &dyn Store, view: View, change: ViewChange) -> bool {
    store.views().change(view, change).await.expect("changing works")
}

/// All of a view as texts.
async fn all(store: &dyn Store, view: View) -> Vec<Entry> {
    scan(store, view, ("", "~"), Order::Ascending, 100).await
}

async fn scan(store: &dyn Store, view: View, (from, to): (&str, &str), order: Order, limit: usize) -> Vec<Entry> {
    let span = Span { from: from.into(), to: to.into(), order, limit };
    store.views().scan(view, span).await.expect("scanning works")
}

/// Entries are put, replaced, removed, read by key and in runs, and views do not see each other.
pub async fn keeps_sorted_entries(factory: &dyn Factory) {
    let store = factory.fresh().await;
    let puts: Vec<Entry> = ["b", "a", "d", "c"].iter().map(|key| entry(key, &key.to_uppercase())).collect();
    assert!(change(&*store, View::Directory, ViewChange { puts, ..ViewChange::default() }).await);
    let second = ViewChange {
        puts: vec![entry("b", "new"), entry("a\0", "")],
        removes: vec!["d".into(), "x".into()],
        step: None,
    };
    assert!(change(&*store, View::Directory, second).await);
    let expected = [entry("a", "A"), entry("a\0", ""), entry("b", "new"), entry("c", "C")];
    assert_eq!(all(&*store, View::Directory).await, expected);
    assert_eq!(all(&*store, View::Recorder).await, [], "another view");
    let keys = ["c", "x", "a"].map(|key| key.as_bytes().to_vec()).to_vec();
    let found = store.views().get(View::Directory, keys).await.expect("getting works");
    assert_eq!(found, [Some(b"C".to_vec()), None, Some(b"A".to_vec())]);
    let cases: [RunCase<'_>; 6] = [
        (("a", "c"), Order::Ascending, 9, &["a", "a\0", "b"]),
        (("a", "c"), Order::Descending, 9, &["b", "a\0", "a"]),
        (("a", "z"), Order::Descending, 2, &["c", "b"]),
        (("b", "z"), Order::Ascending, 1, &["b"]),
        (("c", "a"), Order::Ascending, 9, &[]),
        (("b", "b"), Order::Ascending, 9, &[]),
    ];
    for (run, order, limit, expected) in cases {
        let found = scan(&*store, View::Directory, run, order, limit).await;
        let keys: Vec<&[u8]> = found.iter().map(|(key, _)| key.as_slice()).collect();
        assert_eq!(keys, expected.iter().map(|key| key.as_bytes()).collect::<Vec<_>>(), "{run:?} {order:?} {limit}");
    }
}

/// A view moves from where it is, once; a change from elsewhere leaves everything as it is; cleared, it begins anew.
pub async fn moves_one_step_at_a_time(factory: &dyn Factory) {
    let store = factory.fresh().await;
    let views = store.views();
    let step = |from, to, key: &str| ViewChange {
        step: Some((Seq(from), Seq(to))),
        puts: vec![entry(key, "")],
        removes: Vec::new(),
    };
    let cases = [
        (0, 5, "a", true),
        (0, 5, "b", false),
        (4, 9, "c", false),
        (5, 6, "d", true),
        (6, 6, "e", true),
        (0, 1, "f", false),
    ];
    for (from, to, key, expected) in cases {
        assert_eq!(change(&*store, View::Directory, step(from, to, key)).await, expected, "from {from} to {to}");
    }
    assert_eq!(views.position(View::Directory).await.expect("it has one"), Seq(6));
    assert_eq!(views.position(View::Recorder).await.expect("it has one"), Seq(0));
    let kept = [entry("a", ""), entry("d", ""), entry("e", "")];
    assert_eq!(all(&*store, View::Directory).await, kept);
    views.clear(View::Recorder).await.expect("clearing works");
    let store = factory.reopen(store).await;
    assert_eq!(all(&*store, View::Directory).await, kept, "opened again");
    store.views().clear(View::Directory).await.expect("clearing works");
    assert_eq!(all(&*store, View::Directory).await, []);
    assert_eq!(store.views().position(View::Directory).await.expect("it has one"), Seq(0));
}

/// Of many that make the same step at once, one does.
pub async fn one_of_many_makes_a_step(factory: &dyn Factory) {
    let store = factory.fresh().await;
    for round in 0..5_u64 {
        let mut tasks = Vec::new();
        for n in 0..8 {
            let views = store.views();
            let puts = (0..20).map(|key| entry(&format!("{key:02}"), &format!("{round}/{n}"))).collect();
            let step = ViewChange { step: Some((Seq(round), Seq(round + 1))), puts, removes: Vec::new() };
            tasks.push(tokio::spawn(async move { views.change(View::Directory, step).await }));
        }
        let mut changed = 0;
        for task in tasks {
            changed += usize::from(task.await.expect("no panic").expect("changing works"));
        }
        assert_eq!(changed, 1);
        let values: Vec<Vec<u8>> = all(&*store, View::Directory).await.into_iter().map(|(_, value)| value).collect();
        assert!(values.len() == 20 && values.iter().all(|value| *value == values[0]), "{values:?}");
    }
}

/// Whoever watches the log learns of each commit.
pub async fn shows_the_end_of_the_log(factory: &dyn Factory) {
    let store = factory.fresh().await;
    let mut end = store.watch_log();
    for n in 1..=3 {
        record_new(&*store, &[Draft::new(n)]).await;
        let reached = tokio::time::timeout(WATCH_MAX, end.wait_for(|end| end.0 >= n)).await;
        assert_eq!(*reached.expect("it is told in time").expect("the store is open"), Seq(n));
    }
}

/// Identities are put, found from both sides, replaced and removed, and survive.
pub async fn keeps_identities(factory: &dyn Factory) {
    let store = factory.fresh().await;
    let identity = |agent: &str, person: &str| Identity { agent: agent_key(agent), person: agent_key(person) };
    let put = [identity("ana@work", "ana"), identity("anna", "ana"), identity("ben2", "ben")];
    store.change_identities(&[], &put).await.expect("changing works");
    let agents = ["ana", "anna", "ben2", "nobody"].map(agent_key);
    let mut found = store.find_identities(&agents).await.expect("finding works");
    found.sort();
    assert_eq!(found, [identity("anna", "ana"), identity("ben2", "ben")]);
    let person = |name: &'static str, limit| {
        let store = std::sync::Arc::clone(&store);
        async move { store.find_person(&agent_key(name), limit).await.expect("finding works") }
    };
    assert_eq!(person("ana", 9).await, [identity("ana@work", "ana"), identity("anna", "ana")]);
    assert_eq!(person("ana", 1).await.len(), 1);
    assert_eq!(person("anna", 9).await, []);
    store.change_identities(&[agent_key("anna"), agent_key("x")], &[identity("ben2", "ana")]).await.expect("it works");
    assert_eq!(person("ana", 9).await, [identity("ana@work", "ana"), identity("ben2", "ana")]);
    assert_eq!(person("ben", 9).await, []);
    let expected = person("ana", 9).await;
    let store = factory.reopen(std::sync::Arc::clone(&store)).await;
    assert_eq!(store.find_person(&agent_key("ana"), 9).await.expect("finding works"), expected);
}

/// Another LRS has views, watches and identities of its own.
pub async fn two_lrss_are_apart(factory: &dyn Factory) {
    let (one, other) = (factory.fresh().await, factory.fresh().await);
    let (own, watched) = (one.watch_log(), other.watch_log());
    assert!(change(&*one, View::Recorder, ViewChange { puts: vec![entry("a", "1")], ..ViewChange::default() }).await);
    one.change_identities(&[], &[Identity { agent: agent_key("a"), person: agent_key("b") }]).await.expect("it works");
    record_new(&*one, &[Draft::new(1)]).await;
    wait_until("the own log moves", async || own.borrow().0 == 1).await;
    assert_eq!(all(&*other, View::Recorder).await, []);
    assert_eq!(other.find_person(&agent_key("b"), 9).await.expect("finding works"), []);
    assert_eq!(*watched.borrow(), Seq(0));
}
