//! People: found without typing them exactly, and one person with all that they did.

mod items;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use lrs_store::{DocumentFilter, DocumentKey, DocumentOwner, Order, Span, Store, StoreError, View, Views};
use xapi::{LanguagePreferences, Timestamp};

pub use self::items::{PersonActivity, PersonDocument, PersonIdentifier, PersonItem, PersonPage};
use crate::Readable;
use crate::activities_page::name_activities;
use crate::directory::{
    ActivityRecord, AgentRecord, Hash, StudyRecord, after_prefix, hash, identifier_text, key_hash, keys, read_record,
    read_records,
};
use crate::identities::{PersonId, find_identifiers, find_known_by};
use crate::paging::cut_page;
use crate::text::{distance, grams, words};

/// Agents that one word of a search may lead to.
const AGENTS_PER_WORD_MAX: usize = 2_000;
/// Agents that are read at once.
const AGENTS_AT_ONCE: usize = 500;
/// Letters of a word that are swapped with the one before; longer words keep enough runs.
const SWAPS_MAX: usize = 8;
/// Words of one search.
const WORDS_MAX: usize = 6;
/// Activities of one person that are listed, and of which the documents are.
const ACTIVITIES_MAX: usize = 1_000;
const DOCUMENT_ACTIVITIES_MAX: usize = 50;
/// Documents of one person that are listed.
const DOCUMENTS_MAX: usize = 200;

/// The agent that a person is known by, if the directory knows one.
///
/// # Errors
/// When the store fails.
pub async fn find_person_agent(store: &dyn Store, person: &PersonId) -> Result<Option<String>, StoreError> {
    let found = read_agents(&*store.views(), &[*person.hash()]).await?;
    Ok(found.into_values().next().map(|record| record.key))
}

/// People by a text, the best match first; without one, those seen last first. `after` continues a list without text.
///
/// # Errors
/// When the store fails.
pub async fn find_people(
    store: &dyn Store,
    readable: &Readable,
    text: Option<&str>,
    after: Option<Vec<u8>>,
    limit: usize,
) -> Result<(Vec<PersonItem>, Option<Vec<u8>>), StoreError> {
    let views = store.views();
    let typed: Vec<String> = text.map(words).unwrap_or_default().into_iter().take(WORDS_MAX).collect();
    if typed.is_empty() {
        return list_people(store, readable, after, limit).await;
    }
    let agents = match readable {
        Readable::Agents(agents) => rank(read_learners(&*views, agents).await?, &typed),
        Readable::Everyone => search(&*views, &typed).await?,
    };
    let known_by = find_known_by(store, &agents).await?;
    let mut people: Vec<String> = Vec::new();
    for agent in agents {
        let person = known_by.get(&agent).cloned().unwrap_or(agent);
        if !people.contains(&person) && people.len() < limit {
            people.push(person);
        }
    }
    let mut items = Vec::with_capacity(people.len());
    for person in people {
        items.extend(summarize(store, readable, &person).await?.map(|(item, _)| item));
    }
    Ok((items, None))
}

/// People, those seen last first, each where the identifier stands that was seen last. A page may be short and still go on.
async fn list_people(
    store: &dyn Store,
    readable: &Readable,
    after: Option<Vec<u8>>,
    limit: usize,
) -> Result<(Vec<PersonItem>, Option<Vec<u8>>), StoreError> {
    let views = store.views();
    let (listed, next) = match readable {
        Readable::Agents(agents) => {
            let mut listed = read_learners(&*views, agents).await?;
            listed.sort_by_cached_key(place_of);
            listed.retain(|record| after.as_ref().is_none_or(|after| place_of(record) > *after));
            let more = listed.len() > limit;
            listed.truncate(limit);
            let next = listed.last().filter(|_| more).map(place_of);
            (listed, next)
        }
        Readable::Everyone => seen_last(&*views, after, limit).await?,
    };
    let agents: Vec<String> = listed.iter().map(|record| record.key.clone()).collect();
    let known_by = find_known_by(store, &agents).await?;
    let mut items = Vec::with_capacity(listed.len());
    for record in listed {
        let person = known_by.get(&record.key).unwrap_or(&record.key);
        let Some((item, records)) = summarize(store, readable, person).await? else { continue };
        if records.iter().all(|other| place_of(other) >= place_of(&record)) {
            items.push(item);
        }
    }
    Ok((items, next))
}

