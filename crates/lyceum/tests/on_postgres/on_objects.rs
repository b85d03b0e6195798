//! The program with its attachments in real object stores, S3-compatible and Azure's: configured from outside, with secrets that nobody sees,
//! and with every command that touches attachments.

use std::sync::Arc;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use test_objects::{
    AZURE_READER, AZURE_SECRET, BUCKET, KEY, ObjectServer, READER_KEY, SECRET, shared_azure, shared_endpoint,
};
use test_postgres::Database;

use crate::harness::{Client, Folder, Key, Server, Start, lyceum_with, statement, wait_for};

const ATTACHMENT: &str = "a certificate";
/// `printf 'a certificate' | sha256sum`
const ATTACHMENT_SHA2: &str = "81acd762140fa692a142822d2fbe4dc6f54bcaa501f68ab37e5aeed0bafe4d99";
const OF_IT: &str = "/statements?attachments=true&activity=https%3A%2F%2Fexample.org%2Fcertified";

/// A database and a prefix of the bucket, both its own; what the program is told of them in its environment.
struct Place {
    database: Arc<Database>,
    variables: Vec<(&'static str, String)>,
}

impl Place {
    fn on_s3(endpoint: &str, key: &str) -> Self {
        Self::new("s3", endpoint, &[("AWS_ACCESS_KEY_ID", key), ("AWS_SECRET_ACCESS_KEY", SECRET)])
    }

