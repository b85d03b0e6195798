//! Attachments that no statement names, wherever attachments are: which are removed, when, and which never.

use std::sync::Arc;
use std::time::{Duration, Instant};

use lrs_postgres::{Orphans, PostgresRegistry};
use lrs_store::contract::Draft;
use lrs_store::{Batch, Clock as _, JobId, Recorded, Store, SystemClock};
use test_postgres::Database;
use xapi::Timestamp;

const DAY: Duration = Duration::from_hours(24);
const DAY_MICROS: i64 = 86_400_000_000;
/// Longer than anything takes on a machine that is far too busy.
const PATIENCE: Duration = Duration::from_mins(1);

/// A server with the LRS of number 1, and the place of its attachments.
pub struct Place<'a, F> {
    pub registry: &'a PostgresRegistry,
    pub store: Arc<dyn Store>,
    pub database: Arc<Database>,
    /// Whether the bytes of this SHA-256 are there; they are removed if that is asked for.
    pub look: F,
}

/// What is to be done with bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    Only,
    AndRemove,
}

async fn record(store: Arc<dyn Store>, number: u64, bytes: String) -> String {
    let mut upload = store.begin_attachment().await.expect("an upload begins");
    upload.write(bytes.as_bytes()).await.expect("writing works");
    let uploaded = upload.finish().await.expect("the upload ends");
    let sha256 = uploaded.sha256.clone();
    let batch = Batch { statements: vec![Draft::new(number).complete()], attachments: vec![uploaded] };
    let recorded = store.record_statements(batch).await.expect("recording works");
    assert!(matches!(recorded, Recorded::Stored { .. }), "{recorded:?}");
    sha256
}

impl<F: AsyncFn(&str, Look) -> bool> Place<'_, F> {
    /// Records a statement with these bytes: the SHA-256.
    async fn record(&self, number: u64, bytes: &str) -> String {
        record(Arc::clone(&self.store), number, bytes.to_owned()).await
    }

    /// Makes bytes that no row names, as a server leaves them that dies before its commit.
    async fn orphan(&self, number: u64, bytes: &str) -> String {
        let sha256 = self.record(number, bytes).await;
        for table in ["attachment", "attachment_digest"] {
            self.database.run(&format!("DELETE FROM lrs_1.{table} WHERE sha256 = '{sha256}'"));
        }
        sha256
    }

    async fn is_readable(&self, sha256: &str) -> bool {
        self.store.find_attachment(sha256).await.expect("its bytes are there").is_some()
    }

    /// Looks for orphans as if it were so many days later.
    async fn remove(&self, days: i64) -> Orphans {
        let Timestamp(now) = SystemClock.now();
        let removed = self.registry.remove_orphans(Timestamp(now + days * DAY_MICROS), DAY).await;
        removed.expect("it works").iter().find(|(name, _)| name.as_str() == "school").expect("the LRS").1
    }

    /// As if two days had passed since the marks were made.
    fn age_marks(&self) {
        let earlier = format!("(convert_from(value, 'UTF8')::bigint - {})::text", 2 * DAY_MICROS);
        self.database.run(&format!(
            "UPDATE lrs_1.meta SET value = convert_to({earlier}, 'UTF8') WHERE starts_with(name, 'orphan/')"
        ));
    }

    /// Young ones stay, old ones go after two looks, and what a statement names never goes.
    async fn check_times(&self) {
        let named = self.record(1, "named").await;
        let job = JobId(uuid::Uuid::from_u128(1));
        let mut upload = self.store.begin_attachment().await.expect("an upload begins");
        upload.write(b"lines").await.expect("writing works");
        let upload = upload.finish().await.expect("the upload ends");
        self.store.job_files().keep_job_file(job, upload).await.expect("it is kept");
        let (orphan, reused) = (self.orphan(2, "orphan").await, self.orphan(3, "reused").await);
        assert_eq!(self.remove(0).await, Orphans { removed: 0, waiting: 0 }, "they are young");
        assert_eq!(self.remove(2).await, Orphans { removed: 0, waiting: 2 }, "the first look marks");
        assert_eq!(self.remove(2).await, Orphans { removed: 0, waiting: 2 }, "the marks are young");
        self.age_marks();
        assert_eq!(self.record(4, "reused").await, reused);
        assert_eq!(self.remove(2).await, Orphans { removed: 1, waiting: 0 });
        assert!(!(self.look)(&orphan, Look::Only).await, "its bytes are gone");
        for kept in [&named, &reused] {
            assert!(self.is_readable(kept).await);
        }
        let kept = self.store.job_files().open_job_file(job, 0).await.expect("looking works");
        assert!(kept.is_some(), "the file of a job is no orphan");
        assert_eq!(self.record(5, "orphan").await, orphan);
        assert!(self.is_readable(&orphan).await, "the same bytes can come again");

        // Bytes that were put again after they were marked may belong to a request that is under way.
        let young = self.orphan(6, "young").await;
        self.remove(2).await;
        self.age_marks();
        assert_eq!(self.remove(0).await, Orphans { removed: 0, waiting: 0 });
        assert!((self.look)(&young, Look::Only).await);
    }

    /// A request that finds bytes which are on their way out waits for that, and puts its own.
    async fn check_removal_under_way(&self) {
        let orphan = self.orphan(7, "on its way out").await;
        self.remove(2).await;
        let database = Arc::clone(&self.database);
        let removal = format!(
            "DELETE FROM lrs_1.meta WHERE name = 'orphan/{orphan}';
             DO $$ BEGIN WHILE NOT EXISTS (SELECT FROM pg_class WHERE relname = 'removed') LOOP PERFORM pg_sleep(0.02); END LOOP; END $$"
        );
        let removal = std::thread::spawn(move || database.run(&removal));
        let wait_for = |what: &str, sql: &str| {
            let began = Instant::now();
            while self.database.run(&format!("SELECT count(*) FROM pg_stat_activity WHERE {sql}")) == "0" {
                assert!(began.elapsed() < PATIENCE, "waited in vain for {what}");
            }
        };
        wait_for("the removal", "datname = current_database() AND wait_event = 'PgSleep'");
        let recording = tokio::spawn(record(Arc::clone(&self.store), 8, "on its way out".to_owned()));
        wait_for("the request", "datname = current_database() AND wait_event_type = 'Lock'");
        assert!((self.look)(&orphan, Look::AndRemove).await);
        self.database.run("CREATE TABLE public.removed ()");
        removal.join().expect("the removal ends");
        assert_eq!(recording.await.expect("recording works"), orphan);
        assert!(self.is_readable(&orphan).await);
    }

    /// Requests that send what is being removed at that moment: each that was stored has its bytes.
    async fn check_beside_writers(&self) {
        const COUNT: u64 = 30;
        let text = |n: u64| format!("sent again {n}");
        for n in 0..COUNT {
            self.orphan(100 + n, &text(n)).await;
        }
        self.remove(2).await;
        self.age_marks();
        let sending = (0..COUNT).map(|n| tokio::spawn(record(Arc::clone(&self.store), 200 + n, text(n))));
        let sending: Vec<_> = sending.collect();
        self.remove(2).await;
        for sent in sending {
            let sha256 = sent.await.expect("recording works");
            assert!(self.is_readable(&sha256).await);
        }
    }

    /// All of it.
    pub async fn check(&self) {
        self.check_times().await;
        self.check_removal_under_way().await;
        self.check_beside_writers().await;
    }
}
