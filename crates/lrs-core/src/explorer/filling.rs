//! A page of statements while it is filled: what was found is looked at one by one, as far as a page may.

use lrs_store::{Filter, Page, Query, Seq, Store, StoreError};

use super::{ExplorerPage, Readable, meets};
use crate::directory::Condition;

/// Positions that are offered to the store at once; it begins with few, since the newest often suffice.
const OFFER_MIN: usize = 256;
const OFFER_MAX: usize = 4096;
/// Statements that are asked of the store at once when not all that it finds belong on the page.
const LOOKED_AT_ONCE: usize = 100;
/// Statements that one page looks at, of which none may belong on it.
const LOOKED_AT_MAX: usize = 1000;

/// A page that is being filled.
pub(super) struct Filling<'a> {
    store: &'a dyn Store,
    readable: &'a Readable,
    query: &'a Query,
    page: ExplorerPage,
    looked_at: usize,
}

impl<'a> Filling<'a> {
    /// An empty page for a query, whose limit is the page's.
    pub(super) fn new(store: &'a dyn Store, readable: &'a Readable, query: &'a Query) -> Self {
        Self { store, readable, query, page: ExplorerPage { statements: Vec::new(), next: None }, looked_at: 0 }
    }

    /// The page, which goes on at `next` when the end was not reached.
    pub(super) fn end(mut self, next: Option<Seq>) -> ExplorerPage {
        self.page.next = self.page.next.or(next);
        self.page
    }

    /// Looks at what the store finds before `before` and not before `down_to`; whether the page ends there.
    pub(super) async fn look_at_all(
        &mut self,
        conditions: &[Condition],
        before: Option<Seq>,
        down_to: Seq,
    ) -> Result<bool, StoreError> {
        let mut query = Query { after: before, ..self.query.clone() };
        loop {
            query.limit = self.limit(conditions);
            let mut found = self.store.find_statements(query.clone()).await?;
            query.after = found.more;
            if found.statements.last().is_some_and(|last| last.seq <= down_to) {
                found.statements.retain(|statement| statement.seq > down_to);
                found.more = Some(Seq(down_to.0 + 1));
                query.after = None;
            }
            if self.take(found, conditions) {
                return Ok(true);
            }
            if query.after.is_none() {
                return Ok(false);
            }
        }
    }

    /// Looks at those of some positions, newest first, that meet the query's filters; whether the page ends there.
    pub(super) async fn look_at(&mut self, mut seqs: &[Seq], conditions: &[Condition]) -> Result<bool, StoreError> {
        let mut size = OFFER_MIN;
        while !seqs.is_empty() {
            let (offered, later) = seqs.split_at(size.min(seqs.len()));
            seqs = later;
            size = (size * 2).min(OFFER_MAX);
            let mut query = Query { after: None, ..self.query.clone() };
            query.filters.push(Filter::Among(offered.iter().rev().copied().collect()));
            loop {
                query.limit = self.limit(conditions);
                let mut found = self.store.find_statements(query.clone()).await?;
                query.after = found.more;
                // There may be more elsewhere.
                found.more = found.more.or(found.statements.last().map(|last| last.seq));
                if self.take(found, conditions) {
                    return Ok(true);
                }
                if query.after.is_none() {
                    break;
                }
            }
        }
        Ok(false)
    }

    /// How many statements to ask the store for.
    fn limit(&self, conditions: &[Condition]) -> usize {
        let wanted = self.query.limit - self.page.statements.len();
        let all_belong = conditions.is_empty() && *self.readable == Readable::Everyone;
        if all_belong { wanted } else { wanted.max(LOOKED_AT_ONCE) }
    }

    /// Takes what belongs on the page; whether it ends there.
    fn take(&mut self, found: Page, conditions: &[Condition]) -> bool {
        let Page { statements, more } = found;
        let last = statements.last().map(|last| last.seq);
        for statement in statements {
            self.looked_at += 1;
            if !self.readable.permits_statement(&statement) || !meets(&statement, conditions) {
                continue;
            }
            let seq = statement.seq;
            self.page.statements.push(statement);
            if self.page.statements.len() == self.query.limit {
                self.page.next = if Some(seq) == last { more } else { Some(seq) };
                return true;
            }
        }
        let is_enough = self.looked_at >= LOOKED_AT_MAX && more.is_some();
        if is_enough {
            self.page.next = last.or(more);
        }
        is_enough
    }
}
