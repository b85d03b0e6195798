//! The tail: the index of the newest statements, in memory, by generations of the log.
//!
//! A generation is a run of the log. The open one grows with each commit; a full one is sealed, merged into the tables a
//! little at a time, and leaves. Only the writer changes the tail, after its commit; readers take a view.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use lrs_store::StoreError;
use roaring::RoaringTreemap;
use uuid::Uuid;

use crate::hash::BuildSpread;
use crate::postings::unite;

/// A run of the log, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) first: u64,
    pub(crate) last: u64,
}

/// The index of a run of the log.
#[derive(Debug, Default)]
pub(crate) struct Generation {
    /// From 0, without gaps.
    pub(crate) number: u64,
    /// Its first statement.
    pub(crate) first: u64,
    /// Its last statement; `first - 1` while it is empty.
    pub(crate) last: u64,
    /// Key to distances from `first`, ascending.
    pub(crate) postings: HashMap<u64, Vec<u32>, BuildSpread>,
    /// Key to statements of *older* generations that match since one of this generation arrived, ascending.
    pub(crate) late: HashMap<u64, Vec<u64>, BuildSpread>,
    /// Statement id to seq. Clients choose ids, so the map has a random seed.
    pub(crate) ids: HashMap<Uuid, u64>,
    /// Hash of a name to its term, of the terms that came with this generation.
    pub(crate) terms: HashMap<u128, u64, BuildSpread>,
    /// The last of its terms, or of those before it.
    pub(crate) last_term: u64,
    postings_count: usize,
}

impl Generation {
    fn new(number: u64, first: u64, last_term: u64) -> Self {
        Self { number, first, last: first - 1, last_term, ..Self::default() }
    }

    /// Adds an index entry of a statement of this generation; again is fine.
    fn add(&mut self, key: u64, seq: u64) {
        let offset = u32::try_from(seq - self.first).expect("a generation is shorter than 2^32");
        let offsets = self.postings.entry(key).or_default();
        if offsets.last().is_none_or(|last| *last < offset) {
            offsets.push(offset);
        } else if let Err(place) = offsets.binary_search(&offset) {
            offsets.insert(place, offset);
        } else {
            return;
        }
        self.postings_count += 1;
    }

    fn add_late(&mut self, key: u64, seq: u64) {
        let seqs = self.late.entry(key).or_default();
        if let Err(place) = seqs.binary_search(&seq) {
            seqs.insert(place, seq);
            self.postings_count += 1;
        }
    }

    /// How many statements.
    pub(crate) fn statements(&self) -> u64 {
        self.last + 1 - self.first
    }

    /// Its statements under a key, ascending, added to `seqs`.
    pub(crate) fn collect(&self, key: u64, seqs: &mut Vec<u64>) {
        if let Some(offsets) = self.postings.get(&key) {
            let own: Vec<u64> = offsets.iter().map(|offset| self.first + u64::from(*offset)).collect();
            unite(seqs, &own);
        }
    }
}

/// A statement that a commit appends.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) id: Uuid,
    /// All that it is found by: its own keys, and those of what it refers to.
    pub(crate) keys: Vec<u64>,
}

/// What a commit adds to the tail once it is durable.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    /// The seq of the first entry.
    pub(crate) first: u64,
    /// In the order of the log.
    pub(crate) entries: Vec<Entry>,
    /// Of the entries.
    pub(crate) ids: HashMap<Uuid, u64>,
    /// New terms by the hash of their names.
    pub(crate) terms: HashMap<u128, u64, BuildSpread>,
    /// Key and statement, of statements before `first`.
    pub(crate) late: Vec<(u64, u64)>,
    /// Statements that are voided now.
    pub(crate) voided: Vec<u64>,
}

impl Pending {
    /// The seq of the next entry.
    pub(crate) fn next_seq(&self) -> u64 {
        self.first + self.entries.len() as u64
    }

    /// Lets a statement be found by more keys.
    pub(crate) fn add_keys(&mut self, seq: u64, keys: &[u64]) {
        let place = seq.checked_sub(self.first).and_then(|offset| usize::try_from(offset).ok());
        match place.and_then(|place| self.entries.get_mut(place)) {
            Some(entry) => entry.keys.extend_from_slice(keys),
            None => self.late.extend(keys.iter().map(|key| (*key, seq))),
        }
    }
}

