//! Signing in and out, and who is signed in.

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lrs_store::{
    Account, AccountChange, AccountId, AccountKey, AccountUpdate, Email, NewAccount, SecretHash, Session, Token,
};
use sha2::{Digest as _, Sha256};
use xapi::Timestamp;

use super::access::{Caller, Via};
use super::acts::{Detail as _, describe_account};
use super::error::AdministrationError;
use super::{ACCOUNT_RATE, ADDRESS_RATE, Administration, password};
use crate::access::network_of;
use crate::keys::new_secret;
use crate::{Secret, hash_secret};

/// The use of a session or a token is written down when the last note is older than this.
const TOUCH_MICROSECONDS: i64 = 60_000_000;

const SECOND_MICROSECONDS: i64 = 1_000_000;

/// Someone has signed in.
#[derive(Debug)]
pub struct SignedIn {
    /// The secret of the session, for the cookie.
    pub secret: Secret,
    /// Who.
    pub caller: Caller,
}

/// What a browser must send beside the cookie: only who can read the cookie's value, or was told, knows it.
fn csrf_token(secret: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::new().chain_update(b"csrf token of ").chain_update(secret).finalize())
}

impl Administration {
    /// Whether the first account is still to be made.
    ///
    /// # Errors
    /// `Store` when the accounts cannot be counted.
    pub async fn needs_setup(&self) -> Result<bool, AdministrationError> {
        Ok(self.registry.count_accounts().await? == 0)
    }

    /// Makes the first account, which owns the server, with the one-time link, and signs it in.
    ///
    /// # Errors
    /// `Invalid` for a name, an address or a password that cannot be used; `Accounts` when the link is not the one that
    /// was offered, was used, or an account exists; `Accounts` or `Store` when the registry fails.
    pub async fn set_up(
        &self,
        link: &str,
        request: (&str, &str, &str),
        from: IpAddr,
    ) -> Result<SignedIn, AdministrationError> {
        let (name, email, password) = request;
        let account = self.new_account(name, email, password, true).await?;
        let created = Account { account: account.clone(), disabled: None, last_sign_in: None, roles: Vec::new() };
        let changes =
            vec![AccountChange::UseSetup(hash_secret(link.as_bytes())), AccountChange::CreateAccount(account)];
        self.start_session(created, changes, "account.first", from).await
    }

    /// Checks and hashes what a new account consists of.
    pub(super) async fn new_account(
        &self,
        name: &str,
        email: &str,
        password: &str,
        is_owner: bool,
    ) -> Result<NewAccount, AdministrationError> {
        let email = super::people::parse_email(email)?;
        let name = super::people::parse_name(name)?;
        password::check_new(password, email.as_str(), &name)?;
        let password = Some(self.passwords.hash(password).await?);
        let id = AccountId(self.ids.uuid().simple().to_string());
        Ok(NewAccount { id, email, name, password, is_owner, created: self.clock.now() })
    }

    /// Signs in with a password. The session that the browser had, `old`, ends: nobody who knew it before gains from it.
    ///
    /// # Errors
    /// `WrongPassword`, also for an account that is disabled or not there; `TooManyFailures` when too many failed
    /// before, from the same network or for the same account; `Accounts` or `Store` when the registry fails.
    pub async fn sign_in(
        &self,
        (email, password): (&str, &str),
        old: Option<&str>,
        from: IpAddr,
    ) -> Result<SignedIn, AdministrationError> {
        let email = Email::parse(email).ok_or(AdministrationError::WrongPassword)?;
        let now = self.clock.now();
        let address = network_of(from);
        let too_many = |retry_after| AdministrationError::TooManyFailures { retry_after };
        self.failing_addresses.take(&address, ADDRESS_RATE, now).map_err(too_many)?;
        // The account's failures count whether it exists or not, so that the answer does not tell.
        self.failing_accounts.take(&email, ACCOUNT_RATE, now).map_err(too_many)?;
        let account = self.registry.find_account(AccountKey::Email(email.clone())).await?;
        let hash = account.as_ref().and_then(|it| it.account.password.as_ref());
        let is_right = self.passwords.verify(password, hash).await?;
        let account = match account {
            Some(account) if is_right && account.disabled.is_none() => account,
            account => {
                self.note_failed_password(account.as_ref(), from).await;
                return Err(AdministrationError::WrongPassword);
            }
        };
        self.failing_addresses.give_back(&address, ADDRESS_RATE);
        self.failing_accounts.give_back(&email, ACCOUNT_RATE);
        let end = old.map(|old| AccountChange::EndSession(hash_secret(old.as_bytes())));
        self.start_session(account, end.into_iter().collect(), "session.start", from).await
    }

