//! Copying refused requests: all that a source keeps, as it keeps it, once, also from one that goes on refusing or that lets old ones go.

mod common;

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::task::Poll;

use bytes::Bytes;
use lrs_core::{
    CopyProgress, CopyStep, FlightRecorder, KeyRequest, Problem, RecorderOptions, Refusal, Refused, Said, SystemIds,
    Verification, Verified, copy_lrs, create_key, prune_refusals, verify_copy,
};
use lrs_sqlite::SqliteRegistry;
use lrs_store::{Clock, Entry, KeyId, LrsName, Order, Registry, Scope, Span, Store, View};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use xapi::{Timestamp, Violation};

const SECOND: i64 = 1_000_000;
const START: i64 = 1_790_000_000 * SECOND;

/// A clock that goes on by a second whenever it is read.
#[derive(Debug)]
struct Ticking(AtomicI64);

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.fetch_add(SECOND, Ordering::SeqCst))
    }
}

/// An LRS with a recorder.
struct Lrs {
    registry: Arc<SqliteRegistry>,
    store: Arc<dyn Store>,
    key: KeyId,
    clock: Arc<Ticking>,
    _folder: TempDir,
}

impl Lrs {
    /// An LRS that refuses from so many seconds on.
    async fn open(seconds: i64) -> Self {
        let (folder, registry, store) = common::open_lrs().await;
        let request = KeyRequest {
            lrs: LrsName::parse("default").unwrap(),
            scopes: vec![Scope::All],
            label: String::new(),
            home_page: None,
            expires: None,
            requests_per_second_max: None,
        };
        let key = create_key(&*registry, &SystemIds, request).await.unwrap().key.key.id;
        let clock = Arc::new(Ticking(AtomicI64::new(START + seconds * SECOND)));
        Self { registry, store, key, clock, _folder: folder }
    }

    /// Keeps refusals as a server with these options does, and failed authentications.
    async fn keep(&self, options: RecorderOptions, refusals: Vec<Refused>, authentications: usize) {
        let registry: Arc<dyn Registry> = Arc::clone(&self.registry) as _;
        let (recorder, task) =
            FlightRecorder::new(options, registry, Arc::clone(&self.clock) as _, Arc::new(SystemIds));
        for refused in refusals {
            recorder.offer(&self.store, refused);
        }
        for _ in 0..authentications {
            let why = Refusal::Unknown;
            recorder.offer_unproven(&self.key, 401, Said::of(&Problem::WrongCredentials { why }));
        }
        let stop = CancellationToken::new();
        stop.cancel();
        task.run(stop).await;
        assert_eq!(recorder.dropped(), 0, "the queue is long enough");
    }

    /// Everything that the recorder holds, the count of its bytes included.
    async fn kept(&self) -> Vec<Entry> {
        let span = Span { from: vec![0], to: vec![u8::MAX], order: Order::Ascending, limit: 100_000 };
        self.store.views().scan(View::Recorder, span).await.unwrap()
    }
}

fn refused(number: usize, body: Option<Bytes>) -> Refused {
    Refused {
        key: KeyId("some-key".to_owned()),
        method: "POST".to_owned(),
        path: format!("/xapi/statements?number={number}"),
        version: "1.0.3".to_owned(),
        content_type: "application/json".to_owned(),
        status: 400,
        said: Said::of(&Problem::CannotReplay),
        violations: vec![Violation::quoting("/verb/id", "Data 2.4.3", "an IRI", "gelernt")],
        body,
    }
}

/// So many, each with a body of this length.
fn many(count: usize, length: usize) -> Vec<Refused> {
    (0..count).map(|number| refused(number, Some(Bytes::from(vec![b'x'; length])))).collect()
}

async fn check_same(source: &Lrs, target: &Lrs) {
    let (original, copied) = (source.kept().await, target.kept().await);
    let missing = original.iter().filter(|entry| !copied.contains(entry)).count();
    let more = copied.iter().filter(|entry| !original.contains(entry)).count();
    assert!(original == copied, "of {} entries {missing} are missing, {more} are others", original.len());
}

async fn copy(source: &Lrs, target: &Lrs) -> Verified {
    copy_lrs(&*source.store, &*target.store, &|_| ()).await.unwrap();
    match verify_copy(&*source.store, &*target.store, &|_| ()).await.unwrap() {
        Verification::Same(verified) => verified,
        Verification::Behind => panic!("nobody else writes"),
    }
}

#[tokio::test]
async fn every_refusal_arrives_once_and_as_it_is() {
    let (source, target, again) = (Lrs::open(0).await, Lrs::open(0).await, Lrs::open(0).await);
    let body = |text: &str| Some(Bytes::copy_from_slice(text.as_bytes()));
    let refusals =
        vec![refused(1, body("{\"verb\": \"gelernt\"}")), refused(2, None), refused(3, body("\u{0}\u{7f}é"))];
    source.keep(RecorderOptions::default(), refusals, 3).await;
    let redacted = RecorderOptions { keep_bodies: false, ..RecorderOptions::default() };
    source.keep(redacted, many(2, 100), 0).await;
    source.keep(RecorderOptions { body_bytes_max: 10, ..RecorderOptions::default() }, many(1, 100), 0).await;

    let verified = copy(&source, &target).await;
    assert_eq!(
        verified.refusals, 7,
        "three with and without bodies, two redacted, a shortened one, an hour of wrong secrets"
    );
    check_same(&source, &target).await;
    assert_eq!(copy(&source, &target).await, verified, "again: nothing is new");
    check_same(&source, &target).await;
    assert_eq!(copy(&target, &again).await, verified, "a copy of the copy has the same checksum");

    // What changes in the source changes in the copy: a further wrong secret in the same hour.
    source.keep(RecorderOptions::default(), Vec::new(), 1).await;
    let changed = copy(&source, &target).await;
    assert_eq!(changed.refusals, 7);
    assert_ne!(changed.refusals_sha256, verified.refusals_sha256);
    check_same(&source, &target).await;
}

