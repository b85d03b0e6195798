//! Looks for damage, and for what endangers the data: what `lyceum doctor` shows.
//!
//! Reads only, on connections of its own, so it may run beside a server and in another process. A light check takes
//! moments on a large LRS; a deep one reads everything: every page, every body, the log against the index, every
//! attachment against its digest. Each finding says what to do.

mod content;
mod index;
mod surroundings;

use std::path::Path;

use lrs_store::{Advice, CheckedPart, Clock, Finding, LrsName, Seen, Severity, StoreError, Subject};
use rusqlite::Connection;
use xapi::Timestamp;

use crate::SqliteStore;
use crate::backup::open_source;
use crate::registry::control;
use crate::registry::folder::DataFolder;

/// At most so many single faults are told of one subject.
const FAULTS_MAX: usize = 20;

/// Subjects of findings that a repair can mend.
pub(crate) const REBUILDABLE: [Subject; 4] =
    [Subject::Database, Subject::DatabasePages, Subject::Index, Subject::VoidedStatements];
/// What all LRSs share.
const SHARED: &str = "LRSs and keys";

/// Checks a data folder with all its LRSs, beside a running server or without one. `told` hears of each part before it is
/// checked. Blocks.
pub fn check_folder(data: &Path, deep: bool, clock: &dyn Clock, told: &dyn Fn(Option<&LrsName>)) -> Vec<CheckedPart> {
    told(None);
    let folder = DataFolder::at(data);
    let mut findings = Vec::new();
    let names = check_control(&folder, deep, &mut findings);
    surroundings::check_disk(data, &mut findings);
    let mut parts = vec![CheckedPart { lrs: None, findings }];
    for name in names {
        told(Some(&name));
        let findings = check_lrs(&folder.database(&name), &folder.attachments(&name), deep, clock.now());
        parts.push(CheckedPart { lrs: Some(name.to_string()), findings });
    }
    parts
}

/// Checks the store's database and attachments.
pub(crate) async fn check(store: &SqliteStore, deep: bool) -> Result<Vec<Finding>, StoreError> {
    let (path, attachments) = (store.shared.path.clone(), store.shared.attachments.root().to_owned());
    let now = store.shared.clock.now();
    let check = move || {
        let mut findings = check_lrs(&path, &attachments, deep, now);
        surroundings::check_disk(path.parent().unwrap_or(&path), &mut findings);
        findings
    };
    tokio::task::spawn_blocking(check)
        .await
        .map_err(|error| StoreError::Internal { operation: "check the store", source: Box::new(error) })
}

/// Checks one LRS.
pub(crate) fn check_lrs(database: &Path, attachments: &Path, deep: bool, now: Timestamp) -> Vec<Finding> {
    let mut findings = Vec::new();
    surroundings::check_access(database, &mut findings);
    surroundings::check_access(attachments, &mut findings);
    if let Err(error) = content::check_database(database, attachments, deep, now, &mut findings) {
        findings.push(failed(Subject::Database, &error));
    }
    findings
}

/// The first fault in the pages and in the index of a database.
pub(crate) fn find_fault(connection: &Connection) -> Result<Option<Finding>, StoreError> {
    let mut findings = Vec::new();
    content::check_pages(connection, true, Advice::Repair, &mut findings)
        .map_err(|error| crate::error::store_error("check the pages", error))?;
    index::check_index(connection, &mut findings)?;
    Ok(findings.into_iter().find(|finding| finding.severity == Severity::Error))
}

/// Checks the control database, and lists the LRSs that it names.
fn check_control(folder: &DataFolder, deep: bool, findings: &mut Vec<Finding>) -> Vec<LrsName> {
    let path = folder.control();
    if !path.is_file() {
        let seen = Seen::PathMissing { path: path.display().to_string() };
        findings.push(error(Subject::in_words("data folder"), seen, Advice::in_words("check --data")));
        return Vec::new();
    }
    surroundings::check_access(folder.root(), findings);
    surroundings::check_access(&path, findings);
    let mut read = || {
        let mut connection = open_source(&path)?;
        content::check_pages(&connection, deep, Advice::Restore, findings)?;
        let version = control::pragma(&connection, "user_version")?;
        content::judge_version(version, control::SCHEMA_VERSION, findings);
        control::read_snapshot(&mut connection)
    };
    match read() {
        Ok(snapshot) => {
            let now = format!("{} LRSs, {} keys", snapshot.lrss.len(), snapshot.keys.len());
            findings.push(Finding::good(Subject::in_words(SHARED), Seen::in_words(now)));
            check_strangers(folder, &snapshot, findings);
            snapshot.lrss.into_keys().collect()
        }
        Err(problem) => {
            findings
                .push(failed(Subject::in_words(SHARED), &crate::error::store_error("read the LRSs and keys", problem)));
            Vec::new()
        }
    }
}

/// Looks for files of LRSs that the control database does not know.
fn check_strangers(folder: &DataFolder, snapshot: &control::Snapshot, findings: &mut Vec<Finding>) {
    let Ok(entries) = std::fs::read_dir(folder.lrs_folder()) else { return };
    for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
        // `NAME.db`, `NAME.views.db`, `NAME.attachments`: a name has no full stop.
        let file = path.file_name().and_then(|file| file.to_str()).unwrap_or_default();
        let name = file.split('.').next().and_then(LrsName::parse);
        let known = name.is_some_and(|name| snapshot.lrss.contains_key(&name) || snapshot.deleted.contains(&name));
        if !known {
            let seen = Seen::in_words(format!("{} belongs to no LRS", path.display()));
            let advice = Advice::in_words("move it out of the data folder once you know what it is");
            findings.push(warning(Subject::in_words(SHARED), seen, advice));
        }
    }
}

fn warning(subject: Subject, seen: Seen, advice: Advice) -> Finding {
    Finding::new(Severity::Warning, subject, seen, advice)
}

fn error(subject: Subject, seen: Seen, advice: Advice) -> Finding {
    Finding::new(Severity::Error, subject, seen, advice)
}

/// The check itself could not be done.
fn failed(subject: Subject, problem: &StoreError) -> Finding {
    let advice = match problem {
        StoreError::Corrupt { .. } => Advice::RepairOrRestore,
        _ => Advice::DoAsSaid,
    };
    let cause = std::error::Error::source(problem).map(|cause| format!(": {cause}")).unwrap_or_default();
    error(subject, Seen::CheckFailed { reason: format!("{problem}{cause}") }, advice)
}

/// Single faults of one subject, of which only the first are told.
#[derive(Default)]
struct Faults {
    count: u64,
    told: Vec<Seen>,
}

impl Faults {
    /// Adds one that only a deep check finds.
    fn add(&mut self, fault: String) {
        self.add_seen(Seen::in_words(fault));
    }

    fn add_seen(&mut self, fault: Seen) {
        self.count += 1;
        if self.told.len() < FAULTS_MAX {
            self.told.push(fault);
        }
    }

    /// One finding: `fine` when there are no faults.
    fn into_finding(self, subject: Subject, fine: Seen, advice: Advice) -> Finding {
        if self.count == 0 {
            return Finding::good(subject, fine);
        }
        error(subject, Seen::Faults { count: self.count, first: self.told }, advice)
    }
}
