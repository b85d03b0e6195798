//! The copying: databases page by page within one read transaction, attachments as links or copies.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use lrs_store::LrsName;
use lrs_store::backend::hexadecimal;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use sha2::{Digest, Sha256};

use super::{BackupError, BackupFile, BackupLrs, Progress};
use crate::attachments::attachment_path;
use crate::registry::folder::{DataFolder, make_file, make_folder, sync_folder};

/// Pages that are copied between two reports of progress.
const STEP_PAGES: i32 = 2_048;
/// The buffer for hashing and copying files.
const BUFFER_BYTES: usize = 256 << 10;
/// How long to wait for a moment in which the database can be read.
const BUSY_MS: i64 = 10_000;

/// Counts bytes.
pub(super) struct Meter<'a> {
    progress: Progress<'a>,
    done: u64,
    total: u64,
}

impl<'a> Meter<'a> {
    pub(super) fn new(progress: Progress<'a>, total: u64) -> Self {
        progress(0, total);
        Self { progress, done: 0, total }
    }

    pub(super) fn add(&mut self, bytes: u64) {
        self.done += bytes;
        self.total = self.total.max(self.done);
        (self.progress)(self.done, self.total);
    }

    pub(super) fn finish(&self) {
        (self.progress)(self.total, self.total);
    }
}

/// Opens a database that a server may be writing to; it is only read.
pub(crate) fn open_source(path: &Path) -> rusqlite::Result<Connection> {
    // Not read-only for SQLite: a reader of a WAL database takes part in its shared memory.
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.pragma_update(None, "busy_timeout", BUSY_MS)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// Opens a database of a backup. Nothing is written, not even beside it.
pub(super) fn open_copy(path: &Path) -> rusqlite::Result<Connection> {
    Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)
}

/// The LRSs that a control database names; all of its few rows.
pub(super) fn list_lrss(control: &Path) -> Result<Vec<LrsName>, BackupError> {
    let read = || {
        let connection = open_source(control)?;
        let mut statement = connection.prepare("SELECT name FROM lrs WHERE deleted IS NULL ORDER BY name")?;
        statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()
    };
    let names = read().map_err(BackupError::database("read", control))?;
    names
        .iter()
        .map(|name| {
            LrsName::parse(name).ok_or_else(|| BackupError::Damaged {
                path: control.to_owned(),
                reason: format!("{name:?} is not the name of an LRS"),
            })
        })
        .collect()
}

/// About how many bytes will be copied.
pub(super) fn estimate_bytes(folder: &DataFolder, names: &[LrsName]) -> Result<u64, BackupError> {
    let mut total = 0;
    for name in names {
        let path = folder.database(name);
        let size = path.metadata().map_err(BackupError::file("read", &path))?.len();
        total += size + attachment_bytes(&path).unwrap_or(0);
    }
    Ok(total)
}

/// The only row of `attachment_figures`. An LRS that was never opened has no tables yet.
fn attachment_bytes(path: &Path) -> rusqlite::Result<u64> {
    open_source(path)?.query_row("SELECT bytes FROM attachment_figures", [], |row| row.get(0))
}

/// Copies one LRS.
pub(super) fn copy_lrs(
    folder: &DataFolder,
    copy: &DataFolder,
    name: &LrsName,
    meter: &mut Meter<'_>,
) -> Result<BackupLrs, BackupError> {
    let target = copy.database(name);
    copy_database(&folder.database(name), &target, meter)?;
    let counts = count_content(&target).map_err(BackupError::database("read", &target))?;
    make_folder(&copy.attachments(name)).map_err(BackupError::file("make", &copy.attachments(name)))?;
    for_each_attachment(&target, |sha256, size_bytes| {
        let from = attachment_path(&folder.attachments(name), sha256);
        let to = attachment_path(&copy.attachments(name), sha256);
        if let Some(shard) = to.parent() {
            make_folder(shard).map_err(BackupError::file("make", shard))?;
        }
        link_or_copy(&from, &to)?;
        meter.add(size_bytes);
        Ok(())
    })?;
    Ok(BackupLrs {
        name: name.to_string(),
        database: describe_file(copy.root(), &target)?,
        statements: counts.statements,
        documents: counts.documents,
        attachments: counts.attachments,
        attachment_bytes: counts.attachment_bytes,
    })
}

/// Copies a database as it is at one instant, whatever is written meanwhile.
pub(super) fn copy_database(from: &Path, to: &Path, meter: &mut Meter<'_>) -> Result<(), BackupError> {
    make_file(to).map_err(BackupError::file("write", to))?;
    let reading = BackupError::database("read", from);
    let source = open_source(from).map_err(reading)?;
    let copy = |meter: &mut Meter<'_>| {
        let mut target = Connection::open(to)?;
        target.pragma_update(None, "synchronous", "OFF")?;
        // The open read transaction is the instant: while it lasts, commits of others do not make the copy start again.
        source.execute_batch("BEGIN")?;
        source.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        {
            let backup = Backup::new(&source, &mut target)?;
            let page_bytes: u64 = source.pragma_query_value(None, "page_size", |row| row.get(0))?;
            let mut left = None;
            loop {
                let step = backup.step(STEP_PAGES)?;
                let pages = backup.progress();
                let (remaining, count) =
                    (u64::from(pages.remaining.unsigned_abs()), u64::from(pages.pagecount.unsigned_abs()));
                meter.add((left.unwrap_or(count) - remaining) * page_bytes);
                left = Some(remaining);
                match step {
                    StepResult::Done => break,
                    StepResult::More => {}
                    // Only a writer's exclusive moment, such as the recovery of the log after a crash.
                    _ => std::thread::sleep(std::time::Duration::from_millis(10)),
                }
            }
        }
        source.execute_batch("COMMIT")?;
        // A copy is one file: no log beside it.
        target.pragma_update(None, "journal_mode", "DELETE")?;
        target.close().map_err(|(_, error)| error)
    };
    copy(meter).map_err(BackupError::database("copy", from))?;
    File::open(to).and_then(|file| file.sync_all()).map_err(BackupError::file("write", to))
}

