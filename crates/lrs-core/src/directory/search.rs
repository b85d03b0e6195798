//! Which statements have these words and scores: posting lists by block, newest first, a bounded part at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use lrs_store::{Order, Seq, Span, StoreError, View, Views};

use super::facts::Facts;
use super::keys::{self, BLOCK};
use super::records::{read_places, whole_percent};
use crate::text::words;

/// Entries of one list that are read in one part.
const ENTRIES_MAX: usize = 64;
/// Scores have an entry for each percent of a block.
const SCORE_ENTRIES_MAX: usize = 2048;
/// Words of one search; more are not looked at.
const WORDS_MAX: usize = 8;
/// Words that the last, unfinished word of a search may stand for, to be looked up in the index.
const COMPLETIONS_MAX: usize = 64;
/// Shorter beginnings stand for too many words.
const BEGINNING_CHARS_MIN: usize = 3;

/// What a statement must have to be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Condition {
    /// A word; the last one that was typed may be the beginning of one.
    Word { text: String, may_go_on: bool },
    /// A score in whole percent, both ends included.
    Score { least: i8, most: i8 },
}

impl Condition {
    /// Whether a statement has it.
    pub(crate) fn holds_for(&self, facts: &Facts) -> bool {
        match self {
            Self::Word { text, may_go_on: false } => facts.words.contains(text.as_str()),
            Self::Word { text, may_go_on: true } => {
                let behind = (Bound::Included(text.as_str()), Bound::Unbounded);
                facts.words.range::<str, _>(behind).next().is_some_and(|word| word.starts_with(text.as_str()))
            }
            Self::Score { least, most } => {
                let percent = facts.result.score_percent.map(whole_percent);
                percent.is_some_and(|percent| (*least..=*most).contains(&percent))
            }
        }
    }
}

/// What a search text and bounds of a score ask for.
pub(crate) fn conditions_of(text: Option<&str>, score: Option<(i8, i8)>) -> Vec<Condition> {
    let text = text.unwrap_or_default();
    let mut searched: Vec<String> = words(text).into_iter().take(WORDS_MAX).collect();
    let unfinished = text.ends_with(|c: char| c.is_alphanumeric());
    let last = searched.pop();
    let mut conditions: Vec<Condition> =
        searched.into_iter().map(|text| Condition::Word { text, may_go_on: false }).collect();
    conditions.extend(last.map(|text| {
        let may_go_on = unfinished && text.chars().count() >= BEGINNING_CHARS_MIN;
        Condition::Word { text, may_go_on }
    }));
    conditions.extend(score.map(|(least, most)| Condition::Score { least, most }));
    conditions
}

/// A part of the log, looked through.
pub(crate) struct Candidates {
    /// Positions that meet all conditions, newest first.
    pub(crate) seqs: Vec<Seq>,
    /// Nothing else meets them from here on; 0 or 1 when all was looked through.
    pub(crate) from: Seq,
}

type Places = BTreeMap<u64, BTreeSet<u16>>;

/// Conditions with the lists of the index that answer them.
pub(crate) struct Search {
    listed: Vec<Lists>,
    unlisted: Vec<Condition>,
}

/// The lists of one condition.
enum Lists {
    /// Of any of these words.
    Words(Vec<String>),
    /// Of any score in whole percent, both ends included.
    Scores { least: i8, most: i8 },
}

impl Search {
    /// Finds out which lists answer these conditions.
    pub(crate) async fn begin(views: &dyn Views, conditions: &[Condition]) -> Result<Self, StoreError> {
        let mut search = Self { listed: Vec::new(), unlisted: Vec::new() };
        for condition in conditions {
            match condition {
                Condition::Word { text, may_go_on: true } => match complete_word(views, text).await? {
                    Some(completed) => search.listed.push(Lists::Words(completed)),
                    None => search.unlisted.push(condition.clone()),
                },
                Condition::Word { text, .. } => search.listed.push(Lists::Words(vec![text.clone()])),
                Condition::Score { least, most } => {
                    search.listed.push(Lists::Scores { least: *least, most: *most });
                }
            }
        }
        Ok(search)
    }

    /// Conditions that no list answers, since too many words begin so: each statement must be asked. Such a beginning is in many
    /// statements, so a page is full soon.
    pub(crate) fn unlisted(&self) -> &[Condition] {
        &self.unlisted
    }

