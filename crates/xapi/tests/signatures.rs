//! Signed statements (Data 2.6): which signatures an LRS takes, and what they must sign.
//!
//! `fixtures/signature` has RSA keys that were made for these tests alone, each with a self-signed certificate, and a
//! certificate of an elliptic-curve key.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use proptest::prelude::*;
use rsa::RsaPrivateKey;
use rsa::pkcs1v15::SigningKey;
use rsa::pkcs8::DecodePrivateKey;
use rsa::signature::{SignatureEncoding, Signer};
use serde_json::{Value, json};
use sha2::{Digest, Sha256, Sha384, Sha512};
use xapi::{AttachmentRef, SIGNATURE_USAGE_TYPE, Version, parse_statements, verify_signature};

const KEY_2048: &[u8] = include_bytes!("fixtures/signature/rsa2048.key.der");
const KEY_1024: &[u8] = include_bytes!("fixtures/signature/rsa1024.key.der");
const CERTIFICATE_2048: &[u8] = include_bytes!("fixtures/signature/rsa2048.crt.der");
const CERTIFICATE_1024: &[u8] = include_bytes!("fixtures/signature/rsa1024.crt.der");
const CERTIFICATE_EC: &[u8] = include_bytes!("fixtures/signature/ec.crt.der");

fn statement() -> Value {
    json!({
        "id": "6690e6c9-3ef0-4ed3-8b37-7f3964730bee",
        "actor": {"mbox": "mailto:ana@example.org", "name": "Ana"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/passed", "display": {"en": "passed"}},
        "object": {"id": "http://example.org/activity", "definition": {"name": {"en": "An activity"}}},
        "result": {"duration": "P1DT12H36M0.12S", "score": {"raw": 1.5}},
        "timestamp": "2026-11-24T16:00:00.000Z",
    })
}

fn sign(key: &[u8], header: &Value, payload: &[u8]) -> Vec<u8> {
    let key = RsaPrivateKey::from_pkcs8_der(key).expect("a fixture");
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(payload));
    let signature = match header["alg"].as_str() {
        Some("RS384") => SigningKey::<Sha384>::new(key).sign(signed.as_bytes()).to_vec(),
        Some("RS512") => SigningKey::<Sha512>::new(key).sign(signed.as_bytes()).to_vec(),
        _ => SigningKey::<Sha256>::new(key).sign(signed.as_bytes()).to_vec(),
    };
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)).into_bytes()
}

fn sha256(bytes: &[u8]) -> String {
    use std::fmt::Write;
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a text takes everything");
        text
    })
}

fn attachment(usage_type: &str, content_type: &str, bytes: &[u8]) -> Value {
    json!({
        "usageType": usage_type, "display": {"en": "An attachment"}, "contentType": content_type,
        "length": bytes.len(), "sha2": sha256(bytes),
    })
}

fn signature_attachment(jws: &[u8]) -> Value {
    attachment(SIGNATURE_USAGE_TYPE, "application/octet-stream", jws)
}

/// Adds a signature to a statement as its last attachment.
fn attach(mut statement: Value, attachment: Value) -> Value {
    match statement["attachments"].as_array_mut() {
        Some(attachments) => attachments.push(attachment),
        None => statement["attachments"] = json!([attachment]),
    }
    statement
}

/// Verifies every signature of the statement that has these bytes. `Ok`, or what was found and where.
fn verify(statement: &Value, jws: &[u8]) -> Result<(), Vec<(String, String)>> {
    let text = statement.to_string().into_bytes();
    let (statements, _) = parse_statements(&text, Version::V2_0_0).expect("a valid statement");
    let sha2 = sha256(jws);
    let signatures =
        statements[0].attachments.iter().filter(|it| it.usage_type == SIGNATURE_USAGE_TYPE && it.sha2 == sha2);
    let verified: Vec<_> = signatures.map(|attachment| verify_signature(&text, attachment, jws)).collect();
    assert!(!verified.is_empty(), "the statement names the signature");
    let violations: Vec<_> = verified.into_iter().filter_map(Result::err).flatten().collect();
    assert!(violations.iter().all(|violation| violation.rule == "Data 2.6" && violation.index.is_none()));
    if violations.is_empty() {
        return Ok(());
    }
    Err(violations.into_iter().map(|violation| (violation.pointer, violation.found)).collect())
}