/// Leaves only these LRSs, and their keys, in the copy of a control database.
pub(super) fn keep_only(control: &Path, names: &[LrsName]) -> Result<(), BackupError> {
    let change = || {
        let mut connection = Connection::open(control)?;
        let transaction = connection.transaction()?;
        let known = {
            let mut statement = transaction.prepare("SELECT name FROM lrs")?;
            statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()?
        };
        for name in known.iter().filter(|name| !names.iter().any(|kept| kept.as_str() == name.as_str())) {
            transaction.execute("DELETE FROM lrs WHERE name = ?1", [name])?;
            transaction.execute("DELETE FROM key WHERE lrs = ?1", [name])?;
        }
        transaction.commit()
    };
    change().map_err(BackupError::database("write", control))
}

/// What a database of an LRS holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) statements: u64,
    pub(super) documents: u64,
    pub(super) attachments: u64,
    pub(super) attachment_bytes: u64,
}

/// Counts whole tables. An LRS that was never opened has none yet.
pub(super) fn count_content(path: &Path) -> rusqlite::Result<Counts> {
    let connection = open_copy(path)?;
    if !has_tables(&connection)? {
        return Ok(Counts::default());
    }
    connection.query_row(
        "SELECT (SELECT count(*) FROM statement), (SELECT count(*) FROM document), count(*), coalesce(sum(size), 0)
         FROM attachment",
        [],
        |row| {
            Ok(Counts {
                statements: row.get(0)?,
                documents: row.get(1)?,
                attachments: row.get(2)?,
                attachment_bytes: row.get(3)?,
            })
        },
    )
}

pub(crate) fn has_tables(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row("SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'attachment')", [], |row| row.get(0))
}

/// Goes through the attachments that a database names: SHA-256 and size. The whole table, in the order of its primary key.
pub(super) fn for_each_attachment(
    database: &Path,
    mut each: impl FnMut(&str, u64) -> Result<(), BackupError>,
) -> Result<(), BackupError> {
    let failed = |error| BackupError::database("read", database)(error);
    let connection = open_copy(database).map_err(failed)?;
    if !has_tables(&connection).map_err(failed)? {
        return Ok(());
    }
    let mut statement = connection.prepare("SELECT sha256, size FROM attachment ORDER BY sha256").map_err(failed)?;
    let mut rows = statement.query([]).map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        let (sha256, size): (String, u64) = (row.get(0).map_err(failed)?, row.get(1).map_err(failed)?);
        // It becomes a path.
        if sha256.len() != 64 || !sha256.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            let reason = format!("attachment.sha256 is {sha256:?}, which is no SHA-256");
            return Err(BackupError::Damaged { path: database.to_owned(), reason });
        }
        each(&sha256, size)?;
    }
    Ok(())
}

/// An attachment never changes, so a second name for it is as good as a copy; where that cannot be, it is copied.
pub(crate) fn link_or_copy(from: &Path, to: &Path) -> Result<(), BackupError> {
    match std::fs::hard_link(from, to) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(BackupError::Damaged {
            path: from.to_owned(),
            reason: "the file is missing: run `lyceum doctor --deep`".to_owned(),
        }),
        Err(_) => copy_file(from, to),
    }
}

/// Copies a file, durably.
pub(super) fn copy_file(from: &Path, to: &Path) -> Result<(), BackupError> {
    let mut source = File::open(from).map_err(BackupError::file("read", from))?;
    let mut target = create_file(to)?;
    std::io::copy(&mut source, &mut target).map_err(BackupError::file("copy", from))?;
    target.sync_all().map_err(BackupError::file("write", to))
}

/// Writes a new file, durably.
pub(super) fn write_file(path: &Path, bytes: &[u8]) -> Result<(), BackupError> {
    let mut file = create_file(path)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(BackupError::file("write", path))
}

/// A new file for its owner alone.
pub(super) fn create_file(path: &Path) -> Result<File, BackupError> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    options.open(path).map_err(BackupError::file("write", path))
}

/// A file's size and digest, for the manifest.
pub(super) fn describe_file(root: &Path, path: &Path) -> Result<BackupFile, BackupError> {
    let (size_bytes, sha256) = hash_file(path, |_| {}).map_err(BackupError::file("read", path))?;
    let relative = path.strip_prefix(root).unwrap_or(path);
    Ok(BackupFile { path: relative.display().to_string(), size_bytes, sha256 })
}

/// A file's size and SHA-256.
pub(crate) fn hash_file(path: &Path, mut read: impl FnMut(u64)) -> std::io::Result<(u64, String)> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut size_bytes = 0;
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            return Ok((size_bytes, hexadecimal(&hash.finalize())));
        }
        hash.update(&buffer[..count]);
        size_bytes += count as u64;
        read(count as u64);
    }
}

/// Makes the names in a folder, and in those below it, durable.
pub(super) fn sync_tree(folder: &Path) -> Result<(), BackupError> {
    for entry in std::fs::read_dir(folder).map_err(BackupError::file("read", folder))? {
        let path = entry.map_err(BackupError::file("read", folder))?.path();
        if path.is_dir() {
            sync_tree(&path)?;
        }
    }
    sync_folder(folder).map_err(BackupError::file("write", folder))
}
