//! What statements said about activities and agents: merged definitions (Communication 2.5) and names (Communication 2.4).

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::{Duration, Instant};

use lrs_store::StoreError;
use lrs_store::backend::{self, AGENT_NAMES_MAX};
use uuid::Uuid;

use crate::PostgresStore;
use crate::error::corrupt;
use crate::hash::{Cache, NameHasher};

/// Recently seen definitions and names; those that are not in the cache cost a look into the database.
const CACHE_MAX: usize = 131_072;
/// What was merged is looked at again after so long, since another process may have merged something else meanwhile.
const CACHED_FOR: Duration = Duration::from_secs(10);

/// What a statement says about one activity or agent, hashed by whoever sends it.
pub(crate) struct Said {
    /// Activity id, or the agent's key.
    pub(crate) about: String,
    /// Its definition, or a name.
    pub(crate) text: String,
    pub(crate) about_hash: Uuid,
    text_hash: Uuid,
}

impl Said {
    pub(crate) fn new(hasher: &NameHasher, (about, text): (String, String)) -> Self {
        let (about_hash, text_hash) = (hasher.hash_parts(&[about.as_bytes()]), hasher.hash_parts(&[text.as_bytes()]));
        Self { about, text, about_hash, text_hash }
    }
}

/// Remembers what was said lately, so that the same again costs nothing.
pub(crate) struct Sayings {
    definitions: Cache<Uuid, (Uuid, Instant)>,
    names: Cache<(Uuid, Uuid), ()>,
}

/// Rows that a commit writes.
#[derive(Default)]
pub(crate) struct SaidRows {
    pub(crate) activities: Vec<Uuid>,
    pub(crate) activity_ids: Vec<Vec<u8>>,
    pub(crate) definitions: Vec<String>,
    pub(crate) agents: Vec<Uuid>,
    pub(crate) positions: Vec<i32>,
    pub(crate) names: Vec<Vec<u8>>,
    learned_definitions: Vec<(Uuid, Uuid)>,
    learned_names: Vec<(Uuid, Uuid)>,
}

impl Sayings {
    pub(crate) fn new() -> Self {
        Self { definitions: Cache::new(CACHE_MAX), names: Cache::new(CACHE_MAX) }
    }

    /// Whether this definition is news.
    pub(crate) fn is_new_definition(&self, said: &Said, now: Instant) -> bool {
        let known = self.definitions.get(&said.about_hash);
        !known.is_some_and(|(text, at)| text == said.text_hash && now.duration_since(at) < CACHED_FOR)
    }

    /// Whether this name is news.
    pub(crate) fn is_new_name(&self, said: &Said) -> bool {
        self.names.get(&(said.about_hash, said.text_hash)).is_none()
    }

    /// The commit that wrote the rows is durable.
    pub(crate) fn learn(&mut self, rows: &SaidRows, now: Instant) {
        for (about, text) in &rows.learned_definitions {
            self.definitions.insert(*about, (*text, now));
        }
        for name in &rows.learned_names {
            self.names.insert(*name, ());
        }
    }
}

/// Merges definitions, in their order, into those that the database has.
pub(crate) fn merge_definitions<'a>(
    mut stored: HashMap<Uuid, String>,
    said: impl Iterator<Item = &'a Said>,
    rows: &mut SaidRows,
) {
    let mut changed: BTreeMap<Uuid, &Said> = BTreeMap::new();
    for said in said {
        rows.learned_definitions.push((said.about_hash, said.text_hash));
        let older = stored.get(&said.about_hash);
        let merged = backend::merge_definition(older.map(String::as_str), &said.text);
        if older != Some(&merged) {
            stored.insert(said.about_hash, merged);
            changed.insert(said.about_hash, said);
        }
    }
    for (activity, said) in changed {
        rows.activities.push(activity);
        rows.activity_ids.push(said.about.clone().into_bytes());
        rows.definitions.push(stored.remove(&activity).unwrap_or_default());
    }
}

/// Adds names, in their order, to those that the database has.
pub(crate) fn add_names<'a>(
    mut stored: HashMap<Uuid, Vec<Vec<u8>>>,
    said: impl Iterator<Item = &'a Said>,
    rows: &mut SaidRows,
) {
    for said in said {
        rows.learned_names.push((said.about_hash, said.text_hash));
        let names = stored.entry(said.about_hash).or_default();
        if names.len() < AGENT_NAMES_MAX && !names.iter().any(|name| name == said.text.as_bytes()) {
            rows.agents.push(said.about_hash);
            rows.positions.push(i32::try_from(names.len()).unwrap_or(i32::MAX));
            rows.names.push(said.text.clone().into_bytes());
            names.push(said.text.clone().into_bytes());
        }
    }
}

/// The merged definitions of these activities, in their order. By the primary key of `activity`.
pub(crate) async fn find_activity_definitions(
    store: &PostgresStore,
    ids: &[String],
) -> Result<Vec<Option<String>>, StoreError> {
    const OPERATION: &str = "read activity definitions";
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let sql = store.shared.sql("SELECT activity, definition FROM $s.activity WHERE activity = ANY($1)");
    let hashes: Vec<Uuid> = ids.iter().map(|id| store.shared.hasher.hash_parts(&[id.as_bytes()])).collect();
    let distinct: Vec<Uuid> = hashes.iter().copied().collect::<HashSet<_>>().into_iter().collect();
    let rows = store.query(OPERATION, &sql, &[&distinct]).await?;
    let mut found = HashMap::new();
    for row in rows {
        found.insert(row.get::<_, Uuid>(0), row.get::<_, String>(1));
    }
    Ok(hashes.iter().map(|hash| found.get(hash).cloned()).collect())
}

/// The names of an agent, oldest first. By the primary key of `agent_name`.
pub(crate) async fn find_agent_names(store: &PostgresStore, agent: &str) -> Result<Vec<String>, StoreError> {
    let sql = store.shared.sql("SELECT name FROM $s.agent_name WHERE agent = $1 ORDER BY position");
    let hash = store.shared.hasher.hash_parts(&[agent.as_bytes()]);
    let rows = store.query("read an agent's names", &sql, &[&hash]).await?;
    let names = rows.iter().map(|row| String::from_utf8(row.get(0)));
    names.collect::<Result<_, _>>().map_err(|error| corrupt("agent_name.name", error.to_string()))
}
