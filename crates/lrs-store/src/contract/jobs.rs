//! Jobs and their files: kept for every process, moved on by one at a time, gone with their LRS.

use std::sync::Arc;

use tokio::io::AsyncReadExt as _;
use uuid::Uuid;
use xapi::Timestamp;

use super::Factory;
use super::shared::wait_until;
use crate::{
    JOBS_KEPT_MAX, JOBS_UNFINISHED_MAX, Job, JobId, JobProgress, JobState, LrsName, NewJob, RefusedLine, Registry,
    RegistryError, Store,
};

pub(super) const ONE: JobId = JobId(Uuid::from_u128(1));
pub(super) const OTHER: JobId = JobId(Uuid::from_u128(2));

fn lrs(name: &str) -> LrsName {
    LrsName::parse(name).expect("the name is good")
}

fn new_job(id: JobId, name: &str) -> NewJob {
    NewJob {
        id,
        lrs: lrs(name),
        kind: "import".to_owned(),
        name: "año \u{0} “2”.ndjson".to_owned(),
        authority: r#"{"mbox":"mailto:ana@example.org"}"#.to_owned(),
        total_bytes: 1 << 40,
        created: Timestamp(i64::try_from(id.0.as_u128()).expect("a test's ids are small")),
    }
}

async fn add(registry: &dyn Registry, id: JobId, name: &str) {
    assert!(registry.add_job(new_job(id, name)).await.expect("adding works"));
}

async fn find(registry: &dyn Registry, id: JobId, name: &str) -> Option<JobProgress> {
    registry.find_job(&lrs(name), id).await.expect("finding works").map(|job| job.progress)
}

async fn advance(registry: &dyn Registry, id: JobId, from: &JobProgress, to: &JobProgress, lines: &[u64]) -> bool {
    let refused = lines.iter().map(|line| refused(*line)).collect();
    registry.advance_job(id, from, to.clone(), refused).await.expect("advancing works")
}

fn refused(line: u64) -> RefusedLine {
    RefusedLine { line, message: format!("line {line} \u{0}"), text: "{\u{0}".to_owned() }
}

fn running() -> JobProgress {
    JobProgress { state: JobState::Running, ..JobProgress::ADDED }
}

async fn open_ids(registry: &dyn Registry) -> Vec<JobId> {
    let open = registry.list_open_jobs(10).await.expect("listing works");
    open.into_iter().map(|job| job.job.id).collect()
}

async fn list_ids(registry: &dyn Registry, name: &str) -> Vec<JobId> {
    let jobs = registry.list_jobs(&lrs(name)).await.expect("listing works");
    jobs.into_iter().map(|job| job.job.id).collect()
}

/// A job comes back as it was added, to its own LRS only, and to every process.
pub async fn kept_for_their_lrs(factory: &dyn Factory) {
    let (registry, tool) = factory.registries().await;
    for name in ["one", "two"] {
        registry.create_lrs(&lrs(name)).await.expect("creating works");
    }
    add(&*registry, ONE, "one").await;
    add(&*registry, OTHER, "two").await;
    let lost = registry.add_job(new_job(JobId(Uuid::from_u128(3)), "nowhere")).await;
    assert!(matches!(lost, Err(RegistryError::NoSuchLrs(name)) if name == lrs("nowhere")));
    let expected = Job { job: new_job(ONE, "one"), progress: JobProgress::ADDED };
    for process in [&registry, &tool] {
        assert_eq!(process.list_jobs(&lrs("one")).await.expect("listing works"), std::slice::from_ref(&expected));
        assert_eq!(process.find_job(&lrs("one"), ONE).await.expect("finding works").as_ref(), Some(&expected));
    }
    assert_eq!(find(&*registry, ONE, "two").await, None, "it is another LRS's");
    assert_eq!(find(&*registry, ONE, "nowhere").await, None);
    assert!(list_ids(&*registry, "nowhere").await.is_empty());
    assert_eq!(open_ids(&*registry).await, [ONE, OTHER], "the oldest first");
    registry.close().await;
    tool.close().await;
}

/// A job moves on only from where it is, and its refused lines with it, once.
pub async fn move_on_from_where_they_are(factory: &dyn Factory) {
    let (registry, _) = factory.registries().await;
    registry.create_lrs(&lrs("school")).await.expect("creating works");
    add(&*registry, ONE, "school").await;
    assert!(advance(&*registry, ONE, &JobProgress::ADDED, &running(), &[]).await);
    assert!(!advance(&*registry, ONE, &JobProgress::ADDED, &running(), &[9]).await, "it runs already");
    let first = JobProgress { done_bytes: 1 << 33, lines: 3, accepted: 1, refused: 2, ..running() };
    assert!(advance(&*registry, ONE, &running(), &first, &[1, 3]).await);
    assert!(!advance(&*registry, ONE, &running(), &first, &[1, 3]).await, "somebody else was there already");
    assert_eq!(find(&*registry, ONE, "school").await.as_ref(), Some(&first));
    let waits = JobProgress { detail: Some("the disk is full \u{0}".to_owned()), ..first.clone() };
    assert!(advance(&*registry, ONE, &first, &waits, &[]).await);
    assert_eq!(find(&*registry, ONE, "school").await.as_ref(), Some(&waits));
    let second = JobProgress { lines: 4, refused: 3, ..first };
    assert!(advance(&*registry, ONE, &waits, &second, &[4]).await);
    let lines = registry.list_refused_lines(ONE).await.expect("listing works");
    assert_eq!(lines, [refused(1), refused(3), refused(4)]);
    let done = JobProgress { state: JobState::Done, finished: Some(Timestamp(77)), ..second };
    assert!(!advance(&*registry, ONE, &waits, &done, &[]).await, "it has worked through other lines");
    let from = find(&*registry, ONE, "school").await.expect("it is there");
    assert!(advance(&*registry, ONE, &from, &done, &[]).await);
    assert_eq!(open_ids(&*registry).await, [ONE], "its file may be there");
    let gone = JobProgress { has_file: false, ..done.clone() };
    assert!(advance(&*registry, ONE, &done, &gone, &[]).await);
    assert_eq!(find(&*registry, ONE, "school").await, Some(gone));
    assert!(open_ids(&*registry).await.is_empty());
    assert!(!advance(&*registry, OTHER, &JobProgress::ADDED, &running(), &[1]).await, "there is none");
    registry.close().await;
}

