//! The explorer: which statements, in any combination of filters, newest first, by indexes only. A page looks through a bounded part
//! of the log; it may be short, or empty, and still go on.

mod csv;
mod item;
mod voiding;

use std::collections::HashSet;
use std::sync::Arc;

use lrs_store::{Filter, Order, Query, Seq, Store, StoreError, StoredStatement};
use uuid::Uuid;
use xapi::{Agent, Json, LanguagePreferences, StatementId, Timestamp};

use crate::directory::{Condition, StatementFacts, conditions_of, directory_position, find_candidates};
use crate::identities::{PersonId, find_identifiers, find_known_by};
use crate::people_page::find_person_agent;

pub use csv::{CSV_HEADER, write_csv_line};
pub use item::{ActorItem, AttachmentItem, AuthorityItem, ObjectItem, ObjectKind, ResultItem, StatementItem, VerbItem};
pub use voiding::{REASON_EXTENSION, VoidError, Voiding};

/// Parts of the index that one page looks through.
const PARTS_MAX: usize = 16;
/// Positions that are offered to the store at once; it begins with few, since the newest often suffice.
const OFFER_MIN: usize = 256;
const OFFER_MAX: usize = 4096;
/// Statements that are looked at, one after the other, for text and score when the directory has not seen them yet.
const LOOKED_AT_MAX: usize = 1000;

/// Whose statements may be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readable {
    /// Everyone's.
    Everyone,
    /// Those of these agents ([`xapi::Agent::key`]): the learners of an instructor.
    Agents(Arc<HashSet<String>>),
}

impl Readable {
    /// Whether statements of this agent may be read.
    #[must_use]
    pub fn permits(&self, agent: &str) -> bool {
        match self {
            Self::Everyone => true,
            Self::Agents(agents) => agents.contains(agent),
        }
    }
}

/// What is looked for; all must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExplorerFilter {
    /// Statements of any identifier of this person.
    pub person: Option<PersonId>,
    /// [`xapi::Agent::key`]
    pub agent: Option<String>,
    /// Verb id.
    pub verb: Option<String>,
    /// Activity id.
    pub activity: Option<String>,
    /// Also where person, agent and activity stand elsewhere than as actor and object.
    pub related: bool,
    /// Registration.
    pub registration: Option<Uuid>,
    /// Stored after this instant.
    pub since: Option<Timestamp>,
    /// Stored at or before this instant.
    pub until: Option<Timestamp>,
    /// Whole percent, both ends included.
    pub score: Option<(i8, i8)>,
    /// Words; the last one may be unfinished.
    pub text: Option<String>,
}

/// A page of stored statements.
#[derive(Debug, Clone, PartialEq)]
pub struct ExplorerPage {
    /// Newest first.
    pub statements: Vec<StoredStatement>,
    /// Where to go on; `None` at the end.
    pub next: Option<Seq>,
}

/// Explores one LRS for one reader.
#[derive(Clone)]
pub struct Explorer {
    /// The LRS.
    pub store: Arc<dyn Store>,
    /// What the reader may see.
    pub readable: Readable,
    /// What the reader understands.
    pub languages: LanguagePreferences,
}

