//! One step of the directory along the log: what some statements change in the view.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use lrs_store::{Seq, StoreError, View, ViewChange, Views};
use uuid::Uuid;
use xapi::Timestamp;

use super::facts::{ActivityFact, Facts};
use super::keys::{self, Hash, ROOT, hash};
use super::postings::Postings;
use super::records::{
    ActivityRecord, AgentRecord, Sign, StudyRecord, WORDS_MAX, earlier, later, read_records, write_record,
};
use crate::text::{KnownTexts, grams};

/// Statements of one step while the log goes on: whole blocks, whose lists are written once and never read. More would save little, and
/// each is some kilobytes of memory.
const STATEMENTS_MAX: u64 = 4 * keys::BLOCK;
/// About how many bytes a step may hold, whatever the statements are.
const STEP_BYTES_MAX: usize = 8 << 20;
/// About what an entry of each kind takes in memory.
const AGENT_BYTES: usize = 500;
const ACTIVITY_BYTES: usize = 500;
const STUDY_BYTES: usize = 300;
const MARK_BYTES: usize = 120;

/// What some statements in a row change in the view: gathered in memory, so that each entry is written once.
pub(super) struct Step {
    from: Seq,
    to: Seq,
    agents: BTreeMap<Hash, AgentRecord>,
    activities: BTreeMap<Hash, ActivityRecord>,
    studies: BTreeMap<(Hash, Hash), StudyRecord>,
    postings: Postings,
    voided: HashMap<Uuid, Uuid>,
    marks: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
}

/// Statements that other statements void, as they are in the log.
pub(super) type Targets = HashMap<Uuid, Facts>;

impl Step {
    /// One that begins at the view's position.
    pub(super) fn behind(from: Seq) -> Self {
        Self {
            from,
            to: from,
            agents: BTreeMap::new(),
            activities: BTreeMap::new(),
            studies: BTreeMap::new(),
            postings: Postings::behind(from),
            voided: HashMap::new(),
            marks: BTreeMap::new(),
        }
    }

    /// Up to where it has come.
    pub(super) fn position(&self) -> Seq {
        self.to
    }

    /// Whether nothing was applied.
    pub(super) fn is_empty(&self) -> bool {
        self.from == self.to
    }

    /// Whether it is time to write it.
    pub(super) fn is_full(&self) -> bool {
        let size_bytes = self.agents.len() * AGENT_BYTES
            + self.activities.len() * ACTIVITY_BYTES
            + self.studies.len() * STUDY_BYTES
            + self.marks.len() * MARK_BYTES
            + self.postings.size_bytes();
        let (first, _) = keys::block_of(Seq(self.from.0 + 1));
        let end = first * keys::BLOCK + STATEMENTS_MAX;
        self.to.0 + 1 >= end || size_bytes >= STEP_BYTES_MAX
    }

    /// Reads all that the statements will touch and that is not known yet.
    pub(super) async fn load(&mut self, views: &dyn Views, log: &[Facts], targets: &Targets) -> Result<(), StoreError> {
        let mut touched = Touched::default();
        for facts in log.iter().chain(targets.values()) {
            touched.add(facts);
        }
        for facts in log {
            touched.voided.insert(facts.id.0);
            touched.voided.extend(facts.voids.map(|target| target.0));
        }
        let agents = unknown(touched.agents, &self.agents);
        self.agents.extend(read_records(views, &agents, keys::agent).await?);
        let activities = unknown(touched.activities, &self.activities);
        self.activities.extend(read_records(views, &activities, keys::activity).await?);
        let studies = unknown(touched.studies, &self.studies);
        let study = |(agent, activity): &(Hash, Hash)| keys::study(agent, activity);
        self.studies.extend(read_records(views, &studies, study).await?);
        self.postings.load(views, log).await?;
        let voided: Vec<Uuid> = touched.voided.into_iter().filter(|id| !self.voided.contains_key(id)).collect();
        let found = views.get(View::Directory, voided.iter().map(|id| keys::voided(*id)).collect()).await?;
        for (id, voiding) in voided.into_iter().zip(found) {
            if let Some(voiding) = voiding.and_then(|bytes| Uuid::from_slice(&bytes).ok()) {
                self.voided.insert(id, voiding);
            }
        }
        Ok(())
    }

