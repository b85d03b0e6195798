//! The log as a list, and every answer by looking through all of it.

use std::collections::HashSet;

use lrs_store::{Filter, Order, Query, Recorded, Seq};
use proptest::prelude::*;
use uuid::Uuid;
use xapi::{CompletedStatement, Index, StatementId, Term, Timestamp};

/// A statement in a world so small that everything meets everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    pub id: u8,
    pub agent: u8,
    pub related_agents: Vec<u8>,
    pub verb: u8,
    pub activity: u8,
    pub related_activity: u8,
    pub registration: Option<u8>,
    pub authority: u8,
    pub target: Option<u8>,
    pub voids: bool,
}

pub const VOIDED: &str = "http://adlnet.gov/expapi/verbs/voided";
/// Who says this may not define.
pub const UNTRUSTED_VERB: u8 = 2;

pub fn id(number: u8) -> StatementId {
    StatementId(Uuid::from_u128(0x1000 + u128::from(number)))
}

pub fn agent(number: u8) -> String {
    format!("mbox:mailto:{number}@example.org")
}

pub fn registration(number: u8) -> Uuid {
    Uuid::from_u128(0xf000 + u128::from(number))
}

impl Sample {
    /// As a store gets it: the response makes any two samples different statements.
    pub fn body(&self) -> Vec<u8> {
        let agent = |number: u8| serde_json::json!({"mbox": format!("mailto:{number}@example.org")});
        let definition = serde_json::json!({"type": format!("type:{}", self.id)});
        let activity = |number: u8| serde_json::json!({"id": format!("activity:{number}"), "definition": definition});
        let object = match self.target {
            Some(target) => serde_json::json!({"objectType": "StatementRef", "id": id(target).to_string()}),
            None => activity(self.activity),
        };
        let verb = if self.is_voiding() { VOIDED.to_owned() } else { format!("verb:{}", self.verb) };
        let members: Vec<_> = self.related_agents.iter().map(|number| agent(*number)).collect();
        let mut context = serde_json::json!({
            "team": {"objectType": "Group", "member": members},
            "contextActivities": {"other": [activity(self.related_activity)]},
        });
        if let Some(number) = self.registration {
            context["registration"] = registration(number).to_string().into();
        }
        let mut actor = agent(self.agent);
        actor["name"] = format!("Name {}", self.id).into();
        let statement = serde_json::json!({
            "id": id(self.id).to_string(), "actor": actor, "verb": {"id": verb}, "object": object, "context": context,
            "result": {"response": format!("{self:?}")}, "timestamp": "2026-11-24T16:00:00Z",
            "authority": agent(self.authority),
        });
        statement.to_string().into_bytes()
    }

    pub fn complete(&self) -> CompletedStatement {
        let defines = self.verb != UNTRUSTED_VERB;
        CompletedStatement::read(self.body(), false, defines).expect("it is complete")
    }

    pub fn is_voiding(&self) -> bool {
        self.voids && self.target.is_some()
    }
}

pub struct Logged {
    pub sample: Sample,
    pub terms: Vec<Term>,
    pub stored: Timestamp,
}

/// The log as a list, and every answer by looking through all of it.
#[derive(Default)]
pub struct Model {
    pub log: Vec<Logged>,
}

impl Model {
    pub fn find(&self, number: u8) -> Option<usize> {
        self.log.iter().position(|logged| logged.sample.id == number)
    }

