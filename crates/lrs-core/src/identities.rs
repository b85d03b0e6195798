//! One person, several identifiers: which agents are one person, and how that is said and unsaid. Nothing stored is rewritten.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lrs_store::{Identity, Store, StoreError};

use crate::directory::{Hash, hash};

/// Identifiers of one person; a person has a handful.
pub const IDENTIFIERS_MAX: usize = 100;

/// A person of one LRS, in addresses and answers: says nothing about who it is. The person of an agent that is alone, or of the agent
/// by which several are known.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PersonId(Hash);

impl PersonId {
    /// The person known by an agent ([`xapi::Agent::key`]).
    #[must_use]
    pub fn of(agent: &str) -> Self {
        Self(hash(agent))
    }

    /// Parses what [`PersonId`] shows.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    pub(crate) fn hash(&self) -> &Hash {
        &self.0
    }
}

impl std::fmt::Display for PersonId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

/// Why identities did not change.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The two are one person already.
    #[error("these are one person already")]
    SamePerson,
    /// Together they have too many identifiers.
    #[error("a person has at most {IDENTIFIERS_MAX} identifiers")]
    TooMany,
    /// This person is known by no such identifier, or by no other.
    #[error("this person has no such identifier beside others")]
    NotTheirs,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// By which agent each of these agents is known; agents alone are not in it.
pub(crate) async fn find_known_by(store: &dyn Store, agents: &[String]) -> Result<HashMap<String, String>, StoreError> {
    let found = store.find_identities(agents).await?;
    Ok(found.into_iter().map(|identity| (identity.agent, identity.person)).collect())
}

/// All identifiers of the person known by an agent, that agent first.
///
/// # Errors
/// When the store fails.
pub async fn find_identifiers(store: &dyn Store, known_by: &str) -> Result<Vec<String>, StoreError> {
    let others = store.find_person(known_by, IDENTIFIERS_MAX).await?;
    Ok(std::iter::once(known_by.to_owned()).chain(others.into_iter().map(|identity| identity.agent)).collect())
}

/// Makes one person of two, each given by the agent it is known by; the first stays.
///
/// # Errors
/// When they are one already, have too many identifiers, or the store fails.
pub async fn merge_people(store: &dyn Store, person: &str, other: &str) -> Result<(), IdentityError> {
    if person == other {
        return Err(IdentityError::SamePerson);
    }
    let (own, others) = (find_identifiers(store, person).await?, find_identifiers(store, other).await?);
    if own.len() + others.len() > IDENTIFIERS_MAX {
        return Err(IdentityError::TooMany);
    }
    let put: Vec<Identity> = others.into_iter().map(|agent| Identity { agent, person: person.to_owned() }).collect();
    Ok(store.change_identities(&[], &put).await?)
}

/// Takes an identifier away from a person, so that it is a person of its own again. When the person was known by it, the others
/// are known by the next one.
///
/// # Errors
/// When it is not theirs, or the only one, or the store fails.
pub async fn split_person(store: &dyn Store, person: &str, identifier: &str) -> Result<(), IdentityError> {
    let identifiers = find_identifiers(store, person).await?;
    if identifiers.len() < 2 || !identifiers.iter().any(|known| known == identifier) {
        return Err(IdentityError::NotTheirs);
    }
    if identifier != person {
        return Ok(store.change_identities(&[identifier.to_owned()], &[]).await?);
    }
    let (next, rest) = (identifiers[1].clone(), &identifiers[2..]);
    let put: Vec<Identity> = rest.iter().map(|agent| Identity { agent: agent.clone(), person: next.clone() }).collect();
    Ok(store.change_identities(&[next], &put).await?)
}
