//! Activities as an instructor sees them: those that their learners used, and what is above these, counted by what the learners did and
//! by nothing else.
//!
//! Made anew for each request from what the directory knows of each learner, as many as groups may have members; a class takes some
//! milliseconds.

use std::collections::{BTreeMap, HashSet};

use futures_util::future::try_join_all;
use lrs_store::{Order, Span, Store, StoreError, View, Views};
use xapi::Timestamp;

use crate::directory::{
    ActivityRecord, Hash, ROOT, StudyRecord, after_prefix, hash, key_hash, keys, read_record, read_records,
};

/// Learners that are read at the same time.
const LEARNERS_AT_ONCE: usize = 8;
/// Activities of one learner that are looked at.
const STUDIES_MAX: usize = 1_000;
/// Activities that are read at once.
const ACTIVITIES_AT_ONCE: usize = 500;
/// Steps up the tree: courses have a handful of levels.
const LEVELS_MAX: usize = 16;

/// The activities of an instructor's learners, and those above, by the hash of their ids; counts and instants are those of the learners.
pub(crate) struct LearnerActivities(BTreeMap<Hash, ActivityRecord>);

/// What learners did in one activity.
#[derive(Default)]
struct Used {
    statements: u64,
    people: u64,
    last: Option<i64>,
}

impl LearnerActivities {
    /// Reads what learners ([`xapi::Agent::key`]) did.
    pub(crate) async fn read(store: &dyn Store, learners: &HashSet<String>) -> Result<Self, StoreError> {
        let views = store.views();
        let mut used: BTreeMap<Hash, Used> = BTreeMap::new();
        let spans: Vec<Span> = learners.iter().map(|learner| span_of(learner)).collect();
        for some in spans.chunks(LEARNERS_AT_ONCE) {
            let reading: Vec<_> = some.iter().map(|span| views.scan(View::Directory, span.clone())).collect();
            for (key, bytes) in try_join_all(reading).await?.into_iter().flatten() {
                let Some(activity) = key_hash(&key) else { continue };
                let study: StudyRecord = read_record(&bytes)?;
                if study.statements > 0 {
                    let used = used.entry(activity).or_default();
                    used.statements += study.statements;
                    used.people += 1;
                    used.last = used.last.max(study.last);
                }
            }
        }
        let mut known: BTreeMap<Hash, ActivityRecord> = BTreeMap::new();
        let mut wanted: Vec<Hash> = used.keys().copied().collect();
        for _ in 0..LEVELS_MAX {
            let mut above = Vec::new();
            for (activity, mut record) in read_activities(&*views, &wanted).await? {
                above.extend(record.parents.iter().map(|parent| hash(parent)));
                let Used { statements, people, last } = used.remove(&activity).unwrap_or_default();
                (record.statements, record.people, record.last, record.has_children) =
                    (statements, people, last, false);
                known.insert(activity, record);
            }
            above.retain(|parent| !known.contains_key(parent));
            above.sort_unstable();
            above.dedup();
            if above.is_empty() {
                break;
            }
            wanted = above;
        }
        Ok(Self::place(known))
    }

    /// Marks what is above others, and when what is below was used last.
    fn place(mut known: BTreeMap<Hash, ActivityRecord>) -> Self {
        for _ in 0..LEVELS_MAX {
            let mut is_changed = false;
            let links: Vec<(Hash, Option<i64>)> = known
                .values()
                .flat_map(|record| record.parents.iter().map(|parent| (hash(parent), record.last)))
                .collect();
            for (parent, last) in links {
                let Some(record) = known.get_mut(&parent) else { continue };
                is_changed |= !record.has_children || record.last < last;
                record.has_children = true;
                record.last = record.last.max(last);
            }
            if !is_changed {
                break;
            }
        }
        Self(known)
    }

    /// Those below one, or those that nothing is above, the ones used last first, behind `after`; and where to go on.
    pub(crate) fn children(
        self,
        parent: Option<&str>,
        after: Option<&[u8]>,
        limit: usize,
    ) -> (Vec<ActivityRecord>, Option<Vec<u8>>) {
        let place = parent.map_or(ROOT, hash);
        let is_there = |record: &ActivityRecord| match parent {
            Some(parent) => record.parents.iter().any(|above| above == parent),
            None => record.parents.iter().all(|above| !self.0.contains_key(&hash(above))),
        };
        let mut found: Vec<(Vec<u8>, &ActivityRecord)> = self
            .0
            .iter()
            .filter(|(_, record)| is_there(record))
            .map(|(activity, record)| {
                (keys::child(&place, Timestamp(record.last.unwrap_or_default()), activity), record)
            })
            .filter(|(key, _)| after.is_none_or(|after| key.as_slice() > after))
            .collect();
        found.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        let has_more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| has_more).map(|(key, _)| key.clone());
        (found.into_iter().map(|(_, record)| record.clone()).collect(), next)
    }

    /// Those that have words which begin with each of these.
    pub(crate) fn search(self, typed: &[String]) -> Vec<ActivityRecord> {
        let has = |record: &ActivityRecord, typed: &String| record.words.iter().any(|word| word.starts_with(typed));
        self.0.into_values().filter(|record| typed.iter().all(|typed| has(record, typed))).collect()
    }

    /// One of them.
    pub(crate) fn find(mut self, id: &str) -> Option<ActivityRecord> {
        self.0.remove(&hash(id))
    }
}

/// Where the directory says what a learner did.
fn span_of(learner: &str) -> Span {
    let from = [b"p".as_slice(), &hash(learner)].concat();
    Span { to: after_prefix(&from), from, order: Order::Ascending, limit: STUDIES_MAX }
}

async fn read_activities(views: &dyn Views, activities: &[Hash]) -> Result<Vec<(Hash, ActivityRecord)>, StoreError> {
    let mut records = Vec::new();
    for some in activities.chunks(ACTIVITIES_AT_ONCE) {
        records.extend(read_records(views, some, keys::activity).await?);
    }
    Ok(records)
}
