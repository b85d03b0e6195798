//! Accounts, invitations and groups of learners, as those who look after them see them.

use lrs_store::{
    Account, AccountChange, AccountId, AccountKey, AccountUpdate, Email, Invitation, LearnerGroup, LrsName, Role,
    RoleGrant,
};
use xapi::Timestamp;

use super::acts::{Detail as _, describe_account, describe_group, describe_invitation};
use super::error::AdministrationError;
use super::learner::parse_learner;
use super::{Administration, Caller, LrsAccess, Permission, SignedIn};
use crate::keys::new_secret;
use crate::paging::cut_page;
use crate::{Rule, Secret, hash_secret};

/// An invitation waits a week.
const INVITATION_MICROSECONDS: i64 = 7 * 86_400 * 1_000_000;

/// Characters of a name.
const NAME_CHARACTERS_MAX: usize = 200;

/// Learners in one group, and groups in one LRS: what is read with each request of an instructor.
const MEMBERS_MAX: usize = 10_000;
const GROUPS_MAX: usize = 1_000;

/// A change to an account, as asked for; `None` leaves as is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccountRequest {
    /// Another name.
    pub name: Option<String>,
    /// Whether it lets nobody in.
    pub disabled: Option<bool>,
    /// Whether it owns the server.
    pub is_owner: Option<bool>,
    /// What it may do.
    pub roles: Option<Vec<RoleGrant>>,
}

/// A new invitation with the secret of its link.
#[derive(Debug)]
pub struct CreatedInvitation {
    /// The invitation.
    pub invitation: Invitation,
    /// For the link, nowhere else to be had.
    pub secret: Secret,
}

pub(super) fn parse_email(text: &str) -> Result<Email, AdministrationError> {
    Email::parse(text).ok_or(Rule::Email.into())
}

/// A name of a person or a thing: something that can be seen, in one line.
pub(super) fn parse_name(text: &str) -> Result<String, AdministrationError> {
    let name = text.trim();
    let fits = !name.is_empty() && name.chars().count() <= NAME_CHARACTERS_MAX && !name.contains(char::is_control);
    if fits { Ok(name.to_owned()) } else { Err(Rule::Name { max: NAME_CHARACTERS_MAX }.into()) }
}

/// Whether a caller may give this role, or take it away: only an owner makes owners and admins.
fn require_grantable(caller: &Caller, grant: &RoleGrant) -> Result<(), AdministrationError> {
    let needed = match grant.role {
        Role::Owner | Role::Admin => Permission::ManageLrs,
        Role::Analyst | Role::Instructor | Role::Viewer => Permission::ManagePeopleOfLrs,
    };
    caller.require(&grant.lrs, needed).map(drop)
}

/// Sorts roles by LRS; each LRS once, and groups for instructors only.
fn order_roles(mut roles: Vec<RoleGrant>) -> Result<Vec<RoleGrant>, AdministrationError> {
    roles.sort_by(|one, other| one.lrs.cmp(&other.lrs));
    if roles.windows(2).any(|pair| pair[0].lrs == pair[1].lrs) {
        return Err(Rule::RolesOnce.into());
    }
    if roles.iter().any(|grant| grant.role != Role::Instructor && !grant.groups.is_empty()) {
        return Err(Rule::GroupsOfInstructors.into());
    }
    Ok(roles)
}

impl Administration {
    /// Accounts by e-mail address behind `after`. Owners of the server see all; others see the accounts that have a role in
    /// an LRS whose people they manage, and of their roles only those.
    ///
    /// # Errors
    /// `Store` when they cannot be read.
    pub async fn list_accounts(
        &self,
        caller: &Caller,
        after: Option<&Email>,
        limit: usize,
    ) -> Result<(Vec<Account>, Option<Email>), AdministrationError> {
        let managed = |grant: &RoleGrant| caller.require(&grant.lrs, Permission::ManagePeopleOfLrs).is_ok();
        let own = &caller.account;
        let within = (!own.account.is_owner)
            .then(|| own.roles.iter().filter(|it| managed(it)).map(|it| it.lrs.clone()).collect::<Vec<_>>());
        let mut accounts = self.registry.list_accounts(within.as_deref(), after, limit + 1).await?;
        let next = cut_page(&mut accounts, limit).then(|| accounts.last().map(|it| it.account.email.clone())).flatten();
        if within.is_some() {
            for account in &mut accounts {
                account.roles.retain(managed);
            }
        }
        Ok((accounts, next))
    }

