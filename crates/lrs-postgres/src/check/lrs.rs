//! What is wrong in one LRS: its indexes, dead rows, and, if everything is read, its log against its index.

use lrs_store::{Advice, Finding, Seen, Severity, StoreError, Subject};
use tokio_postgres::Row;

use super::{CheckLimits, Looker, attachments, printed};
use crate::schema;

/// Dead rows of a table, as a share of all, that its vacuum should not let happen.
const DEAD_SHARE_MAX: f64 = 0.3;

/// Looks at the LRS in this schema.
pub(super) async fn check(
    looker: &Looker,
    schema: &str,
    limits: &CheckLimits,
    deep: bool,
) -> Result<Vec<Finding>, StoreError> {
    let mut findings = vec![check_indexes(looker, schema).await?, check_bloat(looker, schema, limits.dead_rows).await?];
    if deep {
        findings.push(check_positions(looker, schema).await?);
        findings.push(check_entries(looker, schema).await?);
        findings.push(attachments::check(looker, schema).await?);
    }
    Ok(findings)
}

/// Every index of the schema's steps is there and can be used.
async fn check_indexes(looker: &Looker, schema: &str) -> Result<Finding, StoreError> {
    let sql = "SELECT c.relname::text, i.indisvalid AND i.indisready FROM pg_index AS i
        JOIN pg_class AS c ON c.oid = i.indexrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname = $1";
    let rows = looker.rows(sql, &[&schema]).await?;
    let present: Vec<(String, bool)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let expected = schema::lrs_indexes();
    let missing: Vec<&str> =
        expected.iter().filter(|name| !present.iter().any(|(it, _)| it == *name)).map(String::as_str).collect();
    let invalid: Vec<&str> = present.iter().filter(|(_, valid)| !valid).map(|(name, _)| name.as_str()).collect();
    if missing.is_empty() && invalid.is_empty() {
        return Ok(Finding::good(Subject::Indexes, Seen::IndexesValid { count: expected.len() as u64 }));
    }
    let (seen, advice) = if missing.is_empty() {
        let commands: Vec<String> =
            invalid.iter().map(|name| format!("REINDEX INDEX CONCURRENTLY {schema}.{name};")).collect();
        (Seen::IndexesInvalid { names: invalid.join(", ") }, Advice::Reindex { commands: commands.join(" ") })
    } else {
        (Seen::IndexesMissing { names: missing.join(", ") }, Advice::CreateIndexes)
    };
    Ok(Finding::new(Severity::Error, Subject::Indexes, seen, advice))
}

/// By the statistics that vacuum goes by.
async fn check_bloat(looker: &Looker, schema: &str, dead_rows_max: i64) -> Result<Finding, StoreError> {
    let sql = "SELECT relname::text, n_dead_tup, n_dead_tup::float8 / greatest(n_dead_tup + n_live_tup, 1)
        FROM pg_stat_user_tables WHERE schemaname = $1 AND n_dead_tup > $2 ORDER BY n_dead_tup DESC";
    let rows = looker.rows(sql, &[&schema, &dead_rows_max]).await?;
    let bloated: Vec<Seen> = rows
        .iter()
        .filter(|row| row.get::<_, f64>(2) > DEAD_SHARE_MAX)
        .map(|row| Seen::DeadRows { table: row.get(0), rows: row.get::<_, i64>(1).unsigned_abs() })
        .collect();
    if bloated.is_empty() {
        return Ok(Finding::good(Subject::Bloat, Seen::NoDeadRows));
    }
    let advice = Advice::Vacuum { schema: schema.to_owned() };
    Ok(Finding::new(Severity::Warning, Subject::Bloat, Seen::Several { all: bloated }, advice))
}

/// Positions are 1, 2, 3 … without a gap, and `stored` never goes back. Reads the log along `statement_seq`.
async fn check_positions(looker: &Looker, schema: &str) -> Result<Finding, StoreError> {
    let sql = schema::sql(
        schema,
        "SELECT count(*), coalesce(max(seq), 0), count(DISTINCT seq),
             count(*) FILTER (WHERE stored < before) FROM (
                 SELECT seq, stored, lag(stored) OVER (ORDER BY seq) AS before FROM $s.statement) AS log",
    );
    let rows = looker.rows(&sql, &[]).await?;
    let (count, last, distinct, back): (i64, i64, i64, i64) =
        rows.first().map(|row| (row.get(0), row.get(1), row.get(2), row.get(3))).unwrap_or_default();
    let good = count == last && count == distinct && back == 0;
    let message =
        format!("{count} statements, last position {last}, {distinct} distinct, {back} times stored goes back");
    let severity = if good { Severity::Good } else { Severity::Error };
    Ok(printed(severity, "positions of the log", message, "Restore the LRS from a backup."))
}

/// Every statement has all its own terms in the index, and every index entry its statement.
async fn check_entries(looker: &Looker, schema: &str) -> Result<Finding, StoreError> {
    let lost = schema::sql(
        schema,
        "SELECT count(*) FROM $s.posting AS p
         WHERE NOT EXISTS (SELECT 1 FROM $s.statement AS s WHERE s.id = p.id AND s.seq = p.seq)",
    );
    let missing = schema::sql(
        schema,
        "SELECT count(*) FROM $s.statement AS s CROSS JOIN LATERAL generate_series(0, length(s.terms) / 16 - 1) AS at
         WHERE NOT EXISTS (SELECT 1 FROM $s.posting AS p
             WHERE p.key = encode(substring(s.terms FROM at * 16 + 1 FOR 16), 'hex')::uuid AND p.seq = s.seq AND p.id = s.id)",
    );
    let number = |rows: &[Row]| rows.first().map_or(0, |row| row.get::<_, i64>(0));
    let (lost, missing) = (number(&looker.rows(&lost, &[]).await?), number(&looker.rows(&missing, &[]).await?));
    let severity = if lost == 0 && missing == 0 { Severity::Good } else { Severity::Error };
    let message = format!("{missing} entries missing, {lost} entries without a statement");
    Ok(printed(severity, "index against the log", message, "Restore the LRS from a backup."))
}
