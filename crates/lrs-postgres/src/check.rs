//! Looks for damage, and for settings of the server that lose data.

use lrs_store::{Finding, Severity, StoreError};

use crate::PostgresStore;

const OPERATION: &str = "check the database";

/// Settings without which an acknowledged statement can be lost.
const DURABLE_SETTINGS: [(&str, &[&str]); 3] = [
    ("fsync", &["on"]),
    ("full_page_writes", &["on"]),
    ("synchronous_commit", &["on", "remote_apply", "remote_write"]),
];
/// Older servers get no fixes any more.
const SERVER_VERSION_MIN: i32 = 140_000;
/// A transaction that is open so long keeps dead rows from being removed.
const TRANSACTION_SECONDS_MAX: f64 = 3_600.0;

/// Looks at settings and the log; `deep` compares the log with its index.
pub(crate) async fn check(store: &PostgresStore, deep: bool) -> Result<Vec<Finding>, StoreError> {
    let mut findings = vec![check_version(store).await?];
    for (setting, good) in DURABLE_SETTINGS {
        findings.push(check_setting(store, setting, good).await?);
    }
    findings.push(check_transactions(store).await?);
    findings.push(check_positions(store).await?);
    if deep {
        findings.push(check_index(store).await?);
    }
    Ok(findings)
}

fn finding(severity: Severity, subject: &str, message: String, advice: &str) -> Finding {
    let advice = if severity == Severity::Good { "" } else { advice };
    Finding { severity, subject: subject.to_owned(), message, advice: advice.to_owned() }
}

async fn check_version(store: &PostgresStore) -> Result<Finding, StoreError> {
    let sql = "SELECT current_setting('server_version_num')::integer, current_setting('server_version')";
    let rows = store.query(OPERATION, sql, &[]).await?;
    let (number, text): (i32, String) = rows.first().map(|row| (row.get(0), row.get(1))).unwrap_or_default();
    let severity = if number >= SERVER_VERSION_MIN { Severity::Good } else { Severity::Warning };
    Ok(finding(severity, "server version", format!("PostgreSQL {text}"), "Upgrade to PostgreSQL 15 or later."))
}

async fn check_setting(store: &PostgresStore, setting: &str, good: &[&str]) -> Result<Finding, StoreError> {
    let rows = store.query(OPERATION, "SELECT current_setting($1)", &[&setting]).await?;
    let value: String = rows.first().map(|row| row.get(0)).unwrap_or_default();
    let severity = if good.contains(&value.as_str()) { Severity::Good } else { Severity::Error };
    let advice = format!("Set {setting} = {} in postgresql.conf: acknowledged statements can be lost.", good[0]);
    Ok(finding(severity, &format!("setting {setting}"), value, &advice))
}

async fn check_transactions(store: &PostgresStore) -> Result<Finding, StoreError> {
    let sql = "SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0)::float8
        FROM pg_stat_activity WHERE datname = current_database()";
    let rows = store.query(OPERATION, sql, &[]).await?;
    let seconds: f64 = rows.first().map_or(0.0, |row| row.get(0));
    let severity = if seconds < TRANSACTION_SECONDS_MAX { Severity::Good } else { Severity::Warning };
    let advice = "End the transaction (pg_stat_activity shows it): dead rows cannot be removed meanwhile.";
    Ok(finding(severity, "long transactions", format!("the longest is open for {seconds:.0} s"), advice))
}

/// Positions are 1, 2, 3 … without a gap, and `stored` never goes back. By `statement_seq`.
async fn check_positions(store: &PostgresStore) -> Result<Finding, StoreError> {
    let sql = store.shared.sql(
        "SELECT count(*), coalesce(max(seq), 0), count(DISTINCT seq),
             count(*) FILTER (WHERE stored < before) FROM (
                 SELECT seq, stored, lag(stored) OVER (ORDER BY seq) AS before FROM $s.statement) AS log",
    );
    let rows = store.query(OPERATION, &sql, &[]).await?;
    let (count, last, distinct, back): (i64, i64, i64, i64) =
        rows.first().map(|row| (row.get(0), row.get(1), row.get(2), row.get(3))).unwrap_or_default();
    let good = count == last && count == distinct && back == 0;
    let message =
        format!("{count} statements, last position {last}, {distinct} distinct, {back} times stored goes back");
    let severity = if good { Severity::Good } else { Severity::Error };
    Ok(finding(severity, "positions of the log", message, "Restore the LRS from a backup."))
}

/// Every statement has all its own terms in the index, and every index entry its statement.
async fn check_index(store: &PostgresStore) -> Result<Finding, StoreError> {
    let lost = store.shared.sql(
        "SELECT count(*) FROM $s.posting AS p
         WHERE NOT EXISTS (SELECT 1 FROM $s.statement AS s WHERE s.id = p.id AND s.seq = p.seq)",
    );
    let missing = store.shared.sql(
        "SELECT count(*) FROM $s.statement AS s CROSS JOIN LATERAL generate_series(0, length(s.terms) / 16 - 1) AS at
         WHERE NOT EXISTS (SELECT 1 FROM $s.posting AS p
             WHERE p.key = encode(substring(s.terms FROM at * 16 + 1 FOR 16), 'hex')::uuid AND p.seq = s.seq AND p.id = s.id)",
    );
    let number = |rows: &[tokio_postgres::Row]| rows.first().map_or(0, |row| row.get::<_, i64>(0));
    let (lost, missing) =
        (number(&store.query(OPERATION, &lost, &[]).await?), number(&store.query(OPERATION, &missing, &[]).await?));
    let severity = if lost == 0 && missing == 0 { Severity::Good } else { Severity::Error };
    let message = format!("{missing} entries missing, {lost} entries without a statement");
    Ok(finding(severity, "index against the log", message, "Restore the LRS from a backup."))
}
