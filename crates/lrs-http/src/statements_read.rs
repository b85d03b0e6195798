//! GET of statements (Communication 2.1.3): one by its id, lists with `more`, formats, attachments.

use std::io;
use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream::{self, BoxStream, Stream, StreamExt};
use http::header::{ACCEPT_LANGUAGE, CONTENT_TYPE, LAST_MODIFIED};
use http::{HeaderValue, Response, StatusCode};
use lrs_core::{AttachmentToSend, StatementReader, attachments_of};
use lrs_store::{Seq, Store, StoreError, StoredAttachment};
use tokio_util::io::ReaderStream;
use xapi::{
    Format, LanguagePreferences, MultipartWriter, Parameters, StatementId, StatementsParams, StatementsRequest,
    Version, Violation,
};

use crate::answer::Call;
use crate::error::{ApiError, ErrorEnvelope};
use crate::http_date::http_date;
use crate::http_problem::HttpProblem;
use crate::more::{CURSOR, read_cursor, write_more};

/// One statement, or a page of those that match all filters, newest first.
#[utoipa::path(
    get, path = "/xapi/statements", tag = "Statements",
    params(
        ("statementId" = Option<String>, Query, description = "One statement by its id"),
        ("voidedStatementId" = Option<String>, Query, description = "One voided statement by its id"),
        ("agent" = Option<String>, Query, description = "An Agent or identified Group as JSON"),
        ("verb" = Option<String>, Query, description = "A verb's id"),
        ("activity" = Option<String>, Query, description = "An activity's id"),
        ("registration" = Option<String>, Query, description = "A registration (UUID)"),
        ("related_activities" = Option<bool>, Query, description = "Look for the activity in context and sub-statements too"),
        ("related_agents" = Option<bool>, Query, description = "Look for the agent in authority, context and sub-statements too"),
        ("since" = Option<String>, Query, description = "Stored after this instant"),
        ("until" = Option<String>, Query, description = "Stored at or before this instant"),
        ("limit" = Option<u32>, Query, description = "Statements on a page; 0: as many as the server permits"),
        ("format" = Option<String>, Query, description = "exact, ids or canonical"),
        ("attachments" = Option<bool>, Query, description = "Answer multipart/mixed with the attachments' bytes"),
        ("ascending" = Option<bool>, Query, description = "Oldest first"),
        ("cursor" = Option<String>, Query, description = "From more; stands alone"),
    ),
    responses(
        (status = 200, description = "A statement, or {statements, more}", body = Object),
        (status = 400, description = "Broken rules, all of them", body = ErrorEnvelope),
        (status = 404, description = "No such statement", body = ErrorEnvelope),
    ),
)]
pub(crate) async fn get_statements(mut call: Call) -> Result<Response<Body>, ApiError> {
    let parameters = std::mem::take(&mut call.parameters);
    let (parameters, after) = match parameters.get(CURSOR) {
        Some(_) if parameters.0.len() > 1 => {
            return Err(Violation::new(CURSOR, "Communication 2.1.3", "no parameter beside cursor", "others").into());
        }
        Some(cursor) => {
            let (parameters, after) = read_cursor(&call.grant.lrs, cursor)?;
            (parameters, Some(after))
        }
        None => (parameters, None),
    };
    match StatementsRequest::parse(&parameters, call.version)? {
        StatementsRequest::One { id, voided, format, attachments } => {
            get_one(&call, (id, voided), format, attachments).await
        }
        StatementsRequest::Many(list) => get_list(&call, &parameters, &list, after).await,
    }
}

async fn get_one(
    call: &Call,
    (id, voided): (StatementId, bool),
    format: Format,
    attachments: bool,
) -> Result<Response<Body>, ApiError> {
    let reader = reader_of(call);
    let Some(statement) = reader.find_statement(id, voided).await? else {
        let problem = HttpProblem::NoSuchStatement { id: id.to_string(), voided };
        return Err(ApiError::new(StatusCode::NOT_FOUND, problem));
    };
    let modified = http_date(statement.stored);
    let to_send = if attachments { attachments_of([statement.body.as_slice()]) } else { Vec::new() };
    let mut rendered = reader.render(vec![statement], format, &languages_of(call), call.version).await?;
    let body = rendered.pop().expect("one statement is rendered as one");
    let mut response = write_answer(call, body, attachments.then_some(to_send)).await?;
    response.headers_mut().extend(modified.map(|date| (LAST_MODIFIED, date)));
    Ok(response)
}

async fn get_list(
    call: &Call,
    parameters: &Parameters,
    list: &StatementsParams,
    after: Option<Seq>,
) -> Result<Response<Body>, ApiError> {
    let settings = call.shared.settings();
    let limit = match list.limit {
        0 if parameters.get("limit").is_none() => settings.page_statements_default,
        0 => settings.page_statements_max,
        limit => usize::try_from(limit).unwrap_or(usize::MAX),
    };
    let limit = limit.clamp(1, settings.page_statements_max.max(1));
    let reader = reader_of(call);
    let page = reader.find_statements(list, limit, after).await?;
    let more = page
        .more
        .map(|after| write_more(&call.shared.statements_path, &call.grant.lrs, parameters, after))
        .unwrap_or_default();
    let to_send = if list.attachments {
        attachments_of(page.statements.iter().map(|statement| statement.body.as_slice()))
    } else {
        Vec::new()
    };
    let bodies = reader.render(page.statements, list.format, &languages_of(call), call.version).await?;
    write_answer(call, write_result(&bodies, &more), list.attachments.then_some(to_send)).await
}

