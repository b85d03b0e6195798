//! Imports that were cut off: each line is recorded once and counted once, wherever the process ended.

use std::sync::Arc;
use std::time::Duration;

use lrs_core::{Authority, JobReport, Jobs, NewImport, Problem, RefusedLine, Said, SubmissionLimits, SystemIds};
use lrs_sqlite::{Mode, Options, SqliteRegistry};
use lrs_store::KeptJobs as _;
use lrs_store::{
    Job, JobProgress, JobState, LrsName, Registry, Seq, Store, StoredStatement, SystemClock, UploadedAttachment,
};
use serde_json::{Value, json};
use sha1::{Digest as _, Sha1};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const WAIT_MAX: Duration = Duration::from_mins(1);
const LIMITS: SubmissionLimits =
    SubmissionLimits { statements_bytes_max: 1 << 20, batch_statements_max: 10_000, attachment_bytes_max: 1 << 20 };

/// A server with one LRS, at whose jobs nobody works yet.
struct School {
    registry: Arc<SqliteRegistry>,
    store: Arc<dyn Store>,
    jobs: Arc<Jobs>,
    lrs: LrsName,
    _folder: TempDir,
}

impl School {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let registry =
            SqliteRegistry::open(&folder.path().join("data"), Mode::Server, Options::default(), Arc::new(SystemClock))
                .unwrap();
        let lrs = LrsName::parse("school").unwrap();
        registry.create_lrs(&lrs).await.unwrap();
        let store = registry.open_lrs(&lrs).await.unwrap();
        let jobs = Jobs::new(registry.clone(), Arc::new(SystemClock), Arc::new(SystemIds), LIMITS);
        Self { registry, store, jobs, lrs, _folder: folder }
    }

    async fn upload(&self, text: &str) -> UploadedAttachment {
        let mut upload = self.store.begin_attachment().await.unwrap();
        upload.write(text.as_bytes()).await.unwrap();
        upload.finish().await.unwrap()
    }

    async fn add(&self, text: &str) -> Job {
        let authority = Authority::from_json(json!({ "mbox": "mailto:olga@example.org" }).to_string());
        let (lrs, store) = (self.lrs.clone(), Arc::clone(&self.store));
        let import = NewImport { lrs, store, authority, name: "lines".to_owned() };
        self.jobs.add_import(import, self.upload(text).await).await.unwrap().expect("few are under way")
    }

    /// How a job is when it has ended and its file is gone.
    async fn finish(&self, job: &Job) -> JobReport {
        let stop = CancellationToken::new();
        let working = tokio::spawn(self.jobs.clone().run(stop.clone()));
        let ended = async {
            while !self.registry.list_open_jobs(10).await.unwrap().is_empty() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(WAIT_MAX, ended).await.expect("it ends in time");
        stop.cancel();
        working.await.unwrap();
        self.jobs.find(&self.lrs, &job.job.id.to_string()).await.unwrap().expect("it is there")
    }

    async fn stored(&self) -> Vec<StoredStatement> {
        self.store.read_log(Seq(0), 1_000).await.unwrap()
    }

    async fn refused_lines(&self, job: &Job) -> Vec<RefusedLine> {
        self.jobs.refused_lines(&self.lrs, &job.job.id.to_string()).await.unwrap().expect("it is there")
    }

    async fn refused(&self, job: &Job) -> Vec<u64> {
        self.refused_lines(job).await.iter().map(|line| line.line).collect()
    }
}

fn line(number: usize) -> String {
    json!({
        "actor": { "mbox": "mailto:ana@example.org" },
        "verb": { "id": "http://adlnet.gov/expapi/verbs/passed" },
        "object": { "id": format!("http://example.org/{number}") },
    })
    .to_string()
}

/// RFC 9562, 5.5: a name-based UUID of the job and the line's number.
fn id_of(job: &Job, number: usize) -> Uuid {
    let digest = Sha1::new().chain_update(job.job.id.0.as_bytes()).chain_update(number.to_string()).finalize();
    uuid::Builder::from_sha1_bytes(digest[..16].try_into().unwrap()).into_uuid()
}

fn with_id(job: &Job, number: usize) -> String {
    line(number).replacen('{', &format!("{{\"id\":\"{}\",", id_of(job, number)), 1)
}

/// A process recorded the first lines and died before it wrote that down: they are there once, and counted.
#[tokio::test]
async fn a_batch_that_was_recorded_before_is_counted_once() {
    let school = School::open().await;
    let lines: Vec<String> = (1..=500).map(|number| if number == 7 { "{".to_owned() } else { line(number) }).collect();
    let job = school.add(&lines.join("\n")).await;
    let before: Vec<String> = [1, 2, 3, 150, 300].map(|number| with_id(&job, number)).into();
    let earlier = school.add(&before.join("\n")).await;
    school.jobs.start(earlier.clone()).await.unwrap();
    school.jobs.start(job.clone()).await.unwrap();
    let report = school.finish(&job).await;
    assert_eq!((report.state, report.accepted, report.refused), ("done", 499, 1), "{report:?}");
    assert_eq!(report.done, report.total);
    assert_eq!(school.refused(&job).await, [7]);
    let mut ids: Vec<Uuid> = school.stored().await.iter().map(|statement| statement.id.0).collect();
    ids.sort();
    let mut expected: Vec<Uuid> = (1..=500).filter(|number| *number != 7).map(|number| id_of(&job, number)).collect();
    expected.sort();
    assert_eq!(ids, expected, "each line has the id of its job and its number");
}