/// Of many processes that move a job on at once, one does.
pub async fn one_of_many_moves_a_job_on(factory: &dyn Factory) {
    let (registry, _) = factory.registries().await;
    registry.create_lrs(&lrs("school")).await.expect("creating works");
    add(&*registry, ONE, "school").await;
    let moving: Vec<_> = (1..=10)
        .map(|line| {
            let registry = Arc::clone(&registry);
            let to = JobProgress { lines: line, ..running() };
            tokio::spawn(async move { advance(&*registry, ONE, &JobProgress::ADDED, &to, &[line]).await })
        })
        .collect();
    let mut moved = 0;
    for asked in moving {
        moved += usize::from(asked.await.expect("nobody panics"));
    }
    assert_eq!(moved, 1);
    assert_eq!(registry.list_refused_lines(ONE).await.expect("listing works").len(), 1);
    registry.close().await;
}

/// Too many at a time are refused, and the oldest finished ones forgotten.
pub async fn are_bounded(factory: &dyn Factory) {
    let (registry, _) = factory.registries().await;
    for name in ["school", "other"] {
        registry.create_lrs(&lrs(name)).await.expect("creating works");
    }
    let done = JobProgress { state: JobState::Done, finished: Some(Timestamp(7)), has_file: false, ..running() };
    let id = |number: usize| JobId(Uuid::from_u128(number as u128));
    for number in 1..=JOBS_UNFINISHED_MAX {
        add(&*registry, id(number), "school").await;
    }
    let number = JOBS_UNFINISHED_MAX + 1;
    assert!(!registry.add_job(new_job(id(number), "school")).await.expect("asking works"), "too many");
    add(&*registry, id(1_000), "other").await;
    // The first one goes on, and stays.
    for number in 2..=JOBS_UNFINISHED_MAX {
        assert!(advance(&*registry, id(number), &JobProgress::ADDED, &done, &[1]).await);
    }
    for number in number..=JOBS_KEPT_MAX + 3 {
        add(&*registry, id(number), "school").await;
        assert!(advance(&*registry, id(number), &JobProgress::ADDED, &done, &[1]).await);
    }
    let kept = list_ids(&*registry, "school").await;
    assert_eq!(kept.len(), JOBS_KEPT_MAX + 1, "the oldest of all is not finished");
    assert_eq!((kept.first(), kept.last()), (Some(&id(JOBS_KEPT_MAX + 3)), Some(&id(1))));
    let lines = async |number| registry.list_refused_lines(id(number)).await.expect("listing works").len();
    assert_eq!((lines(3).await, lines(4).await), (0, 1));
    assert_eq!(list_ids(&*registry, "other").await, [id(1_000)]);
    registry.close().await;
}

/// Whoever makes an LRS of a deleted one's name sees none of its jobs.
pub async fn go_with_their_lrs(factory: &dyn Factory) {
    let (registry, tool) = factory.registries().await;
    for name in ["school", "other"] {
        registry.create_lrs(&lrs(name)).await.expect("creating works");
    }
    add(&*registry, ONE, "school").await;
    add(&*registry, OTHER, "other").await;
    assert!(advance(&*registry, ONE, &JobProgress::ADDED, &running(), &[1]).await);
    let store = registry.open_lrs(&lrs("school")).await.expect("opening works");
    keep(&*store, ONE, b"abc").await;
    let knows = async || tool.list_lrss().await.is_ok_and(|known| known.len() == 2);
    wait_until("the other process knows the LRSs", knows).await;
    tool.delete_lrs(&lrs("school")).await.expect("deleting works");
    assert!(!advance(&*registry, ONE, &running(), &JobProgress { lines: 1, ..running() }, &[2]).await);
    wait_until("the name is free", || async { registry.create_lrs(&lrs("school")).await.is_ok() }).await;
    assert!(list_ids(&*registry, "school").await.is_empty());
    assert!(registry.list_refused_lines(ONE).await.expect("listing works").is_empty());
    assert_eq!(open_ids(&*registry).await, [OTHER]);
    let store = registry.open_lrs(&lrs("school")).await.expect("opening works");
    assert_eq!(read(&*store, ONE, 0).await, None, "its file is gone too");
    registry.close().await;
    tool.close().await;
}

pub(super) async fn keep(store: &dyn Store, job: JobId, bytes: &[u8]) {
    let mut upload = store.begin_attachment().await.expect("uploading works");
    upload.write(bytes).await.expect("uploading works");
    let upload = upload.finish().await.expect("uploading works");
    store.job_files().keep_job_file(job, upload).await.expect("keeping works");
}

pub(super) async fn read(store: &dyn Store, job: JobId, from: u64) -> Option<(u64, Vec<u8>)> {
    let mut found = store.job_files().open_job_file(job, from).await.expect("opening works")?;
    let mut bytes = Vec::new();
    found.reader.read_to_end(&mut bytes).await.expect("reading works");
    Some((found.size_bytes, bytes))
}
