//! Activities: the tree that parents and groupings make, found by name, with merged definitions.

use lrs_store::{Order, Span, Store, StoreError, View};
use serde::Serialize;
use xapi::{Json, LanguagePreferences, Timestamp};

use crate::Readable;
use crate::directory::{ActivityRecord, Hash, ROOT, hash, key_hash, keys, read_records};
use crate::learner_activities::LearnerActivities;
use crate::paging::cut_page;
use crate::text::words;

/// Activities that one word of a search may lead to.
const ACTIVITIES_PER_WORD_MAX: usize = 1_000;
/// Words of one search.
const WORDS_MAX: usize = 6;

/// An activity in the tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ActivityItem {
    /// Its id.
    pub id: String,
    /// In the reader's language, else the end of its id.
    pub name: String,
    /// Its type (IRI).
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Statements about it, voided ones not counted.
    pub statements: u64,
    /// When it, or what is below it, was used last.
    pub last_used: Option<String>,
    /// Whether activities are below it.
    pub has_children: bool,
}

/// An activity by its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ActivityName {
    /// Its id.
    pub id: String,
    /// In the reader's language, else the end of its id.
    pub name: String,
}

/// An activity with all that is known of it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ActivityPage {
    /// Its id.
    pub id: String,
    /// In the reader's language, else the end of its id.
    pub name: String,
    /// In the reader's language.
    pub description: Option<String>,
    /// Its type (IRI).
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Where people read more (IRL).
    pub more_info: Option<String>,
    /// Statements about it, voided ones not counted.
    pub statements: u64,
    /// When it, or what is below it, was used last.
    pub last_used: Option<String>,
    /// The activities above it.
    pub parents: Vec<ActivityName>,
    /// Agents with statements about it.
    pub people: u64,
    /// The definition merged from all statements, in all languages.
    #[schema(value_type = Option<Object>)]
    pub definition: Option<Box<serde_json::value::RawValue>>,
}

/// Activities below `parent`, or those that nothing is above, the ones used last first. `after` continues a list.
///
/// # Errors
/// When the store fails.
pub async fn find_child_activities(
    store: &dyn Store,
    readable: &Readable,
    parent: Option<&str>,
    (after, limit): (Option<Vec<u8>>, usize),
    languages: &LanguagePreferences,
) -> Result<(Vec<ActivityItem>, Option<Vec<u8>>), StoreError> {
    if let Readable::Agents(learners) = readable {
        let activities = LearnerActivities::read(store, learners).await?;
        let (records, next) = activities.children(parent, after.as_deref(), limit);
        return Ok((items_of(store, records, languages).await?, next));
    }
    let place = parent.map_or(ROOT, hash);
    let all = keys::prefix(&[b"e".as_slice(), &place].concat(), limit);
    let from = after.map_or(all.from, |mut after| {
        after.push(0);
        after
    });
    let span = Span { from, to: all.to, order: Order::Ascending, limit: limit + 1 };
    let mut entries = store.views().scan(View::Directory, span).await?;
    let next = cut_page(&mut entries, limit).then(|| entries.last().map(|(key, _)| key.clone())).flatten();
    let activities: Vec<Hash> = entries.iter().filter_map(|(key, _)| key_hash(key)).collect();
    let records = read_activities(store, &activities).await?;
    Ok((items_of(store, records, languages).await?, next))
}

/// Activities that have these words in a name or at the end of their id, or words that begin so; the ones with most statements first.
///
/// # Errors
/// When the store fails.
pub async fn search_activities(
    store: &dyn Store,
    readable: &Readable,
    text: &str,
    limit: usize,
    languages: &LanguagePreferences,
) -> Result<Vec<ActivityItem>, StoreError> {
    let typed: Vec<String> = words(text).into_iter().take(WORDS_MAX).collect();
    let mut records = match readable {
        Readable::Everyone => search_all(store, &typed).await?,
        Readable::Agents(learners) => LearnerActivities::read(store, learners).await?.search(&typed),
    };
    records.sort_by(|one, other| other.statements.cmp(&one.statements).then_with(|| one.id.cmp(&other.id)));
    records.truncate(limit);
    items_of(store, records, languages).await
}

