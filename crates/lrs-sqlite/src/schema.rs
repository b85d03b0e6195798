//! The tables of one LRS, and the steps that lead to them. Steps only go forward; `PRAGMA user_version` counts them.

use lrs_store::StoreError;
use rusqlite::Connection;

use crate::error::{store_error, unavailable};
use crate::{attachments, documents, identities};

/// `LRSl` in ASCII: marks the file as Lyceum's, for `file(1)` and for whoever opens the wrong one.
const APPLICATION_ID: i32 = 0x4c52_536c;

/// The log, its index, and what follows from it.
const STATEMENTS: &str = "
-- A few single values: the key of the hashes, and marks.
CREATE TABLE meta(name TEXT PRIMARY KEY, value ANY) WITHOUT ROWID, STRICT;
INSERT INTO meta(name, value) VALUES ('hash_key', randomblob(16));

-- The log: append-only, in commit order. `flags`: 1 it voids, 2 it was sent without a timestamp, 4 its
-- sender may not define. `target`: the statement it refers to. `terms`: its own index
-- keys (see posting). `body`: JSON without `stored`, compressed with the dictionary named, 0 for none.
CREATE TABLE statement(
    seq INTEGER PRIMARY KEY, stored INTEGER NOT NULL, id BLOB NOT NULL, flags INTEGER NOT NULL, target BLOB,
    terms BLOB NOT NULL, dictionary INTEGER NOT NULL, body BLOB NOT NULL
) STRICT;

-- Who refers to whom, whether the target is here already or not.
CREATE TABLE reference(target BLOB NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY(target, seq)) WITHOUT ROWID, STRICT;

-- Statements that are voided.
CREATE TABLE voided(seq INTEGER PRIMARY KEY) STRICT;

-- Dense integers for agents, verbs, activities and registrations. Append-only. `name` is TEXT, or the 16 bytes of a UUID.
CREATE TABLE term(term INTEGER PRIMARY KEY, name ANY NOT NULL) STRICT;

-- Compression dictionaries; bodies name theirs.
CREATE TABLE dictionary(dictionary INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;

-- The index, a generation of the log at a time. `merged`: the three tables below hold all of it.
CREATE TABLE generation(
    generation INTEGER PRIMARY KEY, first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL, last_term INTEGER NOT NULL,
    merged INTEGER NOT NULL
) STRICT;
-- `key`: term * 8 + xapi::Index. `seqs`: ascending distances, as varints.
CREATE TABLE posting(
    key INTEGER NOT NULL, generation INTEGER NOT NULL, seqs BLOB NOT NULL, PRIMARY KEY(key, generation)
) WITHOUT ROWID, STRICT;
CREATE TABLE statement_id(id BLOB PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID, STRICT;
-- `hash`: keyed, 64 bits; the name is compared as well.
CREATE TABLE term_hash(hash INTEGER NOT NULL, term INTEGER NOT NULL, PRIMARY KEY(hash, term)) WITHOUT ROWID, STRICT;

-- What statements said about activities and agents.
CREATE TABLE activity(id TEXT PRIMARY KEY, definition TEXT NOT NULL) WITHOUT ROWID, STRICT;
CREATE TABLE agent_name(
    agent TEXT NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL, PRIMARY KEY(agent, position)
) WITHOUT ROWID, STRICT;
";

/// From here on `flags` may say 8 (see [`crate::unwritten`]): a release that does not know it would give a term's number again.
const UNWRITTEN: &str = "INSERT OR IGNORE INTO meta(name, value) VALUES ('written_through', 0);";

/// Every step, in order. A released step never changes; a new one is added at the end.
const STEPS: [&str; 5] = [STATEMENTS, documents::SCHEMA, attachments::SCHEMA, identities::SCHEMA, UNWRITTEN];

/// The schema that this release writes.
pub(crate) fn version() -> i64 {
    i64::try_from(STEPS.len()).unwrap_or(i64::MAX)
}

/// Refuses a database that a later release has changed.
pub(crate) fn refuse_newer(connection: &Connection) -> Result<(), StoreError> {
    let found: i64 = connection
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .map_err(|error| store_error("read the schema's version", error))?;
    if found <= version() {
        return Ok(());
    }
    Err(unavailable(format!(
        "the LRS was made by a newer Lyceum (its schema is {found}, this one knows up to {}): upgrade Lyceum, or restore a \
         backup of the older release",
        version()
    )))
}

/// Refuses a database of another schema, for whoever may not change it.
pub(crate) fn refuse_other(connection: &Connection) -> Result<(), StoreError> {
    refuse_newer(connection)?;
    if is_present(connection)? {
        return Ok(());
    }
    Err(unavailable(
        "the LRS has the tables of an older release, and a running server has it: start that server anew first",
    ))
}

/// Whether the database has the present schema.
pub(crate) fn is_present(connection: &Connection) -> Result<bool, StoreError> {
    let found: rusqlite::Result<i64> = connection.query_row("PRAGMA user_version", [], |row| row.get(0));
    found.map(|found| found == version()).map_err(|error| store_error("read the schema's version", error))
}

/// Brings the database to the present schema, in one transaction.
pub(crate) fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let done: usize = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    for (index, step) in STEPS.iter().enumerate().skip(done) {
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "user_version", index + 1)?;
    }
    if done == 0 {
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    }
    transaction.commit()
}
