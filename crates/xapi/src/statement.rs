//! Statements: from the text that was sent to a valid [`Statement`], and on to what a store keeps.

use std::collections::HashSet;

use crate::agent::authority_key;
use crate::equality::parse_timestamp;
use crate::json::{for_each_value, write_object};
use crate::terms::{learn, with_authority};
use crate::validate::{At, Report, VOIDED, check_statement};
use crate::{Json, StatementId, Term, Timestamp, Version, Violations};

/// A valid statement as it was sent, with what was learned while validating it.
///
/// ```
/// let body = br#"{"actor": {"mbox": "mailto:ana@example.org"}, "verb": {"id": "http://example.org/read"},
///                 "object": {"id": "http://example.org/book"}, "stored": "2026-11-24T10:00:00Z"}"#;
/// let (statements, is_array) = xapi::parse_statements(body, xapi::Version::V2_0_0).unwrap();
/// assert!(!is_array && statements[0].id.is_none() && !statements[0].voids);
/// assert!(statements[0].terms.iter().any(|term| term.text == "mbox:mailto:ana@example.org"));
/// assert!(statements[0].to_json().ends_with(br#""object":{"id":"http://example.org/book"}}"#));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// Top-level members in the order sent, values as they were spelled, as the inside of a JSON object; without `stored` and
    /// `authority`, which an LRS sets.
    pub(crate) members: String,
    /// The id it was sent with.
    pub id: Option<StatementId>,
    /// The timestamp it was sent with.
    pub timestamp: Option<Timestamp>,
    /// The `version` it was sent with.
    pub version: Option<String>,
    /// The authority it was sent with, as JSON, and its [`authority_key`](crate::authority_key); an LRS replaces it unless it trusts the sender.
    pub authority: Option<(String, String)>,
    /// The statement its object refers to (objectType `StatementRef`).
    pub target: Option<StatementId>,
    /// Whether its verb is `http://adlnet.gov/expapi/verbs/voided`: then `target` is what it voids.
    pub voids: bool,
    /// Its attachments and those of its sub-statement.
    pub attachments: Vec<AttachmentRef>,
    /// What it can be found by, except its authority.
    pub terms: Vec<Term>,
    /// Every activity in it that has a definition: id, definition (JSON).
    pub definitions: Vec<(String, String)>,
    /// Every agent and identified group in it that has a name: [`Agent::key`](crate::Agent::key), name.
    pub names: Vec<(String, String)>,
}

/// An attachment as a statement names it (Data 2.4.11).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachmentRef {
    /// Lower-case hexadecimal digits of a SHA-224, SHA-256, SHA-384 or SHA-512.
    pub sha2: String,
    /// `usageType`
    pub usage_type: String,
    /// `contentType`
    pub content_type: String,
    /// Whether it has a `fileUrl`, and so may come without bytes.
    pub has_file_url: bool,
    /// Where it stands in the statement, as a JSON pointer.
    pub pointer: String,
}

/// What the LRS adds to a statement.
///
/// ```
/// use xapi::{Completion, StatementId, Timestamp, Version, parse_statements, with_stored};
/// let body = br#"{"actor":{"mbox":"mailto:a@b.c"},"verb":{"id":"urn:x:read"},"object":{"id":"urn:x:book"}}"#;
/// let statement = parse_statements(body, Version::V1_0_3).unwrap().0.remove(0);
/// let complete = statement.complete(&Completion {
///     id: StatementId::parse("6690e6c9-3ef0-4ed3-8b37-7f3964730bee").unwrap(),
///     timestamp: Timestamp(0),
///     authority: (r#"{"openid":"http://example.org/lms"}"#, "openid:http://example.org/lms"),
///     version: Version::V1_0_3,
/// });
/// let stored = String::from_utf8(with_stored(&complete.body, Timestamp(1_000_000))).unwrap();
/// assert!(stored.starts_with(r#"{"id":"6690e6c9-3ef0-4ed3-8b37-7f3964730bee","actor":"#));
/// assert!(stored.ends_with(r#""version":"1.0.0","authority":{"openid":"http://example.org/lms"},"stored":"1970-01-01T00:00:01.000000Z"}"#));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Completion<'a> {
    /// Used when the statement came without an id.
    pub id: StatementId,
    /// Used when the statement came without a timestamp.
    pub timestamp: Timestamp,
    /// The authority as JSON, and its [`authority_key`](crate::authority_key).
    pub authority: (&'a str, &'a str),
    /// The version of the request; written when the statement came without one (`1.0.0` for 1.0.3, `2.0.0` for 2.0.0).
    pub version: Version,
}

