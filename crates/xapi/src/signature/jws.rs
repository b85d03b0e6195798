//! JSON Web Signatures in compact serialization (RFC 7515), with the algorithms that Data 2.6 permits (RFC 7518, section 3.3).

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use rsa::pkcs1v15::{Signature, VerifyingKey};
use rsa::signature::Verifier;
use rsa::{BigUint, RsaPublicKey};
use sha2::{Sha256, Sha384, Sha512};
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::public_key::PublicKey;

use super::Mismatch;
use crate::{Json, Violation};

/// RFC 7515 writes without padding, and so must a signature.
const BASE64URL: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_encode_padding(false).with_decode_padding_mode(DecodePaddingMode::RequireNone),
);
/// `x5c` is plain base64; signers differ in whether they pad it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The longest modulus whose signatures are verified; longer ones only cost time.
const MODULUS_BITS_MAX: usize = 8192;

/// A JWS that was taken apart.
pub(super) struct Jws<'a> {
    header: Vec<u8>,
    pub(super) payload: Vec<u8>,
    signature: Vec<u8>,
    /// What the signature is of: header and payload as they were encoded.
    signed: &'a [u8],
}

impl<'a> Jws<'a> {
    /// Takes three parts of base64url apart; an error says what is there instead.
    pub(super) fn split(jws: &'a [u8]) -> Result<Self, String> {
        let parts: Vec<_> = jws.split(|&byte| byte == b'.').collect();
        let [header, payload, signature] = parts[..] else {
            return Err(format!("{} parts instead of three joined by points", parts.len()));
        };
        let signed = &jws[..header.len() + 1 + payload.len()];
        let decode = |part: &[u8], name: &str| {
            BASE64URL
                .decode(part)
                .map_err(|_| format!("a {name} that is not base64url: {}", String::from_utf8_lossy(part)))
        };
        Ok(Self {
            header: decode(header, "header")?,
            payload: decode(payload, "payload")?,
            signature: decode(signature, "signature")?,
            signed,
        })
    }

    /// Checks the algorithm, and the signature if the header has a certificate.
    pub(super) fn verify(&self) -> Result<(), Mismatch> {
        let header = Json::parse(&self.header).map_err(|error| ("a JWS header that is JSON", error.to_string()))?;
        let algorithm = header.get("alg").and_then(Json::as_str).unwrap_or("none");
        if !matches!(algorithm, "RS256" | "RS384" | "RS512") {
            return Err(("a signature by RS256, RS384 or RS512", quote(algorithm)));
        }
        // What is critical and not understood must be rejected (RFC 7515, section 4.1.11); nothing of it is understood here.
        if let Some(critical) = header.get("crit") {
            return Err(("a JWS header without crit", critical.text().to_owned()));
        }
        let Some(chain) = header.get("x5c") else { return Ok(()) };
        let key = parse_first_key(chain)?;
        if verify(algorithm, key, self.signed, &self.signature) {
            Ok(())
        } else {
            Err(("a signature by the key of the certificate", "another signature".to_owned()))
        }
    }
}

fn verify(algorithm: &str, key: RsaPublicKey, signed: &[u8], signature: &[u8]) -> bool {
    let Ok(signature) = Signature::try_from(signature) else { return false };
    let verified = match algorithm {
        "RS256" => VerifyingKey::<Sha256>::new(key).verify(signed, &signature),
        "RS384" => VerifyingKey::<Sha384>::new(key).verify(signed, &signature),
        _ => VerifyingKey::<Sha512>::new(key).verify(signed, &signature),
    };
    verified.is_ok()
}

/// The key of the first certificate of an `x5c` header, which is the signer's (RFC 7515, section 4.1.6).
fn parse_first_key(chain: &Json<'_>) -> Result<RsaPublicKey, Mismatch> {
    const EXPECTED: &str = "an x5c that begins with an X.509 certificate of an RSA key";
    let first = chain.as_array().and_then(<[_]>::first).and_then(Json::as_str);
    let refuse = |found: &str| (EXPECTED, found.to_owned());
    let first = first.ok_or_else(|| refuse(chain.text()))?;
    let der = BASE64.decode(first).map_err(|_| refuse("what is not base64"))?;
    let (_, certificate) = X509Certificate::from_der(&der).map_err(|_| refuse("what is not a certificate"))?;
    let Ok(PublicKey::RSA(key)) = certificate.public_key().parsed() else {
        return Err(refuse("a certificate of another key"));
    };
    let (modulus, exponent) = (BigUint::from_bytes_be(key.modulus), BigUint::from_bytes_be(key.exponent));
    RsaPublicKey::new_with_max_size(modulus, exponent, MODULUS_BITS_MAX)
        .map_err(|_| refuse("a certificate of an unusable key"))
}

fn quote(text: &str) -> String {
    Violation::quoting("", "", "", text).found
}
