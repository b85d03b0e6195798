//! Every filter of the explorer, alone and in pairs, against a naive look at each statement; page by page.

use std::collections::{HashMap, HashSet};

use lrs_store::Seq;
use serde_json::{Value, json};

use super::School;
use crate::harness::{encode, statement};

/// Statements of these tests.
const COUNT: u32 = 120;
const VOIDED: &str = "http://adlnet.gov/expapi/verbs/voided";

fn id(number: u32) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

fn mailbox(number: u32) -> String {
    format!("mailto:learner{number}@example.org")
}

fn registration(number: u32) -> String {
    format!("{number:08}-1111-4111-8111-111111111111")
}

/// A statement of its number, different in everything that filters ask about.
fn made(n: u32) -> Value {
    let mut context = json!({});
    if n.is_multiple_of(3) {
        context["registration"] = registration(n % 2).into();
    }
    if n.is_multiple_of(5) {
        context["instructor"] = json!({"mbox": mailbox(n % 3)});
    }
    if n.is_multiple_of(4) {
        context["contextActivities"] = json!({"parent": [{"id": format!("http://example.org/activity{}", n % 3)}]});
    }
    let mut made = statement(&json!({
        "id": id(n),
        "actor": {"mbox": mailbox(n % 4), "name": format!("Learner Number{}", n % 4)},
        "verb": {"id": format!("http://example.org/verb{}", n % 3)},
        "object": {"id": format!("http://example.org/activity{}", n % 5)},
        "context": context,
        "result": {"response": format!("word{n} {}", if n.is_multiple_of(2) { "even number" } else { "odd" })},
    }));
    if n.is_multiple_of(2) {
        made["result"]["score"] = json!({"scaled": f64::from(n % 11) / 10.0});
    }
    match n % 20 {
        7 => made["actor"] = json!({"objectType": "Group", "member": [{"mbox": mailbox(0)}, {"mbox": mailbox(1)}]}),
        9 => made["object"] = json!({"objectType": "Agent", "mbox": mailbox(2)}),
        13 => made["object"] = json!({"objectType": "StatementRef", "id": id(n - 6)}),
        19 => {
            made["verb"] = json!({"id": VOIDED});
            made["object"] = json!({"objectType": "StatementRef", "id": id(n - 3)});
            made.as_object_mut().unwrap().remove("result");
        }
        _ => {}
    }
    made
}

/// All that is stored, in the order of the log.
struct Log {
    statements: Vec<Value>,
    by_id: HashMap<String, usize>,
    voided: HashSet<String>,
}

impl Log {
    async fn read(school: &School) -> Self {
        let log = school.lrs().await.read_log(Seq(0), 10_000).await.unwrap();
        let statements: Vec<Value> = log.iter().map(|stored| serde_json::from_slice(&stored.body).unwrap()).collect();
        let id = |it: &Value| it["id"].as_str().unwrap().to_owned();
        let by_id = statements.iter().enumerate().map(|(place, it)| (id(it), place)).collect();
        let voiding = statements.iter().filter(|it| it["verb"]["id"] == VOIDED);
        let voided = voiding.map(|it| id(&it["object"])).collect();
        Self { statements, by_id, voided }
    }

    /// Whether a condition holds for a statement, or for one that it refers to.
    fn holds(&self, condition: &Condition, statement: &Value, related: bool) -> bool {
        match condition {
            Condition::Alone(holds) => holds(statement),
            Condition::Targeted(holds) => {
                let target = Some(&statement["object"]).filter(|object| object["objectType"] == "StatementRef");
                let target = target.and_then(|object| self.by_id.get(object["id"].as_str().unwrap()));
                let behind = target.is_some_and(|place| self.holds(condition, &self.statements[*place], related));
                behind || holds(statement, related)
            }
        }
    }

    fn find(&self, filters: &[&Filter], related: bool) -> Vec<String> {
        let found = self.statements.iter().rev().filter(|statement| {
            let id = statement["id"].as_str().unwrap();
            !self.voided.contains(id) && filters.iter().all(|filter| self.holds(&filter.condition, statement, related))
        });
        found.map(|statement| statement["id"].as_str().unwrap().to_owned()).collect()
    }
}

/// What a filter asks for: of the statement alone, or also of what it refers to (Communication 2.1.3).
enum Condition {
    Alone(Box<dyn Fn(&Value) -> bool>),
    Targeted(Box<Targeted>),
}

/// Of a statement, with whether related places count.
type Targeted = dyn Fn(&Value, bool) -> bool;

