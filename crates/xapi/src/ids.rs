//! Identifiers: statements, registrations and activities.

use std::fmt;

use uuid::Uuid;

use crate::validate::is_activity_id;

/// The id of a statement: any UUID in its standard hyphenated form (Data 2.4.1).
///
/// ```
/// let id = xapi::StatementId::parse("6690E6C9-3EF0-4ED3-8B37-7F3964730BEE").unwrap();
/// assert_eq!(id.to_string(), "6690e6c9-3ef0-4ed3-8b37-7f3964730bee");
/// assert_eq!(xapi::StatementId::parse("6690e6c93ef04ed38b377f3964730bee"), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StatementId(pub Uuid);

/// The registration of a statement or of a state (Data 2.4.6, Communication 2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Registration(pub Uuid);

/// The id of an activity: an absolute IRI (or the bare UUID of some real senders), kept as it was written.
///
/// ```
/// assert_eq!(xapi::ActivityId::parse("http://example.org/Ünit").unwrap().as_str(), "http://example.org/Ünit");
/// assert_eq!(xapi::ActivityId::parse("unit-1"), None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ActivityId(String);

pub(crate) fn parse_uuid(text: &str) -> Option<Uuid> {
    // `Uuid::try_parse` also takes braces, URNs and the simple form; xAPI only the hyphenated one (RFC 4122).
    (text.len() == 36).then(|| Uuid::try_parse(text).ok()).flatten()
}

impl StatementId {
    /// Parses the hyphenated form, in either case of letters.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        parse_uuid(text).map(Self)
    }
}

impl Registration {
    /// Parses the hyphenated form, in either case of letters.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        parse_uuid(text).map(Self)
    }
}

impl ActivityId {
    /// Parses an absolute IRI, or the bare UUID that some senders use instead.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        is_activity_id(text).then(|| Self(text.to_owned()))
    }

    /// The IRI as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StatementId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl fmt::Display for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}
