//! Extractors of what [`guard`](super::guard) found out.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::request::Parts;
use lrs_core::{AdministrationError, Caller, LrsAccess};

use crate::error::ApiError;

/// The caller; on every route that needs more than [`Needs::Nothing`](super::Needs::Nothing).
pub(crate) struct Signed(pub(crate) Arc<Caller>);

impl<S: Sync> FromRequestParts<S> for Signed {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let caller = parts.extensions.get::<Arc<Caller>>();
        caller.cloned().map(Self).ok_or_else(|| AdministrationError::NotSignedIn.into())
    }
}

/// What the caller may do in the LRS of the path; on every route that needs [`Needs::Lrs`](super::Needs::Lrs).
pub(crate) struct InLrs(pub(crate) LrsAccess);

impl<S: Sync> FromRequestParts<S> for InLrs {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let access = parts.extensions.get::<LrsAccess>();
        access.cloned().map(Self).ok_or_else(|| AdministrationError::Missing("LRS").into())
    }
}
