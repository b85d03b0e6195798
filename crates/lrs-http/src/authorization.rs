//! The `Authorization` header (HTTP Basic, RFC 7617; Communication 4.0).

use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::GeneralPurposeConfig;
use base64::engine::{DecodePaddingMode, GeneralPurpose};
use http::header::AUTHORIZATION;
use http::{HeaderMap, StatusCode};
use lrs_core::{Access, Grant, Refusal};
use lrs_store::KeyId;

use crate::error::ApiError;
use crate::http_problem::HttpProblem;
use crate::mapping::challenge;

/// Clients disagree about the padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Lets a request in, or says why not. `peer` is where it comes from.
pub(crate) async fn authorize(access: &Access, headers: &HeaderMap, peer: IpAddr) -> Result<Grant, ApiError> {
    let Some(header) = headers.get(AUTHORIZATION) else {
        return Err(challenge(ApiError::new(StatusCode::UNAUTHORIZED, HttpProblem::MissingCredentials)));
    };
    let Some((key, secret)) = header.to_str().ok().and_then(read_basic) else {
        return Err(access.refuse(Refusal::Unknown, peer).into());
    };
    Ok(access.authenticate(&key, &secret, peer).await?)
}

/// The key and the secret of a header.
pub(crate) fn read_basic(header: &str) -> Option<(KeyId, Vec<u8>)> {
    let (scheme, encoded) = header.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let mut decoded = BASE64.decode(encoded.trim()).ok()?;
    let colon = decoded.iter().position(|byte| *byte == b':')?;
    let secret = decoded.split_off(colon + 1);
    decoded.pop();
    Some((KeyId(String::from_utf8(decoded).ok()?), secret))
}
