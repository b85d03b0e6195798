//! The index against the log: whatever is recorded, in whatever order, and however often the process dies in between, every
//! query answers what a naive scan of the log answers. Generations are tiny here, so that merging happens all the time.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use lrs_sqlite::{Options, SqliteStore};
use lrs_store::{Batch, Clock, Filter, Order, Query, Recorded, Seq, Store};
use proptest::prelude::*;
use uuid::Uuid;
use xapi::{CompletedStatement, Index, StatementId, Term, Timestamp};

/// A clock that a test moves.
#[derive(Debug, Default)]
struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

/// A statement in a world so small that everything meets everything.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Sample {
    id: u8,
    agent: u8,
    related_agents: Vec<u8>,
    verb: u8,
    activity: u8,
    related_activity: u8,
    registration: Option<u8>,
    authority: u8,
    target: Option<u8>,
    voids: bool,
}

#[derive(Debug, Clone)]
enum Step {
    Record(Vec<Sample>),
    /// The process dies and another one opens what it left behind.
    Die,
    /// An orderly end, and a start.
    Close,
}

fn id(number: u8) -> StatementId {
    StatementId(Uuid::from_u128(0x1000 + u128::from(number)))
}

fn agent(number: u8) -> String {
    format!("mbox:mailto:{number}@example.org")
}

fn registration(number: u8) -> Uuid {
    Uuid::from_u128(0xf000 + u128::from(number))
}

impl Sample {
    fn terms(&self) -> Vec<Term> {
        let term = |index, text| Term { index, text };
        let mut terms = vec![
            term(Index::Agent, agent(self.agent)),
            term(Index::Verb, format!("verb:{}", self.verb)),
            term(Index::Activity, format!("activity:{}", self.activity)),
            term(Index::Authority, agent(self.authority)),
        ];
        terms.extend(self.related_agents.iter().map(|number| term(Index::RelatedAgent, agent(*number))));
        if self.related_activity != self.activity {
            terms.push(term(Index::RelatedActivity, format!("activity:{}", self.related_activity)));
        }
        terms.extend(self.registration.map(|number| term(Index::Registration, registration(number).to_string())));
        terms
    }

    fn body(&self) -> Vec<u8> {
        let content = format!("{self:?}");
        let statement = serde_json::json!({
            "id": id(self.id).to_string(),
            "actor": {"mbox": format!("mailto:{}@example.org", self.agent)},
            "verb": {"id": format!("verb:{}", self.verb)},
            "object": {"id": format!("activity:{}", self.activity)},
            "result": {"response": content},
        });
        statement.to_string().into_bytes()
    }

