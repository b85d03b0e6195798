//! Agents and groups by their inverse functional identifier (Data 2.4.2.3).

use crate::json::write_string;
use crate::validate::{At, Report, check_agent_or_group};
use crate::{Json, Version, Violations};

/// Begins the key of an anonymous group; those of agents begin in other ways.
const GROUP: &str = "group:";

/// An agent or identified group as a query parameter or as one member of a statement, reduced to its identity.
///
/// ```
/// let agent = xapi::Agent::parse(r#"{"mbox": "mailto:ana@example.org"}"#, xapi::Version::V2_0_0).unwrap();
/// assert_eq!(agent.key(), "mbox:mailto:ana@example.org");
/// assert_eq!(agent.identifier(), r#""mbox":"mailto:ana@example.org""#);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Agent {
    key: String,
    name: Option<String>,
    identifier: String,
}

impl Agent {
    /// Parses the `agent` query parameter: one agent or identified group with exactly one identifier.
    ///
    /// # Errors
    /// Every rule of Data 2.4.2 that it breaks; pointers start with `agent`, the name of the parameter.
    pub fn parse(json: &str, version: Version) -> Result<Self, Violations> {
        let mut report = Report::new(version);
        let agent = match Json::parse(json.as_bytes()) {
            Ok(json) => Self::check(&json, &mut report),
            Err(fault) => {
                report.refuse_text(&fault, false);
                None
            }
        };
        match (report.into_result(), agent) {
            (Ok(()), Some(agent)) => Ok(agent),
            (outcome, _) => {
                let mut violations = outcome.err().map_or_else(Vec::new, |violations| violations.0);
                for violation in &mut violations {
                    violation.pointer.insert_str(0, "agent");
                }
                Err(Violations(violations))
            }
        }
    }

    fn check(json: &Json<'_>, report: &mut Report) -> Option<Self> {
        let at = At::root("Communication 2.1.3");
        check_agent_or_group(json, &at, report);
        let agent = Self::from_json(json);
        if agent.is_none() && report.count() == 0 {
            report.refuse(&at, "an Agent or an identified Group", json);
        }
        agent
    }

    /// The identity of an already validated agent or group; `None` for an anonymous group.
    #[must_use]
    pub fn from_json(json: &Json<'_>) -> Option<Self> {
        let key = read_agent_key(json)?;
        let (name, value) = ["mbox", "mbox_sha1sum", "openid", "account"]
            .into_iter()
            .find_map(|name| json.get(name).map(|value| (name, value)))?;
        let mut identifier = format!("\"{name}\":");
        value.write_compact(&mut identifier);
        Some(Self { key, name: json.get("name").and_then(Json::as_str).map(str::to_owned), identifier })
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

/// [`Agent::key`] of an already validated agent or group; `None` for an anonymous group.
pub(crate) fn read_agent_key(json: &Json<'_>) -> Option<String> {
    for (name, value) in json.as_object()? {
        match (&**name, value.as_str()) {
            ("mbox", Some(mbox)) => return Some(["mbox:", mbox].concat()),
            ("mbox_sha1sum", Some(sha1)) => return Some(["sha1:", &sha1.to_ascii_lowercase()].concat()),
            ("openid", Some(openid)) => return Some(["openid:", openid].concat()),
            ("account", None) => {
                let home_page = value.get("homePage")?.as_str()?;
                let name = value.get("name")?.as_str()?;
                let mut key = String::with_capacity(home_page.len() + name.len() + 9);
                key.push_str("account:");
                for c in home_page.chars() {
                    if matches!(c, '|' | '\\') {
                        key.push('\\');
                    }
                    key.push(c);
                }
                key.push('|');
                key.push_str(name);
                return Some(key);
            }
            _ => {}
        }
    }
    None
}

/// What an authority is found by (Data 2.4.9): [`Agent::key`]; of an anonymous group, which is an application and the person
/// who uses it (OAuth), those of its members in any order. `None` for what is no authority.
///
/// ```
/// let read = |json: &str| xapi::authority_key(&xapi::Json::parse(json.as_bytes()).unwrap());
/// assert_eq!(read(r#"{"mbox":"mailto:lms@example.org"}"#).as_deref(), Some("mbox:mailto:lms@example.org"));
/// let group = r#"{"objectType":"Group","member":[{"openid":"http://app.example.org"},{"mbox":"mailto:a@example.org"}]}"#;
/// assert_eq!(read(group).as_deref(), Some(r#"group:"mbox:mailto:a@example.org","openid:http://app.example.org""#));
/// ```
#[must_use]
pub fn authority_key(authority: &Json<'_>) -> Option<String> {
    if let Some(key) = read_agent_key(authority) {
        return Some(key);
    }
    let mut members: Vec<String> = authority.get("member")?.as_array()?.iter().filter_map(read_agent_key).collect();
    members.sort_unstable();
    let mut key = GROUP.to_owned();
    for (position, member) in members.iter().enumerate() {
        key.push_str(if position == 0 { "" } else { "," });
        write_string(member, &mut key);
    }
    Some(key)
}

/// Whether a key of [`authority_key`] is that of an anonymous group.
pub(crate) fn is_group_key(key: &str) -> bool {
    key.starts_with(GROUP)
}

/// The `Person` object of `GET /agents` (Communication 2.4): every identifier and name as an array, names as given.
#[must_use]
pub fn person(agent: &Agent, names: &[String]) -> String {
    let mut person = r#"{"objectType":"Person""#.to_owned();
    for (position, name) in names.iter().enumerate() {
        person.push_str(if position == 0 { r#","name":["# } else { "," });
        write_string(name, &mut person);
    }
    if !names.is_empty() {
        person.push(']');
    }
    // The member is `"mbox":…`; its name has no colon.
    if let Some((name, value)) = agent.identifier.split_once(':') {
        person.push_str(&[",", name, ":[", value, "]"].concat());
    }
    person.push('}');
    person
}
