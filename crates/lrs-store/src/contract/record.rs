//! Recording: all or nothing, once by id, in order, durable.

use std::collections::HashSet;

use serde_json::Value;
use xapi::{StatementId, Timestamp};

use super::shared::{find_one, numbers, query, record, record_new, walk};
use super::{Draft, Factory, statement_id};
use crate::{Batch, Order, Recorded, Seq};

/// What is recorded is found by id and in the list, as it was sent, with `stored` added.
pub async fn comes_back_as_sent(factory: &dyn Factory) {
    let store = factory.fresh().await;
    let draft = Draft::new(1).note("ä \u{1F600} 1.50").parent("programme");
    let stored = record_new(&*store, std::slice::from_ref(&draft)).await;
    let found = find_one(&*store, statement_id(1), false).await.expect("it is stored");
    assert_eq!((found.seq, found.id, found.stored), (Seq(1), statement_id(1), stored));
    assert_eq!(found.body, xapi::with_stored(&draft.complete().body, stored));
    let body: Value = serde_json::from_slice(&found.body).expect("the body is JSON");
    assert_eq!(body["stored"], stored.to_string());
    assert_eq!(walk(&*store, &query(), 10).await, [found]);
}

/// Numbers and their spelling, odd texts, and bodies from small to large are not changed.
pub async fn keeps_every_byte_of_a_body(factory: &dyn Factory) {
    let store = factory.fresh().await;
    let long = "wide ".repeat(100_000);
    let bodies = [
        "{\"a\":1}".to_owned(),
        r#"{"result":{"score":{"raw":1.50,"max":1e2,"min":-0.0}}}"#.to_owned(),
        "{ \"a\" :\t\"\\u00e9\\ud83d\\ude00 é\" , \"a\\u0000b\": [ ] }".to_owned(),
        format!("{{\"response\":\"{long}\"}}"),
    ];
    for (n, body) in (1..).zip(&bodies) {
        let mut statement = Draft::new(n).complete();
        statement.body = body.clone().into_bytes();
        let batch = Batch { statements: vec![statement], attachments: Vec::new() };
        let Ok(Recorded::Stored { stored, new: 1 }) = store.record_statements(batch).await else {
            panic!("body {n} should be new");
        };
        let found = find_one(&*store, statement_id(n), false).await.expect("it is stored");
        assert!(found.body == xapi::with_stored(body.as_bytes(), stored), "body {n} was changed");
    }
}

