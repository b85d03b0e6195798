//! Signing in as whom an OpenID provider says somebody is: which account that is, and what the provider's claims let it do.
//!
//! The protocol is not here: whoever calls has proven the identity already.

use std::net::IpAddr;

use lrs_store::{
    Account, AccountChange, AccountError, AccountId, AccountKey, AccountUpdate, Email, LrsName, NewAccount, Role,
    RoleGrant,
};
use serde_json::json;

use super::acts::{Actor, Detail as _, describe_account};
use super::people::parse_name;
use super::sign_in::SignedIn;
use super::{Administration, AdministrationError};
use crate::hash_secret;

/// Whom a provider has signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvenIdentity {
    /// The provider.
    pub issuer: String,
    /// Its name for the person; never used for another.
    pub subject: String,
    /// Their address, if the provider has verified it.
    pub email: Option<String>,
    /// Their name.
    pub name: Option<String>,
    /// The values of the claim that roles come from.
    pub values: Vec<String>,
}

/// What a value of a claim gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// The server: every LRS, and the accounts.
    Server,
    /// A role in an LRS.
    Role(LrsName, Role),
}

/// How the people of a provider become accounts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AdmissionRules {
    /// Whether people without an account get one.
    pub new_accounts: bool,
    /// Whether an account with the same verified address is the person's.
    pub link_by_email: bool,
    /// What each value of the claim gives. Where an LRS is named here, the provider alone decides who is what in it.
    pub roles: Vec<(String, Given)>,
}

/// Why somebody whom a provider knows is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdmissionRefusal {
    /// They have no account, and get none.
    NoAccount,
    /// The provider gives no verified address, which an account needs.
    NoEmail,
    /// An account with their address exists, and is not theirs by the rules.
    EmailTaken,
    /// Their account is disabled.
    Disabled,
    /// No value of the claim gives them anything.
    NoRole,
    /// The server has no owner yet, and this person would not be one.
    SetupFirst,
}

impl AdmissionRefusal {
    /// Its name for programs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoAccount => "no_account",
            Self::NoEmail => "no_email",
            Self::EmailTaken => "email_taken",
            Self::Disabled => "disabled",
            Self::NoRole => "no_role",
            Self::SetupFirst => "setup_first",
        }
    }
}

/// Why nobody is signed in.
#[derive(Debug, thiserror::Error)]
pub enum AdmissionError {
    /// By the rules.
    #[error("the person is not let in: {0:?}")]
    Refused(AdmissionRefusal),
    /// The accounts cannot be read or changed.
    #[error(transparent)]
    Administration(#[from] AdministrationError),
}

/// What the rules make of the values of a claim.
struct Granted {
    is_owner: Option<bool>,
    roles: Vec<RoleGrant>,
    /// LRSs in which the provider decides.
    decided: Vec<LrsName>,
}

impl Granted {
    /// The highest role in each LRS wins.
    fn read(rules: &AdmissionRules, values: &[String]) -> Self {
        let mut granted = Self { is_owner: None, roles: Vec::new(), decided: Vec::new() };
        for (value, given) in &rules.roles {
            let has_value = values.contains(value);
            match given {
                Given::Server => granted.is_owner = Some(granted.is_owner.unwrap_or_default() || has_value),
                Given::Role(lrs, role) => {
                    granted.decided.push(lrs.clone());
                    let known = granted.roles.iter_mut().find(|grant| grant.lrs == *lrs);
                    match known {
                        _ if !has_value => {}
                        Some(grant) => grant.role = grant.role.min(*role),
                        None => granted.roles.push(RoleGrant { lrs: lrs.clone(), role: *role, groups: Vec::new() }),
                    }
                }
            }
        }
        granted
    }