/// Where an agent stands among all, by when it was seen last.
fn place_of(record: &AgentRecord) -> Vec<u8> {
    keys::agent_seen(Timestamp(record.last.unwrap_or(i64::MIN)), &hash(&record.key))
}

/// What is known of an instructor's learners; there are as many as groups may have members.
async fn read_learners(views: &dyn Views, learners: &HashSet<String>) -> Result<Vec<AgentRecord>, StoreError> {
    let hashes: Vec<Hash> = learners.iter().map(|key| hash(key)).collect();
    let mut records = Vec::new();
    for some in hashes.chunks(AGENTS_AT_ONCE) {
        records.extend(read_agents(views, some).await?.into_values());
    }
    Ok(records)
}

/// One person, if the reader may see it and statements name it.
///
/// # Errors
/// When the store fails.
pub async fn find_person_page(
    store: &dyn Store,
    readable: &Readable,
    person: &PersonId,
    languages: &LanguagePreferences,
) -> Result<Option<PersonPage>, StoreError> {
    let Some(agent) = find_person_agent(store, person).await? else { return Ok(None) };
    // An identifier that was merged into another person leads there.
    let known_by = find_known_by(store, std::slice::from_ref(&agent)).await?.remove(&agent).unwrap_or(agent);
    let Some((summary, records)) = summarize(store, readable, &known_by).await? else { return Ok(None) };
    let activities = find_studies(store, &summary.identifiers, languages).await?;
    let documents = find_documents(store, &summary.identifiers, &activities).await?;
    let first = records.iter().filter_map(|record| record.first).min();
    let mut names: Vec<String> = records.into_iter().flat_map(|record| record.names).collect();
    names.sort_unstable();
    names.dedup();
    let several = summary.identifiers.len() > 1;
    let identifier = |identifier| PersonIdentifier { identifier, merged: several };
    Ok(Some(PersonPage {
        person: summary.person,
        name: summary.name,
        identifiers: summary.identifiers.into_iter().map(identifier).collect(),
        first_seen: first.map(|first| Timestamp(first).to_string()),
        last_seen: summary.last_seen,
        statements: summary.statements,
        names,
        activities,
        documents,
    }))
}

/// A person by the agent it is known by, with what is known of each identifier.
async fn summarize(
    store: &dyn Store,
    readable: &Readable,
    known_by: &str,
) -> Result<Option<(PersonItem, Vec<AgentRecord>)>, StoreError> {
    let mut identifiers = find_identifiers(store, known_by).await?;
    identifiers.retain(|agent| readable.permits(agent));
    let hashes: Vec<Hash> = identifiers.iter().map(|agent| hash(agent)).collect();
    let mut found = read_agents(&*store.views(), &hashes).await?;
    let mut records: Vec<AgentRecord> = hashes.iter().filter_map(|agent| found.remove(agent)).collect();
    if records.is_empty() {
        return Ok(None);
    }
    records.sort_by_key(|record| record.last);
    let named = records.iter().rev().find_map(|record| record.names.last());
    let name = named.cloned().unwrap_or_else(|| identifier_text(&identifiers[0]).to_owned());
    let last = records.iter().filter_map(|record| record.last).max();
    let item = PersonItem {
        person: PersonId::of(known_by).to_string(),
        name,
        identifiers,
        last_seen: last.map(|last| Timestamp(last).to_string()),
        statements: records.iter().map(|record| record.statements).sum(),
    };
    Ok(Some((item, records)))
}

async fn read_agents(views: &dyn Views, agents: &[Hash]) -> Result<HashMap<Hash, AgentRecord>, StoreError> {
    Ok(read_records(views, agents, keys::agent).await?.into_iter().collect())
}

async fn seen_last(
    views: &dyn Views,
    after: Option<Vec<u8>>,
    limit: usize,
) -> Result<(Vec<AgentRecord>, Option<Vec<u8>>), StoreError> {
    let all = keys::prefix(b"l", limit);
    let from = after.map_or(all.from, |mut after| {
        after.push(0);
        after
    });
    let span = Span { from, to: all.to, order: Order::Ascending, limit: limit + 1 };
    let mut entries = views.scan(View::Directory, span).await?;
    let next = cut_page(&mut entries, limit).then(|| entries.last().map(|(key, _)| key.clone())).flatten();
    let hashes: Vec<Hash> = entries.iter().filter_map(|(key, _)| key_hash(key)).collect();
    let mut found = read_agents(views, &hashes).await?;
    Ok((hashes.iter().filter_map(|agent| found.remove(agent)).collect(), next))
}