/// Checks a signature of `statement()` with this header, key and payload.
fn check(name: &str, header: &Value, key: &[u8], payload: &[u8], expected: Result<(), &str>) {
    let jws = sign(key, header, payload);
    check_jws(name, &statement(), &jws, expected);
}

/// `expected` is part of what the only violation says was found.
fn check_jws(name: &str, statement: &Value, jws: &[u8], expected: Result<(), &str>) {
    let verified = verify(&attach(statement.clone(), signature_attachment(jws)), jws);
    match (expected, &verified) {
        (Ok(()), Ok(())) => {}
        (Err(expected), Err(found)) => {
            let [(pointer, found)] = &found[..] else { panic!("{name}: not one violation: {verified:?}") };
            assert_eq!(pointer, "/attachments/0", "{name}");
            assert!(found.contains(expected), "{name}: {found}");
        }
        _ => panic!("{name}: expected {expected:?}, found {verified:?}"),
    }
}

fn x5c(certificate: &[u8]) -> Value {
    json!([STANDARD.encode(certificate)])
}

#[test]
fn only_rsa_with_sha_2_signs() {
    let payload = statement().to_string().into_bytes();
    for algorithm in ["RS256", "RS384", "RS512"] {
        check(algorithm, &json!({ "alg": algorithm }), KEY_2048, &payload, Ok(()));
        let header = json!({"alg": algorithm, "x5c": x5c(CERTIFICATE_2048)});
        check(&format!("{algorithm} with x5c"), &header, KEY_2048, &payload, Ok(()));
        let header = json!({"alg": algorithm, "x5c": x5c(CERTIFICATE_1024)});
        check(&format!("{algorithm} with x5c of 1024 bits"), &header, KEY_1024, &payload, Ok(()));
    }
    for algorithm in ["none", "HS256", "ES256", "PS256", "RS1", "rs256", ""] {
        check(algorithm, &json!({ "alg": algorithm }), KEY_2048, &payload, Err(&format!("\"{algorithm}\"")));
    }
    check("no algorithm", &json!({"typ": "JWT"}), KEY_2048, &payload, Err("\"none\""));
    check("an algorithm that is no text", &json!({"alg": 256}), KEY_2048, &payload, Err("\"none\""));
    check("critical headers", &json!({"alg": "RS256", "crit": ["exp"]}), KEY_2048, &payload, Err("[\"exp\"]"));
    check("other headers", &json!({"alg": "RS256", "typ": "JWT", "kid": "1"}), KEY_2048, &payload, Ok(()));
}

#[test]
fn the_first_certificate_verifies() {
    let payload = statement().to_string().into_bytes();
    let header = |x5c: Value| json!({"alg": "RS256", "x5c": x5c});
    let both = json!([STANDARD.encode(CERTIFICATE_2048), STANDARD.encode(CERTIFICATE_1024)]);
    check("a chain", &header(both), KEY_2048, &payload, Ok(()));
    let unpadded = json!([STANDARD.encode(CERTIFICATE_2048).trim_end_matches('=')]);
    check("base64 without padding", &header(unpadded), KEY_2048, &payload, Ok(()));
    check("another key", &header(x5c(CERTIFICATE_1024)), KEY_2048, &payload, Err("another signature"));
    check("another kind of key", &header(x5c(CERTIFICATE_EC)), KEY_2048, &payload, Err("a certificate of another key"));
    check("an empty chain", &header(json!([])), KEY_2048, &payload, Err("[]"));
    check("a chain that is no array", &header(json!("abc")), KEY_2048, &payload, Err("\"abc\""));
    check("a chain of numbers", &header(json!([1])), KEY_2048, &payload, Err("[1]"));
    check("not base64", &header(json!(["-!-"])), KEY_2048, &payload, Err("not base64"));
    check("not a certificate", &header(x5c(b"abc")), KEY_2048, &payload, Err("not a certificate"));
    check("half a certificate", &header(x5c(&CERTIFICATE_2048[..300])), KEY_2048, &payload, Err("not a certificate"));
    check("no certificate", &header(json!(null)), KEY_2048, &payload, Err("null"));

    let jws = sign(KEY_2048, &header(x5c(CERTIFICATE_2048)), &payload);
    let as_text = String::from_utf8(jws).expect("ASCII");
    let (signed, signature) = as_text.rsplit_once('.').expect("three parts");
    let first = if signature.starts_with('A') { "B" } else { "A" };
    for (name, signature) in [
        ("a changed signature", format!("{first}{}", &signature[1..])),
        ("a short one", "AAAA".to_owned()),
        ("none", String::new()),
    ] {
        check_jws(name, &statement(), format!("{signed}.{signature}").as_bytes(), Err("another signature"));
    }
}

