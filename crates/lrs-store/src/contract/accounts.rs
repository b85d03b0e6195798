//! Accounts, what lets people in, and the audit log: whole changes, in one process and as another process sees them.

use xapi::Timestamp;

use super::Factory;
use crate::{
    Account, AccountChange, AccountError, AccountId, AccountKey, AccountUpdate, Accounts, AuditQuery, Email,
    Invitation, KeyId, KeyUse, LearnerGroup, LrsName, NewAccount, NewAuditEntry, PasswordHash, Role, RoleGrant,
    SecretHash, Session, Token,
};

fn id(name: &str) -> AccountId {
    AccountId(name.to_owned())
}

fn email(name: &str) -> Email {
    Email::parse(&format!("{name}@example.org")).expect("the address is good")
}

fn school() -> LrsName {
    LrsName::parse("school").expect("the name is good")
}

fn new_account(name: &str, is_owner: bool) -> NewAccount {
    NewAccount {
        id: id(name),
        email: email(name),
        name: format!("{name} “Ü”"),
        password: Some(PasswordHash("$argon2id$".to_owned())),
        is_owner,
        created: Timestamp(5),
    }
}

fn session(secret: u8, account: &str, expires: i64) -> Session {
    let (created, last_used) = (Timestamp(10), Timestamp(10));
    Session { secret: SecretHash([secret; 32]), account: id(account), created, expires: Timestamp(expires), last_used }
}

fn entry(act: &str, target: &str) -> NewAuditEntry {
    NewAuditEntry {
        when: Timestamp(7),
        account: "olga".to_owned(),
        who: "Olga".to_owned(),
        from: "192.0.2.1".to_owned(),
        act: act.to_owned(),
        lrs: Some(school()),
        target: target.to_owned(),
        before: None,
        after: Some("{\"name\":\"Ümit\"}".to_owned()),
    }
}

async fn change(accounts: &dyn Accounts, changes: Vec<AccountChange>) {
    accounts.change_accounts(changes, None).await.expect("changing works");
}

async fn refuse(accounts: &dyn Accounts, changes: Vec<AccountChange>) -> AccountError {
    accounts.change_accounts(changes, Some(entry("refused", "nothing"))).await.expect_err("it must be refused")
}

async fn find(accounts: &dyn Accounts, name: &str) -> Option<Account> {
    accounts.find_account(AccountKey::Id(id(name))).await.expect("finding works")
}

/// A change of several steps happens whole with its entry, or not at all.
pub async fn change_whole_or_not_at_all(factory: &dyn Factory) {
    let (registry, _) = factory.registries().await;
    let missing = vec![
        AccountChange::CreateAccount(new_account("olga", true)),
        AccountChange::SetRoles(id("olga"), vec![RoleGrant { lrs: school(), role: Role::Viewer, groups: Vec::new() }]),
    ];
    assert!(matches!(refuse(&*registry, missing).await, AccountError::Missing("LRS")));
    assert_eq!(registry.count_accounts().await.expect("counting works"), 0);
    assert_eq!(find(&*registry, "olga").await, None);
    change(&*registry, vec![AccountChange::CreateAccount(new_account("olga", true))]).await;
    let taken = NewAccount { id: id("other"), ..new_account("olga", false) };
    assert!(matches!(refuse(&*registry, vec![AccountChange::CreateAccount(taken)]).await, AccountError::EmailTaken));
    for gone in [
        AccountChange::DeleteAccount(id("nobody")),
        AccountChange::UpdateAccount(id("nobody"), AccountUpdate::default()),
        AccountChange::SetRoles(id("nobody"), Vec::new()),
        AccountChange::DeleteInvitation("nothing".to_owned()),
        AccountChange::DeleteToken(id("olga"), "nothing".to_owned()),
        AccountChange::DeleteGroup(school(), "nothing".to_owned()),
        AccountChange::RevokeKey(KeyId("nothing".to_owned()), Timestamp(1)),
    ] {
        let refused = refuse(&*registry, vec![gone.clone()]).await;
        assert!(matches!(refused, AccountError::Missing(_)), "{gone:?}: {refused:?}");
    }
    let log = registry.find_audit_entries(AuditQuery { limit: 10, ..AuditQuery::default() }).await;
    assert_eq!(log.expect("reading works"), [], "what did not happen is not recorded");
    registry.close().await;
}

