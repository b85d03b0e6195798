//! The audit log.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderValue, Method};
use lrs_core::{AdministrationError, AuditRequest, Caller, Rule};
use lrs_store::LrsName;
use serde::Deserialize;
use utoipa::IntoParams;

use super::views::{AuditView, Listed, read_instant};
use super::{ApiRoute, Asked, Needs, Page, Signed, route};
use crate::error::ApiError;
use crate::state::Shared;

/// Entries that an export reads at once.
const EXPORT_ENTRIES: usize = 500;

pub(super) fn routes() -> Vec<ApiRoute> {
    vec![
        route(Method::GET, "/api/v1/audit", Needs::Account, get_audit),
        route(Method::GET, "/api/v1/audit/export", Needs::Account, export_audit),
    ]
}

/// Which entries.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditParameters {
    /// Acts of this account's id.
    account: Option<String>,
    /// This act, such as `key.create`; or `key` for every act on keys.
    action: Option<String>,
    /// Acts in this LRS; needed by all but owners of the server.
    lrs: Option<String>,
    /// From this instant on.
    since: Option<String>,
    /// Before this instant.
    until: Option<String>,
    /// Who, target, before or after contain this text.
    text: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// 1 to 500; 50 without it.
    limit: Option<usize>,
}

impl AuditParameters {
    fn read(self) -> Result<AuditRequest, ApiError> {
        let no_nul = |text: String| if text.contains('\0') { Err(Rule::NoNul) } else { Ok(text) };
        let lrs = self.lrs.map(|name| LrsName::parse(&name).ok_or(AdministrationError::Missing("LRS")));
        let before_seq = self.cursor.map(|it| it.parse().map_err(|_| Rule::Cursor { name: "cursor".to_owned() }));
        let Page(limit) = Page::of(self.limit)?;
        Ok(AuditRequest {
            account: self.account.map(no_nul).transpose()?,
            act: self.action.map(no_nul).transpose()?,
            lrs: lrs.transpose()?,
            since: self.since.map(|text| read_instant("since", &text)).transpose()?,
            until: self.until.map(|text| read_instant("until", &text)).transpose()?,
            text: self.text.map(no_nul).transpose()?,
            before_seq: before_seq.transpose()?,
            limit,
        })
    }
}

/// What was done, newest first.
#[utoipa::path(get, path = "/api/v1/audit", tag = "Audit", params(AuditParameters),
    responses((status = 200, description = "A page", body = Listed<AuditView>)))]
pub(crate) async fn get_audit(
    State(shared): State<Arc<Shared>>,
    Signed(caller): Signed,
    Asked(parameters): Asked<AuditParameters>,
) -> Result<Json<Listed<AuditView>>, ApiError> {
    let request = parameters.read()?;
    let (entries, before) = shared.administration.find_audit_entries(&caller, request).await?;
    let next = before.map(|seq| seq.to_string());
    Ok(Json(Listed { items: entries.into_iter().map(AuditView::from).collect(), next }))
}

/// What was done, newest first, one JSON object on a line, as much as there is.
#[utoipa::path(get, path = "/api/v1/audit/export", tag = "Audit", params(AuditParameters),
    responses((status = 200, description = "NDJSON", body = String, content_type = "application/x-ndjson")))]
pub(crate) async fn export_audit(
    State(shared): State<Arc<Shared>>,
    Signed(caller): Signed,
    Asked(parameters): Asked<AuditParameters>,
) -> Result<Response, ApiError> {
    let request = AuditRequest { limit: EXPORT_ENTRIES, ..parameters.read()? };
    // The first page is read before the head is sent, so that a refusal is an answer and not a broken download.
    let first = read_lines(&shared, &caller, request).await?;
    let (head, rest) = first;
    let lines = stream::try_unfold((Some(head), rest), move |(ready, rest)| {
        let (shared, caller) = (Arc::clone(&shared), Arc::clone(&caller));
        async move {
            if let Some(lines) = ready {
                return Ok(Some((lines, (None, rest))));
            }
            let Some(request) = rest else { return Ok(None) };
            let (lines, rest) = read_lines(&shared, &caller, request).await?;
            Ok::<_, AdministrationError>(Some((lines, (None, rest))))
        }
    });
    let mut response = Response::new(Body::from_stream(lines));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"audit.ndjson\""));
    Ok(response)
}

/// A page of lines, and the request for the next one.
async fn read_lines(
    shared: &Shared,
    caller: &Caller,
    request: AuditRequest,
) -> Result<(Bytes, Option<AuditRequest>), AdministrationError> {
    let (entries, before) = shared.administration.find_audit_entries(caller, request.clone()).await?;
    let mut lines = Vec::new();
    for entry in entries {
        serde_json::to_writer(&mut lines, &AuditView::from(entry)).expect("texts and numbers become JSON");
        lines.push(b'\n');
    }
    Ok((lines.into(), before.map(|before_seq| AuditRequest { before_seq: Some(before_seq), ..request })))
}
