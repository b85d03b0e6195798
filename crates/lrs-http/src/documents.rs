//! State, Activity Profile and Agent Profile (Communication 2.2, 2.3, 2.6, 2.7).

use axum::body::Body;
use http::header::{
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH, LAST_MODIFIED, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use lrs_core::{Condition, Limit};
use lrs_store::{Document, DocumentFilter, DocumentKey, DocumentOwner, Etag, EtagMatch};
use xapi::{
    ActivityProfileParams, AgentProfileParams, ContentType, Parameters, StateParams, Timestamp, Version, Violation,
    Violations,
};

use crate::answer::Call;
use crate::body::read_body;
use crate::body_memory::{HeldMemory, Trust};
use crate::error::ApiError;
use crate::http_date::http_date;
use crate::http_problem::HttpProblem;
use crate::router::Resource;

/// Which documents a request means.
struct Meant {
    owner: DocumentOwner,
    id: Option<String>,
    since: Option<Timestamp>,
}

/// What a request does to them, which decides what may and must be in the query.
#[derive(Clone, Copy)]
enum Use {
    Read,
    Write,
    Delete,
}

/// GET of one document, or of the ids of all.
pub(crate) async fn get_document(resource: Resource, call: Call) -> Result<Response<Body>, ApiError> {
    let Meant { owner, id, since } = read_meant(resource, Use::Read, &call)?;
    let store = call.grant.store.as_ref();
    let Some(id) = id else {
        let ids = store.find_document_ids(DocumentFilter { owner, since }).await?;
        let mut response = Response::new(Body::from(serde_json::to_vec(&ids).expect("texts become JSON")));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        return Ok(response);
    };
    let condition = read_condition(&call.headers)?;
    let Some(document) = store.find_document(DocumentKey { owner, id }).await? else {
        return Err(ApiError::new(StatusCode::NOT_FOUND, HttpProblem::NoSuchDocument));
    };
    answer_document(document, &condition)
}

/// PUT: replaces.
pub(crate) async fn put_document(resource: Resource, call: Call, body: Body) -> Result<Response<Body>, ApiError> {
    let (key, condition) = read_target(resource, Use::Write, &call)?;
    let Call { shared, grant, version, headers, .. } = call;
    let mut held = shared.body_memory.hold(Trust::Key);
    let content = read_content(&headers, body, shared.settings().document_bytes_max, &mut held).await?;
    let etag = lrs_core::put_document(grant.store.as_ref(), version, key, condition, content).await?;
    Ok(no_content(etag))
}

/// POST: merges JSON objects.
pub(crate) async fn post_document(resource: Resource, call: Call, body: Body) -> Result<Response<Body>, ApiError> {
    let (key, condition) = read_target(resource, Use::Write, &call)?;
    let Call { shared, grant, headers, .. } = call;
    let mut held = shared.body_memory.hold(Trust::Key);
    let content = read_content(&headers, body, shared.settings().document_bytes_max, &mut held).await?;
    let etag = lrs_core::post_document(grant.store.as_ref(), key, condition, content).await?;
    Ok(no_content(etag))
}

/// DELETE: one document, or all states of an agent in an activity.
pub(crate) async fn delete_document(resource: Resource, call: Call) -> Result<Response<Body>, ApiError> {
    let Meant { owner, id, since } = read_meant(resource, Use::Delete, &call)?;
    let condition = read_condition(&call.headers)?;
    let store = call.grant.store.as_ref();
    match id {
        Some(id) => lrs_core::delete_document(store, DocumentKey { owner, id }, condition).await?,
        None => store.delete_documents(DocumentFilter { owner, since }).await?,
    }
    Ok(no_content(None))
}

fn read_target(resource: Resource, usage: Use, call: &Call) -> Result<(DocumentKey, Condition), ApiError> {
    let Meant { owner, id, .. } = read_meant(resource, usage, call)?;
    let id = id.ok_or_else(|| Violation::new("stateId", "Communication 2.2", "the id of a document", "nothing"))?;
    Ok((DocumentKey { owner, id }, read_condition(&call.headers)?))
}

fn read_meant(resource: Resource, usage: Use, call: &Call) -> Result<Meant, Violations> {
    let (parameters, version) = (&call.parameters, call.version);
    match resource {
        Resource::ActivityProfile => {
            let parse = match usage {
                Use::Read => ActivityProfileParams::parse,
                Use::Write | Use::Delete => ActivityProfileParams::parse_write,
            };
            let ActivityProfileParams { activity, profile_id, since } = parse(parameters, version)?;
            let owner = DocumentOwner::ActivityProfile(activity.as_str().to_owned());
            Ok(Meant { owner, id: profile_id, since })
        }
        Resource::AgentProfile => {
            let parse = match usage {
                Use::Read => AgentProfileParams::parse,
                Use::Write | Use::Delete => AgentProfileParams::parse_write,
            };
            let AgentProfileParams { agent, profile_id, since } = parse(parameters, version)?;
            Ok(Meant { owner: DocumentOwner::AgentProfile(agent.key().to_owned()), id: profile_id, since })
        }
        _ => read_state(usage, parameters, version),
    }
}

fn read_state(usage: Use, parameters: &Parameters, version: Version) -> Result<Meant, Violations> {
    let parse = match usage {
        Use::Read => StateParams::parse,
        Use::Write => StateParams::parse_write,
        Use::Delete => StateParams::parse_delete,
    };
    let StateParams { activity, agent, registration, state_id, since } = parse(parameters, version)?;
    let owner = DocumentOwner::State {
        activity: activity.as_str().to_owned(),
        agent: agent.key().to_owned(),
        registration: registration.map(|registration| registration.0),
    };
    Ok(Meant { owner, id: state_id, since })
}

async fn read_content(
    headers: &HeaderMap,
    body: Body,
    max: usize,
    held: &mut HeldMemory,
) -> Result<(ContentType, Vec<u8>), ApiError> {
    let content_type = match headers.get(CONTENT_TYPE).map(HeaderValue::to_str) {
        None => "application/octet-stream",
        Some(Ok(text)) => text,
        Some(Err(_)) => {
            return Err(Violation::new("Content-Type", "Communication 2.2", "a media type", "other characters").into());
        }
    };
    let body = read_body(headers, body, max, Limit::BytesOfDocument, held).await?;
    Ok((ContentType(content_type.to_owned()), body.into()))
}

/// `If-Match` and `If-None-Match` (RFC 9110, 13.1); both at once cannot be meant.
fn read_condition(headers: &HeaderMap) -> Result<Condition, Violation> {
    match (read_etags(headers, &IF_MATCH)?, read_etags(headers, &IF_NONE_MATCH)?) {
        (None, None) => Ok(Condition::None),
        (Some(etags), None) => Ok(Condition::Match(etags)),
        (None, Some(etags)) => Ok(Condition::NoneMatch(etags)),
        (Some(_), Some(_)) => {
            Err(Violation::new("If-Match", "Communication 3.1", "either If-Match or If-None-Match", "both"))
        }
    }
}

/// A list of entity tags or `*`. Weak ones are compared like strong ones; clients also leave the quotes out.
fn read_etags(headers: &HeaderMap, name: &HeaderName) -> Result<Option<EtagMatch>, Violation> {
    let mut etags = Vec::new();
    for value in headers.get_all(name) {
        let Ok(text) = value.to_str() else {
            return Err(Violation::new(name.as_str(), "Communication 3.1", "entity tags or *", "other characters"));
        };
        for tag in text.split(',').map(str::trim).filter(|tag| !tag.is_empty()) {
            if tag == "*" {
                return Ok(Some(EtagMatch::Any));
            }
            let strong = tag.strip_prefix("W/").unwrap_or(tag);
            etags.push(Etag(strong.trim_matches('"').to_owned()));
        }
    }
    let is_sent = headers.contains_key(name);
    Ok(is_sent.then_some(EtagMatch::OneOf(etags)))
}

fn answer_document(document: Document, condition: &Condition) -> Result<Response<Body>, ApiError> {
    let Document { content_type, body, etag, updated } = document;
    let is_one = |etags: &EtagMatch| match etags {
        EtagMatch::Any => true,
        EtagMatch::OneOf(etags) => etags.contains(&etag),
    };
    let status = match condition {
        Condition::Match(etags) if !is_one(etags) => return Err(lrs_core::DocumentError::PreconditionFailed.into()),
        Condition::NoneMatch(etags) if is_one(etags) => StatusCode::NOT_MODIFIED,
        _ => StatusCode::OK,
    };
    let mut response = Response::new(if status == StatusCode::OK { Body::from(body) } else { Body::empty() });
    *response.status_mut() = status;
    let headers = response.headers_mut();
    if status == StatusCode::OK {
        headers.extend(HeaderValue::try_from(content_type.0).map(|value| (CONTENT_TYPE, value)).ok());
        // A document may be a page with scripts. Nobody should meet it as a page of this server.
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'"));
    }
    set_etag(headers, &etag);
    headers.extend(http_date(updated).map(|date| (LAST_MODIFIED, date)));
    Ok(response)
}

fn no_content(etag: Option<Etag>) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    if let Some(etag) = etag {
        set_etag(response.headers_mut(), &etag);
    }
    response
}

fn set_etag(headers: &mut HeaderMap, etag: &Etag) {
    headers.extend(HeaderValue::try_from(format!("\"{}\"", etag.0)).map(|value| (ETAG, value)).ok());
}
