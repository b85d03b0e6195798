//! What the directory knows of an agent, of an activity, and of an agent in an activity. Every number can be taken back, since a
//! statement may be voided later.

use std::collections::BTreeMap;

use lrs_store::{StoreError, View, Views};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use xapi::Timestamp;

use super::facts::{ActivityFact, Facts};

/// Names of one agent that are kept: people change their names, machines invent them.
const NAMES_MAX: usize = 8;
/// Words of one agent or activity by which it is found.
pub(crate) const WORDS_MAX: usize = 64;
/// Parents of one activity.
const PARENTS_MAX: usize = 8;
/// Registrations of one agent in one activity that are told apart; more attempts are not counted.
const REGISTRATIONS_MAX: usize = 256;

const STARTS: [&str; 4] = [
    "http://adlnet.gov/expapi/verbs/attempted",
    "http://adlnet.gov/expapi/verbs/initialized",
    "http://adlnet.gov/expapi/verbs/launched",
    "http://activitystrea.ms/schema/1.0/start",
];
const COMPLETES: [&str; 2] =
    ["http://adlnet.gov/expapi/verbs/completed", "http://activitystrea.ms/schema/1.0/complete"];
const PASSES: [&str; 2] = ["http://adlnet.gov/expapi/verbs/passed", "http://adlnet.gov/expapi/verbs/mastered"];
const FAILS: [&str; 1] = ["http://adlnet.gov/expapi/verbs/failed"];

/// A record as the view keeps it: in few bytes, since there are as many as learners have activities.
pub(super) fn write_record(record: &impl Serialize) -> Vec<u8> {
    postcard::to_allocvec(record).expect("numbers, texts and lists are written into memory")
}

/// What [`write_record`] wrote.
pub(crate) fn read_record<R: DeserializeOwned>(bytes: &[u8]) -> Result<R, StoreError> {
    let corrupt =
        |error: postcard::Error| StoreError::Corrupt { place: "the directory".to_owned(), reason: error.to_string() };
    postcard::from_bytes(bytes).map_err(corrupt)
}

/// The records of these agents, activities or studies; nothing for those that there are not.
pub(crate) async fn read_records<K: Copy, R: DeserializeOwned>(
    views: &dyn Views,
    wanted: &[K],
    key: impl Fn(&K) -> Vec<u8>,
) -> Result<Vec<(K, R)>, StoreError> {
    let found = views.get(View::Directory, wanted.iter().map(key).collect()).await?;
    let records = wanted.iter().copied().zip(found).filter_map(|(key, bytes)| Some((key, bytes?)));
    records.map(|(key, bytes)| Ok((key, read_record(&bytes)?))).collect()
}

/// Places in a block, ascending, as the view keeps them: the distance of each to the one before.
pub(super) fn write_places(places: &[u16]) -> Vec<u8> {
    let before = std::iter::once(0).chain(places.iter().copied());
    write_record(&places.iter().zip(before).map(|(place, before)| place - before).collect::<Vec<u16>>())
}

/// What [`write_places`] wrote.
pub(super) fn read_places(bytes: &[u8]) -> Result<Vec<u16>, StoreError> {
    let mut places: Vec<u16> = read_record(bytes)?;
    let mut before = 0_u16;
    for place in &mut places {
        before = before.saturating_add(*place);
        *place = before;
    }
    Ok(places)
}

/// Whether a statement counts, or counts no longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sign {
    Add,
    TakeBack,
}

impl Sign {
    fn apply(self, count: &mut u64, by: u64) {
        *count = match self {
            Self::Add => count.saturating_add(by),
            Self::TakeBack => count.saturating_sub(by),
        };
    }

    /// Counts a key; one that counts nothing goes.
    fn count<K: Ord>(self, counts: &mut BTreeMap<K, u64>, key: K, keys_max: usize) {
        if self == Self::Add && counts.len() >= keys_max && !counts.contains_key(&key) {
            return;
        }
        let count = counts.entry(key).or_default();
        self.apply(count, 1);
        counts.retain(|_, count| *count > 0);
    }
}

/// An agent as the actor of statements.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct AgentRecord {
    /// [`xapi::Agent::key`]
    pub(crate) key: String,
    /// The newest last.
    pub(crate) names: Vec<String>,
    /// Its words in the index.
    pub(crate) words: Vec<String>,
    pub(crate) statements: u64,
    pub(crate) first: Option<i64>,
    pub(crate) last: Option<i64>,
}

impl AgentRecord {
    /// A name that statements give; the one used last counts most.
    pub(crate) fn learn_name(&mut self, name: &str) {
        if self.names.last().is_some_and(|last| last == name) {
            return;
        }
        self.names.retain(|known| known != name);
        if self.names.len() == NAMES_MAX {
            self.names.remove(0);
        }
        self.names.push(name.to_owned());
    }

    pub(crate) fn count(&mut self, sign: Sign) {
        sign.apply(&mut self.statements, 1);
    }
}

