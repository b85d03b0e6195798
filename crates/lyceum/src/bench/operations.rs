//! What the load consists of: each kind of request, how it is made up, and what its answer must be.

use bytes::Bytes;
use hyper::Method;
use rand::Rng as _;
use rand::rngs::SmallRng;
use serde::Deserialize;
use serde::de::IgnoredAny;
use uuid::Uuid;

use super::connection::{Answer, Call, Target};
use super::statements::Statements;

/// After so many pages a walk along `more` begins anew.
const WALK_PAGES_MAX: u32 = 20;

/// A workload of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Workload {
    /// POST of one statement each.
    Singles,
    /// POST of --batch statements each.
    Batches,
    /// GET by statementId.
    ById,
    /// A page by agent.
    ByAgent,
    /// A page by verb and since.
    ByVerb,
    /// A page by activity.
    ByActivity,
    /// A page by activity with `related_activities`.
    ByRelatedActivity,
    /// A page by registration.
    ByRegistration,
    /// Page after page along `more`.
    More,
    /// PUT of new State documents.
    StatePut,
    /// GET of State documents.
    StateGet,
    /// Of 100 requests 50 write one statement, 5 a batch, 35 read, 10 concern documents.
    Mixed,
    /// by-id, by-agent, by-verb, by-activity, by-related-activity, by-registration and more, one after the other.
    Reads,
    /// state-put and state-get.
    Documents,
    /// batches, singles, reads, documents, mixed.
    All,
}

impl Workload {
    /// What it stands for: itself, or several.
    pub fn members(self) -> Vec<Self> {
        use Workload::{
            All, Batches, ByActivity, ByAgent, ById, ByRegistration, ByRelatedActivity, ByVerb, Documents, Mixed, More,
            Reads, Singles, StateGet, StatePut,
        };
        match self {
            Reads => vec![ById, ByAgent, ByVerb, ByActivity, ByRelatedActivity, ByRegistration, More],
            Documents => vec![StatePut, StateGet],
            All => [Batches, Singles, Reads, Documents, Mixed].into_iter().flat_map(Self::members).collect(),
            one => vec![one],
        }
    }

    /// Its name on the command line.
    pub fn name(self) -> String {
        clap::ValueEnum::to_possible_value(&self).map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// Whether `--statements` says how long it lasts, rather than `--requests`.
    pub fn writes_statements(self) -> bool {
        matches!(self, Self::Singles | Self::Batches)
    }

    /// The kind of its next request.
    pub fn kind(self, rng: &mut SmallRng) -> Kind {
        match self {
            Self::Singles => Kind::WriteOne,
            Self::Batches => Kind::WriteBatch,
            Self::ById => Kind::ById,
            Self::ByAgent => Kind::ByAgent,
            Self::ByVerb => Kind::ByVerb,
            Self::ByActivity => Kind::ByActivity,
            Self::ByRelatedActivity => Kind::ByRelatedActivity,
            Self::ByRegistration => Kind::ByRegistration,
            Self::More => Kind::More,
            Self::StatePut => Kind::StatePut,
            Self::StateGet => Kind::StateGet,
            Self::Mixed | Self::Reads | Self::Documents | Self::All => match rng.random_range(0..100) {
                0..50 => Kind::WriteOne,
                50..55 => Kind::WriteBatch,
                55..65 => Kind::ById,
                65..70 => Kind::ByAgent,
                70..75 => Kind::ByVerb,
                75..80 => Kind::ByActivity,
                80..85 => Kind::ByRelatedActivity,
                85..90 => Kind::ByRegistration,
                90..95 => Kind::StatePut,
                _ => Kind::StateGet,
            },
        }
    }
}

/// A kind of request; each is counted by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// POST of one statement.
    WriteOne,
    /// POST of several.
    WriteBatch,
    /// GET by `statementId`.
    ById,
    /// GET by `agent`.
    ByAgent,
    /// GET by `verb` and `since`.
    ByVerb,
    /// GET by `activity`.
    ByActivity,
    /// GET by `activity` with `related_activities`.
    ByRelatedActivity,
    /// GET by `registration`.
    ByRegistration,
    /// GET of the next page.
    More,
    /// PUT of a State document.
    StatePut,
    /// GET of a State document.
    StateGet,
}

impl Kind {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::WriteOne => "POST one statement",
            Self::WriteBatch => "POST a batch",
            Self::ById => "GET by id",
            Self::ByAgent => "GET by agent",
            Self::ByVerb => "GET by verb + since",
            Self::ByActivity => "GET by activity",
            Self::ByRelatedActivity => "GET by related activity",
            Self::ByRegistration => "GET by registration",
            Self::More => "GET more",
            Self::StatePut => "PUT state",
            Self::StateGet => "GET state",
        }
    }
}

