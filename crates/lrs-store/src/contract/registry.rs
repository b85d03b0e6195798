//! LRSs and keys, in one process and as another process changes them.

use std::sync::Arc;

use xapi::Timestamp;

use super::shared::{check_unavailable, numbers, query, record_new, wait_until, walk};
use super::{Draft, Factory};
use crate::{Key, KeyChange, KeyId, Lrs, LrsName, NewKey, OldSecret, Registry, RegistryError, Scope, SecretHash};

fn lrs(name: &str) -> LrsName {
    LrsName::parse(name).expect("the name is good")
}

fn key_id(id: &str) -> KeyId {
    KeyId(id.to_owned())
}

pub(super) fn new_key(id: &str, name: &str) -> NewKey {
    NewKey {
        id: key_id(id),
        secret: SecretHash([7; 32]),
        lrs: lrs(name),
        scopes: vec![Scope::StatementsWrite, Scope::StatementsReadMine],
        label: "Moodle “2”".to_owned(),
        authority: format!("{{\"mbox\":\"mailto:{id}@example.org\"}}"),
        expires: Some(Timestamp(1_900_000_000_000_000)),
        requests_per_second_max: Some(50),
    }
}

async fn names(registry: &dyn Registry) -> Vec<String> {
    registry.list_lrss().await.expect("listing works").into_iter().map(|it| it.name.to_string()).collect()
}

async fn find(registry: &dyn Registry, id: &str) -> Option<Key> {
    registry.find_key(&key_id(id)).await.expect("finding works")
}

/// LRSs are created once, listed by name, and each has its own content.
pub async fn creates_lrss(factory: &dyn Factory) {
    let (registry, _) = factory.registries().await;
    assert!(names(&*registry).await.is_empty());
    for name in ["school", "0-archive", "lab_2"] {
        assert_eq!(registry.create_lrs(&lrs(name)).await.expect("creating works").name, lrs(name));
    }
    assert_eq!(names(&*registry).await, ["0-archive", "lab_2", "school"]);
    let again = registry.create_lrs(&lrs("school")).await;
    assert!(matches!(again, Err(RegistryError::LrsExists(name)) if name == lrs("school")));
    let missing = registry.open_lrs(&lrs("nowhere")).await;
    assert!(matches!(missing, Err(RegistryError::NoSuchLrs(name)) if name == lrs("nowhere")));
    let school = registry.open_lrs(&lrs("school")).await.expect("opening works");
    let lab = registry.open_lrs(&lrs("lab_2")).await.expect("opening works");
    record_new(&*school, &[Draft::new(1)]).await;
    assert!(walk(&*lab, &query(), 10).await.is_empty());
    let same = registry.open_lrs(&lrs("school")).await.expect("opening works");
    assert_eq!(numbers(&walk(&*same, &query(), 10).await), [1]);
    let open: Vec<_> = registry.open_lrss().await.into_iter().map(|(name, _)| name.to_string()).collect();
    assert_eq!(open, ["lab_2", "school"]);
    registry.close().await;
}

/// Many that open one LRS at once get one store.
pub async fn opens_an_lrs_once(factory: &dyn Factory) {
    let (registry, _) = factory.registries().await;
    registry.create_lrs(&lrs("school")).await.expect("creating works");
    let openers: Vec<_> = (0..10)
        .map(|_| {
            let registry = Arc::clone(&registry);
            tokio::spawn(async move { registry.open_lrs(&lrs("school")).await.expect("opening works") })
        })
        .collect();
    let mut stores = Vec::new();
    for opener in openers {
        stores.push(opener.await.expect("no opener panics"));
    }
    assert!(stores.iter().all(|store| Arc::ptr_eq(store, &stores[0])));
    registry.close().await;
}

