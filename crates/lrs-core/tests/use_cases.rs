//! The use cases without HTTP: what an import trusts, what is taken as it arrives, and how keys are made.

mod common;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use bytes::Bytes;
use lrs_core::{
    Access, AccessError, Authority, CreatedKey, IdSource, KeyRequest, Limit, MultipartSubmission, RecordError,
    Recording, Refusal, StatementReader, Submission, SubmissionLimits, SystemIds, create_key, record_statements,
};
use lrs_sqlite::SqliteRegistry;
use lrs_store::{KeyId, LrsName, Scope, Seq, Store, SystemClock};
use serde_json::{Value, json};
use tempfile::TempDir;
use xapi::{Parameters, StatementsRequest, Version};

const LIMITS: SubmissionLimits =
    SubmissionLimits { statements_bytes_max: 1 << 20, batch_statements_max: 500, attachment_bytes_max: 1000 };

struct Lrs {
    registry: Arc<SqliteRegistry>,
    store: Arc<dyn Store>,
    _folder: TempDir,
}

async fn open_lrs() -> Lrs {
    let (folder, registry, store) = common::open_lrs().await;
    Lrs { registry, store, _folder: folder }
}

fn recording(trust_authority: bool) -> Recording {
    let authority = r#"{"objectType":"Agent","mbox":"mailto:lrs@example.org"}"#;
    Recording {
        authority: Arc::new(Authority::from_json(authority.to_owned())),
        may_define: true,
        trust_authority,
        version: Version::V1_0_3,
        statement_id: None,
        clock: Arc::new(SystemClock),
        ids: Arc::new(SystemIds),
    }
}

async fn record(lrs: &Lrs, body: &Value, recording: Recording) -> Result<usize, RecordError> {
    let submission = Submission::from_json(Bytes::from(body.to_string()), recording.version, LIMITS).await?;
    record_statements(lrs.store.as_ref(), submission, recording).await.map(|ids| ids.len())
}

async fn read_log(lrs: &Lrs) -> Vec<Value> {
    let log = lrs.store.read_log(Seq(0), 1000).await.unwrap();
    log.iter().map(|statement| serde_json::from_slice(&statement.body).unwrap()).collect()
}

fn statement() -> Value {
    json!({
        "actor": { "mbox": "mailto:ana@example.org" },
        "verb": { "id": "http://example.org/read" },
        "object": { "id": "http://example.org/page" },
    })
}

fn with(name: &str, value: Value) -> Value {
    let mut statement = statement();
    statement[name] = value;
    statement
}

#[tokio::test]
async fn only_a_trusted_source_names_authorities_and_leaves_attachments_out() {
    let lrs = open_lrs().await;
    let claimed = with("authority", json!({ "mbox": "mailto:other@example.org" }));
    assert_eq!(record(&lrs, &claimed, recording(false)).await.unwrap(), 1);
    assert_eq!(record(&lrs, &claimed, recording(true)).await.unwrap(), 1);
    assert_eq!(record(&lrs, &statement(), recording(true)).await.unwrap(), 1);
    let authorities: Vec<_> = read_log(&lrs).await.iter().map(|one| one["authority"]["mbox"].clone()).collect();
    assert_eq!(authorities, ["mailto:lrs@example.org", "mailto:other@example.org", "mailto:lrs@example.org"]);

    let attachment = json!([{
        "usageType": "http://example.org/file", "display": { "en": "File" }, "contentType": "text/plain",
        "length": 5, "sha2": "0".repeat(64),
    }]);
    let attached = with("attachments", attachment);
    assert!(matches!(record(&lrs, &attached, recording(false)).await, Err(RecordError::Invalid(_))));
    assert_eq!(record(&lrs, &attached, recording(true)).await.unwrap(), 1);
}

#[tokio::test]
async fn a_batch_that_is_parsed_on_a_thread_of_its_own_keeps_its_order() {
    let lrs = open_lrs().await;
    let batch: Vec<_> =
        (0..400).map(|n| with("result", json!({ "score": { "raw": n }, "response": "x".repeat(200) }))).collect();
    let body = Value::Array(batch);
    assert!(body.to_string().len() > 64 << 10, "the batch is large enough to be moved");
    assert_eq!(record(&lrs, &body, recording(false)).await.unwrap(), 400);
    let scores: Vec<_> =
        read_log(&lrs).await.iter().map(|one| one["result"]["score"]["raw"].as_u64().unwrap()).collect();
    assert_eq!(scores, (0..400).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_batch_over_its_limit_is_named_and_not_stored() {
    let lrs = open_lrs().await;
    let too_many = Value::Array(vec![statement(); 501]);
    let refused = record(&lrs, &too_many, recording(false)).await;
    assert!(matches!(refused, Err(RecordError::TooLarge { limit: Limit::Statements, max: 500 })), "{refused:?}");
    assert!(read_log(&lrs).await.is_empty());
}

/// The result is the same wherever the network cuts the body.
#[tokio::test]
async fn a_multipart_body_may_arrive_in_any_pieces() {
    let lrs = open_lrs().await;
    let sha2 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    let attachment = json!([{
        "usageType": "http://example.org/file", "display": { "en": "File" }, "contentType": "text/plain",
        "length": 5, "sha2": sha2,
    }]);
    let body = format!(
        "--b\r\nContent-Type: application/json\r\n\r\n{}\r\n--b\r\nContent-Type: text/plain\r\n\
         Content-Transfer-Encoding: binary\r\nX-Experience-API-Hash: {sha2}\r\n\r\nhello\r\n--b--\r\n",
        with("attachments", attachment)
    );
    for size in [1, 2, 7, 64, body.len()] {
        let content_type = "multipart/mixed; boundary=b";
        let mut submission =
            MultipartSubmission::new(content_type, Arc::clone(&lrs.store), Version::V1_0_3, LIMITS).unwrap();
        for piece in body.as_bytes().chunks(size) {
            submission.push(piece).await.unwrap();
        }
        let submission = submission.finish().await.unwrap();
        assert_eq!(submission.received.len(), 1, "pieces of {size}");
        record_statements(lrs.store.as_ref(), submission, recording(false)).await.unwrap();
        let found = lrs.store.find_attachment(sha2).await.unwrap();
        assert_eq!(found.map(|attachment| attachment.size_bytes), Some(5), "pieces of {size}");
    }
}

/// Bytes that are all the same, to see where they go.
#[derive(Debug)]
struct Constant(u8);

impl IdSource for Constant {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.0);
    }
}

