//! Decides what becomes of each batch of a commit, and which rows the commit writes. Touches no connection.

use std::collections::HashMap;

use lrs_store::Recorded;
use uuid::Uuid;
use xapi::{StatementId, Timestamp};

use super::{Prepared, Present, write_terms};
use crate::definitions::{Said, SaidRows, add_names, merge_definitions};
use crate::references::{PostingRows, ReferenceRows, References};
use crate::writer::Record;

/// What the batches of a commit meet in the database.
#[derive(Default)]
pub(crate) struct Met<'g> {
    /// An earlier try of this commit, whose answer was lost, did happen.
    pub(crate) attempt_happened: bool,
    /// The last position of the log.
    pub(crate) last_seq: i64,
    /// The instant of this commit.
    pub(crate) stored: i64,
    /// Statements that the batches name.
    pub(crate) present: HashMap<Uuid, Present>,
    pub(crate) references: References,
    /// What is said that may be news, and what the database has about it.
    pub(crate) definitions: Vec<&'g Said>,
    pub(crate) stored_definitions: HashMap<Uuid, String>,
    pub(crate) names: Vec<&'g Said>,
    pub(crate) stored_names: HashMap<Uuid, Vec<Vec<u8>>>,
}

/// The outcome of each batch, and the rows to write; vectors are columns.
#[derive(Default)]
pub(crate) struct Plan<'g> {
    pub(crate) recorded: Vec<Recorded>,
    /// The instant of the commit.
    pub(crate) stored: i64,
    /// Of each statement.
    pub(crate) stored_at: Vec<i64>,
    pub(crate) seqs: Vec<i64>,
    pub(crate) ids: Vec<Uuid>,
    pub(crate) targets: Vec<Option<Uuid>>,
    pub(crate) voids: Vec<bool>,
    pub(crate) voided: Vec<bool>,
    pub(crate) timestamp_added: Vec<bool>,
    pub(crate) defines: Vec<bool>,
    pub(crate) terms: Vec<Vec<u8>>,
    pub(crate) bodies: Vec<&'g [u8]>,
    pub(crate) postings: PostingRows,
    pub(crate) references: ReferenceRows,
    /// Statements that were stored before and become voided.
    pub(crate) void: Vec<Uuid>,
    pub(crate) said: SaidRows,
    accepts_attachments: bool,
}

impl<'g> Plan<'g> {
    pub(crate) fn new(group: &'g [Record], mut met: Met<'g>) -> Self {
        let mut plan = Self { stored: met.stored, ..Self::default() };
        let mut accepted: HashMap<Uuid, &Prepared> = HashMap::new();
        let mut saying = Vec::new();
        for record in group {
            let (recorded, new) = decide(&record.statements, &met.present, &accepted, met.stored);
            if let Recorded::Stored { .. } = recorded {
                plan.accepts_attachments |= !record.attachments.is_empty();
                accepted.extend(new.iter().map(|statement| (statement.id, *statement)));
                saying.extend(&record.statements);
                for statement in new {
                    let seq = met.last_seq + 1 + i64::try_from(plan.ids.len()).unwrap_or(i64::MAX);
                    plan.add(statement, (seq, met.stored), &met.present, &mut met.references);
                }
            }
            plan.recorded.push(recorded);
        }
        plan.postings.sort();
        plan.say(&saying, met);
        plan
    }

    /// A plan that appends these statements as they were elsewhere, each with its instant, behind the log's last one.
    pub(crate) fn restore(statements: &'g [Prepared], stored: &[i64], mut met: Met<'g>) -> Self {
        let mut plan = Self::default();
        for (seq, (statement, stored)) in (met.last_seq + 1..).zip(statements.iter().zip(stored)) {
            plan.add(statement, (seq, *stored), &met.present, &mut met.references);
        }
        plan
    }

    /// Whether there is nothing to write.
    pub(crate) fn is_empty(&self) -> bool {
        self.ids.is_empty()
            && !self.accepts_attachments
            && self.said.activities.is_empty()
            && self.said.agents.is_empty()
    }

