//! One step of the directory along the log: what some statements change in the view.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use lrs_store::{Seq, StoreError, View, ViewChange, Views};
use uuid::Uuid;
use xapi::Timestamp;

use super::facts::{ActivityFact, Facts};
use super::keys::{self, Hash, ROOT, hash};
use super::records::{
    ActivityRecord, AgentRecord, Sign, StudyRecord, WORDS_MAX, earlier, later, read_places, read_records,
    whole_percent, write_places, write_record,
};
use crate::text::{grams, words};

/// What a step reads before it writes, and what it writes.
#[derive(Default)]
pub(super) struct Step {
    agents: BTreeMap<Hash, AgentRecord>,
    activities: BTreeMap<Hash, ActivityRecord>,
    studies: BTreeMap<(Hash, Hash), StudyRecord>,
    /// Key and places in the block.
    postings: BTreeMap<Vec<u8>, Vec<u16>>,
    voided: HashMap<Uuid, Uuid>,
    marks: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
}

/// Statements that other statements void, as they are in the log.
pub(super) type Targets = HashMap<Uuid, Facts>;

impl Step {
    /// Reads all that the statements will touch.
    pub(super) async fn load(views: &dyn Views, log: &[Facts], targets: &Targets) -> Result<Self, StoreError> {
        let mut touched = Touched::default();
        for facts in log.iter().chain(targets.values()) {
            touched.add(facts);
        }
        for facts in log {
            touched.voided.insert(facts.id.0);
            touched.voided.extend(facts.voids.map(|target| target.0));
        }
        let mut step = Self::default();
        let agents: Vec<Hash> = touched.agents.into_iter().collect();
        for (agent, record) in read_records(views, &agents, keys::agent).await? {
            step.agents.insert(agent, record);
        }
        let activities: Vec<Hash> = touched.activities.into_iter().collect();
        for (activity, record) in read_records(views, &activities, keys::activity).await? {
            step.activities.insert(activity, record);
        }
        let studies: Vec<(Hash, Hash)> = touched.studies.into_iter().collect();
        for (study, record) in read_records(views, &studies, |(agent, activity)| keys::study(agent, activity)).await? {
            step.studies.insert(study, record);
        }
        let postings: Vec<Vec<u8>> = touched.postings.into_iter().collect();
        let found = views.get(View::Directory, postings.clone()).await?;
        for (key, places) in postings.into_iter().zip(found) {
            step.postings.insert(key, places.map_or_else(|| Ok(Vec::new()), |places| read_places(&places))?);
        }
        let voided: Vec<Uuid> = touched.voided.into_iter().collect();
        let found = views.get(View::Directory, voided.iter().map(|id| keys::voided(*id)).collect()).await?;
        for (id, voiding) in voided.into_iter().zip(found) {
            if let Some(voiding) = voiding.and_then(|bytes| Uuid::from_slice(&bytes).ok()) {
                step.voided.insert(id, voiding);
            }
        }
        Ok(step)
    }

    /// Applies statements in the order of the log.
    pub(super) fn apply(&mut self, log: &[Facts], targets: &Targets) {
        for facts in log {
            self.index(facts);
            if !self.voided.contains_key(&facts.id.0) {
                self.count(facts, Sign::Add);
            }
            let Some(target) = facts.voids.map(|target| target.0) else { continue };
            if self.voided.contains_key(&target) {
                continue;
            }
            self.voided.insert(target, facts.id.0);
            self.marks.insert(keys::voided(target), Some(facts.id.0.as_bytes().to_vec()));
            // One that comes later is never counted.
            if let Some(target) = targets.get(&target).filter(|target| target.seq < facts.seq) {
                self.count(target, Sign::TakeBack);
            }
        }
    }

    /// What becomes of the view, at a new position.
    pub(super) fn into_change(self, from: Seq, to: Seq) -> ViewChange {
        let mut change = ViewChange { step: Some((from, to)), ..ViewChange::default() };
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
        let postings = self.postings.into_iter().filter(|(_, places)| !places.is_empty());
        change.puts.extend(postings.map(|(key, places)| (key, write_places(&places))));
        change
    }