    /// An account that the caller may look after, with the roles that they do not see.
    async fn find_managed(&self, caller: &Caller, id: &AccountId) -> Result<Account, AdministrationError> {
        let account = self.registry.find_account(AccountKey::Id(id.clone())).await?;
        let managed = |grant: &RoleGrant| caller.require(&grant.lrs, Permission::ManagePeopleOfLrs).is_ok();
        let visible = |it: &Account| caller.account.account.is_owner || it.roles.iter().any(managed);
        account.filter(visible).ok_or(AdministrationError::Missing("account"))
    }

    /// Changes an account. Its roles: those in LRSs that the caller manages; others stay. All else: owners of the server only.
    ///
    /// # Errors
    /// - `Missing`: the caller does not look after this account, or is nobody in an LRS of its new roles.
    /// - `Forbidden`: only an owner may change that, or give or take such a role.
    /// - `Invalid`: the name cannot be used, or the roles name an LRS twice or groups that are not there.
    /// - `Accounts`: it is the last owner of the server, or an LRS is gone; also when the registry fails, as is
    ///   `Store`.
    pub async fn change_account(
        &self,
        caller: &Caller,
        id: &AccountId,
        request: AccountRequest,
    ) -> Result<Account, AdministrationError> {
        let before = self.find_managed(caller, id).await?;
        if request.name.is_some() || request.disabled.is_some() || request.is_owner.is_some() {
            caller.require_owner()?;
        }
        let now = self.clock.now();
        let disabled = request.disabled.map(|disabled| disabled.then(|| before.disabled.unwrap_or(now)));
        let name = request.name.as_deref().map(parse_name).transpose()?;
        let mut after = before.clone();
        after.account.name = name.clone().unwrap_or(after.account.name);
        after.account.is_owner = request.is_owner.unwrap_or(after.account.is_owner);
        after.disabled = disabled.unwrap_or(after.disabled);
        let update = AccountUpdate { name, is_owner: request.is_owner, disabled, ..AccountUpdate::default() };
        let mut changes = vec![AccountChange::UpdateAccount(id.clone(), update)];
        if let Some(roles) = request.roles {
            after.roles = self.merge_roles(caller, &before.roles, order_roles(roles)?).await?;
            changes.push(AccountChange::SetRoles(id.clone(), after.roles.clone()));
        }
        if disabled.flatten().is_some() {
            changes.push(AccountChange::EndSessions(id.clone()));
        }
        let entry = caller.actor().entry(now, "account.change", after.account.email.as_str());
        let mut entry = entry.from(describe_account(&before)).to(describe_account(&after));
        entry.lrs = only_lrs(&before.roles, &after.roles);
        self.act(changes, entry).await?;
        Ok(after)
    }

    /// What an account may do after a change: what was asked for, and what the caller has no say in.
    async fn merge_roles(
        &self,
        caller: &Caller,
        before: &[RoleGrant],
        asked: Vec<RoleGrant>,
    ) -> Result<Vec<RoleGrant>, AdministrationError> {
        let managed = |grant: &&RoleGrant| caller.require(&grant.lrs, Permission::ManagePeopleOfLrs).is_ok();
        let gone = before.iter().filter(managed).filter(|grant| !asked.contains(grant));
        let new: Vec<&RoleGrant> = asked.iter().filter(|grant| !before.contains(grant)).collect();
        for grant in gone.chain(new.iter().copied()) {
            require_grantable(caller, grant)?;
        }
        for grant in new {
            self.require_groups(grant).await?;
        }
        let kept = before.iter().filter(|grant| !managed(grant)).filter(|grant| !asked.contains(grant)).cloned();
        let merged: Vec<RoleGrant> = kept.chain(asked.iter().cloned()).collect();
        order_roles(merged)
    }

    async fn require_groups(&self, grant: &RoleGrant) -> Result<(), AdministrationError> {
        if grant.groups.is_empty() {
            return Ok(());
        }
        let groups = self.registry.list_groups(&grant.lrs).await?;
        let known = |id: &String| groups.iter().any(|group| group.id == *id);
        if grant.groups.iter().all(known) { Ok(()) } else { Err(Rule::GroupsExist.into()) }
    }

