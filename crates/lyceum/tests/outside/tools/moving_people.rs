//! `lyceum migrate-store` and who may do what: people, roles, groups, invitations, tokens, keys, merges and the audit log go along, and
//! what was revoked, withdrawn or deleted in the source between two runs opens nothing in the copy.

use reqwest::StatusCode;
use reqwest::blocking::Response;
use serde_json::{Value, json};

use super::moving::{Move, text};
use crate::harness::{Client, Key, PATIENCE, Server, Start, expect_status, lyceum, statement, wait_for};

pub(super) const PASSWORD: &str = "correct horse battery";
const DOCUMENTS: &str = "/activities/profile?activityId=https%3A%2F%2Fexample.org%2Flook&profileId=";

/// Someone at the admin API of a server: signed in, or with a token.
pub(super) struct Person<'a> {
    server: &'a Server,
    http: reqwest::blocking::Client,
    headers: Vec<(&'static str, String)>,
}

impl<'a> Person<'a> {
    pub(super) fn nobody(server: &'a Server) -> Self {
        let http = reqwest::blocking::Client::builder().no_proxy().timeout(PATIENCE).build().expect("a plain client");
        Self { server, http, headers: Vec::new() }
    }

    pub(super) fn with_token(server: &'a Server, token: &str) -> Self {
        Self { headers: vec![("authorization", format!("Bearer {token}"))], ..Self::nobody(server) }
    }

    /// Who this answer signs in.
    #[track_caller]
    pub(super) fn signed_in(server: &'a Server, answer: Response) -> Self {
        let cookie = answer.headers()["set-cookie"].to_str().expect("ASCII").split(';').next().expect("a value");
        let cookie = ("cookie", cookie.to_owned());
        let session = expect_status(answer, StatusCode::OK);
        let csrf_token = session["csrf_token"].as_str().expect("a token").to_owned();
        Self { headers: vec![cookie, ("x-csrf-token", csrf_token)], ..Self::nobody(server) }
    }

    pub(super) fn call(&self, method: &str, path: &str, body: &Value) -> Response {
        let method = method.parse().expect("a method");
        let mut request = self.http.request(method, self.server.url(&format!("/api/v1{path}")));
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let request = if body.is_null() { request } else { request.json(body) };
        request.send().expect("the server answers")
    }

    #[track_caller]
    pub(super) fn post(&self, path: &str, body: &Value) -> Value {
        expect_status(self.call("POST", path, body), StatusCode::OK)
    }

    #[track_caller]
    pub(super) fn get(&self, path: &str) -> Value {
        expect_status(self.call("GET", path, &Value::Null), StatusCode::OK)
    }

    /// Does what is answered without a body.
    #[track_caller]
    pub(super) fn act(&self, method: &str, path: &str, body: &Value) {
        assert_eq!(self.call(method, path, body).status(), StatusCode::NO_CONTENT, "{method} {path}");
    }

    /// Invites someone: the secret of the link.
    pub(super) fn invite(&self, email: &str, role: &Value) -> String {
        let made = self.post("/invitations", &json!({"email": email, "roles": [role]}));
        let (_, token) = made["link"].as_str().expect("a link").split_once("#token=").expect("a token");
        token.to_owned()
    }

    pub(super) fn accept(&self, token: &str) -> Response {
        let body = json!({"token": token, "name": "Someone", "password": PASSWORD});
        self.call("POST", "/invitations/accept", &body)
    }

    pub(super) fn sign_in(&self, email: &str) -> Response {
        self.call("POST", "/session", &json!({"email": email, "password": PASSWORD}))
    }

    /// Makes a personal access token: its secret and its id.
    pub(super) fn make_token(&self, name: &str) -> (String, String) {
        let made = self.post("/tokens", &json!({"name": name}));
        let member = |name: &str| made[name].as_str().expect("a text").to_owned();
        (member("secret"), member("id"))
    }
}

/// Without what depends on when it is looked at: the last use of the token that looks.
fn without_last_use(mut listed: Value) -> Value {
    for item in listed["items"].as_array_mut().expect("a list") {
        item.as_object_mut().expect("an object").remove("last_used");
    }
    listed
}

/// What owners see of a server, with the whole audit log in its order.
#[track_caller]
pub(super) fn describe(owner: &Person<'_>) -> Vec<Value> {
    let mut told: Vec<Value> =
        ["/accounts", "/invitations", "/lrss/default/groups", "/session"].map(|path| owner.get(path)).into();
    told.push(without_last_use(owner.get("/tokens")));
    let keys = owner.get("/lrss/default/keys");
    told.extend(keys["items"].as_array().expect("keys").iter().map(|key| {
        json!([
            key["key"],
            key["label"],
            key["scopes"],
            key["created"],
            key["revoked"],
            key["expires"],
            key["old_secret_until"]
        ])
    }));
    let mut path = "/audit?limit=5".to_owned();
    loop {
        let page = owner.get(&path);
        told.extend(page["items"].as_array().expect("entries").iter().cloned().map(|mut entry| {
            entry.as_object_mut().expect("an entry").remove("seq");
            entry
        }));
        let Some(next) = page["next"].as_str() else { return told };
        path = format!("/audit?limit=5&cursor={next}");
    }
}

