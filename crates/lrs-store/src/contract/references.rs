//! References between statements: what refers to a match matches too (Communication 2.1.3), and voiding (Data 2.3.2).

use super::shared::{check_list, find_one, matching, numbers, query, record, record_new, walk};
use super::{Draft, Factory, agent_key, statement_id, verb_id};
use crate::{Filter, Query, REFERENCE_STEPS_MAX, Recorded, Seq, Store};

fn by(agent: &str) -> Filter {
    Filter::Agent { key: agent_key(agent), related: false }
}

/// A follow-up has no activity and other people; it is found by what it refers to, and by itself.
fn follow_up(number: u64, target: u64) -> Draft {
    Draft::new(number).actor("eva").verb("confirmed").refers_to(target)
}

/// A statement is found by its target's agent, verb and activity; each condition may be met by either of the two.
pub async fn found_by_the_target(factory: &dyn Factory) {
    let store = factory.fresh().await;
    let registration = uuid::Uuid::from_u128(0xb2);
    let target = Draft::new(1).actor("ben").instructor("kim").parent("programme").registration(registration);
    record_new(&*store, &[target, Draft::new(2)]).await;
    record_new(&*store, &[follow_up(3, 1)]).await;
    let activity = |name, related| Filter::Activity { id: super::activity_id(name), related };
    let cases: [(&str, &[Filter], &[u64]); 10] = [
        ("agent", &[by("ben")], &[1, 3]),
        ("its own agent", &[by("eva")], &[3]),
        ("related agent", &[Filter::Agent { key: agent_key("kim"), related: true }], &[1, 3]),
        ("related agent, unasked", &[by("kim")], &[]),
        ("verb", &[Filter::Verb(verb_id("did"))], &[1, 2, 3]),
        ("activity", &[activity("course", false)], &[1, 2, 3]),
        ("related activity", &[activity("programme", true)], &[1, 3]),
        ("registration", &[Filter::Registration(registration)], &[1, 3]),
        ("agent of the one, verb of the other", &[by("ben"), Filter::Verb(verb_id("confirmed"))], &[3]),
        ("not met by either", &[by("ben"), Filter::Verb(verb_id("never"))], &[]),
    ];
    for (case, filters, expected) in cases {
        check_list(&*store, case, &matching(filters), expected).await;
    }
}

/// Targets of targets count; time bounds look at the statement itself, and so does the authority.
pub async fn found_over_several_steps(factory: &dyn Factory) {
    let store = factory.fresh().await;
    record_new(&*store, &[Draft::new(1).actor("ben").authority("moodle"), Draft::new(9)]).await;
    for n in 2..=6 {
        record_new(&*store, &[follow_up(n, n - 1)]).await;
    }
    check_list(&*store, "a chain", &matching(&[by("ben")]), &[1, 2, 3, 4, 5, 6]).await;
    let since = find_one(&*store, statement_id(3), false).await.map(|it| it.stored);
    check_list(&*store, "since", &Query { since, ..matching(&[by("ben")]) }, &[4, 5, 6]).await;
    check_list(&*store, "until", &Query { until: since, ..matching(&[by("ben")]) }, &[1, 2, 3]).await;
    let authority = Filter::Authority(agent_key("moodle"));
    check_list(&*store, "authority", &matching(std::slice::from_ref(&authority)), &[1]).await;
    check_list(&*store, "authority and agent", &matching(&[by("ben"), authority]), &[1]).await;
}

/// A chain is followed over [`REFERENCE_STEPS_MAX`] steps and not further, whichever end of it comes first.
pub async fn found_over_a_bounded_number_of_steps(factory: &dyn Factory) {
    let steps_max = REFERENCE_STEPS_MAX as u64;
    let chain: Vec<Draft> =
        std::iter::once(Draft::new(0).actor("ben")).chain((1..=steps_max + 6).map(|n| follow_up(n, n - 1))).collect();
    let backward: Vec<Draft> = chain.iter().rev().cloned().collect();
    let middle_last: Vec<Draft> =
        chain.iter().take(30).chain(chain.iter().skip(31)).chain([&chain[30]]).cloned().collect();
    for (case, drafts) in [("forward", chain), ("backward", backward), ("the middle last", middle_last)] {
        for batch_statements in [1, 10] {
            let store = factory.fresh().await;
            for batch in drafts.chunks(batch_statements) {
                record_new(&*store, batch).await;
            }
            let mut found = numbers(&walk(&*store, &matching(&[by("ben")]), 100).await);
            found.sort_unstable();
            assert_eq!(found, (0..=steps_max).collect::<Vec<_>>(), "{case}, batches of {batch_statements}");
        }
    }
}

