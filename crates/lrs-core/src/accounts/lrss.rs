//! The LRSs of a server, as a caller sees them.

use lrs_store::{Lrs, LrsName, RegistryError, Role};
use serde_json::json;

use super::acts::Detail as _;
use super::error::AdministrationError;
use super::{Administration, Caller, LrsAccess};
use crate::Rule;

/// An LRS in a caller's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LrsReport {
    /// The LRS.
    pub lrs: Lrs,
    /// Its statements, voided ones too.
    pub statements: u64,
    /// What the caller is in it.
    pub role: Role,
}

impl Administration {
    /// The LRSs that exist for a caller.
    ///
    /// # Errors
    /// `Registry` when the list cannot be read or one of them not be opened, `Store` when one cannot be asked for its
    /// figures.
    pub async fn list_lrss(&self, caller: &Caller) -> Result<Vec<LrsReport>, AdministrationError> {
        let mut reports = Vec::new();
        for lrs in self.registry.list_lrss().await? {
            let Some(role) = caller.role_in(&lrs.name) else { continue };
            let statements = match self.registry.open_lrs(&lrs.name).await {
                Ok(store) => store.status().await?.statements,
                // Deleted between the two calls.
                Err(RegistryError::NoSuchLrs(_)) => continue,
                Err(error) => return Err(error.into()),
            };
            reports.push(LrsReport { lrs, statements, role });
        }
        Ok(reports)
    }

    /// Creates an LRS.
    ///
    /// # Errors
    /// `Forbidden` unless the caller owns the server, `Invalid` for what is no name, `Registry` when the name is taken
    /// or the LRS cannot be made, `Accounts` when it was made, but the record of it cannot be written.
    pub async fn create_lrs(&self, caller: &Caller, name: &str) -> Result<Lrs, AdministrationError> {
        caller.require_owner()?;
        let name = LrsName::parse(name).ok_or(Rule::LrsName)?;
        let lrs = self.registry.create_lrs(&name).await?;
        // Files and schemas are made outside the accounts' transaction: the record follows the act.
        let entry = caller.actor().entry(self.clock.now(), "lrs.create", name.as_str()).in_lrs(&name);
        self.act(Vec::new(), entry.to(json!({"statements": 0}))).await?;
        Ok(lrs)
    }

    /// Deletes an LRS for good.
    ///
    /// # Errors
    /// `Store` when it is closed already, `Registry` when it is gone or not all of it can be removed, `Accounts` when
    /// it was deleted, but the record of it cannot be written.
    pub async fn delete_lrs(&self, access: &LrsAccess) -> Result<(), AdministrationError> {
        let statements = access.store.status().await?.statements;
        let entry = access.caller.actor().entry(self.clock.now(), "lrs.delete", access.lrs.as_str());
        let entry = entry.in_lrs(&access.lrs).from(json!({"statements": statements}));
        self.registry.delete_lrs(&access.lrs).await?;
        self.act(Vec::new(), entry).await
    }
}