/// The ids of people, when the directory has read the log and knows so many.
pub(super) fn wait_for_people(owner: &Person<'_>, count: usize) -> Vec<String> {
    wait_for("the people", || {
        let people = owner.get("/lrss/default/people");
        let ids = people["items"].as_array()?.iter().filter_map(|it| it["person"].as_str().map(str::to_owned));
        Some(ids.collect::<Vec<_>>()).filter(|ids| ids.len() == count)
    })
}

fn usage_of(owner: &Person<'_>, key: &Key) -> Value {
    let keys = owner.get("/lrss/default/keys");
    let found = keys["items"].as_array().expect("keys").iter().find(|it| it["key"] == key.key.as_str());
    found.expect("the key").clone()
}

/// Makes the first account of a new server: its owner, signed in.
pub(super) fn set_up(server: &Server) -> Person<'_> {
    let (_, rest) = server.printed().split_once("/setup#token=").expect("a link");
    let token = rest.split_whitespace().next().expect("a link has an end");
    let first = json!({"token": token, "name": "Olga", "email": "olga@example.org", "password": PASSWORD});
    Person::signed_in(server, Person::nobody(server).call("POST", "/setup", &first))
}

/// Secrets of a source, some of which it has revoked before the second run.
struct Secrets {
    kept_token: String,
    gone_token: (String, String),
    open: String,
    withdrawn: String,
    used: String,
    rotated: [Key; 2],
    revoked: Key,
    cookie: String,
}

/// A server with all kinds of people, and what they know.
fn populate(server: &Server) -> Secrets {
    let (nobody, owner) = (Person::nobody(server), set_up(server));
    let group = owner.post("/lrss/default/groups", &json!({"name": "7b", "members": ["mailto:sally@example.org"]}));
    owner.post("/lrss/default/groups", &json!({"name": "8b", "members": []}));
    let instructor = json!({"lrs": "default", "role": "instructor", "groups": [group["id"]]});
    let analyst = json!({"lrs": "default", "role": "analyst", "groups": []});
    for (email, role) in [("ana@example.org", &instructor), ("dan@example.org", &analyst)] {
        let link = owner.invite(email, role);
        assert_eq!(nobody.accept(&link).status(), StatusCode::OK);
    }
    let invite = |email: &str| owner.invite(email, &analyst);
    let (open, withdrawn, used) = (invite("open@example.org"), invite("gone@example.org"), invite("used@example.org"));
    let first = server.create_key("default", "all");
    let rotated = lyceum(&["key", "rotate", &first.key, "--grace", "12h", "--data", server.data(), "--json"]);
    let secret = rotated.expect_success().json()["secret"].as_str().expect("a secret").to_owned();
    let rotated = [first.clone(), Key { key: first.key, secret }];
    let client = server.client_of(&rotated[0]);
    let mut other = statement("two");
    other["actor"]["mbox"] = "mailto:sal@example.org".into();
    client.store(&json!([statement("one"), other]));
    assert_eq!(client.post(&json!({"verb": "none"})).status(), StatusCode::BAD_REQUEST);
    for name in ["stays", "goes"] {
        let put = client.request(reqwest::Method::PUT, &format!("{DOCUMENTS}{name}")).header("If-None-Match", "*");
        assert_eq!(put.body(name).send().expect("an answer").status(), StatusCode::NO_CONTENT);
    }
    let people = wait_for_people(&owner, 2);
    owner.act("POST", &format!("/lrss/default/people/{}/merge", people[0]), &json!({"other": people[1]}));
    let revoked = server.create_key("default", "all");
    let cookie = owner.headers[0].1.clone();
    let (kept_token, _) = owner.make_token("stays");
    let gone_token = owner.make_token("goes");
    Secrets { kept_token, gone_token, open, withdrawn, used, rotated, revoked, cookie }
}

pub(super) fn id_of(owner: &Person<'_>, path: &str, member: &str, value: &str) -> String {
    let listed = owner.get(path);
    let found = listed["items"].as_array().expect("a list").iter().find(|it| it[member] == value);
    found.unwrap_or_else(|| panic!("{value} in {listed}"))["id"].as_str().expect("an id").to_owned()
}

