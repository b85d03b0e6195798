//! Queries. Each is one statement of SQL that walks an index in the order of the list and stops when the page is full; several
//! snapshots never mix, so that a reader who tails the log misses nothing.

use std::fmt::Write as _;

use deadpool_postgres::Object;
use futures_util::future::try_join_all;
use lrs_store::{Filter, LoggedStatement, Order, Page, Query, Seq, StoreError, StoredStatement};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;
use xapi::{Index, StatementId, Timestamp};

use crate::PostgresStore;
use crate::answer::{Answer, Entry as _, read_answer};
use crate::error::Fault;
use crate::hash::NameHasher;
use crate::store::Shared;

const OPERATION: &str = "find statements";
/// So many entries of each filter are looked at to learn which one is the rarest.
const PROBE_ENTRIES: i64 = 256;

/// The statement with this id, voided or not. By the primary key of `statement`.
pub(crate) async fn find_statement(
    store: &PostgresStore,
    id: StatementId,
    voided: bool,
) -> Result<Option<StoredStatement>, StoreError> {
    let sql =
        store.shared.sql("SELECT seq, id, stored, dictionary, body FROM $s.statement WHERE id = $1 AND voided = $2");
    let rows = store.query_statements("find a statement", &sql, &[&id.0, &voided]).await?;
    rows.first().map(StoredStatement::read).transpose()
}

/// The log behind `after`. By `statement_seq`.
pub(crate) async fn read_log(
    store: &PostgresStore,
    after: Seq,
    limit: usize,
) -> Result<Vec<StoredStatement>, StoreError> {
    let sql = store
        .shared
        .sql("SELECT seq, id, stored, dictionary, body FROM $s.statement WHERE seq > $1 ORDER BY seq LIMIT $2");
    let wanted = i64::try_from(limit).unwrap_or(i64::MAX);
    let (after, sql) = (seq_number(after), &sql);
    let arguments: &[&(dyn ToSql + Sync)] = &[&after, &wanted];
    if store.shared.is_cut {
        return store.read_log_entries("read the log", sql, arguments, limit).await;
    }
    let answer = store
        .read_statements("read the log", |connection| async move {
            let failed = |error| Fault::new("read the log", error);
            let select = connection.prepare_cached(sql).await.map_err(failed)?;
            read_answer("read the log", &connection, &select, arguments, limit).await
        })
        .await?;
    Ok(answer.entries)
}

/// The same with what a copy needs besides. By `statement_seq`.
pub(crate) async fn read_entries(
    store: &PostgresStore,
    after: Seq,
    limit: usize,
) -> Result<Vec<LoggedStatement>, StoreError> {
    let sql = store.shared.sql(
        "SELECT seq, id, stored, dictionary, body, voided, timestamp_added, defines FROM $s.statement
         WHERE seq > $1 ORDER BY seq LIMIT $2",
    );
    let (after, wanted) = (seq_number(after), i64::try_from(limit).unwrap_or(i64::MAX));
    store.read_log_entries("read the log", &sql, &[&after, &wanted], limit).await
}

/// A page of statements.
pub(crate) async fn find_statements(store: &PostgresStore, query: &Query) -> Result<Page, StoreError> {
    let (mut filters, mut among) = (Vec::new(), Vec::new());
    for filter in &query.filters {
        match filter {
            Filter::Among(seqs) => among.push(seqs.iter().copied().map(seq_number).collect::<Vec<i64>>()),
            filter => filters.push(filter_keys(&store.shared.hasher, filter)),
        }
    }
    if filters.iter().any(Vec::is_empty) {
        // Of no agent at all there are no statements.
        return Ok(Page { statements: Vec::new(), more: None });
    }
    let (filters, among) = (&filters, &among);
    let answer: Answer<StoredStatement> = store
        .read_statements(OPERATION, |connection| async move {
            let search = Search { shared: &store.shared, connection: &connection, among };
            let Some(bounds) = search.find_bounds(query).await? else { return Ok(Answer::empty()) };
            let filters = search.rarest_first(filters.clone(), bounds).await?;
            search.find(&filters, bounds, query.order, query.limit).await
        })
        .await?;
    let more = answer.entries.last().filter(|_| answer.has_more).map(|last| last.seq);
    Ok(Page { statements: answer.entries, more })
}