    /// Deletes an account.
    ///
    /// # Errors
    /// `Missing` when the caller does not look after this account, `Forbidden` unless they own the server, `Accounts`
    /// when it is the last owner, `Accounts` or `Store` when the registry fails.
    pub async fn delete_account(&self, caller: &Caller, id: &AccountId) -> Result<(), AdministrationError> {
        let before = self.find_managed(caller, id).await?;
        caller.require_owner()?;
        let entry = caller.actor().entry(self.clock.now(), "account.delete", before.account.email.as_str());
        self.act(vec![AccountChange::DeleteAccount(id.clone())], entry.from(describe_account(&before))).await
    }

    /// The invitations that the caller could have made.
    ///
    /// # Errors
    /// `Store` when they cannot be read.
    pub async fn list_invitations(&self, caller: &Caller) -> Result<Vec<Invitation>, AdministrationError> {
        let mut invitations = self.registry.list_invitations().await?;
        invitations.retain(|it| may_invite(caller, it.is_owner, &it.roles).is_ok());
        Ok(invitations)
    }

    /// Invites someone. A caller who does not own the server invites into their LRSs only.
    ///
    /// # Errors
    /// `Missing` or `Forbidden` for a role that the caller may not give; `Invalid` for what is no address, or for roles
    /// that name an LRS twice or groups that are not there; `Accounts` when an account has the address; `Accounts` or
    /// `Store` when the registry fails.
    pub async fn invite(
        &self,
        caller: &Caller,
        email: &str,
        roles: Vec<RoleGrant>,
        is_owner: bool,
    ) -> Result<CreatedInvitation, AdministrationError> {
        let roles = order_roles(roles)?;
        may_invite(caller, is_owner, &roles)?;
        for grant in &roles {
            self.require_groups(grant).await?;
        }
        let now = self.clock.now();
        let secret = new_secret(self.ids.as_ref());
        let invitation = Invitation {
            id: self.ids.uuid().simple().to_string(),
            secret: hash_secret(secret.expose().as_bytes()),
            email: parse_email(email)?,
            roles,
            is_owner,
            invited_by: caller.account.account.name.clone(),
            created: now,
            expires: Timestamp(now.0 + INVITATION_MICROSECONDS),
        };
        let entry = caller.actor().entry(now, "invitation.create", invitation.email.as_str());
        let mut entry = entry.to(describe_invitation(&invitation));
        entry.lrs = only_lrs(&invitation.roles, &[]);
        self.act(vec![AccountChange::CreateInvitation(invitation.clone())], entry).await?;
        Ok(CreatedInvitation { invitation, secret })
    }

    /// Withdraws an invitation.
    ///
    /// # Errors
    /// `Missing` when there is none that the caller could have made, `Accounts` or `Store` when the registry fails.
    pub async fn delete_invitation(&self, caller: &Caller, id: &str) -> Result<(), AdministrationError> {
        let invitations = self.list_invitations(caller).await?;
        let found = invitations.into_iter().find(|it| it.id == id);
        let invitation = found.ok_or(AdministrationError::Missing("invitation"))?;
        let entry = caller.actor().entry(self.clock.now(), "invitation.delete", invitation.email.as_str());
        let mut entry = entry.from(describe_invitation(&invitation));
        entry.lrs = only_lrs(&invitation.roles, &[]);
        self.act(vec![AccountChange::DeleteInvitation(id.to_owned())], entry).await
    }

    /// Makes the account that an invitation asks for, and signs it in.
    ///
    /// # Errors
    /// `Invalid` for a name or a password that cannot be used; `Accounts` when the link is not known, was used or has
    /// expired, when an account has the address by now, or when an LRS is gone; `Accounts` or `Store` when the registry
    /// fails.
    pub async fn accept_invitation(
        &self,
        link: &str,
        name: &str,
        password: &str,
        from: std::net::IpAddr,
    ) -> Result<SignedIn, AdministrationError> {
        let hash = hash_secret(link.as_bytes());
        let stale = || AdministrationError::Accounts(lrs_store::AccountError::StaleLink);
        let invitation = self.registry.find_invitation(&hash).await?.ok_or_else(stale)?;
        let account = self.new_account(name, invitation.email.as_str(), password, invitation.is_owner).await?;
        let roles = invitation.roles;
        let changes = vec![
            AccountChange::UseInvitation(hash, self.clock.now()),
            AccountChange::CreateAccount(account.clone()),
            AccountChange::SetRoles(account.id.clone(), roles.clone()),
        ];
        let account = Account { account, disabled: None, last_sign_in: None, roles };
        self.start_session(account, changes, "invitation.accept", from).await
    }

