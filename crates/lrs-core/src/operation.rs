//! What a request does, and which scopes permit it (xAPI 1.0.3 Communication 4.2, OAuth 1.0 Authorization Scope).

use lrs_store::Scope;

/// What a request does, as far as permissions go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// PUT and POST of statements.
    WriteStatements,
    /// GET of statements; with `statements/read/mine` only of the key's own.
    ReadStatements,
    /// GET of the Agents resource.
    ReadAgents,
    /// GET of the Activities resource.
    ReadActivities,
    /// GET of State.
    ReadState,
    /// PUT, POST and DELETE of State.
    WriteState,
    /// GET of Activity and Agent Profiles.
    ReadProfile,
    /// PUT, POST and DELETE of Activity and Agent Profiles.
    WriteProfile,
}

/// A key may not do what it was asked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this key has none of the scopes {}", self.scopes())]
pub struct MissingScope {
    /// What was asked for.
    pub operation: Operation,
}

impl MissingScope {
    /// The scopes of which one would do.
    #[must_use]
    pub fn scopes(self) -> String {
        self.operation.scopes().iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(", ")
    }
}

impl Operation {
    /// Every operation.
    pub const ALL: [Self; 8] = [
        Self::WriteStatements,
        Self::ReadStatements,
        Self::ReadAgents,
        Self::ReadActivities,
        Self::ReadState,
        Self::WriteState,
        Self::ReadProfile,
        Self::WriteProfile,
    ];

    /// The scopes of which any one permits it; the narrowest first.
    #[must_use]
    pub fn scopes(self) -> &'static [Scope] {
        match self {
            Self::WriteStatements => &[Scope::StatementsWrite, Scope::All],
            Self::ReadStatements => &[Scope::StatementsReadMine, Scope::StatementsRead, Scope::AllRead, Scope::All],
            // Names of people and definitions come out of everybody's statements and belong to profiles.
            Self::ReadAgents | Self::ReadActivities => {
                &[Scope::StatementsRead, Scope::Profile, Scope::AllRead, Scope::All]
            }
            Self::ReadState => &[Scope::State, Scope::AllRead, Scope::All],
            Self::WriteState => &[Scope::State, Scope::All],
            Self::ReadProfile => &[Scope::Profile, Scope::AllRead, Scope::All],
            Self::WriteProfile => &[Scope::Profile, Scope::All],
        }
    }
}