/// Agents with words that begin as those typed, or are spelled nearly so.
async fn search(views: &dyn Views, typed: &[String]) -> Result<Vec<String>, StoreError> {
    let mut candidates: Option<BTreeSet<Hash>> = None;
    for word in typed {
        let mut found =
            scan_hashes(views, keys::prefix(&[b"n", word.as_bytes()].concat(), AGENTS_PER_WORD_MAX)).await?;
        if found.len() < AGENTS_PER_WORD_MAX {
            found.extend(find_similar(views, word).await?);
        }
        candidates = Some(match candidates {
            None => found,
            Some(known) => known.intersection(&found).copied().collect(),
        });
    }
    let mut candidates: Vec<Hash> = candidates.unwrap_or_default().into_iter().collect();
    candidates.truncate(AGENTS_PER_WORD_MAX);
    Ok(rank(read_agents(views, &candidates).await?.into_values().collect(), typed))
}

/// Agents that have a third of a word's runs of three characters, or the word itself with two neighbours swapped.
async fn find_similar(views: &dyn Views, word: &str) -> Result<BTreeSet<Hash>, StoreError> {
    let grams = grams(word);
    let mut shared: BTreeMap<Hash, usize> = BTreeMap::new();
    for gram in &grams {
        let span = keys::prefix(&[b"g", gram.as_bytes(), &[0]].concat(), AGENTS_PER_WORD_MAX);
        for agent in scan_hashes(views, span).await? {
            *shared.entry(agent).or_default() += 1;
        }
    }
    // A slip in the middle of a word of five letters breaks three of its seven runs.
    let least = grams.len().div_ceil(3);
    let mut similar: BTreeSet<Hash> =
        shared.into_iter().filter(|(_, count)| *count >= least).map(|(agent, _)| agent).collect();
    // A swap in a short word leaves too few of its runs.
    let letters: Vec<char> = word.chars().collect();
    for at in 1..letters.len().min(SWAPS_MAX) {
        let mut swapped = letters.clone();
        swapped.swap(at - 1, at);
        let swapped: String = swapped.into_iter().collect();
        similar
            .extend(scan_hashes(views, keys::prefix(&[b"n", swapped.as_bytes()].concat(), AGENTS_PER_WORD_MAX)).await?);
    }
    Ok(similar)
}

async fn scan_hashes(views: &dyn Views, span: Span) -> Result<BTreeSet<Hash>, StoreError> {
    let entries = views.scan(View::Directory, span).await?;
    Ok(entries.iter().filter_map(|(key, _)| key_hash(key)).collect())
}

/// The agents whose words fit those typed, the best and then the most active first.
fn rank(records: Vec<AgentRecord>, typed: &[String]) -> Vec<String> {
    let mut ranked: Vec<(usize, AgentRecord)> = Vec::new();
    let mut without_slip = Vec::new();
    for record in records {
        let slips = typed.iter().map(|word| record.words.iter().filter_map(|known| slips(word, known)).min());
        let Some(slips) = slips.collect::<Option<Vec<usize>>>() else { continue };
        let is_typed = slips.iter().all(|slips| *slips <= 1);
        let list = if is_typed { &mut without_slip } else { &mut ranked };
        list.push((slips.iter().sum(), record));
    }
    // Who has all the words as they were typed leaves no doubt who was meant.
    if !without_slip.is_empty() {
        ranked = without_slip;
    }
    ranked.sort_by(|(one_slips, one), (other_slips, other)| {
        let key = |slips: usize, record: &AgentRecord| (slips, std::cmp::Reverse(record.last));
        key(*one_slips, one).cmp(&key(*other_slips, other)).then_with(|| one.key.cmp(&other.key))
    });
    ranked.into_iter().map(|(_, record)| record.key).collect()
}

