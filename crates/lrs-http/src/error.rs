//! Errors as clients see them: one envelope everywhere, with a status, a code for programs and a message that says what to do.

use std::fmt::{self, Display, Formatter};

use axum::body::Body;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderValue, Response, StatusCode};
use lrs_core::{Problem, Said};
use serde::Serialize;
use utoipa::ToSchema;
use xapi::Violation;

use crate::http_problem::HttpProblem;

/// Why a request was refused, ready to be rendered.
#[derive(Debug, Clone, PartialEq)]
pub struct ApiError {
    /// HTTP status.
    pub status: StatusCode,
    /// What went wrong and what to do.
    pub problem: Box<AnyProblem>,
    /// Every broken rule, when the input was wrong.
    pub violations: Vec<Violation>,
    /// Headers that belong to this answer, such as `Retry-After`.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body that was refused, for the flight recorder; never answered.
    pub body: Option<Box<Bytes>>,
}

/// The body of every answer that reports an error.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorEnvelope {
    /// The error.
    pub error: ErrorBody,
}

/// What an error answer says.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorBody {
    /// The HTTP status again.
    pub status: u16,
    /// Stable name for programs, and what the message is filled in with.
    #[serde(flatten)]
    pub problem: AnyProblem,
    /// What went wrong and what to do.
    pub message: String,
    /// Every broken rule: `index` in the batch, JSON `pointer`, `rule` with its clause, `expected`, `found`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Object>)]
    pub violations: Vec<Violation>,
    /// The request's name in the server's log.
    pub request_id: String,
}

/// Why a request was refused, whichever layer refused it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum AnyProblem {
    /// The use cases.
    Core(Problem),
    /// The interface.
    Http(HttpProblem),
}

impl From<Problem> for AnyProblem {
    fn from(problem: Problem) -> Self {
        Self::Core(problem)
    }
}

impl From<HttpProblem> for AnyProblem {
    fn from(problem: HttpProblem) -> Self {
        Self::Http(problem)
    }
}

impl Display for AnyProblem {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Core(problem) => problem.fmt(f),
            Self::Http(problem) => problem.fmt(f),
        }
    }
}

impl ApiError {
    /// An error without violations and headers.
    #[must_use]
    pub fn new(status: StatusCode, problem: impl Into<AnyProblem>) -> Self {
        let problem = Box::new(problem.into());
        Self { status, problem, violations: Vec::new(), headers: Vec::new(), body: None }
    }

    /// What it says.
    #[must_use]
    pub fn said(&self) -> Said {
        Said::of(&*self.problem)
    }

    /// The same with the body that was refused.
    #[must_use]
    pub fn with_body(self, body: Bytes) -> Self {
        Self { body: Some(Box::new(body)), ..self }
    }

    /// The answer. `request_id` lets an operator find the request in the log.
    ///
    /// # Panics
    /// Never: the envelope is made of texts and numbers.
    #[must_use]
    pub fn into_response(self, request_id: &str) -> Response<Body> {
        let envelope = ErrorEnvelope {
            error: ErrorBody {
                status: self.status.as_u16(),
                message: self.problem.to_string(),
                problem: *self.problem,
                violations: self.violations,
                request_id: request_id.to_owned(),
            },
        };
        let body = serde_json::to_vec(&envelope).expect("texts and numbers become JSON");
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in self.headers {
            response.headers_mut().append(name, value);
        }
        response
    }
}