    pub fn record(&self, batch: &[Sample]) -> Recorded {
        let mut new: Vec<&Sample> = Vec::new();
        let mut conflicts = Vec::new();
        for sample in batch {
            let earlier = new.iter().find(|other| other.id == sample.id).copied();
            let earlier = earlier.or_else(|| self.find(sample.id).map(|place| &self.log[place].sample));
            match earlier {
                None => new.push(sample),
                Some(earlier) if earlier != sample && !conflicts.contains(&id(sample.id)) => {
                    conflicts.push(id(sample.id));
                }
                Some(_) => {}
            }
        }
        if !conflicts.is_empty() {
            return Recorded::Conflict(conflicts);
        }
        let voiding = |number: u8| {
            let earlier = self.find(number).map(|place| self.log[place].sample.is_voiding());
            earlier.or_else(|| new.iter().find(|sample| sample.id == number).map(|sample| sample.is_voiding()))
        };
        let refused = new.iter().filter(|sample| sample.is_voiding() && sample.target.and_then(voiding) == Some(true));
        let refused: Vec<StatementId> = refused.map(|sample| id(sample.id)).collect();
        if refused.is_empty() {
            Recorded::Stored { stored: Timestamp(0), new: new.len() }
        } else {
            Recorded::VoidsVoiding(refused)
        }
    }

    pub fn is_voided(&self, place: usize) -> bool {
        let sample = &self.log[place].sample;
        let voids_it = |other: &Sample| other.is_voiding() && other.target == Some(sample.id);
        !sample.is_voiding() && self.log.iter().any(|logged| voids_it(&logged.sample))
    }

    pub fn matches(&self, place: usize, filter: &Filter) -> bool {
        match filter {
            Filter::AnyAgent { keys, related } => {
                let one = |key: &String| Filter::Agent { key: key.clone(), related: *related };
                return keys.iter().any(|key| self.matches(place, &one(key)));
            }
            Filter::Among(seqs) => return seqs.contains(&Seq(place as u64 + 1)),
            _ => {}
        }
        let mut visited = HashSet::new();
        let mut next = Some(place);
        while let Some(place) = next.filter(|place| visited.insert(*place)) {
            let Logged { sample, terms, .. } = &self.log[place];
            let found = terms.iter().any(|term| {
                let (indexes, text): (&[Index], String) = match filter {
                    Filter::Agent { key, related: false } => (&[Index::Agent], key.clone()),
                    Filter::Agent { key, related: true } => (&[Index::Agent, Index::RelatedAgent], key.clone()),
                    Filter::Activity { id, related: false } => (&[Index::Activity], id.clone()),
                    Filter::Activity { id, related: true } => (&[Index::Activity, Index::RelatedActivity], id.clone()),
                    Filter::Verb(id) => (&[Index::Verb], id.clone()),
                    Filter::Registration(uuid) => (&[Index::Registration], uuid.to_string()),
                    Filter::Authority(key) => (&[Index::Authority], key.clone()),
                    Filter::AnyAgent { .. } | Filter::Among(_) => return false,
                };
                indexes.contains(&term.index) && term.text == text
            });
            if found {
                return true;
            }
            next =
                sample.target.filter(|_| !matches!(filter, Filter::Authority(_))).and_then(|number| self.find(number));
        }
        false
    }

    pub fn query(&self, query: &Query) -> Vec<u64> {
        let mut found: Vec<u64> = (0..self.log.len())
            .filter(|place| {
                let stored = self.log[*place].stored;
                !self.is_voided(*place)
                    && query.since.is_none_or(|since| stored > since)
                    && query.until.is_none_or(|until| stored <= until)
                    && query.filters.iter().all(|filter| self.matches(*place, filter))
            })
            .map(|place| place as u64 + 1)
            .collect();
        if query.order == Order::Descending {
            found.reverse();
        }
        found
    }
}

pub fn samples() -> impl Strategy<Value = Sample> {
    let target = prop_oneof![3 => Just(None), 2 => (0..40_u8).prop_map(Some)];
    (
        (0..40_u8, 0..4_u8, prop::collection::vec(4..7_u8, 0..3), 0..3_u8),
        (0..3_u8, 0..4_u8, prop::option::of(0..2_u8), 0..2_u8, target, prop::bool::weighted(0.3)),
    )
        .prop_map(|((id, agent, mut related_agents, verb), rest)| {
            let (activity, related_activity, registration, authority, target, voids) = rest;
            related_agents.dedup();
            Sample {
                id,
                agent,
                related_agents,
                verb,
                activity,
                related_activity,
                registration,
                authority,
                target,
                voids,
            }
        })
}
