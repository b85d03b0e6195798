//! The alternate request syntax of 1.0.3 (Communication 1.3): everything in the form of a POST, for clients that
//! cannot set methods or headers (old browsers, `sendBeacon` on page unload). 2.0 has none.

use axum::body::Body;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use lrs_core::Limit;
use xapi::{Parameters, Version, Violation};

use crate::answer::{Sent, VERSION};
use crate::body::read_body;
use crate::body_memory::HeldMemory;
use crate::error::ApiError;
use crate::http_problem::HttpProblem;

const RULE: &str = "Communication 1.3";

/// Form fields that are headers; the rest are parameters and `content`.
const HEADER_FIELDS: [&str; 8] = [
    "authorization",
    "x-experience-api-version",
    "content-type",
    "content-length",
    "if-match",
    "if-none-match",
    "accept-language",
    "accept",
];

/// The form may be three times as long as what it holds: every byte can be escaped.
const ESCAPED_LENGTH_MAX: usize = 3;

/// Turns the POST with `?method=` into the request that is meant. `content_bytes_max` bounds the
/// content, and `held` pays for the form.
pub(crate) async fn unfold(sent: Sent, content_bytes_max: usize, mut held: HeldMemory) -> Result<Sent, ApiError> {
    let Sent { parameters, headers: outer, body, .. } = sent;
    let outer_version = outer.get(VERSION).and_then(|value| Version::parse_header(value.to_str().ok()?));
    if outer_version == Some(Version::V2_0_0) {
        return Err(not_in_v2());
    }
    let method = read_method(&parameters)?;
    let is_form = |value: &HeaderValue| {
        let essence =
            value.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        // Beacons are sent as text, since that needs no question across origins.
        essence == "application/x-www-form-urlencoded" || essence == "text/plain"
    };
    if !outer.get(CONTENT_TYPE).is_none_or(is_form) {
        let expected = "application/x-www-form-urlencoded (or text/plain)";
        return Err(Violation::new("Content-Type", RULE, expected, "another media type").into());
    }
    let bytes_max = content_bytes_max.saturating_mul(ESCAPED_LENGTH_MAX);
    let form = read_body(&outer, body, bytes_max, Limit::BytesOfForm, &mut held).await?;
    let text =
        std::str::from_utf8(&form).map_err(|_| Violation::new("body", RULE, "a form in UTF-8", "other bytes"))?;
    let form = Parameters::parse(text)?;
    let inner = unfold_form(method, form, &outer)?;
    if inner.headers.get(VERSION).and_then(|value| Version::parse_header(value.to_str().ok()?)) == Some(Version::V2_0_0)
    {
        return Err(not_in_v2());
    }
    Ok(inner)
}

/// `method` stands alone in the query.
fn read_method(parameters: &Parameters) -> Result<Method, ApiError> {
    if let Some((name, _)) = parameters.0.iter().find(|(name, _)| name != "method") {
        return Err(Violation::new(name, RULE, "only method in the query; the rest in the form", "a parameter").into());
    }
    match parameters.0.as_slice() {
        [(_, method)] => Method::from_bytes(method.as_bytes())
            .map_err(|_| Violation::quoting("method", RULE, "the name of a method, such as PUT", method).into()),
        _ => Err(Violation::new("method", RULE, "one method", "several").into()),
    }
}

fn unfold_form(method: Method, form: Parameters, outer: &HeaderMap) -> Result<Sent, ApiError> {
    // What describes the form does not describe its content.
    let mut headers: HeaderMap = outer
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "content-type" | "content-length" | "expect"))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let mut parameters = Parameters::default();
    let mut content = None;
    for (name, value) in form.0 {
        let lower = name.to_ascii_lowercase();
        if name == "content" {
            content = Some(value);
        } else if HEADER_FIELDS.contains(&lower.as_str()) {
            let parsed = HeaderName::try_from(lower).ok().zip(HeaderValue::try_from(&value).ok());
            let (header, value) =
                parsed.ok_or_else(|| Violation::new(&name, RULE, "a header's value", "other characters"))?;
            headers.insert(header, value);
        } else {
            parameters.0.push((name, value));
        }
    }
    headers.remove(http::header::CONTENT_LENGTH);
    let sends_content = matches!(method, Method::PUT | Method::POST);
    if sends_content && content.is_none() {
        return Err(Violation::new("content", RULE, "what is sent, in the form field content", "no such field").into());
    }
    if sends_content && !headers.contains_key(CONTENT_TYPE) {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    Ok(Sent { method, parameters, headers, body: Body::from(content.unwrap_or_default()) })
}

fn not_in_v2() -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, HttpProblem::NoAlternateSyntax)
}
