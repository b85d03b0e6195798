//! PUT and POST of statements (Communication 2.1.1, 2.1.2).

use std::sync::Arc;

use axum::body::Body;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};
use lrs_core::{Limit, MultipartSubmission, Recording, Submission, record_statements};
use xapi::{StatementId, Violation};

use crate::answer::Call;
use crate::body::{discard, next_chunk, read_body};
use crate::body_memory::{HeldMemory, Trust};
use crate::error::{ApiError, ErrorEnvelope};

/// Stores one statement under the id in the query.
#[utoipa::path(
    put, path = "/xapi/statements", tag = "Statements",
    params(("statementId" = String, Query, description = "The id of the statement (UUID)")),
    request_body(content_type = "application/json", content = Object, description = "One statement"),
    responses(
        (status = 204, description = "Stored, or there already with the same content"),
        (status = 400, description = "Broken rules, all of them", body = ErrorEnvelope),
        (status = 409, description = "Another statement has this id", body = ErrorEnvelope),
    ),
)]
pub(crate) async fn put_statement(mut call: Call, body: Body) -> Result<Response<Body>, ApiError> {
    let id = std::mem::take(&mut call.parameters).into_statement_id()?;
    record(call, body, Some(id)).await?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    Ok(response)
}

/// Stores a statement or a batch, all or nothing, and answers the ids in their order.
#[utoipa::path(
    post, path = "/xapi/statements", tag = "Statements",
    request_body(
        content_type = "application/json", content = Object,
        description = "A statement or an array of them; with attachments as multipart/mixed",
    ),
    responses(
        (status = 200, description = "The ids", body = Vec<String>),
        (status = 400, description = "Broken rules, all of them", body = ErrorEnvelope),
        (status = 409, description = "Other statements have some of the ids", body = ErrorEnvelope),
        (status = 413, description = "More than a limit, which is named", body = ErrorEnvelope),
        (status = 503, description = "The store cannot write now; see Retry-After", body = ErrorEnvelope),
    ),
)]
pub(crate) async fn post_statements(call: Call, body: Body) -> Result<Response<Body>, ApiError> {
    call.parameters.expect_none("Communication 2.1.2")?;
    let ids = record(call, body, None).await?;
    let mut response = Response::new(Body::from(write_ids(&ids)));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

/// `["…","…"]`
fn write_ids(ids: &[StatementId]) -> String {
    /// A UUID, its quotes and a comma.
    const ID_BYTES: usize = 39;
    let mut json = String::with_capacity(2 + ids.len() * ID_BYTES);
    let mut buffer = uuid::Uuid::encode_buffer();
    json.push('[');
    for (index, id) in ids.iter().enumerate() {
        json.push_str(if index == 0 { "\"" } else { ",\"" });
        json.push_str(id.0.hyphenated().encode_lower(&mut buffer));
        json.push('"');
    }
    json.push(']');
    json
}

async fn record(call: Call, mut body: Body, statement_id: Option<StatementId>) -> Result<Vec<StatementId>, ApiError> {
    let Call { shared, grant, version, headers, .. } = call;
    let (clock, ids) = (&shared.state.clock, &shared.state.ids);
    let recording = Recording::with_key(&grant, version, statement_id, (clock, ids));
    let limits = shared.submission_limits();
    // Until the statements are stored: what was parsed borrows from the body.
    let mut held = shared.body_memory.hold(Trust::Key);
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    let mut kept = None;
    let submission = if essence.eq_ignore_ascii_case("application/json") {
        let max = limits.statements_bytes_max;
        let body = read_body(&headers, body, max, Limit::BytesOfStatements, &mut held).await?;
        kept = Some(body.clone());
        let read = Submission::from_json(body.clone(), version, limits).await;
        read.map_err(|error| ApiError::from(error).with_body(body))?
    } else if essence.eq_ignore_ascii_case("multipart/mixed") {
        let submission = MultipartSubmission::new(content_type, Arc::clone(&grant.store), version, limits)?;
        match receive(submission, &mut body, &mut held).await {
            Ok(submission) => submission,
            Err(error) => {
                discard(&headers, body).await;
                return Err(error);
            }
        }
    } else {
        let expected = "application/json, or multipart/mixed with attachments";
        let found = if essence.is_empty() { "no media type" } else { essence };
        return Err(Violation::new("Content-Type", "Communication 1.5", expected, found).into());
    };
    let recorded = record_statements(grant.store.as_ref(), submission, recording).await;
    let ids = recorded.map_err(|error| ApiError { body: kept.map(Box::new), ..error.into() })?;
    grant.use_of_key.note_statements(ids.len());
    Ok(ids)
}

async fn receive(
    mut submission: MultipartSubmission,
    body: &mut Body,
    held: &mut HeldMemory,
) -> Result<Submission, ApiError> {
    while let Some(chunk) = next_chunk(body).await? {
        held.grow_to(submission.held_bytes() + chunk.len()).await?;
        submission.push(&chunk).await?;
        held.shrink_to(submission.held_bytes());
    }
    Ok(submission.finish().await?)
}
