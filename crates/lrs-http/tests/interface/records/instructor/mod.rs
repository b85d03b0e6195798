//! An instructor sees the learners of their groups, and nothing of anybody else: on every route that shows records, by every filter.
//!
//! The same statements of the learners are in two LRSs, one of which has those of other people too. What the instructor gets is the same in
//! both, so no list, name or count tells of the others.

mod live;
mod school;

use std::collections::BTreeSet;

use http::StatusCode;
use lrs_core::PersonId;
use serde_json::{Value, json};

use self::school::{Class, HIDDEN, id, seen, sha2, unseen};
use crate::admin::{Badge, call, expect};
use crate::harness::{Answer, encode};

/// What a route shows an instructor.
enum Shows {
    /// Nothing of learners.
    NoLearners,
    /// Nothing: instructors may not.
    Refused,
    /// Records of the learners, at these places behind the path: `{…}` are filled in as [`fill_in`] says. The status of each.
    Learners(&'static [(&'static str, u16)]),
    /// Statements, with each case of [`FILTERS`] behind this query.
    Statements(&'static [&'static str]),
}

use Shows::{Learners, NoLearners, Refused, Statements};

/// Every route of the admin API that reads. The description of the interface has no other.
const ROUTES: &[(&str, Shows)] = &[
    ("/api/v1/setup", NoLearners),
    ("/api/v1/sign-in-options", NoLearners),
    ("/api/v1/openid/{provider}/start", NoLearners),
    ("/api/v1/openid/{provider}/callback", NoLearners),
    ("/api/v1/session", NoLearners),
    ("/api/v1/accounts", NoLearners),
    ("/api/v1/invitations", NoLearners),
    ("/api/v1/tokens", NoLearners),
    ("/api/v1/lrss", NoLearners),
    ("/api/v1/audit", Refused),
    ("/api/v1/audit/export", Refused),
    ("/api/v1/backups", Refused),
    ("/api/v1/backups/{name}", Refused),
    ("/api/v1/lrss/{lrs}/keys", Refused),
    ("/api/v1/lrss/{lrs}/groups", Refused),
    ("/api/v1/lrss/{lrs}/operations", Refused),
    ("/api/v1/lrss/{lrs}/jobs", Refused),
    ("/api/v1/lrss/{lrs}/jobs/{id}", Refused),
    ("/api/v1/lrss/{lrs}/jobs/{id}/refused", Refused),
    ("/api/v1/lrss/{lrs}/refusals", Refused),
    ("/api/v1/lrss/{lrs}/refusals/{id}", Refused),
    ("/api/v1/lrss/{lrs}/statements", Statements(&["?", "?limit=2"])),
    ("/api/v1/lrss/{lrs}/statements/export", Statements(&["?format=ndjson", "?format=csv"])),
    // Streams have no end: see `live`.
    ("/api/v1/lrss/{lrs}/live", Statements(&[])),
    (
        "/api/v1/lrss/{lrs}/statements/{id}",
        Learners(&[
            ("{1}", 200),
            ("{4}", 200),
            ("{5}", 200),
            ("{6}", 200),
            ("{11}", 404),
            ("{13}", 404),
            ("{14}", 404),
            ("{15}", 404),
            ("{21}", 404),
            ("{22}", 404),
            ("{23}", 404),
            ("{24}", 404),
        ]),
    ),
    (
        "/api/v1/lrss/{lrs}/attachments/{sha2}",
        Learners(&[
            ("{file ana}?statement={6}", 200),
            ("{file zora}?statement={16}", 404),
            ("{file zora}?statement={6}", 404),
            ("{file ana}?statement={16}", 404),
        ]),
    ),
    (
        "/api/v1/lrss/{lrs}/people",
        Learners(&[
            ("", 200),
            ("?limit=1", 200),
            ("?text=ana", 200),
            ("?text=Surname", 200),
            ("?text=zora", 200),
            ("?text=sora", 200),
            ("?text=example", 200),
        ]),
    ),
    (
        "/api/v1/lrss/{lrs}/people/{person}",
        Learners(&[("{person ana}", 200), ("{person ben}", 200), ("{person zora}", 404), ("{person zorana}", 404)]),
    ),
    (
        "/api/v1/lrss/{lrs}/activities",
        Learners(&[
            ("", 200),
            ("?limit=1", 200),
            ("?parent=http%3A%2F%2Fexample.org%2Fcourse", 200),
            ("?parent=http%3A%2F%2Fexample.org%2Fquiz", 200),
            ("?text=quiz", 200),
            ("?text=essay", 200),
            ("?text=zora", 200),
            ("?text=the", 200),
        ]),
    ),
    (
        "/api/v1/lrss/{lrs}/activity",
        Learners(&[
            ("?id=http%3A%2F%2Fexample.org%2Fquiz", 200),
            ("?id=http%3A%2F%2Fexample.org%2Fvideo", 200),
            ("?id=http%3A%2F%2Fexample.org%2Fcourse", 200),
            ("?id=http%3A%2F%2Fexample.org%2Fzora-essay", 404),
        ]),
    ),
];

