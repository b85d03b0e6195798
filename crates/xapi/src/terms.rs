//! What a statement can be found by: the index entries that a store keeps for it.

use crate::agent::{is_group_key, read_agent_key};
use crate::ids::parse_uuid;
use crate::validate::{is_group, read_activity_id};
use crate::{AttachmentRef, Json, StatementId};

/// The query parameter that an index entry answers (Communication 2.1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Index {
    /// `agent`: the actor, the object when it is an agent or group, and the members of these groups.
    Agent = 0,
    /// What `related_agents` adds to [`Index::Agent`]: authority, instructor, team, contextAgents, contextGroups and the
    /// same places of a sub-statement, with the members of groups. An agent already under `Agent` is not repeated.
    RelatedAgent = 1,
    /// `verb`: the verb's id.
    Verb = 2,
    /// `activity`: the object's id when it is an activity.
    Activity = 3,
    /// What `related_activities` adds to [`Index::Activity`]: context activities, and the same places of a sub-statement.
    /// An activity already under `Activity` is not repeated.
    RelatedActivity = 4,
    /// `registration`: the hyphenated lower-case UUID.
    Registration = 5,
    /// The authority by its [`authority_key`](crate::authority_key), for keys that may read only their own statements
    /// (`statements/read/mine`).
    Authority = 6,
}

/// One index entry of a statement. A statement's terms are distinct.
///
/// ```
/// use xapi::{Index, Term, Version, parse_statements};
/// let body = br#"{"actor":{"mbox":"mailto:a@b.c"},"verb":{"id":"urn:x:read"},"object":{"id":"urn:x:book"}}"#;
/// let terms = &parse_statements(body, Version::V2_0_0).unwrap().0[0].terms;
/// assert!(terms.contains(&Term { index: Index::Activity, text: "urn:x:book".to_owned() }));
/// assert_eq!(terms.len(), 3);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Term {
    /// Which parameter it answers.
    pub index: Index,
    /// Whom or what: an [`Agent::key`](crate::Agent::key), an IRI, or a UUID.
    pub text: String,
}

/// What a valid statement tells about itself, about activities and about people.
#[derive(Default)]
pub(crate) struct Learned {
    pub(crate) terms: Vec<Term>,
    pub(crate) target: Option<StatementId>,
    pub(crate) attachments: Vec<AttachmentRef>,
    pub(crate) definitions: Vec<(String, String)>,
    pub(crate) names: Vec<(String, String)>,
}

/// Reads all of it from a valid statement, except what concerns its authority.
pub(crate) fn learn(statement: &Json<'_>) -> Learned {
    let mut learned = Learned::default();
    if let Some(verb) = statement.get("verb").and_then(|verb| verb.get("id")).and_then(Json::as_str) {
        learned.push(Index::Verb, verb.to_owned());
    }
    let registration = statement.get("context").and_then(|context| context.get("registration"));
    if let Some(registration) = registration.and_then(Json::as_str).and_then(parse_uuid) {
        learned.push(Index::Registration, registration.hyphenated().to_string());
    }
    learned.read_statement(statement, Index::Agent, Index::Activity, "");
    learned.terms = distinct(std::mem::take(&mut learned.terms));
    learned
}

/// The terms that an authority adds to those of its statement: what it is found by, and the agent that it is or those in its
/// group.
pub(crate) fn with_authority(mut terms: Vec<Term>, authority: &str, key: &str) -> Vec<Term> {
    if is_group_key(key) {
        let json = Json::parse(authority.as_bytes()).ok();
        let members = json.as_ref().and_then(|json| json.get("member")).and_then(Json::as_array).unwrap_or_default();
        let keys = members.iter().filter_map(read_agent_key);
        terms.extend(keys.map(|text| Term { index: Index::RelatedAgent, text }));
    } else {
        terms.push(Term { index: Index::RelatedAgent, text: key.to_owned() });
    }
    terms.push(Term { index: Index::Authority, text: key.to_owned() });
    distinct(terms)
}

