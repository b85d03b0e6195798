//! A new password for somebody who lost theirs, by a one-time link that is made at the command line.
//!
//! The link is kept as a session of the account, under a hash that no cookie can have: so it expires, and ends with all sessions of
//! the account, as every way of getting in does when a password is changed.

use std::net::IpAddr;

use lrs_store::{AccountChange, AccountError, AccountKey, AccountUpdate, Email, Registry, SecretHash, Session};
use xapi::Timestamp;

use super::error::AdministrationError;
use super::{ADDRESS_RATE, Actor, Administration, SignedIn, password};
use crate::access::network_of;
use crate::keys::new_secret;
use crate::{IdSource, Secret, hash_secret};

/// A link waits an hour: whoever makes it hands it over at once.
const LINK_MICROSECONDS: i64 = 3_600 * 1_000_000;

/// The hash of a link's secret. A cookie holds no NUL, so no cookie is the secret of this "session".
fn hash_link(secret: &str) -> SecretHash {
    hash_secret(format!("password reset\0{secret}").as_bytes())
}

/// Makes a one-time link by which an account gets a new password within the hour. Every session of the account ends, and so does an
/// earlier link.
///
/// # Errors
/// `Missing` when no account has the address, `Forbidden` when it is disabled; `Accounts` or `Store` when the registry fails.
pub async fn offer_password_reset(
    registry: &dyn Registry,
    ids: &dyn IdSource,
    now: Timestamp,
    actor: &Actor,
    email: &Email,
) -> Result<Secret, AdministrationError> {
    let found = registry.find_account(AccountKey::Email(email.clone())).await?;
    let account = found.ok_or(AdministrationError::Missing("account"))?;
    if account.disabled.is_some() {
        return Err(AdministrationError::Forbidden("an account that is not disabled"));
    }
    let id = account.account.id;
    let secret = new_secret(ids);
    let link = Session {
        secret: hash_link(secret.expose()),
        account: id.clone(),
        created: now,
        expires: Timestamp(now.0 + LINK_MICROSECONDS),
        last_used: now,
    };
    let changes = vec![AccountChange::EndSessions(id), AccountChange::CreateSession(link)];
    registry.change_accounts(changes, Some(actor.entry(now, "account.reset_offer", email.as_str()))).await?;
    Ok(secret)
}

impl Administration {
    /// Sets a new password with such a link, and signs in. The link and every session end in the same step.
    ///
    /// # Errors
    /// `TooManyFailures` after many bad links from the same network; `Accounts` with `StaleLink` when the link is not known, was used
    /// or has expired, or its account is disabled; `Invalid` for a password that cannot be used, and then the link stays good;
    /// `Accounts` or `Store` when the registry fails.
    pub async fn reset_password(&self, link: &str, new: &str, from: IpAddr) -> Result<SignedIn, AdministrationError> {
        let now = self.clock.now();
        let address = network_of(from);
        let too_many = |retry_after| AdministrationError::TooManyFailures { retry_after };
        self.failing_addresses.take(&address, ADDRESS_RATE, now).map_err(too_many)?;
        let stale = || AdministrationError::Accounts(AccountError::StaleLink);
        let link = hash_link(link);
        let found = self.registry.find_session(&link).await?;
        let session = found.filter(|it| now < it.expires).ok_or_else(stale)?;
        let account = self.registry.find_account(AccountKey::Id(session.account)).await?;
        let account = account.filter(|it| it.disabled.is_none()).ok_or_else(stale)?;
        self.failing_addresses.give_back(&address, ADDRESS_RATE);
        password::check_new(new, account.account.email.as_str(), &account.account.name)?;
        let update = AccountUpdate { password: Some(self.passwords.hash(new).await?), ..AccountUpdate::default() };
        let id = account.account.id.clone();
        // The link is used up first: of requests that come at the same moment one gets further.
        let changes = vec![
            AccountChange::UseSession(link, now),
            AccountChange::UpdateAccount(id.clone(), update),
            AccountChange::EndSessions(id),
        ];
        self.start_session(account, changes, "account.reset", from).await
    }
}