/// The index keys of a filter; a statement matches by any of them.
fn filter_keys(hasher: &NameHasher, filter: &Filter) -> Vec<Uuid> {
    const AGENT: [Index; 2] = [Index::Agent, Index::RelatedAgent];
    const ACTIVITY: [Index; 2] = [Index::Activity, Index::RelatedActivity];
    let narrow_or_all =
        |related: bool, indexes: &'static [Index; 2]| if related { &indexes[..] } else { &indexes[..1] };
    let registration;
    let (texts, indexes): (&[String], &[Index]) = match filter {
        Filter::Among(_) => (&[], &[]),
        Filter::Registration(uuid) => {
            registration = uuid.hyphenated().to_string();
            (std::slice::from_ref(&registration), &[Index::Registration])
        }
        Filter::Agent { key, related } => (std::slice::from_ref(key), narrow_or_all(*related, &AGENT)),
        Filter::AnyAgent { keys, related } => (keys, narrow_or_all(*related, &AGENT)),
        Filter::Activity { id, related } => (std::slice::from_ref(id), narrow_or_all(*related, &ACTIVITY)),
        Filter::Verb(id) => (std::slice::from_ref(id), &[Index::Verb]),
        Filter::Authority(key) => (std::slice::from_ref(key), &[Index::Authority]),
    };
    texts.iter().flat_map(|text| indexes.iter().map(|index| hasher.hash_name(*index, text))).collect()
}

struct Search<'a> {
    shared: &'a Shared,
    connection: &'a Object,
    /// Only positions that stand in every one of these lists.
    among: &'a [Vec<i64>],
}

/// The first and the last position of the log that may match.
type Bounds = (i64, i64);