/// A deleted LRS is closed and gone with its keys; its name can be used again and is empty then.
pub async fn deletes_lrss(factory: &dyn Factory) {
    let (registry, _) = factory.registries().await;
    for name in ["school", "other"] {
        registry.create_lrs(&lrs(name)).await.expect("creating works");
        registry.create_key(new_key(&format!("key-{name}"), name)).await.expect("creating works");
    }
    let store = registry.open_lrs(&lrs("school")).await.expect("opening works");
    record_new(&*store, &[Draft::new(1)]).await;
    registry.delete_lrs(&lrs("school")).await.expect("deleting works");
    check_unavailable("a deleted LRS", store.find_statements(query()).await);
    assert_eq!(names(&*registry).await, ["other"]);
    assert_eq!(find(&*registry, "key-school").await, None);
    assert!(find(&*registry, "key-other").await.is_some());
    for missing in [registry.open_lrs(&lrs("school")).await.map(drop), registry.delete_lrs(&lrs("school")).await] {
        assert!(matches!(missing, Err(RegistryError::NoSuchLrs(_))));
    }
    registry.create_lrs(&lrs("school")).await.expect("the name is free");
    let store = registry.open_lrs(&lrs("school")).await.expect("opening works");
    assert!(walk(&*store, &query(), 10).await.is_empty());
    record_new(&*store, &[Draft::new(1).note("other")]).await;
    assert_eq!(find(&*registry, "key-school").await, None);
    registry.close().await;
}

/// A key comes back as it was made, and opens only an LRS that exists.
pub async fn creates_keys(factory: &dyn Factory) {
    let (registry, _) = factory.registries().await;
    registry.create_lrs(&lrs("school")).await.expect("creating works");
    let plain =
        NewKey { expires: None, requests_per_second_max: None, label: String::new(), ..new_key("plain", "school") };
    for key in [new_key("full", "school"), plain] {
        let created = registry.create_key(key.clone()).await.expect("creating works");
        assert_eq!((&created.key, created.revoked), (&key, None));
        assert_eq!(find(&*registry, &key.id.0).await, Some(created));
    }
    let every_scope = NewKey { scopes: Scope::NAMES.map(|(scope, _)| scope).to_vec(), ..new_key("all", "school") };
    registry.create_key(every_scope.clone()).await.expect("creating works");
    assert_eq!(find(&*registry, "all").await.map(|it| it.key.scopes), Some(every_scope.scopes));
    let taken = registry.create_key(new_key("full", "school")).await;
    assert!(matches!(taken, Err(RegistryError::KeyExists(id)) if id == key_id("full")));
    let lost = registry.create_key(new_key("lost", "nowhere")).await;
    assert!(matches!(lost, Err(RegistryError::NoSuchLrs(name)) if name == lrs("nowhere")));
    for unknown in ["lost", "FULL", "", "full ", "' OR 1=1 --"] {
        assert_eq!(find(&*registry, unknown).await, None, "{unknown:?}");
    }
    registry.close().await;
}

/// Keys are listed as they were created, of one LRS or all, revoked ones too.
pub async fn lists_keys(factory: &dyn Factory) {
    let (registry, _) = factory.registries().await;
    for name in ["one", "two"] {
        registry.create_lrs(&lrs(name)).await.expect("creating works");
    }
    for (id, name) in [("z", "one"), ("a", "two"), ("m", "one")] {
        registry.create_key(new_key(id, name)).await.expect("creating works");
    }
    registry.revoke_key(&key_id("z")).await.expect("revoking works");
    for (name, expected) in [(None, &["z", "a", "m"][..]), (Some("one"), &["z", "m"]), (Some("none"), &[])] {
        let name = name.map(lrs);
        let keys = registry.list_keys(name.as_ref()).await.expect("listing works");
        assert_eq!(keys.iter().map(|it| it.key.id.0.as_str()).collect::<Vec<_>>(), expected, "{name:?}");
    }
    registry.close().await;
}

