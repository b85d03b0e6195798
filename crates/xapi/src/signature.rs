//! Signed statements: the JWS attachment must say what the statement says (Data 2.6).

use crate::{Version, Violation};

/// The `usageType` of an attachment that is a signature.
pub const SIGNATURE_USAGE_TYPE: &str = "http://adlnet.gov/expapi/attachments/signature";

/// Checks a JWS compact serialisation (RS256, RS384 or RS512 only) against the statement it signs, given as sent. Without an `x5c` header
/// the signature cannot be verified and only the payload is compared; a certificate that does not verify is a violation.
pub fn verify_signature(statement: &[u8], jws: &[u8], version: Version) -> Result<(), Vec<Violation>> {
    let _ = (statement, jws, version);
    unimplemented!()
}
