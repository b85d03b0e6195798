//! Tells the flight recorder about requests that were refused. An accepted request pays for a few reference counts.

use std::sync::Arc;

use axum::body::Body;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, StatusCode, Uri};
use lrs_core::{FlightRecorder, Refused};
use lrs_store::{KeyId, Store};
use xapi::Version;

use crate::authorization::read_basic;
use crate::error::ApiError;
use crate::state::Shared;

/// What has to be known of a request before it is answered, in case it is refused.
pub(crate) struct Witness {
    recorder: FlightRecorder,
    method: Method,
    uri: Uri,
    content_type: Option<HeaderValue>,
    authorization: Option<HeaderValue>,
}

impl Witness {
    /// Looks at a request; `None` without a recorder.
    pub(crate) fn of(shared: &Shared, request: &Request<Body>) -> Option<Self> {
        let recorder = shared.state.recorder.clone()?;
        let header = |name| request.headers().get(name).cloned();
        Some(Self {
            recorder,
            method: request.method().clone(),
            uri: request.uri().clone(),
            content_type: header(CONTENT_TYPE),
            authorization: header(AUTHORIZATION),
        })
    }

    /// Tells of a refusal. `key`: with what the request was let in, if it was. That nothing was found, or that the key is used too
    /// often, is no refusal that somebody could look into.
    pub(crate) fn tell(self, key: Option<(KeyId, Arc<dyn Store>)>, version: Version, error: &ApiError) {
        let is_told = error.status.is_client_error()
            && !matches!(error.status, StatusCode::NOT_FOUND | StatusCode::TOO_MANY_REQUESTS);
        if !is_told {
            return;
        }
        let text = |header: &HeaderValue| header.to_str().ok().map(str::to_owned);
        let Some((key, store)) = key else {
            let named = self.authorization.as_ref().and_then(|header| read_basic(header.to_str().ok()?));
            if let Some((key, _)) = named {
                self.recorder.offer_unproven(&key, error.status.as_u16(), error.said());
            }
            return;
        };
        let refused = Refused {
            key,
            method: self.method.to_string(),
            path: self.uri.path_and_query().map_or_else(|| self.uri.path().to_owned(), ToString::to_string),
            version: version.as_str().to_owned(),
            content_type: self.content_type.as_ref().and_then(text).unwrap_or_default(),
            status: error.status.as_u16(),
            said: error.said(),
            violations: error.violations.clone(),
            body: error.body.as_deref().cloned(),
        };
        self.recorder.offer(&store, refused);
    }
}
