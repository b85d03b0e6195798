//! How an arriving statement enters the index, with what it refers to and what refers to it (Communication 2.1.3), and how
//! it voids (Data 2.3.2).
//!
//! A statement is also found by the terms of the statement it refers to, over several steps, whichever arrived first. Table
//! `reference` holds every step (a row each), so that one look finds all that a statement refers to and all that refers to it.

use std::collections::{HashMap, HashSet};

use lrs_store::REFERENCE_STEPS_MAX;
use uuid::Uuid;

/// Rows that a commit adds to `reference`.
#[derive(Debug, Default)]
pub(crate) struct ReferenceRows {
    pub(crate) ids: Vec<Uuid>,
    pub(crate) targets: Vec<Uuid>,
    pub(crate) seqs: Vec<i64>,
    pub(crate) steps: Vec<i32>,
    pub(crate) voids: Vec<bool>,
}

/// Rows that a commit adds to `posting`; vectors are columns.
#[derive(Debug, Default)]
pub(crate) struct PostingRows {
    pub(crate) keys: Vec<Uuid>,
    pub(crate) ids: Vec<Uuid>,
    pub(crate) seqs: Vec<i64>,
}

impl PostingRows {
    pub(crate) fn push(&mut self, key: Uuid, id: Uuid, seq: i64) {
        self.keys.push(key);
        self.ids.push(id);
        self.seqs.push(seq);
    }

    /// Puts the rows into the order of their index: the entries of one key then go to neighbouring places of the index and of the table,
    /// where a page finds them together again.
    pub(crate) fn sort(&mut self) {
        let mut order: Vec<usize> = (0..self.keys.len()).collect();
        order.sort_unstable_by_key(|&row| (self.keys[row], self.seqs[row]));
        self.keys = order.iter().map(|&row| self.keys[row]).collect();
        self.ids = order.iter().map(|&row| self.ids[row]).collect();
        self.seqs = order.iter().map(|&row| self.seqs[row]).collect();
    }
}

/// A statement that refers to another: the statements it leads to, nearest first, present or not.
#[derive(Debug, Default, Clone)]
struct Referring {
    seq: i64,
    voids: bool,
    chain: Vec<Uuid>,
}

/// The statements around a commit that refer to each other, with what is known of them.
#[derive(Debug, Default)]
pub(crate) struct References {
    referring: HashMap<Uuid, Referring>,
    /// Who leads to a statement, in however many steps.
    leading: HashMap<Uuid, HashSet<Uuid>>,
    /// The keys that others inherit, of statements that are present.
    terms: HashMap<Uuid, Vec<Uuid>>,
}

impl References {
    /// Learns a row of `reference`. Rows of one statement come by their step.
    pub(crate) fn learn(&mut self, id: Uuid, target: Uuid, seq: i64, voids: bool) {
        let referring = self.referring.entry(id).or_default();
        referring.seq = seq;
        referring.voids = voids;
        if !referring.chain.contains(&target) {
            referring.chain.push(target);
            self.leading.entry(target).or_default().insert(id);
        }
    }

    /// Learns the terms of a statement that is present.
    pub(crate) fn learn_terms(&mut self, id: Uuid, terms: Vec<Uuid>) {
        self.terms.insert(id, terms);
    }

    /// Every statement whose terms count and are not known yet, if it is present.
    pub(crate) fn unknown(&self) -> Vec<Uuid> {
        let named = self.referring.iter().flat_map(|(id, it)| it.chain.iter().chain([id]));
        let unknown: HashSet<Uuid> = named.filter(|id| !self.terms.contains_key(id)).copied().collect();
        unknown.into_iter().collect()
    }

    /// Whether a voiding statement waits for this one.
    pub(crate) fn is_awaited_by_voiding(&self, id: Uuid) -> bool {
        let Some(leading) = self.leading.get(&id) else { return false };
        leading.iter().filter_map(|leading| self.referring.get(leading)).any(|it| it.voids && it.chain[0] == id)
    }

    /// A statement enters: its rows, and those that others owe to it.
    pub(crate) fn enter(
        &mut self,
        (id, seq, voids): (Uuid, i64, bool),
        terms: &[Uuid],
        target: Option<Uuid>,
        postings: &mut PostingRows,
        rows: &mut ReferenceRows,
    ) {
        let debtors: Vec<Uuid> = self.leading.get(&id).into_iter().flatten().copied().collect();
        if target.is_none() && debtors.is_empty() {
            // Remembered for statements of the same commit that refer to it.
            self.terms.insert(id, terms.to_vec());
            return;
        }
        let had: Vec<HashSet<Uuid>> = debtors.iter().map(|debtor| self.effective(*debtor)).collect();
        self.terms.insert(id, terms.to_vec());
        if let Some(target) = target {
            let further = self.referring.get(&target).map(|it| it.chain.clone()).unwrap_or_default();
            self.referring.insert(id, Referring { seq, voids, chain: Vec::new() });
            self.extend(id, std::iter::once(target).chain(further), rows);
            let own: HashSet<Uuid> = terms.iter().copied().collect();
            for key in self.effective(id).difference(&own) {
                postings.push(*key, id, seq);
            }
        }
        let chain = self.referring.get(&id).map(|it| it.chain.clone()).unwrap_or_default();
        for (debtor, had) in debtors.into_iter().zip(had) {
            self.extend(debtor, chain.iter().copied(), rows);
            let seq = self.referring.get(&debtor).map_or(0, |it| it.seq);
            for key in self.effective(debtor).difference(&had) {
                postings.push(*key, debtor, seq);
            }
        }
    }

    /// Lets a statement lead to further ones.
    fn extend(&mut self, id: Uuid, further: impl Iterator<Item = Uuid>, rows: &mut ReferenceRows) {
        let Some(referring) = self.referring.get_mut(&id) else { return };
        for target in further {
            if target == id || referring.chain.contains(&target) || referring.chain.len() >= REFERENCE_STEPS_MAX {
                continue;
            }
            referring.chain.push(target);
            self.leading.entry(target).or_default().insert(id);
            rows.ids.push(id);
            rows.targets.push(target);
            rows.seqs.push(referring.seq);
            rows.steps.push(i32::try_from(referring.chain.len()).unwrap_or(i32::MAX));
            rows.voids.push(referring.voids);
        }
    }

    /// The keys by which a statement is found: its own, and those of the present statements that it leads to.
    fn effective(&self, id: Uuid) -> HashSet<Uuid> {
        let chain = self.referring.get(&id).map(|it| it.chain.as_slice()).unwrap_or_default();
        chain.iter().chain([&id]).filter_map(|id| self.terms.get(id)).flatten().copied().collect()
    }
}
