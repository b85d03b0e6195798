//! Attachments of statements, for preview and download. They were sent by strangers: nothing in them may run here.

use axum::body::Body;
use axum::extract::Path;
use axum::response::Response;
use http::header::{
    CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue, Method};
use lrs_core::Permission;
use serde::Deserialize;
use tokio_util::io::ReaderStream;
use utoipa::IntoParams;

use super::errors::missing;
use super::statements::explorer_of;
use super::{ApiRoute, Asked, InLrs, Needs, route};
use crate::error::{ApiError, ErrorEnvelope};
use xapi::StatementId;

/// What a browser may show in place: it can run nothing.
const PREVIEWED: [&str; 9] = [
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "audio/mpeg",
    "audio/ogg",
    "video/mp4",
    "video/webm",
    "text/plain",
];

pub(super) fn routes() -> Vec<ApiRoute> {
    let read = Needs::Lrs(Permission::ReadStatements);
    vec![route(Method::GET, "/api/v1/lrss/{lrs}/attachments/{sha2}", read, get_attachment)]
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AttachmentAsked {
    /// The id of a statement that names it, and that the caller may see.
    statement: String,
}

/// The bytes of an attachment. Images, sound, films and plain text come to be shown; everything else to be saved.
#[utoipa::path(get, path = "/api/v1/lrss/{lrs}/attachments/{sha2}", tag = "Statements of an LRS",
    params(("lrs" = String, Path, description = "The LRS"), ("sha2" = String, Path, description = "Its SHA-2"),
        AttachmentAsked),
    responses((status = 200, description = "Its bytes", body = String, content_type = "application/octet-stream"),
        (status = 404, description = "There is none, or it is not yours to see", body = ErrorEnvelope)))]
pub(crate) async fn get_attachment(
    InLrs(access): InLrs,
    path: Path<(String, String)>,
    headers: HeaderMap,
    Asked(AttachmentAsked { statement }): Asked<AttachmentAsked>,
) -> Result<Response, ApiError> {
    let Path((_, sha2)) = path;
    let none = || missing("attachment");
    let id = StatementId::parse(&statement).ok_or_else(none)?;
    let (stored, _) = explorer_of(&access, &headers).find_statement(id).await?.ok_or_else(none)?;
    let sha2 = sha2.to_ascii_lowercase();
    let named = lrs_core::attachments_of([stored.body.as_slice()]);
    let named = named.into_iter().find(|attachment| attachment.sha2 == sha2).ok_or_else(none)?;
    let found = access.store.find_attachment(&sha2).await?.ok_or_else(none)?;
    let essence = xapi::ContentType(named.content_type).essence();
    let previewed = PREVIEWED.iter().find(|previewed| **previewed == essence);
    let content_type = match previewed {
        Some(&"text/plain") => "text/plain; charset=utf-8",
        Some(previewed) => previewed,
        None => "application/octet-stream",
    };
    let disposition = if previewed.is_some() { "inline" } else { "attachment" };
    let mut response = Response::new(Body::from_stream(ReaderStream::new(found.reader)));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(found.size_bytes));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    let name = format!("{disposition}; filename=\"{}\"", &sha2[..sha2.len().min(16)]);
    headers.extend(HeaderValue::try_from(name).map(|value| (CONTENT_DISPOSITION, value)).ok());
    Ok(response)
}