/// Accounts are found by each of their names, change member by member, and are listed by address.
pub async fn find_change_and_list(factory: &dyn Factory) {
    let (registry, other) = factory.registries().await;
    registry.create_lrs(&school()).await.expect("creating works");
    for name in ["olga", "ana", "zoe"] {
        change(&*registry, vec![AccountChange::CreateAccount(new_account(name, name == "olga"))]).await;
    }
    let roles = vec![RoleGrant { lrs: school(), role: Role::Instructor, groups: vec!["7\"b".to_owned()] }];
    let link =
        |account| AccountChange::LinkIdentity { issuer: "https://id".to_owned(), subject: "1".to_owned(), account };
    let update = AccountUpdate {
        name: Some("Ana".to_owned()),
        disabled: Some(Some(Timestamp(9))),
        last_sign_in: Some(Timestamp(8)),
        ..AccountUpdate::default()
    };
    let changes = vec![
        AccountChange::UpdateAccount(id("ana"), update),
        AccountChange::SetRoles(id("ana"), roles.clone()),
        link(id("zoe")),
        link(id("ana")),
    ];
    change(&*registry, changes).await;
    let expected = Account {
        account: NewAccount { name: "Ana".to_owned(), ..new_account("ana", false) },
        disabled: Some(Timestamp(9)),
        last_sign_in: Some(Timestamp(8)),
        roles,
    };
    let identity = AccountKey::Identity("https://id".to_owned(), "1".to_owned());
    for key in [AccountKey::Id(id("ana")), AccountKey::Email(email("ana")), identity] {
        for accounts in [&registry, &other] {
            assert_eq!(accounts.find_account(key.clone()).await.expect("finding works"), Some(expected.clone()));
        }
    }
    let list = async |within: Option<&[LrsName]>, after: Option<&str>, limit| {
        let after = after.map(email);
        let accounts = registry.list_accounts(within, after.as_ref(), limit).await.expect("listing works");
        accounts.into_iter().map(|it| it.account.id.0).collect::<Vec<_>>()
    };
    assert_eq!(list(None, None, 10).await, ["ana", "olga", "zoe"]);
    assert_eq!(list(None, Some("ana"), 1).await, ["olga"]);
    change(&*registry, vec![AccountChange::SetRoles(id("zoe"), expected.roles.clone())]).await;
    let elsewhere = LrsName::parse("elsewhere").expect("a name");
    let both = [school(), elsewhere.clone()];
    assert_eq!(list(Some(&both), None, 10).await, ["ana", "zoe"], "only those with a role in one of them");
    assert_eq!(list(Some(&both), None, 1).await, ["ana"]);
    assert_eq!(list(Some(&both), Some("ana"), 1).await, ["zoe"], "whoever is in between does not count");
    for nothing in [&[elsewhere][..], &[]] {
        assert!(list(Some(nothing), None, 10).await.is_empty(), "nobody has a role there: {nothing:?}");
    }
    registry.delete_lrs(&school()).await.expect("deleting works");
    assert_eq!(find(&*registry, "ana").await.map(|it| it.roles), Some(Vec::new()));
    registry.close().await;
    other.close().await;
}