/// Limits change one by one; what is not named stays.
pub async fn changes_keys(factory: &dyn Factory) {
    let (registry, _) = factory.registries().await;
    registry.create_lrs(&lrs("school")).await.expect("creating works");
    let mut expected = registry.create_key(new_key("k", "school")).await.expect("creating works");
    let later = Some(Timestamp(1_950_000_000_000_000));
    let changes = [
        KeyChange { scopes: Some(vec![Scope::All]), ..KeyChange::default() },
        KeyChange { expires: Some(None), ..KeyChange::default() },
        KeyChange { expires: Some(later), requests_per_second_max: Some(Some(9)), ..KeyChange::default() },
        KeyChange { requests_per_second_max: Some(None), ..KeyChange::default() },
        KeyChange::default(),
    ];
    for change in changes {
        if let Some(scopes) = &change.scopes {
            expected.key.scopes.clone_from(scopes);
        }
        expected.key.expires = change.expires.unwrap_or(expected.key.expires);
        expected.key.requests_per_second_max =
            change.requests_per_second_max.unwrap_or(expected.key.requests_per_second_max);
        let answer = registry.change_key(&key_id("k"), change.clone()).await.expect("changing works");
        assert_eq!(answer, expected, "{change:?}");
        assert_eq!(find(&*registry, "k").await, Some(answer));
    }
    let missing = registry.change_key(&key_id("other"), KeyChange::default()).await;
    assert!(matches!(missing, Err(RegistryError::NoSuchKey(id)) if id == key_id("other")));
    registry.close().await;
}

/// Revoking is for good and keeps its first instant.
pub async fn revokes_keys(factory: &dyn Factory) {
    let (registry, _) = factory.registries().await;
    registry.create_lrs(&lrs("school")).await.expect("creating works");
    registry.create_key(new_key("k", "school")).await.expect("creating works");
    let revoked = registry.revoke_key(&key_id("k")).await.expect("revoking works");
    assert!(revoked.revoked.is_some());
    assert_eq!(registry.revoke_key(&key_id("k")).await.expect("revoking works"), revoked);
    assert_eq!(find(&*registry, "k").await, Some(revoked));
    let missing = registry.revoke_key(&key_id("other")).await;
    assert!(matches!(missing, Err(RegistryError::NoSuchKey(_))));
    registry.close().await;
}

/// What another process did to a key a moment ago is known at once to whoever asks for it as it is now.
pub async fn tells_keys_as_they_are_now(factory: &dyn Factory) {
    let (server, tool) = factory.registries().await;
    tool.create_lrs(&lrs("school")).await.expect("creating works");
    let now = async || server.find_key_now(&key_id("k")).await.expect("finding works");
    assert_eq!(now().await, None);
    let created = tool.create_key(new_key("k", "school")).await.expect("creating works");
    assert_eq!(now().await, Some(created));
    for rate in 1..20 {
        let change = KeyChange { requests_per_second_max: Some(Some(rate)), ..KeyChange::default() };
        let changed = tool.change_key(&key_id("k"), change).await.expect("changing works");
        assert_eq!(now().await, Some(changed), "change {rate}");
    }
    let revoked = tool.revoke_key(&key_id("k")).await.expect("revoking works");
    assert_eq!(now().await, Some(revoked.clone()));
    assert_eq!(find(&*server, "k").await, Some(revoked), "and from then on to everybody");
    server.close().await;
    tool.close().await;
}

/// What another process does to LRSs and keys takes effect without a restart.
pub async fn follows_another_process(factory: &dyn Factory) {
    let (server, tool) = factory.registries().await;
    tool.create_lrs(&lrs("school")).await.expect("creating works");
    tool.create_key(new_key("k", "school")).await.expect("creating works");
    wait_until("the server knows the key", || async { find(&*server, "k").await.is_some() }).await;
    let store = server.open_lrs(&lrs("school")).await.expect("opening works");
    record_new(&*store, &[Draft::new(1)]).await;
    let change = KeyChange { scopes: Some(vec![Scope::AllRead]), ..KeyChange::default() };
    tool.change_key(&key_id("k"), change).await.expect("changing works");
    wait_until("the server knows the scope", || async {
        find(&*server, "k").await.is_some_and(|key| key.key.scopes == [Scope::AllRead])
    })
    .await;
    tool.revoke_key(&key_id("k")).await.expect("revoking works");
    wait_until("the server knows the revocation", || async {
        find(&*server, "k").await.is_some_and(|key| key.revoked.is_some())
    })
    .await;
    server.create_key(new_key("second", "school")).await.expect("creating works");
    wait_until("the other process knows the key", || async { find(&*tool, "second").await.is_some() }).await;
    server.close().await;
    tool.close().await;
}

