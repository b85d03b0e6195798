//! Queries: the union of the index tables and the tail, generation by generation, until the page is full.

use std::collections::BTreeSet;
use std::sync::PoisonError;

use lrs_store::{AnswerSize, Filter, LoggedStatement, Order, Page, Query, Seq, StoreError, StoredStatement};
use rusqlite::{Connection, OptionalExtension};
use xapi::{Index, StatementId, Timestamp};

use crate::error::store_error;
use crate::hash::Name;
use crate::log::{read_entries, read_log, select_statement, select_stored};
use crate::merge::{malformed_posting, select_posting};
use crate::postings::{decode, intersect, unite};
use crate::references::SELECT_SEQ;
use crate::store::Shared;
use crate::tail::{FilterView, Range, View};
use crate::terms::{find_term, key};

/// Served by the primary key.
pub(crate) const SELECT_GENERATIONS: &str =
    "SELECT generation FROM posting WHERE key = ?1 AND generation BETWEEN ?2 AND ?3";

/// The statement with this id, voided or not.
pub(crate) fn find_statement(
    shared: &Shared,
    connection: &Connection,
    id: StatementId,
    voided: bool,
) -> Result<Option<StoredStatement>, StoreError> {
    // Memory first: what leaves it in between is in the tables by then.
    let known = shared.tail().find_id(&id.0);
    let select = || connection.prepare_cached(SELECT_SEQ)?.query_row([id.0.as_bytes()], |row| row.get(0)).optional();
    let seq = known.map_or_else(select, |seq| Ok(Some(seq))).map_err(|error| store_error("find a statement", error))?;
    let Some(seq) = seq else { return Ok(None) };
    if shared.tail().is_voided(seq) != voided {
        return Ok(None);
    }
    select_statement(connection, &shared.bodies, seq).map(Some)
}

/// A page of statements.
pub(crate) fn find_statements(shared: &Shared, connection: &Connection, query: &Query) -> Result<Page, StoreError> {
    let nothing = Page { statements: Vec::new(), more: None };
    let Some(filters) = resolve_filters(shared, connection, &query.filters)? else { return Ok(nothing) };
    let among = find_among(&query.filters);
    let view = shared.tail().view(&filters);
    let snapshot = connection.unchecked_transaction().map_err(|error| store_error("begin a query", error))?;
    let Some(mut bounds) = find_bounds(&snapshot, view.through, query)? else { return Ok(nothing) };
    if let Some(among) = &among {
        let (Some(first), Some(last)) = (among.first(), among.last()) else { return Ok(nothing) };
        bounds = Range { first: bounds.first.max(*first), last: bounds.last.min(*last) };
        if bounds.first > bounds.last {
            return Ok(nothing);
        }
    }
    let wanted = query.limit.saturating_add(1);
    let search = Search { connection: &snapshot, view: &view, bounds, among, order: query.order, wanted };
    let seqs = if filters.is_empty() { search.scan() } else { search.run()? };
    let mut statements = Vec::with_capacity(seqs.len().min(query.limit));
    let mut size = AnswerSize::default();
    for seq in seqs.iter().take(query.limit) {
        statements.push(select_statement(&snapshot, &shared.bodies, *seq)?);
        if size.is_reached_with(&statements[statements.len() - 1]) {
            break;
        }
    }
    let more = statements.last().filter(|_| seqs.len() > statements.len()).map(|last| last.seq);
    Ok(Page { statements, more })
}

/// The log behind `after`.
pub(crate) fn find_log(
    shared: &Shared,
    connection: &Connection,
    after: Seq,
    limit: usize,
) -> Result<Vec<StoredStatement>, StoreError> {
    let through = shared.tail().through();
    if after.0 >= through {
        return Ok(Vec::new());
    }
    read_log(connection, &shared.bodies, after, through, limit)
}

/// The positions that all `Among` filters leave; `None` without any.
fn find_among(filters: &[Filter]) -> Option<Vec<u64>> {
    let lists = filters.iter().filter_map(|filter| match filter {
        Filter::Among(seqs) => Some(seqs.iter().map(|seq| seq.0).collect::<Vec<u64>>()),
        _ => None,
    });
    lists.reduce(|mut one, other| {
        intersect(&mut one, &other);
        one
    })
}

/// The same as [`find_log`], with what a copy needs besides.
pub(crate) fn find_entries(
    shared: &Shared,
    connection: &Connection,
    after: Seq,
    limit: usize,
) -> Result<Vec<LoggedStatement>, StoreError> {
    let through = shared.tail().through();
    read_entries(connection, &shared.bodies, after, through, limit)
}