#[tokio::test]
async fn a_secret_is_no_flag_of_a_command_line() {
    let lrs = open_lrs().await;
    let request = KeyRequest {
        lrs: LrsName::parse("default").unwrap(),
        scopes: vec![Scope::All],
        label: String::new(),
        home_page: None,
        expires: None,
        requests_per_second_max: None,
    };
    let created = create_key(lrs.registry.as_ref(), &Constant(0xFB), request).await.unwrap();
    assert_eq!(&created.secret.expose()[..8], "A_v7-_v7", "in base64url it began with -");
}

#[tokio::test]
async fn a_secret_has_256_bits_of_its_source_and_is_kept_as_a_hash_only() {
    let lrs = open_lrs().await;
    let request = KeyRequest {
        lrs: LrsName::parse("default").unwrap(),
        scopes: vec![Scope::All],
        label: "Moodle".to_owned(),
        home_page: Some("https://lrs.example.org".to_owned()),
        expires: None,
        requests_per_second_max: None,
    };
    let created = create_key(lrs.registry.as_ref(), &Constant(0xFF), request).await.unwrap();
    let CreatedKey { key, secret } = created.clone();
    assert_eq!(secret.expose(), format!("{}8", "_".repeat(42)), "32 bytes of ones in base64url");
    assert!(!format!("{created:?}").contains(secret.expose()));
    let authority: Value = serde_json::from_str(&key.key.authority).unwrap();
    let account = json!({ "homePage": "https://lrs.example.org", "name": key.key.id.0 });
    assert_eq!(authority, json!({ "objectType": "Agent", "name": "Moodle", "account": account }));

    let access = Access::new(lrs.registry.clone(), Arc::new(SystemClock), Arc::default(), 10);
    let peer = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let grant =
        access.authenticate(&key.key.id, secret.expose().as_bytes(), peer).await.unwrap_or_else(|e| panic!("{e}"));
    assert_eq!((grant.lrs.as_str(), grant.may_define()), ("default", true));
    for (id, wrong) in [(&key.key.id, "wrong"), (&KeyId("nobody".to_owned()), secret.expose())] {
        let refused = access.authenticate(id, wrong.as_bytes(), peer).await.err();
        assert!(matches!(refused, Some(AccessError::Refused(Refusal::Unknown))), "{refused:?}");
    }
}

/// Three-legged OAuth: an application writes for a person, and their authority is a group of both (Data 2.4.9).
#[tokio::test]
async fn an_application_and_its_person_read_what_both_wrote() {
    let lrs = open_lrs().await;
    let group = |members: [&str; 2]| {
        let members = members.map(|name| json!({ "mbox": format!("mailto:{name}@example.org") }));
        Authority::from_json(json!({ "objectType": "Group", "member": members }).to_string())
    };
    let alone = Authority::from_json(json!({ "mbox": "mailto:app@example.org" }).to_string());
    let written_by = [group(["app", "ana"]), group(["ana", "app"]), group(["app", "ben"]), alone];
    for (number, authority) in written_by.iter().enumerate() {
        let authority = Arc::new(authority.clone());
        let by = with("result", json!({ "score": { "raw": number } }));
        record(&lrs, &by, Recording { authority, ..recording(false) }).await.unwrap();
    }
    let check = async |mine: Option<&Authority>, query: &str, expected: &[u64]| {
        let store = Arc::clone(&lrs.store);
        let reader = StatementReader { store, only_authority: mine.map(|mine| mine.key.clone()), hide_v2: false };
        let parameters = Parameters::parse(query).unwrap();
        let StatementsRequest::Many(params) = StatementsRequest::parse(&parameters, Version::V1_0_3).unwrap() else {
            panic!("a list is asked for")
        };
        let found = reader.find_statements(&params, 10, None).await.unwrap().statements;
        let seqs: Vec<u64> = found.iter().map(|statement| statement.seq.0).collect();
        assert_eq!(seqs, expected, "{query} as {mine:?}");
        for statement in lrs.store.read_log(Seq(0), 10).await.unwrap() {
            let by_id = reader.find_statement(statement.id, false).await.unwrap();
            assert_eq!(by_id.is_some(), mine.is_none() || expected.contains(&statement.seq.0), "as {mine:?}");
        }
    };
    let [app_and_ana, _, app_and_ben, app] = &written_by;
    check(Some(app_and_ana), "ascending=true", &[1, 2]).await;
    check(Some(app_and_ben), "ascending=true", &[3]).await;
    check(Some(app), "ascending=true", &[4]).await;
    let agent = |name: &str| {
        format!("ascending=true&related_agents=true&agent=%7B%22mbox%22:%22mailto:{name}@example.org%22%7D")
    };
    check(None, &agent("ben"), &[3]).await;
    check(None, &agent("app"), &[1, 2, 3, 4]).await;
}