/// A statement as a store keeps it: complete but for `stored`, which the store decides when it commits.
#[derive(Debug, Clone, PartialEq)]
pub struct CompletedStatement {
    /// Its id.
    pub id: StatementId,
    /// When what it says happened.
    pub timestamp: Timestamp,
    /// Whether it was sent without a timestamp, so that the LRS added one: sent again, it gets another one and is still the same.
    pub timestamp_added: bool,
    /// A JSON object without `stored`; [`with_stored`] adds it.
    pub body: Vec<u8>,
    /// What it can be found by.
    pub terms: Vec<Term>,
    /// See [`Statement::target`].
    pub target: Option<StatementId>,
    /// See [`Statement::voids`].
    pub voids: bool,
    /// Whether what it says about activities and agents is remembered: the sender may define.
    pub defines: bool,
    /// See [`Statement::definitions`]; empty when the sender may not define.
    pub definitions: Vec<(String, String)>,
    /// See [`Statement::names`]; empty when the sender may not define.
    pub names: Vec<(String, String)>,
}

/// Parses a body of `POST /statements` or `PUT /statements`: one statement or an array of them.
/// Whether it was an array or a single object is in the second value.
///
/// ```
/// let body = br#"{"actor": {"mbox": "mailto:ana@example.org"}, "verb": {"id": "read"}}"#;
/// let violations = xapi::parse_statements(body, xapi::Version::V2_0_0).unwrap_err().0;
/// assert_eq!(violations[0].to_string(), r#"/verb/id: expected an absolute IRI, found "read" [Data 2.4.3]"#);
/// assert_eq!(violations[1].pointer, "/object");
/// ```
///
/// # Errors
/// *Every* violation of every statement (up to a thousand are told, the others counted), and for 2.0 an id that stands twice
/// in the batch.
pub fn parse_statements(body: &[u8], version: Version) -> Result<(Vec<Statement>, bool), Violations> {
    let mut report = Report::new(version);
    let mut statements = Vec::new();
    let mut ids = HashSet::new();
    let (is_array, faults) = for_each_value(body, |index, json| {
        report.index = index;
        let before = report.count();
        check_statement(json, &mut report);
        if version == Version::V2_0_0 {
            check_distinct_id(json, &mut ids, &mut report);
        }
        if report.count() == before {
            statements.push(Statement::read(json, version));
        }
    });
    for fault in &faults {
        report.refuse_text(fault, is_array);
    }
    report.into_result().map(|()| (statements, is_array))
}

/// 2.0: no two statements of a batch have the same id (IEEE 9274.1.1, 4.1.6.1).
fn check_distinct_id(json: &Json<'_>, ids: &mut HashSet<StatementId>, report: &mut Report) {
    let Some(text) = json.get("id") else { return };
    if let Some(id) = text.as_str().and_then(StatementId::parse)
        && !ids.insert(id)
    {
        let root = At::root("Communication 2.1.2");
        report.refuse(
            &root.member("id", "Communication 2.1.2"),
            "an id that no other Statement of the batch has",
            text,
        );
    }
}

impl Statement {
    fn read(json: &Json<'_>, version: Version) -> Self {
        let learned = learn(json);
        let text = |name| json.get(name).and_then(Json::as_str);
        let authority = json.get("authority").map(|authority| {
            let mut text = String::new();
            authority.write_compact(&mut text);
            (text, authority_key(authority).unwrap_or_default())
        });
        Self {
            members: write_members(json),
            id: text("id").and_then(StatementId::parse),
            timestamp: text("timestamp").and_then(|timestamp| Timestamp::parse(timestamp, version)),
            version: text("version").map(str::to_owned),
            authority,
            target: learned.target,
            voids: is_voiding(json),
            attachments: learned.attachments,
            terms: learned.terms,
            definitions: learned.definitions,
            names: learned.names,
        }
    }

    /// Adds what the LRS sets: `id`, `timestamp` and `version` where the sender gave none, and the authority.
    #[must_use]
    pub fn complete(self, completion: &Completion<'_>) -> CompletedStatement {
        let id = self.id.unwrap_or(completion.id);
        let timestamp = self.timestamp.unwrap_or(completion.timestamp);
        let (authority, key) = completion.authority;
        let mut body = String::with_capacity(self.members.len() + authority.len() + 160);
        body.push('{');
        if self.id.is_none() {
            body.extend(["\"id\":\"", &id.to_string(), "\","]);
        }
        body.push_str(&self.members);
        if self.timestamp.is_none() {
            body.extend([",\"timestamp\":\"", &timestamp.to_string(), "\""]);
        }
        if self.version.is_none() {
            body.push_str(match completion.version {
                Version::V1_0_3 => ",\"version\":\"1.0.0\"",
                Version::V2_0_0 => ",\"version\":\"2.0.0\"",
            });
        }
        body.push_str(",\"authority\":");
        body.push_str(authority);
        body.push('}');
        CompletedStatement {
            id,
            timestamp,
            timestamp_added: self.timestamp.is_none(),
            body: body.into_bytes(),
            terms: with_authority(self.terms, authority, key),
            target: self.target,
            voids: self.voids,
            defines: true,
            definitions: self.definitions,
            names: self.names,
        }
    }

