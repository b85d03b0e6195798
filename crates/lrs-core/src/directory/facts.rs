//! What a statement says about people, activities and learning, as the directory counts it.

use std::collections::BTreeSet;
use std::sync::Arc;

use lrs_store::{Seq, StoredStatement};
use uuid::Uuid;
use xapi::{Agent, Json, JsonValue, StatementId, Timestamp, Version};

use super::keys::{Hash, hash};
use crate::text::KnownTexts;

/// Members of a group that are counted as its people.
const MEMBERS_MAX: usize = 100;
/// Context activities of one kind that are looked at.
const CONTEXT_ACTIVITIES_MAX: usize = 8;
/// Words by which a statement is found; a letter of that length is found by its beginning.
const WORDS_MAX: usize = 400;

/// A person, as a statement names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PersonFact {
    /// [`Agent::key`]
    pub(crate) key: String,
    /// Of the key.
    pub(crate) hash: Hash,
    pub(crate) name: Option<String>,
}

/// An activity, as a statement names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ActivityFact {
    pub(crate) id: String,
    /// Of the id.
    pub(crate) hash: Hash,
    pub(crate) kind: Option<String>,
    /// Its name in each language that the statement knows.
    pub(crate) names: Vec<String>,
}

/// One statement.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Facts {
    pub(crate) seq: Seq,
    pub(crate) id: StatementId,
    /// When it happened, but not after it was stored: clocks of devices run ahead.
    pub(crate) when: Timestamp,
    pub(crate) people: Vec<PersonFact>,
    pub(crate) verb: String,
    pub(crate) activity: Option<ActivityFact>,
    pub(crate) parents: Vec<ActivityFact>,
    pub(crate) groupings: Vec<ActivityFact>,
    pub(crate) registration: Option<Uuid>,
    pub(crate) result: ResultFact,
    pub(crate) words: BTreeSet<Arc<str>>,
    pub(crate) voids: Option<StatementId>,
}

/// The result of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct ResultFact {
    /// From −100 to 100.
    pub(crate) score_percent: Option<f64>,
    pub(crate) success: Option<bool>,
    pub(crate) completion: Option<bool>,
    pub(crate) seconds: Option<f64>,
}

impl Facts {
    /// Reads a stored statement.
    pub(crate) fn read(stored: &StoredStatement) -> Self {
        Self::read_with(stored, &mut KnownTexts::default())
    }

    /// The same, one of many.
    pub(super) fn read_with(stored: &StoredStatement, texts: &mut KnownTexts) -> Self {
        let parsed = Json::parse(&stored.body);
        let nothing = Json::parse(b"{}").expect("an empty object is JSON");
        let json = parsed.as_ref().unwrap_or(&nothing);
        let context = json.get("context");
        let object = json.get("object");
        let kind = object.and_then(|object| object.get("objectType")).and_then(Json::as_str).unwrap_or("Activity");
        let verb = json.get("verb").and_then(|verb| verb.get("id")).and_then(Json::as_str).unwrap_or_default();
        let target = object.filter(|_| kind == "StatementRef").and_then(|object| object.get("id"));
        let when = json.get("timestamp").and_then(Json::as_str);
        let when = when.and_then(|text| Timestamp::parse(text, Version::V1_0_3)).unwrap_or(stored.stored);
        let registration = context.and_then(|context| context.get("registration")).and_then(Json::as_str);
        Self {
            seq: stored.seq,
            id: stored.id,
            when: when.min(stored.stored),
            people: json.get("actor").map(read_people).unwrap_or_default(),
            verb: verb.to_owned(),
            activity: object.filter(|_| kind == "Activity").and_then(read_activity),
            parents: read_context_activities(context, "parent"),
            groupings: read_context_activities(context, "grouping"),
            registration: registration.and_then(|text| Uuid::parse_str(text).ok()),
            result: json.get("result").map(read_result).unwrap_or_default(),
            words: words_of(json, texts),
            voids: target
                .filter(|_| verb == "http://adlnet.gov/expapi/verbs/voided")
                .and_then(Json::as_str)
                .and_then(StatementId::parse),
        }
    }
}

