//! The LRSs of these tests: `school` with the statements of learners and of others, `other` with those of the learners alone, and a teacher
//! who is an instructor of the learners in both.

use axum::body::Body;
use http::{Request, StatusCode};
use lrs_core::follow_to_end;
use lrs_store::{LrsName, Scope};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::admin::{Badge, call, expect, join, start, token_of};
use crate::harness::{Credentials, TestServer, encode, statement};

/// What may stand in nothing that the teacher gets: a word of names, ids and texts of the others.
pub const HIDDEN: &str = "zora";

/// The LRSs.
pub struct Class {
    pub server: TestServer,
    pub owner: Badge,
    pub teacher: Badge,
    /// The teacher's group in `school`.
    pub group: String,
    keys: [Credentials; 2],
}

/// A statement of somebody with a number, which makes its id and its time.
pub fn of(name: &str, number: u32, changes: &Value) -> Value {
    let mut made = json!({
        "id": id(number),
        "actor": agent(name),
        "timestamp": format!("2026-11-01T10:{number:02}:00Z"),
        "object": quiz(),
    });
    made.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    statement(&made)
}

pub fn id(number: u32) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

pub fn agent(name: &str) -> Value {
    json!({"objectType": "Agent", "mbox": format!("mailto:{name}@example.org"), "name": format!("{name} Surname")})
}

pub fn group(names: &[&str]) -> Value {
    json!({"objectType": "Group", "member": names.iter().map(|name| agent(name)).collect::<Vec<_>>()})
}

pub fn quiz() -> Value {
    json!({"objectType": "Activity", "id": "http://example.org/quiz", "definition": {"name": {"en": "The quiz"}}})
}