    fn on_azure(secret: (&'static str, &str)) -> Self {
        Self::new("az", shared_azure(), &[("AZURE_STORAGE_ACCOUNT_NAME", KEY), secret])
    }

    fn new(scheme: &str, endpoint: &str, credentials: &[(&'static str, &str)]) -> Self {
        let database = Arc::new(Database::new());
        let mut variables = vec![
            ("LYCEUM_STORE", database.url().to_owned()),
            ("LYCEUM_STORE_ATTACHMENTS", format!("{scheme}://{BUCKET}/{}", database.name())),
            ("LYCEUM_STORE_ATTACHMENTS_ENDPOINT", endpoint.to_owned()),
            ("LYCEUM_STORE_ATTACHMENTS_ALLOW_HTTP", "true".to_owned()),
        ];
        variables.extend(credentials.iter().map(|(name, value)| (*name, (*value).to_owned())));
        Self { database, variables }
    }

    fn serve(&self, data: &str) -> Server {
        let start = Start::default().with(&["--log", "info,object_store=debug,reqwest=debug,hyper=debug"]);
        self.variables.iter().fold(start, |start, (name, value)| start.with_variable(name, value)).on(data)
    }

    fn create_key(&self, data: &str) -> Key {
        let arguments = ["key", "create", "--data", data, "--lrs", "default", "--scope", "all", "--json"];
        let made = lyceum_with(&arguments, &self.variables(), "").expect_success().json();
        let field = |name: &str| made[name].as_str().expect("a key is two texts").to_owned();
        Key { key: field("key"), secret: field("secret") }
    }

    /// Its variables, for a command.
    fn variables(&self) -> Vec<(&str, &str)> {
        self.variables.iter().map(|(name, value)| (*name, value.as_str())).collect()
    }
}

#[track_caller]
fn check_no_secret(text: &str) {
    let (_, signature) = AZURE_READER.split_once("sig=").expect("it is signed");
    for secret in [SECRET, AZURE_SECRET, signature] {
        assert!(!text.contains(secret), "{text}");
    }
}

fn post_attachment(client: &Client) -> reqwest::blocking::Response {
    let mut with_attachment = statement("certified");
    with_attachment["attachments"] = json!([{
        "usageType": "https://example.org/certificate", "display": {"en": "Certificate"}, "contentType": "text/plain",
        "length": ATTACHMENT.len(), "sha2": ATTACHMENT_SHA2,
    }]);
    let body = format!(
        "--xyz\r\nContent-Type: application/json\r\n\r\n{with_attachment}\r\n--xyz\r\nContent-Type: text/plain\r\n\
         Content-Transfer-Encoding: binary\r\nX-Experience-API-Hash: {ATTACHMENT_SHA2}\r\n\r\n{ATTACHMENT}\r\n--xyz--\r\n"
    );
    let request = client.request(Method::POST, "/statements").header("Content-Type", "multipart/mixed; boundary=xyz");
    request.body(body).send().expect("an answer")
}

#[track_caller]
fn check_attachment(client: &Client) {
    let answer = client.get(OF_IT);
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(answer.text().expect("a body").contains(ATTACHMENT), "the attachment is missing");
}

/// Two servers on two machines, as it were: with data folders of their own, they share the attachments. Every tool finds them; they move
/// to a data folder and back; and nothing shows the secret.
fn check_servers_and_tools(new_place: impl Fn() -> Place) {
    let place = new_place();
    let (one, two, other) = (Folder::with(None), Folder::with(None), Folder::with(None));
    let server = place.serve(&one.data());
    let second = place.serve(&two.data());
    let key = server.first_key().expect("a first start makes a key").clone();
    assert_eq!(post_attachment(&server.client_of(&key)).status(), StatusCode::OK);
    check_attachment(&second.client_of(&key));
    assert!(!one.path("data/attachments").exists(), "nothing is kept in the data folder");

    let command_line = std::fs::read_to_string(format!("/proc/{}/cmdline", server.pid())).expect("it runs");
    check_no_secret(&command_line);
    for log in [server.log(), second.log(), server.printed().to_owned()] {
        check_no_secret(&log);
    }

    let data = other.data();
    let found = lyceum_with(&["doctor", "--deep", "--json", "--data", &data], &place.variables(), "").json();
    let said: Vec<&Value> = found["parts"]
        .as_array()
        .expect("parts")
        .iter()
        .flat_map(|part| part["findings"].as_array().expect("findings"))
        .filter(|finding| finding["subject"] == "attachments")
        .collect();
    assert!(said.len() == 2 && said.iter().all(|finding| finding["severity"] == "good"), "{found}");

    let (file, folder) = (other.path("all.ndjson"), other.path("attachments"));
    let (file, folder) = (file.to_str().expect("UTF-8"), folder.to_str().expect("UTF-8"));
    lyceum_with(&["export", "--data", &data, file, "--attachments", folder], &place.variables(), "").expect_success();
    let copy = new_place();
    lyceum_with(&["lrs", "create", "default", "--data", &data], &copy.variables(), "").expect_success();
    lyceum_with(&["import", "--data", &data, "--attachments", folder, file], &copy.variables(), "").expect_success();
    let copied = copy.serve(&other.data());
    check_attachment(&copied.client_of(&copy.create_key(&data)));

    drop((server, second));
    let moved = other.path("moved");
    let moved = moved.to_str().expect("UTF-8");
    let url = place.database.url();
    lyceum_with(&["migrate-store", "--from", url, "--to", moved, "--database-data", &data], &place.variables(), "")
        .expect_success();
    let in_folder = Start::default().on(moved);
    check_attachment(&in_folder.client_of(&key));
    drop(in_folder);
    let back = new_place();
    let url = back.database.url();
    lyceum_with(&["migrate-store", "--from", moved, "--to", url, "--database-data", &data], &back.variables(), "")
        .expect_success();
    let server = back.serve(&two.data());
    check_attachment(&server.client_of(&key));
    assert!(!server.log().contains("ERROR"), "{}", server.log());
}

#[test]
fn s3_is_shared_by_servers_and_tools() {
    check_servers_and_tools(|| Place::on_s3(shared_endpoint(), KEY));
}

#[test]
fn azure_is_shared_by_servers_and_tools() {
    check_servers_and_tools(|| Place::on_azure(("AZURE_STORAGE_ACCOUNT_KEY", AZURE_SECRET)));
}

/// While the object store is down, what needs it gets 503 with Retry-After; the rest is served, and a later request succeeds.
#[test]
fn without_an_object_store_only_attachments_are_503() {
    let mut objects = ObjectServer::start().expect("it starts");
    let place = Place::on_s3(&objects.endpoint(), KEY);
    let folder = Folder::with(None);
    let server = place.serve(&folder.data());
    let client = server.client();
    assert_eq!(post_attachment(&client).status(), StatusCode::OK);
    objects.stop();
    for answer in [post_attachment(&client), client.get(OF_IT)] {
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(answer.headers().contains_key("retry-after"), "{answer:?}");
    }
    client.store(&statement("without"));
    assert_eq!(client.find_all("").len(), 2);
    assert_eq!(client.find_all("attachments=false").len(), 2);
    objects.start_again();
    wait_for("service", || (post_attachment(&client).status() == StatusCode::OK).then_some(()));
    check_attachment(&client);
}

#[test]
fn settings_that_cannot_be_are_told() {
    let folder = Folder::with(None);
    let data = folder.data();
    let url = "postgres://nobody@127.0.0.1:1/none";
    let serve = |arguments: &[&str]| {
        let start = ["serve", "--data", &data, "--listen", "127.0.0.1:0"];
        lyceum_with(&[&start, arguments].concat(), &[], "")
    };
    let attachments = |address: &'static str| serve(&["--store", url, "--store-attachments", address]);
    serve(&["--store-attachments", "s3://b/p"]).expect_failure(&["PostgreSQL", "data folder keeps attachments"]);
    lyceum_with(&["doctor", "--data", &data, "--store-attachments", "s3://b/p"], &[], "")
        .expect_failure(&["data folder keeps attachments"]);
    serve(&["--store", url, "--store-attachments-region", "x"]).expect_failure(&["store_attachments"]);
    attachments("s4://b/p").expect_failure(&["s4", "s3://BUCKET/PREFIX"]);
    attachments("here").expect_failure(&["not a URL", "file:///FOLDER"]);
    let told = attachments("s3://me:hidden@b/p").expect_failure(&["credentials"]);
    assert!(!told.stderr.contains("hidden"), "{told:?}");
    serve(&["--store", url, "--store-attachments", "s3://b/p", "--store-attachments-endpoint", "http://127.0.0.1:1"])
        .expect_failure(&["not encrypted", "store_attachments_allow_http"]);
    assert!(!folder.path("data").exists(), "nothing is made before the settings are right");
}

/// What an operator learns whose key may not write, or whose bucket is not there.
#[test]
fn doctor_says_what_to_do() {
    let place = Place::on_s3(shared_endpoint(), READER_KEY);
    let folder = Folder::with(None);
    let found = lyceum_with(&["doctor", "--data", &folder.data()], &place.variables(), "");
    assert!(found.stdout.contains("cannot be written") && found.stdout.contains("docs/postgres.md"), "{found:?}");
    check_no_secret(&found.stdout);
    let mut elsewhere = Place::on_s3(shared_endpoint(), KEY);
    elsewhere.variables.retain(|(name, _)| *name != "LYCEUM_STORE_ATTACHMENTS");
    elsewhere.variables.push(("LYCEUM_STORE_ATTACHMENTS", "s3://not-there/p".to_owned()));
    let found = lyceum_with(&["doctor", "--data", &folder.data()], &elsewhere.variables(), "");
    assert!(found.stdout.contains("s3://not-there/p cannot be written"), "{found:?}");
}

/// The same of Azure, with a shared access signature that may only read, and one that is wrong.
#[test]
fn azure_is_told_to_be_closed() {
    let folder = Folder::with(None);
    for signature in [AZURE_READER.to_owned(), AZURE_READER.replace("sp=rl", "sp=rwdl")] {
        let place = Place::on_azure(("AZURE_STORAGE_SAS_KEY", &signature));
        let found = lyceum_with(&["doctor", "--data", &folder.data()], &place.variables(), "");
        assert!(found.stdout.contains("cannot be written") && found.stdout.contains("docs/postgres.md"), "{found:?}");
        check_no_secret(&found.stdout);
        check_no_secret(&found.stderr);
    }
}
