//! Connections to the database: a pool of those that read, and a smaller one of those that write.
//!
//! TLS certificates are always verified: against `sslrootcert`, or against the public roots.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{
    ConfigConnectImpl, Connect, Hook, HookError, Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime,
};
use futures_util::future::BoxFuture;
use lrs_store::StoreError;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::Options;
use crate::error::{Fault, pool_error};
use crate::replicas::Replicas;

/// A dead peer is noticed after about a minute, not after the system's two hours.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(15);
/// Data that the server does not acknowledge for so long means that it is gone.
const TCP_USER_TIMEOUT: Duration = Duration::from_secs(10);

/// Plans that hold at any size: a page is read along an index that has its order, whatever the statistics say.
const READER_SETTINGS: &str = "SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_hashjoin = off;
    SET enable_mergejoin = off; SET enable_sort = off; SET jit = off;";
const WRITER_SETTINGS: &str = "SELECT set_config('synchronous_commit', 'on', false)
    WHERE current_setting('synchronous_commit') = 'off'; SET jit = off;
    SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off;";
/// Planning once is enough for such plans, except on Citus, which has to know the values to plan at all.
const PLAN_CACHE_SETTING: &str = "SELECT set_config('plan_cache_mode', CASE
    WHEN EXISTS (SELECT FROM pg_extension WHERE extname = 'citus') THEN 'force_custom_plan' ELSE 'force_generic_plan' END, false);";

/// Why a database cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The address is no `postgres://` URL. The text never holds the password.
    #[error("the address of the database is not a postgres:// URL: {0}")]
    Address(String),
    /// The file of root certificates cannot be used.
    #[error("{} holds no usable root certificates: {reason}", .path.display())]
    RootCertificates {
        /// `sslrootcert`
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The database was written by a later release.
    #[error("the database has schema version {found}, and this release knows {known}: use a later release")]
    Newer {
        /// What stands there.
        found: i32,
        /// What this release writes.
        known: i32,
    },
    /// The folder of attachments cannot be used.
    #[error("the attachments folder {} cannot be used: {reason}", .path.display())]
    Attachments {
        /// The folder.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A pooler stands before the database and shares its sessions.
    #[error(
        "a pooler before the database gives sessions away between transactions, so that settings and prepared statements would be another's: \
         let it give each client a session of its own (PgBouncer: pool_mode = session), or name the database itself"
    )]
    SharedSessions,
    /// The database refuses, or is away.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Where the database is and how to log in: a parsed URL, with the password from elsewhere.
#[derive(Clone)]
pub struct Database {
    config: Config,
    root_certificates: Option<PathBuf>,
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Database").field("dbname", &self.config.get_dbname()).finish_non_exhaustive()
    }
}

impl Database {
    /// Parses `postgres://user@host:port/database?sslmode=require&sslrootcert=FILE`. `password` wins over one in the URL.
    ///
    /// ```
    /// let database = lrs_postgres::Database::parse("postgres://lyceum@db.example.org/lyceum", Some("secret")).unwrap();
    /// assert!(!format!("{database:?}").contains("secret"));
    /// ```
    ///
    /// # Errors
    /// `Address` when it is not such a URL.
    pub fn parse(url: &str, password: Option<&str>) -> Result<Self, OpenError> {
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(OpenError::Address("it must begin with postgres://".to_owned()));
        }
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let mut root_certificates = None;
        let mut rest = Vec::new();
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            match parameter.strip_prefix("sslrootcert=") {
                Some(path) => root_certificates = Some(PathBuf::from(path)),
                // Nothing less is ever done where there is TLS.
                None if matches!(parameter, "sslmode=verify-full" | "sslmode=verify-ca") => {
                    rest.push("sslmode=require");
                }
                None => rest.push(parameter),
            }
        }
        let mut config: Config = [base, "?", &rest.join("&")]
            .concat()
            .parse()
            .map_err(|error: tokio_postgres::Error| OpenError::Address(error.to_string()))?;
        if let Some(password) = password {
            config.password(password);
        }
        config.keepalives_idle(KEEPALIVE_IDLE).tcp_user_timeout(TCP_USER_TIMEOUT);
        Ok(Self { config, root_certificates })
    }

    /// The host and port, for people.
    fn server(&self) -> String {
        let host = self.config.get_hosts().first().map_or_else(String::new, |host| match host {
            Host::Tcp(name) => name.clone(),
            Host::Unix(folder) => folder.display().to_string(),
        });
        self.config.get_ports().first().map_or(host.clone(), |port| format!("{host}:{port}"))
    }

    fn tls(&self) -> Result<MakeRustlsConnect, OpenError> {
        let mut roots = rustls::RootCertStore::empty();
        if let Some(path) = &self.root_certificates {
            read_roots(path, &mut roots)
                .map_err(|reason| OpenError::RootCertificates { path: path.clone(), reason })?;
        } else {
            roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| OpenError::Address(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(MakeRustlsConnect::new(config))
    }

    fn pool(&self, size: usize, options: &Options, settings: &'static str) -> Result<Pool, OpenError> {
        let mut config = self.config.clone();
        config.connect_timeout(options.connect_timeout).application_name(options.access.application_name());
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let connect: Box<dyn Connect> = if config.get_ssl_mode() == SslMode::Disable {
            Box::new(ConfigConnectImpl { tls: NoTls })
        } else {
            Box::new(ConfigConnectImpl { tls: self.tls()? })
        };
        let connect = ConnectHere { threads: Handle::current(), connect: connect.into() };
        let manager = Manager::from_connect(config, connect, recycling);
        let sql: Arc<str> = format!(
            "{settings} {PLAN_CACHE_SETTING} SET statement_timeout = {}; SET idle_in_transaction_session_timeout = {};",
            options.statement_timeout.as_millis(),
            options.idle_timeout.as_millis()
        )
        .into();
        let prepare = Hook::async_fn(move |client: &mut deadpool_postgres::ClientWrapper, _| {
            let sql = Arc::clone(&sql);
            Box::pin(async move { client.batch_execute(&sql).await.map_err(HookError::Backend) })
        });
        Pool::builder(manager)
            .max_size(size)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(options.connect_timeout))
            .create_timeout(Some(options.connect_timeout))
            .post_create(prepare)
            .build()
            .map_err(|error| StoreError::Internal { operation: "make a pool", source: Box::new(error) }.into())
    }
}