    /// Starts a session of an account, after `changes` and together with them.
    pub(super) async fn start_session(
        &self,
        account: Account,
        mut changes: Vec<AccountChange>,
        act: &str,
        from: IpAddr,
    ) -> Result<SignedIn, AdministrationError> {
        let secret = new_secret(self.ids.as_ref());
        let now = self.clock.now();
        let session = Session {
            secret: hash_secret(secret.expose().as_bytes()),
            account: account.account.id.clone(),
            created: now,
            expires: self.end_of_session(now),
            last_used: now,
        };
        let via = via_session(&session, secret.expose());
        let caller = Caller { account, via, from: from.to_string() };
        let mut entry = caller.actor().entry(now, act, caller.account.account.email.as_str());
        if changes.iter().any(|change| matches!(change, AccountChange::CreateAccount(_))) {
            entry = entry.to(describe_account(&caller.account));
        }
        let update = AccountUpdate { last_sign_in: Some(now), ..AccountUpdate::default() };
        changes.push(AccountChange::CreateSession(session));
        changes.push(AccountChange::UpdateAccount(caller.account.account.id.clone(), update));
        self.act(changes, entry).await?;
        Ok(SignedIn { secret, caller })
    }

    /// Who is signed in with this session.
    ///
    /// # Errors
    /// `NotSignedIn` when there is no such session, it is over, or its account is disabled or gone; `Accounts` or
    /// `Store` when the registry fails.
    pub async fn find_session_caller(&self, secret: &str, from: IpAddr) -> Result<Caller, AdministrationError> {
        let hash = hash_secret(secret.as_bytes());
        let now = self.clock.now();
        let (session, expires) = self.find_open_session(&hash, now).await?;
        let account = self.find_enabled(&session.account).await?;
        if now.0 - session.last_used.0 >= TOUCH_MICROSECONDS || session.expires != expires {
            let touch = AccountChange::TouchSession { secret: hash, last_used: now, expires };
            self.registry.change_accounts(vec![touch], None).await?;
        }
        let session = Session { expires, ..session };
        Ok(Caller { account, via: via_session(&session, secret), from: from.to_string() })
    }

    /// A session that is not over, and when it ends by the limits of now: they may have changed since it began.
    async fn find_open_session(
        &self,
        secret: &SecretHash,
        now: Timestamp,
    ) -> Result<(Session, Timestamp), AdministrationError> {
        let session = self.registry.find_session(secret).await?.ok_or(AdministrationError::NotSignedIn)?;
        let idle_until = session.last_used.0 + i64::from(self.limits.idle_s) * SECOND_MICROSECONDS;
        let expires = self.end_of_session(session.created);
        let is_open = now < expires && now.0 < idle_until;
        if is_open { Ok((session, expires)) } else { Err(AdministrationError::NotSignedIn) }
    }

    /// A caller as they are now. That counts as no use of their session or token.
    pub(super) async fn find_caller_again(&self, caller: &Caller) -> Result<Caller, AdministrationError> {
        let account = &caller.account.account.id;
        let now = self.clock.now();
        match &caller.via {
            Via::Session { secret, .. } => drop(self.find_open_session(secret, now).await?),
            Via::Token(id) => {
                let tokens = self.registry.list_tokens(account).await?;
                let is_valid = |token: &Token| token.id == *id && token.expires.is_none_or(|expires| expires > now);
                if !tokens.iter().any(is_valid) {
                    return Err(AdministrationError::NotSignedIn);
                }
            }
        }
        Ok(Caller { account: self.find_enabled(account).await?, ..caller.clone() })
    }