#[test]
fn a_jws_has_three_parts_of_base64url() {
    let jws = sign(KEY_2048, &json!({"alg": "RS256"}), statement().to_string().as_bytes());
    let jws = String::from_utf8(jws).expect("ASCII");
    let parts: Vec<_> = jws.split('.').collect();
    let (header, payload, signature) = (parts[0], parts[1], parts[2]);
    for (name, broken, expected) in [
        ("nothing", String::new(), "1 parts"),
        ("two parts", format!("{header}.{payload}"), "2 parts"),
        ("four parts", format!("{jws}.{signature}"), "4 parts"),
        ("JSON serialization", format!("{{\"payload\":\"{payload}\"}}"), "1 parts"),
        ("header with padding", format!("{header}=.{payload}.{signature}"), "a header that is not base64url"),
        ("header of other characters", format!("{header}!.{payload}.{signature}"), "a header that is not base64url"),
        ("payload of other characters", format!("{header}.{payload}+.{signature}"), "a payload that is not base64url"),
        (
            "signature of other characters",
            format!("{header}.{payload}.{signature}/"),
            "a signature that is not base64url",
        ),
        ("a line break at the end", format!("{jws}\n"), "a signature that is not base64url"),
        ("header that is no JSON", format!("{}.{payload}.{signature}", URL_SAFE_NO_PAD.encode("alg")), "line 1"),
        ("header that is no object", format!("{}.{payload}.{signature}", URL_SAFE_NO_PAD.encode("[]")), "\"none\""),
    ] {
        check_jws(name, &statement(), broken.as_bytes(), Err(expected));
    }
    check_jws("bytes that are no text", &statement(), b"\xff.\xff.\xff", Err("a header that is not base64url"));
}