    /// What an account may do from now on. An instructor keeps the groups that somebody chose.
    fn merge(&self, before: &[RoleGrant]) -> Vec<RoleGrant> {
        let keep_groups = |grant: &RoleGrant| {
            let same = before.iter().find(|it| it.lrs == grant.lrs && it.role == grant.role);
            same.unwrap_or(grant).clone()
        };
        let others = before.iter().filter(|grant| !self.decided.contains(&grant.lrs)).cloned();
        let mut roles: Vec<_> = self.roles.iter().map(keep_groups).chain(others).collect();
        roles.sort_by(|one, other| one.lrs.cmp(&other.lrs));
        roles
    }
}

impl Administration {
    /// Signs in whom a provider has proven: finds or makes the account, gives it the roles that the claims give, and starts a session.
    /// The session that the browser had, `old`, ends.
    ///
    /// # Errors
    /// When the rules do not let the person in; then they have lost what their claims do not give any more. When the
    /// accounts cannot be read or changed.
    pub async fn sign_in_by_identity(
        &self,
        identity: &ProvenIdentity,
        rules: &AdmissionRules,
        old: Option<&str>,
        from: IpAddr,
    ) -> Result<SignedIn, AdmissionError> {
        let admitted = self.admit(identity, rules, old, from).await;
        if let Err(AdmissionError::Refused(refusal)) = &admitted {
            let target = identity.email.as_deref().unwrap_or(&identity.subject);
            self.note_failed_identity(target, refusal.as_str(), &identity.issuer, from).await;
        }
        admitted
    }

    async fn admit(
        &self,
        identity: &ProvenIdentity,
        rules: &AdmissionRules,
        old: Option<&str>,
        from: IpAddr,
    ) -> Result<SignedIn, AdmissionError> {
        let mut granted = Granted::read(rules, &identity.values);
        let lrss = self.registry.list_lrss().await.map_err(AdministrationError::from)?;
        for lrs in granted.decided.iter().filter(|lrs| !lrss.iter().any(|it| it.name == **lrs)) {
            tracing::warn!(%lrs, "a role from an OpenID claim names an LRS that does not exist");
        }
        granted.roles.retain(|grant| lrss.iter().any(|it| it.name == grant.lrs));
        let account = match self.find_by_identity(identity, rules).await? {
            Some((account, link)) => self.update_by_identity(account, link, identity, &granted, from).await?,
            None => match self.create_by_identity(identity, rules, &granted, from).await {
                // Somebody signs in twice at the same moment, and the other sign-in made the account.
                Err(AdmissionError::Administration(AdministrationError::Accounts(AccountError::EmailTaken))) => {
                    let made = self.find_by_identity(identity, rules).await?;
                    made.ok_or(AdmissionError::Refused(AdmissionRefusal::EmailTaken))?.0
                }
                created => created?,
            },
        };
        let is_let_in = rules.roles.is_empty() || account.account.is_owner || !account.roles.is_empty();
        if !is_let_in {
            return Err(AdmissionError::Refused(AdmissionRefusal::NoRole));
        }
        let end = old.map(|old| AccountChange::EndSession(hash_secret(old.as_bytes())));
        Ok(self.start_session(account, end.into_iter().collect(), "session.start", from).await?)
    }

    /// The person's account, and whether it is still to be linked with the identity.
    async fn find_by_identity(
        &self,
        identity: &ProvenIdentity,
        rules: &AdmissionRules,
    ) -> Result<Option<(Account, bool)>, AdmissionError> {
        let find = async |key| self.registry.find_account(key).await.map_err(AdministrationError::from);
        let known = find(AccountKey::Identity(identity.issuer.clone(), identity.subject.clone())).await?;
        let found = match (known, email_of(identity)) {
            (Some(account), _) => Some((account, false)),
            (None, Some(email)) => find(AccountKey::Email(email)).await?.map(|account| (account, true)),
            (None, None) => None,
        };
        match found {
            Some((_, true)) if !rules.link_by_email => Err(AdmissionError::Refused(AdmissionRefusal::EmailTaken)),
            Some((account, _)) if account.disabled.is_some() => {
                Err(AdmissionError::Refused(AdmissionRefusal::Disabled))
            }
            found => Ok(found),
        }
    }