    fn complete(&self) -> CompletedStatement {
        CompletedStatement {
            id: id(self.id),
            timestamp: Timestamp(0),
            timestamp_added: false,
            body: self.body(),
            terms: self.terms(),
            target: self.target.map(id),
            voids: self.voids && self.target.is_some(),
            definitions: vec![(format!("activity:{}", self.activity), r#"{"name":{"en":"A"}}"#.to_owned())],
            names: vec![(agent(self.agent), format!("Name {}", self.verb))],
        }
    }

    fn is_voiding(&self) -> bool {
        self.voids && self.target.is_some()
    }
}

/// The log as a list, and every answer by looking through all of it.
#[derive(Default)]
struct Model {
    log: Vec<(Sample, Timestamp)>,
}

impl Model {
    fn find(&self, number: u8) -> Option<usize> {
        self.log.iter().position(|(sample, _)| sample.id == number)
    }

    fn record(&self, batch: &[Sample]) -> Recorded {
        let mut new: Vec<&Sample> = Vec::new();
        let mut conflicts = Vec::new();
        for sample in batch {
            let earlier = new.iter().find(|other| other.id == sample.id).copied();
            let earlier = earlier.or_else(|| self.find(sample.id).map(|place| &self.log[place].0));
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
            let earlier = self.find(number).map(|place| self.log[place].0.is_voiding());
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

    fn is_voided(&self, place: usize) -> bool {
        let (sample, _) = &self.log[place];
        !sample.is_voiding() && self.log.iter().any(|(other, _)| other.is_voiding() && other.target == Some(sample.id))
    }

    fn matches(&self, place: usize, filter: &Filter) -> bool {
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
            let (sample, _) = &self.log[place];
            let found = sample.terms().iter().any(|term| {
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

    fn query(&self, query: &Query) -> Vec<u64> {
        let mut found: Vec<u64> = (0..self.log.len())
            .filter(|place| {
                let stored = self.log[*place].1;
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

fn samples() -> impl Strategy<Value = Sample> {
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

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => prop::collection::vec(samples(), 1..4).prop_map(Step::Record),
        1 => Just(Step::Die),
        1 => Just(Step::Close),
    ];
    prop::collection::vec(step, 1..60)
}

fn filters() -> Vec<Vec<Filter>> {
    let mut single = Vec::new();
    for number in 0..7 {
        for related in [false, true] {
            single.push(Filter::Agent { key: agent(number), related });
            single.push(Filter::Activity { id: format!("activity:{number}"), related });
        }
        single.push(Filter::Verb(format!("verb:{number}")));
        single.push(Filter::Registration(registration(number)));
        single.push(Filter::Authority(agent(number)));
    }
    let mut filters: Vec<Vec<Filter>> = vec![Vec::new()];
    for (place, filter) in single.iter().enumerate() {
        filters.push(vec![filter.clone()]);
        filters.push(vec![filter.clone(), single[(place * 5 + 3) % single.len()].clone()]);
    }
    filters
}

/// Small enough that a few statements fill a generation, by number or by index entries.
fn options() -> Options {
    Options {
        generation_statements_max: 6,
        generation_postings_max: 60,
        dictionary_after_statements: 0,
        merge_when_idle: false,
        readers: 1,
        ..Options::default()
    }
}

/// What a process that dies now leaves behind: the database and its write-ahead log, as they are.
fn copy_remains(from: &Path, to: &Path) {
    for suffix in ["", "-wal"] {
        let name = format!("a.lrs{suffix}");
        if from.join(&name).exists() {
            std::fs::copy(from.join(&name), to.join(&name)).expect("copied");
        }
    }
}

fn open(folder: &Path, clock: &Arc<TestClock>) -> SqliteStore {
    SqliteStore::open(
        &folder.join("a.lrs"),
        &folder.join("attachments"),
        options(),
        Arc::clone(clock) as Arc<dyn Clock>,
    )
    .expect("opened")
}

async fn record(store: &SqliteStore, model: &mut Model, clock: &TestClock, batch: Vec<Sample>) {
    clock.0.fetch_add(i64::from(batch[0].verb), Ordering::SeqCst);
    let statements = batch.iter().map(Sample::complete).collect();
    let recorded = store.record_statements(Batch { statements, attachments: Vec::new() }).await.expect("recorded");
    let expected = model.record(&batch);
    match (recorded, expected) {
        (Recorded::Stored { stored, new }, Recorded::Stored { new: expected, .. }) => {
            assert_eq!(new, expected, "{batch:?}");
            for sample in batch {
                if model.find(sample.id).is_none() {
                    model.log.push((sample, stored));
                }
            }
        }
        (recorded, expected) => assert_eq!(recorded, expected, "{batch:?}"),
    }
}

/// Pages through a query and compares it with the model.
async fn check_query(store: &SqliteStore, model: &Model, query: Query) {
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = store.find_statements(Query { after, ..query.clone() }).await.expect("found");
        assert!(page.statements.len() <= query.limit);
        found.extend(page.statements.iter().map(|statement| statement.seq.0));
        after = page.more;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(found, model.query(&query), "{query:?}");
}

async fn check_all(store: &SqliteStore, model: &Model) {
    let log = store.read_log(Seq(0), 1_000).await.expect("read");
    let expected: Vec<StatementId> = model.log.iter().map(|(sample, _)| id(sample.id)).collect();
    assert_eq!(log.iter().map(|statement| statement.id).collect::<Vec<_>>(), expected);
    for (place, (statement, (sample, stored))) in log.iter().zip(&model.log).enumerate() {
        assert_eq!(statement.seq, Seq(place as u64 + 1));
        assert_eq!(statement.stored, *stored);
        assert_eq!(statement.body, xapi::with_stored(&sample.body(), *stored));
        for voided in [false, true] {
            let found = store.find_statement(id(sample.id), voided).await.expect("found");
            assert_eq!(found.is_some(), model.is_voided(place) == voided, "{sample:?}");
        }
    }
    let middle = model.log.get(model.log.len() / 2).map(|(_, stored)| *stored);
    let third = model.log.get(model.log.len() / 3).map(|(_, stored)| *stored);
    for (place, filters) in filters().into_iter().enumerate() {
        let order = if place % 2 == 0 { Order::Descending } else { Order::Ascending };
        let bounds = [(None, None), (third, None), (None, middle), (third, middle)];
        let (since, until) = bounds[place % 4];
        let query = Query { filters, since, until, order, limit: 1 + place % 7, after: None };
        check_query(store, model, query.clone()).await;
        check_query(store, model, Query { since: None, until: None, limit: 100, ..query }).await;
    }
}

async fn run(steps: Vec<Step>) {
    let clock = Arc::new(TestClock::default());
    let mut model = Model::default();
    let mut folder = tempfile::tempdir().expect("a folder");
    let mut store = open(folder.path(), &clock);
    for step in steps {
        match step {
            Step::Record(batch) => record(&store, &mut model, &clock, batch).await,
            Step::Die => {
                let next = tempfile::tempdir().expect("a folder");
                copy_remains(folder.path(), next.path());
                store.close().await;
                store = open(next.path(), &clock);
                folder = next;
                check_all(&store, &model).await;
            }
            Step::Close => {
                store.close().await;
                store = open(folder.path(), &clock);
            }
        }
    }
    check_all(&store, &model).await;
    store.close().await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_query_answers_what_a_scan_of_the_log_answers(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().expect("a runtime");
        runtime.block_on(run(steps));
    }
}