#[tokio::test]
async fn nothing_refused_is_nothing_to_copy() {
    let (source, target) = (Lrs::open(0).await, Lrs::open(0).await);
    let none = copy(&source, &target).await;
    assert_eq!((none.refusals, target.kept().await), (0, Vec::new()));
    target.keep(RecorderOptions::default(), many(1, 10), 0).await;
    let before = target.kept().await;
    assert_eq!(copy(&source, &target).await, none);
    assert_eq!(target.kept().await, before, "what the target refused itself stays");
}

#[tokio::test]
async fn a_copy_that_is_broken_off_anywhere_goes_on() {
    let (source, target) = (Lrs::open(0).await, Lrs::open(0).await);
    for _ in 0..3 {
        source.keep(RecorderOptions::default(), many(200, 300), 0).await;
    }
    source.keep(RecorderOptions::default(), many(12, 1 << 20), 0).await;
    let (mut broken_off, mut had) = (0, 0);
    for polls_max in (1..).step_by(3) {
        let told = AtomicU64::new(0);
        let tell = |CopyProgress { step, done, total }: CopyProgress| {
            if step == CopyStep::Refusals {
                assert_eq!(total, 612);
                assert!(told.swap(done, Ordering::SeqCst) < done, "it goes on");
            }
        };
        let (mut copying, mut polls) = (pin!(copy_lrs(&*source.store, &*target.store, &tell)), 0);
        let copied = poll_fn(|context| {
            polls += 1;
            if polls > polls_max { Poll::Ready(None) } else { copying.as_mut().poll(context).map(Some) }
        });
        let copied = copied.await.transpose().unwrap();
        let (kept, all) = (target.kept().await, source.kept().await);
        assert!(kept.iter().filter(|(key, _)| key != b"R").all(|entry| all.contains(entry)), "whole ones only");
        assert!(kept.len() >= had, "nothing is lost again");
        had = kept.len();
        if copied.is_some() {
            assert_eq!(told.load(Ordering::SeqCst), 612);
            break;
        }
        broken_off += 1;
    }
    assert!(broken_off >= 4, "{broken_off}");
    check_same(&source, &target).await;
}

#[tokio::test]
async fn a_copy_takes_no_more_room_than_its_source() {
    let (source, target) = (Lrs::open(0).await, Lrs::open(10_000).await);
    let options = RecorderOptions { bytes_max: 60_000, ..RecorderOptions::default() };
    source.keep(options, many(200, 1_000), 0).await;
    copy(&source, &target).await;
    // The source goes on, and lets go what was copied.
    source.keep(options, many(30, 1_000), 0).await;
    let verified = copy(&source, &target).await;
    check_same(&source, &target).await;
    let bytes: usize = target.kept().await.iter().map(|(key, value)| key.len() + value.len()).sum();
    assert!(bytes as u64 <= options.bytes_max + 9, "{bytes}");
    // What the target refuses itself is newer, and stays.
    target.keep(RecorderOptions::default(), many(1, 10), 0).await;
    let own = target.kept().await;
    assert_eq!(copy(&source, &target).await, verified);
    assert_eq!(target.kept().await, own);
    // Its servers go on to keep to their own bounds, by a sum that is right.
    let few = RecorderOptions { bytes_max: 5_000, ..options };
    prune_refusals(&*target.store, &few, Timestamp(START)).await.unwrap();
    prune_refusals(&*source.store, &few, Timestamp(START)).await.unwrap();
    let bytes: usize = target.kept().await[1..].iter().map(|(key, value)| key.len() + value.len()).sum();
    assert!((3_000..=5_000).contains(&bytes), "{bytes}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_that_goes_on_refusing_meanwhile_is_copied_all_the_same() {
    let (source, target) = (Arc::new(Lrs::open(0).await), Lrs::open(0).await);
    let rounds = Arc::new(AtomicU64::new(0));
    let going_on = {
        let (source, rounds) = (Arc::clone(&source), Arc::clone(&rounds));
        tokio::spawn(async move {
            // Full soon, so that each one pushes out an old one.
            let options = RecorderOptions { bytes_max: 100_000, ..RecorderOptions::default() };
            while rounds.load(Ordering::SeqCst) < 20 {
                source.keep(options, many(3, 2_000), 1).await;
            }
        })
    };
    while rounds.fetch_add(1, Ordering::SeqCst) < 20 {
        assert!(copy(&source, &target).await.refusals <= 60);
    }
    going_on.await.unwrap();
    copy(&source, &target).await;
    check_same(&source, &target).await;
}
