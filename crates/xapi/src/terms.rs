//! What a statement can be found by: the index entries that a store keeps for it.

/// The query parameter that an index entry answers (Communication 2.1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Index {
    /// `agent`: the actor, the object when it is an agent or group, and the members of these groups.
    Agent = 0,
    /// What `related_agents` adds to [`Index::Agent`]: authority, instructor, team, contextAgents, contextGroups and the
    /// same places of a sub-statement, with the members of groups. An agent already under `Agent` is not repeated.
    RelatedAgent = 1,
    /// `verb`: the verb's id.
    Verb = 2,
    /// `activity`: the object's id when it is an activity.
    Activity = 3,
    /// What `related_activities` adds to [`Index::Activity`]: context activities, and the same places of a sub-statement.
    /// An activity already under `Activity` is not repeated.
    RelatedActivity = 4,
    /// `registration`: the hyphenated lower-case UUID.
    Registration = 5,
    /// The authority, for keys that may read only their own statements (`statements/read/mine`).
    Authority = 6,
}

/// One index entry of a statement. A statement's terms are distinct.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Term {
    /// Which parameter it answers.
    pub index: Index,
    /// Whom or what: an [`Agent::key`](crate::Agent::key), an IRI, or a UUID.
    pub text: String,
}
