//! What endangers data in the database server: settings, transactions, replication, clock.

use std::time::Duration;

use lrs_store::{Advice, Clock, Finding, Seen, Severity, StoreError, Subject};

use super::{CheckLimits, Looker, printed, warn_unless};

/// Settings without which an acknowledged statement can be lost, their good values, and how bad another one is. Lyceum turns
/// `synchronous_commit` on for itself.
const DURABLE_SETTINGS: [(&str, &[&str], Severity); 3] = [
    ("fsync", &["on"], Severity::Error),
    ("full_page_writes", &["on"], Severity::Error),
    ("synchronous_commit", &["on", "remote_apply", "remote_write", "local"], Severity::Warning),
];
/// The oldest version that was tried: docs/postgres.md.
const SERVER_VERSION_MIN: i32 = 130_000;

/// Version, settings, connections, transactions and replication.
pub(super) async fn check(looker: &Looker, limits: &CheckLimits) -> Result<Vec<Finding>, StoreError> {
    let mut findings = vec![check_version(looker).await?];
    for (setting, good, severity) in DURABLE_SETTINGS {
        findings.push(check_setting(looker, setting, good, severity).await?);
    }
    findings.push(check_transactions(looker, limits.transaction).await?);
    findings.push(check_replication(looker, limits.replica_lag_bytes).await?);
    findings.push(check_slots(looker, limits.slot_bytes).await?);
    Ok(findings)
}

async fn check_version(looker: &Looker) -> Result<Finding, StoreError> {
    let sql = "SELECT current_setting('server_version_num')::integer, current_setting('server_version')";
    let rows = looker.rows(sql, &[]).await?;
    let (number, version): (i32, String) = rows.first().map(|row| (row.get(0), row.get(1))).unwrap_or_default();
    let severity = warn_unless(number >= SERVER_VERSION_MIN);
    Ok(Finding::new(severity, Subject::ServerVersion, Seen::ServerVersion { version }, Advice::UpgradePostgres))
}

async fn check_setting(looker: &Looker, setting: &str, good: &[&str], bad: Severity) -> Result<Finding, StoreError> {
    // What the server gives to everybody; what this session changed does not count.
    let sql = "SELECT coalesce(reset_val, setting) FROM pg_settings WHERE name = $1";
    let rows = looker.rows(sql, &[&setting]).await?;
    let value: String = rows.first().map(|row| row.get(0)).unwrap_or_default();
    let severity = if good.contains(&value.as_str()) { Severity::Good } else { bad };
    let advice = Advice::SetSetting { setting: setting.to_owned(), value: good[0].to_owned() };
    let subject = Subject::Setting { name: setting.to_owned() };
    Ok(Finding::new(severity, subject, Seen::SettingValue { value }, advice))
}

async fn check_transactions(looker: &Looker, limit: Duration) -> Result<Finding, StoreError> {
    let sql = "SELECT coalesce(max(extract(epoch FROM clock_timestamp() - began)), 0)::float8 FROM (
            SELECT xact_start AS began FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
            UNION ALL SELECT prepared FROM pg_prepared_xacts WHERE database = current_database()) AS open";
    let rows = looker.rows(sql, &[]).await?;
    let open_seconds: f64 = rows.first().map_or(0.0, |row| row.get(0));
    let severity = warn_unless(open_seconds < limit.as_secs_f64() || open_seconds <= 0.0);
    let seen = Seen::LongestTransaction { open_seconds };
    Ok(Finding::new(severity, Subject::LongTransactions, seen, Advice::EndTransaction))
}

/// The replicas that follow this server, as far as this user may see them.
async fn check_replication(looker: &Looker, limit: i64) -> Result<Finding, StoreError> {
    let sql = "SELECT count(*), count(*) FILTER (WHERE replay_lsn IS NULL),
            coalesce(max(pg_wal_lsn_diff(
                CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END, replay_lsn)), 0)::bigint
        FROM pg_stat_replication";
    let rows = looker.rows(sql, &[]).await?;
    let (count, hidden, behind_bytes): (i64, i64, i64) =
        rows.first().map(|row| (row.get(0), row.get(1), row.get(2))).unwrap_or_default();
    let (count, hidden) = (count.unsigned_abs(), hidden.unsigned_abs());
    if hidden > 0 {
        let seen = Seen::ReplicasHidden { hidden, count };
        return Ok(Finding::new(Severity::Warning, Subject::ReplicationLag, seen, Advice::GrantMonitor));
    }
    let (severity, seen) = (warn_unless(behind_bytes <= limit), Seen::Replicas { count, behind_bytes });
    Ok(Finding::new(severity, Subject::ReplicationLag, seen, Advice::CheckReplica))
}

async fn check_slots(looker: &Looker, limit: i64) -> Result<Finding, StoreError> {
    let sql = "SELECT coalesce(string_agg(slot_name::text, ', '), '') FROM pg_replication_slots
        WHERE NOT active AND NOT pg_is_in_recovery()
        AND (wal_status = 'lost' OR pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) > $1::bigint)";
    let rows = looker.rows(sql, &[&limit]).await?;
    let names: String = rows.first().map(|row| row.get(0)).unwrap_or_default();
    if names.is_empty() {
        return Ok(Finding::good(Subject::ReplicationSlots, Seen::NoSlotsUnused));
    }
    let seen = Seen::SlotsUnused { names };
    Ok(Finding::new(Severity::Warning, Subject::ReplicationSlots, seen, Advice::StartOrDropReplica))
}

/// The clock of the database, which decides `stored`, against this machine's.
pub(super) async fn check_clock(
    looker: &Looker,
    limits: &CheckLimits,
    clock: &dyn Clock,
) -> Result<Finding, StoreError> {
    // Once before, so that opening a connection does not count.
    looker.rows("SELECT 1", &[]).await?;
    let before = clock.now();
    let rows = looker.rows("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint", &[]).await?;
    let after = clock.now();
    let there: i64 = rows.first().map(|row| row.get(0)).unwrap_or_default();
    // Any instant in between may be the one at which the database looked.
    let away = if there < before.0 { before.0 - there } else { (there - after.0).max(0) };
    let away = Duration::from_micros(away.unsigned_abs());
    let message = format!("they differ by {:.3} s", away.as_secs_f64());
    let advice =
        "Let both machines follow a time server (chrony, systemd-timesyncd): `stored` is of the database's clock.";
    Ok(printed(
        warn_unless(away <= limits.clock_difference),
        "clocks of this machine and the database",
        message,
        advice,
    ))
}
