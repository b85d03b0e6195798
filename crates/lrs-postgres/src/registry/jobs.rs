//! Jobs in the schema `lyceum`: the tables, and the trait [`KeptJobs`] over them. Their files are beside the attachments. Texts that may
//! hold any character are bytes.

use async_trait::async_trait;
use lrs_store::{
    JOBS_KEPT_MAX, JOBS_UNFINISHED_MAX, Job, JobId, JobProgress, JobState, KeptJobs, LrsName, NewJob, RefusedLine,
    RegistryError, StoreError,
};
use tokio_postgres::{Error, Row, Transaction};
use xapi::Timestamp;

use super::PostgresRegistry;
use super::control::{read_name, read_text};
use crate::connection::{drop_broken, read_again};
use crate::error::{Fault, corrupt};
use crate::store::failed;

/// The step of the schema `lyceum` that brings jobs.
pub(crate) const SCHEMA: &str = "
CREATE TABLE lyceum.job (
    id uuid PRIMARY KEY, lrs integer NOT NULL, kind text NOT NULL, name bytea NOT NULL, authority text NOT NULL,
    total_bytes bigint NOT NULL, created bigint NOT NULL, state text NOT NULL, done_bytes bigint NOT NULL, lines bigint NOT NULL,
    accepted bigint NOT NULL, refused bigint NOT NULL, finished bigint, detail bytea, has_file boolean NOT NULL
);
CREATE INDEX job_lrs ON lyceum.job (lrs, created, id);
CREATE INDEX job_open ON lyceum.job (created, id) WHERE has_file;
CREATE TABLE lyceum.job_refused (
    job uuid NOT NULL, line bigint NOT NULL, message bytea NOT NULL, text bytea NOT NULL, PRIMARY KEY (job, line)
);
";

/// The columns of [`read_job`].
const JOB: &str = "SELECT j.id, l.name, j.kind, j.name, j.authority, j.total_bytes, j.created, j.state, j.done_bytes,
        j.lines, j.accepted, j.refused, j.finished, j.detail, j.has_file
    FROM lyceum.job AS j JOIN lyceum.lrs AS l ON l.number = j.lrs";

#[async_trait]
impl KeptJobs for PostgresRegistry {
    async fn add_job(&self, job: NewJob) -> Result<bool, RegistryError> {
        const OPERATION: &str = "add a job";
        let mut connection = self.state.writer(OPERATION).await?;
        let transaction = connection.transaction().await.map_err(failed(OPERATION))?;
        let added = add_job(&transaction, &job).await.map_err(failed(OPERATION))?;
        transaction.commit().await.map_err(failed(OPERATION))?;
        added.ok_or(RegistryError::NoSuchLrs(job.lrs))
    }

    async fn list_jobs(&self, lrs: &LrsName) -> Result<Vec<Job>, StoreError> {
        // By `lrs_name_key` and `job_lrs`.
        let sql = format!("{JOB} WHERE l.name = $1 ORDER BY j.created DESC, j.id DESC");
        self.list("list the jobs", &sql, &[&lrs.as_str()], read_job).await
    }

    async fn find_job(&self, lrs: &LrsName, id: JobId) -> Result<Option<Job>, StoreError> {
        // By the primary key.
        let sql = format!("{JOB} WHERE j.id = $1 AND l.name = $2");
        self.find("find a job", &sql, &[&id.0, &lrs.as_str()], read_job).await
    }

    async fn list_refused_lines(&self, id: JobId) -> Result<Vec<RefusedLine>, StoreError> {
        // Along the primary key.
        let sql = "SELECT line, message, text FROM lyceum.job_refused WHERE job = $1 ORDER BY line";
        self.list("list the refused lines of a job", sql, &[&id.0], read_refused_line).await
    }

    async fn list_open_jobs(&self, limit: usize) -> Result<Vec<Job>, StoreError> {
        // By `job_open`.
        let sql = format!("{JOB} WHERE j.has_file ORDER BY j.created, j.id LIMIT $1");
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.list("list the jobs under way", &sql, &[&limit], read_job).await
    }

