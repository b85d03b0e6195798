//! Jobs in the control database: the tables, and the trait [`KeptJobs`] over them. Their files are beside the attachments.

use async_trait::async_trait;
use lrs_store::{
    JOBS_KEPT_MAX, JOBS_UNFINISHED_MAX, Job, JobId, JobProgress, JobState, KeptJobs, LrsName, NewJob, RefusedLine,
    RegistryError, StoreError,
};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use uuid::Uuid;
use xapi::Timestamp;

use super::SqliteRegistry;
use super::control::unreadable;
use super::state::State;

/// The step of the control database that brings jobs.
pub(super) const SCHEMA: &str = "
CREATE TABLE job (
    id BLOB NOT NULL PRIMARY KEY,
    lrs TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    authority TEXT NOT NULL,
    total_bytes INTEGER NOT NULL,
    created INTEGER NOT NULL,
    state TEXT NOT NULL,
    done_bytes INTEGER NOT NULL,
    lines INTEGER NOT NULL,
    accepted INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    finished INTEGER,
    detail TEXT,
    has_file INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX job_by_lrs ON job (lrs, created, id);
CREATE INDEX job_open ON job (created, id) WHERE has_file;
CREATE TABLE job_refused (
    job BLOB NOT NULL,
    line INTEGER NOT NULL,
    message TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (job, line)
) STRICT, WITHOUT ROWID;
";

/// The columns of [`read_job`].
const JOB: &str = "SELECT id, lrs, kind, name, authority, total_bytes, created,
    state, done_bytes, lines, accepted, refused, finished, detail, has_file FROM job";

impl SqliteRegistry {
    /// Changes jobs in one transaction, or nothing.
    async fn change_jobs<T, F>(&self, operation: &'static str, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        self.run_blocking(operation, move |state: &State| state.change_rows(operation, work)).await?
    }
}

#[async_trait]
impl KeptJobs for SqliteRegistry {
    async fn add_job(&self, job: NewJob) -> Result<bool, RegistryError> {
        let lrs = job.lrs.clone();
        let added = self.change_jobs("add a job", move |connection| add_job(connection, &job)).await?;
        added.ok_or(RegistryError::NoSuchLrs(lrs))
    }

    async fn list_jobs(&self, lrs: &LrsName) -> Result<Vec<Job>, StoreError> {
        let lrs = lrs.clone();
        // By `job_by_lrs`.
        let sql = format!("{JOB} WHERE lrs = ?1 ORDER BY created DESC, id DESC");
        self.ask("list the jobs", move |connection| {
            connection.prepare_cached(&sql)?.query_map([lrs.as_str()], read_job)?.collect()
        })
        .await
    }

    async fn find_job(&self, lrs: &LrsName, id: JobId) -> Result<Option<Job>, StoreError> {
        let lrs = lrs.clone();
        // By the primary key.
        let sql = format!("{JOB} WHERE id = ?1 AND lrs = ?2");
        self.ask("find a job", move |connection| {
            connection.prepare_cached(&sql)?.query_row(params![id.0.as_bytes(), lrs.as_str()], read_job).optional()
        })
        .await
    }

    async fn list_refused_lines(&self, id: JobId) -> Result<Vec<RefusedLine>, StoreError> {
        // Along the primary key.
        let sql = "SELECT line, message, text FROM job_refused WHERE job = ?1 ORDER BY line";
        let read = |row: &Row<'_>| Ok(RefusedLine { line: row.get(0)?, message: row.get(1)?, text: row.get(2)? });
        self.ask("list the refused lines of a job", move |connection| {
            connection.prepare_cached(sql)?.query_map([id.0.as_bytes()], read)?.collect()
        })
        .await
    }

    async fn list_open_jobs(&self, limit: usize) -> Result<Vec<Job>, StoreError> {
        // By `job_open`.
        let sql = format!("{JOB} WHERE has_file ORDER BY created, id LIMIT ?1");
        self.ask("list the jobs under way", move |connection| {
            connection.prepare_cached(&sql)?.query_map([limit], read_job)?.collect()
        })
        .await
    }

    async fn advance_job(
        &self,
        id: JobId,
        from: &JobProgress,
        to: JobProgress,
        refused: Vec<RefusedLine>,
    ) -> Result<bool, StoreError> {
        let from = from.clone();
        self.change_jobs("write how far a job is", move |connection| advance_job(connection, id, &from, &to, &refused))
            .await
    }
}

/// By the primary key of `lrs`, and `job_by_lrs`. `None`: there is no such LRS.
fn add_job(connection: &Connection, job: &NewJob) -> rusqlite::Result<Option<bool>> {
    let lrs = job.lrs.as_str();
    let is_there = "SELECT EXISTS (SELECT 1 FROM lrs WHERE name = ?1 AND deleted IS NULL)";
    if !connection.query_row(is_there, [lrs], |row| row.get(0))? {
        return Ok(None);
    }
    let unfinished = "SELECT count(*) FROM job WHERE lrs = ?1 AND finished IS NULL";
    if connection.query_row(unfinished, [lrs], |row| row.get::<_, usize>(0))? >= JOBS_UNFINISHED_MAX {
        return Ok(Some(false));
    }
    let added = JobProgress::ADDED;
    connection.execute(
        "INSERT INTO job (id, lrs, kind, name, authority, total_bytes, created,
             state, done_bytes, lines, accepted, refused, has_file)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, 0, 0, 0, ?9)",
        params![
            job.id.0.as_bytes(),
            lrs,
            job.kind,
            job.name,
            job.authority,
            job.total_bytes,
            job.created.0,
            added.state.as_str(),
            added.has_file
        ],
    )?;
    // The few rows of the LRS are read whole.
    let old = "SELECT id FROM (SELECT id, has_file, row_number() OVER (ORDER BY created DESC, id DESC) AS place
         FROM job WHERE lrs = ?1) WHERE place > ?2 AND NOT has_file";
    for table in ["job_refused WHERE job", "job WHERE id"] {
        connection.execute(&format!("DELETE FROM {table} IN ({old})"), params![lrs, JOBS_KEPT_MAX])?;
    }
    Ok(Some(true))
}

