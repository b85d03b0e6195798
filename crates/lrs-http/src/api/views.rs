//! What the admin API says and hears, as JSON: accounts, roles, invitations, tokens, keys, groups, the audit log.

use lrs_core::{Caller, KeyReport, LrsReport, Rule, Via, permissions_of};
use lrs_store::{Account, AuditEntry, Invitation, LearnerGroup, LrsName, Role, RoleGrant, Scope, Token};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;
use xapi::{Timestamp, Version};

use crate::error::ApiError;

/// A list, or a page of one.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Listed<T> {
    /// The things.
    pub(crate) items: Vec<T>,
    /// Where the next page begins (`cursor`); null on the last one.
    pub(crate) next: Option<String>,
}

impl<T> Listed<T> {
    /// A list that is complete.
    pub(crate) fn whole(items: Vec<T>) -> Self {
        Self { items, next: None }
    }
}

/// An instant as the API writes it.
pub(crate) fn instant(instant: Timestamp) -> String {
    instant.to_string()
}

/// Reads an instant (RFC 3339) of a member or parameter.
pub(crate) fn read_instant(name: &str, text: &str) -> Result<Timestamp, ApiError> {
    let parsed = Timestamp::parse(text, Version::V2_0_0);
    parsed.ok_or_else(|| Rule::Instant { name: name.to_owned() }.into())
}

/// A role in an LRS.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Grant {
    /// The LRS.
    pub(crate) lrs: String,
    /// `owner`, `admin`, `analyst`, `instructor` or `viewer`.
    pub(crate) role: String,
    /// Ids of the groups that an instructor is bound to.
    #[serde(default)]
    pub(crate) groups: Vec<String>,
}

impl From<&RoleGrant> for Grant {
    fn from(grant: &RoleGrant) -> Self {
        Self { lrs: grant.lrs.to_string(), role: grant.role.as_str().to_owned(), groups: grant.groups.clone() }
    }
}

/// The roles that were asked for.
pub(crate) fn read_grants(grants: Vec<Grant>) -> Result<Vec<RoleGrant>, ApiError> {
    let read = |grant: Grant| {
        let lrs = LrsName::parse(&grant.lrs)?;
        Some(RoleGrant { lrs, role: Role::parse(&grant.role)?, groups: grant.groups })
    };
    let read: Option<Vec<RoleGrant>> = grants.into_iter().map(read).collect();
    read.ok_or(Rule::Roles.into())
}

/// An account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Account)]
pub(crate) struct AccountView {
    id: String,
    name: String,
    email: String,
    /// Owns the server: every LRS, and the accounts.
    is_owner: bool,
    disabled: bool,
    created: String,
    /// When someone last signed in to it.
    last_seen: Option<String>,
    roles: Vec<Grant>,
}

impl From<&Account> for AccountView {
    fn from(account: &Account) -> Self {
        Self {
            id: account.account.id.0.clone(),
            name: account.account.name.clone(),
            email: account.account.email.as_str().to_owned(),
            is_owner: account.account.is_owner,
            disabled: account.disabled.is_some(),
            created: instant(account.account.created),
            last_seen: account.last_sign_in.map(instant),
            roles: account.roles.iter().map(Grant::from).collect(),
        }
    }
}

/// Who is signed in, and what they may do.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Session)]
pub(crate) struct SessionView {
    account: AccountView,
    /// To be sent as `X-CSRF-Token` with every request that changes something; null for a personal access token.
    csrf_token: Option<String>,
    /// When the session is over at the latest; null for a personal access token.
    expires: Option<String>,
    /// By LRS, what the account may do there.
    permissions: std::collections::BTreeMap<String, Vec<&'static str>>,
}

impl SessionView {
    /// `lrss`: the LRSs that exist for the caller.
    pub(crate) fn new(caller: &Caller, lrss: &[LrsName]) -> Self {
        let (csrf_token, expires) = match &caller.via {
            Via::Session { csrf_token, expires, .. } => (Some(csrf_token.clone()), Some(instant(*expires))),
            Via::Token(_) => (None, None),
        };
        let permitted = lrss.iter().filter_map(|lrs| {
            let role = caller.role_in(lrs)?;
            Some((lrs.to_string(), permissions_of(role).map(lrs_core::Permission::as_str).collect()))
        });
        Self { account: (&caller.account).into(), csrf_token, expires, permissions: permitted.collect() }
    }
}

/// An invitation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Invitation)]
pub(crate) struct InvitationView {
    id: String,
    email: String,
    roles: Vec<Grant>,
    is_owner: bool,
    invited_by: String,
    created: String,
    expires: String,
}

impl From<&Invitation> for InvitationView {
    fn from(invitation: &Invitation) -> Self {
        Self {
            id: invitation.id.clone(),
            email: invitation.email.as_str().to_owned(),
            roles: invitation.roles.iter().map(Grant::from).collect(),
            is_owner: invitation.is_owner,
            invited_by: invitation.invited_by.clone(),
            created: instant(invitation.created),
            expires: instant(invitation.expires),
        }
    }
}

