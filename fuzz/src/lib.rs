//! What must hold for every input, however broken: shared by the fuzz targets and by the test of `crates/xapi` that runs the
//! seeds.

use xapi::{
    ActivityProfileParams, AgentProfileParams, Completion, Format, Json, LanguagePreferences, MultipartEvent,
    MultipartReader, Parameters, SIGNATURE_USAGE_TYPE, StateParams, Statement, StatementId, StatementsRequest,
    Timestamp, Version, Violations, format_statement, parse_statements, same_statement, verify_signature, with_stored,
};

const VERSIONS: [Version; 2] = [Version::V1_0_3, Version::V2_0_0];

/// A statement that is taken can be completed, answered in every format, read again, and is the same as itself.
///
/// # Panics
/// When that does not hold.
pub fn check_statements(input: &[u8]) {
    for version in VERSIONS {
        match parse_statements(input, version) {
            Ok((statements, _)) => statements.into_iter().for_each(|statement| check_statement(statement, version)),
            Err(Violations(violations)) => assert!(!violations.is_empty(), "refused without a reason"),
        }
    }
}

fn check_statement(statement: Statement, version: Version) {
    let sent = statement.to_json();
    assert!(same_statement(&sent, &sent), "a statement is the same as itself");
    if let Err(violations) = parse_statements(&sent, version) {
        panic!("what was taken is refused when it comes again: {violations}");
    }
    for attachment in statement.attachments.iter().filter(|attachment| attachment.usage_type == SIGNATURE_USAGE_TYPE) {
        let _ = verify_signature(&sent, attachment, attachment.content_type.as_bytes());
    }

    let id = StatementId::parse("6690e6c9-3ef0-4ed3-8b37-7f3964730bee").expect("a UUID");
    let authority = r#"{"mbox":"mailto:lrs@example.org"}"#;
    let completion =
        Completion { id, timestamp: Timestamp(0), authority: (authority, "mbox:mailto:lrs@example.org"), version };
    let stored = with_stored(&statement.complete(&completion).body, Timestamp(0));
    let languages = LanguagePreferences::parse("de, en;q=0.5, *;q=0.1");
    for format in [Format::Exact, Format::Ids, Format::Canonical] {
        let answer = format_statement(&stored, format, &languages, version, &|_| None);
        let parsed = Json::parse(&answer).expect("an answer is JSON");
        assert!(parsed.get("stored").is_some(), "an answer says when the statement was stored");
    }
}

/// Parameters are taken or refused with a reason.
///
/// # Panics
/// When that does not hold.
pub fn check_query(input: &[u8]) {
    let Ok(query) = str::from_utf8(input) else { return };
    let parameters = match Parameters::parse(query) {
        Ok(parameters) => parameters,
        Err(Violations(violations)) => return assert!(!violations.is_empty(), "refused without a reason"),
    };
    for version in VERSIONS {
        for refused in [
            StatementsRequest::parse(&parameters, version).err(),
            StateParams::parse(&parameters, version).err(),
            StateParams::parse_write(&parameters, version).err(),
            StateParams::parse_delete(&parameters, version).err(),
            ActivityProfileParams::parse(&parameters, version).err(),
            ActivityProfileParams::parse_write(&parameters, version).err(),
            AgentProfileParams::parse(&parameters, version).err(),
            AgentProfileParams::parse_write(&parameters, version).err(),
            parameters.clone().into_agent(version).err(),
            parameters.clone().into_activity_id().err(),
            parameters.clone().into_statement_id().err(),
        ] {
            assert!(refused.is_none_or(|Violations(violations)| !violations.is_empty()), "refused without a reason");
        }
    }
}

/// A body is read the same in one piece and in small ones. The first line is its content type; chunks take their size from
/// the length of the body.
///
/// # Panics
/// When that does not hold.
pub fn check_multipart(input: &[u8]) {
    let end = input.iter().position(|&byte| byte == b'\n').unwrap_or(input.len());
    let Ok(content_type) = str::from_utf8(&input[..end]) else { return };
    let body = input.get(end + 1..).unwrap_or_default();
    let whole = read_multipart(content_type, body, body.len().max(1));
    for size in [1, 2 + body.len() % 17] {
        assert_eq!(read_multipart(content_type, body, size), whole, "chunks of {size} bytes");
    }
}

/// The events, with neighbouring data joined; `None` when the body is refused.
fn read_multipart(content_type: &str, body: &[u8], size: usize) -> Option<Vec<MultipartEvent>> {
    let mut reader = MultipartReader::new(content_type).ok()?;
    let mut events = Vec::new();
    for chunk in body.chunks(size) {
        for event in reader.push(chunk).ok()? {
            match (events.last_mut(), event) {
                (Some(MultipartEvent::Data(before)), MultipartEvent::Data(bytes)) => before.extend(bytes),
                (_, event) => events.push(event),
            }
        }
    }
    events.extend(reader.finish().ok()?);
    Some(events)
}