    /// The statement as JSON, as sent but for `stored` and `authority`, and with every context activity in an array
    /// (Data 2.4.6.2).
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        ["{", &self.members, "}"].concat().into_bytes()
    }
}

impl CompletedStatement {
    /// Reads a completed statement again, from its body and from what the body does not say. It is not judged again. `None` when
    /// it is not what [`Statement::complete`] makes.
    #[must_use]
    pub fn read(body: Vec<u8>, timestamp_added: bool, defines: bool) -> Option<Self> {
        let json = Json::parse(&body).ok()?;
        let learned = learn(&json);
        let authority = json.get("authority")?;
        let key = authority_key(authority)?;
        let statement = Self {
            id: json.get("id").and_then(Json::as_str).and_then(StatementId::parse)?,
            timestamp: json.get("timestamp").and_then(Json::as_str).and_then(parse_timestamp)?,
            timestamp_added,
            terms: with_authority(learned.terms, authority.text(), &key),
            target: learned.target,
            voids: is_voiding(&json),
            defines: true,
            definitions: learned.definitions,
            names: learned.names,
            body: Vec::new(),
        };
        let statement = if defines { statement } else { statement.without_definitions() };
        Some(Self { body, ..statement })
    }

    /// The same from a sender who may not define.
    #[must_use]
    pub fn without_definitions(self) -> Self {
        Self { defines: false, definitions: Vec::new(), names: Vec::new(), ..self }
    }
}

fn is_voiding(statement: &Json<'_>) -> bool {
    statement.get("verb").and_then(|verb| verb.get("id")).and_then(Json::as_str) == Some(VOIDED)
}

/// The members that are kept, without the braces.
fn write_members(statement: &Json<'_>) -> String {
    let members = statement.as_object().unwrap_or_default();
    let mut text = String::with_capacity(statement.text().len());
    write_object(
        members.iter().filter(|(name, _)| !matches!(&**name, "stored" | "authority")),
        &mut text,
        write_member,
    );
    text.pop();
    text.remove(0);
    text
}

/// Values as they were spelled, except that a single context activity becomes an array of one, in a sub-statement too.
fn write_member(name: &str, value: &Json<'_>, out: &mut String) {
    match (name, value.as_object()) {
        ("object", Some(members)) if has_single_activity(value.get("context")) => {
            write_object(members, out, write_member);
        }
        ("context", Some(members)) if has_single_activity(Some(value)) => {
            write_object(members, out, |name, value, out| match (name, value.as_object()) {
                ("contextActivities", Some(kinds)) => write_object(kinds, out, |_, value, out| write_array(value, out)),
                _ => value.write_compact(out),
            });
        }
        _ => value.write_compact(out),
    }
}

fn has_single_activity(context: Option<&Json<'_>>) -> bool {
    let kinds = context.and_then(|context| context.get("contextActivities")).and_then(Json::as_object);
    kinds.unwrap_or_default().iter().any(|(_, value)| value.as_object().is_some())
}

fn write_array(value: &Json<'_>, out: &mut String) {
    let is_single = value.as_object().is_some();
    out.push_str(if is_single { "[" } else { "" });
    value.write_compact(out);
    out.push_str(if is_single { "]" } else { "" });
}

/// Adds `stored` as the last member of a completed statement's body.
#[must_use]
pub fn with_stored(body: &[u8], stored: Timestamp) -> Vec<u8> {
    let mut complete = Vec::with_capacity(body.len() + 40);
    complete.extend_from_slice(body.strip_suffix(b"}").unwrap_or(body));
    complete.extend_from_slice(format!(",\"stored\":\"{stored}\"}}").as_bytes());
    complete
}

/// The body that [`with_stored`] was given. `None`: it was not made by [`with_stored`].
///
/// ```
/// let body = br#"{"id":"6690e6c9-3ef0-4ed3-8b37-7f3964730bee"}"#;
/// let complete = xapi::with_stored(body, xapi::Timestamp(0));
/// assert_eq!(xapi::without_stored(&complete).as_deref(), Some(&body[..]));
/// assert_eq!(xapi::without_stored(body), None);
/// ```
#[must_use]
pub fn without_stored(complete: &[u8]) -> Option<Vec<u8>> {
    const MEMBER: &[u8] = b",\"stored\":\"";
    let from = complete.windows(MEMBER.len()).rposition(|window| window == MEMBER)?;
    let instant = complete[from + MEMBER.len()..].strip_suffix(b"\"}")?;
    (!instant.contains(&b'"')).then(|| [&complete[..from], b"}"].concat())
}
