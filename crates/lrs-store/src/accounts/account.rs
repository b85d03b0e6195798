//! Accounts and what lets people in: sessions, invitations, tokens; and the groups of learners that instructors are bound to.

use serde::{Deserialize, Serialize};
use xapi::Timestamp;

use crate::{LrsName, SecretHash};

/// An account's name for programs; never used again.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId(pub String);

/// An e-mail address as it identifies an account: trimmed and in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Email(String);

impl Email {
    /// Parses an address: something on both sides of an `@`, no blanks, at most 254 bytes (RFC 5321).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let address = text.trim().to_lowercase();
        let (name, host) = address.rsplit_once('@')?;
        let plain = |c: char| !c.is_whitespace() && !c.is_control() && !"<>()[],;:\\\"".contains(c);
        let fits = !name.is_empty() && !host.is_empty() && address.len() <= 254 && address.chars().all(plain);
        fits.then_some(Self(address))
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A password as argon2id in the PHC string format. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(pub String);

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// What someone is in an LRS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// May do everything, and say who else may.
    Owner,
    /// Runs the LRS: keys, people below, jobs; voids statements.
    Admin,
    /// Reads everything.
    Analyst,
    /// Reads the learners of chosen groups.
    Instructor,
    /// Sees reports, and no statements.
    Viewer,
}

impl Role {
    /// Every role with its name.
    pub const NAMES: [(Self, &'static str); 5] = [
        (Self::Owner, "owner"),
        (Self::Admin, "admin"),
        (Self::Analyst, "analyst"),
        (Self::Instructor, "instructor"),
        (Self::Viewer, "viewer"),
    ];

    /// Parses a role's name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, name)| *name == text).map(|(role, _)| *role)
    }

    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::NAMES.iter().find(|(role, _)| *role == self).map_or("", |(_, name)| name)
    }
}

/// A role in an LRS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleGrant {
    /// Where.
    pub lrs: LrsName,
    /// What.
    pub role: Role,
    /// Ids of the groups that an instructor is bound to; empty for other roles.
    pub groups: Vec<String>,
}

/// How a backend keeps a list of roles.
#[derive(Serialize, Deserialize)]
struct WrittenGrant {
    lrs: String,
    role: String,
    groups: Vec<String>,
}

impl RoleGrant {
    /// The text under which a backend keeps a list of roles (JSON).
    ///
    /// # Panics
    /// Never: it is made of texts.
    #[must_use]
    pub fn write_list(grants: &[Self]) -> String {
        let write = |grant: &Self| WrittenGrant {
            lrs: grant.lrs.to_string(),
            role: grant.role.as_str().to_owned(),
            groups: grant.groups.clone(),
        };
        serde_json::to_string(&grants.iter().map(write).collect::<Vec<_>>()).expect("texts become JSON")
    }

    /// Reads such a text.
    #[must_use]
    pub fn read_list(text: &str) -> Option<Vec<Self>> {
        let written: Vec<WrittenGrant> = serde_json::from_str(text).ok()?;
        let read = |it: WrittenGrant| {
            Some(Self { lrs: LrsName::parse(&it.lrs)?, role: Role::parse(&it.role)?, groups: it.groups })
        };
        written.into_iter().map(read).collect()
    }
}

/// The text under which a backend keeps a list of texts (JSON).
///
/// # Panics
/// Never: it is made of texts.
#[must_use]
pub fn write_texts(texts: &[String]) -> String {
    serde_json::to_string(texts).expect("texts become JSON")
}

/// Reads such a text.
#[must_use]
pub fn read_texts(text: &str) -> Option<Vec<String>> {
    serde_json::from_str(text).ok()
}

/// An account to create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAccount {
    /// Its id.
    pub id: AccountId,
    /// Its address; no two accounts share one.
    pub email: Email,
    /// The person's name.
    pub name: String,
    /// Without one, only an OpenID provider lets the person in.
    pub password: Option<PasswordHash>,
    /// Owns the server: every LRS, and the accounts.
    pub is_owner: bool,
    /// When it is created.
    pub created: Timestamp,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// As it was created or last changed.
    pub account: NewAccount,
    /// Since when it lets nobody in.
    pub disabled: Option<Timestamp>,
    /// When someone last signed in to it.
    pub last_sign_in: Option<Timestamp>,
    /// What it may do, by LRS in the order of their names.
    pub roles: Vec<RoleGrant>,
}

/// A change to an account; `None` leaves as is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccountUpdate {
    /// Another name.
    pub name: Option<String>,
    /// Another password.
    pub password: Option<PasswordHash>,
    /// Whether it owns the server.
    pub is_owner: Option<bool>,
    /// Disabled since an instant, or not.
    pub disabled: Option<Option<Timestamp>>,
    /// Someone signed in.
    pub last_sign_in: Option<Timestamp>,
}

/// Someone is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// SHA-256 of the cookie's value.
    pub secret: SecretHash,
    /// Who.
    pub account: AccountId,
    /// When they signed in.
    pub created: Timestamp,
    /// When they must sign in again, whatever they do.
    pub expires: Timestamp,
    /// When it was last used, give or take a minute.
    pub last_used: Timestamp,
}

/// Someone is asked to make an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Its name for programs.
    pub id: String,
    /// SHA-256 of the secret in the link.
    pub secret: SecretHash,
    /// Whom.
    pub email: Email,
    /// What the account will be able to do.
    pub roles: Vec<RoleGrant>,
    /// Whether it will own the server.
    pub is_owner: bool,
    /// Who asks.
    pub invited_by: String,
    /// When.
    pub created: Timestamp,
    /// Until when the link works.
    pub expires: Timestamp,
}

/// A personal access token: lets a script do what its account may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its name for programs.
    pub id: String,
    /// SHA-256 of its secret.
    pub secret: SecretHash,
    /// Whose.
    pub account: AccountId,
    /// A name for people.
    pub name: String,
    /// When it was created.
    pub created: Timestamp,
    /// After this instant it lets nobody in.
    pub expires: Option<Timestamp>,
    /// When it was last used, give or take a minute.
    pub last_used: Option<Timestamp>,
}

/// A group of learners in an LRS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LearnerGroup {
    /// The LRS.
    pub lrs: LrsName,
    /// Its name for programs.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// The learners, each as [`xapi::Agent::key`].
    pub members: Vec<String>,
}
