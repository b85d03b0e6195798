//! Lists: every filter, their combinations, bounds, order, pages (Communication 2.1.3).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use uuid::Uuid;
use xapi::Timestamp;

use super::shared::{check_list, find, find_one, matching, numbers, record_new, walk};
use super::{Draft, Factory, activity_id, agent_key, statement_id, verb_id};
use crate::{Filter, Order, Query, Seq, Store};

fn agent(name: &str, related: bool) -> Filter {
    Filter::Agent { key: agent_key(name), related }
}

fn activity(name: &str, related: bool) -> Filter {
    Filter::Activity { id: activity_id(name), related }
}

fn verb(name: &str) -> Filter {
    Filter::Verb(verb_id(name))
}

fn authority(name: &str) -> Filter {
    Filter::Authority(agent_key(name))
}

const REGISTRATION: Uuid = Uuid::from_u128(0xa1);

/// Nine statements that differ in every filter.
fn sample() -> Vec<Draft> {
    vec![
        Draft::new(1),
        Draft::new(2).actor("ben"),
        Draft::new(3).verb("saw"),
        Draft::new(4).activity("quiz").parent("course"),
        Draft::new(5).registration(REGISTRATION),
        Draft::new(6).actor("eva").instructor("ana"),
        Draft::new(7).authority("ana").actor("ben"),
        Draft::new(8).actor("ben").verb("saw").activity("quiz").registration(REGISTRATION),
        Draft::new(9).authority("moodle"),
    ]
}

async fn fill(store: &dyn Store) {
    // In several commits, so that a backend's parts all have some.
    for drafts in sample().chunks(2) {
        record_new(store, drafts).await;
    }
}

/// Each filter alone, related or not.
pub async fn by_each_filter(factory: &dyn Factory) {
    let store = factory.fresh().await;
    fill(&*store).await;
    let cases: [(&str, Filter, &[u64]); 17] = [
        ("agent", agent("ana", false), &[1, 3, 4, 5, 9]),
        ("agent, as another", agent("ben", false), &[2, 7, 8]),
        ("agent, related", agent("ana", true), &[1, 3, 4, 5, 6, 7, 9]),
        ("agent, related by authority", agent("lms", true), &[1, 2, 3, 4, 5, 6, 8]),
        ("agent, an authority is not the agent", agent("lms", false), &[]),
        ("agent, unknown", agent("nobody", true), &[]),
        ("verb", verb("saw"), &[3, 8]),
        ("verb, the other", verb("did"), &[1, 2, 4, 5, 6, 7, 9]),
        ("verb, unknown", verb("sang"), &[]),
        ("activity", activity("course", false), &[1, 2, 3, 5, 6, 7, 9]),
        ("activity, related", activity("course", true), &[1, 2, 3, 4, 5, 6, 7, 9]),
        ("activity, unknown", activity("nothing", true), &[]),
        ("registration", Filter::Registration(REGISTRATION), &[5, 8]),
        ("registration, unknown", Filter::Registration(Uuid::from_u128(7)), &[]),
        ("authority", authority("lms"), &[1, 2, 3, 4, 5, 6, 8]),
        ("authority, another", authority("moodle"), &[9]),
        ("authority, an agent that is none", authority("ben"), &[]),
    ];
    for (case, filter, expected) in cases {
        check_list(&*store, case, &matching(&[filter]), expected).await;
    }
}

/// A text under one parameter is not found under another.
pub async fn keeps_filters_apart(factory: &dyn Factory) {
    let store = factory.fresh().await;
    fill(&*store).await;
    let (activity, verb, agent) = (activity_id("course"), verb_id("did"), agent_key("ana"));
    let cases = [
        ("an activity as verb", Filter::Verb(activity.clone())),
        ("a verb as activity", Filter::Activity { id: verb, related: true }),
        ("an activity as agent", Filter::Agent { key: activity, related: true }),
        ("an agent as activity", Filter::Activity { id: agent, related: true }),
        ("the beginning of a verb", Filter::Verb(verb_id("di"))),
        ("a verb in capitals", Filter::Verb(verb_id("DID"))),
        ("an empty verb", Filter::Verb(String::new())),
        ("a verb with a wildcard", Filter::Verb(verb_id("%"))),
    ];
    for (case, filter) in cases {
        check_list(&*store, case, &matching(&[filter]), &[]).await;
    }
}

