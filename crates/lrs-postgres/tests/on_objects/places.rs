//! Places in the tests' object store, LRSs whose attachments are there, and what can be done with both.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures_util::TryStreamExt as _;
use lrs_postgres::{AttachmentPlace, Database, ObjectPlace, Options, PostgresRegistry, Time};
use lrs_store::contract::Draft;
use lrs_store::{Batch, LrsName, Recorded, Registry as _, Store, StoreError};
use object_store::aws::AmazonS3Builder;
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::path::Path as ObjectPath;
use object_store::{BackoffConfig, ObjectStore, RetryConfig};
use tempfile::TempDir;
use test_objects::{AZURE_READER, AZURE_SECRET, BUCKET, KEY, READER_KEY, SECRET};

/// A server of objects, by its endpoint.
#[derive(Clone, Copy)]
pub enum Service<'a> {
    S3(&'a str),
    Azure(&'a str),
}

/// What a key may do.
#[derive(Clone, Copy)]
pub enum Access {
    Full,
    ReadOnly,
}

impl Service<'_> {
    /// The bucket, as such a key reaches it; what fails is given up soon.
    pub fn bucket(self, access: Access) -> Arc<dyn ObjectStore> {
        let backoff = BackoffConfig { max_backoff: Duration::from_millis(100), ..BackoffConfig::default() };
        let retry = RetryConfig { backoff, max_retries: 3, retry_timeout: Duration::from_secs(1) };
        match self {
            Self::S3(endpoint) => {
                let key = match access {
                    Access::Full => KEY,
                    Access::ReadOnly => READER_KEY,
                };
                let builder = AmazonS3Builder::new().with_bucket_name(BUCKET).with_endpoint(endpoint);
                let builder = builder.with_access_key_id(key).with_secret_access_key(SECRET).with_allow_http(true);
                Arc::new(builder.with_retry(retry).build().expect("the settings are good"))
            }
            Self::Azure(endpoint) => {
                let builder = MicrosoftAzureBuilder::new().with_container_name(BUCKET).with_endpoint(endpoint.into());
                let builder = builder.with_account(KEY).with_allow_http(true).with_retry(retry);
                let builder = match access {
                    Access::Full => builder.with_access_key(AZURE_SECRET),
                    Access::ReadOnly => builder.with_config(AzureConfigKey::SasKey, AZURE_READER),
                };
                Arc::new(builder.build().expect("the settings are good"))
            }
        }
    }

    /// A place with a prefix of its own.
    pub fn place(self, spool: &Path) -> (AttachmentPlace, ObjectPath) {
        let prefix = prefix();
        (self.place_at(Access::Full, &prefix, spool), prefix)
    }

    /// A place with this prefix.
    pub fn place_at(self, access: Access, prefix: &ObjectPath, spool: &Path) -> AttachmentPlace {
        let shown = format!("objects://{BUCKET}/{prefix}");
        AttachmentPlace::Objects(ObjectPlace::new(self.bucket(access), shown, prefix.clone(), spool.to_owned()))
    }

    /// The names of all objects below a prefix, without it, sorted.
    pub async fn objects(self, prefix: &ObjectPath) -> Vec<String> {
        let bucket = self.bucket(Access::Full);
        let listed: Vec<_> = bucket.list(Some(prefix)).try_collect().await.expect("listing works");
        let name =
            |path: &ObjectPath| path.as_ref().trim_start_matches(prefix.as_ref()).trim_start_matches('/').to_owned();
        let mut names: Vec<String> = listed.iter().map(|object| name(&object.location)).collect();
        names.sort_unstable();
        names
    }
}

/// A prefix that nobody else uses.
pub fn prefix() -> ObjectPath {
    static PREFIXES: AtomicU32 = AtomicU32::new(0);
    ObjectPath::from(format!("test-{}-{}", std::process::id(), PREFIXES.fetch_add(1, Ordering::Relaxed)))
}

/// A server with one LRS, in a database of its own.
pub struct Opened {
    pub options: Options,
    pub registry: Arc<PostgresRegistry>,
    pub store: Arc<dyn Store>,
    pub database: Arc<test_postgres::Database>,
    pub spool: TempDir,
}

/// The name of its LRS.
pub fn school() -> LrsName {
    LrsName::parse("school").expect("the name is good")
}

impl Opened {
    /// Its attachments go where `place` says, given a folder that lives as long as this.
    pub async fn new(place: impl FnOnce(&Path) -> AttachmentPlace) -> Self {
        let spool = tempfile::tempdir().expect("there is a folder for temporary files");
        let database = Arc::new(test_postgres::Database::new());
        let options = Options { attachments: place(spool.path()), ..Options::new("/nowhere".into()) };
        let address = Database::parse(database.url(), None).expect("the URL is good");
        let registry = PostgresRegistry::open(&address, options.clone(), Time::Database).await.expect("opening works");
        registry.create_lrs(&school()).await.expect("creating works");
        let store = registry.open_lrs(&school()).await.expect("opening works");
        Self { options, registry, store, database, spool }
    }
}

/// Uploads these bytes, and records a statement with them: the SHA-256.
pub async fn record(store: &dyn Store, number: u64, bytes: &[u8]) -> Result<String, StoreError> {
    let mut upload = store.begin_attachment().await?;
    for chunk in bytes.chunks(100_000) {
        upload.write(chunk).await?;
    }
    let uploaded = upload.finish().await?;
    let sha256 = uploaded.sha256.clone();
    let batch = Batch { statements: vec![Draft::new(number).complete()], attachments: vec![uploaded] };
    let recorded = store.record_statements(batch).await?;
    assert!(matches!(recorded, Recorded::Stored { .. }), "{recorded:?}");
    Ok(sha256)
}

/// An attachment's bytes.
pub async fn read(store: &dyn Store, sha256: &str) -> Result<Option<Vec<u8>>, StoreError> {
    let Some(mut found) = store.find_attachment(sha256).await? else { return Ok(None) };
    let mut bytes = Vec::new();
    tokio::io::AsyncReadExt::read_to_end(&mut found.reader, &mut bytes).await.expect("reading works");
    Ok(Some(bytes))
}

/// Bytes in no order that repeats soon.
pub fn bytes(length: u32, seed: u32) -> Vec<u8> {
    (0..length).map(|at| at.wrapping_add(seed).wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect()
}

/// It was refused because the object store does not answer; without telling a secret.
pub fn check_unavailable<T: std::fmt::Debug>(outcome: Result<T, StoreError>) {
    match outcome {
        Err(StoreError::Unavailable { obstacle, .. }) => {
            let reason = obstacle.to_string();
            assert!(reason.contains("object store"), "{reason}");
            assert!(!reason.contains(SECRET) && !reason.contains(AZURE_SECRET), "{reason}");
        }
        other => panic!("expected unavailable, found {other:?}"),
    }
}