/// LRSs and keys are written as they are elsewhere, with their instants and hashes; again, as they are by then.
pub async fn restores_lrss_and_keys(factory: &dyn Factory) {
    let (registry, _) = factory.registries().await;
    let school = Lrs { name: lrs("school"), created: Timestamp(17) };
    for created in [17, 18] {
        registry.restore_lrs(&Lrs { created: Timestamp(created), ..school.clone() }).await.expect("restoring works");
        assert_eq!(registry.list_lrss().await.expect("listing works"), std::slice::from_ref(&school));
    }
    let store = registry.open_lrs(&lrs("school")).await.expect("opening works");
    assert!(walk(&*store, &query(), 10).await.is_empty());
    let mut key = Key { key: new_key("k", "school"), created: Timestamp(19), revoked: None, old_secret: None };
    let lost = registry.restore_key(&Key { key: new_key("lost", "nowhere"), ..key.clone() }).await;
    assert!(matches!(lost, Err(RegistryError::NoSuchLrs(name)) if name == lrs("nowhere")));
    registry.restore_key(&key).await.expect("restoring works");
    assert_eq!(find(&*registry, "k").await.as_ref(), Some(&key));
    key.revoked = Some(Timestamp(20));
    key.old_secret = Some(OldSecret { secret: SecretHash([9; 32]), until: Timestamp(21) });
    key.key = NewKey { secret: SecretHash([8; 32]), scopes: vec![Scope::All], expires: None, ..key.key };
    registry.restore_key(&key).await.expect("restoring works");
    assert_eq!(find(&*registry, "k").await.as_ref(), Some(&key));
    registry.restore_lrs(&Lrs { name: lrs("other"), created: Timestamp(21) }).await.expect("restoring works");
    let taken = registry.restore_key(&Key { key: new_key("k", "other"), ..key.clone() }).await;
    assert!(matches!(taken, Err(RegistryError::KeyExists(id)) if id == key_id("k")));
    assert_eq!(registry.list_keys(None).await.expect("listing works"), [key]);
    registry.close().await;
}

/// An LRS that another process deletes is closed here; when the other process creates it again it is a new one.
pub async fn follows_a_deletion(factory: &dyn Factory) {
    let (server, tool) = factory.registries().await;
    server.create_lrs(&lrs("school")).await.expect("creating works");
    server.create_key(new_key("k", "school")).await.expect("creating works");
    let store = server.open_lrs(&lrs("school")).await.expect("opening works");
    record_new(&*store, &[Draft::new(1)]).await;
    wait_until("the other process knows the LRS", || async { !names(&*tool).await.is_empty() }).await;
    tool.delete_lrs(&lrs("school")).await.expect("deleting works");
    assert!(names(&*tool).await.is_empty());
    tool.create_lrs(&lrs("school")).await.expect("the name is free again");
    assert_eq!(names(&*tool).await, ["school"]);
    check_unavailable("the deleted LRS", store.find_statements(query()).await);
    wait_until("the server opens the new LRS", || async {
        let opened = server.open_lrs(&lrs("school")).await;
        opened.is_ok_and(|new| !Arc::ptr_eq(&new, &store))
    })
    .await;
    let new = server.open_lrs(&lrs("school")).await.expect("opening works");
    assert!(walk(&*new, &query(), 10).await.is_empty());
    wait_until("the key is gone", || async { find(&*server, "k").await.is_none() }).await;
    server.close().await;
    tool.close().await;
}

/// Closing closes the stores, and nothing works afterwards.
pub async fn closes(factory: &dyn Factory) {
    let (registry, _) = factory.registries().await;
    registry.create_lrs(&lrs("school")).await.expect("creating works");
    let store = registry.open_lrs(&lrs("school")).await.expect("opening works");
    registry.close().await;
    registry.close().await;
    check_unavailable("a store", store.find_statements(query()).await);
    assert!(registry.open_lrs(&lrs("school")).await.is_err());
    assert!(registry.create_lrs(&lrs("other")).await.is_err());
    assert!(registry.create_key(new_key("k", "school")).await.is_err());
}