/// What requests are made from.
#[derive(Debug)]
pub struct Material {
    /// The statements of this seed.
    pub statements: Statements,
    /// Where they go.
    pub target: Target,
    /// Where random choices begin.
    pub seed: u64,
    /// In the names of documents, which must be new: a run with the same seed writes others.
    pub run: u32,
    /// Statements on a page.
    pub page: usize,
}

/// What an answer must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// 200 and these many ids, this one among them.
    Ids(Uuid, u64),
    /// 200 and the statement with this id.
    Statement(Uuid),
    /// 200 and a page.
    Page,
    /// 200 and a page; the walk goes on behind it.
    Walk,
    /// 204.
    Done,
    /// 200 and this document.
    Document(Bytes),
}

/// A page of statements, as far as the load generator looks.
#[derive(Deserialize)]
struct PageAnswer {
    statements: Vec<IgnoredAny>,
    #[serde(default)]
    more: Option<String>,
}

/// Where a worker stands on its walk along `more`.
#[derive(Debug, Default)]
pub struct Walk {
    next: Option<String>,
    pages: u32,
}

impl Material {
    /// POST of `count` statements from number `first` on.
    pub fn write(&self, first: u64, count: u64) -> (Call, Expected) {
        let mut text = String::with_capacity(usize::try_from(count).unwrap_or(1) * 1_300 + 2);
        let batch = count > 1;
        for n in first..first + count {
            if batch {
                text.push(if n == first { '[' } else { ',' });
            }
            self.statements.render(n, &mut text);
        }
        if batch {
            text.push(']');
        }
        let path = self.target.path("statements", &[]);
        let call = Call { method: Method::POST, path, body: text.into(), only_if_new: false };
        (call, Expected::Ids(self.statements.subject(first).id, count))
    }

    /// GET of statement `n`.
    pub fn read(&self, n: u64) -> (Call, Expected) {
        let id = self.statements.subject(n).id;
        let path = self.target.path("statements", &[("statementId", &id.to_string())]);
        (Call::get(path), Expected::Statement(id))
    }

    /// GET of a page of statements like statement `n`. `since` is used with the verb.
    pub fn read_page(&self, kind: Kind, n: u64, since: &str) -> (Call, Expected) {
        let subject = self.statements.subject(n);
        let filters = match kind {
            Kind::ByAgent => vec![("agent", Statements::agent(subject.learner))],
            Kind::ByVerb => vec![("verb", Statements::verb_id(subject.verb).to_owned()), ("since", since.to_owned())],
            Kind::ByActivity => vec![("activity", Statements::activity_id(subject.activity))],
            Kind::ByRelatedActivity => {
                vec![("activity", Statements::course_id(subject.activity)), ("related_activities", "true".to_owned())]
            }
            Kind::ByRegistration => vec![("registration", subject.registration.to_string())],
            _ => Vec::new(),
        };
        let limit = self.page.to_string();
        let mut parameters: Vec<(&str, &str)> = filters.iter().map(|(name, value)| (*name, value.as_str())).collect();
        parameters.push(("limit", &limit));
        (Call::get(self.target.path("statements", &parameters)), Expected::Page)
    }

    /// GET of the next page of a walk, or of the first of a new one: all statements with the verb of statement `n`.
    pub fn walk(&self, walk: &mut Walk, n: u64) -> (Call, Expected) {
        if let Some(path) = walk.next.take() {
            return (Call::get(path), Expected::Walk);
        }
        walk.pages = 0;
        let verb = Statements::verb_id(self.statements.subject(n).verb);
        let limit = self.page.to_string();
        (Call::get(self.target.path("statements", &[("verb", verb), ("limit", &limit)])), Expected::Walk)
    }

    /// PUT of document `n`, which must be new.
    pub fn put_document(&self, n: u64) -> (Call, Expected) {
        let call = Call { method: Method::PUT, path: self.document_path(n), body: self.document(n), only_if_new: true };
        (call, Expected::Done)
    }

    /// GET of document `n`.
    pub fn get_document(&self, n: u64) -> (Call, Expected) {
        (Call::get(self.document_path(n)), Expected::Document(self.document(n)))
    }

    fn document_path(&self, n: u64) -> String {
        let subject = self.statements.subject(n);
        let agent = Statements::agent(subject.learner);
        let activity = Statements::activity_id(subject.activity);
        let registration = subject.registration.to_string();
        let state = format!("bookmark-{:x}-{n}", self.run);
        let parameters =
            [("activityId", &*activity), ("agent", &*agent), ("registration", &*registration), ("stateId", &*state)];
        self.target.path("activities/state", &parameters)
    }

    fn document(&self, n: u64) -> Bytes {
        let subject = self.statements.subject(n);
        let (page, id) = (n % 40, subject.id);
        format!(
            r#"{{"bookmark":"unit/{page}","visited":[1,2,3,5,8,13,21],"answers":{{"q1":"b","q2":["a","c"],"q3":17.50}},"suspended":"{id}","volume":0.8,"language":"en","theme":"dark","notes":"Look at page {page} again before the quiz."}}"#
        )
        .into()
    }
}