fn read_people(actor: &Json<'_>) -> Vec<PersonFact> {
    let read = |json: &Json<'_>| {
        let agent = Agent::from_json(json)?;
        Some(PersonFact { key: agent.key().to_owned(), hash: hash(agent.key()), name: agent.name().map(str::to_owned) })
    };
    if actor.get("objectType").and_then(Json::as_str) == Some("Group") {
        let members = actor.get("member").and_then(Json::as_array).unwrap_or_default();
        let mut people: Vec<PersonFact> = members.iter().take(MEMBERS_MAX).filter_map(read).collect();
        people.sort_by(|one, other| one.key.cmp(&other.key));
        people.dedup_by(|one, other| one.key == other.key);
        return people;
    }
    read(actor).into_iter().collect()
}

fn read_activity(json: &Json<'_>) -> Option<ActivityFact> {
    let definition = json.get("definition");
    let kind = definition.and_then(|definition| definition.get("type")).and_then(Json::as_str);
    let names = definition.and_then(|definition| definition.get("name")).and_then(Json::as_object).unwrap_or_default();
    let id = json.get("id")?.as_str()?;
    Some(ActivityFact {
        id: id.to_owned(),
        hash: hash(id),
        kind: kind.map(str::to_owned),
        names: names.iter().filter_map(|(_, name)| name.as_str()).map(str::to_owned).collect(),
    })
}

fn read_context_activities(context: Option<&Json<'_>>, kind: &str) -> Vec<ActivityFact> {
    let activities = context.and_then(|context| context.get("contextActivities")).and_then(|all| all.get(kind));
    let Some(activities) = activities else { return Vec::new() };
    let list = activities.as_array().unwrap_or(std::slice::from_ref(activities));
    list.iter().take(CONTEXT_ACTIVITIES_MAX).filter_map(read_activity).collect()
}

/// Reads a `result`.
pub(crate) fn read_result(result: &Json<'_>) -> ResultFact {
    let score = result.get("score");
    let number = |name| score.and_then(|score| score.get(name)).and_then(Json::as_f64);
    let (least, most) = (number("min").unwrap_or(0.0), number("max"));
    let of_range = |raw: f64| most.filter(|most| *most > least).map(|most| (raw - least) / (most - least));
    let scaled = number("scaled").or_else(|| number("raw").and_then(of_range));
    let truth = |name| result.get(name).and_then(Json::as_bool);
    let duration = result.get("duration").and_then(Json::as_str);
    let duration = duration.and_then(|text| xapi::Duration::parse(text, Version::V1_0_3));
    ResultFact {
        score_percent: scaled.map(|scaled| (scaled * 100.0).clamp(-100.0, 100.0)),
        success: truth("success"),
        completion: truth("completion"),
        seconds: duration.map(|duration| duration.seconds()),
    }
}

/// Every word that a person may remember: texts, names, and the last part of ids that are IRIs.
fn words_of(statement: &Json<'_>, texts: &mut KnownTexts) -> BTreeSet<Arc<str>> {
    let mut found = BTreeSet::new();
    for (name, value) in statement.as_object().unwrap_or_default() {
        if !matches!(&**name, "id" | "timestamp" | "stored" | "version" | "authority") {
            collect_words(value, texts, &mut found);
        }
    }
    found
}

fn collect_words(json: &Json<'_>, texts: &mut KnownTexts, found: &mut BTreeSet<Arc<str>>) {
    if found.len() >= WORDS_MAX {
        return;
    }
    match json.value() {
        JsonValue::String(text) => {
            let text = match text.split_once("://") {
                Some((_, rest)) => rest.trim_end_matches('/').rsplit(['/', '#']).next().unwrap_or_default(),
                None => text.strip_prefix("mailto:").unwrap_or(text),
            };
            found.extend(texts.words(text).iter().take(WORDS_MAX - found.len()).cloned());
        }
        JsonValue::Array(elements) => elements.iter().for_each(|element| collect_words(element, texts, found)),
        JsonValue::Object(members) => {
            for (name, value) in members {
                // Neither numbers of machines nor words that every statement has.
                if !matches!(
                    &**name,
                    "objectType" | "sha2" | "registration" | "duration" | "mbox_sha1sum" | "correctResponsesPattern"
                ) {
                    collect_words(value, texts, found);
                }
            }
        }
        JsonValue::Null | JsonValue::Bool(_) | JsonValue::Number => {}
    }
}
