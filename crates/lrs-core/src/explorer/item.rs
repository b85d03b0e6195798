//! A statement as the app shows it: who did what, with which result, in the reader's language.

use std::collections::HashMap;

use lrs_store::{Store, StoreError, StoredStatement};
use serde::Serialize;
use xapi::{Agent, Format, Json, LanguagePreferences, Version};

use crate::directory::{ResultFact, read_result};
use crate::identities::{PersonId, find_known_by};
use crate::{StatementReader, directory};

/// Longer texts of statements are cut; the raw statement has all of it.
const TEXT_CHARS_MAX: usize = 500;
/// Attachments of one statement that are listed.
const ATTACHMENTS_MAX: usize = 50;

/// A statement, ready to become a sentence.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct StatementItem {
    /// Its place in the log.
    pub seq: u64,
    /// Its id.
    pub id: String,
    /// When it was stored.
    pub stored: String,
    /// When it happened, as it says.
    pub timestamp: String,
    /// Who.
    pub actor: ActorItem,
    /// Did.
    pub verb: VerbItem,
    /// What.
    pub object: ObjectItem,
    /// With which result, if it has one.
    pub result: Option<ResultItem>,
    /// Whether another statement voids it.
    pub voided: bool,
    /// What came with it.
    pub attachments: Vec<AttachmentItem>,
    /// Who vouches for it.
    pub authority: AuthorityItem,
}

/// An actor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ActorItem {
    /// A name for people; never empty.
    pub name: String,
    /// Its identifier, if it has one.
    pub key: Option<String>,
    /// The person, if it is not an anonymous group.
    pub person: Option<String>,
}

/// A verb.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct VerbItem {
    /// Its IRI.
    pub id: String,
    /// In the reader's language, else the end of its IRI.
    pub display: String,
}

/// An object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ObjectItem {
    /// What it is.
    pub kind: ObjectKind,
    /// Activity id, statement id, or identifier of an agent.
    pub id: Option<String>,
    /// In the reader's language, else the end of its id; never empty.
    pub name: String,
    /// The type of an activity (IRI).
    #[serde(rename = "type")]
    pub activity_type: Option<String>,
}

/// What the object of a statement can be (Data 2.4.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ObjectKind {
    /// An activity.
    Activity,
    /// An agent.
    Agent,
    /// A group.
    Group,
    /// Another statement.
    StatementRef,
    /// A statement inside this one.
    SubStatement,
}

/// A result.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct ResultItem {
    /// From −100 to 100: the scaled score, or where the raw one lies between its bounds.
    pub score_percent: Option<f64>,
    /// Whether it succeeded.
    pub success: Option<bool>,
    /// Whether it was completed.
    pub completion: Option<bool>,
    /// How long it took.
    pub duration_seconds: Option<f64>,
    /// What was answered.
    pub response: Option<String>,
}

/// An attachment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct AttachmentItem {
    /// Its SHA-2.
    pub sha2: String,
    /// Its media type.
    pub content_type: String,
    /// How many bytes, as the statement says.
    pub length: u64,
    /// Its name in the reader's language.
    pub display: String,
}

/// An authority.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct AuthorityItem {
    /// A name for people.
    pub name: String,
}

/// Statements as items, with names in the reader's languages. `voided` tells of all of them.
pub(super) async fn read_items(
    store: &std::sync::Arc<dyn Store>,
    statements: Vec<StoredStatement>,
    languages: &LanguagePreferences,
    voided: bool,
) -> Result<Vec<StatementItem>, StoreError> {
    let reader = StatementReader { store: std::sync::Arc::clone(store), only_authority: None, hide_v2: false };
    let places: Vec<_> = statements.iter().map(|it| (it.seq, it.id, it.stored)).collect();
    let bodies = reader.render(statements, Format::Canonical, languages, Version::V2_0_0).await?;
    let mut items: Vec<StatementItem> = Vec::with_capacity(bodies.len());
    for ((seq, id, stored), body) in places.into_iter().zip(&bodies) {
        let parsed = Json::parse(body);
        let Ok(json) = &parsed else { continue };
        items.push(StatementItem {
            seq: seq.0,
            id: id.to_string(),
            stored: stored.to_string(),
            timestamp: text(json, "timestamp").map_or_else(|| stored.to_string(), str::to_owned),
            actor: read_actor(json.get("actor")),
            verb: read_verb(json.get("verb")),
            object: read_object(json.get("object")),
            result: json.get("result").map(read_result_item),
            voided,
            attachments: read_attachments(json),
            authority: AuthorityItem { name: read_actor(json.get("authority")).name },
        });
    }
    name_people(&**store, &mut items).await?;
    Ok(items)
}