/// Connects on the runtime that opened the pool, whoever asks first: a connection that a follower of low priority began is lent to
/// readers later.
struct ConnectHere {
    threads: Handle,
    connect: Arc<dyn Connect>,
}

impl Connect for ConnectHere {
    fn connect(
        &self,
        config: &Config,
    ) -> BoxFuture<'_, Result<(tokio_postgres::Client, JoinHandle<()>), tokio_postgres::Error>> {
        let (connect, config) = (Arc::clone(&self.connect), config.clone());
        let connecting = self.threads.spawn(async move { connect.connect(&config).await });
        Box::pin(async move {
            match connecting.await {
                Ok(connected) => connected,
                // The runtime is shutting down, and with it all who wait; the pool gives up after its time.
                Err(_) => std::future::pending().await,
            }
        })
    }
}

fn read_roots(path: &Path, roots: &mut rustls::RootCertStore) -> Result<(), String> {
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| error.to_string())? {
        roots.add(certificate.map_err(|error| error.to_string())?).map_err(|error| error.to_string())?;
    }
    if roots.is_empty() { Err("there is none in it".to_owned()) } else { Ok(()) }
}

/// The connections of one process.
#[derive(Clone)]
pub(crate) struct Pools {
    readers: Pool,
    writers: Pool,
    pub(crate) replicas: Arc<Replicas>,
}

impl Pools {
    pub(crate) fn open(database: &Database, replicas: &[Database], options: &Options) -> Result<Self, OpenError> {
        let reading = |database: &Database| database.pool(options.readers_max, options, READER_SETTINGS);
        let replicas = replicas.iter().map(|replica| Ok((replica.server(), reading(replica)?)));
        Ok(Self {
            readers: reading(database)?,
            writers: database.pool(options.writers_max, options, WRITER_SETTINGS)?,
            replicas: Arc::new(Replicas::new(replicas.collect::<Result<_, OpenError>>()?)),
        })
    }

    /// A connection that reads.
    pub(crate) async fn reader(&self, operation: &'static str) -> Result<Object, StoreError> {
        self.readers.get().await.map_err(|error| pool_error(operation, error))
    }

    /// A connection that writes.
    pub(crate) async fn writer(&self, operation: &'static str) -> Result<Object, StoreError> {
        self.writers.get().await.map_err(|error| pool_error(operation, error))
    }

    /// Changes rows with one statement of SQL that may run twice, and so is tried again when a connection turns out to be
    /// broken. How many rows.
    pub(crate) async fn change(
        &self,
        operation: &'static str,
        sql: &str,
        arguments: &[&(dyn ToSql + Sync)],
    ) -> Result<u64, StoreError> {
        read_again(|| async {
            let connection = self.writer(operation).await?;
            let outcome = connection.execute(sql, arguments).await.map_err(|error| Fault::new(operation, error));
            drop_broken(connection, &outcome);
            outcome
        })
        .await
    }

    pub(crate) fn close(&self) {
        self.readers.close();
        self.writers.close();
        self.replicas.close();
    }
}

/// A broken connection does not go back to the pool.
pub(crate) fn drop_broken<T>(connection: Object, outcome: &Result<T, Fault>) {
    if matches!(outcome, Err(Fault::Lost(_))) {
        drop(Object::take(connection));
    }
}

/// Runs a read again on another connection when the first one turns out to be broken, as after a restart of the database.
pub(crate) async fn read_again<T, F>(mut read: impl FnMut() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, Fault>>,
{
    // As many as the pool may hold of dead connections, and one that is new.
    const TRIES_MAX: usize = 12;
    let mut tries = 1;
    loop {
        match read().await {
            Err(Fault::Lost(_) | Fault::Conflicted(_)) if tries < TRIES_MAX => tries += 1,
            outcome => return outcome.map_err(StoreError::from),
        }
    }
}
