//! The explorer: which statements, in any combination of filters, newest first, by indexes only. A page looks through a bounded part
//! of the log; it may be short, or empty, and still go on.

mod csv;
mod filling;
mod item;
mod readable;
mod voiding;

use std::sync::Arc;

use lrs_store::{Filter, Order, Query, Seq, Store, StoreError, StoredStatement};
use uuid::Uuid;
use xapi::{LanguagePreferences, StatementId, Timestamp};

use self::filling::Filling;
use crate::directory::{Condition, Search, StatementFacts, conditions_of, directory_position};
use crate::identities::{PersonId, find_identifiers, find_known_by};
use crate::people_page::find_person_agent;

pub use csv::{CSV_HEADER, write_csv_line};
pub use item::{ActorItem, AttachmentItem, AuthorityItem, ObjectItem, ObjectKind, ResultItem, StatementItem, VerbItem};
pub use readable::Readable;
pub use voiding::{REASON_CHARS_MAX, REASON_EXTENSION, VoidError, Voiding};

/// Parts of the index that one page looks through.
const PARTS_MAX: usize = 16;

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
            let mut filling = Filling::new(&*self.store, &self.readable, &query);
            filling.look_at_all(&[], after, Seq(0)).await?;
            return Ok(filling.end(None));
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
        let belongs = |it: &StoredStatement| self.readable.permits_statement(it) && meets(it, &conditions);
        Ok((page.statements.into_iter().filter(belongs).collect(), through))
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
                return Ok(self.readable.permits_statement(&found).then_some((found, voided)));
            }
        }
        Ok(None)
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
            // The index narrows; each statement is looked at before it is shown.
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
        let search = Search::begin(&*views, conditions).await?;
        let mut filling = Filling::new(&*self.store, &self.readable, &query);
        let mut before = query.after.unwrap_or(Seq(u64::MAX >> 1));
        if before > indexed || search.has_no_lists() {
            let down_to = if search.has_no_lists() { Seq(0) } else { indexed };
            if filling.look_at_all(conditions, query.after, down_to).await? || down_to == Seq(0) {
                return Ok(filling.end(None));
            }
            before = before.min(Seq(indexed.0 + 1));
        }
        for _ in 0..PARTS_MAX {
            let part = search.find_candidates(&*views, before).await?;
            if filling.look_at(&part.seqs, search.unlisted()).await? {
                return Ok(filling.end(None));
            }
            before = part.from;
            if before.0 <= 1 {
                return Ok(filling.end(None));
            }
        }
        Ok(filling.end(Some(before)))
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
