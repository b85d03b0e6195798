//! What is around the data: room on the disk, and who may read and write the files.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use lrs_store::{Advice, Finding, Seen, Subject};

use super::{error, warning};

/// With less room than this a day of a busy school may not fit.
const FREE_BYTES_COMFORTABLE: u64 = 1 << 30;
/// With less room than this the next commits may not fit.
const FREE_BYTES_MIN: u64 = 64 << 20;
/// Anyone else's rights to a file.
const OTHERS: u32 = 0o077;

/// Room on the disk.
pub(super) fn check_disk(folder: &Path, findings: &mut Vec<Finding>) {
    const SUBJECT: Subject = Subject::DiskSpace;
    findings.push(match fs4::available_space(folder) {
        Err(problem) => warning(SUBJECT, Seen::DiskUnknown { reason: problem.to_string() }, Advice::CheckDisk),
        Ok(free_bytes) => match free_bytes {
            FREE_BYTES_COMFORTABLE.. => Finding::good(SUBJECT, Seen::DiskFree { free_bytes }),
            FREE_BYTES_MIN.. => warning(SUBJECT, Seen::DiskFree { free_bytes }, Advice::FreeSpace),
            _ => error(SUBJECT, Seen::DiskFull { free_bytes }, Advice::FreeSpace),
        },
    });
}

/// Whether a file or folder is there, is ours to write, and nobody else's to read.
pub(super) fn check_access(path: &Path, findings: &mut Vec<Finding>) {
    const SUBJECT: Subject = Subject::Permissions;
    let place = path.display().to_string();
    let metadata = match path.metadata() {
        Ok(metadata) => metadata,
        Err(problem) if problem.kind() == ErrorKind::NotFound => {
            findings.push(error(Subject::Files, Seen::PathMissing { path: place }, Advice::Restore));
            return;
        }
        Err(problem) => {
            let seen = Seen::FileUnreadable { path: place, reason: problem.to_string() };
            findings.push(error(SUBJECT, seen, Advice::BecomeOwner));
            return;
        }
    };
    // Opened for writing, and nothing written: the only sure way to learn about read-only disks.
    let opened = if metadata.is_file() { OpenOptions::new().append(true).open(path).map(drop) } else { Ok(()) };
    findings.push(match opened {
        Err(problem) => {
            let seen = Seen::PathUnwritable { path: place, reason: problem.to_string() };
            error(SUBJECT, seen, Advice::BecomeOwnerOfWritable)
        }
        Ok(()) if metadata.permissions().mode() & OTHERS != 0 => {
            let mode = format!("{:o}", metadata.mode() & 0o777);
            let seen = Seen::PathOpenToOthers { path: place, mode, owner: metadata.uid().to_string() };
            warning(SUBJECT, seen, Advice::TakeRightsAway)
        }
        Ok(()) => Finding::good(SUBJECT, Seen::PathPrivate { path: place }),
    });
}
