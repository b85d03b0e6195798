//! How acts get into the audit log.

use lrs_store::{Account, AccountChange, Invitation, Key, LearnerGroup, LrsName, NewAuditEntry, RoleGrant};
use serde_json::{Value, json};
use xapi::Timestamp;

use super::Administration;
use super::error::AdministrationError;

/// Who acts, as the audit log names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// An account's id; empty for the command line.
    pub account: String,
    /// In words.
    pub who: String,
    /// From where.
    pub from: String,
}

impl Actor {
    /// Somebody at the command line of the server's machine.
    #[must_use]
    pub fn command_line(user: &str) -> Self {
        Self { account: String::new(), who: format!("command line, user {user}"), from: "command line".to_owned() }
    }

    /// The server itself.
    #[must_use]
    pub fn server() -> Self {
        Self { account: String::new(), who: "the server".to_owned(), from: "the server".to_owned() }
    }

    /// An entry about something that this actor does now.
    #[must_use]
    pub fn entry(&self, now: Timestamp, act: &str, target: impl Into<String>) -> NewAuditEntry {
        let Self { account, who, from } = self.clone();
        let act = act.to_owned();
        NewAuditEntry {
            when: now,
            account,
            who,
            from,
            act,
            lrs: None,
            target: target.into(),
            before: None,
            after: None,
        }
    }
}

/// An entry, told in which LRS and between which states something was done.
pub(super) trait Detail {
    fn in_lrs(self, lrs: &LrsName) -> Self;
    fn from(self, before: Value) -> Self;
    fn to(self, after: Value) -> Self;
}

impl Detail for NewAuditEntry {
    fn in_lrs(mut self, lrs: &LrsName) -> Self {
        self.lrs = Some(lrs.clone());
        self
    }

    fn from(mut self, before: Value) -> Self {
        self.before = Some(before.to_string());
        self
    }

    fn to(mut self, after: Value) -> Self {
        self.after = Some(after.to_string());
        self
    }
}

impl Administration {
    /// Does a change and records it, or does nothing.
    pub(super) async fn act(
        &self,
        changes: Vec<AccountChange>,
        entry: NewAuditEntry,
    ) -> Result<(), AdministrationError> {
        Ok(self.registry.change_accounts(changes, Some(entry)).await?)
    }
}

fn instant(instant: Option<Timestamp>) -> Value {
    instant.map_or(Value::Null, |instant| instant.to_string().into())
}

fn describe_roles(roles: &[RoleGrant]) -> Value {
    let describe =
        |grant: &RoleGrant| json!({"lrs": grant.lrs.as_str(), "role": grant.role.as_str(), "groups": grant.groups});
    roles.iter().map(describe).collect()
}

pub(super) fn describe_account(account: &Account) -> Value {
    json!({
        "name": account.account.name,
        "email": account.account.email.as_str(),
        "is_owner": account.account.is_owner,
        "disabled": account.disabled.is_some(),
        "roles": describe_roles(&account.roles),
    })
}

pub(super) fn describe_invitation(invitation: &Invitation) -> Value {
    json!({
        "roles": describe_roles(&invitation.roles),
        "is_owner": invitation.is_owner,
        "expires": instant(Some(invitation.expires)),
    })
}

pub(super) fn describe_key(key: &Key) -> Value {
    json!({
        "label": key.key.label,
        "scopes": key.key.scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>(),
        "expires": instant(key.key.expires),
        "requests_per_second_max": key.key.requests_per_second_max,
        "revoked": instant(key.revoked),
    })
}

pub(super) fn describe_group(group: &LearnerGroup) -> Value {
    json!({"name": group.name, "members": group.members})
}
