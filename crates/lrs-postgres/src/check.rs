//! Looks for damage and for what endangers data: in the database server ([`server`]), and in each LRS ([`lrs`]). Changes nothing.

mod attachments;
mod lrs;
mod server;

use std::sync::Arc;
use std::time::Duration;

use lrs_store::{Advice, CheckedPart, Clock, Finding, LrsName, Seen, Severity, StoreError, Subject};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::connection::{Database, OpenError, Pools, drop_broken, read_again};
use crate::error::Fault;
use crate::pooler;
use crate::registry::control;
use crate::schema::{self, SchemaAge};
use crate::store::Shared;
use crate::{AttachmentPlace, Options};

const OPERATION: &str = "check the database";

/// From where on a finding is worth a warning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckLimits {
    /// A transaction that is open so long keeps dead rows from being removed.
    pub transaction: Duration,
    /// A replica may be so many bytes of the write-ahead log behind.
    pub replica_lag_bytes: i64,
    /// A replication slot that nobody reads may hold back so many bytes of the write-ahead log; more fill the disk one day.
    pub slot_bytes: i64,
    /// So many dead rows of a table are no bloat, whatever share of it they are.
    pub dead_rows: i64,
    /// The clocks of this machine and of the database may differ so much.
    pub clock_difference: Duration,
}

impl Default for CheckLimits {
    fn default() -> Self {
        Self {
            transaction: Duration::from_hours(1),
            replica_lag_bytes: 16 << 20,
            slot_bytes: 1 << 30,
            dead_rows: 10_000,
            clock_difference: Duration::from_secs(1),
        }
    }
}

/// Checks a database, its replicas, and its LRSs. `deep` reads every statement and every attachment.
///
/// # Errors
/// When the addresses cannot be used at all; that the database does not answer is a finding.
pub async fn check_database(
    database: &Database,
    replicas: &[Database],
    options: &Options,
    limits: &CheckLimits,
    clock: &Arc<dyn Clock>,
    deep: bool,
) -> Result<Vec<CheckedPart>, OpenError> {
    let looker = Looker { pools: Pools::open(database, replicas, options)?, attachments: options.attachments.clone() };
    let mut parts = Vec::new();
    let checked = check_all(&looker, limits, clock.as_ref(), deep, &mut parts).await;
    if let Err(OpenError::SharedSessions) = checked {
        let message = "sessions are given away between transactions";
        parts.push(CheckedPart {
            lrs: None,
            findings: vec![printed(Severity::Error, "pooler", message, pooler::ADVICE)],
        });
    } else if let Err(error) = checked {
        let message = error.to_string();
        let advice = "Start the database, or correct the address, the user or the password.";
        parts.push(CheckedPart {
            lrs: None,
            findings: vec![printed(Severity::Error, "connection to the database", message, advice)],
        });
    }
    looker.pools.close();
    Ok(parts)
}

async fn check_all(
    looker: &Looker,
    limits: &CheckLimits,
    clock: &dyn Clock,
    deep: bool,
    parts: &mut Vec<CheckedPart>,
) -> Result<(), OpenError> {
    pooler::refuse_shared_sessions(&looker.pools).await?;
    let mut findings = server::check(looker, limits).await?;
    findings.push(server::check_clock(looker, limits, clock).await?);
    findings.extend(looker.pools.replicas.check(limits.replica_lag_bytes).await);
    findings.push(looker.attachments.check().await);
    let present = looker.rows("SELECT to_regclass('lyceum.lrs') IS NOT NULL", &[]).await?;
    if !present.first().is_some_and(|row| row.get(0)) {
        let message = "this database holds no Lyceum";
        findings.push(printed(Severity::Error, "schema lyceum", message, "Name the right one, or start lyceum serve."));
        parts.push(CheckedPart { lrs: None, findings });
        return Ok(());
    }
    parts.push(CheckedPart { lrs: None, findings });
    for (name, number, version) in looker.list_lrss().await? {
        let findings = match looker.age_of(version).await? {
            SchemaAge::Usable => lrs::check(looker, &schema::schema_name(number), limits, deep).await?,
            SchemaAge::Older => {
                let message = format!("version {version} is of an older release of Lyceum than this one");
                vec![printed(Severity::Warning, "schema", message, "Start this release, which brings it up to date.")]
            }
            SchemaAge::Newer => {
                let message = format!("version {version} is of a later release of Lyceum than this one");
                vec![printed(Severity::Warning, "schema", message, "Check with that release.")]
            }
        };
        parts.push(CheckedPart { lrs: Some(name.to_string()), findings });
    }
    Ok(())
}

/// Looks at the server and one open LRS.
pub(crate) async fn check(shared: &Shared, deep: bool) -> Result<Vec<Finding>, StoreError> {
    let looker = Looker { pools: shared.pools.clone(), attachments: shared.options.attachments.clone() };
    let limits = CheckLimits::default();
    let mut findings = server::check(&looker, &limits).await?;
    findings.push(looker.attachments.check().await);
    findings.extend(lrs::check(&looker, &shared.schema, &limits, deep).await?);
    Ok(findings)
}

/// Asks the database, and the place of attachments.
struct Looker {
    pools: Pools,
    attachments: AttachmentPlace,
}

impl Looker {
    async fn age_of(&self, version: i32) -> Result<SchemaAge, StoreError> {
        let connection = self.pools.reader(OPERATION).await?;
        schema::age_of(&**connection, version).await
    }

    async fn rows(&self, sql: &str, arguments: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, StoreError> {
        read_again(|| async {
            let connection = self.pools.reader(OPERATION).await?;
            let outcome = connection.query(sql, arguments).await.map_err(|error| Fault::new(OPERATION, error));
            drop_broken(connection, &outcome);
            outcome
        })
        .await
    }

    async fn list_lrss(&self) -> Result<Vec<(LrsName, i32, i32)>, StoreError> {
        let connection = self.pools.reader(OPERATION).await?;
        let snapshot = control::read_snapshot(&connection).await.map_err(StoreError::from)?;
        Ok(snapshot.lrss.into_iter().map(|(name, lrs)| (name, lrs.number, lrs.schema_version)).collect())
    }
}

/// A finding that only `lyceum doctor` prints, in English.
pub(crate) fn printed(severity: Severity, subject: &str, message: impl Into<String>, advice: &str) -> Finding {
    Finding::new(severity, Subject::in_words(subject), Seen::in_words(message), Advice::in_words(advice))
}

fn warn_unless(good: bool) -> Severity {
    if good { Severity::Good } else { Severity::Warning }
}