/// `{"statements":[…],"more":"…"}`; `more` needs no escapes.
fn write_result(bodies: &[Vec<u8>], more: &str) -> Vec<u8> {
    let size: usize = bodies.iter().map(|body| body.len() + 1).sum();
    let mut result = Vec::with_capacity(size + more.len() + 32);
    result.extend_from_slice(b"{\"statements\":[");
    for (index, body) in bodies.iter().enumerate() {
        if index > 0 {
            result.push(b',');
        }
        result.extend_from_slice(body);
    }
    result.extend_from_slice(b"],\"more\":\"");
    result.extend_from_slice(more.as_bytes());
    result.extend_from_slice(b"\"}");
    result
}

fn reader_of(call: &Call) -> StatementReader {
    StatementReader {
        store: Arc::clone(&call.grant.store),
        only_authority: call.grant.reads_only_mine().then(|| call.grant.authority.key.clone()),
        hide_v2: call.shared.settings().strict_versions && call.version == Version::V1_0_3,
    }
}

fn languages_of(call: &Call) -> LanguagePreferences {
    let header = call.headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    LanguagePreferences::parse(header.unwrap_or_default())
}

/// JSON, or `multipart/mixed` when attachments were asked for, even if there are none (Communication 1.5.2). The first
/// attachment is opened before the answer begins, so that a store that cannot read attachments now is an error and no broken answer.
async fn write_answer(
    call: &Call,
    json: Vec<u8>,
    attachments: Option<Vec<AttachmentToSend>>,
) -> Result<Response<Body>, ApiError> {
    let Some(attachments) = attachments else {
        let mut response = Response::new(Body::from(json));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        return Ok(response);
    };
    let mut attachments = attachments.into_iter();
    let first = open_first(&*call.grant.store, &mut attachments).await?;
    let writer = MultipartWriter::new(call.shared.state.ids.uuid().simple().to_string());
    let content_type = writer.content_type();
    let store = Arc::clone(&call.grant.store);
    let body = Body::from_stream(write_multipart(writer, json, (first, attachments), store));
    let mut response = Response::new(body);
    response.headers_mut().extend(HeaderValue::try_from(content_type).map(|value| (CONTENT_TYPE, value)).ok());
    Ok(response)
}

/// An attachment that is about to be sent.
type Opened = (AttachmentToSend, StoredAttachment);

/// The first of these whose bytes are here; those before it have a fileUrl and never came.
async fn open_first(
    store: &dyn Store,
    attachments: &mut std::vec::IntoIter<AttachmentToSend>,
) -> Result<Option<Opened>, StoreError> {
    for attachment in attachments {
        if let Some(stored) = store.find_attachment(&attachment.sha2).await? {
            return Ok(Some((attachment, stored)));
        }
    }
    Ok(None)
}

/// The statements' part, then each attachment that is here, read while it is sent.
fn write_multipart(
    writer: MultipartWriter,
    json: Vec<u8>,
    (first, rest): (Option<Opened>, std::vec::IntoIter<AttachmentToSend>),
    store: Arc<dyn Store>,
) -> impl Stream<Item = io::Result<Bytes>> + Send {
    let end = writer.end();
    let begin = [writer.begin_statements(), json].map(|bytes| Ok(Bytes::from(bytes)));
    let first = stream::iter(first.map(|(attachment, stored)| write_part(&writer, &attachment, stored))).flatten();
    let parts = stream::iter(rest)
        .then(move |attachment| {
            let store = Arc::clone(&store);
            async move {
                let found = store.find_attachment(&attachment.sha2).await;
                (attachment, found)
            }
        })
        .flat_map(move |(attachment, found)| match found {
            Ok(Some(stored)) => write_part(&writer, &attachment, stored),
            // It has a fileUrl and never came.
            Ok(None) => stream::empty().boxed(),
            Err(error) => {
                tracing::error!("cannot read an attachment: {error}");
                stream::iter([Err(io::Error::other(error))]).boxed()
            }
        });
    stream::iter(begin).chain(first).chain(parts).chain(stream::iter([Ok(Bytes::from(end))]))
}

fn write_part(
    writer: &MultipartWriter,
    attachment: &AttachmentToSend,
    stored: StoredAttachment,
) -> BoxStream<'static, io::Result<Bytes>> {
    let head = writer.begin_attachment(&attachment.content_type, &attachment.sha2);
    stream::iter([Ok(Bytes::from(head))]).chain(ReaderStream::new(stored.reader)).boxed()
}