pub fn sha2(text: &str) -> String {
    Sha256::digest(text).iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

fn attachment(text: &str) -> Value {
    json!([{"usageType": "http://example.org/file", "display": {"en": "File"}, "contentType": "text/plain",
        "length": text.len(), "sha2": sha2(text)}])
}

fn course() -> Value {
    json!({"contextActivities": {"parent": [
        {"id": "http://example.org/course", "definition": {"name": {"en": "The course"}}}]}})
}

/// The learners' own statements.
fn learners() -> Vec<Value> {
    let registration = "11111111-1111-4111-8111-111111111111";
    let mut in_course = course();
    in_course["registration"] = registration.into();
    in_course["instructor"] = agent("tom");
    vec![
        of("ana", 1, &json!({"result": {"score": {"scaled": 0.9}, "response": "an answer"}, "context": in_course})),
        of("ben", 2, &json!({"result": {"score": {"scaled": 0.4}}, "context": course()})),
        of("ana", 3, &json!({"object": {"id": "http://example.org/video"}, "verb": {"id": "http://example.org/saw"}})),
        of("ana", 4, &json!({"actor": group(&["ana", "ben"])})),
        of("ben", 5, &json!({"object": agent("ana"), "verb": {"id": "http://example.org/thanked"}})),
        of("ana", 6, &json!({"attachments": attachment("a file of ana")})),
    ]
}

/// Those of somebody else, also about the learners and what they did.
fn others() -> Vec<Value> {
    let mut registered = course();
    registered["registration"] = "22222222-2222-4222-8222-222222222222".into();
    let essay = json!({"id": "http://example.org/zora-essay", "definition": {"name": {"en": "Zora's essay"}}});
    vec![
        of(
            "zora",
            11,
            &json!({"result": {"score": {"scaled": 1.0}, "response": "zora's answer"}, "context": registered}),
        ),
        of("zora", 12, &json!({"object": essay, "context": course()})),
        of("zora", 13, &json!({"object": agent("ana"), "verb": {"id": "http://example.org/thanked"}})),
        of("zora", 14, &json!({"object": {"objectType": "StatementRef", "id": id(1)}})),
        of("zora", 15, &json!({"actor": group(&["zora", "zorana"])})),
        of("zora", 16, &json!({"attachments": attachment("a file of zora")})),
        of("zorana", 17, &json!({"verb": {"id": "http://example.org/zora-verb", "display": {"en": "zoraed"}}})),
    ]
}

/// Those of learners together with somebody else.
fn mixed() -> Vec<Value> {
    let planned = json!({"objectType": "SubStatement", "actor": agent("zora"), "verb": {"id": "http://example.org/saw"},
        "object": quiz()});
    vec![
        of("ana", 21, &json!({"object": agent("zora")})),
        of("ana", 22, &json!({"actor": group(&["ana", "zora"])})),
        of("ana", 23, &json!({"object": planned})),
        of("ana", 24, &json!({"context": {"team": group(&["ana", "zora"])}})),
    ]
}

/// The numbers of statements that the teacher sees.
pub fn seen() -> Vec<u32> {
    (1..=6).collect()
}

/// The numbers of those that they do not see.
pub fn unseen() -> Vec<u32> {
    (11..=17).chain(21..=24).collect()
}

impl Class {
    /// Opens one. `with_mixed`: with statements of learners together with somebody else, too.
    pub async fn open(with_mixed: bool) -> Self {
        let (server, owner) = start().await;
        let [school, other] = [make_group(&server, &owner, "school").await, make_group(&server, &owner, "other").await];
        let grant = |lrs: &str, group: &str| json!({"lrs": lrs, "role": "instructor", "groups": [group]});
        let roles = json!([grant("school", &school), grant("other", &other)]);
        let (teacher, _) = join(&server, &owner, "teacher@example.org", roles).await;
        let teacher = token_of(&server, &teacher).await;
        let keys = [server.create_key("school", &[Scope::All]).await, server.create_key("other", &[Scope::All]).await];
        let class = Self { server, owner, teacher, group: school, keys };
        class.fill(with_mixed).await;
        class
    }

    /// The others' statements stand before, between and behind those of the learners.
    async fn fill(&self, with_mixed: bool) {
        let [school, other] = &self.keys;
        let mut others = others().into_iter();
        for one in learners() {
            self.store(school, others.next()).await;
            for key in [school, other] {
                self.store(key, Some(one.clone())).await;
            }
        }
        for one in others.chain(mixed().into_iter().filter(|_| with_mixed)) {
            self.store(school, Some(one)).await;
        }
        for (name, key) in ["ana", "zora"].into_iter().flat_map(|name| self.keys.iter().map(move |key| (name, key))) {
            if name == "ana" || key.key == school.key {
                self.put_documents(key, name).await;
            }
        }
        for lrs in ["school", "other"] {
            let store = self.server.registry.open_lrs(&LrsName::parse(lrs).unwrap()).await.unwrap();
            follow_to_end(&*store).await.unwrap();
        }
    }

    /// Stores a statement in `school`.
    pub async fn store_in_school(&self, statement: Value) {
        self.store(&self.keys[0], Some(statement)).await;
    }

    async fn store(&self, key: &Credentials, statement: Option<Value>) {
        let Some(statement) = statement else { return };
        let attached = statement.get("attachments").map(|_| statement["actor"]["name"].as_str().unwrap());
        let Some(name) = attached.and_then(|name| name.split(' ').next()) else {
            let stored = self.server.send_json(key, "1.0.3", ("POST", "/xapi/statements"), &statement).await;
            expect(&stored, StatusCode::OK, &statement.to_string());
            return;
        };
        let bytes = format!("a file of {name}");
        let part = format!(
            "Content-Type: text/plain\r\nContent-Transfer-Encoding: binary\r\nX-Experience-API-Hash: {}\r\n\r\n{bytes}",
            sha2(&bytes)
        );
        let body = format!("--b\r\nContent-Type: application/json\r\n\r\n{statement}\r\n--b\r\n{part}\r\n--b--\r\n");
        let request = Request::post("/xapi/statements")
            .header("authorization", &key.authorization)
            .header("x-experience-api-version", "1.0.3")
            .header("content-type", "multipart/mixed; boundary=b");
        let stored = self.server.send(request.body(Body::from(body)).unwrap()).await;
        expect(&stored, StatusCode::OK, "with an attachment");
    }

    async fn put_documents(&self, key: &Credentials, name: &str) {
        let who = encode(&json!({"mbox": format!("mailto:{name}@example.org")}).to_string());
        let of_quiz = format!("activityId={}&agent={who}", encode("http://example.org/quiz"));
        for path in [
            format!("/xapi/agents/profile?profileId={name}-profile&agent={who}"),
            format!("/xapi/activities/state?stateId={name}-state&{of_quiz}"),
        ] {
            let put = self.server.send_json(key, "1.0.3", ("POST", &path), &json!({"of": name})).await;
            assert_eq!(put.status, StatusCode::NO_CONTENT, "{path}: {}", put.text());
        }
    }
}

/// A group of the learners: its id.
async fn make_group(server: &TestServer, owner: &Badge, lrs: &str) -> String {
    let body = json!({"name": "7b", "members": ["ana@example.org", "ben@example.org"]});
    let made = call(server, owner, ("POST", &format!("/api/v1/lrss/{lrs}/groups")), &body).await;
    expect(&made, StatusCode::OK, "a group")["id"].as_str().unwrap().to_owned()
}