    async fn advance_job(
        &self,
        id: JobId,
        from: &JobProgress,
        to: JobProgress,
        refused: Vec<RefusedLine>,
    ) -> Result<bool, StoreError> {
        const OPERATION: &str = "write how far a job is";
        // One statement, so that all of it happens or nothing; by the primary keys. Another one that changes the row at this moment is
        // waited for, and then its values are compared.
        let sql = "WITH advanced AS (
                UPDATE lyceum.job SET state = $5, done_bytes = $6, lines = $7, accepted = $8, refused = $9, finished = $10,
                    detail = $11, has_file = $12
                WHERE id = $1 AND state = $2 AND done_bytes = $3 AND lines = $4 RETURNING id),
            told AS (
                INSERT INTO lyceum.job_refused (job, line, message, text)
                SELECT advanced.id, lines.line, lines.message, lines.text
                FROM advanced, unnest($13::bigint[], $14::bytea[], $15::bytea[]) AS lines(line, message, text)
                ON CONFLICT (job, line) DO NOTHING)
            SELECT count(*) FROM advanced";
        let lines: Vec<i64> = refused.iter().map(|it| signed(it.line)).collect();
        let messages: Vec<&[u8]> = refused.iter().map(|it| it.message.as_bytes()).collect();
        let texts: Vec<&[u8]> = refused.iter().map(|it| it.text.as_bytes()).collect();
        read_again(|| async {
            let connection = self.state.writer(OPERATION).await?;
            let advanced = connection
                .query_one(
                    sql,
                    &[
                        &id.0,
                        &from.state.as_str(),
                        &signed(from.done_bytes),
                        &signed(from.lines),
                        &to.state.as_str(),
                        &signed(to.done_bytes),
                        &signed(to.lines),
                        &signed(to.accepted),
                        &signed(to.refused),
                        &to.finished.map(|instant| instant.0),
                        &to.detail.as_deref().map(str::as_bytes),
                        &to.has_file,
                        &lines,
                        &messages,
                        &texts,
                    ],
                )
                .await
                .map_err(|error| Fault::new(OPERATION, error));
            drop_broken(connection, &advanced);
            advanced.map(|row| row.get::<_, i64>(0) > 0)
        })
        .await
    }
}

/// By `lrs_name_key`, whose row is locked so that one job is added to an LRS at a time, and `job_lrs`. `None`: there is no such LRS.
async fn add_job(transaction: &Transaction<'_>, job: &NewJob) -> Result<Option<bool>, Error> {
    let lock = "SELECT number FROM lyceum.lrs WHERE name = $1 FOR NO KEY UPDATE";
    let Some(row) = transaction.query_opt(lock, &[&job.lrs.as_str()]).await? else { return Ok(None) };
    let lrs: i32 = row.get(0);
    let unfinished = "SELECT count(*) FROM lyceum.job WHERE lrs = $1 AND finished IS NULL";
    let unfinished: i64 = transaction.query_one(unfinished, &[&lrs]).await?.get(0);
    if unfinished.unsigned_abs() >= JOBS_UNFINISHED_MAX as u64 {
        return Ok(Some(false));
    }
    let added = JobProgress::ADDED;
    let insert = "INSERT INTO lyceum.job (id, lrs, kind, name, authority, total_bytes, created,
            state, done_bytes, lines, accepted, refused, has_file)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0, 0, 0, $9)";
    transaction
        .execute(
            insert,
            &[
                &job.id.0,
                &lrs,
                &job.kind,
                &job.name.as_bytes(),
                &job.authority,
                &signed(job.total_bytes),
                &job.created.0,
                &added.state.as_str(),
                &added.has_file,
            ],
        )
        .await?;
    // The few rows of the LRS are read whole.
    let forget = "WITH old AS (
            SELECT id FROM (SELECT id, has_file, row_number() OVER (ORDER BY created DESC, id DESC) AS place
                FROM lyceum.job WHERE lrs = $1) AS placed
            WHERE place > $2 AND NOT has_file),
        told AS (DELETE FROM lyceum.job_refused WHERE job IN (SELECT id FROM old))
        DELETE FROM lyceum.job WHERE id IN (SELECT id FROM old)";
    let kept_max = i64::try_from(JOBS_KEPT_MAX).expect("it is a hundred");
    transaction.execute(forget, &[&lrs, &kept_max]).await?;
    Ok(Some(true))
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn read_job(row: &Row) -> Result<Job, StoreError> {
    let state: &str = row.get(7);
    let count = |column: usize| row.get::<_, i64>(column).unsigned_abs();
    let detail: Option<Vec<u8>> = row.get(13);
    Ok(Job {
        job: NewJob {
            id: JobId(row.get(0)),
            lrs: read_name(row, 1)?,
            kind: row.get(2),
            name: read_text("lyceum.job.name", row, 3)?,
            authority: row.get(4),
            total_bytes: count(5),
            created: Timestamp(row.get(6)),
        },
        progress: JobProgress {
            state: JobState::parse(state)
                .ok_or_else(|| corrupt("lyceum.job.state", format!("{state:?} is no state of a job")))?,
            done_bytes: count(8),
            lines: count(9),
            accepted: count(10),
            refused: count(11),
            finished: row.get::<_, Option<i64>>(12).map(Timestamp),
            detail: detail.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
            has_file: row.get(14),
        },
    })
}

fn read_refused_line(row: &Row) -> Result<RefusedLine, StoreError> {
    Ok(RefusedLine {
        line: row.get::<_, i64>(0).unsigned_abs(),
        message: read_text("lyceum.job_refused.message", row, 1)?,
        text: read_text("lyceum.job_refused.text", row, 2)?,
    })
}