/// The person of each actor.
async fn name_people(store: &dyn Store, items: &mut [StatementItem]) -> Result<(), StoreError> {
    let mut agents: Vec<String> = items.iter().filter_map(|item| item.actor.key.clone()).collect();
    agents.sort_unstable();
    agents.dedup();
    let known_by: HashMap<String, String> = find_known_by(store, &agents).await?;
    for item in items {
        item.actor.person =
            item.actor.key.as_ref().map(|key| PersonId::of(known_by.get(key).unwrap_or(key)).to_string());
    }
    Ok(())
}

fn text<'a>(json: &'a Json<'_>, name: &str) -> Option<&'a str> {
    json.get(name).and_then(Json::as_str)
}

fn cut(text: &str) -> String {
    text.chars().take(TEXT_CHARS_MAX).collect()
}

/// The only entry of a language map, as canonical formatting leaves it, unless it is blank.
fn display(map: Option<&Json<'_>>) -> Option<String> {
    let (_, text) = map?.as_object()?.first()?;
    text.as_str().map(str::trim).filter(|text| !text.is_empty()).map(cut)
}

/// The last part of an IRI that says anything.
fn end_of(id: &str) -> String {
    let end = id.trim_end_matches(['/', '#']).rsplit(['/', '#', ':']).next().filter(|end| !end.is_empty());
    cut(end.unwrap_or(id))
}

fn read_actor(actor: Option<&Json<'_>>) -> ActorItem {
    let agent = actor.and_then(Agent::from_json);
    let key = agent.as_ref().map(|agent| agent.key().to_owned());
    let given = actor.and_then(|actor| text(actor, "name")).map(str::trim).filter(|name| !name.is_empty());
    let name = match (given, &key) {
        (Some(name), _) => cut(name),
        (None, Some(key)) => cut(directory::identifier_text(key)),
        (None, None) => {
            let members = actor.and_then(|actor| actor.get("member")).and_then(Json::as_array).unwrap_or_default();
            let names: Vec<String> = members.iter().take(5).map(|member| read_actor(Some(member)).name).collect();
            if names.is_empty() { "?".to_owned() } else { cut(&names.join(", ")) }
        }
    };
    ActorItem { name, key, person: None }
}

fn read_verb(verb: Option<&Json<'_>>) -> VerbItem {
    let id = verb.and_then(|verb| text(verb, "id")).unwrap_or_default();
    let shown = display(verb.and_then(|verb| verb.get("display")));
    VerbItem { id: id.to_owned(), display: shown.unwrap_or_else(|| end_of(id)) }
}

fn read_object(object: Option<&Json<'_>>) -> ObjectItem {
    let id = object.and_then(|object| text(object, "id"));
    let (kind, id, name) = match object.and_then(|object| text(object, "objectType")) {
        Some(kind @ ("Agent" | "Group")) => {
            let actor = read_actor(object);
            (if kind == "Agent" { ObjectKind::Agent } else { ObjectKind::Group }, actor.key, actor.name)
        }
        Some("StatementRef") => (ObjectKind::StatementRef, id.map(str::to_owned), id.unwrap_or("?").to_owned()),
        Some("SubStatement") => {
            let part = |name| object.and_then(|object| object.get(name));
            let inner = read_object(part("object"));
            let sentence = [read_actor(part("actor")).name, read_verb(part("verb")).display, inner.name].join(" ");
            (ObjectKind::SubStatement, inner.id, cut(&sentence))
        }
        _ => {
            let definition = object.and_then(|object| object.get("definition"));
            let name = display(definition.and_then(|definition| definition.get("name")));
            let name = name.unwrap_or_else(|| end_of(id.unwrap_or("?")));
            (ObjectKind::Activity, id.map(str::to_owned), name)
        }
    };
    let definition = object.and_then(|object| object.get("definition"));
    ObjectItem { kind, id, name, activity_type: definition.and_then(|it| text(it, "type")).map(str::to_owned) }
}

fn read_result_item(result: &Json<'_>) -> ResultItem {
    let ResultFact { score_percent, success, completion, seconds } = read_result(result);
    let response = text(result, "response").map(cut);
    ResultItem { score_percent, success, completion, duration_seconds: seconds, response }
}

fn read_attachments(json: &Json<'_>) -> Vec<AttachmentItem> {
    let attachments = json.get("attachments").and_then(Json::as_array).unwrap_or_default();
    let read = |attachment: &Json<'_>| {
        let length = attachment.get("length").and_then(|length| length.text().parse().ok());
        Some(AttachmentItem {
            sha2: text(attachment, "sha2")?.to_ascii_lowercase(),
            content_type: text(attachment, "contentType")?.to_owned(),
            length: length.unwrap_or(0),
            display: display(attachment.get("display")).unwrap_or_else(|| "?".to_owned()),
        })
    };
    attachments.iter().take(ATTACHMENTS_MAX).filter_map(read).collect()
}