    /// Applies statements in the order of the log.
    pub(super) fn apply(&mut self, log: &[Facts], targets: &Targets, texts: &mut KnownTexts) {
        for facts in log {
            self.to = facts.seq;
            self.postings.add(facts);
            if !self.voided.contains_key(&facts.id.0) {
                self.count(facts, Sign::Add, texts);
            }
            let Some(target) = facts.voids.map(|target| target.0) else { continue };
            if self.voided.contains_key(&target) {
                continue;
            }
            self.voided.insert(target, facts.id.0);
            self.marks.insert(keys::voided(target), Some(facts.id.0.as_bytes().to_vec()));
            // One that comes later is never counted.
            if let Some(target) = targets.get(&target).filter(|target| target.seq < facts.seq) {
                self.count(target, Sign::TakeBack, texts);
            }
        }
    }

    /// What becomes of the view, at its new position.
    pub(super) fn into_change(self) -> ViewChange {
        let mut change = ViewChange { step: Some((self.from, self.to)), ..ViewChange::default() };
        for (key, value) in self.marks {
            match value {
                Some(value) => change.puts.push((key, value)),
                None => change.removes.push(key),
            }
        }
        change.puts.extend(self.agents.iter().map(|(agent, record)| (keys::agent(agent), write_record(record))));
        change
            .puts
            .extend(self.activities.iter().map(|(activity, record)| (keys::activity(activity), write_record(record))));
        let studies = self.studies.iter();
        change
            .puts
            .extend(studies.map(|((agent, activity), record)| (keys::study(agent, activity), write_record(record))));
        change.puts.extend(self.postings.into_entries());
        change
    }

    fn count(&mut self, facts: &Facts, sign: Sign, texts: &mut KnownTexts) {
        for person in &facts.people {
            let agent = person.hash;
            let record = self.agents.entry(agent).or_default();
            record.key.clone_from(&person.key);
            record.count(sign);
            if sign == Sign::Add {
                if let Some(name) = &person.name {
                    record.learn_name(name);
                }
                let known = record.last;
                record.last = later(known, facts.when);
                record.first = Some(earlier(record.first, facts.when));
                let told = person.name.iter().map(String::as_str).chain([identifier_text(&person.key)]);
                let news = learn_words(&mut record.words, told, texts);
                let last = record.last;
                self.move_mark(known, last, |last| keys::agent_seen(last, &agent));
                for word in news {
                    self.mark(keys::agent_word(&word, &agent));
                    for gram in grams(&word) {
                        self.mark(keys::agent_gram(&gram, &agent));
                    }
                }
            }
            if let Some(activity) = &facts.activity {
                let study = self.studies.entry((agent, activity.hash)).or_default();
                let before = study.statements;
                study.count(facts, sign);
                let people = &mut self.activities.entry(activity.hash).or_default().people;
                match (before, study.statements) {
                    (0, 1..) => *people += 1,
                    (1.., 0) => *people = people.saturating_sub(1),
                    _ => {}
                }
            }
        }
        match sign {
            Sign::Add => self.place_activities(facts, texts),
            Sign::TakeBack => {
                if let Some(activity) = &facts.activity {
                    self.activities.entry(activity.hash).or_default().count(sign);
                }
            }
        }
    }

    /// The tree: the object below its parents, or else below its groupings; parents below groupings.
    fn place_activities(&mut self, facts: &Facts, texts: &mut KnownTexts) {
        let above = if facts.parents.is_empty() { &facts.groupings } else { &facts.parents };
        for grouping in &facts.groupings {
            self.use_activity(grouping, &[], facts.when, texts);
        }
        for parent in &facts.parents {
            self.use_activity(parent, &facts.groupings, facts.when, texts);
        }
        if let Some(activity) = &facts.activity {
            self.use_activity(activity, above, facts.when, texts);
            self.activities.entry(activity.hash).or_default().count(Sign::Add);
        }
    }

