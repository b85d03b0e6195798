//! Reading the audit log.

use lrs_store::{AuditEntry, AuditQuery};

use super::error::AdministrationError;
use super::{Administration, Caller, Permission};
use crate::paging::cut_page;

/// What is asked of the audit log; see [`AuditQuery`].
pub type AuditRequest = AuditQuery;

impl Administration {
    /// A page of entries, newest first, and what the next page is asked with (`before_seq`), if one follows. Owners of the server see all;
    /// others must name an LRS whose log they may see.
    ///
    /// # Errors
    /// `Missing` for an LRS in which the caller is nobody, `Forbidden` when they may not see this log, `Store` when it
    /// cannot be read.
    pub async fn find_audit_entries(
        &self,
        caller: &Caller,
        mut request: AuditRequest,
    ) -> Result<(Vec<AuditEntry>, Option<u64>), AdministrationError> {
        match &request.lrs {
            Some(lrs) => drop(caller.require(lrs, Permission::ReadAudit)?),
            None => caller.require_owner()?,
        }
        let limit = request.limit;
        request.limit += 1;
        let mut entries = self.registry.find_audit_entries(request).await?;
        let before = cut_page(&mut entries, limit).then(|| entries.last().map(|entry| entry.seq)).flatten();
        Ok((entries, before))
    }
}
