//! The part of recording that needs no order: hashing and compressing. Done by whoever sends a batch, not by the writer.

use lrs_store::StoreError;
use uuid::Uuid;
use xapi::{CompletedStatement, Term};

use crate::bodies::Bodies;
use crate::definitions::Said;
use crate::hash::{Name, NameHasher};

/// A statement, ready to be appended.
pub(crate) struct Prepared {
    pub(crate) id: Uuid,
    pub(crate) target: Option<Uuid>,
    pub(crate) voids: bool,
    /// See [`CompletedStatement::timestamp_added`].
    pub(crate) timestamp_added: bool,
    /// See [`CompletedStatement::defines`].
    pub(crate) defines: bool,
    /// As [`hash_terms`] makes them.
    pub(crate) terms: Vec<(u128, Term)>,
    pub(crate) definitions: Vec<Said>,
    pub(crate) names: Vec<Said>,
    /// The dictionary of `body`.
    pub(crate) dictionary: u32,
    /// As [`Bodies::compress`] makes it.
    pub(crate) body: Vec<u8>,
}

/// Prepares a batch.
pub(crate) fn prepare(
    bodies: &Bodies,
    hasher: &NameHasher,
    statements: Vec<CompletedStatement>,
) -> Result<Vec<Prepared>, StoreError> {
    let (dictionary, compressed) = bodies.compress(statements.iter().map(|statement| statement.body.as_slice()))?;
    let with_bodies = statements.into_iter().zip(compressed);
    Ok(with_bodies.map(|(statement, body)| Prepared::new(hasher, statement, dictionary, body)).collect())
}

impl Prepared {
    /// With its body as [`Bodies::compress`] made it with this dictionary.
    pub(crate) fn new(hasher: &NameHasher, statement: CompletedStatement, dictionary: u32, body: Vec<u8>) -> Self {
        Self {
            id: statement.id.0,
            target: statement.target.map(|id| id.0),
            voids: statement.voids,
            timestamp_added: statement.timestamp_added,
            defines: statement.defines,
            terms: hash_terms(hasher, statement.terms),
            definitions: statement.definitions.into_iter().map(|definition| Said::new(hasher, definition)).collect(),
            names: statement.names.into_iter().map(|name| Said::new(hasher, name)).collect(),
            dictionary,
            body,
        }
    }
}

/// Terms with the hashes of their names, in the order of these: whoever reads a statement again numbers new ones alike.
pub(crate) fn hash_terms(hasher: &NameHasher, terms: Vec<Term>) -> Vec<(u128, Term)> {
    let mut terms: Vec<_> = terms.into_iter().map(|term| (hasher.hash_name(&Name::of(&term)), term)).collect();
    terms.sort_unstable_by_key(|(hash, _)| *hash);
    terms
}