/// The index keys of each filter but `Among`, the rarest filter first. `None` when one of them names what no statement has.
fn resolve_filters(
    shared: &Shared,
    connection: &Connection,
    filters: &[Filter],
) -> Result<Option<Vec<Vec<u64>>>, StoreError> {
    const AGENT: [Index; 2] = [Index::Agent, Index::RelatedAgent];
    const ACTIVITY: [Index; 2] = [Index::Activity, Index::RelatedActivity];
    let narrow_or_all =
        |related: bool, indexes: &'static [Index; 2]| if related { &indexes[..] } else { &indexes[..1] };
    let mut ranked = Vec::with_capacity(filters.len());
    for filter in filters {
        let registration;
        let (rank, texts, indexes): (u8, &[String], &[Index]) = match filter {
            Filter::Among(_) => continue,
            Filter::Registration(uuid) => {
                registration = uuid.hyphenated().to_string();
                (0, std::slice::from_ref(&registration), &[Index::Registration])
            }
            Filter::Agent { key, related } => {
                (1 + 2 * u8::from(*related), std::slice::from_ref(key), narrow_or_all(*related, &AGENT))
            }
            Filter::Activity { id, related } => {
                (2 + 2 * u8::from(*related), std::slice::from_ref(id), narrow_or_all(*related, &ACTIVITY))
            }
            Filter::AnyAgent { keys, related } => (5, keys, narrow_or_all(*related, &AGENT)),
            Filter::Verb(id) => (6, std::slice::from_ref(id), &[Index::Verb]),
            Filter::Authority(key) => (7, std::slice::from_ref(key), &[Index::Authority]),
        };
        let mut keys = Vec::with_capacity(texts.len() * indexes.len());
        for text in texts {
            let name = Name::new(indexes[0], text);
            let term = find_term(connection, &shared.tail, &shared.hasher, &name)?;
            keys.extend(term.into_iter().flat_map(|term| indexes.iter().map(move |index| key(term, *index))));
        }
        if keys.is_empty() {
            return Ok(None);
        }
        ranked.push((rank, keys));
    }
    ranked.sort_by_key(|(rank, _)| *rank);
    Ok(Some(ranked.into_iter().map(|(_, keys)| keys).collect()))
}

/// The run of the log that `since`, `until` and `after` leave; `None` when it is empty.
fn find_bounds(connection: &Connection, through: u64, query: &Query) -> Result<Option<Range>, StoreError> {
    let mut bounds = Range { first: 1, last: through };
    if let Some(since) = query.since {
        bounds.first = count_stored_through(connection, through, since)? + 1;
    }
    if let Some(until) = query.until {
        bounds.last = count_stored_through(connection, through, until)?;
    }
    match (query.after, query.order) {
        (None, _) => {}
        (Some(Seq(after)), Order::Ascending) => bounds.first = bounds.first.max(after.saturating_add(1)),
        (Some(Seq(after)), Order::Descending) => bounds.last = bounds.last.min(after.saturating_sub(1)),
    }
    Ok((bounds.first <= bounds.last).then_some(bounds))
}

