//! What is around the data: room on the disk, and who may read and write the files.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use lrs_store::Finding;

use super::{error, good, warning};

/// With less room than this a day of a busy school may not fit.
const FREE_BYTES_COMFORTABLE: u64 = 1 << 30;
/// With less room than this the next commits may not fit.
const FREE_BYTES_MIN: u64 = 64 << 20;
/// Anyone else's rights to a file.
const OTHERS: u32 = 0o077;

/// Room on the disk.
pub(super) fn check_disk(folder: &Path, findings: &mut Vec<Finding>) {
    const SUBJECT: &str = "disk space";
    let advice = "free space on the disk, or move the data folder to a larger one (lyceum backup, lyceum restore)";
    findings.push(match fs4::available_space(folder) {
        Err(problem) => warning(SUBJECT, format!("cannot be told: {problem}"), "check the disk"),
        Ok(free) => {
            let seen = format!("{} MiB are free", free >> 20);
            match free {
                FREE_BYTES_COMFORTABLE.. => good(SUBJECT, seen),
                FREE_BYTES_MIN.. => warning(SUBJECT, seen, advice),
                _ => error(SUBJECT, format!("{seen}: writing will fail soon"), advice),
            }
        }
    });
}

/// Whether a file or folder is there, is ours to write, and nobody else's to read.
pub(super) fn check_access(path: &Path, findings: &mut Vec<Finding>) {
    const SUBJECT: &str = "permissions";
    let place = path.display();
    let metadata = match path.metadata() {
        Ok(metadata) => metadata,
        Err(problem) if problem.kind() == ErrorKind::NotFound => {
            findings.push(error("files", format!("{place} is missing"), super::RESTORE));
            return;
        }
        Err(problem) => {
            findings.push(error(SUBJECT, format!("{place}: {problem}"), "run as the user who owns the data folder"));
            return;
        }
    };
    // Opened for writing, and nothing written: the only sure way to learn about read-only disks.
    let opened = if metadata.is_file() { OpenOptions::new().append(true).open(path).map(drop) } else { Ok(()) };
    findings.push(match opened {
        Err(problem) => error(
            SUBJECT,
            format!("{place} cannot be written: {problem}"),
            "run as the user who owns the data folder, and check that the disk is not mounted read-only",
        ),
        Ok(()) if metadata.permissions().mode() & OTHERS != 0 => warning(
            SUBJECT,
            format!("{place} is open to others (mode {:o}, owner {})", metadata.mode() & 0o777, metadata.uid()),
            "take the rights of others away: chmod -R go= DATA",
        ),
        Ok(()) => good(SUBJECT, format!("{place} is its owner's alone")),
    });
}
