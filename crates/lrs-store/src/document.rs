//! Documents: State, Activity Profile and Agent Profile.

use uuid::Uuid;
use xapi::{ContentType, Timestamp};

/// What a document belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum DocumentOwner {
    /// State of an agent in an activity, of one registration or of none.
    State {
        /// Activity id.
        activity: String,
        /// [`xapi::Agent::key`]
        agent: String,
        /// Registration.
        registration: Option<Uuid>,
    },
    /// Profile of an activity, by its id.
    ActivityProfile(String),
    /// Profile of an agent, by [`xapi::Agent::key`].
    AgentProfile(String),
}

/// One document.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DocumentKey {
    /// Whose.
    pub owner: DocumentOwner,
    /// `stateId` or `profileId`.
    pub id: String,
}

/// Several documents of one owner. For State, `registration: None` in `owner` means: whatever the registration, and
/// also without one, as `GET`/`DELETE` without the parameter mean it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentFilter {
    /// Whose.
    pub owner: DocumentOwner,
    /// Changed after this instant.
    pub since: Option<Timestamp>,
}

/// The SHA-1 of a document's bytes: 40 hexadecimal digits, unquoted (1.0.3 asks for SHA-1, Communication 3.1).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Etag(pub String);

/// A stored document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its media type as sent.
    pub content_type: ContentType,
    /// Its bytes as sent, or as merged.
    pub body: Vec<u8>,
    /// Of `body`.
    pub etag: Etag,
    /// When it last changed.
    pub updated: Timestamp,
}

/// The value of `If-Match` or `If-None-Match`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EtagMatch {
    /// `*`
    Any,
    /// One of these.
    OneOf(Vec<Etag>),
}

/// What must hold for a change to happen, checked in the same transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Precondition {
    /// Nothing.
    None,
    /// `If-Match`
    Match(EtagMatch),
    /// `If-None-Match`
    NoneMatch(EtagMatch),
    /// No header was sent, and the version's rule is that an existing document must then not be replaced: [`DocumentWritten::Exists`].
    Absent,
}

/// A change to one document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DocumentWrite {
    /// PUT
    Replace {
        /// Media type.
        content_type: ContentType,
        /// Bytes.
        body: Vec<u8>,
    },
    /// POST: [`xapi::merge_documents`] with what is there, else the same as `Replace`.
    Merge {
        /// Media type.
        content_type: ContentType,
        /// Bytes.
        body: Vec<u8>,
    },
    /// DELETE; of an absent document too.
    Delete,
}

/// What became of a change to a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DocumentWritten {
    /// It is durable and visible. `None` after a deletion.
    Written(Option<Etag>),
    /// The precondition does not hold; nothing changed. HTTP: 412.
    PreconditionFailed,
    /// The document exists and [`Precondition::Absent`] was asked for; nothing changed. HTTP: 409.
    Exists,
    /// The documents cannot be merged, for the reason given; nothing changed. HTTP: 400.
    CannotMerge(xapi::DocumentMerge),
}