/// How many statements were stored up to an instant: `stored` grows with `seq`, so halving finds the place.
fn count_stored_through(connection: &Connection, through: u64, instant: Timestamp) -> Result<u64, StoreError> {
    let (mut low, mut high) = (0, through);
    while low < high {
        let middle = high - (high - low) / 2;
        if select_stored(connection, middle)? <= instant {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    Ok(low)
}

struct Search<'a> {
    connection: &'a Connection,
    view: &'a View,
    bounds: Range,
    /// Only these, ascending; the bounds are theirs at most.
    among: Option<Vec<u64>>,
    order: Order,
    /// One more than the page holds, to learn whether there is more.
    wanted: usize,
}

impl Search<'_> {
    /// Without filters: the log itself, or the positions that were given.
    fn scan(&self) -> Vec<u64> {
        let Range { first, last } = self.bounds;
        let Some(among) = &self.among else { return self.take_visible(first..=last, self.wanted) };
        self.take_visible(among.iter().copied().filter(|seq| (first..=last).contains(seq)), self.wanted)
    }

    /// The first `count` visible ones, in the order of the list.
    fn take_visible(&self, seqs: impl DoubleEndedIterator<Item = u64>, count: usize) -> Vec<u64> {
        let visible = seqs.filter(|seq| !self.view.is_voided(*seq));
        match self.order {
            Order::Ascending => visible.take(count).collect(),
            Order::Descending => visible.rev().take(count).collect(),
        }
    }

    /// All filters, in generation after generation.
    fn run(&self) -> Result<Vec<u64>, StoreError> {
        let first = self.view.generation_of(self.bounds.first);
        let last = self.view.generation_of(self.bounds.last);
        let memory_first = self.view.memory_first.max(first);
        let mut found = Vec::new();
        // The tables know in which generations the rarest filter finds anything; memory is simply looked through.
        match self.order {
            Order::Descending => {
                for generation in (memory_first..=last).rev() {
                    self.search_generation(generation, &mut found)?;
                }
                if found.len() < self.wanted && first < memory_first {
                    for generation in self.merged_generations(first, last)?.into_iter().rev() {
                        self.search_generation(generation, &mut found)?;
                    }
                }
            }
            Order::Ascending => {
                for generation in self.merged_generations(first, last)?.into_iter().chain(memory_first..=last) {
                    self.search_generation(generation, &mut found)?;
                }
            }
        }
        Ok(found)
    }

    /// Merged generations in which the first filter finds something.
    fn merged_generations(&self, first: u64, last: u64) -> Result<BTreeSet<u64>, StoreError> {
        let Some(last) = self.view.memory_first.checked_sub(1).map(|merged| merged.min(last)) else {
            return Ok(BTreeSet::new());
        };
        let filter = &self.view.lists[0];
        let late = self.view.late_generations(filter).into_iter();
        let mut generations: BTreeSet<u64> = late.filter(|generation| (first..=last).contains(generation)).collect();
        for key in &filter.keys {
            let mut select = || -> rusqlite::Result<()> {
                let mut select = self.connection.prepare_cached(SELECT_GENERATIONS)?;
                for generation in select.query_map([*key, first, last], |row| row.get(0))? {
                    generations.insert(generation?);
                }
                Ok(())
            };
            select().map_err(|error| store_error("read the index", error))?;
        }
        Ok(generations)
    }

    /// Adds what all filters find in a generation, until there is enough.
    fn search_generation(&self, generation: u64, found: &mut Vec<u64>) -> Result<(), StoreError> {
        if found.len() >= self.wanted {
            return Ok(());
        }
        let mut seqs = Vec::new();
        for (place, filter) in self.view.lists.iter().enumerate() {
            let matching = self.collect(filter, generation)?;
            if place == 0 {
                seqs = matching;
                seqs.retain(|seq| (self.bounds.first..=self.bounds.last).contains(seq));
                if let Some(among) = &self.among {
                    intersect(&mut seqs, among);
                }
            } else {
                intersect(&mut seqs, &matching);
            }
            if seqs.is_empty() {
                return Ok(());
            }
        }
        found.extend(self.take_visible(seqs.into_iter(), self.wanted - found.len()));
        Ok(())
    }

    /// What one filter finds in a generation, ascending.
    fn collect(&self, filter: &FilterView, generation: u64) -> Result<Vec<u64>, StoreError> {
        let mut seqs = Vec::new();
        if generation < self.view.memory_first {
            let first = self.view.range(generation).first;
            for key in &filter.keys {
                let row = select_posting(self.connection, *key, generation);
                let Some(row) = row.map_err(|error| store_error("read the index", error))? else { continue };
                let mut own = Vec::new();
                decode(first, &row, &mut own).map_err(|_| malformed_posting(*key, generation))?;
                unite(&mut seqs, &own);
            }
        }
        self.view.collect(filter, generation, &mut seqs);
        Ok(seqs)
    }
}

/// The tail's lock, whatever happened to another holder of it: the writer changes it in steps that cannot fail.
impl Shared {
    pub(crate) fn tail(&self) -> std::sync::RwLockReadGuard<'_, crate::tail::Tail> {
        self.tail.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is not in its tables, as it is now.
    pub(crate) fn unwritten(&self) -> std::sync::RwLockReadGuard<'_, crate::unwritten::Unwritten> {
        self.unwritten.read().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    #[test]
    fn no_query_scans_a_table() {
        let mut connection = Connection::open_in_memory().expect("a database");
        crate::schema::migrate(&mut connection).expect("a schema");
        for sql in [
            super::SELECT_GENERATIONS,
            crate::merge::SELECT_POSTING,
            crate::references::SELECT_SEQ,
            crate::references::SELECT_REFERRING,
            crate::terms::SELECT_TERM,
            crate::log::SELECT_STATEMENT,
            crate::log::SELECT_LOG,
            crate::log::SELECT_STORED,
        ] {
            let mut explain = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).expect("valid SQL");
            let parameters = rusqlite::params_from_iter(std::iter::repeat_n(1, explain.parameter_count()));
            let plan = explain.query_map(parameters, |row| row.get::<_, String>(3)).expect("a plan");
            let plan: Vec<String> = plan.collect::<Result<_, _>>().expect("a plan");
            assert!(!plan.is_empty() && plan.iter().all(|step| step.starts_with("SEARCH")), "{sql}: {plan:?}");
        }
    }
}
