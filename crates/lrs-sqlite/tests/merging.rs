//! Sealed generations are written into the index while the log grows: in proportion to what is appended, and never falling behind.

use std::sync::Arc;

use lrs_sqlite::{Mode, Options, SqliteRegistry};
use lrs_store::contract::{Draft, TestClock};
use lrs_store::{Batch, LrsName, Registry as _, Store};

const GENERATION: u32 = 4_096;

async fn append(store: &dyn Store, first: u64, count: u64) -> u64 {
    let statements = (first..first + count).map(|n| Draft::new(n).complete()).collect();
    store.record_statements(Batch { statements, attachments: Vec::new() }).await.expect("recording works");
    store.status().await.expect("reading works").indexed_through
}

#[tokio::test]
async fn a_generation_is_merged_when_the_next_is_half_full_and_little_by_little_however_small_the_commits() {
    let folder = tempfile::tempdir().expect("there is room");
    let options = Options { generation_statements_max: GENERATION, merge_when_idle: false, ..Options::default() };
    let registry = SqliteRegistry::open(folder.path(), Mode::Server, options, Arc::<TestClock>::default());
    let registry = registry.expect("opening works");
    let lrs = LrsName::parse("school").expect("the name is good");
    registry.create_lrs(&lrs).await.expect("creating works");
    let store = registry.open_lrs(&lrs).await.expect("opening works");

    let generation = u64::from(GENERATION);
    let mut appended = 0;
    for (number, batch) in [(1, 1), (2, 3), (3, 50)] {
        while appended < number * generation {
            let indexed = append(&*store, appended, 64.min(number * generation - appended)).await;
            appended += 64.min(number * generation - appended);
            assert_eq!(indexed, (number - 1) * generation, "no later generation is sealed yet");
        }
        let sealed = appended;
        while append(&*store, appended, batch).await < sealed {
            appended += batch;
            assert!(appended - sealed <= generation / 2 + 64, "{batch} at a time: merging falls behind");
        }
        appended += batch;
        assert!(appended - sealed > generation / 4, "{batch} at a time: merged after {} already", appended - sealed);
    }
}
