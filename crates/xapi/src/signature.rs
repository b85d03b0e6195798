//! Signed statements: the JWS attachment must say what the statement says (Data 2.6, RFC 7515).
//!
//! Whom a certificate belongs to, and whether it is still valid, is for readers of the statement to decide: an LRS checks that
//! the signature is one of the certificate's key, and that what was signed is the statement.

mod jws;

use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};

use crate::equality::{normal_attachment, normal_member};
use crate::{ContentType, Json, Version, Violation};
use jws::Jws;

/// The `usageType` of an attachment that is a signature.
pub const SIGNATURE_USAGE_TYPE: &str = "http://adlnet.gov/expapi/attachments/signature";

const RULE: &str = "Data 2.6";

/// Checks a JWS compact serialisation (RS256, RS384 or RS512 only) against the statement it signs, given as sent, and the content
/// type of the attachment that names it. Without an `x5c` header the signature cannot be verified and only the payload is
/// compared; a certificate that does not verify is a violation. Both versions ask for the same.
///
/// The payload must be the statement as it was before the signature was attached. `id`, `timestamp` and `version` count when
/// the payload has them, `authority` when both have it; `stored` and signatures never do. The rest is compared as for
/// [`same_statement`](crate::same_statement). A signature that belongs to a sub-statement is left to its readers.
///
/// All violations point to the attachment.
pub fn verify_signature(statement: &[u8], jws: &[u8], _version: Version) -> Result<(), Vec<Violation>> {
    let statement = match Json::parse(statement) {
        Ok(statement) => statement,
        Err(error) => return Err(vec![Violation::new("", RULE, "a statement", error.to_string())]),
    };
    let Some((pointer, attachment)) = find_attachment(&statement, jws) else { return Ok(()) };

    let mut violations = Vec::new();
    let mut refuse = |expected: &str, found: &str| {
        violations.push(Violation::new(pointer.clone(), RULE, expected, found));
    };
    let content_type = attachment.get("contentType").and_then(Json::as_str).unwrap_or_default();
    if ContentType(content_type.to_owned()).essence() != "application/octet-stream" {
        refuse("the contentType application/octet-stream", &format!("\"{content_type}\""));
    }
    let jws = Jws::split(jws).map_err(|found| refuse("a JWS in compact serialization", &found)).ok();
    if let Some(jws) = jws {
        if let Err((expected, found)) = jws.verify() {
            refuse(expected, &found);
        }
        if let Err((expected, found)) = compare_payload(&statement, &jws.payload) {
            refuse(expected, &found);
        }
    }
    if violations.is_empty() { Ok(()) } else { Err(violations) }
}

/// The attachment that names these bytes, with its pointer; `None` when it belongs to a sub-statement. When no hash fits, which
/// is for others to report, the first signature counts.
fn find_attachment<'s, 'j>(statement: &'s Json<'j>, jws: &[u8]) -> Option<(String, &'s Json<'j>)> {
    let is_signature = |attachment: &&Json<'_>| is_signature(attachment);
    let digests = hex_digests(jws);
    let names_it = |attachment: &Json<'_>| {
        let sha2 = attachment.get("sha2").and_then(Json::as_str).unwrap_or_default();
        digests.iter().any(|digest| digest.eq_ignore_ascii_case(sha2))
    };
    let attachments = |parent: &'s Json<'j>| parent.get("attachments").and_then(Json::as_array).unwrap_or_default();
    let of_statement: Vec<_> =
        attachments(statement).iter().enumerate().filter(|(_, attachment)| is_signature(attachment)).collect();
    let fits = of_statement.iter().find(|(_, attachment)| names_it(attachment));
    let of_sub_statement = statement.get("object").map_or(&[][..], attachments);
    if fits.is_none() && of_sub_statement.iter().any(|attachment| is_signature(&attachment) && names_it(attachment)) {
        return None;
    }
    let (place, attachment) = fits.or(of_statement.first())?;
    Some((format!("/attachments/{place}"), attachment))
}

fn is_signature(attachment: &Json<'_>) -> bool {
    attachment.get("usageType").and_then(Json::as_str) == Some(SIGNATURE_USAGE_TYPE)
}

/// SHA-224, SHA-256, SHA-384 and SHA-512 in hexadecimal digits.
fn hex_digests(bytes: &[u8]) -> [String; 4] {
    let hex = |digest: &[u8]| digest.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(hex_digit).collect();
    [hex(&Sha224::digest(bytes)), hex(&Sha256::digest(bytes)), hex(&Sha384::digest(bytes)), hex(&Sha512::digest(bytes))]
}

fn hex_digit(value: u8) -> char {
    char::from_digit(value.into(), 16).expect("half a byte is one digit")
}

type Mismatch = (&'static str, String);

/// Whether the payload is the statement before it was signed.
fn compare_payload(statement: &Json<'_>, payload: &[u8]) -> Result<(), Mismatch> {
    const EXPECTED: &str = "a payload that is the statement as JSON";
    let payload = Json::parse(payload).map_err(|error| (EXPECTED, error.to_string()))?;
    let (Some(signed), Some(sent)) = (payload.as_object(), statement.as_object()) else {
        return Err((EXPECTED, format!("a payload that is no object: {}", payload.text())));
    };
    let mut different: Vec<&str> = signed.iter().map(|(name, _)| name.as_ref()).collect();
    different.extend(sent.iter().map(|(name, _)| name.as_ref()).filter(|name| payload.get(name).is_none()));
    different.retain(|name| !agree(name, payload.get(name), statement.get(name)));
    if different.is_empty() {
        Ok(())
    } else {
        Err((EXPECTED, format!("a payload that differs in {}", different.join(", "))))
    }
}

/// Whether a member that the payload or the statement has does not tell them apart.
fn agree(name: &str, signed: Option<&Json<'_>>, sent: Option<&Json<'_>>) -> bool {
    let text = |json: &Json<'_>| normal_member(name, json);
    match (name, signed, sent) {
        ("stored", ..) | ("id" | "timestamp" | "version" | "authority", None, _) | ("authority", _, None) => true,
        ("attachments", ..) => attachment_texts(signed) == attachment_texts(sent),
        (_, signed, sent) => signed.map(text) == sent.map(text),
    }
}

/// What attachments say, without signatures; no attachments and an empty list are the same.
fn attachment_texts(attachments: Option<&Json<'_>>) -> Vec<String> {
    let attachments = attachments.and_then(Json::as_array).unwrap_or_default();
    attachments.iter().filter(|attachment| !is_signature(attachment)).map(normal_attachment).collect()
}