struct Filter {
    name: &'static str,
    value: String,
    condition: Condition,
}

fn alone(name: &'static str, value: impl Into<String>, holds: impl Fn(&Value) -> bool + 'static) -> Filter {
    Filter { name, value: value.into(), condition: Condition::Alone(Box::new(holds)) }
}

fn targeted(name: &'static str, value: impl Into<String>, holds: impl Fn(&Value, bool) -> bool + 'static) -> Filter {
    Filter { name, value: value.into(), condition: Condition::Targeted(Box::new(holds)) }
}

/// Whether an agent is actor, object or one of their members; with `related` the instructor too.
fn names(statement: &Value, mailbox: &str, related: bool) -> bool {
    let is = |agent: &Value| agent["mbox"] == mailbox;
    let places = [&statement["actor"], &statement["object"]];
    let in_places =
        places.iter().any(|it| is(it) || it["member"].as_array().is_some_and(|members| members.iter().any(is)));
    in_places || related && is(&statement["context"]["instructor"])
}

fn percent(statement: &Value) -> Option<f64> {
    statement["result"]["score"]["scaled"].as_f64().map(|scaled| (scaled * 100.0).round())
}

fn has_word(statement: &Value, begins: impl Fn(&str) -> bool) -> bool {
    let texts = [&statement["result"]["response"], &statement["actor"]["name"]];
    let texts = texts.iter().filter_map(|text| text.as_str()).map(str::to_lowercase);
    texts.into_iter().any(|text| text.split(' ').any(&begins))
}

/// Two values of every filter, or more. `person` is one with two identifiers.
fn filters(log: &Log) -> Vec<Filter> {
    let middle = log.statements[log.statements.len() / 2]["stored"].as_str().unwrap().to_owned();
    let quarter = log.statements[log.statements.len() / 4]["stored"].as_str().unwrap().to_owned();
    let mut filters = Vec::new();
    for n in [0, 2] {
        let (agent, key) = (mailbox(n), format!("mbox:{}", mailbox(n)));
        filters.push(targeted("agent", key, move |it, related| names(it, &agent, related)));
        let verb = format!("http://example.org/verb{n}");
        filters.push(targeted("verb", verb.clone(), move |it, _| it["verb"]["id"] == verb.as_str()));
        let activity = format!("http://example.org/activity{n}");
        filters.push(targeted("activity", activity.clone(), move |it, related| {
            let parent = &it["context"]["contextActivities"]["parent"][0]["id"];
            it["object"]["id"] == activity.as_str() || related && *parent == activity.as_str()
        }));
    }
    for n in [0, 1] {
        let wanted = registration(n);
        let condition = wanted.clone();
        filters
            .push(targeted("registration", wanted, move |it, _| it["context"]["registration"] == condition.as_str()));
    }
    let person = lrs_core::PersonId::of(&format!("mbox:{}", mailbox(0))).to_string();
    filters.push(targeted("person", person, |it, related| {
        names(it, &mailbox(0), related) || names(it, &mailbox(1), related)
    }));
    for instant in [middle, quarter] {
        let (since, until) = (instant.clone(), instant.clone());
        filters.push(alone("since", instant.clone(), move |it| it["stored"].as_str().unwrap() > since.as_str()));
        filters.push(alone("until", instant, move |it| it["stored"].as_str().unwrap() <= until.as_str()));
    }
    for bound in [30, 80] {
        let least = f64::from(bound);
        filters.push(alone("score_min", bound.to_string(), move |it| percent(it).is_some_and(|it| it >= least)));
        filters.push(alone("score_max", bound.to_string(), move |it| percent(it).is_some_and(|it| it <= least)));
    }
    filters.push(alone("text", "EVEN", |it| has_word(it, |word| word == "even")));
    // More words begin so than the index is asked for.
    filters.push(alone("text", "wor", |it| has_word(it, |word| word.starts_with("wor"))));
    filters.push(alone("text", "word1", |it| has_word(it, |word| word.starts_with("word1"))));
    filters.push(alone("text", "odd learner num", |it| {
        has_word(it, |word| word == "odd") && has_word(it, |word| word.starts_with("num"))
    }));
    filters
}

async fn check(school: &School, filters: &[&Filter], related: bool, log: &Log, when: &str) -> usize {
    let pairs: Vec<String> = filters.iter().map(|it| format!("&{}={}", it.name, encode(&it.value))).collect();
    let query = format!("{}&related={related}", pairs.concat());
    let expected = log.find(filters, related);
    assert_eq!(school.list(&query, 7).await, expected, "{when}, {query}");
    expected.len()
}