/// An activity as object of statements, or as context of them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct ActivityRecord {
    pub(crate) id: String,
    pub(crate) kind: Option<String>,
    /// Its words in the index.
    pub(crate) words: Vec<String>,
    /// Statements about it.
    pub(crate) statements: u64,
    /// Agents with statements about it.
    pub(crate) people: u64,
    pub(crate) last: Option<i64>,
    /// Ids of the activities above it.
    pub(crate) parents: Vec<String>,
    pub(crate) has_children: bool,
}

impl ActivityRecord {
    pub(crate) fn learn(&mut self, fact: &ActivityFact) {
        if self.id.is_empty() {
            self.id.clone_from(&fact.id);
        }
        if fact.kind.is_some() {
            self.kind.clone_from(&fact.kind);
        }
    }

    /// Whether this parent is news, and is added.
    pub(crate) fn add_parent(&mut self, parent: &str) -> bool {
        let is_new =
            parent != self.id && self.parents.len() < PARENTS_MAX && !self.parents.iter().any(|known| known == parent);
        if is_new {
            self.parents.push(parent.to_owned());
        }
        is_new
    }

    pub(crate) fn count(&mut self, sign: Sign) {
        sign.apply(&mut self.statements, 1);
    }
}

/// What one agent did in one activity.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct StudyRecord {
    pub(crate) statements: u64,
    registrations: BTreeMap<Uuid, u64>,
    starts: u64,
    /// Whole percent, and how often.
    scores: BTreeMap<i8, u64>,
    passed: u64,
    failed: u64,
    completed: u64,
    millis: u64,
    pub(crate) first: Option<i64>,
    pub(crate) last: Option<i64>,
}

/// How far somebody is with an activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StudyState {
    /// Statements, and nothing further.
    InProgress,
    /// Failed, and neither completed nor passed.
    Failed,
    /// Completed.
    Completed,
    /// Passed.
    Passed,
}

impl StudyRecord {
    /// Counts a statement about this activity, or takes it back.
    pub(crate) fn count(&mut self, facts: &Facts, sign: Sign) {
        sign.apply(&mut self.statements, 1);
        let is = |verbs: &[&str]| verbs.contains(&facts.verb.as_str());
        if let Some(registration) = facts.registration {
            sign.count(&mut self.registrations, registration, REGISTRATIONS_MAX);
        }
        if let Some(percent) = facts.result.score_percent {
            sign.count(&mut self.scores, whole_percent(percent), usize::MAX);
        }
        let conditions = [
            (is(&STARTS), &mut self.starts),
            (is(&PASSES) || facts.result.success == Some(true), &mut self.passed),
            (is(&FAILS) || facts.result.success == Some(false), &mut self.failed),
            (is(&COMPLETES) || facts.result.completion == Some(true), &mut self.completed),
        ];
        for (holds, count) in conditions {
            if holds {
                sign.apply(count, 1);
            }
        }
        if let Some(seconds) = facts.result.seconds {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "durations are not negative; a cast saturates"
            )]
            sign.apply(&mut self.millis, (seconds * 1000.0) as u64);
        }
        if sign == Sign::Add {
            self.first = Some(earlier(self.first, facts.when));
            self.last = later(self.last, facts.when);
        }
    }

    /// Adds what the same person did under another identifier.
    pub(crate) fn merge(&mut self, other: Self) {
        self.statements += other.statements;
        self.registrations.extend(other.registrations);
        self.starts += other.starts;
        for (percent, count) in other.scores {
            *self.scores.entry(percent).or_default() += count;
        }
        self.passed += other.passed;
        self.failed += other.failed;
        self.completed += other.completed;
        self.millis += other.millis;
        self.first = [self.first, other.first].into_iter().flatten().min();
        self.last = self.last.max(other.last);
    }

    /// Distinct registrations; without any, how often it was begun, and at least once.
    pub(crate) fn attempts(&self) -> u64 {
        if self.registrations.is_empty() { self.starts.max(1) } else { self.registrations.len() as u64 }
    }

    pub(crate) fn best_score_percent(&self) -> Option<i8> {
        self.scores.last_key_value().map(|(percent, _)| *percent)
    }

    pub(crate) fn state(&self) -> StudyState {
        if self.passed > 0 {
            StudyState::Passed
        } else if self.completed > 0 {
            StudyState::Completed
        } else if self.failed > 0 {
            StudyState::Failed
        } else {
            StudyState::InProgress
        }
    }

    /// The durations that statements told, added up.
    pub(crate) fn seconds(&self) -> u64 {
        self.millis / 1000
    }
}

/// A score in whole percent, as the index has it.
#[expect(clippy::cast_possible_truncation, reason = "from -100 to 100")]
pub(crate) fn whole_percent(percent: f64) -> i8 {
    percent.round() as i8
}

/// The earlier of two instants.
pub(crate) fn earlier(known: Option<i64>, when: Timestamp) -> i64 {
    known.map_or(when.0, |known| known.min(when.0))
}

/// The later of two instants.
pub(crate) fn later(known: Option<i64>, when: Timestamp) -> Option<i64> {
    known.max(Some(when.0))
}