/// Every filter of statements, alone and beside others, with the numbers of the statements that the instructor gets.
const FILTERS: &[(&str, &[u32])] = &[
    ("", &[6, 5, 4, 3, 2, 1]),
    ("&person={person ana}", &[6, 5, 4, 3, 1]),
    ("&person={person ana}&related=true", &[6, 5, 4, 3, 1]),
    ("&person={person zora}", &[]),
    ("&person={person zora}&related=true", &[]),
    ("&agent={agent ben}", &[5, 4, 2]),
    ("&agent={agent zora}", &[]),
    ("&agent={agent zora}&related=true", &[]),
    ("&agent={agent tom}&related=true", &[1]),
    ("&verb=http%3A%2F%2Fexample.org%2Fthanked", &[5]),
    ("&verb=http%3A%2F%2Fexample.org%2Fzora-verb", &[]),
    ("&activity=http%3A%2F%2Fexample.org%2Fquiz", &[6, 4, 2, 1]),
    ("&activity=http%3A%2F%2Fexample.org%2Fzora-essay", &[]),
    ("&activity=http%3A%2F%2Fexample.org%2Fcourse&related=true", &[2, 1]),
    ("&registration=11111111-1111-4111-8111-111111111111", &[1]),
    ("&registration=22222222-2222-4222-8222-222222222222", &[]),
    ("&since=2020-01-01T00:00:00Z", &[6, 5, 4, 3, 2, 1]),
    ("&until=2020-01-01T00:00:00Z", &[]),
    ("&until=2040-01-01T00:00:00Z&since=2020-01-01T00:00:00Z", &[6, 5, 4, 3, 2, 1]),
    ("&score_min=0", &[2, 1]),
    ("&score_max=50", &[2]),
    ("&score_min=95", &[]),
    ("&text=answer", &[1]),
    ("&text=surname", &[6, 5, 4, 3, 2, 1]),
    ("&text=zor", &[]),
    ("&text=quiz&score_min=50", &[1]),
    ("&text=quiz&activity=http%3A%2F%2Fexample.org%2Fquiz&agent={agent ana}", &[6, 4, 1]),
];

/// Parameters of lists of statements that are no filters.
const NO_FILTERS: [&str; 6] = ["lrs", "cursor", "limit", "format", "after", "related"];

/// `{12}`: the id of statement 12; `{agent ana}`, `{person ana}` and `{file ana}`: hers.
fn fill_in(text: &str) -> String {
    let mut filled = String::new();
    for (place, part) in text.split(['{', '}']).enumerate() {
        let mailbox = |name: &str| format!("mbox:mailto:{name}@example.org");
        filled += &match part.split_once(' ') {
            _ if place % 2 == 0 => part.to_owned(),
            Some(("agent", name)) => encode(&mailbox(name)),
            Some(("person", name)) => PersonId::of(&mailbox(name)).to_string(),
            Some((_, name)) => sha2(&format!("a file of {name}")),
            None => id(part.parse().unwrap()),
        };
    }
    filled
}