/// Every filter alone; they must find something.
async fn check_each(school: &School, when: &str) {
    let log = Log::read(school).await;
    for filter in filters(&log) {
        for related in [false, true] {
            assert!(check(school, &[&filter], related, &log, when).await > 0, "{} finds nothing", filter.name);
        }
    }
}

/// Every pair of different filters; most of them must find something.
async fn check_pairs(school: &School, when: &str) {
    let log = Log::read(school).await;
    let filters = filters(&log);
    let (mut asked, mut fruitful) = (0, 0);
    for (place, one) in filters.iter().enumerate() {
        for other in filters[place + 1..].iter().filter(|other| other.name != one.name) {
            let has_related = [one, other].iter().any(|it| ["agent", "activity", "person"].contains(&it.name));
            for related in [false, true].into_iter().filter(|related| has_related || !related) {
                asked += 1;
                fruitful += usize::from(check(school, &[one, other], related, &log, when).await > 0);
            }
        }
    }
    assert!(asked > 200 && fruitful * 4 > asked * 3, "{fruitful} of {asked} pairs find something");
}

async fn store(school: &School, numbers: std::ops::Range<u32>) {
    let all: Vec<Value> = numbers.map(made).collect();
    for batch in all.chunks(5) {
        school.store(&batch.into()).await;
    }
}

#[tokio::test]
async fn filters_and_pairs_of_them_find_what_a_naive_look_finds() {
    let school = School::open().await;
    store(&school, 0..COUNT / 2).await;
    school.follow().await;
    let [one, other] = [0, 1].map(|n| lrs_core::PersonId::of(&format!("mbox:{}", mailbox(n))).to_string());
    let merged = school.call("POST", &format!("people/{one}/merge"), &json!({ "other": other })).await;
    assert_eq!(merged.status, 204, "{}", merged.text());
    store(&school, COUNT / 2..COUNT).await;
    check_each(&school, "followed by half").await;
    check_pairs(&school, "followed by half").await;
    school.follow().await;
    check_each(&school, "followed").await;
}

#[tokio::test]
async fn pages_have_no_doubles_while_statements_arrive() {
    let school = School::open().await;
    store(&school, 0..COUNT).await;
    let log = Log::read(&school).await;
    for query in ["", "&text=number", "&text=wor"] {
        let mut found: Vec<String> = Vec::new();
        let mut cursor = String::new();
        let expected = school.list(query, 500).await;
        loop {
            let page = school.get(&format!("statements?limit=9{query}{cursor}")).await;
            found.extend(page["items"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap().to_owned()));
            let Some(next) = page["next"].as_str() else { break };
            cursor = format!("&cursor={next}");
            let arriving = statement(&json!({"result": {"response": "number word999"}}));
            school.store(&json!([arriving])).await;
            school.follow().await;
        }
        assert_eq!(found, expected, "{query}");
        assert!(found.len() > log.statements.len() / 4, "{query}");
    }
}

#[tokio::test]
async fn searches_are_complete_however_much_is_new_or_begins_alike() {
    const MANY: u32 = 2_300;
    let school = School::open().await;
    let of = |n: u32| {
        let rare = if n.is_multiple_of(700) { "rareword" } else { "usual" };
        let response = format!("{rare} begin{n:04}");
        statement(&json!({"id": id(n), "verb": {"id": format!("http://example.org/verb{}", n % 2)},
            "result": {"response": response}}))
    };
    let all: Vec<Value> = (0..MANY).map(of).collect();
    for batch in all.chunks(100) {
        school.store(&batch.into()).await;
    }
    for when in ["not followed yet", "followed"] {
        let ids = |wanted: &dyn Fn(u32) -> bool| (0..MANY).rev().filter(|n| wanted(*n)).map(id).collect::<Vec<_>>();
        for (query, expected) in [
            ("&text=rareword", ids(&|n| n.is_multiple_of(700))),
            ("&text=rarew", ids(&|n| n.is_multiple_of(700))),
            ("&text=begin", ids(&|_| true)),
            ("&text=begin0", ids(&|n| n < 1_000)),
            ("&text=rareword%20begin", ids(&|n| n.is_multiple_of(700))),
            ("&text=begin1&verb=http%3A%2F%2Fexample.org%2Fverb1", ids(&|n| n / 1_000 == 1 && n % 2 == 1)),
            ("&text=begin&score_min=0", Vec::new()),
        ] {
            assert_eq!(school.list(query, 300).await, expected, "{when}, {query}");
        }
        school.follow().await;
    }
}