impl Explorer {
    /// A page of at most `limit` statements behind `after`.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn find_statements(
        &self,
        filter: &ExplorerFilter,
        after: Option<Seq>,
        limit: usize,
    ) -> Result<ExplorerPage, StoreError> {
        let nothing = ExplorerPage { statements: Vec::new(), next: None };
        let Some(filters) = self.filters_of(filter).await? else { return Ok(nothing) };
        let query = Query { filters, since: filter.since, until: filter.until, order: Order::Descending, limit, after };
        let conditions = conditions_of(filter.text.as_deref(), filter.score);
        if conditions.is_empty() {
            let page = self.store.find_statements(query).await?;
            return Ok(ExplorerPage { statements: page.statements, next: page.more });
        }
        self.find_by_conditions(query, &conditions).await
    }

    /// A page oldest first, behind `after`: what a reader who follows the log sees next. Positions up to the second value were
    /// looked through.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn follow_statements(
        &self,
        filter: &ExplorerFilter,
        after: Seq,
        limit: usize,
    ) -> Result<(Vec<StoredStatement>, Option<Seq>), StoreError> {
        let Some(filters) = self.filters_of(filter).await? else { return Ok((Vec::new(), None)) };
        let query = Query {
            filters,
            since: filter.since,
            until: filter.until,
            order: Order::Ascending,
            limit,
            after: Some(after),
        };
        let page = self.store.find_statements(query).await?;
        let conditions = conditions_of(filter.text.as_deref(), filter.score);
        let through = page.statements.last().map(|last| last.seq);
        Ok((page.statements.into_iter().filter(|statement| meets(statement, &conditions)).collect(), through))
    }

    /// Statements as items.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn read_items(&self, statements: Vec<StoredStatement>) -> Result<Vec<StatementItem>, StoreError> {
        item::read_items(&self.store, statements, &self.languages, false).await
    }

    /// One statement as an item.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn read_item(
        &self,
        statement: StoredStatement,
        voided: bool,
    ) -> Result<Option<StatementItem>, StoreError> {
        Ok(item::read_items(&self.store, vec![statement], &self.languages, voided).await?.pop())
    }

    /// The end of the log, but for voided statements.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn find_end(&self) -> Result<Seq, StoreError> {
        let (filters, order) = (Vec::new(), Order::Descending);
        let newest = Query { filters, since: None, until: None, order, limit: 1, after: None };
        let page = self.store.find_statements(newest).await?;
        Ok(page.statements.first().map_or(Seq(0), |newest| newest.seq))
    }

    /// One statement, voided or not, if the reader may see it. `true`: it is voided.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn find_statement(&self, id: StatementId) -> Result<Option<(StoredStatement, bool)>, StoreError> {
        for voided in [false, true] {
            if let Some(found) = self.store.find_statement(id, voided).await? {
                return Ok(self.may_see(&found).then_some((found, voided)));
            }
        }
        Ok(None)
    }

    fn may_see(&self, statement: &StoredStatement) -> bool {
        let Readable::Agents(agents) = &self.readable else { return true };
        let Ok(json) = Json::parse(&statement.body) else { return false };
        let stands = |actor: &Json<'_>| Agent::from_json(actor).is_some_and(|agent| agents.contains(agent.key()));
        ["actor", "object"].iter().filter_map(|place| json.get(place)).any(|actor| {
            let members = actor.get("member").and_then(Json::as_array).unwrap_or_default();
            stands(actor) || members.iter().any(stands)
        })
    }

    /// The store's filters; `None` when nothing can be found.
    async fn filters_of(&self, filter: &ExplorerFilter) -> Result<Option<Vec<Filter>>, StoreError> {
        let related = filter.related;
        let mut filters = Vec::new();
        if let Some(person) = &filter.person {
            let Some(agent) = find_person_agent(&*self.store, person).await? else { return Ok(None) };
            // An identifier that was merged into another person stands for that person.
            let known_by = find_known_by(&*self.store, std::slice::from_ref(&agent)).await?.remove(&agent);
            let keys = find_identifiers(&*self.store, known_by.as_ref().unwrap_or(&agent)).await?;
            filters.push(Filter::AnyAgent { keys, related });
        }
        if let Readable::Agents(agents) = &self.readable {
            filters.push(Filter::AnyAgent { keys: agents.iter().cloned().collect(), related: false });
        }
        filters.extend(filter.agent.clone().map(|key| Filter::Agent { key, related }));
        filters.extend(filter.activity.clone().map(|id| Filter::Activity { id, related }));
        filters.extend(filter.verb.clone().map(Filter::Verb));
        filters.extend(filter.registration.map(Filter::Registration));
        Ok(Some(filters))
    }

    /// Text and score: what the directory has not seen yet is looked at, the rest comes from its lists.
    async fn find_by_conditions(&self, query: Query, conditions: &[Condition]) -> Result<ExplorerPage, StoreError> {
        let views = self.store.views();
        let indexed = directory_position(&*self.store).await?;
        let mut page = ExplorerPage { statements: Vec::new(), next: None };
        let mut before = query.after.unwrap_or(Seq(u64::MAX >> 1));
        if before > indexed {
            let unseen = self.store.read_log(indexed, LOOKED_AT_MAX).await?;
            let met = unseen.iter().rev().filter(|it| it.seq < before && meets(it, conditions)).map(|it| it.seq);
            if self.offer(&query, &met.collect::<Vec<_>>(), &mut page).await? {
                return Ok(page);
            }
            before = before.min(Seq(indexed.0 + 1));
        }
        for _ in 0..PARTS_MAX {
            let part = find_candidates(&*views, conditions, before).await?;
            if self.offer(&query, &part.seqs, &mut page).await? {
                return Ok(page);
            }
            before = part.from;
            if before.0 <= 1 {
                return Ok(page);
            }
        }
        page.next = Some(before);
        Ok(page)
    }

    /// Adds those of some positions, newest first, that meet the query's filters; whether the page is full.
    async fn offer(&self, query: &Query, mut seqs: &[Seq], page: &mut ExplorerPage) -> Result<bool, StoreError> {
        let mut size = OFFER_MIN;
        while !seqs.is_empty() {
            let (offered, later) = seqs.split_at(size.min(seqs.len()));
            seqs = later;
            size = (size * 2).min(OFFER_MAX);
            let mut query = Query { limit: query.limit - page.statements.len(), after: None, ..query.clone() };
            query.filters.push(Filter::Among(offered.iter().rev().copied().collect()));
            let limit = query.limit;
            let found = self.store.find_statements(query).await?;
            let is_full = found.statements.len() == limit || found.more.is_some();
            page.statements.extend(found.statements);
            if is_full {
                page.next = page.statements.last().map(|last| last.seq);
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The statement that this one voids.
#[must_use]
pub fn voided_by(statement: &StoredStatement) -> Option<StatementId> {
    StatementFacts::read(statement).voids
}

/// Whether a statement itself meets conditions.
fn meets(statement: &StoredStatement, conditions: &[Condition]) -> bool {
    conditions.is_empty() || {
        let facts = StatementFacts::read(statement);
        conditions.iter().all(|condition| condition.holds_for(&facts))
    }
}
