//! Reading the audit log.

use lrs_store::{AuditEntry, AuditQuery};

use super::error::AdministrationError;
use super::{Administration, Caller, Permission};

/// What is asked of the audit log; see [`AuditQuery`].
pub type AuditRequest = AuditQuery;

impl Administration {
    /// A page of entries, newest first. Owners of the server see all; others must name an LRS whose log they may see.
    ///
    /// # Errors
    /// `Missing` for an LRS in which the caller is nobody, `Forbidden` when they may not see this log, `Store` when it
    /// cannot be read.
    pub async fn find_audit_entries(
        &self,
        caller: &Caller,
        request: AuditRequest,
    ) -> Result<Vec<AuditEntry>, AdministrationError> {
        match &request.lrs {
            Some(lrs) => drop(caller.require(lrs, Permission::ReadAudit)?),
            None => caller.require_owner()?,
        }
        Ok(self.registry.find_audit_entries(request).await?)
    }
}
