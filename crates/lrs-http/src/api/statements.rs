//! The explorer: statements by any filters, one statement, voiding, export.

use std::collections::VecDeque;
use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::header::{ACCEPT_LANGUAGE, CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use lrs_core::{
    CSV_HEADER, Explorer, ExplorerFilter, LrsAccess, Permission, PersonId, Problem, REASON_CHARS_MAX, Rule,
    StatementItem, VoidError, Voiding, write_csv_line,
};
use lrs_store::{Seq, StoreError};
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use xapi::{Agent, LanguagePreferences, StatementId, Version};

use super::errors::missing;
use super::views::{Listed, read_instant};
use super::{ApiRoute, Asked, InLrs, Needs, Page, Sent, note_act, route};
use crate::error::{ApiError, ErrorEnvelope};
use crate::state::Shared;

/// Statements that an export reads at once.
const EXPORT_PAGE: usize = 500;

const READ: Needs = Needs::Lrs(Permission::ReadStatements);

pub(super) fn routes() -> Vec<ApiRoute> {
    let export = Needs::Lrs(Permission::ExportStatements);
    let void = Needs::Lrs(Permission::VoidStatements);
    vec![
        route(Method::GET, "/api/v1/lrss/{lrs}/statements", READ, get_statements),
        route(Method::GET, "/api/v1/lrss/{lrs}/statements/export", export, export_statements),
        route(Method::GET, "/api/v1/lrss/{lrs}/statements/{id}", READ, get_statement),
        route(Method::POST, "/api/v1/lrss/{lrs}/statements/{id}/void", void, void_statement),
    ]
}

/// Filters of statements; all that are given must hold.
#[derive(Debug, Default, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filters {
    /// Statements of any identifier of this person.
    person: Option<String>,
    /// An agent: its key, as in `actor.key`, or a JSON agent.
    agent: Option<String>,
    /// A verb's id.
    verb: Option<String>,
    /// An activity's id.
    activity: Option<String>,
    /// Also where person, agent and activity stand elsewhere than as actor and object.
    #[serde(default)]
    related: bool,
    /// A registration (UUID).
    registration: Option<String>,
    /// Stored after this instant.
    since: Option<String>,
    /// Stored at or before this instant.
    until: Option<String>,
    /// Score in percent, at least.
    score_min: Option<f64>,
    /// Score in percent, at most.
    score_max: Option<f64>,
    /// Words; the last one may be unfinished, from its third letter on.
    text: Option<String>,
}

impl Filters {
    /// What they ask for.
    pub(crate) fn read(self) -> Result<ExplorerFilter, ApiError> {
        let given = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
        let person = given(self.person).map(|text| PersonId::parse(&text).ok_or_else(|| missing("person")));
        let agent = given(self.agent).map(|text| {
            if text.starts_with('{') {
                Agent::parse(&text, Version::V2_0_0).map(|agent| agent.key().to_owned()).map_err(ApiError::from)
            } else {
                Ok(text)
            }
        });
        let registration = given(self.registration)
            .map(|text| Uuid::parse_str(&text).map_err(|_| Rule::Uuid { name: "registration".to_owned() }));
        let instant = |name, text| given(text).map(|text| read_instant(name, &text)).transpose();
        let score = match (self.score_min, self.score_max) {
            (None, None) => None,
            (least, most) => Some((whole(least.unwrap_or(-100.0).ceil()), whole(most.unwrap_or(100.0).floor()))),
        };
        Ok(ExplorerFilter {
            person: person.transpose()?,
            agent: agent.transpose()?,
            verb: given(self.verb),
            activity: given(self.activity),
            related: self.related,
            registration: registration.transpose()?,
            since: instant("since", self.since)?,
            until: instant("until", self.until)?,
            score,
            text: given(self.text),
        })
    }
}

#[expect(clippy::cast_possible_truncation, reason = "from -100 to 100")]
fn whole(percent: f64) -> i8 {
    percent.clamp(-100.0, 100.0) as i8
}

/// Which page.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Paging {
    /// `next` of the page before.
    cursor: Option<String>,
    /// At most so many, 1 to 500; 50 by default.
    limit: Option<usize>,
}

/// Whoever reads, in their languages.
pub(crate) fn explorer_of(access: &LrsAccess, headers: &HeaderMap) -> Explorer {
    Explorer { store: Arc::clone(&access.store), readable: access.readable.clone(), languages: languages_of(headers) }
}

/// The languages that a request asks for.
pub(crate) fn languages_of(headers: &HeaderMap) -> LanguagePreferences {
    let header = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    LanguagePreferences::parse(header.unwrap_or_default())
}

/// Reads a cursor of statements.
pub(crate) fn read_seq(name: &str, text: Option<&str>) -> Result<Option<Seq>, ApiError> {
    let read = |text: &str| text.parse().map(Seq).map_err(|_| Rule::Cursor { name: name.to_owned() }.into());
    text.map(read).transpose()
}

