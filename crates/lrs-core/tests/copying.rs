//! Copying the people of a server: the record of what they did arrives once and in its order, whatever clocks say, and by what OpenID
//! providers call someone is what it is in the source.

use std::sync::Arc;

use lrs_core::copy_accounts;
use lrs_sqlite::{Mode, Options, SqliteRegistry};
use lrs_store::{
    AccountChange, AccountId, AccountKey, Accounts, AuditQuery, Email, NewAccount, NewAuditEntry, SystemClock,
};
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

async fn change(registry: &SqliteRegistry, changes: Vec<AccountChange>) {
    registry.change_accounts(changes, None).await.unwrap();
}

fn create(name: &str) -> AccountChange {
    AccountChange::CreateAccount(NewAccount {
        id: AccountId(name.to_owned()),
        email: Email::parse(&format!("{name}@example.org")).unwrap(),
        name: name.to_owned(),
        password: None,
        is_owner: name == "olga",
        created: Timestamp(5),
    })
}

fn link(subject: &str, account: &str) -> AccountChange {
    let (issuer, subject) = ("https://id.example.org".to_owned(), subject.to_owned());
    AccountChange::LinkIdentity { issuer, subject, account: AccountId(account.to_owned()) }
}

fn unlink(subject: &str, account: &str) -> AccountChange {
    let (issuer, subject) = ("https://id.example.org".to_owned(), subject.to_owned());
    AccountChange::UnlinkIdentity { issuer, subject, account: AccountId(account.to_owned()) }
}

#[tokio::test]
async fn whom_providers_know_gets_into_the_copy_as_into_the_source() {
    let folder = tempfile::tempdir().unwrap();
    let (source, target) = (open(&folder, "source"), open(&folder, "target"));
    let names = ["olga", "ana", "zoe"];
    change(&source, names.map(create).into()).await;
    // Made in the copy, whose people are nobody's to change.
    change(&target, vec![create("own"), link("own", "own")]).await;
    let copy_and_look = async || {
        let mut seen = Vec::new();
        for _ in 0..2 {
            copy_accounts(&*source, &*target).await.unwrap();
            let mut links = Vec::new();
            for name in ["ana", "olga", "own", "zoe"] {
                for (issuer, subject) in target.list_linked_identities(&AccountId(name.to_owned())).await.unwrap() {
                    let key = AccountKey::Identity(issuer, subject.clone());
                    let account = target.find_account(key).await.unwrap().unwrap().account.id.0;
                    assert_eq!(account, name);
                    links.push(format!("{subject} {account}"));
                }
            }
            seen.push(links);
        }
        assert_eq!(seen[0], seen[1], "the second copy has nothing to do");
        seen.swap_remove(0)
    };
    change(&source, vec![link("1", "ana"), link("2", "ana"), link("3", "zoe"), link("4", "olga")]).await;
    assert_eq!(copy_and_look().await, ["1 ana", "2 ana", "4 olga", "own own", "3 zoe"]);

    // Two go over to other accounts, each way, and one ends.
    change(&source, vec![link("2", "zoe"), link("3", "ana"), unlink("4", "olga")]).await;
    assert_eq!(copy_and_look().await, ["1 ana", "3 ana", "own own", "2 zoe"]);
}