/// Filters narrow each other, in any order.
pub async fn by_combinations(factory: &dyn Factory) {
    let store = factory.fresh().await;
    fill(&*store).await;
    let cases: [(&str, &[Filter], &[u64]); 8] = [
        ("none", &[], &[1, 2, 3, 4, 5, 6, 7, 8, 9]),
        ("agent, verb", &[agent("ben", false), verb("saw")], &[8]),
        ("agent, verb, activity", &[agent("ana", false), verb("did"), activity("course", true)], &[1, 4, 5, 9]),
        ("all", &[activity("quiz", false), Filter::Registration(REGISTRATION), verb("saw"), agent("ben", true)], &[8]),
        ("agent, authority", &[agent("ana", true), authority("ana")], &[7]),
        ("registration, verb", &[Filter::Registration(REGISTRATION), verb("did")], &[5]),
        ("nothing in common", &[agent("eva", true), verb("saw")], &[]),
        ("the same twice", &[verb("saw"), verb("saw")], &[3, 8]),
    ];
    for (case, filters, expected) in cases {
        check_list(&*store, case, &matching(filters), expected).await;
        let reversed: Vec<_> = filters.iter().rev().cloned().collect();
        check_list(&*store, case, &matching(&reversed), expected).await;
    }
}

/// Any of several agents finds what one of them finds, once.
pub async fn by_any_of_several_agents(factory: &dyn Factory) {
    let store = factory.fresh().await;
    fill(&*store).await;
    let any =
        |names: &[&str], related| Filter::AnyAgent { keys: names.iter().map(|it| agent_key(it)).collect(), related };
    let cases: [(&str, &[Filter], &[u64]); 7] = [
        ("two", &[any(&["ben", "eva"], false)], &[2, 6, 7, 8]),
        ("one", &[any(&["eva"], false)], &[6]),
        ("none", &[any(&[], false)], &[]),
        ("unknown ones", &[any(&["nobody", "no one"], true)], &[]),
        ("an unknown one among known", &[any(&["nobody", "eva"], false)], &[6]),
        ("related, found by both", &[any(&["ana", "eva"], true)], &[1, 3, 4, 5, 6, 7, 9]),
        ("with others", &[any(&["ana", "ben"], false), verb("saw"), any(&["ben"], true)], &[8]),
    ];
    for (case, filters, expected) in cases {
        check_list(&*store, case, &matching(filters), expected).await;
    }
}

/// Positions that another index found narrow a list like any filter; voided statements stay out.
pub async fn among_positions(factory: &dyn Factory) {
    let store = factory.fresh().await;
    fill(&*store).await;
    record_new(&*store, &[Draft::new(10).voids(3)]).await;
    let among = |seqs: &[u64]| Filter::Among(seqs.iter().copied().map(Seq).collect());
    let all: Vec<u64> = (1..=500).collect();
    let cases: [(&str, &[Filter], &[u64]); 8] = [
        ("alone", &[among(&[2, 3, 7])], &[2, 7]),
        ("none", &[among(&[])], &[]),
        ("none, with a filter", &[among(&[]), verb("did")], &[]),
        ("more than there are", &[among(&all), agent("ben", false)], &[2, 7, 8]),
        ("beyond the end", &[among(&[11, u64::MAX >> 1])], &[]),
        ("with a filter", &[verb("did"), among(&[1, 4, 8, 9])], &[1, 4, 9]),
        ("two lists", &[among(&[1, 2, 4]), among(&[2, 4, 9])], &[2, 4]),
        ("two lists apart", &[among(&[1, 2]), among(&[8, 9])], &[]),
    ];
    for (case, filters, expected) in cases {
        check_list(&*store, case, &matching(filters), expected).await;
        let newest_first: Vec<u64> = expected.iter().rev().copied().collect();
        let query = Query { order: Order::Descending, ..matching(filters) };
        check_list(&*store, case, &query, &newest_first).await;
    }
}