/// An invitation with its link, this once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InvitationWithLink {
    #[serde(flatten)]
    pub(crate) invitation: InvitationView,
    /// To send to the person.
    pub(crate) link: String,
}

/// A personal access token.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Token)]
pub(crate) struct TokenView {
    id: String,
    name: String,
    created: String,
    expires: Option<String>,
    last_used: Option<String>,
}

impl From<&Token> for TokenView {
    fn from(token: &Token) -> Self {
        Self {
            id: token.id.clone(),
            name: token.name.clone(),
            created: instant(token.created),
            expires: token.expires.map(instant),
            last_used: token.last_used.map(instant),
        }
    }
}

/// A personal access token with its secret, this once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TokenWithSecret {
    #[serde(flatten)]
    pub(crate) token: TokenView,
    /// To be sent as `Authorization: Bearer …`.
    pub(crate) secret: String,
}

/// An LRS.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Lrs)]
pub(crate) struct LrsView {
    pub(crate) name: String,
    pub(crate) created: String,
    /// Statements in it.
    pub(crate) statements: u64,
    /// What the caller is in it.
    pub(crate) role: &'static str,
}

impl From<&LrsReport> for LrsView {
    fn from(report: &LrsReport) -> Self {
        Self {
            name: report.lrs.name.to_string(),
            created: instant(report.lrs.created),
            statements: report.statements,
            role: report.role.as_str(),
        }
    }
}

/// A key.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Key)]
pub(crate) struct KeyView {
    key: String,
    label: String,
    scopes: Vec<&'static str>,
    created: String,
    expires: Option<String>,
    revoked: Option<String>,
    requests_per_second_max: Option<u32>,
    /// Until when the secret before the present one is valid too.
    old_secret_until: Option<String>,
    last_used: Option<String>,
    /// What the client of the last request called itself.
    last_client: Option<String>,
    /// Statements stored with it.
    statements: u64,
    /// Requests with it that were refused.
    refused: u64,
    /// It sent on at least three days, and its last request is longer ago than a day and than twice its usual pause.
    silent: bool,
}

impl From<&KeyReport> for KeyView {
    fn from(KeyReport { key, usage, silent }: &KeyReport) -> Self {
        Self {
            key: key.key.id.0.clone(),
            label: key.key.label.clone(),
            scopes: key.key.scopes.iter().map(|scope| scope.as_str()).collect(),
            created: instant(key.created),
            expires: key.key.expires.map(instant),
            revoked: key.revoked.map(instant),
            requests_per_second_max: key.key.requests_per_second_max,
            old_secret_until: key.old_secret.map(|old| instant(old.until)),
            last_used: usage.as_ref().map(|usage| instant(usage.last_used)),
            last_client: usage.as_ref().map(|usage| usage.last_client.clone()),
            statements: usage.as_ref().map_or(0, |usage| usage.statements),
            refused: usage.as_ref().map_or(0, |usage| usage.refused),
            silent: *silent,
        }
    }
}

/// The scopes that were asked for.
pub(crate) fn read_scopes(scopes: &[String]) -> Result<Vec<Scope>, ApiError> {
    let read: Option<Vec<Scope>> = scopes.iter().map(|scope| Scope::parse(scope)).collect();
    read.ok_or_else(|| Rule::scopes().into())
}

/// A group of learners.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Group)]
pub(crate) struct GroupView {
    id: String,
    name: String,
    /// The learners, each as `mbox:mailto:ana@example.org`, `account:homePage|name`, …
    members: Vec<String>,
}

impl From<&LearnerGroup> for GroupView {
    fn from(group: &LearnerGroup) -> Self {
        Self { id: group.id.clone(), name: group.name.clone(), members: group.members.clone() }
    }
}

/// Who did something.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditAccount {
    id: String,
    /// As they were called then.
    name: String,
}

/// An act in the audit log.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditEntry)]
pub(crate) struct AuditView {
    id: u64,
    when: String,
    /// Null for the command line.
    account: Option<AuditAccount>,
    /// Who, in words.
    who: String,
    /// From where: an address, or `command line`.
    address: String,
    /// Such as `key.create`.
    action: String,
    lrs: Option<String>,
    target: String,
    /// As it was before.
    #[schema(value_type = Option<Object>)]
    before: Option<Box<RawValue>>,
    /// As it was afterwards.
    #[schema(value_type = Option<Object>)]
    after: Option<Box<RawValue>>,
}

impl From<AuditEntry> for AuditView {
    fn from(AuditEntry { seq, entry }: AuditEntry) -> Self {
        // What was written as JSON is read as such; a damaged text is left out rather than breaking the page.
        let raw = |json: Option<String>| json.and_then(|json| RawValue::from_string(json).ok());
        let account = AuditAccount { id: entry.account, name: entry.who.clone() };
        Self {
            id: seq,
            when: instant(entry.when),
            account: Some(account).filter(|account| !account.id.is_empty()),
            who: entry.who,
            address: entry.from,
            action: entry.act,
            lrs: entry.lrs.map(|lrs| lrs.to_string()),
            target: entry.target,
            before: raw(entry.before),
            after: raw(entry.after),
        }
    }
}
