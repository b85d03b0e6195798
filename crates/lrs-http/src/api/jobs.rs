//! Jobs: an import by upload, with its progress and the lines that it refused.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use http::{Method, StatusCode};
use lrs_core::{Authority, JobReport, LrsAccess, NewImport, Permission, Problem, RefusedLine, Rule};
use lrs_store::{Store, UploadedAttachment};
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;

use super::errors::missing;
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

/// The jobs of an LRS, the newest first, whichever process of the server works at them; the last hundred are kept.
#[utoipa::path(get, path = "/api/v1/lrss/{lrs}/jobs", tag = "Operations",
    params(("lrs" = String, Path, description = "The LRS")),
    responses((status = 200, description = "All", body = Listed<JobReport>)))]
pub(crate) async fn get_jobs(
    State(shared): State<Arc<Shared>>,
    InLrs(access): InLrs,
) -> Result<Json<Listed<JobReport>>, ApiError> {
    Ok(Json(Listed::whole(shared.state.jobs.list(&access.lrs).await?)))
}

/// One job.
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
    shared.state.jobs.find(&access.lrs, &id).await?.map(Json).ok_or_else(|| missing("job"))
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
    let lines = shared.state.jobs.refused_lines(&access.lrs, &id).await?.ok_or_else(|| missing("job"))?;
    Ok(Json(Listed::whole(lines)))
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ImportAsked {
    /// The file's name, to be shown.
    #[serde(default)]
    name: String,
}

/// Imports statements: a file with one statement on a line (NDJSON), or one JSON array. It is taken whole first, then recorded by a job, which
/// goes on when the process that works at it ends, in another one or after a start.
#[utoipa::path(post, path = "/api/v1/lrss/{lrs}/jobs/import", tag = "Operations",
    params(("lrs" = String, Path, description = "The LRS"), ImportAsked),
    request_body(content = String, content_type = "application/x-ndjson", description = "The file"),
    responses((status = 200, description = "The job has begun", body = JobReport),
        (status = 409, description = "Too many jobs of the LRS are not finished", body = ErrorEnvelope)))]
pub(crate) async fn post_import(
    State(shared): State<Arc<Shared>>,
    InLrs(access): InLrs,
    Asked(ImportAsked { name }): Asked<ImportAsked>,
    body: Body,
) -> Result<Json<JobReport>, ApiError> {
    let file = receive(&*access.store, body).await?;
    let name: String = name.chars().take(NAME_CHARS_MAX).collect();
    let after = json!({ "name": name, "bytes": file.size_bytes });
    let (lrs, store) = (access.lrs.clone(), Arc::clone(&access.store));
    let import = NewImport { lrs, store, authority: authority_of(&access), name };
    let jobs = &shared.state.jobs;
    let job = jobs
        .add_import(import, file)
        .await?
        .ok_or_else(|| ApiError::new(StatusCode::CONFLICT, Problem::TooManyJobs))?;
    if let Err(error) = note_act(&shared, &access, "job.import", &job.job.id.to_string(), Some(after)).await {
        jobs.give_up(&job, &Problem::NotAudited).await;
        return Err(error);
    }
    Ok(Json(jobs.start(job).await?))
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

/// Takes a body to where the LRS's attachments are collected; it is gone when nobody keeps it.
async fn receive(store: &dyn Store, mut body: Body) -> Result<UploadedAttachment, ApiError> {
    let mut upload = store.begin_attachment().await?;
    while let Some(chunk) = next_chunk(&mut body).await? {
        upload.write(&chunk).await?;
    }
    let file = upload.finish().await?;
    if file.size_bytes == 0 {
        return Err(Rule::NonEmptyFile.into());
    }
    Ok(file)
}
