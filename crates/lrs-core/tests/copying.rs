//! Copying the people of a server: the record of what they did arrives once and in its order, whatever clocks say.

use std::sync::Arc;

use lrs_core::copy_accounts;
use lrs_sqlite::{Mode, Options, SqliteRegistry};
use lrs_store::{Accounts, AuditQuery, NewAuditEntry, SystemClock};
use tempfile::TempDir;
use xapi::Timestamp;

fn open(folder: &TempDir, name: &str) -> Arc<SqliteRegistry> {
    let path = folder.path().join(name);
    SqliteRegistry::open(&path, Mode::Server, Options::default(), Arc::new(SystemClock)).unwrap()
}

/// An act at an instant.
fn act(target: &str, when: i64) -> NewAuditEntry {
    NewAuditEntry {
        when: Timestamp(when),
        account: String::new(),
        who: "command line".to_owned(),
        from: "command line".to_owned(),
        act: "key.create".to_owned(),
        lrs: None,
        target: target.to_owned(),
        before: None,
        after: None,
    }
}

async fn record(registry: &SqliteRegistry, acts: &[NewAuditEntry]) {
    for act in acts {
        registry.change_accounts(Vec::new(), Some(act.clone())).await.unwrap();
    }
}

/// What was done, the oldest first.
async fn recorded(registry: &SqliteRegistry) -> Vec<NewAuditEntry> {
    let entries = registry.find_audit_entries(AuditQuery { limit: 10_000, ..AuditQuery::default() }).await.unwrap();
    entries.into_iter().rev().map(|it| it.entry).collect()
}

/// Runs of a copy: before each, what is done in the source and then, after it, in the target. At the end the target must have
/// everything in this order.
async fn check(runs: &[(&[NewAuditEntry], &[NewAuditEntry])]) {
    let folder = tempfile::tempdir().unwrap();
    let (source, target) = (open(&folder, "source"), open(&folder, "target"));
    let mut expected = Vec::new();
    for (in_source, in_target) in runs {
        record(&source, in_source).await;
        // Twice: the second copy has nothing to do.
        for _ in 0..2 {
            copy_accounts(&*source, &*target).await.unwrap();
        }
        record(&target, in_target).await;
        expected.extend_from_slice(in_source);
        expected.extend_from_slice(in_target);
    }
    assert_eq!(recorded(&target).await, expected);
}

#[tokio::test]
async fn a_source_whose_clock_was_set_back_loses_nothing_of_its_record() {
    check(&[
        (&[act("one", 500), act("two", 600)], &[]),
        (&[act("three", 100), act("four", 110), act("five", 700)], &[]),
    ])
    .await;
}

#[tokio::test]
async fn acts_in_the_target_between_two_copies_hide_none_of_the_source() {
    check(&[(&[act("one", 500)], &[act("own", 800)]), (&[act("two", 600)], &[]), (&[act("three", 900)], &[])]).await;
}

#[tokio::test]
async fn acts_that_look_alike_are_all_copied() {
    check(&[(&[act("same", 500)], &[]), (&[act("same", 500), act("same", 500)], &[])]).await;
}

#[tokio::test]
async fn a_long_record_goes_on_where_it_was() {
    let many: Vec<NewAuditEntry> = (0..450).map(|n| act(&format!("act-{n}"), 1_000 - n)).collect();
    check(&[(&many[..203], &[act("own", 2_000)]), (&many[203..], &[])]).await;
}

#[tokio::test]
async fn a_target_with_a_record_of_its_own_gets_that_of_the_source_behind_it() {
    let folder = tempfile::tempdir().unwrap();
    let (source, target) = (open(&folder, "source"), open(&folder, "target"));
    record(&target, &[act("own", 900)]).await;
    record(&source, &[act("one", 100), act("two", 200)]).await;
    copy_accounts(&*source, &*target).await.unwrap();
    assert_eq!(recorded(&target).await, [act("own", 900), act("one", 100), act("two", 200)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acts_of_a_source_that_goes_on_meanwhile_are_all_copied() {
    let folder = tempfile::tempdir().unwrap();
    let (source, target) = (open(&folder, "source"), open(&folder, "target"));
    let many: Vec<NewAuditEntry> = (0..300).map(|n| act(&format!("act-{n}"), n)).collect();
    let going_on = {
        let (source, many) = (Arc::clone(&source), many.clone());
        tokio::spawn(async move { record(&source, &many).await })
    };
    while !going_on.is_finished() {
        copy_accounts(&*source, &*target).await.unwrap();
    }
    going_on.await.unwrap();
    copy_accounts(&*source, &*target).await.unwrap();
    assert_eq!(recorded(&target).await, many);
}
