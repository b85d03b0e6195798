//! Which statements have which words and scores, gathered in memory until they are written: a list of places for each block.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use lrs_store::{Entry, Seq, StoreError, View, Views};

use super::facts::Facts;
use super::keys;
use super::records::{read_places, whole_percent, write_places};

/// About what a list takes besides its places: key, allocations, and the table around it.
const LIST_BYTES: usize = 120;

/// The lists of a run of the log.
pub(super) struct Postings {
    /// The block that the run begins within, so that the view has its first part.
    begun: Option<u64>,
    /// By block, ascending.
    words: HashMap<Arc<str>, Vec<(u64, Vec<u16>)>>,
    scores: BTreeMap<(u64, i8), Vec<u16>>,
    lists: usize,
    places: usize,
}

impl Postings {
    /// For a run behind this position.
    pub(super) fn behind(from: Seq) -> Self {
        let (block, place) = keys::block_of(Seq(from.0 + 1));
        let begun = (place > 0).then_some(block);
        Self { begun, words: HashMap::new(), scores: BTreeMap::new(), lists: 0, places: 0 }
    }

    /// About how many bytes they hold.
    pub(super) fn size_bytes(&self) -> usize {
        self.lists * LIST_BYTES + self.places * size_of::<u16>()
    }

    /// Reads what the view has of the lists that these statements go on with: only those of the block that was begun before.
    pub(super) async fn load(&mut self, views: &dyn Views, log: &[Facts]) -> Result<(), StoreError> {
        let Some(block) = self.begun else { return Ok(()) };
        let in_block = || log.iter().filter(|facts| keys::block_of(facts.seq).0 == block);
        let words = in_block().flat_map(|facts| &facts.words).filter(|word| !self.words.contains_key(*word));
        let words: Vec<Arc<str>> = words.collect::<BTreeSet<_>>().into_iter().cloned().collect();
        let scores = in_block().filter_map(percent).filter(|percent| !self.scores.contains_key(&(block, *percent)));
        let scores: Vec<i8> = scores.collect::<BTreeSet<_>>().into_iter().collect();
        let keys = words.iter().map(|word| keys::word(word, block));
        let keys: Vec<Vec<u8>> = keys.chain(scores.iter().map(|percent| keys::score(block, *percent))).collect();
        if keys.is_empty() {
            return Ok(());
        }
        let mut found = views.get(View::Directory, keys).await?.into_iter();
        for word in words {
            if let Some(places) = found.next().flatten() {
                self.lists += 1;
                self.words.insert(word, vec![(block, read_places(&places)?)]);
            }
        }
        for percent in scores {
            if let Some(places) = found.next().flatten() {
                self.lists += 1;
                self.scores.insert((block, percent), read_places(&places)?);
            }
        }
        Ok(())
    }

    /// Adds the next statement of the log.
    pub(super) fn add(&mut self, facts: &Facts) {
        let (block, place) = keys::block_of(facts.seq);
        for word in &facts.words {
            // Most words are known: no second reference is made for them.
            let blocks = match self.words.get_mut(word) {
                Some(blocks) => blocks,
                None => self.words.entry(Arc::clone(word)).or_default(),
            };
            match blocks.last_mut() {
                Some((last, places)) if *last == block => places.push(place),
                _ => {
                    blocks.push((block, vec![place]));
                    self.lists += 1;
                }
            }
        }
        if let Some(percent) = percent(facts) {
            self.scores.entry((block, percent)).or_default().push(place);
        }
        self.places += facts.words.len() + 1;
    }

    /// The entries to write.
    pub(super) fn into_entries(self) -> impl Iterator<Item = Entry> {
        let words = self.words.into_iter().flat_map(|(word, blocks)| {
            blocks.into_iter().map(move |(block, places)| (keys::word(&word, block), write_places(&places)))
        });
        let scores = self.scores.into_iter();
        words.chain(scores.map(|((block, percent), places)| (keys::score(block, percent), write_places(&places))))
    }
}

fn percent(facts: &Facts) -> Option<i8> {
    facts.result.score_percent.map(whole_percent)
}