/// Statements, the newest first. A page looks through a bounded part of the log: it may be short, even empty, and still go on.
/// Voided statements are left out. Names are in the languages of `Accept-Language`.
#[utoipa::path(get, path = "/api/v1/lrss/{lrs}/statements", operation_id = "list_statements", tag = "Statements of an LRS",
    params(("lrs" = String, Path, description = "The LRS"), Filters, Paging),
    responses((status = 200, description = "A page", body = Listed<StatementItem>)))]
pub(crate) async fn get_statements(
    InLrs(access): InLrs,
    headers: HeaderMap,
    Asked(filters): Asked<Filters>,
    Asked(paging): Asked<Paging>,
) -> Result<Json<Listed<StatementItem>>, ApiError> {
    let Page(limit) = Page::of(paging.limit)?;
    let after = read_seq("cursor", paging.cursor.as_deref())?;
    let explorer = explorer_of(&access, &headers);
    let page = explorer.find_statements(&filters.read()?, after, limit).await?;
    let items = explorer.read_items(page.statements).await?;
    Ok(Json(Listed { items, next: page.next.map(|seq| seq.0.to_string()) }))
}

/// One statement.
#[derive(Serialize, ToSchema)]
pub(crate) struct StatementPage {
    /// As it is stored.
    #[schema(value_type = Object)]
    statement: Box<RawValue>,
    /// As a sentence.
    item: StatementItem,
    /// Its place in the log.
    seq: u64,
    /// The id of the statement that voids it; known a moment after it was voided.
    voided_by: Option<String>,
    /// The id of the statement that it voids.
    voids: Option<String>,
}

/// One statement, voided or not, as it is stored.
#[utoipa::path(get, path = "/api/v1/lrss/{lrs}/statements/{id}", tag = "Statements of an LRS",
    params(("lrs" = String, Path, description = "The LRS"), ("id" = String, Path, description = "The statement's id")),
    responses((status = 200, description = "It", body = StatementPage),
        (status = 404, description = "There is none, or it is not yours to see", body = ErrorEnvelope)))]
pub(crate) async fn get_statement(
    InLrs(access): InLrs,
    path: Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Json<StatementPage>, ApiError> {
    let Path((_, id)) = path;
    let id = StatementId::parse(&id).ok_or_else(|| missing("statement"))?;
    let explorer = explorer_of(&access, &headers);
    let (stored, voided) = explorer.find_statement(id).await?.ok_or_else(|| missing("statement"))?;
    let voided_by = if voided { explorer.find_voiding(id).await? } else { None };
    let text = String::from_utf8_lossy(&stored.body).into_owned();
    let statement = RawValue::from_string(text).map_err(|error| unreadable(&error))?;
    let seq = stored.seq.0;
    let voids = lrs_core::voided_by(&stored).map(|target| target.to_string());
    let item = explorer.read_item(stored, voided).await?.ok_or_else(|| missing("statement"))?;
    Ok(Json(StatementPage { statement, item, seq, voided_by: voided_by.map(|id| id.to_string()), voids }))
}

fn unreadable(error: &serde_json::Error) -> ApiError {
    StoreError::Corrupt { place: "statement".to_owned(), reason: error.to_string() }.into()
}

/// Why a statement is voided.
#[derive(Deserialize, ToSchema)]
pub(crate) struct VoidRequest {
    /// In words; it is kept in the voiding statement.
    reason: String,
}

/// The statement that voids another one.
#[derive(Serialize, ToSchema)]
pub(crate) struct VoidedView {
    /// The id of the voiding statement.
    id: String,
}

/// Voids a statement: a further statement says so, with the caller's account as actor. It cannot be undone.
#[utoipa::path(post, path = "/api/v1/lrss/{lrs}/statements/{id}/void", tag = "Statements of an LRS",
    request_body = VoidRequest,
    params(("lrs" = String, Path, description = "The LRS"), ("id" = String, Path, description = "The statement's id")),
    responses((status = 200, description = "It is voided", body = VoidedView),
        (status = 409, description = "It is voided already, or is voiding itself", body = ErrorEnvelope)))]
pub(crate) async fn void_statement(
    State(shared): State<Arc<Shared>>,
    InLrs(access): InLrs,
    path: Path<(String, String)>,
    headers: HeaderMap,
    Sent(VoidRequest { reason }): Sent<VoidRequest>,
) -> Result<Json<VoidedView>, ApiError> {
    let Path((_, id)) = path;
    let target = StatementId::parse(&id).ok_or_else(|| missing("statement"))?;
    let account = &access.caller.account.account;
    let voiding = Voiding {
        account: &account.id.0,
        name: &account.name,
        lrs: &access.lrs,
        reason: &reason,
        clock: Arc::clone(&shared.state.clock),
        ids: Arc::clone(&shared.state.ids),
    };
    let id = explorer_of(&access, &headers).void_statement(target, voiding).await?;
    let after = json!({ "reason": reason, "voided_by": id.to_string() });
    note_act(&shared, &access, "statement.void", &target.to_string(), Some(after)).await?;
    Ok(Json(VoidedView { id: id.to_string() }))
}