/// The payload is the statement, changed as the table says, while the statement sent is `statement()`.
#[test]
fn the_payload_is_the_statement() {
    let without = |name: &str| {
        let mut payload = statement();
        payload.as_object_mut().expect("an object").shift_remove(name);
        payload
    };
    let with = |pointer: &str, value: Value| {
        let mut payload = statement();
        *payload.pointer_mut(pointer).expect("a member") = value;
        payload
    };
    let plus = |name: &str, value: Value| {
        let mut payload = statement();
        payload[name] = value;
        payload
    };
    let duration = |text: &str| with("/result/duration", json!(text));
    let authority = json!({"mbox": "mailto:lrs@example.org"});
    for (name, payload, expected) in [
        ("the same", statement(), Ok(())),
        ("2.0 4.2.7: a duration of more precision", duration("P1DT12H36M0.1237S"), Ok(())),
        ("a duration spelled in another way", duration("PT36H36M0.12S"), Ok(())),
        ("another duration", duration("P1DT12H36M0.13S"), Err("differs in result")),
        ("a number spelled in another way", with("/result/score/raw", json!(15e-1)), Ok(())),
        ("another score", with("/result/score/raw", json!(2)), Err("differs in result")),
        ("the instant in another zone", with("/timestamp", json!("2026-11-24T17:00:00+01:00")), Ok(())),
        ("another timestamp", with("/timestamp", json!("2026-11-24T17:00:00Z")), Err("differs in timestamp")),
        ("an id in capitals", with("/id", json!("6690E6C9-3EF0-4ED3-8B37-7F3964730BEE")), Ok(())),
        ("another id", with("/id", json!("7690e6c9-3ef0-4ed3-8b37-7f3964730bee")), Err("differs in id")),
        ("no id", without("id"), Ok(())),
        ("no timestamp", without("timestamp"), Ok(())),
        ("no result", without("result"), Err("differs in result")),
        ("no actor", without("actor"), Err("differs in actor")),
        ("another actor", with("/actor/mbox", json!("mailto:eve@example.org")), Err("differs in actor")),
        ("another verb", with("/verb/id", json!("http://adlnet.gov/expapi/verbs/failed")), Err("differs in verb")),
        ("another object", with("/object/id", json!("http://example.org/other")), Err("differs in object")),
        ("Data 2.3.1: another display of the verb", with("/verb/display", json!({"en": "did pass"})), Ok(())),
        ("Data 2.3.1: another definition of the activity", with("/object/definition", json!({})), Ok(())),
        (
            "an objectType that may be left out",
            with("/actor", json!({"objectType": "Agent", "mbox": "mailto:ana@example.org", "name": "Ana"})),
            Ok(()),
        ),
        ("a stored of its own", plus("stored", json!("2026-11-24T16:00:00Z")), Ok(())),
        ("Data 2.3.1: an authority that was not sent", plus("authority", authority.clone()), Ok(())),
        ("a context that was not sent", plus("context", json!({"platform": "x"})), Err("differs in context")),
        ("a version that was not sent", plus("version", json!("1.0.0")), Err("differs in version")),
        ("no attachments", plus("attachments", json!([])), Ok(())),
        (
            "an attachment that was not sent",
            plus("attachments", json!([attachment("http://example.org/use", "text/plain", b"x")])),
            Err("differs in attachments"),
        ),
        ("another signature", plus("attachments", json!([signature_attachment(b"x")])), Ok(())),
        (
            "two differences",
            {
                let mut payload = without("actor");
                payload["context"] = json!({});
                payload
            },
            Err("differs in context, actor"),
        ),
        ("an array", json!([statement()]), Err("no object")),
        ("a text", json!("statement"), Err("no object")),
    ] {
        check(name, &json!({"alg": "RS256"}), KEY_2048, payload.to_string().as_bytes(), expected);
    }
    check("no JSON", &json!({"alg": "RS256"}), KEY_2048, b"{'id'", Err("line 1"));
    check("no UTF-8", &json!({"alg": "RS256"}), KEY_2048, b"{\"\xff\":1}", Err("line 1"));
    check("nothing", &json!({"alg": "RS256"}), KEY_2048, b"", Err("line 1"));
    check("a name that stands twice", &json!({"alg": "RS256"}), KEY_2048, b"{\"id\":1,\"id\":2}", Err("duplicate key"));

    // An LRS replaces the authority, so that a statement that is passed on has another one than was signed.
    for (name, payload) in [
        ("Data 2.3.1: another authority", plus("authority", json!({"mbox": "mailto:eve@example.org"}))),
        ("Data 2.3.1: no authority", statement()),
    ] {
        let signed = sign(KEY_2048, &json!({"alg": "RS256"}), payload.to_string().as_bytes());
        check_jws(name, &plus("authority", authority.clone()), &signed, Ok(()));
    }
}

#[test]
fn the_attachment_is_the_one_with_the_hash() {
    let jws = sign(KEY_2048, &json!({"alg": "RS256"}), statement().to_string().as_bytes());
    let other = attachment("http://example.org/use", "text/plain", b"x");

    let text = attach(statement(), attachment(SIGNATURE_USAGE_TYPE, "text/plain", &jws));
    assert_eq!(verify(&text, &jws), Err(vec![("/attachments/0".to_owned(), "\"text/plain\"".to_owned())]));
    let upper = attach(statement(), attachment(SIGNATURE_USAGE_TYPE, "Application/Octet-Stream", &jws));
    assert_eq!(verify(&upper, &jws), Ok(()));

    // Other attachments are part of what is signed; a second signature is not.
    let with_other = attach(statement(), other.clone());
    let signed_other = sign(KEY_2048, &json!({"alg": "RS256"}), with_other.to_string().as_bytes());
    let sent = attach(attach(with_other.clone(), signature_attachment(&jws)), signature_attachment(&signed_other));
    assert_eq!(verify(&sent, &signed_other), Ok(()));
    assert_eq!(
        verify(&sent, &jws),
        Err(vec![("/attachments/1".to_owned(), "a payload that differs in attachments".to_owned())])
    );

    // Everything that is wrong is said at once.
    let broken = sign(KEY_2048, &json!({"alg": "none"}), b"{}");
    let sent = attach(attach(statement(), other), attachment(SIGNATURE_USAGE_TYPE, "text/plain", &broken));
    let found = verify(&sent, &broken).expect_err("three violations");
    assert_eq!(found.len(), 3);
    assert!(found.iter().all(|(pointer, _)| pointer == "/attachments/1"), "{found:?}");
}

