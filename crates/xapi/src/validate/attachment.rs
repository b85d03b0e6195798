//! Attachments as a statement describes them (Data 2.4.11).

use crate::Json;

use super::iri::{check_iri, check_irl};
use super::language::check_language_map;
use super::report::{At, Report};
use super::shape::{Shape, check_elements};

const CLAUSE: &str = "Data 2.4.11";

const ATTACHMENT: Shape = Shape {
    what: "an Attachment",
    clause: CLAUSE,
    required: &[
        ("usageType", "the IRI of the usage type"),
        ("display", "a language map"),
        ("contentType", "an Internet media type"),
        ("length", "the number of bytes"),
        ("sha2", "the SHA-2 of the bytes"),
    ],
    properties: &[
        ("usageType", CLAUSE, check_iri),
        ("display", CLAUSE, check_language_map),
        ("description", CLAUSE, check_language_map),
        ("contentType", CLAUSE, check_content_type),
        ("length", CLAUSE, check_length),
        ("sha2", CLAUSE, check_sha2),
        ("fileUrl", CLAUSE, check_irl),
    ],
};

pub(super) fn check_attachments(json: &Json<'_>, at: &At<'_>, report: &mut Report) {
    check_elements("Attachments", |json, at, report| _ = ATTACHMENT.check(json, at, report), json, at, report);
}

/// `type/subtype`, with or without parameters (RFC 2046).
fn check_content_type(json: &Json<'_>, at: &At<'_>, report: &mut Report) {
    let is_token_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let is_token = |text: &str| !text.is_empty() && text.bytes().all(is_token_byte);
    let is_media_type = |text: &str| {
        let essence = text.split(';').next().unwrap_or_default().trim();
        essence.split_once('/').is_some_and(|(kind, subtype)| is_token(kind) && is_token(subtype))
            && text.bytes().all(|byte| (b' '..0x7f).contains(&byte))
    };
    if !json.as_str().is_some_and(is_media_type) {
        report.refuse(at, "an Internet media type such as \"text/plain\"", json);
    }
}

fn check_length(json: &Json<'_>, at: &At<'_>, report: &mut Report) {
    if !json.as_f64().is_some_and(|length| length >= 0.0 && length.fract() == 0.0) {
        report.refuse(at, "a number of bytes (a whole number from 0)", json);
    }
}

fn check_sha2(json: &Json<'_>, at: &At<'_>, report: &mut Report) {
    let is_sha2 = |text: &str| matches!(text.len(), 56 | 64 | 96 | 128) && text.bytes().all(|b| b.is_ascii_hexdigit());
    if !json.as_str().is_some_and(is_sha2) {
        report.refuse(at, "a SHA-2 of 56, 64, 96 or 128 hexadecimal digits", json);
    }
}