    fn use_activity(&mut self, fact: &ActivityFact, above: &[ActivityFact], when: Timestamp, texts: &mut KnownTexts) {
        let activity = fact.hash;
        let mut record = self.activities.remove(&activity).unwrap_or_default();
        record.learn(fact);
        let (known, was_root) = (record.last, record.parents.is_empty());
        record.last = later(known, when);
        let told = fact.names.iter().map(String::as_str).chain([tail_of(&fact.id)]);
        let news = learn_words(&mut record.words, told, texts);
        let mut added = Vec::new();
        for parent in above {
            let parent_record = self.activities.entry(parent.hash).or_default();
            // Two that name each other as parent stay where the first one put them.
            if !parent_record.parents.contains(&fact.id) && record.add_parent(&parent.id) {
                parent_record.has_children = true;
                added.push(parent.hash);
            }
        }
        if was_root && !record.parents.is_empty() {
            known.inspect(|known| self.unmark(keys::child(&ROOT, Timestamp(*known), &activity)));
        }
        let places: Vec<Hash> = record.parents.iter().map(|parent| hash(parent)).collect();
        for place in if places.is_empty() { vec![ROOT] } else { places } {
            let known = if added.contains(&place) { None } else { known };
            self.move_mark(known, record.last, |last| keys::child(&place, last, &activity));
        }
        for word in &news {
            self.mark(keys::activity_word(word, &activity));
        }
        self.activities.insert(activity, record);
    }

    /// Moves a mark that sorts by an instant.
    fn move_mark(&mut self, known: Option<i64>, now: Option<i64>, key: impl Fn(Timestamp) -> Vec<u8>) {
        if known == now {
            return;
        }
        known.inspect(|known| self.unmark(key(Timestamp(*known))));
        now.inspect(|now| self.mark(key(Timestamp(*now))));
    }

    fn mark(&mut self, key: Vec<u8>) {
        self.marks.insert(key, Some(Vec::new()));
    }

    fn unmark(&mut self, key: Vec<u8>) {
        self.marks.insert(key, None);
    }
}

/// What statements touch.
#[derive(Default)]
struct Touched {
    agents: BTreeSet<Hash>,
    activities: BTreeSet<Hash>,
    studies: BTreeSet<(Hash, Hash)>,
    voided: BTreeSet<Uuid>,
}

impl Touched {
    fn add(&mut self, facts: &Facts) {
        let activity = facts.activity.as_ref().map(|activity| activity.hash);
        for person in &facts.people {
            self.agents.insert(person.hash);
            self.studies.extend(activity.map(|activity| (person.hash, activity)));
        }
        self.activities.extend(activity);
        self.activities.extend(facts.parents.iter().chain(&facts.groupings).map(|activity| activity.hash));
    }
}

/// Those whose records were not read yet.
fn unknown<K: Ord, R>(touched: BTreeSet<K>, known: &BTreeMap<K, R>) -> Vec<K> {
    touched.into_iter().filter(|key| !known.contains_key(key)).collect()
}

/// The words of texts that are not known yet; they are known then.
fn learn_words<'a>(
    known: &mut Vec<String>,
    told: impl Iterator<Item = &'a str>,
    texts: &mut KnownTexts,
) -> Vec<Arc<str>> {
    let mut news = Vec::new();
    for text in told {
        for word in texts.words(text).iter() {
            if known.len() < WORDS_MAX && !known.iter().any(|known| **known == **word) {
                known.push(word.to_string());
                news.push(Arc::clone(word));
            }
        }
    }
    news
}

/// What people know of an identifier: the mailbox, the account's name, the end of an `OpenID`.
pub(crate) fn identifier_text(key: &str) -> &str {
    match key.split_once(':') {
        Some(("mbox", mailbox)) => mailbox.strip_prefix("mailto:").unwrap_or(mailbox),
        Some(("account", account)) => account_name(account),
        Some(("openid", openid)) => openid.split_once("://").map_or(openid, |(_, rest)| rest),
        _ => key,
    }
}

/// What stands behind the first `|` that is not escaped: see [`xapi::Agent::key`].
fn account_name(account: &str) -> &str {
    let mut escaped = false;
    for (place, c) in account.char_indices() {
        match c {
            '|' if !escaped => return &account[place + 1..],
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    account
}

/// The last part of an IRI.
fn tail_of(id: &str) -> &str {
    id.trim_end_matches('/').rsplit(['/', '#', ':']).next().unwrap_or(id)
}
