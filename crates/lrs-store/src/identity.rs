//! Which agents are one person: truth that nobody can make again, kept and backed up with the LRS. No statement is rewritten.

/// Two identifiers of one person. An agent without an entry is a person of its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identity {
    /// [`xapi::Agent::key`] of an agent.
    pub agent: String,
    /// [`xapi::Agent::key`] of the agent by which the person is known; that agent has no entry itself.
    pub person: String,
}