    fn index(&mut self, facts: &Facts) {
        let (_, place) = keys::block_of(facts.seq);
        for key in posting_keys(facts) {
            self.postings.entry(key).or_default().push(place);
        }
    }

    fn count(&mut self, facts: &Facts, sign: Sign) {
        for person in &facts.people {
            let agent = hash(&person.key);
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
                let texts = person.name.iter().map(String::as_str).chain([identifier_text(&person.key)]);
                let news = learn_words(&mut record.words, texts);
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
                let study = self.studies.entry((agent, hash(&activity.id))).or_default();
                let before = study.statements;
                study.count(facts, sign);
                let people = &mut self.activities.entry(hash(&activity.id)).or_default().people;
                match (before, study.statements) {
                    (0, 1..) => *people += 1,
                    (1.., 0) => *people = people.saturating_sub(1),
                    _ => {}
                }
            }
        }
        match sign {
            Sign::Add => self.place_activities(facts),
            Sign::TakeBack => {
                if let Some(activity) = &facts.activity {
                    self.activities.entry(hash(&activity.id)).or_default().count(sign);
                }
            }
        }
    }

    /// The tree: the object below its parents, or else below its groupings; parents below groupings.
    fn place_activities(&mut self, facts: &Facts) {
        let above = if facts.parents.is_empty() { &facts.groupings } else { &facts.parents };
        for grouping in &facts.groupings {
            self.use_activity(grouping, &[], facts.when);
        }
        for parent in &facts.parents {
            self.use_activity(parent, &facts.groupings, facts.when);
        }
        if let Some(activity) = &facts.activity {
            self.use_activity(activity, above, facts.when);
            self.activities.entry(hash(&activity.id)).or_default().count(Sign::Add);
        }
    }

    fn use_activity(&mut self, fact: &ActivityFact, above: &[ActivityFact], when: Timestamp) {
        let activity = hash(&fact.id);
        let mut record = self.activities.remove(&activity).unwrap_or_default();
        record.learn(fact);
        let (known, was_root) = (record.last, record.parents.is_empty());
        record.last = later(known, when);
        let news = learn_words(&mut record.words, fact.names.iter().map(String::as_str).chain([tail_of(&fact.id)]));
        let mut added = Vec::new();
        for parent in above {
            let parent_record = self.activities.entry(hash(&parent.id)).or_default();
            // Two that name each other as parent stay where the first one put them.
            if !parent_record.parents.contains(&fact.id) && record.add_parent(&parent.id) {
                parent_record.has_children = true;
                added.push(hash(&parent.id));
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
    postings: BTreeSet<Vec<u8>>,
    voided: BTreeSet<Uuid>,
}

impl Touched {
    fn add(&mut self, facts: &Facts) {
        let activity = facts.activity.as_ref().map(|activity| hash(&activity.id));
        for person in &facts.people {
            let agent = hash(&person.key);
            self.agents.insert(agent);
            self.studies.extend(activity.map(|activity| (agent, activity)));
        }
        self.activities.extend(activity);
        self.activities.extend(facts.parents.iter().chain(&facts.groupings).map(|activity| hash(&activity.id)));
        self.postings.extend(posting_keys(facts));
    }
}

fn posting_keys(facts: &Facts) -> impl Iterator<Item = Vec<u8>> {
    let (block, _) = keys::block_of(facts.seq);
    let score = facts.result.score_percent.map(|percent| keys::score(block, whole_percent(percent)));
    facts.words.iter().map(move |word| keys::word(word, block)).chain(score)
}

/// The words of texts that are not known yet; they are known then.
fn learn_words<'a>(known: &mut Vec<String>, texts: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut news = Vec::new();
    for word in texts.flat_map(words) {
        if known.len() < WORDS_MAX && !known.contains(&word) {
            known.push(word.clone());
            news.push(word);
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
