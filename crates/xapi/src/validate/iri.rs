//! IRIs, IRLs and URIs (Data 4.3, RFC 3987). An IRL is an IRI that leads to something; nobody can tell from its text.

use iri_string::types::{IriStr, UriStr};

use crate::Json;

use super::report::{At, Report};

pub(super) fn check_iri(json: &Json<'_>, at: &At<'_>, report: &mut Report) {
    if !json.as_str().is_some_and(is_iri) {
        report.refuse(at, "an absolute IRI", json);
    }
}

pub(super) fn check_irl(json: &Json<'_>, at: &At<'_>, report: &mut Report) {
    if !json.as_str().is_some_and(is_iri) {
        report.refuse(at, "an IRL (an absolute IRI)", json);
    }
}

pub(super) fn check_uri(json: &Json<'_>, at: &At<'_>, report: &mut Report) {
    if json.as_str().is_none_or(|text| UriStr::new(text).is_err()) {
        report.refuse(at, "an absolute URI", json);
    }
}

/// Whether a text is an IRI with a scheme.
pub(crate) fn is_iri(text: &str) -> bool {
    is_plain_url(text) || IriStr::new(text).is_ok()
}

/// The common case, decided without a full parser: `http(s)://`, a host name of letters, and an ASCII path and query without
/// escapes. Everything that fails here may still be an IRI.
fn is_plain_url(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://")) else { return false };
    let host_len = rest.bytes().position(|byte| !(byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-'));
    let path = &rest.as_bytes()[host_len.unwrap_or(rest.len())..];
    let is_path_byte = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/".contains(byte);
    path.first().is_none_or(|&byte| byte == b'/') && path.iter().all(is_path_byte)
}