impl Search<'_> {
    async fn query(&self, sql: &str, arguments: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, Fault> {
        let failed = |error| Fault::new(OPERATION, error);
        let statement = self.connection.prepare_cached(&self.shared.sql(sql)).await.map_err(failed)?;
        self.connection.query(&statement, arguments).await.map_err(failed)
    }

    /// The run of the log that `since`, `until` and `after` leave; `None` when it is empty. All statements of a commit have the same
    /// `stored`, and it grows from commit to commit. By `statement_stored`.
    async fn find_bounds(&self, query: &Query) -> Result<Option<Bounds>, Fault> {
        const SINCE: &str = "SELECT min(seq) FROM $s.statement
            WHERE stored = (SELECT stored FROM $s.statement WHERE stored > $1 ORDER BY stored LIMIT 1)";
        const UNTIL: &str = "SELECT max(seq) FROM $s.statement
            WHERE stored = (SELECT stored FROM $s.statement WHERE stored <= $1 ORDER BY stored DESC LIMIT 1)";
        let (mut first, mut last) = (1, i64::MAX);
        for (instant, sql, bound) in [(query.since, SINCE, &mut first), (query.until, UNTIL, &mut last)] {
            let Some(Timestamp(instant)) = instant else { continue };
            let found: Option<i64> = self.query(sql, &[&instant]).await?.first().and_then(|row| row.get(0));
            let Some(found) = found else { return Ok(None) };
            *bound = found;
        }
        match (query.after.map(seq_number), query.order) {
            (None, _) => {}
            (Some(after), Order::Ascending) => first = first.max(after.saturating_add(1)),
            (Some(after), Order::Descending) => last = last.min(after.saturating_sub(1)),
        }
        Ok((first <= last).then_some((first, last)))
    }

    /// The filters by how thinly their entries are spread, so that the page is walked along the one with the fewest. By
    /// `posting_key_seq`.
    async fn rarest_first(&self, filters: Vec<Vec<Uuid>>, (first, last): Bounds) -> Result<Vec<Vec<Uuid>>, Fault> {
        const PROBE: &str = "SELECT count(*), max(seq) - min(seq) FROM (
            SELECT seq FROM $s.posting WHERE key = $1 AND seq >= $2 AND seq <= $3 ORDER BY seq DESC LIMIT $4) AS newest";
        if filters.len() < 2 {
            return Ok(filters);
        }
        let probes = filters.iter().map(|keys| async move {
            let mut density = 0.0;
            for key in keys {
                let rows = self.query(PROBE, &[key, &first, &last, &PROBE_ENTRIES]).await?;
                let count: i64 = rows.first().map_or(0, |row| row.get(0));
                let span: Option<i64> = rows.first().and_then(|row| row.get(1));
                // All entries were seen: there are no more, however near to each other.
                let spread = if count < PROBE_ENTRIES { i64::MAX >> 20 } else { span.unwrap_or(0).max(1) };
                #[expect(clippy::cast_precision_loss, reason = "an estimate")]
                let part = count as f64 / spread as f64;
                density += part;
            }
            Ok::<f64, Fault>(density)
        });
        let densities = try_join_all(probes).await?;
        let mut ranked: Vec<(f64, Vec<Uuid>)> = densities.into_iter().zip(filters).collect();
        ranked.sort_by(|(one, _), (other, _)| one.total_cmp(other));
        Ok(ranked.into_iter().map(|(_, keys)| keys).collect())
    }

    /// Walks along the first filter, `posting_key_seq`, or without one along `statement_seq`; every other filter is a look into
    /// `posting_key_seq`, the statement one by its primary key. A filter of several keys walks along each, a page at most.
    async fn find(
        &self,
        filters: &[Vec<Uuid>],
        (first, last): Bounds,
        order: Order,
        limit: usize,
    ) -> Result<Answer<StoredStatement>, Fault> {
        // One more tells whether another page follows.
        let wanted = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
        let direction = match order {
            Order::Ascending => "ASC",
            Order::Descending => "DESC",
        };
        let mut arguments: Vec<&(dyn ToSql + Sync)> = vec![&first, &last, &wanted];
        let mut conditions = String::new();
        for seqs in self.among {
            arguments.push(seqs);
            let _ = write!(conditions, " AND walked.seq = ANY(${})", arguments.len());
        }
        let Some((walked, others)) = filters.split_first() else {
            let sql = format!(
                "SELECT seq, id, stored, dictionary, body FROM $s.statement AS walked
                 WHERE seq >= $1 AND seq <= $2 AND NOT voided{conditions} ORDER BY seq {direction} LIMIT $3"
            );
            return self.read_page(&sql, &arguments, limit).await;
        };
        for keys in others {
            arguments.push(keys);
            let number = arguments.len();
            let _ = write!(
                conditions,
                " AND EXISTS (SELECT 1 FROM $s.posting AS other WHERE other.key = ANY(${number}) AND other.seq = walked.seq
                  AND other.id = walked.id)"
            );
        }
        let first_key = arguments.len();
        arguments.extend(walked.iter().map(|key| key as &(dyn ToSql + Sync)));
        let arm = |columns: &str, key: usize| {
            format!(
                "SELECT {columns} FROM $s.posting AS walked JOIN $s.statement AS found ON found.id = walked.id
                 WHERE walked.key = ${} AND walked.seq >= $1 AND walked.seq <= $2 AND NOT found.voided{conditions}
                 ORDER BY walked.seq {direction} LIMIT $3",
                first_key + 1 + key
            )
        };
        // No LATERAL over the keys: Citus could not send it to its shards.
        let sql = if walked.len() == 1 {
            arm("found.seq, found.id, found.stored, found.dictionary, found.body", 0)
        } else {
            let arms: Vec<String> =
                (0..walked.len()).map(|key| format!("({})", arm("walked.seq, walked.id", key))).collect();
            format!(
                "SELECT page.seq, found.id, found.stored, found.dictionary, found.body FROM (
                    SELECT DISTINCT arms.seq, arms.id FROM ({}) AS arms ORDER BY arms.seq {direction} LIMIT $3
                 ) AS page JOIN $s.statement AS found ON found.id = page.id ORDER BY page.seq {direction}",
                arms.join(" UNION ALL ")
            )
        };
        self.read_page(&sql, &arguments, limit).await
    }

    async fn read_page(
        &self,
        sql: &str,
        arguments: &[&(dyn ToSql + Sync)],
        limit: usize,
    ) -> Result<Answer<StoredStatement>, Fault> {
        let failed = |error| Fault::new(OPERATION, error);
        let select = self.connection.prepare_cached(&self.shared.sql(sql)).await.map_err(failed)?;
        read_answer(OPERATION, self.connection, &select, arguments, limit).await
    }
}

/// A position as a column has it.
pub(crate) fn seq_number(seq: Seq) -> i64 {
    i64::try_from(seq.0).unwrap_or(i64::MAX)
}