    async fn update_by_identity(
        &self,
        before: Account,
        link: bool,
        identity: &ProvenIdentity,
        granted: &Granted,
        from: IpAddr,
    ) -> Result<Account, AdmissionError> {
        let mut after = before.clone();
        after.account.is_owner = granted.is_owner.unwrap_or(before.account.is_owner);
        after.roles = granted.merge(&before.roles);
        if after == before && !link {
            return Ok(after);
        }
        match self.write_by_identity(&before, &after, link, identity, from).await {
            Err(AdministrationError::Accounts(AccountError::LastOwner)) => {
                tracing::warn!("an OpenID claim would take the server from its last owner; the account keeps it");
                after.account.is_owner = true;
                self.write_by_identity(&before, &after, link, identity, from).await?;
            }
            written => written?,
        }
        Ok(after)
    }

    async fn write_by_identity(
        &self,
        before: &Account,
        after: &Account,
        link: bool,
        identity: &ProvenIdentity,
        from: IpAddr,
    ) -> Result<(), AdministrationError> {
        let id = &after.account.id;
        let is_owner = (after.account.is_owner != before.account.is_owner).then_some(after.account.is_owner);
        let mut changes = vec![AccountChange::SetRoles(id.clone(), after.roles.clone())];
        if is_owner.is_some() {
            changes
                .push(AccountChange::UpdateAccount(id.clone(), AccountUpdate { is_owner, ..AccountUpdate::default() }));
        }
        if link {
            changes.push(link_change(identity, id));
        }
        let entry = actor_of(after, from).entry(self.clock.now(), "account.openid", after.account.email.as_str());
        self.act(changes, entry.from(describe_account(before)).to(describe(after, identity))).await
    }

    async fn create_by_identity(
        &self,
        identity: &ProvenIdentity,
        rules: &AdmissionRules,
        granted: &Granted,
        from: IpAddr,
    ) -> Result<Account, AdmissionError> {
        let refused = |refusal| Err(AdmissionError::Refused(refusal));
        let is_owner = granted.is_owner.unwrap_or_default();
        if !rules.new_accounts {
            return refused(AdmissionRefusal::NoAccount);
        }
        if !rules.roles.is_empty() && !is_owner && granted.roles.is_empty() {
            return refused(AdmissionRefusal::NoRole);
        }
        if !is_owner && self.needs_setup().await? {
            return refused(AdmissionRefusal::SetupFirst);
        }
        let Some(email) = email_of(identity) else { return refused(AdmissionRefusal::NoEmail) };
        let name = identity.name.as_deref().and_then(|name| parse_name(name).ok());
        let account = NewAccount {
            id: AccountId(self.ids.uuid().simple().to_string()),
            name: name.unwrap_or_else(|| email.as_str().to_owned()),
            email,
            password: None,
            is_owner,
            created: self.clock.now(),
        };
        let account = Account { account, disabled: None, last_sign_in: None, roles: granted.merge(&[]) };
        let changes = vec![
            AccountChange::CreateAccount(account.account.clone()),
            AccountChange::SetRoles(account.account.id.clone(), account.roles.clone()),
            link_change(identity, &account.account.id),
        ];
        let entry = actor_of(&account, from).entry(self.clock.now(), "account.openid", account.account.email.as_str());
        self.act(changes, entry.to(describe(&account, identity))).await?;
        Ok(account)
    }
}

fn email_of(identity: &ProvenIdentity) -> Option<Email> {
    identity.email.as_deref().and_then(Email::parse)
}

fn link_change(identity: &ProvenIdentity, account: &AccountId) -> AccountChange {
    let ProvenIdentity { issuer, subject, .. } = identity.clone();
    AccountChange::LinkIdentity { issuer, subject, account: account.clone() }
}

fn actor_of(account: &Account, from: IpAddr) -> Actor {
    let NewAccount { id, email, .. } = &account.account;
    Actor { account: id.0.clone(), who: email.as_str().to_owned(), from: from.to_string() }
}

fn describe(account: &Account, identity: &ProvenIdentity) -> serde_json::Value {
    let mut described = describe_account(account);
    described["openid"] = json!({"issuer": identity.issuer, "subject": identity.subject});
    described
}
