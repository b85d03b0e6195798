//! Why the interface itself refuses a request, whatever the request is about.

use std::fmt::{self, Display, Formatter};

use serde::Serialize;
use utoipa::ToSchema;

/// Why the interface refuses a request: a code with its values. [`Display`] is the sentence in English, and what to do.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(tag = "code", content = "values", rename_all = "snake_case")]
pub enum HttpProblem {
    /// Another site asks in a browser's name.
    CrossSiteRequest,
    /// A body that ended before its end.
    IncompleteBody {
        /// What the connection says.
        error: String,
    },
    /// A path with other methods.
    MethodNotAllowed {
        /// Which.
        path: String,
        /// What was asked.
        method: String,
        /// What it answers.
        allow: Option<String>,
    },
    /// Figures that are not for everyone.
    MetricsHidden,
    /// Nobody said who asks.
    MissingCredentials,
    /// A session without what only its own page knows.
    MissingCsrfToken,
    /// No version of xAPI.
    MissingVersion,
    /// xAPI 2.0 has none.
    NoAlternateSyntax,
    /// A document that is not there.
    NoSuchDocument,
    /// A path that nothing is at.
    NoSuchRoute {
        /// Which.
        path: String,
    },
    /// A statement that is not there, or not for this key.
    NoSuchStatement {
        /// Its id.
        id: String,
        /// Whether a voided one was asked for.
        voided: bool,
    },
    /// A body that says that it is something else.
    NotJson,
    /// A handler that took too long.
    RequestTimedOut {
        /// So long.
        seconds: f32,
    },
    /// A body that is larger than anything may be.
    RequestTooLarge {
        /// So large it may be.
        max_bytes: u64,
    },
    /// A body that came too slowly.
    RequestTooSlow {
        /// In so long a time.
        seconds: f32,
    },
    /// No memory for a body.
    TooManyBodies,
    /// No room for another stream of events.
    TooManyStreams {
        /// So many there are.
        max: usize,
    },
    /// A version of xAPI that is not served.
    UnsupportedVersion,
}

impl Display for HttpProblem {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CrossSiteRequest => "Another site sent this request in your browser's name. Nothing was changed.",
            Self::IncompleteBody { error } => {
                return write!(f, "The request's body did not arrive whole: {error}. Nothing was changed.");
            }
            Self::MethodNotAllowed { path, method, allow: Some(allow) } => {
                return write!(f, "{path} does not know {method}. It answers {allow}.");
            }
            Self::MethodNotAllowed { path, method, allow: None } => {
                return write!(f, "{path} does not know {method}. See /openapi.json.");
            }
            Self::MetricsHidden => "The metrics are not shown to you: see the setting `metrics_access`.",
            Self::MissingCredentials => "Send the key and its secret by HTTP Basic authentication.",
            Self::MissingCsrfToken => {
                "Send the session's csrf_token (GET /api/v1/session) as X-CSRF-Token with every request that changes \
                 something."
            }
            Self::MissingVersion => {
                "The header X-Experience-API-Version is missing. Send 1.0.3 or 2.0.0, the version your client was made \
                 for."
            }
            Self::NoAlternateSyntax => {
                "xAPI 2.0 has no alternate request syntax (?method=). Send the method and the headers themselves."
            }
            Self::NoSuchDocument => "There is no such document. Check its id, and who and what it belongs to.",
            Self::NoSuchRoute { path } => {
                return write!(
                    f,
                    "There is nothing at {path}. The xAPI resources are below /xapi, such as /xapi/statements."
                );
            }
            Self::NoSuchStatement { id, voided } => {
                let kind = if *voided { "voided statement" } else { "statement" };
                return write!(f, "There is no {kind} {id} that this key may read.");
            }
            Self::NotJson => "Send JSON with Content-Type: application/json.",
            Self::RequestTimedOut { seconds } => {
                return write!(
                    f,
                    "The server did not finish within {seconds} s. Whether it did what was asked is unknown: ask before \
                     you repeat it."
                );
            }
            Self::RequestTooLarge { max_bytes } => {
                return write!(f, "The request's body is larger than {max_bytes} bytes.");
            }
            Self::RequestTooSlow { seconds } => {
                return write!(f, "The request's body brought too little in {seconds} s.");
            }
            Self::TooManyBodies => {
                "The server has no memory for this body now: it is busy with those of other requests. Nothing was \
                 changed; try again later, or send less at a time."
            }
            Self::TooManyStreams { max } => {
                return write!(f, "{max} live views are open already. Close one, or try again later.");
            }
            Self::UnsupportedVersion => {
                "This version of xAPI is not served. Send X-Experience-API-Version: 1.0.3 or 2.0.0."
            }
        })
    }
}