    /// Whether no list helps.
    pub(crate) fn has_no_lists(&self) -> bool {
        self.listed.is_empty()
    }

    /// Looks through the part of the log before `before`, newest first, as far as a bounded number of entries reaches.
    pub(crate) async fn find_candidates(&self, views: &dyn Views, before: Seq) -> Result<Candidates, StoreError> {
        let (last_block, last_place) = keys::block_of(before);
        let mut from_block = 0;
        let mut found: Option<Places> = None;
        for lists in &self.listed {
            let (places, complete_from) = lists.read(views, last_block).await?;
            from_block = from_block.max(complete_from);
            found = Some(match found {
                None => places,
                Some(known) => intersect(known, &places),
            });
        }
        let mut seqs = Vec::new();
        for (block, places) in found.unwrap_or_default().into_iter().rev() {
            let places = places.into_iter().rev().filter(|place| block < last_block || *place < last_place);
            seqs.extend(places.filter(|_| block >= from_block).map(|place| Seq(block * BLOCK + u64::from(place))));
        }
        Ok(Candidates { seqs, from: Seq(from_block * BLOCK) })
    }
}

fn intersect(mut known: Places, other: &Places) -> Places {
    known.retain(|block, places| {
        other.get(block).is_some_and(|others| {
            places.retain(|place| others.contains(place));
            !places.is_empty()
        })
    });
    known
}

impl Lists {
    /// Where the condition holds up to a block, and from which block on that is complete.
    async fn read(&self, views: &dyn Views, last_block: u64) -> Result<(Places, u64), StoreError> {
        let (mut places, mut from) = (Places::new(), 0);
        match self {
            Self::Words(words) => {
                for word in words {
                    let span = Span {
                        from: keys::word(word, 0),
                        to: keys::word(word, last_block + 1),
                        order: Order::Descending,
                        limit: ENTRIES_MAX,
                    };
                    from = from.max(read_lists(views, span, 0, |_| true, &mut places).await?);
                }
            }
            Self::Scores { least, most } => {
                let span = Span {
                    from: keys::score(0, -100),
                    to: keys::score(last_block + 1, -100),
                    order: Order::Descending,
                    limit: SCORE_ENTRIES_MAX,
                };
                let wanted =
                    |key: &[u8]| keys::percent_of(key).is_some_and(|percent| (*least..=*most).contains(&percent));
                from = read_lists(views, span, 1, wanted, &mut places).await?;
            }
        }
        Ok((places, from))
    }
}

/// Adds the places of wanted entries; from which block on they are complete. `behind`: bytes of a key behind its block.
async fn read_lists(
    views: &dyn Views,
    span: Span,
    behind: usize,
    wanted: impl Fn(&[u8]) -> bool,
    places: &mut Places,
) -> Result<u64, StoreError> {
    let limit = span.limit;
    let entries = views.scan(View::Directory, span).await?;
    let cut = (entries.len() == limit).then(|| entries.last().and_then(|(key, _)| keys::key_block(key, behind)));
    for (key, value) in entries.into_iter().filter(|(key, _)| wanted(key)) {
        let Some(block) = keys::key_block(&key, behind) else { continue };
        places.entry(block).or_default().extend(read_places(&value)?);
    }
    // The last block that was read may have more entries than the scan gave.
    Ok(cut.flatten().map_or(0, |block| block + 1))
}

/// The words of the index that begin so; `None` when they are too many.
async fn complete_word(views: &dyn Views, beginning: &str) -> Result<Option<Vec<String>>, StoreError> {
    let mut found = Vec::new();
    let all = keys::prefix(&[b"w", beginning.as_bytes()].concat(), 1);
    let mut from = all.from;
    loop {
        let span = Span { from, to: all.to.clone(), order: Order::Ascending, limit: 1 };
        let Some((key, _)) = views.scan(View::Directory, span).await?.pop() else { return Ok(Some(found)) };
        let Some(word) = keys::word_of(&key) else { return Ok(Some(found)) };
        if found.len() == COMPLETIONS_MAX {
            return Ok(None);
        }
        // Words have no byte below 2, so this is behind every block of the word and before the next one.
        from = [b"w", word, &[1]].concat();
        found.push(String::from_utf8_lossy(word).into_owned());
    }
}