/// A target that comes later, alone or as a chain from its end.
pub async fn late_targets(factory: &dyn Factory) {
    let store = factory.fresh().await;
    record_new(&*store, &[follow_up(3, 2)]).await;
    check_list(&*store, "nothing yet", &matching(&[by("ben")]), &[]).await;
    record_new(&*store, &[follow_up(2, 1)]).await;
    check_list(&*store, "still nothing", &matching(&[by("ben")]), &[]).await;
    record_new(&*store, &[Draft::new(1).actor("ben")]).await;
    check_list(&*store, "all at once", &matching(&[by("ben")]), &[3, 2, 1]).await;
    let store = factory.reopen(store).await;
    check_list(&*store, "after reopening", &matching(&[by("ben")]), &[3, 2, 1]).await;
}

/// References in a circle end, and to itself too; a reference to nothing is fine.
pub async fn circles(factory: &dyn Factory) {
    let store = factory.fresh().await;
    record_new(&*store, &[follow_up(1, 2), follow_up(2, 3).actor("ben"), follow_up(3, 1).actor("kim")]).await;
    record_new(&*store, &[follow_up(4, 4).actor("self"), follow_up(5, 404).actor("lost")]).await;
    for (agent, expected) in
        [("ben", &[1, 2, 3][..]), ("kim", &[1, 2, 3]), ("eva", &[1, 2, 3]), ("self", &[4]), ("lost", &[5])]
    {
        check_list(&*store, agent, &matching(&[by(agent)]), expected).await;
    }
}

/// Many references to one statement, and one statement among many.
pub async fn many_references(factory: &dyn Factory) {
    let store = factory.fresh().await;
    record_new(&*store, &[Draft::new(0).actor("ben")]).await;
    for first in (1..=300).step_by(100) {
        record_new(&*store, &(first..first + 100).map(|n| follow_up(n, 0)).collect::<Vec<_>>()).await;
    }
    let expected: Vec<u64> = (0..=300).collect();
    assert_eq!(numbers(&walk(&*store, &matching(&[by("ben")]), 64).await), expected);
    let newest = Query { limit: 2, order: crate::Order::Descending, ..matching(&[by("ben")]) };
    assert_eq!(numbers(&store.find_statements(newest).await.expect("finding works").statements), [300, 299]);
}

async fn check_voided(store: &dyn Store, n: u64, voided: bool) {
    let id = statement_id(n);
    assert_eq!(find_one(store, id, true).await.is_some(), voided, "statement {n} as voided");
    assert_eq!(find_one(store, id, false).await.is_some(), !voided, "statement {n} as valid");
}

async fn check_after_voiding(store: &dyn Store) {
    check_voided(store, 1, true).await;
    for valid in [2, 3, 4] {
        check_voided(store, valid, false).await;
    }
    check_list(store, "no filter", &matching(&[]), &[2, 3, 4]).await;
    check_list(store, "its agent", &matching(&[by("ben")]), &[2, 3, 4]).await;
    check_list(store, "who voided", &matching(&[by("admin")]), &[4]).await;
}

/// A voided statement is found by `voidedStatementId` alone; lists show the voiding one, and what refers to it, instead.
pub async fn voided_statements_leave_the_lists(factory: &dyn Factory) {
    let store = factory.fresh().await;
    record_new(&*store, &[Draft::new(1).actor("ben"), Draft::new(2).actor("ben")]).await;
    record_new(&*store, &[follow_up(3, 1)]).await;
    record_new(&*store, &[Draft::new(4).actor("admin").voids(1)]).await;
    check_after_voiding(&*store).await;
    check_after_voiding(&*factory.reopen(store).await).await;
}

