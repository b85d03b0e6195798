//! Jobs: an import by upload, with its progress and the lines that it refused.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use http::{Method, StatusCode};
use lrs_core::{Authority, Import, JobReport, LrsAccess, Permission, RefusedLine};
use serde::Deserialize;
use serde_json::json;
use tokio::io::AsyncWriteExt;
use utoipa::IntoParams;

use super::errors::missing;
use super::read::bad_request;
use super::views::Listed;
use super::{ApiRoute, Asked, InLrs, Needs, note_act, route};
use crate::body::next_chunk;
use crate::error::{ApiError, ErrorEnvelope};
use crate::state::Shared;

/// The longest name of a file that is shown.
const NAME_CHARS_MAX: usize = 200;

pub(super) fn routes() -> Vec<ApiRoute> {
    let run = Needs::Lrs(Permission::RunJobs);
    vec![
        route(Method::GET, "/api/v1/lrss/{lrs}/jobs", run, get_jobs),
        route(Method::POST, "/api/v1/lrss/{lrs}/jobs/import", run, post_import),
        route(Method::GET, "/api/v1/lrss/{lrs}/jobs/{id}", run, get_job),
        route(Method::GET, "/api/v1/lrss/{lrs}/jobs/{id}/refused", run, get_refused),
    ]
}

/// The jobs of an LRS since this process of the server started, the newest first. Each process on a database knows its own.
#[utoipa::path(get, path = "/api/v1/lrss/{lrs}/jobs", tag = "Operations",
    params(("lrs" = String, Path, description = "The LRS")),
    responses((status = 200, description = "All", body = Listed<JobReport>)))]
pub(crate) async fn get_jobs(
    State(shared): State<Arc<Shared>>,
    InLrs(access): InLrs,
) -> Result<Json<Listed<JobReport>>, ApiError> {
    Ok(Json(Listed::whole(shared.jobs.of(&access.lrs))))
}

/// One job, of the process that answers.
#[utoipa::path(get, path = "/api/v1/lrss/{lrs}/jobs/{id}", tag = "Operations",
    params(("lrs" = String, Path, description = "The LRS"), ("id" = String, Path, description = "The job")),
    responses((status = 200, description = "How it is", body = JobReport),
        (status = 404, description = "There is none", body = ErrorEnvelope)))]
pub(crate) async fn get_job(
    State(shared): State<Arc<Shared>>,
    InLrs(access): InLrs,
    path: Path<(String, String)>,
) -> Result<Json<JobReport>, ApiError> {
    let Path((_, id)) = path;
    shared.jobs.report(&access.lrs, &id).map(Json).ok_or_else(|| missing("job"))
}

/// The lines that a job refused; the first thousand of them.
#[utoipa::path(get, path = "/api/v1/lrss/{lrs}/jobs/{id}/refused", tag = "Operations",
    params(("lrs" = String, Path, description = "The LRS"), ("id" = String, Path, description = "The job")),
    responses((status = 200, description = "In the order of the file", body = Listed<RefusedLine>)))]
pub(crate) async fn get_refused(
    State(shared): State<Arc<Shared>>,
    InLrs(access): InLrs,
    path: Path<(String, String)>,
) -> Result<Json<Listed<RefusedLine>>, ApiError> {
    let Path((_, id)) = path;
    let lines = shared.jobs.refused(&access.lrs, &id).ok_or_else(|| missing("job"))?;
    Ok(Json(Listed::whole(lines)))
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ImportAsked {
    /// The file's name, to be shown.
    #[serde(default)]
    name: String,
}

/// Imports statements: a file with one statement on a line (NDJSON), or one JSON array. It is taken whole first, then recorded by a job.
#[utoipa::path(post, path = "/api/v1/lrss/{lrs}/jobs/import", tag = "Operations",
    params(("lrs" = String, Path, description = "The LRS"), ImportAsked),
    request_body(content = String, content_type = "application/x-ndjson", description = "The file"),
    responses((status = 200, description = "The job has begun", body = JobReport),
        (status = 409, description = "Too many jobs run already", body = ErrorEnvelope)))]
pub(crate) async fn post_import(
    State(shared): State<Arc<Shared>>,
    InLrs(access): InLrs,
    Asked(ImportAsked { name }): Asked<ImportAsked>,
    body: Body,
) -> Result<Json<JobReport>, ApiError> {
    let (file, total) = receive(body).await?;
    let name: String = name.chars().take(NAME_CHARS_MAX).collect();
    let import = Import {
        lrs: access.lrs.clone(),
        store: Arc::clone(&access.store),
        authority: authority_of(&access),
        name: name.clone(),
        limits: shared.submission_limits(),
        clock: Arc::clone(&shared.state.clock),
        ids: Arc::clone(&shared.state.ids),
    };
    let report = shared.jobs.begin_import(import, file, total).ok_or_else(|| {
        let message = "Too many jobs run already. Wait until one of them is done.";
        ApiError::new(StatusCode::CONFLICT, "too_many_jobs", message)
    })?;
    let after = json!({ "name": name, "bytes": total });
    note_act(&shared, &access, "job.import", &report.id, Some(after)).await?;
    Ok(Json(report))
}

/// Whoever imports vouches for statements that nobody else vouches for.
fn authority_of(access: &LrsAccess) -> Authority {
    let account = &access.caller.account.account;
    let home_page = format!("https://lyceum.invalid/accounts/{}", access.lrs);
    let agent = json!({
        "objectType": "Agent",
        "name": account.name,
        "account": { "homePage": home_page, "name": account.id.0 },
    });
    Authority::from_json(agent.to_string())
}

/// Takes a body into a file without a name, which is gone when nobody holds it.
async fn receive(mut body: Body) -> Result<(std::fs::File, u64), ApiError> {
    let failed = |error: std::io::Error| {
        let message = format!("The file cannot be kept while it is imported: {error}.");
        ApiError::new(StatusCode::INSUFFICIENT_STORAGE, "no_room", message)
    };
    let mut file = tokio::fs::File::from_std(tempfile::tempfile().map_err(failed)?);
    let mut total = 0;
    while let Some(chunk) = next_chunk(&mut body).await? {
        file.write_all(&chunk).await.map_err(failed)?;
        total += chunk.len() as u64;
    }
    if total == 0 {
        return Err(bad_request("The body is empty: send the file."));
    }
    file.flush().await.map_err(failed)?;
    Ok((file.into_std().await, total))
}
