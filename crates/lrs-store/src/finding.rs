//! What a check of a store finds, each finding as a code with its values and as the English sentence that follows from them.
//!
//! `lyceum doctor` prints the sentences; the admin API gives both, so that a program can say a finding in another language.

mod advice;
mod seen;
mod subject;

pub use advice::Advice;
pub use seen::Seen;
pub use subject::Subject;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// As it should be.
    Good,
    /// Works, but someone should act.
    Warning,
    /// Data is damaged or will be lost.
    Error,
}

/// One thing that a check looked at. Only [`Finding::new`] makes one, so that its sentences are those of its codes; as JSON it
/// is the sentences alone, as `lyceum doctor --json` prints them.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// How bad.
    pub severity: Severity,
    /// What was checked, such as `database pages`.
    pub subject: String,
    /// What was seen.
    pub message: String,
    /// What to do; empty when good.
    pub advice: String,
    /// `subject`, for programs.
    #[serde(skip)]
    pub checked: Subject,
    /// `message`, for programs.
    #[serde(skip)]
    pub seen: Seen,
    /// `advice`, for programs.
    #[serde(skip)]
    pub advised: Option<Advice>,
}

impl Finding {
    /// That all is well.
    #[must_use]
    pub fn good(checked: Subject, seen: Seen) -> Self {
        Self::with(Severity::Good, checked, seen, None)
    }

    /// A finding, and what to do about it; a good one needs no advice.
    #[must_use]
    pub fn new(severity: Severity, checked: Subject, seen: Seen, advice: Advice) -> Self {
        Self::with(severity, checked, seen, (severity != Severity::Good).then_some(advice))
    }

    fn with(severity: Severity, checked: Subject, seen: Seen, advised: Option<Advice>) -> Self {
        Self {
            severity,
            subject: checked.to_string(),
            message: seen.to_string(),
            advice: advised.as_ref().map(ToString::to_string).unwrap_or_default(),
            checked,
            seen,
            advised,
        }
    }
}

/// The findings about one LRS, or about what all LRSs share.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct CheckedPart {
    /// The LRS's name; `None` for what all share: the data folder, or the database.
    pub lrs: Option<String>,
    /// What was looked at, in that order.
    pub findings: Vec<Finding>,
}