/// Voiding what comes later, or never; voiding within one batch; voiding twice.
pub async fn voiding_in_any_order(factory: &dyn Factory) {
    let store = factory.fresh().await;
    record_new(&*store, &[Draft::new(10).actor("admin").voids(1)]).await;
    check_list(&*store, "before", &matching(&[]), &[10]).await;
    record_new(&*store, &[Draft::new(1).actor("ben")]).await;
    check_voided(&*store, 1, true).await;
    check_list(&*store, "late target", &matching(&[by("ben")]), &[10]).await;
    record_new(&*store, &[Draft::new(2).actor("ben"), Draft::new(11).actor("admin").voids(2)]).await;
    record_new(&*store, &[Draft::new(12).actor("admin").voids(3), Draft::new(3).actor("ben")]).await;
    record_new(&*store, &[Draft::new(13).actor("other").voids(1), Draft::new(14).actor("admin").voids(404)]).await;
    for n in [1, 2, 3] {
        check_voided(&*store, n, true).await;
    }
    assert_eq!(numbers(&walk(&*store, &query(), 10).await), [14, 13, 12, 11, 10]);
    check_list(&*store, "all by target", &matching(&[by("ben")]), &[10, 11, 12, 13]).await;
}

/// A voiding statement cannot be voided: refused when it is known, without effect when it comes later.
pub async fn voiding_statements_stay(factory: &dyn Factory) {
    let store = factory.fresh().await;
    record_new(&*store, &[Draft::new(1), Draft::new(2).voids(1)]).await;
    let outcome = record(&*store, &[Draft::new(5), Draft::new(3).voids(2)]).await;
    assert_eq!(outcome, Recorded::VoidsVoiding(vec![statement_id(3)]));
    let outcome = record(&*store, &[Draft::new(6).voids(1), Draft::new(7).voids(6)]).await;
    assert_eq!(outcome, Recorded::VoidsVoiding(vec![statement_id(7)]));
    assert_eq!(numbers(&walk(&*store, &query(), 10).await), [2], "nothing of the refused batches is stored");
    record_new(&*store, &[Draft::new(8).voids(9)]).await;
    record_new(&*store, &[Draft::new(9).voids(1)]).await;
    check_voided(&*store, 8, false).await;
    check_voided(&*store, 9, false).await;
    check_voided(&*store, 1, true).await;
}

/// A voided statement's id stays taken, and its content is still compared.
pub async fn voided_ids_stay_taken(factory: &dyn Factory) {
    let store = factory.fresh().await;
    record_new(&*store, &[Draft::new(1), Draft::new(2).voids(1)]).await;
    assert!(matches!(record(&*store, &[Draft::new(1)]).await, Recorded::Stored { new: 0, .. }));
    assert_eq!(record(&*store, &[Draft::new(1).note("other")]).await, Recorded::Conflict(vec![statement_id(1)]));
    check_voided(&*store, 1, true).await;
}

/// A reference that is voided is not in the list, but what refers to it is.
pub async fn voided_references(factory: &dyn Factory) {
    let store = factory.fresh().await;
    record_new(&*store, &[Draft::new(1).actor("ben"), follow_up(2, 1), follow_up(3, 2)]).await;
    record_new(&*store, &[Draft::new(4).actor("admin").voids(2)]).await;
    check_list(&*store, "by the first", &matching(&[by("ben")]), &[1, 3, 4]).await;
}

/// Pages of what matches by reference are walked exactly once, too, with voided statements between.
pub async fn pages_of_references(factory: &dyn Factory) {
    let store = factory.fresh().await;
    let mut expected = Vec::new();
    for n in 0..40_u64 {
        let draft = if n % 4 == 0 { Draft::new(n).actor("ben") } else { follow_up(n, n - 1) };
        record_new(&*store, &[draft]).await;
        if n % 4 != 1 {
            expected.push(n);
        }
    }
    for n in (0..40).filter(|n| n % 4 == 1) {
        record_new(&*store, &[Draft::new(100 + n).actor("admin").voids(n)]).await;
        expected.push(100 + n);
    }
    for limit in [1, 3, 10, 100] {
        let walked = numbers(&walk(&*store, &matching(&[by("ben")]), limit).await);
        assert_eq!(walked, expected, "{limit} on a page");
    }
    let page = Query { after: Some(Seq(20)), ..matching(&[by("ben")]) };
    let rest: Vec<u64> = expected.iter().copied().filter(|n| *n >= 20).collect();
    assert_eq!(numbers(&walk(&*store, &page, 3).await), rest);
}