    /// A statement enters the log and the index.
    fn add(
        &mut self,
        statement: &'g Prepared,
        (seq, stored): (i64, i64),
        present: &HashMap<Uuid, Present>,
        references: &mut References,
    ) {
        let Prepared { id, target, voids, terms, .. } = statement;
        for key in terms.iter().chain(&statement.own_terms) {
            self.postings.push(*key, *id, seq);
        }
        let voided = !voids && references.is_awaited_by_voiding(*id);
        if let Some(target) = target.filter(|_| *voids) {
            // Neither is voiding itself: that was decided before.
            if present.contains_key(&target) {
                self.void.push(target);
            } else if let Some(place) = self.ids.iter().position(|id| *id == target) {
                self.voided[place] = true;
            }
        }
        references.enter((*id, seq, *voids), terms, *target, &mut self.postings, &mut self.references);
        self.seqs.push(seq);
        self.stored_at.push(stored);
        self.ids.push(*id);
        self.targets.push(*target);
        self.voids.push(*voids);
        self.voided.push(voided);
        self.timestamp_added.push(statement.timestamp_added);
        self.defines.push(statement.defines);
        self.terms.push(write_terms(terms));
        self.bodies.push(&statement.compressed);
    }

    /// What the accepted statements say about activities and agents.
    fn say(&mut self, saying: &[&'g Prepared], met: Met<'g>) {
        let place = |said: &Said| std::ptr::from_ref(said);
        let told: std::collections::HashSet<*const Said> =
            saying.iter().flat_map(|it| it.definitions.iter().chain(&it.names)).map(place).collect();
        let heard = |said: &&'g Said| told.contains(&place(said));
        merge_definitions(met.stored_definitions, met.definitions.iter().copied().filter(heard), &mut self.said);
        add_names(met.stored_names, met.names.iter().copied().filter(heard), &mut self.said);
    }
}

/// What becomes of one batch, and which of its statements are new.
fn decide<'g>(
    statements: &'g [Prepared],
    present: &HashMap<Uuid, Present>,
    accepted: &HashMap<Uuid, &'g Prepared>,
    stored: i64,
) -> (Recorded, Vec<&'g Prepared>) {
    let mut new: Vec<&Prepared> = Vec::with_capacity(statements.len());
    let mut own: HashMap<Uuid, &Prepared> = HashMap::with_capacity(statements.len());
    let mut conflicts = Vec::new();
    let mut voiding_voiding = Vec::new();
    for statement in statements {
        let id = statement.id;
        let earlier = own.get(&id).or_else(|| accepted.get(&id)).map(|it| (it.body.as_slice(), it.timestamp_added));
        let earlier = earlier.or_else(|| present.get(&id).map(|it| (it.body.as_slice(), it.timestamp_added)));
        if let Some((body, timestamp_added)) = earlier {
            // A timestamp that the LRS added is another one each time.
            let same = if timestamp_added || statement.timestamp_added {
                xapi::same_statement_but_timestamp
            } else {
                xapi::same_statement
            };
            if !same(body, &statement.body) && !conflicts.contains(&StatementId(id)) {
                conflicts.push(StatementId(id));
            }
            continue;
        }
        let target = statement.target.filter(|_| statement.voids);
        let is_voiding = |target: Uuid| {
            own.get(&target)
                .or_else(|| accepted.get(&target))
                .map_or_else(|| present.get(&target).is_some_and(|it| it.voids), |it| it.voids)
        };
        if target.is_some_and(is_voiding) {
            voiding_voiding.push(StatementId(id));
        }
        own.insert(id, statement);
        new.push(statement);
    }
    if !conflicts.is_empty() {
        return (Recorded::Conflict(conflicts), Vec::new());
    }
    if !voiding_voiding.is_empty() {
        return (Recorded::VoidsVoiding(voiding_voiding), Vec::new());
    }
    (Recorded::Stored { stored: Timestamp(stored), new: new.len() }, new)
}
