//! Signing in to the web app at a real OpenID provider: who gets in, as what, and what does not work.

#[path = "openid/unproven.rs"]
mod unproven;

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::blocking::{Client, Response};
use serde_json::{Value, json};

use crate::harness::{Folder, PATIENCE, Server, Start, lyceum};

/// A running provider, ended when dropped.
struct Provider {
    child: Child,
    issuer: String,
    /// It goes on printing, and would end if nobody could read that.
    _printed: std::io::Lines<BufReader<ChildStdout>>,
}

impl Provider {
    fn start(people: &Path) -> Self {
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients");
        assert!(scripts.join("node_modules/oidc-provider").exists(), "run `cargo xtask setup`");
        let mut command = Command::new("node");
        command.arg(scripts.join("run_openid_provider.mjs")).arg(people);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("node starts");
        let mut lines = BufReader::new(child.stdout.take().expect("it is a pipe")).lines();
        let issuer =
            lines.by_ref().find_map(|line| line.ok().filter(|line| line.starts_with("http"))).expect("an issuer");
        Self { child, issuer, _printed: lines }
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A browser with its cookies. As in a real one, all ports of a host share them.
struct Browser {
    http: Client,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    fn new() -> Self {
        let http = Client::builder().no_proxy().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none());
        Self { http: http.build().expect("a plain client"), cookies: BTreeMap::new() }
    }

    fn send(&mut self, request: reqwest::blocking::RequestBuilder) -> Response {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let answer = request.header("Cookie", cookies.join("; ")).send().expect("the server answers");
        for cookie in answer.headers().get_all("set-cookie") {
            let pair = cookie.to_str().expect("ASCII").split(';').next().expect("a pair").to_owned();
            let (name, value) = pair.split_once('=').expect("a name and a value");
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    fn get(&mut self, url: &str) -> Response {
        self.send(self.http.get(url))
    }

    /// The address that the answer sends on to.
    #[track_caller]
    fn location(answer: &Response) -> String {
        let location = answer.headers().get("location").unwrap_or_else(|| panic!("no redirect: {answer:?}"));
        location.to_str().expect("ASCII").to_owned()
    }

    /// Signs in at the provider from the server's sign-in page on; gives the address back at the server, not opened yet.
    #[track_caller]
    fn walk_to_callback(&mut self, server: &Server, login: &str, return_to: &str) -> String {
        let start = server.url("/api/v1/openid/school/start");
        let first = self.send(self.http.get(start).query(&[("return_to", return_to)]));
        assert_eq!(first.status(), 303);
        let mut at = Self::location(&first);
        for _ in 0..8 {
            if at.starts_with(&server.url("/")) {
                return at;
            }
            let answer = self.get(&at);
            if answer.status().is_redirection() {
                at = Self::absolute(&at, &Self::location(&answer));
                continue;
            }
            let page = answer.text().expect("a page");
            let action =
                page.split_once("action=\"").and_then(|(_, rest)| rest.split_once('"')).map(|(action, _)| action);
            let action = Self::absolute(&at, action.unwrap_or_else(|| panic!("no form in {page}")));
            let form = [("prompt", "login"), ("login", login), ("password", "any")];
            let answer = self.send(self.http.post(&action).form(&form));
            at = Self::absolute(&action, &Self::location(&answer));
        }
        panic!("the provider never sent the browser back: {at}")
    }

    fn absolute(base: &str, address: &str) -> String {
        reqwest::Url::parse(base).and_then(|base| base.join(address)).expect("an address").into()
    }

    /// The whole way; gives where the server sends the browser then, and forgets who is signed in at the provider.
    #[track_caller]
    fn sign_in(&mut self, server: &Server, login: &str, return_to: &str) -> String {
        let callback = self.walk_to_callback(server, login, return_to);
        let answer = self.get(&callback);
        assert_eq!(answer.status(), 303, "{answer:?}");
        self.cookies.retain(|name, _| name == "lyceum_session");
        Self::location(&answer)
    }

    /// Who is signed in.
    fn session(&mut self, server: &Server) -> Value {
        self.get(&server.url("/api/v1/session")).json().expect("JSON")
    }
}

/// A server that knows a provider, whose people stand in a file.
struct School {
    server: Server,
    provider: Provider,
    folder: Folder,
}

const RULES: &str = r#"
roles_claim = "groups"
[[provider.role]]
value = "it"
owns_server = true
[[provider.role]]
value = "teachers"
lrs = "default"
role = "analyst"
[[provider.role]]
value = "heads"
lrs = "default"
role = "owner"
[[provider.role]]
value = "teachers"
lrs = "gone"
role = "viewer"
"#;

impl School {
    fn start(more: &str) -> Self {
        let folder = Folder::new();
        std::fs::write(folder.path("people.json"), "{}").expect("there is room");
        let provider = Provider::start(&folder.path("people.json"));
        std::fs::write(folder.path("school.secret"), "very secret\n").expect("there is room");
        let file = format!(
            "[[provider]]\nid = \"school\"\nlabel = \"School account\"\nissuer = \"{}\"\nclient_id = \"lyceum\"\n\
             client_secret_file = \"school.secret\"\n{more}",
            provider.issuer
        );
        std::fs::write(folder.path("openid.toml"), file).expect("there is room");
        let path = folder.path("openid.toml");
        let start = Start::default().with(&["--openid", path.to_str().expect("UTF-8")]);
        let server = start.with_variable("NO_PROXY", "127.0.0.1").on(&folder.data());
        Self { server, provider, folder }
    }

    /// Writes who somebody is from now on.
    fn put_person(&self, login: &str, groups: &[&str], email_verified: bool) {
        let path = self.folder.path("people.json");
        let mut people: Value = serde_json::from_slice(&std::fs::read(&path).expect("it is there")).expect("JSON");
        let email = format!("{login}@example.org");
        people[login] = json!({"name": login, "email": email, "email_verified": email_verified, "groups": groups});
        std::fs::write(path, people.to_string()).expect("there is room");
    }

    #[track_caller]
    fn check_refused(&self, login: &str, code: &str) {
        let mut browser = Browser::new();
        let sent_to = browser.sign_in(&self.server, login, "/lrs/default/people");
        assert_eq!(sent_to, format!("/sign-in?error={code}&return_to=%2Flrs%2Fdefault%2Fpeople"));
        assert_eq!(browser.session(&self.server)["error"]["code"], "not_signed_in");
    }
}

#[test]
fn people_get_the_roles_of_their_groups_and_lose_them() {
    let school = School::start(RULES);
    let server = &school.server;
    let options: Value = Browser::new().get(&server.url("/api/v1/sign-in-options")).json().expect("JSON");
    assert_eq!(options["openid"], json!([{"id": "school", "label": "School account"}]));

    school.put_person("ana", &["teachers"], true);
    school.check_refused("ana", "setup_first");
    school.put_person("olga", &["it"], true);
    let mut olga = Browser::new();
    assert_eq!(olga.sign_in(server, "olga", "/"), "/");
    assert_eq!(olga.session(server)["account"]["is_owner"], true);

    let mut ana = Browser::new();
    assert_eq!(ana.sign_in(server, "ana", "/lrs/default/people?text=x"), "/lrs/default/people?text=x");
    let roles_of = |session: &Value| session["account"]["roles"].clone();
    let one = |role: &str| json!([{"lrs": "default", "role": role, "groups": []}]);
    assert_eq!(roles_of(&ana.session(server)), one("analyst"));
    let first_session = ana.cookies["lyceum_session"].clone();

    school.put_person("ana", &["heads", "teachers"], true);
    ana.sign_in(server, "ana", "/");
    assert_eq!(roles_of(&ana.session(server)), one("owner"), "the highest counts");
    assert_ne!(ana.cookies["lyceum_session"], first_session);
    let mut old = Browser::new();
    old.cookies.insert("lyceum_session".to_owned(), first_session);
    assert_eq!(old.session(server)["error"]["code"], "not_signed_in", "the session before has ended");

    school.put_person("ana", &[], true);
    school.check_refused("ana", "no_role");
    school.put_person("ben", &["parents"], true);
    school.check_refused("ben", "no_role");
    school.put_person("cleo", &["teachers"], false);
    school.check_refused("cleo", "no_email");
    school.put_person("olga", &[], true);
    assert_eq!(olga.sign_in(server, "olga", "/"), "/", "the last owner of the server stays");

    let log: Value = olga.get(&server.url("/api/v1/audit?action=account")).json().expect("JSON");
    let entries = log["items"].as_array().expect("a list");
    let of_ana: Vec<_> = entries.iter().filter(|it| it["target"] == "ana@example.org").collect();
    assert_eq!(of_ana.len(), 3, "made, made more, made less: {log}");
    let log: Value = olga.get(&server.url("/api/v1/audit?action=session.fail")).json().expect("JSON");
    let entries = log["items"].as_array().expect("a list");
    let reasons: Vec<_> = entries.iter().map(|it| it["after"]["reason"].as_str().expect("a reason")).collect();
    assert_eq!(reasons, ["no_email", "no_role", "no_role", "setup_first"], "{log}");
    assert_eq!(json!([entries[1]["target"], entries[2]["target"]]), json!(["ben@example.org", "ana@example.org"]));
    assert!(server.log().contains("names an LRS that does not exist"), "{}", server.log());
    assert!(!server.log().contains("very secret"));
}

#[test]
fn accounts_are_linked_only_where_the_provider_is_trusted_with_that() {
    for (more, expected) in [("", "/sign-in?error=email_taken"), ("link_by_email = true", "/")] {
        let school = School::start(more);
        let server = &school.server;
        let (_, rest) = server.printed().split_once("/setup#token=").expect("a link");
        let token = rest.split_whitespace().next().expect("an end");
        let owner =
            json!({"token": token, "name": "Olga", "email": "olga@example.org", "password": "correct horse battery"});
        let mut olga = Browser::new();
        let made = olga.send(olga.http.post(server.url("/api/v1/setup")).json(&owner));
        assert_eq!(made.status(), 200);
        school.put_person("olga", &[], true);
        let mut browser = Browser::new();
        assert_eq!(browser.sign_in(server, "olga", "/"), expected, "{more}");
        school.put_person("olga", &[], false);
        let unproven = Browser::new().sign_in(server, "olga", "/");
        let linked_already = expected == "/";
        assert_eq!(unproven == "/", linked_already, "an address that nobody verified links nothing: {unproven}");
        // Without rules people get an account that sees nothing yet, and may be disabled.
        school.put_person("dora", &[], true);
        let mut dora = Browser::new();
        assert_eq!(dora.sign_in(server, "dora", "/"), "/");
        let session = dora.session(server);
        assert_eq!(session["permissions"], json!({}));
        let id = session["account"]["id"].as_str().expect("an id").to_owned();
        let csrf = olga.session(server)["csrf_token"].as_str().expect("a token").to_owned();
        let disable = olga.http.patch(server.url(&format!("/api/v1/accounts/{id}"))).header("X-CSRF-Token", csrf);
        assert_eq!(olga.send(disable.json(&json!({"disabled": true}))).status(), 200);
        assert_eq!(dora.session(server)["error"]["code"], "not_signed_in");
        school.check_refused("dora", "disabled");
    }
    let closed = School::start("new_accounts = false");
    closed.put_person("ana", &[], true);
    closed.check_refused("ana", "no_account");
}

#[test]
fn nobody_is_sent_to_another_site() {
    let school = School::start(RULES);
    school.put_person("olga", &["it"], true);
    for elsewhere in
        ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a\r\nb", "", "a"]
    {
        assert_eq!(Browser::new().sign_in(&school.server, "olga", elsewhere), "/", "{elsewhere:?}");
    }
    // What the cookie says is not believed either.
    let mut browser = Browser::new();
    let callback = browser.walk_to_callback(&school.server, "olga", "/");
    let begun = URL_SAFE_NO_PAD.decode(&browser.cookies["lyceum_openid"]).expect("base64");
    let mut content: Value = serde_json::from_slice(&begun).expect("JSON");
    content["return_to"] = json!("//evil.example");
    browser.cookies.insert("lyceum_openid".to_owned(), URL_SAFE_NO_PAD.encode(content.to_string()));
    assert_eq!(Browser::location(&browser.get(&callback)), "/");
    let unknown = Browser::new().get(&school.server.url("/api/v1/openid/nowhere/start"));
    assert_eq!(unknown.status(), 404);
}

#[test]
fn a_provider_may_change_its_key_and_be_away() {
    let mut school = School::start(RULES);
    school.put_person("olga", &["it"], true);
    let mut browser = Browser::new();
    assert_eq!(browser.sign_in(&school.server, "olga", "/"), "/");
    let rotate = format!("{}/test/rotate", school.provider.issuer);
    assert_eq!(browser.send(browser.http.post(rotate)).status(), 200);
    assert_eq!(Browser::new().sign_in(&school.server, "olga", "/"), "/", "signed with a key that was not known");

    school.provider.child.kill().expect("it is ours");
    school.provider.child.wait().expect("it ends");
    let mut server = school.server;
    assert!(server.terminate().success());
    let path = school.folder.path("openid.toml");
    let server = Start::default()
        .with(&["--openid", path.to_str().expect("UTF-8")])
        .with_variable("NO_PROXY", "127.0.0.1")
        .on(&school.folder.data());
    let answer = Browser::new().get(&server.url("/api/v1/openid/school/start?return_to=/lrss"));
    assert_eq!(Browser::location(&answer), "/sign-in?error=unavailable&return_to=%2Flrss");
    assert!(server.log().contains("cannot be asked"), "{}", server.log());
}

#[test]
fn a_wrong_file_of_providers_does_not_start_a_server() {
    let folder = Folder::new();
    let path = folder.path("openid.toml");
    std::fs::write(&path, "[[provider]]\nid = \"a b\"\nlabel = \"x\"\nissuer = \"https://e.org\"\nclient_id = \"c\"\n")
        .expect("there is room");
    let path = path.to_str().expect("UTF-8");
    lyceum(&["serve", "--data", &folder.data(), "--listen", "127.0.0.1:0", "--openid", path])
        .expect_failure(&["openid.toml", "`id`"]);
}