/// Revokes, withdraws and deletes in the source what the first run has copied.
fn take_away(server: &Server, secrets: &Secrets) {
    let signed_in = Person::nobody(server).sign_in("olga@example.org");
    let owner = Person::signed_in(server, signed_in);
    owner.act("DELETE", &format!("/tokens/{}", secrets.gone_token.1), &Value::Null);
    let id = id_of(&owner, "/invitations", "email", "gone@example.org");
    owner.act("DELETE", &format!("/invitations/{id}"), &Value::Null);
    assert_eq!(Person::nobody(server).accept(&secrets.used).status(), StatusCode::OK);
    let id = id_of(&owner, "/lrss/default/groups", "name", "8b");
    owner.act("DELETE", &format!("/lrss/default/groups/{id}"), &Value::Null);
    let id = id_of(&owner, "/accounts", "email", "dan@example.org");
    owner.act("DELETE", &format!("/accounts/{id}"), &Value::Null);
    lyceum(&["key", "revoke", &secrets.revoked.key, "--data", server.data()]).expect_success();
    let client = server.client_of(&secrets.rotated[1]);
    let deleted = client.request(reqwest::Method::DELETE, &format!("{DOCUMENTS}goes")).send();
    assert_eq!(deleted.expect("an answer").status(), StatusCode::NO_CONTENT);
}

/// What was taken away opens nothing, and what was not goes on to work. It changes the place: the last that is done with it.
#[track_caller]
fn check_doors(server: &Server, secrets: &Secrets) {
    let nobody = Person::nobody(server);
    let token = |secret: &str| Person::with_token(server, secret).call("GET", "/accounts", &Value::Null).status();
    assert_eq!(token(&secrets.kept_token), StatusCode::OK);
    assert_eq!(token(&secrets.gone_token.0), StatusCode::UNAUTHORIZED, "a revoked token stays revoked");
    let session = Person { headers: vec![("cookie", secrets.cookie.clone())], ..Person::nobody(server) };
    assert_eq!(
        session.call("GET", "/session", &Value::Null).status(),
        StatusCode::UNAUTHORIZED,
        "sessions stay behind"
    );
    let clients: [Client; 2] = secrets.rotated.clone().map(|key| server.client_of(&key));
    for client in &clients {
        assert_eq!(client.find_all("").len(), 2, "both secrets of a rotated key");
    }
    assert_eq!(server.client_of(&secrets.revoked).get("/statements").status(), StatusCode::UNAUTHORIZED);
    for (name, status) in [("stays", StatusCode::OK), ("goes", StatusCode::NOT_FOUND)] {
        assert_eq!(clients[0].get(&format!("{DOCUMENTS}{name}")).status(), status, "{name}");
    }
    assert_eq!(nobody.accept(&secrets.open).status(), StatusCode::OK, "an open invitation");
    for link in [&secrets.withdrawn, &secrets.used] {
        assert_eq!(nobody.accept(link).status(), StatusCode::GONE);
    }
    assert_eq!(nobody.sign_in("dan@example.org").status(), StatusCode::UNAUTHORIZED, "a deleted account");
    let teacher = Person::signed_in(server, nobody.sign_in("ana@example.org"));
    assert_eq!(teacher.call("GET", "/lrss/default/people", &Value::Null).status(), StatusCode::OK);
    assert_eq!(teacher.call("GET", "/lrss/default/keys", &Value::Null).status(), StatusCode::FORBIDDEN);
    let owner = Person::signed_in(server, nobody.sign_in("olga@example.org"));
    let merged = wait_for_people(&owner, 1);
    let identifier = json!({"identifier": "mbox:mailto:sal@example.org"});
    owner.act("POST", &format!("/lrss/default/people/{}/split", merged[0]), &identifier);
    wait_for_people(&owner, 2);
}

#[test]
fn people_and_what_they_may_do_move_there_and_back() {
    let moved = Move::new();
    let data = moved.folder.data();
    let mut server = Server::start(&moved.folder);
    let secrets = populate(&server);
    assert!(server.terminate().success());
    drop(server);
    assert_eq!(moved.there(&data)["accounts"], 3);

    let mut server = Server::start(&moved.folder);
    take_away(&server, &secrets);
    assert!(server.terminate().success());
    drop(server);
    let mut server = Start::default().with(&["--read-only", "true"]).on(&data);
    let owner = Person::with_token(&server, &secrets.kept_token);
    let (original, usage) = (describe(&owner), usage_of(&owner, &secrets.rotated[0]));
    let refusals = owner.get("/lrss/default/refusals")["items"].clone();
    assert_eq!(refusals.as_array().map(Vec::len), Some(1), "{refusals}");
    assert!(usage["statements"] == 2 && usage["refused"] == 1, "{usage}");
    drop(owner);
    assert!(server.terminate().success());
    drop(server);

    let report = moved.there(&data);
    assert_eq!((&report["complete"], report["accounts"].as_u64()), (&true.into(), Some(3)), "{report}");
    assert!(report["not_copied"].to_string().contains("sessions"), "{report}");
    let again = text(&moved.folder.path("again"));
    assert_eq!(moved.back(&again), report);
    for server in [moved.serve(), Start::default().on(&again)] {
        let owner = Person::with_token(&server, &secrets.kept_token);
        assert_eq!(describe(&owner), original);
        let copied = usage_of(&owner, &secrets.rotated[0]);
        for figure in ["statements", "refused", "last_used"] {
            assert_eq!(copied[figure], usage[figure], "{figure}");
        }
        assert_eq!(owner.get("/lrss/default/refusals")["items"], refusals);
        drop(owner);
        check_doors(&server, &secrets);
    }
}
