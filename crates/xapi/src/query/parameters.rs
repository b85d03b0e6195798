//! Name-value pairs of a query string, and the reader that takes them apart and collects everything that is wrong.

use std::collections::HashSet;

use crate::{ActivityId, Agent, StatementId, Timestamp, Version, Violation, Violations};

/// The decoded name-value pairs of a query string or of a form (alternate request syntax).
/// Names are case-sensitive; a repeated name is a violation.
///
/// ```
/// let parameters = xapi::Parameters::parse("stateId=a%20b&since=2026-11-24T16%3A00%3A00Z").unwrap();
/// assert_eq!(parameters.get("stateId"), Some("a b"));
/// assert!(xapi::Parameters::parse("stateId=%zz").is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Parameters(pub Vec<(String, String)>);

impl Parameters {
    /// More than any xAPI resource has, headers of the alternate request syntax included.
    pub const COUNT_MAX: usize = 100;

    /// Decodes `a=b&c=d` (percent-encoding, `+` as space). Empty pairs, as in `a=b&`, are passed over; a name without
    /// `=` has an empty value.
    ///
    /// # Errors
    /// A violation for each pair with a broken escape or invalid UTF-8, and one when there are more than
    /// [`Parameters::COUNT_MAX`] pairs.
    pub fn parse(text: &str) -> Result<Self, Violations> {
        let (mut pairs, mut violations) = (Vec::new(), Vec::new());
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            if pairs.len() + violations.len() == Self::COUNT_MAX {
                let expected = format!("at most {} parameters", Self::COUNT_MAX);
                violations.push(Violation::new("query", RULE_ENCODING, expected, "more"));
                break;
            }
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            match (decode(name), decode(value)) {
                (Some(name), Some(value)) => pairs.push((name, value)),
                (name, _) => {
                    let pointer = name.unwrap_or_else(|| "query".to_owned());
                    violations.push(Violation::quoting(pointer, RULE_ENCODING, "UTF-8, percent-encoded", pair));
                }
            }
        }
        Violations(violations).into_result().map(|()| Self(pairs))
    }

    /// The value of the first parameter of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Takes the first parameter of this name out; for names that are not the resource's own, such as a cursor.
    pub fn take(&mut self, name: &str) -> Option<String> {
        let place = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.remove(place).1)
    }

    /// The only parameter of `PUT /statements` (Communication 2.1.1).
    ///
    /// # Errors
    /// When `statementId` is missing, no UUID or stands twice; and for each other parameter.
    pub fn into_statement_id(self) -> Result<StatementId, Violations> {
        let mut reader = Reader::new(&self, "Communication 2.1.1");
        let id = reader.required("statementId", UUID, StatementId::parse);
        reader.finish(id)
    }

    /// The only parameter of `GET /agents` (Communication 2.4).
    ///
    /// # Errors
    /// When `agent` is missing or stands twice, for each violation inside it, and for each other parameter.
    pub fn into_agent(self, version: Version) -> Result<Agent, Violations> {
        let mut reader = Reader::new(&self, "Communication 2.4");
        let agent = reader.required_agent(version);
        reader.finish(agent)
    }

    /// The only parameter of `GET /activities` (Communication 2.5).
    ///
    /// # Errors
    /// When `activityId` is missing, no IRI or stands twice; and for each other parameter.
    pub fn into_activity_id(self) -> Result<ActivityId, Violations> {
        let mut reader = Reader::new(&self, "Communication 2.5");
        let id = reader.required("activityId", IRI, ActivityId::parse);
        reader.finish(id)
    }

    /// For resources without parameters, such as `POST /statements` and `/about`; `rule` is their clause.
    ///
    /// # Errors
    /// A violation for each parameter.
    pub fn expect_none(&self, rule: &'static str) -> Result<(), Violations> {
        Reader::new(self, rule).finish(Some(()))
    }
}

const RULE_ENCODING: &str = "Communication 1.4";
pub(super) const UUID: &str = "a UUID in its hyphenated form";
pub(super) const IRI: &str = "an absolute IRI";

