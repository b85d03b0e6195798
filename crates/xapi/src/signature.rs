//! Signed statements: the JWS attachment must say what the statement says (Data 2.6, RFC 7515).
//!
//! Whom a certificate belongs to, and whether it is still valid, is for readers of the statement to decide: an LRS checks that
//! the signature is one of the certificate's key, and that what was signed is the statement.

mod jws;

use crate::equality::{normal_attachment, normal_member};
use crate::{AttachmentRef, ContentType, Json, Violation};
use jws::Jws;

/// The `usageType` of an attachment that is a signature.
pub const SIGNATURE_USAGE_TYPE: &str = "http://adlnet.gov/expapi/attachments/signature";

const RULE: &str = "Data 2.6";

/// Checks a JWS compact serialisation (RS256, RS384 or RS512 only), given with the attachment that names it, against the
/// statement, given as sent. Without an `x5c` header the signature cannot be verified and only the payload is compared; a
/// certificate that does not verify is a violation. Both versions ask for the same.
///
/// The payload must be the statement as it was before the signature was attached. What an LRS sets or may change does not tell
/// them apart (Data 2.3.1 and 2.6): never `stored` and `authority`, and neither `id`, `timestamp` and `version` when the payload
/// has none. The rest is compared as for [`same_statement`](crate::same_statement), signatures aside.
///
/// A signature that is attached to a sub-statement signs that (Data 2.4.4.3: it is validated as a statement). The payload then
/// may have, of the statement that it once was, an `id` and a `version`, which a sub-statement cannot have.
///
/// # Errors
/// All violations; they point to the attachment.
pub fn verify_signature(statement: &[u8], attachment: &AttachmentRef, jws: &[u8]) -> Result<(), Vec<Violation>> {
    let mut violations = Vec::new();
    let mut refuse = |expected: &str, found: &str| {
        violations.push(Violation::new(attachment.pointer.clone(), RULE, expected, found));
    };
    if ContentType(attachment.content_type.clone()).essence() != "application/octet-stream" {
        refuse("the contentType application/octet-stream", &format!("\"{}\"", attachment.content_type));
    }
    match Jws::split(jws) {
        Err(found) => refuse("a JWS in compact serialization", &found),
        Ok(jws) => {
            if let Err((expected, found)) = jws.verify() {
                refuse(expected, &found);
            }
            if let Err((expected, found)) = compare_payload(statement, attachment, &jws.payload) {
                refuse(expected, &found);
            }
        }
    }
    if violations.is_empty() { Ok(()) } else { Err(violations) }
}

fn is_signature(attachment: &Json<'_>) -> bool {
    attachment.get("usageType").and_then(Json::as_str) == Some(SIGNATURE_USAGE_TYPE)
}

type Mismatch = (&'static str, String);

/// Whether the payload is what it signs, the statement or its sub-statement, before it was signed.
fn compare_payload(statement: &[u8], attachment: &AttachmentRef, payload: &[u8]) -> Result<(), Mismatch> {
    const EXPECTED: &str = "a payload that is the statement as JSON";
    let parse = |text| Json::parse(text).map_err(|error| (EXPECTED, error.to_string()));
    let (statement, payload) = (parse(statement)?, parse(payload)?);
    let in_sub_statement = attachment.pointer.starts_with("/object/");
    let sent = if in_sub_statement { statement.get("object") } else { Some(&statement) };
    let (Some(signed), Some(sent)) = (payload.as_object(), sent) else {
        return Err((EXPECTED, format!("a payload that is no object: {}", payload.text())));
    };
    let mut different: Vec<&str> = signed.iter().map(|(name, _)| name.as_ref()).collect();
    let sent_names = sent.as_object().unwrap_or_default().iter().map(|(name, _)| name.as_ref());
    different.extend(sent_names.filter(|name| payload.get(name).is_none()));
    different.retain(|name| {
        let lost = in_sub_statement && matches!(*name, "id" | "version");
        !lost && !agree(name, payload.get(name), sent.get(name))
    });
    if different.is_empty() {
        Ok(())
    } else {
        Err((EXPECTED, format!("a payload that differs in {}", different.join(", "))))
    }
}

/// Whether a member that the payload or the statement has does not tell them apart.
fn agree(name: &str, signed: Option<&Json<'_>>, sent: Option<&Json<'_>>) -> bool {
    let text = |json: &Json<'_>| normal_member(name, json);
    match (name, signed) {
        // Only a sub-statement has an objectType; the statement that it once was has none.
        ("stored" | "authority", _) | ("id" | "timestamp" | "version" | "objectType", None) => true,
        ("attachments", _) => attachment_texts(signed) == attachment_texts(sent),
        _ => signed.map(text) == sent.map(text),
    }
}

/// What attachments say, without signatures; no attachments and an empty list are the same.
fn attachment_texts(attachments: Option<&Json<'_>>) -> Vec<String> {
    let attachments = attachments.and_then(Json::as_array).unwrap_or_default();
    attachments.iter().filter(|attachment| !is_signature(attachment)).map(normal_attachment).collect()
}