impl From<VoidError> for ApiError {
    fn from(error: VoidError) -> Self {
        match error {
            VoidError::NoSuchStatement => missing("statement"),
            VoidError::AlreadyVoided => Self::new(StatusCode::CONFLICT, Problem::AlreadyVoided),
            VoidError::NoReason => Rule::Reason { max: REASON_CHARS_MAX }.into(),
            VoidError::Record(error) => error.into(),
        }
    }
}

/// In which form statements are taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ExportFormat {
    /// One statement on a line, as it is stored.
    Ndjson,
    /// One statement on a line, for spreadsheets.
    Csv,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExportAsked {
    /// In which form.
    #[param(inline)]
    format: ExportFormat,
}

/// All statements that filters find, the newest first, while they are read: any number of them.
#[utoipa::path(get, path = "/api/v1/lrss/{lrs}/statements/export", tag = "Statements of an LRS",
    params(("lrs" = String, Path, description = "The LRS"), ExportAsked, Filters),
    responses((status = 200, description = "A file", body = String, content_type = "application/x-ndjson")))]
pub(crate) async fn export_statements(
    State(shared): State<Arc<Shared>>,
    InLrs(access): InLrs,
    headers: HeaderMap,
    Asked(ExportAsked { format }): Asked<ExportAsked>,
    Asked(filters): Asked<Filters>,
) -> Result<Response, ApiError> {
    let export = Export { explorer: explorer_of(&access, &headers), filter: filters.read()?, format };
    let asked = json!({ "format": format!("{format:?}").to_lowercase(), "filter": format!("{:?}", export.filter) });
    note_act(&shared, &access, "statement.export", access.lrs.as_str(), Some(asked)).await?;
    let (content_type, extension) = match format {
        ExportFormat::Ndjson => ("application/x-ndjson", "ndjson"),
        ExportFormat::Csv => ("text/csv; charset=utf-8", "csv"),
    };
    let head = if format == ExportFormat::Csv { vec![Bytes::from_static(CSV_HEADER.as_bytes())] } else { Vec::new() };
    let begin = Reading { export, chunks: head.into(), after: None, ended: false };
    let body = stream::unfold(begin, |mut reading| async move {
        let chunk = reading.next_chunk().await?;
        Some((chunk, reading))
    });
    // Compression asks once more after the end.
    let mut response = Response::new(Body::from_stream(body.fuse()));
    let name = format!("attachment; filename=\"{}-statements.{extension}\"", access.lrs);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response.headers_mut().extend(HeaderValue::try_from(name).map(|value| (CONTENT_DISPOSITION, value)).ok());
    Ok(response)
}

struct Export {
    explorer: Explorer,
    filter: ExplorerFilter,
    format: ExportFormat,
}

/// An export under way.
struct Reading {
    export: Export,
    chunks: VecDeque<Bytes>,
    after: Option<Seq>,
    ended: bool,
}

impl Reading {
    /// The next bytes; an error cuts the answer off, so that nobody takes a part for the whole.
    async fn next_chunk(&mut self) -> Option<Result<Bytes, StoreError>> {
        loop {
            if let Some(chunk) = self.chunks.pop_front() {
                return Some(Ok(chunk));
            }
            if self.ended {
                return None;
            }
            if let Err(error) = self.read_page().await {
                self.ended = true;
                tracing::error!(error = &error as &dyn std::error::Error, "an export was cut off");
                return Some(Err(error));
            }
        }
    }

    async fn read_page(&mut self) -> Result<(), StoreError> {
        let Export { explorer, filter, format } = &self.export;
        let page = explorer.find_statements(filter, self.after, EXPORT_PAGE).await?;
        self.after = page.next;
        self.ended = page.next.is_none();
        let mut chunk = Vec::new();
        match format {
            ExportFormat::Ndjson => {
                for statement in page.statements {
                    chunk.extend(statement.body.iter().map(|byte| if *byte == b'\n' { b' ' } else { *byte }));
                    chunk.push(b'\n');
                }
            }
            ExportFormat::Csv => {
                let items = explorer.read_items(page.statements).await?;
                for item in &items {
                    chunk.extend(write_csv_line(item).into_bytes());
                }
            }
        }
        if !chunk.is_empty() {
            self.chunks.push_back(chunk.into());
        }
        Ok(())
    }
}
