//! What lets people in besides a password: the link for the first account, and personal access tokens.

use lrs_store::{AccountChange, Registry, Token};
use serde_json::json;
use xapi::Timestamp;

use super::acts::Detail as _;
use super::error::AdministrationError;
use super::people::parse_name;
use super::{Actor, Administration, Caller, Via};
use crate::keys::new_secret;
use crate::{IdSource, Rule, Secret, hash_secret};

/// Tokens of one account: more are a sign of a script that forgets its own.
const TOKENS_MAX: usize = 100;

/// What a token begins with, so that it is recognised where it does not belong.
pub(crate) const TOKEN_PREFIX: &str = "lyp_";

/// A new token with its secret.
#[derive(Debug)]
pub struct CreatedToken {
    /// The token.
    pub token: Token,
    /// Its secret, nowhere else to be had.
    pub secret: Secret,
}

/// Makes a one-time link for the first account; an earlier one ends. `None` when there are accounts.
///
/// # Errors
/// `Store` when the accounts cannot be counted, `Accounts` when the offer cannot be written.
pub async fn offer_setup(
    registry: &dyn Registry,
    ids: &dyn IdSource,
    now: Timestamp,
    actor: &Actor,
) -> Result<Option<Secret>, AdministrationError> {
    if registry.count_accounts().await? > 0 {
        return Ok(None);
    }
    let secret = new_secret(ids);
    let offer = AccountChange::OfferSetup(hash_secret(secret.expose().as_bytes()));
    registry.change_accounts(vec![offer], Some(actor.entry(now, "setup.offer", "the first account"))).await?;
    Ok(Some(secret))
}

impl Administration {
    /// The caller's tokens.
    ///
    /// # Errors
    /// `Store` when they cannot be read.
    pub async fn list_tokens(&self, caller: &Caller) -> Result<Vec<Token>, AdministrationError> {
        Ok(self.registry.list_tokens(&caller.account.account.id).await?)
    }

    /// Makes a token. Only a person in a session can: a token that is found somewhere makes no others.
    ///
    /// # Errors
    /// `Forbidden` without a session; `Invalid` for a name that cannot be used, an expiry that is past, or more tokens
    /// than an account may have; `Store` or `Accounts` when the registry fails.
    pub async fn create_token(
        &self,
        caller: &Caller,
        name: &str,
        expires: Option<Timestamp>,
    ) -> Result<CreatedToken, AdministrationError> {
        require_session(caller)?;
        let now = self.clock.now();
        if expires.is_some_and(|expires| expires <= now) {
            return Err(Rule::FutureInstant.into());
        }
        let account = caller.account.account.id.clone();
        if self.registry.list_tokens(&account).await?.len() >= TOKENS_MAX {
            return Err(Rule::TooManyTokens { max: TOKENS_MAX }.into());
        }
        let secret = new_secret(self.ids.as_ref()).prefixed(TOKEN_PREFIX);
        let token = Token {
            id: self.ids.uuid().simple().to_string(),
            secret: hash_secret(secret.expose().as_bytes()),
            account,
            name: parse_name(name)?,
            created: now,
            expires,
            last_used: None,
        };
        let entry = caller.actor().entry(now, "token.create", token.id.as_str()).to(describe_token(&token));
        self.act(vec![AccountChange::CreateToken(token.clone())], entry).await?;
        Ok(CreatedToken { token, secret })
    }

    /// Deletes a token of the caller.
    ///
    /// # Errors
    /// `Missing` when the caller has no such token; `Accounts` or `Store` when the registry fails.
    pub async fn delete_token(&self, caller: &Caller, id: &str) -> Result<(), AdministrationError> {
        let account = caller.account.account.id.clone();
        let token = self.registry.list_tokens(&account).await?.into_iter().find(|token| token.id == id);
        let token = token.ok_or(AdministrationError::Missing("token"))?;
        let entry = caller.actor().entry(self.clock.now(), "token.delete", id).from(describe_token(&token));
        self.act(vec![AccountChange::DeleteToken(account, id.to_owned())], entry).await
    }
}

fn describe_token(token: &Token) -> serde_json::Value {
    json!({"name": token.name, "expires": token.expires.map(|it| it.to_string())})
}

/// For what a script must not do in somebody's name.
pub(super) fn require_session(caller: &Caller) -> Result<(), AdministrationError> {
    match caller.via {
        Via::Session { .. } => Ok(()),
        Via::Token(_) => Err(AdministrationError::Forbidden("a session in a browser")),
    }
}
