//! The way of every xAPI request: cross-origin questions, alternate syntax, key, version, permission, resource, and the
//! headers that every answer carries.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use axum::body::Body;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_LENGTH, USER_AGENT};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body::Body as _;
use lrs_core::{Grant, Operation, UseOfKey};
use lrs_store::{KeyId, Store};
use xapi::{Parameters, Timestamp, Version};

use crate::about::about;
use crate::alternate;
use crate::authorization::authorize;
use crate::body_memory::Trust;
use crate::compression::HeadersOnly;
use crate::cors;
use crate::error::ApiError;
use crate::http_problem::HttpProblem;
use crate::refused::Witness;
use crate::router::{Resource, Route, RouteName};
use crate::state::{Peer, RequestId, Shared};
use crate::{documents, people, statements_read, statements_write};

pub(crate) const VERSION: HeaderName = HeaderName::from_static("x-experience-api-version");
const CONSISTENT_THROUGH: HeaderName = HeaderName::from_static("x-experience-api-consistent-through");

/// A request as its client meant it: the alternate syntax is unfolded.
pub(crate) struct Sent {
    pub(crate) method: Method,
    pub(crate) parameters: Parameters,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
}

/// A request that may be answered: with its key and its version.
pub(crate) struct Call {
    pub(crate) shared: Arc<Shared>,
    pub(crate) grant: Grant,
    pub(crate) version: Version,
    pub(crate) parameters: Parameters,
    pub(crate) headers: HeaderMap,
}

/// What the answer's headers say, whatever becomes of the request.
struct Facts {
    version: Version,
    consistent_through: Option<Timestamp>,
    headers_only: bool,
    /// Where the use of the request's key is counted, once it is known.
    use_of_key: Option<Arc<UseOfKey>>,
    /// The request's key and its store, once they are known.
    key: Option<(KeyId, Arc<dyn Store>)>,
}

/// Answers a request to an xAPI resource.
pub(crate) async fn answer(shared: Arc<Shared>, route: &'static Route, request: Request<Body>) -> Response<Body> {
    let request_id = request_id_of(&shared, &request);
    let is_head = request.method() == Method::HEAD;
    let mut facts = Facts {
        version: shared.settings().default_version,
        consistent_through: None,
        headers_only: is_head,
        use_of_key: None,
        key: None,
    };
    let witness = Witness::of(&shared, &request);
    let answered = respond(&shared, route, request, &mut facts).await;
    if let (Err(error), Some(witness)) = (&answered, witness) {
        witness.tell(facts.key.take(), facts.version, error);
    }
    let mut response = answered.unwrap_or_else(|error| error.into_response(&request_id));
    if let Some(use_of_key) = facts.use_of_key.filter(|_| response.status().is_client_error()) {
        use_of_key.note_refusal();
    }
    if facts.headers_only {
        strip_body(&mut response, is_head);
    }
    let headers = response.headers_mut();
    headers.insert(VERSION, HeaderValue::from_static(facts.version.as_str()));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    if let Some(instant) = facts.consistent_through
        && let Ok(value) = HeaderValue::try_from(instant.to_string())
    {
        headers.insert(CONSISTENT_THROUGH, value);
    }
    cors::permit_any_origin(headers);
    response.extensions_mut().insert(RouteName(route.path));
    response
}

/// The name of a request: the server's, else a new one.
pub(crate) fn request_id_of(shared: &Shared, request: &Request<Body>) -> String {
    let known = request.extensions().get::<RequestId>();
    known.map_or_else(|| shared.state.ids.uuid().to_string(), |RequestId(id)| id.clone())
}