/// How far a typed word is from a known one, if it may be meant: 0 for the same, 1 for its beginning, more for a slip.
fn slips(typed: &str, known: &str) -> Option<usize> {
    if typed == known {
        return Some(0);
    }
    if known.starts_with(typed) {
        return Some(1);
    }
    let max = match typed.chars().count() {
        0..=2 => return None,
        3..=5 => 1,
        _ => 2,
    };
    // The end may not have been typed yet.
    let begun: String = known.chars().take(typed.chars().count()).collect();
    [known, &begun].iter().filter_map(|known| distance(typed, known, max)).min().map(|slips| slips + 1)
}

/// What a person did, the newest first.
async fn find_studies(
    store: &dyn Store,
    identifiers: &[String],
    languages: &LanguagePreferences,
) -> Result<Vec<PersonActivity>, StoreError> {
    let views = store.views();
    let mut studies: BTreeMap<Hash, StudyRecord> = BTreeMap::new();
    for agent in identifiers {
        let from = [b"p".as_slice(), &hash(agent)].concat();
        let to = after_prefix(&from);
        let span = Span { from, to, order: Order::Ascending, limit: ACTIVITIES_MAX };
        for (key, bytes) in views.scan(View::Directory, span).await? {
            let Some(activity) = key_hash(&key) else { continue };
            let record: StudyRecord = read_record(&bytes)?;
            match studies.get_mut(&activity) {
                Some(known) => known.merge(record),
                None => drop(studies.insert(activity, record)),
            }
        }
    }
    studies.retain(|_, study| study.statements > 0);
    let mut studies: Vec<(Hash, StudyRecord)> = studies.into_iter().collect();
    studies.sort_by_key(|(_, study)| std::cmp::Reverse(study.last));
    studies.truncate(ACTIVITIES_MAX);
    let activities: Vec<Hash> = studies.iter().map(|(activity, _)| *activity).collect();
    let activities = read_records(&*views, &activities, keys::activity).await?;
    let ids: HashMap<Hash, String> =
        activities.into_iter().map(|(activity, record): (Hash, ActivityRecord)| (activity, record.id)).collect();
    let studies: Vec<(String, StudyRecord)> =
        studies.into_iter().filter_map(|(activity, study)| Some((ids.get(&activity)?.clone(), study))).collect();
    let ids: Vec<String> = studies.iter().map(|(id, _)| id.clone()).collect();
    let names = name_activities(store, &ids, languages).await?;
    Ok(studies
        .into_iter()
        .zip(names)
        .map(|((id, study), name)| PersonActivity {
            attempts: study.attempts(),
            best_score_percent: study.best_score_percent(),
            state: study.state(),
            seconds: study.seconds(),
            last_used: study.last.map(|last| Timestamp(last).to_string()),
            name,
            id,
        })
        .collect())
}

async fn find_documents(
    store: &dyn Store,
    identifiers: &[String],
    activities: &[PersonActivity],
) -> Result<Vec<PersonDocument>, StoreError> {
    let mut documents = Vec::new();
    for agent in identifiers {
        let profile = DocumentOwner::AgentProfile(agent.clone());
        add_documents(store, profile, agent, None, &mut documents).await?;
        for PersonActivity { id, .. } in activities.iter().take(DOCUMENT_ACTIVITIES_MAX) {
            let state = DocumentOwner::State { activity: id.clone(), agent: agent.clone(), registration: None };
            add_documents(store, state, agent, Some(id), &mut documents).await?;
        }
    }
    Ok(documents)
}

async fn add_documents(
    store: &dyn Store,
    owner: DocumentOwner,
    agent: &str,
    activity: Option<&String>,
    documents: &mut Vec<PersonDocument>,
) -> Result<(), StoreError> {
    let ids = store.find_document_ids(DocumentFilter { owner: owner.clone(), since: None }).await?;
    for id in ids {
        if documents.len() == DOCUMENTS_MAX {
            break;
        }
        let found = store.find_document(DocumentKey { owner: owner.clone(), id: id.clone() }).await?;
        documents.push(PersonDocument {
            kind: if activity.is_some() { "state" } else { "agent_profile" },
            id,
            activity: activity.cloned(),
            agent: agent.to_owned(),
            content_type: found.as_ref().map(|document| document.content_type.0.clone()),
            updated: found.as_ref().map(|document| document.updated.to_string()),
            length: found.map(|document| document.body.len()),
        });
    }
    Ok(())
}