/// Sorted and distinct; what stands under `Agent` or `Activity` is not repeated under the related index.
fn distinct(mut terms: Vec<Term>) -> Vec<Term> {
    terms.sort_unstable();
    terms.dedup();
    let repeated: Vec<bool> = terms
        .iter()
        .map(|term| {
            let narrow = match term.index {
                Index::RelatedAgent => Index::Agent,
                Index::RelatedActivity => Index::Activity,
                _ => return false,
            };
            terms.binary_search_by(|other| (other.index, other.text.as_str()).cmp(&(narrow, &term.text))).is_ok()
        })
        .collect();
    let mut repeated = repeated.into_iter();
    terms.retain(|_| !repeated.next().unwrap_or(false));
    terms
}

impl Learned {
    fn push(&mut self, index: Index, text: String) {
        self.terms.push(Term { index, text });
    }

    /// A statement or, with the related indexes, a sub-statement at `pointer`.
    fn read_statement(&mut self, json: &Json<'_>, agents: Index, activities: Index, pointer: &str) {
        for (name, value) in json.as_object().unwrap_or_default() {
            match &**name {
                "actor" => self.read_actor(value, agents),
                "object" => self.read_object(value, agents, activities),
                "context" => self.read_context(value),
                "attachments" => self.read_attachments(value, pointer),
                _ => {}
            }
        }
    }

    fn read_object(&mut self, json: &Json<'_>, agents: Index, activities: Index) {
        match json.get("objectType").and_then(Json::as_str) {
            Some("Agent" | "Group") => self.read_actor(json, agents),
            Some("SubStatement") => {
                self.read_statement(json, Index::RelatedAgent, Index::RelatedActivity, "/object");
            }
            // Only the statement's own object makes it refer to another; that of a sub-statement does not.
            Some("StatementRef") if agents == Index::Agent => {
                self.target = json.get("id").and_then(Json::as_str).and_then(StatementId::parse);
            }
            _ => self.read_activity(json, activities),
        }
    }

    fn read_context(&mut self, json: &Json<'_>) {
        for (name, value) in json.as_object().unwrap_or_default() {
            match &**name {
                "instructor" | "team" => self.read_actor(value, Index::RelatedAgent),
                "contextAgents" | "contextGroups" => {
                    for element in value.as_array().unwrap_or_default() {
                        if let Some(actor) = element.get("agent").or_else(|| element.get("group")) {
                            self.read_actor(actor, Index::RelatedAgent);
                        }
                    }
                }
                "contextActivities" => {
                    for (_, activities) in value.as_object().unwrap_or_default() {
                        for activity in activities.as_array().unwrap_or(std::slice::from_ref(activities)) {
                            self.read_activity(activity, Index::RelatedActivity);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn read_actor(&mut self, json: &Json<'_>, index: Index) {
        if let Some(key) = read_agent_key(json) {
            if let Some(name) = json.get("name").and_then(Json::as_str) {
                self.names.push((key.clone(), name.to_owned()));
            }
            self.push(index, key);
        }
        if is_group(json) {
            for member in json.get("member").and_then(Json::as_array).unwrap_or_default() {
                self.read_actor(member, index);
            }
        }
    }

    fn read_activity(&mut self, json: &Json<'_>, index: Index) {
        let Some(id) = read_activity_id(json) else { return };
        self.push(index, id.to_owned());
        if let Some(definition) = json.get("definition") {
            let mut text = String::with_capacity(definition.text().len());
            definition.write_compact(&mut text);
            self.definitions.push((id.to_owned(), text));
        }
    }

    fn read_attachments(&mut self, json: &Json<'_>, pointer: &str) {
        for (position, attachment) in json.as_array().unwrap_or_default().iter().enumerate() {
            let text = |name| attachment.get(name).and_then(Json::as_str).unwrap_or_default();
            self.attachments.push(AttachmentRef {
                sha2: text("sha2").to_ascii_lowercase(),
                usage_type: text("usageType").to_owned(),
                content_type: text("contentType").to_owned(),
                has_file_url: attachment.get("fileUrl").is_some(),
                pointer: format!("{pointer}/attachments/{position}"),
            });
        }
    }
}
