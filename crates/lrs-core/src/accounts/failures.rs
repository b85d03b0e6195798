//! Refused sign-ins in the audit log, so that an owner sees who tries to get in, or cannot.
//!
//! Strangers make these entries, and the log forgets nothing: so many are written, and the next one says how many were not.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use lrs_store::Account;
use serde_json::{Value, json};

use super::acts::Detail as _;
use super::{Actor, Administration};
use crate::rate::{Rate, RateLimiter};

/// Entries of one server process: some thousands a day at most, which a database holds for years.
const RATE: Rate = Rate { per_second: 1.0 / 20.0, burst: 60.0 };

/// What stands for an address that no account has: people type passwords there.
const UNKNOWN: &str = "an unknown address";

/// Which refused sign-ins are written down.
#[derive(Debug)]
pub(super) struct NotedFailures {
    room: RateLimiter<()>,
    left_out: AtomicU64,
}

impl Default for NotedFailures {
    fn default() -> Self {
        Self { room: RateLimiter::new(1), left_out: AtomicU64::new(0) }
    }
}

impl Administration {
    /// Notes that somebody was not signed in with a password.
    pub(super) async fn note_failed_password(&self, account: Option<&Account>, from: IpAddr) {
        let reason = match account {
            None => "unknown_address",
            Some(account) if account.disabled.is_some() => "disabled",
            Some(_) => "wrong_password",
        };
        let target = account.map_or(UNKNOWN, |account| account.account.email.as_str());
        self.note_failure(target, json!({ "reason": reason }), from).await;
    }

    /// Notes that somebody was not signed in at an OpenID provider: whom it was about, in words, and why.
    pub async fn note_failed_identity(&self, target: &str, reason: &str, issuer: &str, from: IpAddr) {
        self.note_failure(target, json!({ "reason": reason, "openid": issuer }), from).await;
    }

    /// The answer to whoever was refused does not wait for a database that is away, and does not tell of it.
    async fn note_failure(&self, target: &str, mut after: Value, from: IpAddr) {
        let now = self.clock.now();
        let NotedFailures { room, left_out } = &self.noted_failures;
        if room.take(&(), RATE, now).is_err() {
            left_out.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let before_this = left_out.swap(0, Ordering::Relaxed);
        if before_this > 0 {
            after["not_recorded_before"] = before_this.into();
        }
        let nobody =
            Actor { account: String::new(), who: "somebody who is not signed in".to_owned(), from: from.to_string() };
        let entry = nobody.entry(now, "session.fail", target).to(after);
        if let Err(error) = self.act(Vec::new(), entry).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "a refused sign-in is not in the audit log");
        }
    }
}
