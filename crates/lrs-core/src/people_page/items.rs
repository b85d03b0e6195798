//! People as they are shown.

use serde::Serialize;

use crate::directory::StudyState;

/// A person in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PersonItem {
    /// The person.
    pub person: String,
    /// The name that statements gave last, else an identifier; never empty.
    pub name: String,
    /// Every identifier ([`xapi::Agent::key`]), the one it is known by first.
    pub identifiers: Vec<String>,
    /// When statements of it happened last.
    pub last_seen: Option<String>,
    /// Statements with this person as actor, voided ones not counted.
    pub statements: u64,
}

/// What a person did in an activity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PersonActivity {
    /// Activity id.
    pub id: String,
    /// In the reader's language.
    pub name: String,
    /// Registrations, or else how often it was begun.
    pub attempts: u64,
    /// The best score, in whole percent.
    pub best_score_percent: Option<i8>,
    /// How far it is.
    pub state: StudyState,
    /// The durations that statements told, added up.
    pub seconds: u64,
    /// When it happened last.
    pub last_used: Option<String>,
}

/// A document of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PersonDocument {
    /// `state` or `agent_profile`.
    pub kind: &'static str,
    /// `stateId` or `profileId`.
    pub id: String,
    /// Of a state: the activity.
    pub activity: Option<String>,
    /// Under which identifier.
    pub agent: String,
    /// Its media type; absent for a state of a registration.
    pub content_type: Option<String>,
    /// When it last changed.
    pub updated: Option<String>,
    /// How many bytes.
    pub length: Option<usize>,
}

/// An identifier of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PersonIdentifier {
    /// [`xapi::Agent::key`]
    pub identifier: String,
    /// Whether it was merged into the person, and can be taken away again.
    pub merged: bool,
}

/// One person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PersonPage {
    /// Who.
    pub person: String,
    /// The name that statements gave last, else an identifier.
    pub name: String,
    /// The one it is known by first.
    pub identifiers: Vec<PersonIdentifier>,
    /// When statements of it happened first.
    pub first_seen: Option<String>,
    /// And last.
    pub last_seen: Option<String>,
    /// Statements with this person as actor, voided ones not counted.
    pub statements: u64,
    /// Every name that statements gave.
    pub names: Vec<String>,
    /// The newest first.
    pub activities: Vec<PersonActivity>,
    /// Documents of its newest activities and of its profiles.
    pub documents: Vec<PersonDocument>,
}