/// What providers call an account is listed by issuer and subject, goes over to another account, and goes with its own.
pub async fn links_to_providers(factory: &dyn Factory) {
    let (registry, other) = factory.registries().await;
    for name in ["olga", "ana", "zoe"] {
        change(&*registry, vec![AccountChange::CreateAccount(new_account(name, name == "olga"))]).await;
    }
    let pair = |issuer: &str, subject: &str| (issuer.to_owned(), subject.to_owned());
    let link = |account: &str, issuer: &str, subject: &str| {
        let ((issuer, subject), account) = (pair(issuer, subject), id(account));
        AccountChange::LinkIdentity { issuer, subject, account }
    };
    let unlink = |account: &str, issuer: &str, subject: &str| {
        let ((issuer, subject), account) = (pair(issuer, subject), id(account));
        AccountChange::UnlinkIdentity { issuer, subject, account }
    };
    // In the order of bytes, where languages would put small letters beside capital ones.
    let texts = [("https://B", "1"), ("https://a", "Z"), ("https://a", "a"), ("https://a", "é")];
    let links = texts.iter().rev().map(|(issuer, subject)| link("ana", issuer, subject));
    change(&*registry, links.chain([link("zoe", "https://c", "1")]).collect()).await;
    let list = async |name: &str| {
        let mut listed = Vec::new();
        for accounts in [&registry, &other] {
            listed.push(accounts.list_linked_identities(&id(name)).await.expect("listing works"));
        }
        assert_eq!(listed[0], listed[1], "of {name} in both");
        listed.swap_remove(0)
    };
    assert_eq!(list("ana").await, texts.map(|(issuer, subject)| pair(issuer, subject)));
    assert_eq!(list("zoe").await, [pair("https://c", "1")]);
    assert_eq!(list("olga").await, []);

    let changes = vec![
        unlink("ana", "https://a", "Z"),
        unlink("ana", "https://a", "Z"),
        unlink("ana", "https://c", "1"),
        link("zoe", "https://a", "é"),
        unlink("ana", "https://a", "é"),
    ];
    change(&*other, changes).await;
    assert_eq!(list("ana").await, [pair("https://B", "1"), pair("https://a", "a")]);
    assert_eq!(list("zoe").await, [pair("https://a", "é"), pair("https://c", "1")], "links of others stay");
    let found = registry.find_account(AccountKey::Identity("https://a".to_owned(), "Z".to_owned())).await;
    assert_eq!(found.expect("finding works"), None);
    change(&*registry, vec![AccountChange::DeleteAccount(id("zoe"))]).await;
    assert_eq!(list("zoe").await, []);
    registry.close().await;
    other.close().await;
}

/// Someone always owns the server, whatever is tried and by however many at once.
pub async fn last_owner_stays(factory: &dyn Factory) {
    let (registry, other) = factory.registries().await;
    for name in ["olga", "otto"] {
        change(&*registry, vec![AccountChange::CreateAccount(new_account(name, true))]).await;
    }
    let leave = |name| vec![AccountChange::DeleteAccount(id(name))];
    let both = tokio::join!(registry.change_accounts(leave("olga"), None), other.change_accounts(leave("otto"), None));
    let refused = [both.0, both.1].into_iter().filter_map(Result::err).collect::<Vec<_>>();
    assert!(matches!(refused.as_slice(), [AccountError::LastOwner]), "{refused:?}");
    let name = if find(&*registry, "olga").await.is_some() { "olga" } else { "otto" };
    for update in [
        AccountUpdate { is_owner: Some(false), ..AccountUpdate::default() },
        AccountUpdate { disabled: Some(Some(Timestamp(1))), ..AccountUpdate::default() },
    ] {
        let refused = refuse(&*registry, vec![AccountChange::UpdateAccount(id(name), update)]).await;
        assert!(matches!(refused, AccountError::LastOwner));
    }
    registry.close().await;
    other.close().await;
}