/// When a generation is full.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) statements: u32,
    pub(crate) postings: usize,
}

/// The newest part of the index.
#[derive(Debug)]
pub(crate) struct Tail {
    limits: Limits,
    /// Of every sealed generation, merged or not, by number.
    ranges: Arc<Vec<Range>>,
    /// Ends of generations that were sealed before a restart; only while the tail is read again.
    planned: VecDeque<u64>,
    sealed: VecDeque<Arc<Generation>>,
    open: Generation,
    voided: Arc<RoaringTreemap>,
}

impl Tail {
    /// A tail behind merged generations. Generations that were sealed but not merged end where `planned` says.
    pub(crate) fn new(
        limits: Limits,
        merged: Vec<Range>,
        planned: VecDeque<u64>,
        last_term: u64,
        voided: RoaringTreemap,
    ) -> Self {
        let first = merged.last().map_or(1, |range| range.last + 1);
        let open = Generation::new(merged.len() as u64, first, last_term);
        Self { limits, ranges: Arc::new(merged), planned, sealed: VecDeque::new(), open, voided: Arc::new(voided) }
    }

    /// The last statement that is visible.
    pub(crate) fn through(&self) -> u64 {
        self.open.last
    }

    /// The last statement that the tables have indexed.
    pub(crate) fn indexed_through(&self) -> u64 {
        self.sealed.front().map_or(self.open.first, |oldest| oldest.first) - 1
    }

    /// The last term that is not only in a commit under way.
    pub(crate) fn last_term(&self) -> u64 {
        self.open.last_term
    }

    /// The oldest generation that waits to be merged, and how many wait.
    pub(crate) fn oldest_sealed(&self) -> Option<(&Arc<Generation>, usize)> {
        self.sealed.front().map(|oldest| (oldest, self.sealed.len()))
    }

    /// Whether a statement is voided.
    pub(crate) fn is_voided(&self, seq: u64) -> bool {
        self.voided.contains(seq)
    }

    /// The statement with this id, if it is in the tail.
    pub(crate) fn find_id(&self, id: &Uuid) -> Option<u64> {
        self.generations().find_map(|generation| generation.ids.get(id).copied())
    }

    /// The term of a name, if it came with the tail.
    pub(crate) fn find_term(&self, hash: u128) -> Option<u64> {
        self.generations().find_map(|generation| generation.terms.get(&hash).copied())
    }

    /// Newest first.
    fn generations(&self) -> impl Iterator<Item = &Generation> {
        std::iter::once(&self.open).chain(self.sealed.iter().rev().map(AsRef::as_ref))
    }

    /// Which generation a statement of this tail's log is in.
    pub(crate) fn ranges(&self) -> &Arc<Vec<Range>> {
        &self.ranges
    }

    /// Makes a durable commit visible.
    pub(crate) fn publish(&mut self, pending: Pending) {
        if !pending.voided.is_empty() {
            Arc::make_mut(&mut self.voided).extend(pending.voided);
        }
        for (hash, term) in pending.terms {
            self.open.last_term = self.open.last_term.max(term);
            self.open.terms.insert(hash, term);
        }
        // Before the entries: whoever is late belongs to the generation of what came, which may be sealed below.
        for (key, seq) in pending.late {
            if seq >= self.open.first { self.open.add(key, seq) } else { self.open.add_late(key, seq) }
        }
        for entry in pending.entries {
            let seq = self.open.last + 1;
            self.open.last = seq;
            self.open.ids.insert(entry.id, seq);
            for key in entry.keys {
                self.open.add(key, seq);
            }
            self.seal_if_full();
        }
    }

    fn seal_if_full(&mut self) {
        let full = match self.planned.front() {
            Some(end) => *end == self.open.last,
            None => {
                self.open.statements() >= u64::from(self.limits.statements)
                    || self.open.postings_count >= self.limits.postings
            }
        };
        if !full {
            return;
        }
        self.planned.pop_front();
        let Generation { number, last, last_term, .. } = self.open;
        let sealed = std::mem::replace(&mut self.open, Generation::new(number + 1, last + 1, last_term));
        Arc::make_mut(&mut self.ranges).push(Range { first: sealed.first, last: sealed.last });
        self.sealed.push_back(Arc::new(sealed));
    }