/// Strict `application/x-www-form-urlencoded`: `None` for a broken escape or what is not UTF-8.
fn decode(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(bytes.next()?).to_digit(16);
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            _ => byte,
        });
    }
    String::from_utf8(decoded).ok()
}

/// Takes the parameters of one resource apart; what was never asked for is unknown in the end.
pub(super) struct Reader<'a> {
    parameters: &'a Parameters,
    rule: &'static str,
    known: Vec<&'static str>,
    violations: Vec<Violation>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(parameters: &'a Parameters, rule: &'static str) -> Self {
        Self { parameters, rule, known: Vec::new(), violations: Vec::new() }
    }

    pub(super) fn text(&mut self, name: &'static str) -> Option<&'a str> {
        self.known.push(name);
        self.parameters.get(name)
    }

    pub(super) fn report(&mut self, name: &str, expected: &str, found: &str) {
        self.violations.push(Violation::new(name, self.rule, expected, found));
    }

    pub(super) fn report_missing(&mut self, name: &str, expected: &str) {
        self.report(name, expected, "nothing");
    }

    /// What `parse` makes of a parameter; `None` when it is absent, or when it cannot be parsed (which is reported).
    pub(super) fn optional<T>(
        &mut self,
        name: &'static str,
        expected: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(name)?;
        let parsed = parse(text);
        if parsed.is_none() {
            self.violations.push(Violation::quoting(name, self.rule, expected, text));
        }
        parsed
    }

    pub(super) fn required<T>(
        &mut self,
        name: &'static str,
        expected: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        if self.parameters.get(name).is_none() {
            self.report_missing(name, expected);
        }
        self.optional(name, expected, parse)
    }

    pub(super) fn timestamp(&mut self, name: &'static str, version: Version) -> Option<Timestamp> {
        let text = self.parameters.get(name).unwrap_or("");
        // A plus sign that was not encoded arrives as a space: the likeliest mistake deserves its own words.
        let expected = match text.rsplit_once(' ') {
            Some((_, offset)) if offset.starts_with(|c: char| c.is_ascii_digit()) => {
                "a timestamp whose + is written as %2B"
            }
            _ => "a timestamp such as 2026-11-24T16:00:00Z",
        };
        self.optional(name, expected, |text| Timestamp::parse(text, version))
    }

    pub(super) fn flag(&mut self, name: &'static str) -> bool {
        let parsed = self.optional(name, "true or false", |text| match text {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        });
        parsed.unwrap_or(false)
    }

    /// Violations of an agent point into it: `agent/mbox`.
    pub(super) fn agent(&mut self, version: Version) -> Option<Agent> {
        match Agent::parse(self.text("agent")?, version) {
            Ok(agent) => Some(agent),
            Err(Violations(violations)) => {
                self.violations.extend(violations);
                None
            }
        }
    }

    pub(super) fn required_agent(&mut self, version: Version) -> Option<Agent> {
        if self.parameters.get("agent").is_none() {
            self.report_missing("agent", "an Agent or identified Group as JSON");
        }
        self.agent(version)
    }

    /// Reports what is unknown or repeated. `parsed` is `None` only if something was reported.
    pub(super) fn finish<T>(mut self, parsed: Option<T>) -> Result<T, Violations> {
        let mut seen = HashSet::new();
        for (name, value) in &self.parameters.0 {
            if !self.known.contains(&name.as_str()) {
                let expected = match self.known.iter().find(|known| known.eq_ignore_ascii_case(name)) {
                    Some(known) => format!("{known} (names are case-sensitive)"),
                    None if self.known.is_empty() => "no parameter".to_owned(),
                    None => format!("only {}", self.known.join(", ")),
                };
                self.violations.push(Violation::new(name, self.rule, expected, "an unknown parameter"));
            } else if !seen.insert(name) {
                self.violations.push(Violation::quoting(name, self.rule, "one value", value));
            }
        }
        match parsed {
            Some(parsed) if self.violations.is_empty() => Ok(parsed),
            _ => Err(Violations(self.violations)),
        }
    }
}