/// Links work once; sessions and tokens come back as they were made, and go with their account.
pub async fn what_lets_people_in(factory: &dyn Factory) {
    let (registry, other) = factory.registries().await;
    let (old, new) = (SecretHash([1; 32]), SecretHash([2; 32]));
    change(&*registry, vec![AccountChange::OfferSetup(old)]).await;
    change(&*other, vec![AccountChange::OfferSetup(new)]).await;
    assert!(matches!(refuse(&*registry, vec![AccountChange::UseSetup(old)]).await, AccountError::StaleLink));
    change(&*registry, vec![AccountChange::UseSetup(new), AccountChange::CreateAccount(new_account("olga", true))])
        .await;
    change(&*registry, vec![AccountChange::OfferSetup(old)]).await;
    assert!(matches!(refuse(&*registry, vec![AccountChange::UseSetup(old)]).await, AccountError::StaleLink));

    let invitation = |name: &str, secret: u8| Invitation {
        id: name.to_owned(),
        secret: SecretHash([secret; 32]),
        email: email("ana"),
        roles: Vec::new(),
        is_owner: true,
        invited_by: "Olga".to_owned(),
        created: Timestamp(1),
        expires: Timestamp(100),
    };
    for (name, secret) in [("first", 3), ("second", 4)] {
        change(&*registry, vec![AccountChange::CreateInvitation(invitation(name, secret))]).await;
    }
    assert_eq!(registry.list_invitations().await.expect("listing works"), [invitation("second", 4)]);
    let use_up = |secret: u8, now: i64| vec![AccountChange::UseInvitation(SecretHash([secret; 32]), Timestamp(now))];
    for (secret, now) in [(3, 50), (4, 100)] {
        assert!(matches!(refuse(&*registry, use_up(secret, now)).await, AccountError::StaleLink));
    }
    change(&*other, use_up(4, 99)).await;
    assert!(matches!(refuse(&*registry, use_up(4, 99)).await, AccountError::StaleLink));

    let token = Token {
        id: "t".to_owned(),
        secret: SecretHash([5; 32]),
        account: id("olga"),
        name: "script".to_owned(),
        created: Timestamp(1),
        expires: Some(Timestamp(9)),
        last_used: None,
    };
    let first = session(6, "olga", 20);
    let start = vec![AccountChange::CreateToken(token.clone()), AccountChange::CreateSession(first.clone())];
    change(&*registry, start).await;
    let touch = vec![
        AccountChange::TouchToken("t".to_owned(), Timestamp(3)),
        AccountChange::TouchSession { secret: first.secret, last_used: Timestamp(15), expires: Timestamp(25) },
    ];
    change(&*other, touch).await;
    let found = registry.find_session(&first.secret).await.expect("finding works");
    assert_eq!(found, Some(Session { last_used: Timestamp(15), expires: Timestamp(25), ..first.clone() }));
    let touched = Token { last_used: Some(Timestamp(3)), ..token };
    assert_eq!(registry.find_token(&touched.secret).await.expect("finding works"), Some(touched.clone()));
    assert_eq!(registry.list_tokens(&id("olga")).await.expect("listing works"), std::slice::from_ref(&touched));
    // A later session takes those along whose time is over.
    let late = Session { last_used: Timestamp(30), ..session(7, "olga", 90) };
    change(&*registry, vec![AccountChange::CreateSession(late.clone())]).await;
    assert_eq!(registry.find_session(&first.secret).await.expect("finding works"), None);
    let link = session(8, "olga", 90);
    let use_link = |now: i64| vec![AccountChange::UseSession(link.secret, Timestamp(now))];
    change(&*registry, vec![AccountChange::CreateSession(link.clone())]).await;
    assert!(matches!(refuse(&*registry, use_link(90)).await, AccountError::StaleLink));
    change(&*other, use_link(89)).await;
    assert!(matches!(refuse(&*registry, use_link(89)).await, AccountError::StaleLink));
    let successor =
        vec![AccountChange::CreateAccount(new_account("otto", true)), AccountChange::DeleteAccount(id("olga"))];
    change(&*registry, successor).await;
    assert_eq!(registry.find_session(&late.secret).await.expect("finding works"), None);
    assert_eq!(registry.find_token(&touched.secret).await.expect("finding works"), None);
    registry.close().await;
    other.close().await;
}

/// Groups are replaced by their id, and listed by name within their LRS.
pub async fn groups(factory: &dyn Factory) {
    let (registry, _) = factory.registries().await;
    let group = |id: &str, name: &str| LearnerGroup {
        lrs: school(),
        id: id.to_owned(),
        name: name.to_owned(),
        members: vec!["mailto:ana@example.org".to_owned(), "https://x.org|\"ana\"".to_owned()],
    };
    let put = |group: LearnerGroup| vec![AccountChange::PutGroup(group)];
    assert!(matches!(refuse(&*registry, put(group("1", "a"))).await, AccountError::Missing("LRS")));
    registry.create_lrs(&school()).await.expect("creating works");
    for (id, name) in [("1", "b"), ("2", "a"), ("1", "c")] {
        change(&*registry, put(group(id, name))).await;
    }
    assert_eq!(registry.list_groups(&school()).await.expect("listing works"), [group("2", "a"), group("1", "c")]);
    change(&*registry, vec![AccountChange::DeleteGroup(school(), "2".to_owned())]).await;
    assert_eq!(registry.list_groups(&school()).await.expect("listing works"), [group("1", "c")]);
    registry.close().await;
}