async fn respond(
    shared: &Arc<Shared>,
    route: &'static Route,
    request: Request<Body>,
    facts: &mut Facts,
) -> Result<Response<Body>, ApiError> {
    let (parts, body) = request.into_parts();
    facts.version = require_version(&parts.headers).unwrap_or(facts.version);
    if parts.method == Method::OPTIONS {
        return Ok(cors::answer_preflight(route, &parts.headers));
    }
    let peer = parts.extensions.get::<Peer>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0);
    let sent = read_request(shared, parts, body).await?;
    let is_get = matches!(sent.method, Method::GET | Method::HEAD);
    facts.headers_only |= sent.method == Method::HEAD;
    if !(is_get || route.methods.contains(&sent.method)) {
        return Err(method_not_allowed(route, &sent.method));
    }
    if route.resource == Resource::About {
        sent.parameters.expect_none("Communication 2.8")?;
        return Ok(about());
    }
    let grant = authorize(&shared.access, &sent.headers, peer).await?;
    let client = sent.headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    grant.use_of_key.note_request(shared.state.clock.now(), client);
    facts.use_of_key = Some(Arc::clone(&grant.use_of_key));
    facts.key = Some((grant.key.clone(), Arc::clone(&grant.store)));
    if route.resource == Resource::Statements && is_get {
        // Before the question is asked of the store, so that it holds for the answer (Communication 2.1.3).
        facts.consistent_through = Some(grant.store.consistent_through().await?);
    }
    let version = require_version(&sent.headers)?;
    facts.version = version;
    grant.permit(operation_of(route.resource, is_get))?;
    let Sent { method, parameters, headers, body } = sent;
    let call = Call { shared: Arc::clone(shared), grant, version, parameters, headers };
    dispatch(route.resource, &method, call, body).await
}

async fn read_request(shared: &Shared, parts: Parts, body: Body) -> Result<Sent, ApiError> {
    let parameters = Parameters::parse(parts.uri.query().unwrap_or_default())?;
    let Parts { method, headers, .. } = parts;
    let sent = Sent { method, parameters, headers, body };
    if sent.method == Method::POST && sent.parameters.get("method").is_some() {
        let held = shared.body_memory.hold(Trust::Nobody);
        return alternate::unfold(sent, shared.settings().statements_bytes_max, held).await;
    }
    Ok(sent)
}

async fn dispatch(resource: Resource, method: &Method, call: Call, body: Body) -> Result<Response<Body>, ApiError> {
    match (resource, method) {
        (Resource::Statements, &Method::PUT) => statements_write::put_statement(call, body).await,
        (Resource::Statements, &Method::POST) => statements_write::post_statements(call, body).await,
        (Resource::Statements, _) => statements_read::get_statements(call).await,
        (Resource::Agents, _) => people::get_agents(call).await,
        (Resource::Activities, _) => people::get_activities(call).await,
        (Resource::About, _) => Ok(about()),
        (Resource::State | Resource::ActivityProfile | Resource::AgentProfile, method) => match *method {
            Method::PUT => documents::put_document(resource, call, body).await,
            Method::POST => documents::post_document(resource, call, body).await,
            Method::DELETE => documents::delete_document(resource, call).await,
            _ => documents::get_document(resource, call).await,
        },
    }
}

fn operation_of(resource: Resource, is_get: bool) -> Operation {
    match (resource, is_get) {
        (Resource::Statements, false) => Operation::WriteStatements,
        (Resource::Statements, true) => Operation::ReadStatements,
        (Resource::State, false) => Operation::WriteState,
        (Resource::State, true) => Operation::ReadState,
        (Resource::ActivityProfile | Resource::AgentProfile, false) => Operation::WriteProfile,
        (Resource::ActivityProfile | Resource::AgentProfile, true) => Operation::ReadProfile,
        (Resource::Activities, _) => Operation::ReadActivities,
        (Resource::Agents | Resource::About, _) => Operation::ReadAgents,
    }
}

/// Every resource but About asks for the header (Communication 3.3).
fn require_version(headers: &HeaderMap) -> Result<Version, ApiError> {
    let Some(header) = headers.get(VERSION) else {
        return Err(ApiError::new(StatusCode::BAD_REQUEST, HttpProblem::MissingVersion));
    };
    header
        .to_str()
        .ok()
        .and_then(Version::parse_header)
        .ok_or_else(|| ApiError::new(StatusCode::BAD_REQUEST, HttpProblem::UnsupportedVersion))
}

fn method_not_allowed(route: &Route, method: &Method) -> ApiError {
    let allow = route.allow();
    let (path, method) = (route.path.to_string(), method.to_string());
    let problem = HttpProblem::MethodNotAllowed { path, method, allow: Some(allow.clone()) };
    let mut error = ApiError::new(StatusCode::METHOD_NOT_ALLOWED, problem);
    error.headers.extend(HeaderValue::try_from(allow).map(|value| (ALLOW, value)).ok());
    error
}

/// HEAD is GET without a body (Communication 1.1); the length is that of the body which does not follow.
fn strip_body(response: &mut Response<Body>, is_head: bool) {
    let length = response.body().size_hint().exact();
    *response.body_mut() = Body::empty();
    response.extensions_mut().insert(HeadersOnly);
    if let Some(length) = length.filter(|_| is_head) {
        response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
}