    /// The groups of an LRS.
    ///
    /// # Errors
    /// `Store` when they cannot be read.
    pub async fn list_groups(&self, access: &LrsAccess) -> Result<Vec<LearnerGroup>, AdministrationError> {
        Ok(self.registry.list_groups(&access.lrs).await?)
    }

    /// Makes a group, or changes the one with this id.
    ///
    /// # Errors
    /// `Missing` when there is no group with this id, `Invalid` for a name or members that cannot be used, or for more
    /// groups than an LRS may have; `Accounts` or `Store` when the registry fails.
    pub async fn put_group(
        &self,
        access: &LrsAccess,
        id: Option<&str>,
        name: Option<&str>,
        members: Option<Vec<String>>,
    ) -> Result<LearnerGroup, AdministrationError> {
        let groups = self.registry.list_groups(&access.lrs).await?;
        let before = match id {
            Some(id) => {
                let found = groups.into_iter().find(|group| group.id == id);
                Some(found.ok_or(AdministrationError::Missing("group"))?)
            }
            None if groups.len() >= GROUPS_MAX => return Err(Rule::TooManyGroups { max: GROUPS_MAX }.into()),
            None => None,
        };
        let mut group = before.clone().unwrap_or_else(|| LearnerGroup {
            lrs: access.lrs.clone(),
            id: self.ids.uuid().simple().to_string(),
            name: String::new(),
            members: Vec::new(),
        });
        if name.is_some() || before.is_none() {
            group.name = parse_name(name.unwrap_or_default())?;
        }
        if let Some(members) = members {
            let read: Option<Vec<String>> = members.iter().map(|member| parse_learner(member)).collect();
            let fits = read.filter(|read| read.len() <= MEMBERS_MAX);
            group.members = fits.ok_or(Rule::Members { max: MEMBERS_MAX })?;
        }
        let act = if before.is_some() { "group.change" } else { "group.create" };
        let entry = access.caller.actor().entry(self.clock.now(), act, group.id.as_str()).in_lrs(&access.lrs);
        let mut entry = entry.to(describe_group(&group));
        entry.before = before.as_ref().map(|group| describe_group(group).to_string());
        self.act(vec![AccountChange::PutGroup(group.clone())], entry).await?;
        Ok(group)
    }

    /// Deletes a group; its instructors read less from then on.
    ///
    /// # Errors
    /// `Missing` when there is no such group, `Accounts` or `Store` when the registry fails.
    pub async fn delete_group(&self, access: &LrsAccess, id: &str) -> Result<(), AdministrationError> {
        let groups = self.registry.list_groups(&access.lrs).await?;
        let group = groups.into_iter().find(|group| group.id == id).ok_or(AdministrationError::Missing("group"))?;
        let entry = access.caller.actor().entry(self.clock.now(), "group.delete", id).in_lrs(&access.lrs);
        let change = AccountChange::DeleteGroup(access.lrs.clone(), id.to_owned());
        self.act(vec![change], entry.from(describe_group(&group))).await
    }
}

fn may_invite(caller: &Caller, is_owner: bool, roles: &[RoleGrant]) -> Result<(), AdministrationError> {
    if is_owner || roles.is_empty() {
        caller.require_owner()?;
    }
    roles.iter().try_for_each(|grant| require_grantable(caller, grant))
}

/// The LRS that a change of roles is about, when it is one.
fn only_lrs(before: &[RoleGrant], after: &[RoleGrant]) -> Option<LrsName> {
    let gone = before.iter().filter(|grant| !after.contains(grant));
    let new = after.iter().filter(|grant| !before.contains(grant));
    let mut changed = gone.chain(new).map(|grant| &grant.lrs);
    let first = changed.next()?;
    changed.all(|lrs| lrs == first).then(|| first.clone())
}