/// A process wrote down how far it was, in the middle of a file or of an array: the next one begins behind that.
#[tokio::test]
async fn an_import_goes_on_behind_what_was_written_down() {
    let lines: Vec<String> = (1..=5).map(line).collect();
    let text = lines.join("\n");
    let behind_two = (lines[0].len() + lines[1].len() + 2) as u64;
    for (text, done_bytes) in [(text, behind_two), (format!("[{}]", lines.join(", ")), 17)] {
        let school = School::open().await;
        let job = school.add(&text).await;
        let from = JobProgress { state: JobState::Running, ..JobProgress::ADDED };
        let to = JobProgress { done_bytes, lines: 2, accepted: 1, refused: 1, ..from.clone() };
        let told = vec![lrs_store::RefusedLine { line: 2, message: "no".to_owned(), text: "{".to_owned() }];
        school.jobs.start(job.clone()).await.unwrap();
        assert!(school.registry.advance_job(job.job.id, &from, to, told).await.unwrap());
        let report = school.finish(&job).await;
        assert_eq!((report.state, report.accepted, report.refused), ("done", 4, 1), "{text}: {report:?}");
        let kept_before = &school.refused_lines(&job).await[0];
        let said = Said { code: "in_words".to_owned(), values: None, message: "no".to_owned() };
        assert_eq!((kept_before.line, &kept_before.said), (2, &said), "an older release kept sentences");
        let ids: Vec<Uuid> = school.stored().await.iter().map(|statement| statement.id.0).collect();
        assert_eq!(ids, [3, 4, 5].map(|number| id_of(&job, number)), "{text}");
    }
}

/// Why a line was refused is kept as a code with values, and what it quotes of the line is bounded.
#[tokio::test]
async fn refused_lines_say_why() {
    let school = School::open().await;
    let long = "é".repeat(1 << 18);
    let broken = json!({ "actor": {}, "verb": { "id": "x" }, "object": { "id": "http://example.org/a" },
        "result": { "extensions": { long: null } } });
    let taken = json!({ "id": Uuid::from_u128(7), "actor": { "mbox": "mailto:ana@example.org" },
        "verb": { "id": "http://example.org/v" }, "object": { "id": "http://example.org/a" } });
    let other = taken.to_string().replace("example.org/a", "example.org/b");
    let lines = [taken.to_string(), "{\"actor\" 1}".to_owned(), broken.to_string(), other];
    let job = school.add(&lines.join("\n")).await;
    school.jobs.start(job.clone()).await.unwrap();
    assert_eq!(school.finish(&job).await.refused, 3);
    let told: Vec<(u64, Value)> =
        school.refused_lines(&job).await.iter().map(|line| (line.line, json!(line.said))).collect();
    let [(2, not_json), (3, invalid), (4, conflict)] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((&not_json["code"], &not_json["values"]["column"]), (&json!("line_not_json"), &json!(10)));
    assert_eq!((&invalid["code"], &invalid["values"]["count"]), (&json!("invalid_statement"), &json!(3)));
    assert!(invalid["values"]["violation"]["rule"].is_string(), "{invalid}");
    assert_eq!(conflict["values"]["ids"], json!(Uuid::from_u128(7)));
    assert!(told.iter().all(|(_, said)| said.to_string().len() < 20_000), "what is quoted is bounded");
    assert!(school.refused_lines(&job).await.iter().all(|line| line.text.chars().count() <= 2_000));
}

/// What is no single statement is refused with its line, and shifts no other line's id.
#[tokio::test]
async fn a_line_with_two_statements_is_refused() {
    let school = School::open().await;
    let two = format!("{},{}", line(2), line(3));
    let job = school.add(&[line(1), two, String::new(), format!("[{}]", line(4)), line(5)].join("\n")).await;
    school.jobs.start(job.clone()).await.unwrap();
    let report = school.finish(&job).await;
    assert_eq!((report.state, report.accepted, report.refused), ("done", 2, 2), "{report:?}");
    assert_eq!(school.refused(&job).await, [2, 4]);
    let ids: Vec<Uuid> = school.stored().await.iter().map(|statement| statement.id.0).collect();
    assert_eq!(ids, [1, 5].map(|number| id_of(&job, number)));
}

/// A job whose file is not there, as after a restore of a backup, ends and says so. So does one that was given up before it began.
#[tokio::test]
async fn a_job_without_its_file_fails() {
    let school = School::open().await;
    let lost = school.add(&line(1)).await;
    school.store.job_files().remove_job_file(lost.job.id).await.unwrap();
    school.jobs.start(lost.clone()).await.unwrap();
    let given_up = school.add(&line(2)).await;
    school.jobs.give_up(&given_up, &Problem::NotAudited).await;
    for (job, problem) in [(lost, Problem::FileGone), (given_up, Problem::NotAudited)] {
        let report = school.finish(&job).await;
        assert_eq!((report.state, report.accepted), ("failed", 0), "{report:?}");
        assert_eq!(report.problem, Some(Said::of(&problem)));
        assert!(school.store.job_files().open_job_file(job.job.id, 0).await.unwrap().is_none(), "its file is gone");
    }
    assert!(school.stored().await.is_empty());
}
