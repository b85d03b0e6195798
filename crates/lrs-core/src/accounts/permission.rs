//! What each role may do in its LRS: the one table.

use lrs_store::Role;

/// Something that can be done in an LRS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Permission {
    /// See statements and their attachments, live too.
    ReadStatements,
    /// Void a statement.
    VoidStatements,
    /// Take statements away, as NDJSON or CSV.
    ExportStatements,
    /// See learners and their records.
    ReadPeople,
    /// Say that two identifiers are one person, or are not.
    MergePeople,
    /// See activities.
    ReadActivities,
    /// See reports.
    ReadReports,
    /// See, create, change, rotate and revoke keys.
    ManageKeys,
    /// See refused requests.
    ReadRefusals,
    /// Send a refused request again.
    ReplayRefusals,
    /// See health, size and followers.
    ReadOperations,
    /// Back up, import.
    RunJobs,
    /// See the audit log of the LRS.
    ReadAudit,
    /// See and change groups of learners.
    ManageGroups,
    /// Invite people to the LRS, and say what they may do there.
    ManagePeopleOfLrs,
    /// Give away the roles owner and admin; delete the LRS.
    ManageLrs,
}

use Permission as P;
use Role::{Admin, Analyst, Instructor, Owner, Viewer};

/// Every permission with its name and the roles that have it. Instructors have theirs for their learners only.
const TABLE: [(Permission, &str, &[Role]); 16] = [
    (P::ReadStatements, "read_statements", &[Owner, Admin, Analyst, Instructor]),
    (P::VoidStatements, "void_statements", &[Owner, Admin]),
    (P::ExportStatements, "export_statements", &[Owner, Admin, Analyst, Instructor]),
    (P::ReadPeople, "read_people", &[Owner, Admin, Analyst, Instructor]),
    (P::MergePeople, "merge_people", &[Owner, Admin]),
    (P::ReadActivities, "read_activities", &[Owner, Admin, Analyst, Instructor]),
    (P::ReadReports, "read_reports", &[Owner, Admin, Analyst, Instructor, Viewer]),
    (P::ManageKeys, "manage_keys", &[Owner, Admin]),
    (P::ReadRefusals, "read_refusals", &[Owner, Admin]),
    (P::ReplayRefusals, "replay_refusals", &[Owner, Admin]),
    (P::ReadOperations, "read_operations", &[Owner, Admin]),
    (P::RunJobs, "run_jobs", &[Owner, Admin]),
    (P::ReadAudit, "read_audit", &[Owner, Admin]),
    (P::ManageGroups, "manage_groups", &[Owner, Admin]),
    (P::ManagePeopleOfLrs, "manage_people_of_lrs", &[Owner, Admin]),
    (P::ManageLrs, "manage_lrs", &[Owner]),
];

impl Permission {
    /// Its name for programs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        TABLE.iter().find(|(permission, ..)| *permission == self).map_or("", |(_, name, _)| name)
    }

    /// Whether a role has it.
    #[must_use]
    pub fn is_of(self, role: Role) -> bool {
        TABLE.iter().any(|(permission, _, roles)| *permission == self && roles.contains(&role))
    }
}

/// What a role may do, in the order of the table.
pub fn permissions_of(role: Role) -> impl Iterator<Item = Permission> {
    TABLE.iter().filter(move |(_, _, roles)| roles.contains(&role)).map(|(permission, ..)| *permission)
}