    /// Whose personal access token this is.
    ///
    /// # Errors
    /// `NotSignedIn` when there is no such token, it has expired, or its account is disabled or gone; `Accounts` or
    /// `Store` when the registry fails.
    pub async fn find_token_caller(&self, secret: &str, from: IpAddr) -> Result<Caller, AdministrationError> {
        let hash = hash_secret(secret.as_bytes());
        let token = self.registry.find_token(&hash).await?.ok_or(AdministrationError::NotSignedIn)?;
        let now = self.clock.now();
        if token.expires.is_some_and(|expires| expires <= now) {
            return Err(AdministrationError::NotSignedIn);
        }
        let account = self.find_enabled(&token.account).await?;
        if token.last_used.is_none_or(|used| now.0 - used.0 >= TOUCH_MICROSECONDS) {
            let touch = AccountChange::TouchToken(token.id.clone(), now);
            self.registry.change_accounts(vec![touch], None).await?;
        }
        Ok(Caller { account, via: Via::Token(token.id), from: from.to_string() })
    }

    /// When a session ends that began then.
    fn end_of_session(&self, created: Timestamp) -> Timestamp {
        Timestamp(created.0 + i64::from(self.limits.total_s) * SECOND_MICROSECONDS)
    }

    async fn find_enabled(&self, id: &AccountId) -> Result<Account, AdministrationError> {
        let account = self.registry.find_account(AccountKey::Id(id.clone())).await?;
        account.filter(|it| it.disabled.is_none()).ok_or(AdministrationError::NotSignedIn)
    }

    /// Ends the caller's session.
    ///
    /// # Errors
    /// `NotSignedIn` for a caller with a token, `Accounts` when the registry fails.
    pub async fn sign_out(&self, caller: &Caller) -> Result<(), AdministrationError> {
        let Via::Session { secret, .. } = caller.via else { return Err(AdministrationError::NotSignedIn) };
        let entry = caller.actor().entry(self.clock.now(), "session.end", caller.account.account.email.as_str());
        self.act(vec![AccountChange::EndSession(secret)], entry).await
    }

    /// Ends all sessions of the caller, this one too.
    ///
    /// # Errors
    /// `Accounts` when the registry fails.
    pub async fn sign_out_everywhere(&self, caller: &Caller) -> Result<(), AdministrationError> {
        let account = &caller.account.account;
        let entry = caller.actor().entry(self.clock.now(), "session.end_all", account.email.as_str());
        self.act(vec![AccountChange::EndSessions(account.id.clone())], entry).await
    }

    /// Changes the caller's password; every other session ends, and this one goes on as a new one.
    ///
    /// # Errors
    /// `TooManyFailures` when too many attempts failed before, `WrongPassword` when `old` is another, `Invalid` for a
    /// new password that cannot be used; `Accounts` or `Store` when the registry fails.
    pub async fn change_password(
        &self,
        caller: &Caller,
        (old, new): (&str, &str),
        from: IpAddr,
    ) -> Result<SignedIn, AdministrationError> {
        let account = &caller.account.account;
        let too_many = |retry_after| AdministrationError::TooManyFailures { retry_after };
        self.failing_accounts.take(&account.email, ACCOUNT_RATE, self.clock.now()).map_err(too_many)?;
        if !self.passwords.verify(old, account.password.as_ref()).await? {
            return Err(AdministrationError::WrongPassword);
        }
        self.failing_accounts.give_back(&account.email, ACCOUNT_RATE);
        password::check_new(new, account.email.as_str(), &account.name)?;
        let update = AccountUpdate { password: Some(self.passwords.hash(new).await?), ..AccountUpdate::default() };
        let changes = vec![
            AccountChange::UpdateAccount(account.id.clone(), update),
            AccountChange::EndSessions(account.id.clone()),
        ];
        self.start_session(caller.account.clone(), changes, "account.password", from).await
    }
}

fn via_session(session: &Session, secret: &str) -> Via {
    let hash: SecretHash = session.secret;
    Via::Session { secret: hash, csrf_token: csrf_token(secret), expires: session.expires }
}