/// How many statements a right answer wrote or brought; or what is wrong with it, in words that can be counted.
pub fn judge(answer: &Answer, expected: &Expected, target: &Target, walk: &mut Walk) -> Result<u64, String> {
    let status = if *expected == Expected::Done { 204 } else { 200 };
    if answer.status != status {
        return Err(format!("status {}", answer.status));
    }
    match expected {
        Expected::Done => Ok(0),
        Expected::Document(body) if *body == answer.body => Ok(0),
        Expected::Document(_) => Err("another document than was stored".to_owned()),
        Expected::Ids(id, count) => {
            let ids: Vec<Uuid> =
                serde_json::from_slice(&answer.body).map_err(|_| "an answer without ids".to_owned())?;
            let right = ids.len() as u64 == *count && ids.first() == Some(id);
            if right { Ok(*count) } else { Err("other ids than were sent".to_owned()) }
        }
        Expected::Statement(id) => {
            let mut buffer = [0; 36];
            let id: &str = id.hyphenated().encode_lower(&mut buffer);
            let found = answer.body.windows(id.len()).any(|window| window == id.as_bytes());
            if found { Ok(1) } else { Err("another statement than was asked for".to_owned()) }
        }
        Expected::Page | Expected::Walk => {
            let page: PageAnswer =
                serde_json::from_slice(&answer.body).map_err(|_| "an answer that is no page".to_owned())?;
            if *expected == Expected::Walk {
                walk.pages += 1;
                let link = page.more.filter(|link| !link.is_empty() && walk.pages < WALK_PAGES_MAX);
                walk.next = link.and_then(|link| target.more(&link));
            }
            Ok(page.statements.len() as u64)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(status: u16, body: &str, expected: &Expected) -> Result<u64, String> {
        let target = Target::new("http://127.0.0.1:1/xapi", "k", "s", xapi::Version::V1_0_3).expect("a URL");
        let answer = Answer { status, body: Bytes::copy_from_slice(body.as_bytes()) };
        judge(&answer, expected, &target, &mut Walk::default())
    }

    #[test]
    fn an_answer_counts_only_when_it_is_what_was_asked_for() {
        let id = Uuid::from_u128(7);
        let ids = format!("[ \"{id}\" ]");
        assert_eq!(check(200, &ids, &Expected::Ids(id, 1)), Ok(1));
        assert!(check(200, &ids, &Expected::Ids(id, 2)).is_err(), "one id for two statements");
        assert!(check(200, &ids, &Expected::Ids(Uuid::from_u128(8), 1)).is_err(), "another id");
        assert!(check(200, "ok", &Expected::Ids(id, 1)).is_err(), "no JSON");
        assert_eq!(check(503, &ids, &Expected::Ids(id, 1)), Err("status 503".to_owned()));
        assert_eq!(check(200, &format!("{{\"id\":\"{id}\"}}"), &Expected::Statement(id)), Ok(1));
        assert!(check(200, "{}", &Expected::Statement(id)).is_err(), "another statement");
        assert_eq!(check(200, r#"{"statements":[{},{"more":"x"}],"more":""}"#, &Expected::Page), Ok(2));
        assert!(check(200, "[]", &Expected::Page).is_err(), "no page");
        assert_eq!(check(204, "", &Expected::Done), Ok(0));
        assert!(check(200, "", &Expected::Done).is_err(), "200 for a PUT of a document");
        assert!(check(200, "{}", &Expected::Document(Bytes::from_static(b"[]"))).is_err(), "another document");
    }

    #[test]
    fn a_walk_follows_more_until_it_ends() {
        let target = Target::new("http://127.0.0.1:1/xapi/", "k", "s", xapi::Version::V1_0_3).expect("a URL");
        let material = Material { statements: Statements::new(1), target, seed: 1, run: 1, page: 50 };
        let mut walk = Walk::default();
        let (first, expected) = material.walk(&mut walk, 0);
        assert!(first.path.starts_with("/xapi/statements?verb=http%3A%2F%2F"), "{}", first.path);
        for (link, path) in [
            ("/xapi/statements?more=abc", "/xapi/statements?more=abc"),
            ("http://127.0.0.1:1/xapi/more/2", "/xapi/more/2"),
        ] {
            let body = format!(r#"{{"statements":[],"more":"{link}"}}"#).into();
            judge(&Answer { status: 200, body }, &expected, &material.target, &mut walk).expect("a page");
            assert_eq!(material.walk(&mut walk, 0).0.path, path);
        }
        let end = Answer { status: 200, body: Bytes::from_static(br#"{"statements":[],"more":""}"#) };
        judge(&end, &expected, &material.target, &mut walk).expect("a page");
        assert_eq!(material.walk(&mut walk, 0).0.path, first.path);
    }
}