async fn describe(class: &Class) -> Value {
    call(&class.server, &Badge::default(), ("GET", "/openapi.json"), &Value::Null).await.json()["paths"].clone()
}

/// What an answer says, but for what differs between any two LRSs: places in the log, instants of storing, and who vouches.
fn comparable(answer: &Answer) -> Value {
    fn mask(json: &mut Value) {
        match json {
            Value::Object(members) => {
                members.retain(|name, _| {
                    !["seq", "stored", "updated", "authority", "next", "request_id"].contains(&&**name)
                });
                members.values_mut().for_each(mask);
            }
            Value::Array(elements) => elements.iter_mut().for_each(mask),
            _ => {}
        }
    }
    let mut lines: Vec<Value> =
        answer.text().lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| without_stored(line))).collect();
    lines.iter_mut().for_each(mask);
    json!([answer.status.as_u16(), lines])
}

/// A line of CSV without its second cell, when it was stored, and its last one, who vouches.
fn without_stored(line: &str) -> Value {
    let (line, _) = line.rsplit_once(',').unwrap_or((line, ""));
    line.splitn(3, ',').enumerate().filter(|(column, _)| *column != 1).map(|(_, cell)| cell).collect()
}

/// An answer to the instructor tells nothing of others.
#[track_caller]
fn check_hides(answer: &Answer, case: &str) {
    let text = answer.text();
    assert!(!text.to_lowercase().contains(HIDDEN), "{case}: {text}");
    for number in unseen() {
        assert!(!text.contains(&id(number)), "statement {number}: {case}: {text}");
    }
}

/// The ids that a list of statements has, page by page.
async fn list(class: &Class, lrs: &str, path: &str) -> Vec<String> {
    let mut ids = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = path.replace("{lrs}", lrs) + &cursor;
        let answer = call(&class.server, &class.teacher, ("GET", &path), &Value::Null).await;
        let page = expect(&answer, StatusCode::OK, &path);
        check_hides(&answer, &path);
        ids.extend(page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { return ids };
        cursor = format!("&cursor={next}");
    }
}

/// Asks for a path in the LRS with all statements and in the one with the learners' alone.
async fn ask(class: &Class, path: &str) -> [Answer; 2] {
    let [one, other] = ["school", "other"].map(|lrs| path.replace("{lrs}", lrs));
    let answer = call(&class.server, &class.teacher, ("GET", &one), &Value::Null).await;
    check_hides(&answer, &one);
    [answer, call(&class.server, &class.teacher, ("GET", &other), &Value::Null).await]
}

#[tokio::test]
async fn every_route_and_filter_of_the_description_has_a_case() {
    let class = Class::open(false).await;
    let paths = describe(&class).await;
    let mut read = BTreeSet::new();
    let mut filters = BTreeSet::new();
    for (path, item) in paths.as_object().unwrap().iter().filter(|(path, _)| path.starts_with("/api/")) {
        let Some(operation) = item.get("get") else { continue };
        read.insert(path.as_str());
        if ROUTES.iter().any(|(route, shows)| *route == path && matches!(shows, Statements(_))) {
            let parameters = operation["parameters"].as_array().unwrap().iter();
            filters.extend(parameters.map(|parameter| parameter["name"].as_str().unwrap()));
        }
    }
    let listed: BTreeSet<&str> = ROUTES.iter().map(|(path, _)| *path).collect();
    assert_eq!(listed, read, "the table of this test and the routes of the description that read");
    let has_case = |name: &str| FILTERS.iter().any(|(query, _)| query.contains(&format!("&{name}=")));
    let without: Vec<_> = filters.into_iter().filter(|name| !NO_FILTERS.contains(name) && !has_case(name)).collect();
    assert_eq!(without, [""; 0], "filters without a case");
}