async fn search_all(store: &dyn Store, typed: &[String]) -> Result<Vec<ActivityRecord>, StoreError> {
    let views = store.views();
    let mut candidates: Option<std::collections::BTreeSet<Hash>> = None;
    for word in typed {
        let span = keys::prefix(&[b"d", word.as_bytes()].concat(), ACTIVITIES_PER_WORD_MAX);
        let entries = views.scan(View::Directory, span).await?;
        let found = entries.iter().filter_map(|(key, _)| key_hash(key)).collect();
        candidates = Some(match candidates {
            None => found,
            Some(known) => known.intersection(&found).copied().collect(),
        });
    }
    let candidates: Vec<Hash> = candidates.unwrap_or_default().into_iter().collect();
    read_activities(store, &candidates).await
}

/// One activity, if statements that the reader may see name it, or one below it.
///
/// # Errors
/// When the store fails.
pub async fn find_activity_page(
    store: &dyn Store,
    readable: &Readable,
    id: &str,
    languages: &LanguagePreferences,
) -> Result<Option<ActivityPage>, StoreError> {
    let record = match readable {
        Readable::Everyone => read_activities(store, &[hash(id)]).await?.pop(),
        Readable::Agents(learners) => LearnerActivities::read(store, learners).await?.find(id),
    };
    let Some(record) = record else { return Ok(None) };
    let ids: Vec<String> = std::iter::once(&record.id).chain(&record.parents).cloned().collect();
    let mut names = ids.iter().cloned().zip(name_activities(store, &ids, languages).await?);
    let name = names.next().map_or_else(|| record.id.clone(), |(_, name)| name);
    let parents = names.map(|(id, name)| ActivityName { id, name }).collect();
    let definition = store.find_activity_definition(id).await?;
    let parsed = definition.as_ref().and_then(|text| Json::parse(text.as_bytes()).ok());
    let description = parsed.as_ref().and_then(|json| languages.choose_text(json.get("description")?));
    let more_info = parsed.as_ref().and_then(|json| json.get("moreInfo")?.as_str());
    Ok(Some(ActivityPage {
        name,
        description: description.map(str::to_owned),
        kind: record.kind,
        more_info: more_info.map(str::to_owned),
        statements: record.statements,
        last_used: record.last.map(|last| Timestamp(last).to_string()),
        parents,
        people: record.people,
        definition: definition.clone().and_then(|text| serde_json::value::RawValue::from_string(text).ok()),
        id: record.id,
    }))
}

/// The names of activities in the reader's language, else the ends of their ids.
pub(crate) async fn name_activities(
    store: &dyn Store,
    ids: &[String],
    languages: &LanguagePreferences,
) -> Result<Vec<String>, StoreError> {
    let definitions = store.find_activity_definitions(ids).await?;
    Ok(ids
        .iter()
        .zip(definitions)
        .map(|(id, definition)| {
            let parsed = definition.as_ref().and_then(|text| Json::parse(text.as_bytes()).ok());
            let name = parsed.as_ref().and_then(|json| json.get("name")).and_then(|name| languages.choose_text(name));
            let end = || id.trim_end_matches('/').rsplit(['/', '#', ':']).next().unwrap_or(id).to_owned();
            name.filter(|name| !name.trim().is_empty()).map_or_else(end, str::to_owned)
        })
        .collect())
}

async fn read_activities(store: &dyn Store, activities: &[Hash]) -> Result<Vec<ActivityRecord>, StoreError> {
    let records = read_records(&*store.views(), activities, keys::activity).await?;
    Ok(records.into_iter().map(|(_, record)| record).collect())
}

async fn items_of(
    store: &dyn Store,
    records: Vec<ActivityRecord>,
    languages: &LanguagePreferences,
) -> Result<Vec<ActivityItem>, StoreError> {
    let ids: Vec<String> = records.iter().map(|record| record.id.clone()).collect();
    let names = name_activities(store, &ids, languages).await?;
    Ok(records
        .into_iter()
        .zip(names)
        .map(|(record, name)| ActivityItem {
            name,
            kind: record.kind,
            statements: record.statements,
            last_used: record.last.map(|last| Timestamp(last).to_string()),
            has_children: record.has_children,
            id: record.id,
        })
        .collect())
}