/// A statement whose object is a sub-statement that `payload` was signed for.
fn with_signed_sub_statement(payload: &Value) -> (Value, Vec<u8>) {
    let jws = sign(KEY_2048, &json!({"alg": "RS256"}), payload.to_string().as_bytes());
    let mut sub_statement = attach(statement(), signature_attachment(&jws));
    sub_statement.as_object_mut().expect("an object").shift_remove("id");
    sub_statement["objectType"] = json!("SubStatement");
    let mut sent = statement();
    sent["object"] = sub_statement;
    (sent, jws)
}

#[test]
fn a_signature_of_a_sub_statement_signs_that() {
    let with = |name: &str, value: Value| {
        let mut payload = statement();
        payload[name] = value;
        payload
    };
    for (name, payload, expected) in [
        ("Data 2.4.4.3: the statement that it once was", statement(), Ok(())),
        ("another version and authority", with("version", json!("1.0.1")), Ok(())),
        ("another authority", with("authority", json!({"mbox": "mailto:eve@example.org"})), Ok(())),
        ("the sub-statement itself", with("objectType", json!("SubStatement")), Ok(())),
        ("another type", with("objectType", json!("Activity")), Err("differs in objectType")),
        ("another actor", with("actor", json!({"mbox": "mailto:eve@example.org"})), Err("differs in actor")),
        ("a context that is not there", with("context", json!({"platform": "x"})), Err("differs in context")),
        ("Data 2.6: the whole statement", with_signed_sub_statement(&statement()).0, Err("differs in object")),
        ("no object", json!([]), Err("no object")),
    ] {
        let (sent, jws) = with_signed_sub_statement(&payload);
        match (verify(&sent, &jws), expected) {
            (Ok(()), Ok(())) => {}
            (Err(found), Err(expected)) => {
                assert_eq!(found.len(), 1, "{name}: {found:?}");
                assert_eq!(found[0].0, "/object/attachments/0", "{name}");
                assert!(found[0].1.contains(expected), "{name}: {found:?}");
            }
            (verified, _) => panic!("{name}: expected {expected:?}, found {verified:?}"),
        }
    }
}

#[test]
fn statement_and_sub_statement_are_signed_apart() {
    let (unsigned, inner) = with_signed_sub_statement(&statement());
    let outer = sign(KEY_2048, &json!({"alg": "RS256"}), unsigned.to_string().as_bytes());
    let sent = attach(unsigned.clone(), signature_attachment(&outer));
    assert_eq!(verify(&sent, &inner), Ok(()));
    assert_eq!(verify(&sent, &outer), Ok(()));

    // The same bytes cannot sign both.
    let twice = attach(unsigned, signature_attachment(&inner));
    let found = verify(&twice, &inner).expect_err("it signs the sub-statement only");
    assert_eq!(found, [("/attachments/0".to_owned(), "a payload that differs in object".to_owned())]);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(jws in prop::collection::vec(any::<u8>(), 0..100), statement in "\\PC{0,60}") {
        let sent = attach(self::statement(), signature_attachment(&jws));
        prop_assert!(verify(&sent, &jws).is_err());
        let attachment = AttachmentRef {
            sha2: sha256(&jws),
            usage_type: SIGNATURE_USAGE_TYPE.to_owned(),
            content_type: "application/octet-stream".to_owned(),
            has_file_url: false,
            pointer: "/object/attachments/0".to_owned(),
        };
        prop_assert!(verify_signature(statement.as_bytes(), &attachment, &jws).is_err());
    }

    #[test]
    fn no_header_makes_it_panic(header in "\\{(\"alg\":\"RS256\",)?\"x5c\":\\[\"[A-Za-z0-9+/=]{0,40}\"\\]\\}", payload in "\\PC{0,60}") {
        let parts = [header.as_bytes(), payload.as_bytes(), b"abc"].map(|part| URL_SAFE_NO_PAD.encode(part));
        let jws = parts.join(".").into_bytes();
        prop_assert!(verify(&attach(statement(), signature_attachment(&jws)), &jws).is_err());
    }
}
