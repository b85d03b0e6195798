//! A caller, and what they may do in an LRS.

use std::sync::Arc;

use lrs_store::{Account, LrsName, RegistryError, Role, RoleGrant, SecretHash, Store};

use super::acts::Actor;
use super::error::AdministrationError;
use super::{Administration, Permission};
use crate::Readable;

/// How a caller is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Via {
    /// A session, from a browser.
    Session {
        /// The hash of its secret.
        secret: SecretHash,
        /// What a browser must send with every request that changes something.
        csrf_token: String,
        /// When it is over at the latest.
        expires: xapi::Timestamp,
    },
    /// A personal access token, from a script.
    Token(String),
}

/// Whoever sends a request of the admin API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Their account.
    pub account: Account,
    /// How they are signed in.
    pub via: Via,
    /// From where the request comes.
    pub from: String,
}

impl Caller {
    /// As the audit log names them.
    #[must_use]
    pub fn actor(&self) -> Actor {
        let account = &self.account.account;
        Actor {
            account: account.id.0.clone(),
            who: format!("{} <{}>", account.name, account.email.as_str()),
            from: self.from.clone(),
        }
    }

    /// Their role in an LRS. Whoever owns the server owns each.
    #[must_use]
    pub fn role_in(&self, lrs: &LrsName) -> Option<Role> {
        if self.account.account.is_owner {
            return Some(Role::Owner);
        }
        self.grant_in(lrs).map(|grant| grant.role)
    }

    fn grant_in(&self, lrs: &LrsName) -> Option<&RoleGrant> {
        self.account.roles.iter().find(|grant| grant.lrs == *lrs)
    }

    /// For what only the owners of the server may do.
    pub(super) fn require_owner(&self) -> Result<(), AdministrationError> {
        let owns = self.account.account.is_owner;
        owns.then_some(()).ok_or(AdministrationError::Forbidden("an owner of the server"))
    }

    /// Asks for a permission without opening the LRS. An LRS in which the caller is nobody does not exist for them.
    ///
    /// # Errors
    /// `Missing` when the caller is nobody in the LRS, `Forbidden` when their role does not have the permission.
    pub fn require(&self, lrs: &LrsName, permission: Permission) -> Result<Role, AdministrationError> {
        let role = self.role_in(lrs).ok_or(AdministrationError::Missing("LRS"))?;
        let permitted = permission.is_of(role);
        permitted.then_some(role).ok_or(AdministrationError::Forbidden(permission.as_str()))
    }
}

/// What a caller may do in an LRS, once a permission was asked for and given.
#[derive(Clone)]
pub struct LrsAccess {
    /// Who.
    pub caller: Arc<Caller>,
    /// Where.
    pub lrs: LrsName,
    /// As what.
    pub role: Role,
    /// The LRS's store.
    pub store: Arc<dyn Store>,
    /// Whose records.
    pub readable: Readable,
}

impl Administration {
    /// Lets a caller into an LRS for something they may do there.
    ///
    /// # Errors
    /// As [`Caller::require`]; `Missing` also when the LRS is gone, `Registry` when it cannot be opened, `Store` when
    /// the groups of an instructor cannot be read.
    pub async fn enter(
        &self,
        caller: &Arc<Caller>,
        lrs: &LrsName,
        permission: Permission,
    ) -> Result<LrsAccess, AdministrationError> {
        let role = caller.require(lrs, permission)?;
        let store = match self.registry.open_lrs(lrs).await {
            Err(RegistryError::NoSuchLrs(_)) => return Err(AdministrationError::Missing("LRS")),
            opened => opened?,
        };
        let readable =
            if role == Role::Instructor { self.readable_by_instructor(caller, lrs).await? } else { Readable::Everyone };
        Ok(LrsAccess { caller: Arc::clone(caller), lrs: lrs.clone(), role, store, readable })
    }

    /// Lets somebody in again who was let in before: what they may do, and whose records they read, may have changed since.
    ///
    /// # Errors
    /// `NotSignedIn` when their session or token is over, or their account is disabled or gone; else as [`Administration::enter`].
    pub async fn enter_again(
        &self,
        access: &LrsAccess,
        permission: Permission,
    ) -> Result<LrsAccess, AdministrationError> {
        let caller = Arc::new(self.find_caller_again(&access.caller).await?);
        self.enter(&caller, &access.lrs, permission).await
    }

    async fn readable_by_instructor(&self, caller: &Caller, lrs: &LrsName) -> Result<Readable, AdministrationError> {
        let bound = caller.grant_in(lrs).map(|grant| grant.groups.as_slice()).unwrap_or_default();
        let groups = self.registry.list_groups(lrs).await?;
        let members = groups.into_iter().filter(|group| bound.contains(&group.id)).flat_map(|group| group.members);
        Ok(Readable::Agents(Arc::new(members.collect())))
    }
}
