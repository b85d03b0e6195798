//! What members and parameters of the admin API have to be.

use std::fmt::{self, Display, Formatter};

use lrs_store::Scope;
use serde::Serialize;
use utoipa::ToSchema;

use super::Broken;

/// What a member or a parameter has to be: a code with its values. [`Display`] is the sentence in English.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "code", content = "values", rename_all = "snake_case")]
pub enum Rule {
    /// JSON, or a query, as the interface asks for it.
    AsAsked {
        /// What is wrong with it.
        error: String,
    },
    /// A rule of xAPI.
    Broken(Broken),
    /// The `next` of the page before, or the like.
    Cursor {
        /// The parameter's name.
        name: String,
    },
    /// An e-mail address.
    Email,
    /// An instant that is still to come.
    FutureInstant,
    /// A time in which an old secret is still good.
    GraceTime {
        /// At most so long.
        max_days: u32,
    },
    /// Groups that are there.
    GroupsExist,
    /// Groups bind instructors only.
    GroupsOfInstructors,
    /// An instant.
    Instant {
        /// The parameter's name.
        name: String,
    },
    /// A key that can still be changed.
    KeyInUse,
    /// The label of a key.
    Label {
        /// So many characters.
        max: usize,
    },
    /// How many things a list answers at once.
    ListLimit {
        /// So many.
        max: usize,
    },
    /// The name of an LRS.
    LrsName,
    /// Learners of a group.
    Members {
        /// So many.
        max: usize,
    },
    /// A name of a person or a thing.
    Name {
        /// So many characters.
        max: usize,
    },
    /// A file with something in it.
    NonEmptyFile,
    /// A text that PostgreSQL can search for.
    NoNul,
    /// A password that is long enough.
    PasswordLength {
        /// So many characters at least.
        min: usize,
        /// So many bytes at most.
        max_bytes: usize,
    },
    /// A password that cannot be guessed.
    PasswordUnguessable,
    /// Why a statement is voided.
    Reason {
        /// So many characters.
        max: usize,
    },
    /// Requests that a key may send.
    RequestRate,
    /// Roles of LRSs.
    Roles,
    /// One role in each LRS.
    RolesOnce,
    /// Some scopes.
    Scopes {
        /// Those that there are.
        names: String,
    },
    /// As many groups as an LRS has.
    TooManyGroups {
        /// So many.
        max: usize,
    },
    /// As many keys as an LRS has.
    TooManyKeys {
        /// So many.
        max: usize,
    },
    /// As many tokens as an account has.
    TooManyTokens {
        /// So many.
        max: usize,
    },
    /// A UUID.
    Uuid {
        /// The parameter's name.
        name: String,
    },
}

impl Rule {
    /// Some scopes of those that there are.
    #[must_use]
    pub fn scopes() -> Self {
        let names: Vec<_> = Scope::NAMES.iter().map(|(_, name)| *name).collect();
        Self::Scopes { names: names.join(", ") }
    }
}

impl Display for Rule {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::AsAsked { error } => write!(f, "This is not as the interface asks: {error}."),
            Self::Broken(broken) => write!(f, "The request {broken}"),
            Self::Cursor { name } => write!(f, "{name}: as it was answered."),
            Self::Email => f.write_str("email: an e-mail address."),
            Self::FutureInstant => f.write_str("expires: an instant in the future."),
            Self::GraceTime { max_days } => {
                write!(f, "grace_seconds: at most {} ({max_days} days).", max_days * 86_400)
            }
            Self::GroupsExist => f.write_str("roles: groups that exist in the LRS."),
            Self::GroupsOfInstructors => f.write_str("roles: groups for the role instructor only."),
            Self::Instant { name } => write!(f, "{name}: an instant such as 2027-01-31T12:00:00Z."),
            Self::KeyInUse => f.write_str("key: a key that was not revoked."),
            Self::Label { max } => write!(f, "label: at most {max} characters in one line."),
            Self::ListLimit { max } => write!(f, "limit: 1 to {max}."),
            Self::LrsName => f.write_str("name: 1 to 63 of a–z, 0–9, - and _, beginning with a letter or digit."),
            Self::Members { max } => {
                write!(f, "members: at most {max} agents, such as mailto:ana@example.org or homePage|name.")
            }
            Self::Name { max } => write!(f, "name: 1 to {max} characters in one line."),
            Self::NonEmptyFile => f.write_str("The body is empty: send the file."),
            Self::NoNul => f.write_str("text: no NUL."),
            Self::PasswordLength { min, max_bytes } => {
                write!(f, "password: at least {min} characters, and at most {max_bytes} bytes.")
            }
            Self::PasswordUnguessable => f.write_str("password: one that cannot be guessed from your name or address."),
            Self::Reason { max } => write!(f, "reason: a reason of 1 to {max} characters is needed."),
            Self::RequestRate => f.write_str("requests_per_second_max: at least 1, or null for no limit."),
            Self::Roles => f.write_str("roles: names of LRSs with owner, admin, analyst, instructor or viewer."),
            Self::RolesOnce => f.write_str("roles: each LRS at most once."),
            Self::Scopes { names } => write!(f, "scopes: at least one of {names}."),
            Self::TooManyGroups { max } => write!(f, "There may be at most {max} groups in an LRS."),
            Self::TooManyKeys { max } => write!(f, "There may be at most {max} keys in an LRS."),
            Self::TooManyTokens { max } => {
                write!(f, "There may be at most {max} tokens: delete one that is not used any more.")
            }
            Self::Uuid { name } => write!(f, "{name}: a UUID."),
        }
    }
}
