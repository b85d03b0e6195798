//! Agents and groups by their inverse functional identifier (Data 2.4.2.1).

use crate::{Json, Version, Violations};

/// An agent or identified group as a query parameter or as one member of a statement, reduced to its identity.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Agent {
    key: String,
    name: Option<String>,
    identifier: String,
}

impl Agent {
    /// Parses the `agent` query parameter: one agent or identified group with exactly one identifier.
    pub fn parse(json: &str, version: Version) -> Result<Self, Violations> {
        let _ = (json, version);
        unimplemented!()
    }

    /// The identity of an already validated agent or group; `None` for an anonymous group.
    #[must_use]
    pub fn from_json(json: &Json<'_>) -> Option<Self> {
        let _ = json;
        unimplemented!()
    }

    /// One text for one identity, the same in every store: `mbox:mailto:…`, `sha1:…` (lower case), `openid:…`,
    /// `account:{homePage}|{name}` with `|` and `\` of the home page escaped by `\`.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The name it was given, if any.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The identifier's member as JSON, such as `"mbox":"mailto:ana@example.org"`.
    #[must_use]
    pub fn identifier(&self) -> &str {
        &self.identifier
    }
}

/// The `Person` object of `GET /agents` (Communication 2.4): every identifier and name as an array, names as given.
#[must_use]
pub fn person(agent: &Agent, names: &[String]) -> String {
    let _ = (agent, names);
    unimplemented!()
}
