//! How an LRS is: size, growth, what follows it, what a check found.

use lrs_store::{Advice, Clock, Finding, Order, Query, Seen, Severity, Store, StoreError, Subject};
use serde::Serialize;
use xapi::Timestamp;

use crate::directory::directory_position;

/// Days of growth that are told.
const GROWTH_DAYS: i64 = 30;
const DAY_MICROS: i64 = 24 * 3_600_000_000;

/// The figures of a store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct StoreFigures {
    /// Statements, voided ones included.
    pub statements: u64,
    /// Bytes of the database.
    pub size_bytes: u64,
    /// Bytes of attachments.
    pub attachment_bytes: u64,
    /// Documents.
    pub documents: u64,
    /// The last position of the log.
    pub log_position: u64,
    /// Up to where the durable index reaches.
    pub indexed_through: u64,
}

/// Statements that were stored on a day (UTC).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct GrowthDay {
    /// `2026-11-24`
    pub day: String,
    /// How many.
    pub statements: u64,
}

/// What follows the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FollowerFigures {
    /// Its name.
    pub name: String,
    /// Up to where it is complete.
    pub position: u64,
    /// Where the log ends.
    pub log_position: u64,
}

/// What a check found: in English, and as codes with values for programs that say it in another language. A value's name says
/// its unit: `…_bytes` are bytes, `…_seconds` are seconds, `…_at` is an instant.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct CheckFigures {
    /// What was checked.
    pub name: String,
    /// Whether nobody has to act.
    pub ok: bool,
    /// Whether data is damaged or will be lost.
    pub error: bool,
    /// What was seen, and what to do.
    pub detail: String,
    /// What was checked.
    pub subject: Subject,
    /// What was seen.
    pub seen: Seen,
    /// What to do; nothing when `ok`.
    pub advice: Option<Advice>,
}

impl From<Finding> for CheckFigures {
    fn from(finding: Finding) -> Self {
        Self {
            name: finding.subject,
            ok: finding.severity == Severity::Good,
            error: finding.severity == Severity::Error,
            detail: [finding.message, finding.advice].join(" ").trim_end().to_owned(),
            subject: finding.checked,
            seen: finding.seen,
            advice: finding.advised,
        }
    }
}

/// How an LRS is.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct OperationsFigures {
    /// Size and position.
    pub store: StoreFigures,
    /// Day by day, the oldest first.
    pub growth: Vec<GrowthDay>,
    /// What follows the log.
    pub followers: Vec<FollowerFigures>,
    /// What a quick check found.
    pub checks: Vec<CheckFigures>,
}

/// Reads how an LRS is.
///
/// # Errors
/// When the store fails.
pub async fn read_operations(store: &dyn Store, clock: &dyn Clock) -> Result<OperationsFigures, StoreError> {
    let status = store.status().await?;
    let position = directory_position(store).await?;
    let checks = store.check(false).await?.into_iter().map(CheckFigures::from);
    Ok(OperationsFigures {
        growth: read_growth(store, status.log_position, clock.now()).await?,
        followers: vec![FollowerFigures {
            name: "directory".to_owned(),
            position: position.0,
            log_position: status.log_position,
        }],
        checks: checks.collect(),
        store: StoreFigures {
            statements: status.statements,
            size_bytes: status.size_bytes,
            attachment_bytes: status.attachment_bytes,
            documents: status.documents,
            log_position: status.log_position,
            indexed_through: status.indexed_through,
        },
    })
}

/// The log grows in the order of `stored`, so a day's statements are the distance between its first one and the next day's.
async fn read_growth(store: &dyn Store, end: u64, now: Timestamp) -> Result<Vec<GrowthDay>, StoreError> {
    let today = now.0.div_euclid(DAY_MICROS);
    let mut next = end + 1;
    let mut days = Vec::new();
    for day in (today - GROWTH_DAYS + 1..=today).rev() {
        let first = first_since(store, Timestamp(day * DAY_MICROS - 1)).await?.unwrap_or(end + 1).min(next);
        let text = Timestamp(day * DAY_MICROS).to_string();
        let day = text.split('T').next().unwrap_or_default().to_owned();
        days.push(GrowthDay { day, statements: next - first });
        next = first;
    }
    days.reverse();
    Ok(days)
}

/// The first statement behind an instant that is not voided.
async fn first_since(store: &dyn Store, since: Timestamp) -> Result<Option<u64>, StoreError> {
    let query =
        Query { filters: Vec::new(), since: Some(since), until: None, order: Order::Ascending, limit: 1, after: None };
    Ok(store.find_statements(query).await?.statements.first().map(|first| first.seq.0))
}