/// By the primary keys.
fn advance_job(
    connection: &Connection,
    id: JobId,
    from: &JobProgress,
    to: &JobProgress,
    refused: &[RefusedLine],
) -> rusqlite::Result<bool> {
    let advanced = connection
        .prepare_cached(
            "UPDATE job SET state = ?5, done_bytes = ?6, lines = ?7, accepted = ?8, refused = ?9, finished = ?10,
                 detail = ?11, has_file = ?12
             WHERE id = ?1 AND state = ?2 AND done_bytes = ?3 AND lines = ?4",
        )?
        .execute(params![
            id.0.as_bytes(),
            from.state.as_str(),
            from.done_bytes,
            from.lines,
            to.state.as_str(),
            to.done_bytes,
            to.lines,
            to.accepted,
            to.refused,
            to.finished.map(|instant| instant.0),
            to.detail,
            to.has_file
        ])?;
    if advanced == 0 {
        return Ok(false);
    }
    let mut insert = connection
        .prepare_cached("INSERT OR IGNORE INTO job_refused (job, line, message, text) VALUES (?1, ?2, ?3, ?4)")?;
    for RefusedLine { line, message, text } in refused {
        insert.execute(params![id.0.as_bytes(), line, message, text])?;
    }
    Ok(true)
}

/// Forgets the jobs of an LRS; by `job_by_lrs` and the primary key of `job_refused`.
pub(crate) fn forget_lrs(connection: &Connection, lrs: &str) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM job_refused WHERE job IN (SELECT id FROM job WHERE lrs = ?1)", [lrs])?;
    connection.execute("DELETE FROM job WHERE lrs = ?1", [lrs]).map(drop)
}

fn read_job(row: &Row<'_>) -> rusqlite::Result<Job> {
    let lrs: String = row.get(1)?;
    let state: String = row.get(7)?;
    Ok(Job {
        job: NewJob {
            id: JobId(Uuid::from_bytes(row.get(0)?)),
            lrs: LrsName::parse(&lrs).ok_or_else(|| unreadable(1, format!("{lrs:?} is not the name of an LRS")))?,
            kind: row.get(2)?,
            name: row.get(3)?,
            authority: row.get(4)?,
            total_bytes: row.get(5)?,
            created: Timestamp(row.get(6)?),
        },
        progress: JobProgress {
            state: JobState::parse(&state).ok_or_else(|| unreadable(7, format!("{state:?} is no state of a job")))?,
            done_bytes: row.get(8)?,
            lines: row.get(9)?,
            accepted: row.get(10)?,
            refused: row.get(11)?,
            finished: row.get::<_, Option<i64>>(12)?.map(Timestamp),
            detail: row.get(13)?,
            has_file: row.get(14)?,
        },
    })
}
