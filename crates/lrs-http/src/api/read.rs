//! What requests bring: JSON bodies, query parameters, pages.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use lrs_core::{Limit, Rule};
use serde::de::DeserializeOwned;

use crate::body::read_body;
use crate::body_memory::Trust;
use crate::error::ApiError;
use crate::http_problem::HttpProblem;
use crate::state::Shared;

/// A group of 10,000 learners with long names.
const BODY_BYTES_MAX: usize = 4 << 20;

const PAGE_DEFAULT: usize = 50;
const PAGE_MAX: usize = 500;

/// A JSON body. It must say that it is JSON: a form on another site cannot.
pub(crate) struct Sent<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Arc<Shared>> for Sent<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request<Body>, shared: &Arc<Shared>) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let content_type = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/json") {
            return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, HttpProblem::NotJson));
        }
        let mut held = shared.body_memory.hold(Trust::Nobody);
        let bytes = read_body(&parts.headers, body, BODY_BYTES_MAX, Limit::BytesOfRequest, &mut held).await?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| Rule::AsAsked { error: error.to_string() }.into())
    }
}

/// Query parameters.
pub(crate) struct Asked<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = Query::<T>::try_from_uri(&parts.uri);
        query.map(|Query(asked)| Self(asked)).map_err(|error| Rule::AsAsked { error: error.body_text() }.into())
    }
}

/// How many things a list answers at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Page(pub(crate) usize);

impl Page {
    /// The parameter `limit`.
    pub(crate) fn of(limit: Option<usize>) -> Result<Self, ApiError> {
        match limit.unwrap_or(PAGE_DEFAULT) {
            limit @ 1..=PAGE_MAX => Ok(Self(limit)),
            _ => Err(Rule::ListLimit { max: PAGE_MAX }.into()),
        }
    }
}