    /// The oldest sealed generation is merged: it leaves.
    pub(crate) fn forget_oldest(&mut self) {
        self.sealed.pop_front();
    }

    /// What a query needs of the tail, as it is now. `filters`: the keys of each filter.
    pub(crate) fn view(&self, filters: &[Vec<u64>]) -> View {
        let sealed: Vec<Arc<Generation>> = self.sealed.iter().map(Arc::clone).collect();
        let lists = filters.iter().map(|keys| {
            let (mut open, mut late) = (Vec::new(), Vec::new());
            for key in keys {
                self.open.collect(*key, &mut open);
                for generation in self.generations() {
                    unite(&mut late, generation.late.get(key).map_or(&[], Vec::as_slice));
                }
            }
            FilterView { keys: keys.clone(), open, late }
        });
        View {
            lists: lists.collect(),
            through: self.through(),
            ranges: Arc::clone(&self.ranges),
            open_first: self.open.first,
            memory_first: sealed.first().map_or(self.open.number, |oldest| oldest.number),
            sealed,
            voided: Arc::clone(&self.voided),
        }
    }
}

/// One filter of a query in the tail.
#[derive(Debug)]
pub(crate) struct FilterView {
    /// Any of these.
    pub(crate) keys: Vec<u64>,
    open: Vec<u64>,
    late: Vec<u64>,
}

/// The tail as a query saw it when it began. Take it before the database's snapshot: what leaves the tail in between is in
/// the tables by then.
#[derive(Debug)]
pub(crate) struct View {
    /// The query's filters.
    pub(crate) lists: Vec<FilterView>,
    /// The last statement of the view.
    pub(crate) through: u64,
    ranges: Arc<Vec<Range>>,
    open_first: u64,
    /// The first generation that is read from memory; older ones are read from the tables.
    pub(crate) memory_first: u64,
    sealed: Vec<Arc<Generation>>,
    voided: Arc<RoaringTreemap>,
}

impl View {
    /// Whether a statement is voided.
    pub(crate) fn is_voided(&self, seq: u64) -> bool {
        self.voided.contains(seq)
    }

    /// How many generations there are, the open one included.
    pub(crate) fn generations(&self) -> u64 {
        self.ranges.len() as u64 + 1
    }

    /// The run of a generation.
    pub(crate) fn range(&self, generation: u64) -> Range {
        let open = Range { first: self.open_first, last: self.through };
        usize::try_from(generation).ok().and_then(|number| self.ranges.get(number)).copied().unwrap_or(open)
    }

    /// The generation that a statement is in.
    pub(crate) fn generation_of(&self, seq: u64) -> u64 {
        self.ranges.partition_point(|range| range.last < seq) as u64
    }

    /// Statements of a generation that a filter finds in memory, ascending; of a generation that left the tail, only those
    /// that are late.
    pub(crate) fn collect(&self, filter: &FilterView, generation: u64, seqs: &mut Vec<u64>) {
        let Range { first, last } = self.range(generation);
        if generation + 1 == self.generations() {
            unite(seqs, &filter.open);
        } else if let Some(place) = generation.checked_sub(self.memory_first) {
            let sealed = usize::try_from(place).ok().and_then(|place| self.sealed.get(place));
            for key in &filter.keys {
                sealed.expect("the view holds every generation from `memory_first` on").collect(*key, seqs);
            }
        }
        let from = filter.late.partition_point(|seq| *seq < first);
        let to = filter.late.partition_point(|seq| *seq <= last);
        unite(seqs, &filter.late[from..to]);
    }

    /// The generations in which a filter finds late statements, ascending.
    pub(crate) fn late_generations(&self, filter: &FilterView) -> Vec<u64> {
        let mut generations: Vec<u64> = filter.late.iter().map(|seq| self.generation_of(*seq)).collect();
        generations.dedup();
        generations
    }
}

/// A defect in this crate that would show as a wrong answer if it went on.
pub(crate) fn out_of_step(what: &str) -> StoreError {
    StoreError::Internal { operation: "keep the tail in step with the log", source: what.into() }
}
