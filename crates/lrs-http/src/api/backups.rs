//! Backups of the whole server that it keeps itself: made by a job, listed, downloaded, deleted; by owners of the server.

use std::io::{self, BufWriter, Write};
use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderValue, Method, StatusCode};
use lrs_core::{Caller, JobReport, Problem};
use lrs_store::{BackupName, Backups, KeptBackup};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use utoipa::ToSchema;

use super::errors::missing;
use super::{ApiRoute, Needs, Signed, route};
use crate::error::{ApiError, ErrorEnvelope};
use crate::state::Shared;

/// Bytes of an archive that are handed on at once, and how many such pieces wait for a slow client.
const PIECE_BYTES: usize = 64 << 10;
const PIECES_MAX: usize = 4;

pub(super) fn routes() -> Vec<ApiRoute> {
    vec![
        route(Method::GET, "/api/v1/backups", Needs::Owner, get_backups),
        route(Method::POST, "/api/v1/backups", Needs::Owner, post_backup),
        route(Method::GET, "/api/v1/backups/{name}", Needs::Owner, download_backup),
        route(Method::DELETE, "/api/v1/backups/{name}", Needs::Owner, delete_backup),
    ]
}

/// The backups that a server keeps.
#[derive(Serialize, ToSchema)]
pub(crate) struct BackupsView {
    /// The newest first.
    items: Vec<BackupView>,
    /// So many are kept; the oldest goes when there is one more.
    kept_max: usize,
    /// The newest job of this process that makes, or made, one since it started.
    job: Option<JobReport>,
}

/// A backup.
#[derive(Serialize, ToSchema)]
pub(crate) struct BackupView {
    /// Its name.
    name: String,
    /// When it began.
    created: String,
    /// Bytes of its files; the archive is a little longer.
    size_bytes: u64,
    /// LRSs in it.
    lrss: u64,
    /// Statements in it.
    statements: u64,
    /// It was read back and compared with its checksums; one that fails that is not kept.
    verified: bool,
}

impl From<KeptBackup> for BackupView {
    fn from(backup: KeptBackup) -> Self {
        let KeptBackup { name, created, size_bytes, lrss, statements } = backup;
        Self { name: name.as_str().to_owned(), created, size_bytes, lrss, statements, verified: true }
    }
}

/// The backups of the server, and the job that makes one.
#[utoipa::path(get, path = "/api/v1/backups", tag = "Operations",
    responses((status = 200, description = "All", body = BackupsView),
        (status = 501, description = "Everything is in a database: use its own backup", body = ErrorEnvelope)))]
pub(crate) async fn get_backups(State(shared): State<Arc<Shared>>) -> Result<Json<BackupsView>, ApiError> {
    let backups = backups_of(&shared)?;
    let kept_max = backups.kept_max();
    // First the job: where it is done, the list has what it made, and no longer what went for it.
    let job = shared.backup_jobs.newest();
    let kept = blocking(move || backups.list()).await?;
    let items = kept.into_iter().map(Into::into).collect();
    Ok(Json(BackupsView { items, kept_max, job }))
}

/// Begins to back up the whole server. The job's progress is in the list of backups.
#[utoipa::path(post, path = "/api/v1/backups", tag = "Operations",
    responses((status = 200, description = "The job has begun", body = JobReport),
        (status = 409, description = "A backup is being made already", body = ErrorEnvelope),
        (status = 501, description = "Everything is in a database: use its own backup", body = ErrorEnvelope)))]
pub(crate) async fn post_backup(
    State(shared): State<Arc<Shared>>,
    Signed(caller): Signed,
) -> Result<Json<JobReport>, ApiError> {
    let backups = backups_of(&shared)?;
    let clock = Arc::clone(&shared.state.clock);
    let report = shared
        .backup_jobs
        .begin(backups, clock, shared.state.ids.as_ref())
        .ok_or_else(|| ApiError::new(StatusCode::CONFLICT, Problem::TooManyJobs))?;
    note(&shared, &caller, "backup.create", &report.id, None).await?;
    Ok(Json(report))
}

/// A backup as one file, a tar archive, from which `lyceum restore` makes a data folder.
#[utoipa::path(get, path = "/api/v1/backups/{name}", tag = "Operations",
    params(("name" = String, Path, description = "Its name")),
    responses((status = 200, description = "The archive", body = String, content_type = "application/x-tar"),
        (status = 404, description = "There is none", body = ErrorEnvelope)))]
