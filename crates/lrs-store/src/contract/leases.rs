//! Leases: one holder at a time, and the next one when a lease is given back or expires.

use std::sync::Arc;

use uuid::Uuid;
use xapi::Timestamp;

use super::{Factory, TestClock};
use crate::{Clock, LEASE_DURATION, LeaseAnswer, LeaseHolder, Registry};

const ONE: LeaseHolder = LeaseHolder(Uuid::from_u128(1));
const OTHER: LeaseHolder = LeaseHolder(Uuid::from_u128(2));

async fn is_held(registry: &dyn Registry, name: &str, holder: LeaseHolder) -> bool {
    registry.take_lease(name, holder).await.expect("leases work") == LeaseAnswer::Held
}

async fn release(registry: &dyn Registry, name: &str, holder: LeaseHolder) {
    registry.release_lease(name, holder).await.expect("leases work");
}

/// Stops the clock so much later.
fn advance(clock: &TestClock, micros: i64) {
    clock.freeze();
    clock.set(Timestamp(clock.now().0 + micros));
}

/// Who has a lease can renew it; others get it when it is given back, by the one who has it. Names are apart.
pub async fn one_holder_at_a_time(factory: &dyn Factory) {
    let (registry, _) = factory.registries().await;
    assert!(is_held(&*registry, "search", ONE).await);
    assert!(!is_held(&*registry, "search", OTHER).await);
    assert!(is_held(&*registry, "search", ONE).await, "renewed");
    assert!(is_held(&*registry, "search/default", OTHER).await, "another name");
    release(&*registry, "search", OTHER).await;
    assert!(!is_held(&*registry, "search", OTHER).await, "it was not theirs to give back");
    release(&*registry, "search", ONE).await;
    assert!(is_held(&*registry, "search", OTHER).await);
    assert!(!is_held(&*registry, "search", ONE).await);
    release(&*registry, "unknown", ONE).await;
    registry.close().await;
}

/// A lease that is not renewed goes to the next one who asks, not a microsecond early.
pub async fn move_when_they_expire(factory: &dyn Factory) {
    let (registry, _) = factory.registries().await;
    let duration = i64::try_from(LEASE_DURATION.as_micros()).expect("it is seconds");
    factory.clock().freeze();
    assert!(is_held(&*registry, "search", ONE).await);
    advance(factory.clock(), duration - 1);
    assert!(!is_held(&*registry, "search", OTHER).await);
    assert!(is_held(&*registry, "search", ONE).await, "renewed at the last moment");
    advance(factory.clock(), duration - 1);
    assert!(!is_held(&*registry, "search", OTHER).await, "the renewal counts");
    advance(factory.clock(), 1);
    assert!(is_held(&*registry, "search", OTHER).await);
    assert!(!is_held(&*registry, "search", ONE).await, "it has moved");
    advance(factory.clock(), duration);
    assert!(is_held(&*registry, "search", OTHER).await, "nobody else wanted it");
    registry.close().await;
}

/// Of many who ask at once, one gets it.
pub async fn one_of_many_takes(factory: &dyn Factory) {
    let (registry, _) = factory.registries().await;
    let asking: Vec<_> = (1..=10)
        .map(|number| {
            let registry = Arc::clone(&registry);
            tokio::spawn(async move { is_held(&*registry, "search", LeaseHolder(Uuid::from_u128(number))).await })
        })
        .collect();
    let mut holders = 0;
    for asked in asking {
        holders += usize::from(asked.await.expect("nobody panics"));
    }
    assert_eq!(holders, 1);
    registry.close().await;
}