/// A case, `since`, `until`, and what is found.
type Bounds<'a> = (&'a str, Option<Timestamp>, Option<Timestamp>, &'a [u64]);

/// `since` excludes its instant, `until` includes it; both with and without a filter.
pub async fn since_and_until(factory: &dyn Factory) {
    let store = factory.fresh().await;
    let mut stored = Vec::new();
    for n in 1..=5 {
        stored.push(record_new(&*store, &[Draft::new(n * 10), Draft::new(n * 10 + 1).actor("ben")]).await);
    }
    let at = |n: usize| Some(stored[n - 1]);
    let beside = |n: usize, by: i64| Some(Timestamp(stored[n - 1].0 + by));
    let cases: [Bounds<'_>; 12] = [
        ("since the first", at(1), None, &[20, 30, 40, 50]),
        ("since before the first", beside(1, -1), None, &[10, 20, 30, 40, 50]),
        ("since the last", at(5), None, &[]),
        ("since after the last", beside(5, 1_000_000), None, &[]),
        ("until the first", None, at(1), &[10]),
        ("until before the first", None, beside(1, -1), &[]),
        ("until the last", None, at(5), &[10, 20, 30, 40, 50]),
        ("until just before the third", None, beside(3, -1), &[10, 20]),
        ("between", at(2), at(4), &[30, 40]),
        ("an instant", beside(3, -1), at(3), &[30]),
        ("nothing between", at(3), at(3), &[]),
        ("the wrong way round", at(4), at(2), &[]),
    ];
    for (case, since, until, expected) in cases {
        let filtered = Query { since, until, ..matching(&[agent("ana", false)]) };
        check_list(&*store, case, &filtered, expected).await;
        let both: Vec<_> = expected.iter().flat_map(|n| [*n, n + 1]).collect();
        check_list(&*store, case, &Query { since, until, ..matching(&[]) }, &both).await;
        let newest_first: Vec<_> = expected.iter().rev().copied().collect();
        check_list(&*store, case, &Query { order: Order::Descending, ..filtered }, &newest_first).await;
    }
}

/// Instants far outside what can be stored are bounds like any other.
pub async fn extreme_bounds(factory: &dyn Factory) {
    let store = factory.fresh().await;
    record_new(&*store, &[Draft::new(1)]).await;
    let (least, most) = (Some(Timestamp(i64::MIN)), Some(Timestamp(i64::MAX)));
    let cases: [Bounds<'_>; 4] = [
        ("everything", least, most, &[1]),
        ("since the end of time", most, None, &[]),
        ("until the beginning of time", None, least, &[]),
        ("since the beginning of time", least, None, &[1]),
    ];
    for (case, since, until, expected) in cases {
        check_list(&*store, case, &Query { since, until, ..matching(&[]) }, expected).await;
        check_list(&*store, case, &Query { since, until, ..matching(&[verb("did")]) }, expected).await;
    }
}

/// Both orders, on pages of every size; `more` is there exactly while something follows.
pub async fn order_limit_and_pages(factory: &dyn Factory) {
    let store = factory.fresh().await;
    for n in 0..12 {
        record_new(&*store, &[Draft::new(2 * n), Draft::new(2 * n + 1).actor("ben")]).await;
    }
    let all: Vec<u64> = (0..24).collect();
    let bens: Vec<u64> = (0..12).map(|n| 2 * n + 1).collect();
    for limit in [1, 2, 3, 11, 12, 13, 23, 24, 25, 1_000] {
        for (filters, expected) in [(vec![], &all), (vec![agent("ben", false)], &bens)] {
            let oldest_first = matching(&filters);
            assert_eq!(numbers(&walk(&*store, &oldest_first, limit).await), *expected);
            let newest_first = Query { order: Order::Descending, ..oldest_first.clone() };
            let reversed: Vec<u64> = expected.iter().rev().copied().collect();
            assert_eq!(numbers(&walk(&*store, &newest_first, limit).await), reversed);
            let page = find(&*store, Query { limit, ..oldest_first }).await;
            assert_eq!(page.statements.len(), limit.min(expected.len()));
            assert_eq!(page.more.is_some(), limit < expected.len(), "limit {limit} of {}", expected.len());
        }
    }
}