#[tokio::test]
async fn instructors_get_the_same_whether_others_are_there_or_not() {
    let class = Class::open(false).await;
    let all = call(&class.server, &class.owner, ("GET", "/api/v1/lrss/school/statements"), &Value::Null).await;
    assert!(all.text().contains("zora") && all.text().contains(&id(17)), "the others are there: {}", all.text());
    for (route, shows) in ROUTES {
        match shows {
            NoLearners | Refused => {
                let path = route.replace("{id}", "nothing").replace("{name}", "nothing");
                let [answer, _] = ask(&class, &path).await;
                let is_refused = answer.status == StatusCode::FORBIDDEN;
                assert_eq!(is_refused, matches!(shows, Refused), "{route}: {}", answer.text());
            }
            Learners(cases) => {
                let route = route.trim_end_matches("{id}").trim_end_matches("{sha2}").trim_end_matches("{person}");
                for (case, status) in *cases {
                    let path = format!("{route}{}", fill_in(case));
                    let [answer, expected] = ask(&class, &path).await;
                    assert_eq!(answer.status.as_u16(), *status, "{path}: {}", answer.text());
                    assert_eq!(comparable(&answer), comparable(&expected), "{path}");
                }
            }
            Statements(queries) => {
                for (query, (filter, expected)) in
                    queries.iter().flat_map(|query| FILTERS.iter().map(move |it| (query, it)))
                {
                    let path = format!("{route}{query}{}", fill_in(filter));
                    let expected: Vec<String> = expected.iter().copied().map(id).collect();
                    if route.ends_with("/export") {
                        let [answer, alone] = ask(&class, &path).await;
                        assert_eq!(comparable(&answer), comparable(&alone), "{path}");
                        let found = seen().into_iter().map(id).filter(|id| answer.text().contains(id)).count();
                        assert!(
                            found >= expected.len() && expected.iter().all(|id| answer.text().contains(id)),
                            "{path}"
                        );
                    } else {
                        assert_eq!(list(&class, "school", &path).await, expected, "{path}");
                        assert_eq!(list(&class, "other", &path).await, expected, "{path}");
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn statements_of_learners_with_others_stay_hidden() {
    let class = Class::open(true).await;
    for (route, shows) in ROUTES {
        let cases: Vec<String> = match shows {
            NoLearners | Refused => continue,
            Learners(cases) => cases.iter().map(|(case, _)| (*case).to_owned()).collect(),
            Statements(queries) => queries
                .iter()
                .flat_map(|query| FILTERS.iter().map(move |(filter, _)| format!("{query}{filter}")))
                .collect(),
        };
        let route = route.trim_end_matches("{id}").trim_end_matches("{sha2}").trim_end_matches("{person}");
        for case in cases {
            ask(&class, &format!("{route}{}", fill_in(&case))).await;
        }
    }
    let listed = list(&class, "school", "/api/v1/lrss/{lrs}/statements?limit=3").await;
    assert_eq!(listed, seen().into_iter().rev().map(id).collect::<Vec<_>>());
}

#[tokio::test]
async fn large_classes_are_listed_page_by_page() {
    let class = Class::open(false).await;
    let pages = async |path: &str, field: &str| {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("/api/v1/lrss/school/{path}limit=1{cursor}");
            let answer = call(&class.server, &class.teacher, ("GET", &path), &Value::Null).await;
            let page = expect(&answer, StatusCode::OK, &path);
            found.extend(page["items"].as_array().unwrap().iter().map(|it| it[field].as_str().unwrap().to_owned()));
            let Some(next) = page["next"].as_str() else { return found };
            cursor = format!("&cursor={next}");
        }
    };
    assert_eq!(pages("people?", "name").await, ["ana Surname", "ben Surname"]);
    assert_eq!(pages("activities?", "name").await, ["The course", "video"]);
    let course = encode("http://example.org/course");
    assert_eq!(pages(&format!("activities?parent={course}&"), "name").await, ["The quiz"]);
}