pub(crate) async fn download_backup(
    State(shared): State<Arc<Shared>>,
    Signed(caller): Signed,
    Path(name): Path<String>,
) -> Result<Response, ApiError> {
    let (backups, KeptBackup { name, .. }) = find(&shared, &name).await?;
    note(&shared, &caller, "backup.download", name.as_str(), None).await?;
    let disposition = format!("attachment; filename=\"lyceum-{}.tar\"", name.as_str());
    let (sender, receiver) = mpsc::channel(PIECES_MAX);
    // A thread of its own: it waits for the client, perhaps for hours, and ends when the client has gone.
    std::thread::spawn(move || {
        let mut pieces = BufWriter::with_capacity(PIECE_BYTES, Pieces(sender.clone()));
        let written = backups.write_archive(&name, &mut pieces).and_then(|()| pieces.flush());
        if let Err(error) = written {
            // The answer breaks off, so that nobody takes it for whole. When the client left, nobody listens.
            let _nobody_listens = sender.blocking_send(Err(error));
        }
    });
    let pieces = stream::unfold(receiver, |mut receiver| async move { Some((receiver.recv().await?, receiver)) });
    let mut response = Response::new(Body::from_stream(pieces));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-tar"));
    headers.extend(HeaderValue::try_from(disposition).map(|value| (CONTENT_DISPOSITION, value)).ok());
    Ok(response)
}

/// Deletes a backup.
#[utoipa::path(delete, path = "/api/v1/backups/{name}", tag = "Operations",
    params(("name" = String, Path, description = "Its name")),
    responses((status = 204, description = "Deleted"),
        (status = 404, description = "There is none", body = ErrorEnvelope)))]
pub(crate) async fn delete_backup(
    State(shared): State<Arc<Shared>>,
    Signed(caller): Signed,
    Path(name): Path<String>,
) -> Result<StatusCode, ApiError> {
    let (backups, KeptBackup { name, created, size_bytes, lrss, statements }) = find(&shared, &name).await?;
    let deleted = name.clone();
    blocking(move || backups.delete(&deleted)).await?;
    let before = json!({ "created": created, "size_bytes": size_bytes, "lrss": lrss, "statements": statements });
    note(&shared, &caller, "backup.delete", name.as_str(), Some(before)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The receiving end of an archive that is being written.
struct Pieces(mpsc::Sender<io::Result<Bytes>>);

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self.0.blocking_send(Ok(Bytes::copy_from_slice(bytes)));
        sent.map(|()| bytes.len()).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn backups_of(shared: &Shared) -> Result<Arc<dyn Backups>, ApiError> {
    shared.state.backups.clone().ok_or_else(|| ApiError::new(StatusCode::NOT_IMPLEMENTED, Problem::BackedUpByDatabase))
}

/// A backup that is there.
async fn find(shared: &Shared, name: &str) -> Result<(Arc<dyn Backups>, KeptBackup), ApiError> {
    let backups = backups_of(shared)?;
    let name = BackupName::parse(name).ok_or_else(|| missing("backup"))?;
    let asked = Arc::clone(&backups);
    let kept = blocking(move || asked.list()).await?;
    let found = kept.into_iter().find(|backup| backup.name == name);
    found.map(|backup| (backups, backup)).ok_or_else(|| missing("backup"))
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T, ApiError> {
    let done = tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(io::Error::other(error)));
    done.map_err(|error| {
        if error.kind() == io::ErrorKind::NotFound {
            return missing("backup");
        }
        tracing::error!("the folder of backups cannot be used: {error}");
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, Problem::BackupsUnusable { error: error.to_string() })
    })
}

/// Writes into the audit log what somebody did with the server's backups.
async fn note(
    shared: &Shared,
    caller: &Caller,
    act: &str,
    target: &str,
    before: Option<Value>,
) -> Result<(), ApiError> {
    let mut entry = caller.actor().entry(shared.state.clock.now(), act, target);
    entry.before = before.map(|before| before.to_string());
    Ok(shared.state.registry.change_accounts(Vec::new(), Some(entry)).await?)
}