/// Uses of a key add up, from any process; those of an unknown key are left out.
pub async fn key_uses_add_up(factory: &dyn Factory) {
    let (registry, other) = factory.registries().await;
    registry.create_lrs(&school()).await.expect("creating works");
    let key = super::registry::new_key("k", "school");
    registry.create_key(key).await.expect("creating works");
    let key_use = |name: &str, at: i64| KeyUse {
        key: KeyId(name.to_owned()),
        last_used: Timestamp(at),
        client: format!("client {at}"),
        statements: 2,
        refused: 1,
    };
    registry.add_key_uses(vec![key_use("nobody", 1), key_use("k", 1_000_000)]).await.expect("adding works");
    other.add_key_uses(vec![key_use("k", 9_000_000)]).await.expect("adding works");
    let usages = registry.list_key_usages(&school()).await.expect("listing works");
    let [(found, usage)] = usages.as_slice() else { panic!("{usages:?}") };
    assert_eq!((found.0.as_str(), usage.statements, usage.refused, usage.usual_pause_s), ("k", 4, 2, 8));
    assert_eq!((usage.last_client.as_str(), usage.days_used), ("client 9000000", 1));
    registry.close().await;
    other.close().await;
}

/// The audit log keeps the order of changes, and answers each question newest first.
pub async fn audit_log_in_order(factory: &dyn Factory) {
    let (registry, other) = factory.registries().await;
    for (number, accounts) in [&registry, &other, &registry].into_iter().enumerate() {
        let entry = entry("key.create", &number.to_string());
        accounts.change_accounts(Vec::new(), Some(entry)).await.expect("recording works");
    }
    let all = AuditQuery { limit: 10, ..AuditQuery::default() };
    let ask = async |query: AuditQuery| {
        let entries = registry.find_audit_entries(query).await.expect("reading works");
        entries.into_iter().map(|it| it.entry.target).collect::<Vec<_>>()
    };
    assert_eq!(ask(all.clone()).await, ["2", "1", "0"]);
    let full = registry.find_audit_entries(AuditQuery { limit: 1, ..all.clone() }).await.expect("reading works");
    assert_eq!(full[0].entry, entry("key.create", "2"));
    assert_eq!(ask(AuditQuery { before_seq: Some(full[0].seq), ..all.clone() }).await, ["1", "0"]);
    let text = |text: &str| AuditQuery { text: Some(text.to_owned()), ..all.clone() };
    for (query, count) in [
        (text("\"NAME\":"), 3),
        (text("OLGA"), 3),
        (text("olga%"), 0),
        (AuditQuery { act: Some("key".to_owned()), ..all.clone() }, 3),
        (AuditQuery { act: Some("ke".to_owned()), ..all.clone() }, 0),
        (AuditQuery { account: Some("ana".to_owned()), ..all.clone() }, 0),
        (AuditQuery { since: Some(Timestamp(7)), ..all.clone() }, 3),
        (AuditQuery { until: Some(Timestamp(7)), ..all.clone() }, 0),
        (AuditQuery { lrs: Some(school()), ..all.clone() }, 3),
    ] {
        assert_eq!(ask(query.clone()).await.len(), count, "{query:?}");
    }
    registry.close().await;
    other.close().await;
}

/// A key's secret can be replaced: the old one is remembered until its time is over, and another process follows.
pub async fn rotates_keys(factory: &dyn Factory) {
    let (registry, other) = factory.registries().await;
    registry.create_lrs(&school()).await.expect("creating works");
    let key = super::registry::new_key("k", "school");
    let now = Timestamp(77);
    change(&*registry, vec![AccountChange::CreateKey(key.clone(), now)]).await;
    let taken = refuse(&*registry, vec![AccountChange::CreateKey(key.clone(), now)]).await;
    assert!(matches!(taken, AccountError::KeyExists));
    let secret = SecretHash([8; 32]);
    let rotate = AccountChange::RotateKey { key: key.id.clone(), secret, old_until: Timestamp(99) };
    change(&*other, vec![rotate]).await;
    super::shared::wait_until("the new secret is known", || async {
        let found = registry.find_key(&key.id).await.expect("finding works");
        found.is_some_and(|it| it.key.secret == secret)
    })
    .await;
    let found = registry.find_key(&key.id).await.expect("finding works").expect("it is there");
    let old = found.old_secret.expect("the old one is remembered");
    assert_eq!((found.created, old.secret, old.until), (now, key.secret, Timestamp(99)));
    registry.close().await;
    other.close().await;
}