/// A batch keeps its order, gets one `stored`, and positions without gaps.
pub async fn keeps_the_order_of_a_batch(factory: &dyn Factory) {
    let store = factory.fresh().await;
    let order = [5, 3, 9, 1, 7];
    let stored = record_new(&*store, &order.map(Draft::new)).await;
    let found = walk(&*store, &crate::Query { order: Order::Ascending, ..query() }, 2).await;
    assert_eq!(numbers(&found), order);
    assert_eq!(found.iter().map(|it| it.seq.0).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    assert!(found.iter().all(|it| it.stored == stored));
}

/// An empty batch is fine and changes nothing.
pub async fn takes_an_empty_batch(factory: &dyn Factory) {
    let store = factory.fresh().await;
    assert!(matches!(record(&*store, &[]).await, Recorded::Stored { new: 0, .. }));
    assert!(walk(&*store, &query(), 10).await.is_empty());
}

/// The same statement again is accepted and left as it is (Data 2.2), alone or among new ones.
pub async fn leaves_a_repeated_statement_as_it_is(factory: &dyn Factory) {
    let store = factory.fresh().await;
    record_new(&*store, &[Draft::new(1), Draft::new(2)]).await;
    let before = walk(&*store, &query(), 10).await;
    assert!(matches!(record(&*store, &[Draft::new(2)]).await, Recorded::Stored { new: 0, .. }));
    assert_eq!(walk(&*store, &query(), 10).await, before);
    let mixed = record(&*store, &[Draft::new(3), Draft::new(1), Draft::new(4)]).await;
    assert!(matches!(mixed, Recorded::Stored { new: 2, .. }), "{mixed:?}");
    let after = walk(&*store, &query(), 10).await;
    assert_eq!(numbers(&after), [4, 3, 2, 1]);
    assert_eq!(after[2..], before);
}

/// A timestamp that an LRS added says nothing: only two that were sent tell statements apart. That it was added is remembered.
pub async fn leaves_a_repeated_statement_with_another_added_timestamp(factory: &dyn Factory) {
    let added = |seconds| Draft::new(1).timestamp_added(seconds);
    let sent = |seconds| Draft::new(1).timestamp_sent(seconds);
    let cases: [(&str, Draft, Draft, bool); 7] = [
        ("added twice", added(0), added(5), true),
        ("added, then sent", added(0), sent(5), true),
        ("sent, then added", sent(0), added(5), true),
        ("sent twice, the same", sent(5), sent(5), true),
        ("sent twice", sent(0), sent(5), false),
        ("added twice, with other content", added(0), added(5).note("other"), false),
        ("sent, then added, with other content", sent(0), added(5).verb("saw"), false),
    ];
    for (case, first, again, same) in cases {
        let expected = if same { None } else { Some(Recorded::Conflict(vec![statement_id(1)])) };
        let check = |recorded: Recorded, new: usize, place: &str| match &expected {
            Some(conflict) => assert_eq!(recorded, *conflict, "{case}, {place}"),
            None => assert!(
                matches!(recorded, Recorded::Stored { new: n, .. } if n == new),
                "{case}, {place}: {recorded:?}"
            ),
        };
        let store = factory.fresh().await;
        check(record(&*store, &[first.clone(), again.clone()]).await, 1, "in one batch");
        let store = factory.fresh().await;
        record_new(&*store, std::slice::from_ref(&first)).await;
        let before = walk(&*store, &query(), 10).await;
        check(record(&*store, std::slice::from_ref(&again)).await, 0, "later");
        let store = factory.reopen(store).await;
        check(record(&*store, &[again]).await, 0, "after reopening");
        assert_eq!(walk(&*store, &query(), 10).await, before, "{case}: what is stored stays");
    }
}

/// One taken id refuses the whole batch, and all such ids are named.
pub async fn refuses_a_batch_with_a_taken_id_whole(factory: &dyn Factory) {
    let store = factory.fresh().await;
    record_new(&*store, &[Draft::new(1), Draft::new(2)]).await;
    let before = walk(&*store, &query(), 10).await;
    let batch = [Draft::new(3), Draft::new(2).note("other"), Draft::new(1).verb("saw"), Draft::new(4)];
    let Recorded::Conflict(ids) = record(&*store, &batch).await else { panic!("two ids are taken") };
    assert_eq!(ids.into_iter().collect::<HashSet<_>>(), HashSet::from([statement_id(1), statement_id(2)]));
    assert_eq!(walk(&*store, &query(), 10).await, before);
    assert_eq!(find_one(&*store, statement_id(3), false).await, None);
    assert_eq!(numbers(&walk(&*store, &query(), 10).await), [2, 1]);
    // What was refused can come again without the offender.
    record_new(&*store, &[Draft::new(3), Draft::new(4)]).await;
    assert_eq!(numbers(&walk(&*store, &query(), 10).await), [4, 3, 2, 1]);
}

/// One id twice in a batch: once when the content is the same, refused when it differs.
pub async fn judges_an_id_twice_in_one_batch(factory: &dyn Factory) {
    let store = factory.fresh().await;
    let outcome = record(&*store, &[Draft::new(1), Draft::new(2), Draft::new(1)]).await;
    assert!(matches!(outcome, Recorded::Stored { new: 2, .. }), "{outcome:?}");
    let outcome = record(&*store, &[Draft::new(3), Draft::new(3).note("other")]).await;
    assert_eq!(outcome, Recorded::Conflict(vec![statement_id(3)]));
    assert_eq!(numbers(&walk(&*store, &query(), 10).await), [2, 1]);
}

/// `stored` differs between commits and never goes back, though the clock stands still or goes back.
pub async fn stored_grows_with_every_commit(factory: &dyn Factory) {
    let store = factory.fresh().await;
    let first = record_new(&*store, &[Draft::new(1)]).await;
    factory.clock().freeze();
    let second = record_new(&*store, &[Draft::new(2)]).await;
    let third = record_new(&*store, &[Draft::new(3)]).await;
    factory.clock().set(Timestamp(first.0 - 60_000_000));
    let fourth = record_new(&*store, &[Draft::new(4)]).await;
    let store = factory.reopen(store).await;
    let fifth = record_new(&*store, &[Draft::new(5)]).await;
    let all = [first, second, third, fourth, fifth];
    assert!(all.is_sorted_by(|a, b| a < b), "{all:?}");
    let found = walk(&*store, &crate::Query { order: Order::Ascending, ..query() }, 2).await;
    assert_eq!(found.iter().map(|it| it.stored).collect::<Vec<_>>(), all);
}

/// Many writers at once: everything is there once, no batch is torn apart or half.
pub async fn keeps_batches_whole_under_concurrency(factory: &dyn Factory) {
    const WRITERS: u64 = 8;
    const BATCHES: u64 = 10;
    const SIZE: u64 = 7;
    let store = factory.fresh().await;
    let tasks = (0..WRITERS).map(|writer| {
        let store = store.clone();
        tokio::spawn(async move {
            for batch in 0..BATCHES {
                let first = (writer * BATCHES + batch) * SIZE;
                let drafts: Vec<_> = (first..first + SIZE).map(Draft::new).collect();
                record_new(&*store, &drafts).await;
                // A client reads its own writes at once.
                assert!(find_one(&*store, statement_id(first + SIZE - 1), false).await.is_some());
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.expect("no writer panics");
    }
    let found = walk(&*store, &crate::Query { order: Order::Ascending, ..query() }, 50).await;
    let numbers = numbers(&found);
    assert_eq!(numbers.len() as u64, WRITERS * BATCHES * SIZE);
    let size = usize::try_from(SIZE).expect("it is small");
    for batch in numbers.chunks(size) {
        assert_eq!(batch[0] % SIZE, 0, "a batch begins where it should");
        assert!(batch.is_sorted_by(|a, b| a + 1 == *b), "a batch lies together: {batch:?}");
    }
    assert!(found.is_sorted_by(|a, b| a.seq < b.seq && a.stored <= b.stored));
}

/// Of many that send different statements under one id at once, one wins, and the others are told.
pub async fn one_of_many_wins_an_id(factory: &dyn Factory) {
    let store = factory.fresh().await;
    let tasks: Vec<_> = (0..10)
        .map(|writer| {
            let store = store.clone();
            tokio::spawn(async move { record(&*store, &[Draft::new(1).note(&format!("writer {writer}"))]).await })
        })
        .collect();
    let mut won = 0;
    for task in tasks {
        match task.await.expect("no writer panics") {
            Recorded::Stored { new: 1, .. } => won += 1,
            Recorded::Conflict(ids) => assert_eq!(ids, [statement_id(1)]),
            other => panic!("neither won nor lost: {other:?}"),
        }
    }
    assert_eq!(won, 1);
    assert_eq!(walk(&*store, &query(), 10).await.len(), 1);
}

/// What was acknowledged is there after closing and opening, and ids stay taken.
pub async fn survives_reopening(factory: &dyn Factory) {
    let mut store = factory.fresh().await;
    for round in 0..4_u64 {
        let drafts: Vec<_> = (round * 10..round * 10 + 10).map(Draft::new).collect();
        record_new(&*store, &drafts).await;
        let before = walk(&*store, &query(), 7).await;
        store = factory.reopen(store).await;
        assert_eq!(walk(&*store, &query(), 7).await, before, "round {round}");
        assert!(matches!(record(&*store, &drafts).await, Recorded::Stored { new: 0, .. }));
        let other = record(&*store, &[Draft::new(round * 10).note("other")]).await;
        assert_eq!(other, Recorded::Conflict(vec![statement_id(round * 10)]));
    }
}

/// Ids of every kind are ids: all zeros, all ones, the same at the beginning or at the end.
pub async fn tells_similar_ids_apart(factory: &dyn Factory) {
    let store = factory.fresh().await;
    let ids = [0, u128::MAX, 1, 1 << 127, 1 << 64, u128::MAX - 1].map(|id| StatementId(uuid::Uuid::from_u128(id)));
    for (n, id) in (0..).zip(ids) {
        let mut statement = Draft::new(n).complete();
        statement.id = id;
        let batch = Batch { statements: vec![statement], attachments: Vec::new() };
        let outcome = store.record_statements(batch).await.expect("recording works");
        assert!(matches!(outcome, Recorded::Stored { new: 1, .. }), "{id}: {outcome:?}");
    }
    for (n, id) in (1..).zip(ids) {
        let found = find_one(&*store, id, false).await.expect("it is stored");
        assert_eq!((found.seq, found.id), (Seq(n), id));
    }
}

/// Two LRSs do not see each other.
pub async fn two_lrss_are_apart(factory: &dyn Factory) {
    let (one, other) = (factory.fresh().await, factory.fresh().await);
    record_new(&*one, &[Draft::new(1), Draft::new(2)]).await;
    record_new(&*other, &[Draft::new(1).note("other"), Draft::new(3)]).await;
    assert_eq!(numbers(&walk(&*one, &query(), 10).await), [2, 1]);
    assert_eq!(numbers(&walk(&*other, &query(), 10).await), [3, 1]);
    assert_eq!(find_one(&*one, statement_id(3), false).await, None);
}
