//! The write-ahead log of the connection that writes: when it is copied into the database, and room in its file ahead of need.
//!
//! A durable write over space that a file has already takes about half as long as one that makes it longer. So while commits are
//! small, the file is lengthened by many pages of zeros at once; SQLite takes what follows its last commit for no part of the log.

use std::cell::Cell;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::connection::BUSY_MS;

/// The write-ahead log is copied into the database when it holds so many pages (of 4 KiB). The longer it grows, the more
/// changes of one page are copied once; the shorter, the sooner a restart after a crash has read it.
const PAGES: u32 = 8_192;
/// If readers hold old pages back, try again after so many more.
const PAGES_RETRY: u32 = 2_048;
/// Beyond so many pages, readers are waited for.
const PAGES_OVERGROWN: u32 = 4 * PAGES;
/// For so long.
const CHECKPOINT_WAIT_MS: i64 = 50;

/// The file is lengthened by so many pages,
const PAGES_AHEAD: u32 = 256;
/// when it has room for fewer than these,
const PAGES_AHEAD_MIN: u32 = 64;
/// and the last commit wrote at most so many: a larger one takes longer than what it would be spared.
const COMMIT_PAGES_SMALL: u32 = 16;

/// A page and what stands before it in the log (SQLite, "WAL-mode File Format").
const FRAME_BYTES: u64 = 24 + 4096;
/// What stands before the first.
const HEADER_BYTES: u64 = 32;

thread_local! {
    /// Pages in the write-ahead log after the commit that this thread ends; none when it wrote nothing.
    static COMMITTED_PAGES: Cell<Option<u32>> = const { Cell::new(None) };
}

/// The write-ahead log of one database.
pub(crate) struct Wal {
    path: PathBuf,
    /// Pages that it holds.
    pages: u32,
    /// Pages that the last commit wrote.
    pages_of_commit: u32,
    /// Pages that its file has room for, as far as is known.
    room: u32,
    checkpoint_at: u32,
}

impl Wal {
    /// That of `connection`, the only one that writes to the database at `path`.
    pub(crate) fn of(connection: &Connection, path: &Path) -> Self {
        connection.wal_hook(Some(|_, pages| {
            COMMITTED_PAGES.set(u32::try_from(pages).ok());
            Ok(())
        }));
        let mut name = path.as_os_str().to_owned();
        name.push("-wal");
        Self { path: name.into(), pages: 0, pages_of_commit: 0, room: 0, checkpoint_at: PAGES }
    }

    /// This thread has committed.
    pub(crate) fn note_commit(&mut self) {
        let Some(pages) = COMMITTED_PAGES.take() else { return };
        let began_again = pages < self.pages;
        self.pages_of_commit = if began_again { pages } else { pages - self.pages };
        self.pages = pages;
        if pages < PAGES {
            self.checkpoint_at = PAGES;
        }
        if began_again {
            self.room = 0;
        }
    }

    /// Whether [`Self::keep_up`] has something to do.
    pub(crate) fn is_upkeep_due(&self) -> bool {
        self.pages >= self.checkpoint_at || self.is_room_short()
    }

    fn is_room_short(&self) -> bool {
        self.pages_of_commit <= COMMIT_PAGES_SMALL && self.room < self.pages + PAGES_AHEAD_MIN
    }

    /// Copies the log into the database when it is long, and lengthens its file when it is short.
    pub(crate) fn keep_up(&mut self, connection: &Connection, lrs: &str) {
        if self.pages >= self.checkpoint_at {
            self.checkpoint(connection, lrs);
        } else if self.is_room_short() {
            self.room = self.make_room().unwrap_or_else(|error| {
                // A commit that needs the room will say so if there is none. Until the log begins again, this is not tried.
                tracing::debug!(lrs, %error, "the write-ahead log was not lengthened ahead of need");
                u32::MAX
            });
        }
    }

    /// Sees to it that the file has room for some more pages; for how many it has then.
    fn make_room(&self) -> std::io::Result<u32> {
        let mut file = OpenOptions::new().append(true).open(&self.path)?;
        let room = room_of(&file)?;
        if room >= self.pages + PAGES_AHEAD_MIN {
            return Ok(room);
        }
        let zeros = vec![0; usize::try_from(u64::from(PAGES_AHEAD) * FRAME_BYTES).unwrap_or_default()];
        file.write_all(&zeros)?;
        file.sync_all()?;
        room_of(&file)
    }

    fn checkpoint(&mut self, connection: &Connection, lrs: &str) {
        // Readers that overlap without end keep a log from beginning again; when it has grown much, wait a moment for them.
        let mode = if self.pages >= PAGES_OVERGROWN { "RESTART" } else { "PASSIVE" };
        let copy = || {
            connection.pragma_update(None, "busy_timeout", CHECKPOINT_WAIT_MS)?;
            let copied = connection.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |_| Ok(()));
            connection.pragma_update(None, "busy_timeout", BUSY_MS)?;
            copied
        };
        if let Err(error) = copy() {
            tracing::warn!(lrs, %error, "the write-ahead log could not be copied into the database");
        }
        // Where it did not begin again, whatever the reason, try again after some more pages.
        self.checkpoint_at = self.pages + PAGES_RETRY;
    }
}

fn room_of(file: &File) -> std::io::Result<u32> {
    let pages = file.metadata()?.len().saturating_sub(HEADER_BYTES) / FRAME_BYTES;
    Ok(u32::try_from(pages).unwrap_or(u32::MAX))
}