/// `after` may be any position: of a statement that does not match, or of none.
pub async fn continues_behind_any_position(factory: &dyn Factory) {
    let store = factory.fresh().await;
    record_new(
        &*store,
        &(1..=6).map(|n| Draft::new(n).actor(if n % 2 == 0 { "ben" } else { "ana" })).collect::<Vec<_>>(),
    )
    .await;
    let bens = matching(&[agent("ben", false)]);
    let newest_first = Query { order: Order::Descending, ..bens.clone() };
    let cases: [(&Query, u64, &[u64]); 9] = [
        (&bens, 0, &[2, 4, 6]),
        (&bens, 1, &[2, 4, 6]),
        (&bens, 2, &[4, 6]),
        (&bens, 6, &[]),
        (&bens, 1_000, &[]),
        (&newest_first, 1_000, &[6, 4, 2]),
        (&newest_first, 5, &[4, 2]),
        (&newest_first, 2, &[]),
        (&newest_first, 0, &[]),
    ];
    for (query, after, expected) in cases {
        let query = Query { after: Some(Seq(after)), ..query.clone() };
        check_list(&*store, "behind any position", &query, expected).await;
    }
}

/// Walking pages while others write: what was there at the beginning comes exactly once, and nothing twice.
pub async fn pages_under_concurrent_writes(factory: &dyn Factory) {
    const BEFORE: u64 = 120;
    let store = factory.fresh().await;
    for first in (0..BEFORE).step_by(10) {
        record_new(&*store, &(first..first + 10).map(Draft::new).collect::<Vec<_>>()).await;
    }
    let stop = Arc::new(AtomicBool::new(false));
    let writer = tokio::spawn({
        let (store, stop) = (Arc::clone(&store), Arc::clone(&stop));
        async move {
            // Bounded, should the readers be slow.
            for n in (BEFORE..BEFORE + 3_000).step_by(3) {
                record_new(&*store, &[n, n + 1, n + 2].map(Draft::new)).await;
                if stop.load(Ordering::Relaxed) {
                    break;
                }
            }
        }
    });
    let existing: Vec<u64> = (0..BEFORE).collect();
    for filters in [vec![], vec![verb("did"), agent("ana", false)]] {
        let oldest_first = matching(&filters);
        let newest_first = Query { order: Order::Descending, ..oldest_first.clone() };
        let found = numbers(&walk(&*store, &newest_first, 7).await);
        assert!(found.is_sorted_by(|a, b| a > b), "newest first, none twice: {found:?}");
        assert_eq!(found.iter().rev().take(existing.len()).copied().collect::<Vec<_>>(), existing);
        // The writer may be faster than pages forward: these end where it stood at the beginning.
        let until = find_one(&*store, statement_id(BEFORE - 1), false).await.map(|it| it.stored);
        let found = numbers(&walk(&*store, &Query { until, ..oldest_first }, 7).await);
        assert_eq!(found, existing);
    }
    stop.store(true, Ordering::Relaxed);
    writer.await.expect("the writer does not panic");
}

/// One statement in many: a rare filter meets a common one, over a long log.
pub async fn finds_the_rare_among_the_common(factory: &dyn Factory) {
    let store = factory.fresh().await;
    let rare = [3, 500, 501, 998];
    for first in (0..1_000).step_by(100) {
        let drafts: Vec<_> = (first..first + 100)
            .map(|n| if rare.contains(&n) { Draft::new(n).activity("rare") } else { Draft::new(n) })
            .collect();
        record_new(&*store, &drafts).await;
    }
    let cases: [(&str, &[Filter], &[u64]); 3] = [
        ("rare", &[activity("rare", false)], &rare),
        ("rare and common", &[agent("ana", false), activity("rare", true), verb("did")], &rare),
        ("rare and never", &[activity("rare", false), verb("never")], &[]),
    ];
    for (case, filters, expected) in cases {
        check_list(&*store, case, &matching(filters), expected).await;
    }
    let last =
        find(&*store, Query { limit: 1, order: Order::Descending, ..matching(&[activity("rare", false)]) }).await;
    assert_eq!(numbers(&last.statements), [998]);
}
