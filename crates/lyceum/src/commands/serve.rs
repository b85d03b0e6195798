//! `lyceum serve`: opens the data folder, makes the first LRS and key, and serves until it is told to stop.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use lrs_core::{FlightRecorder, IdSource, Jobs, KeyUses, RecorderOptions, SystemIds, follow_all_logs};
use lrs_http::{AppState, Certificates, Limits, Observer, Operations, Server, Stopped, WebApp};
use lrs_sqlite::backup::FolderBackups;
use lrs_store::{Backups, Clock, LeaseHolder, Registry, SystemClock};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::configuration::{Layer, Settings};
use crate::first_start::{FirstKey, prepare_first_start};
use crate::low_priority::LowPriority;
use crate::openid::read_providers;
use crate::place::{Purpose, open_registry, place_arguments};
use crate::telemetry::Telemetry;
use crate::web_app;

/// How often the metrics recorder empties its buffers.
const METRICS_UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// How often the use of keys is written down: what a crash may forget of it.
const KEY_USES_INTERVAL: Duration = Duration::from_secs(15);

/// Open files that are not connections: databases, attachments, logs.
const FILES_BESIDE_CONNECTIONS: usize = 200;

/// What the readiness probe writes: more than a full disk has left over by chance.
const PROBE_BYTES: usize = 64 << 10;

/// Arguments of `lyceum serve`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  lyceum serve\n  lyceum serve --data /var/lib/lyceum --listen 0.0.0.0:8080\n  \
                  lyceum serve --config /etc/lyceum.toml\n\nEvery setting can stand in the environment or in the file of \
                  --config too; a flag wins over the environment, and that over the file.")]
pub struct Arguments {
    /// A TOML file with settings
    #[arg(long, env = "LYCEUM_CONFIG", hide_env_values = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    settings: Layer,
}

/// Serves until SIGTERM or SIGINT.
///
/// # Errors
/// Why the server cannot start, and what to do about it.
pub async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let settings = Settings::resolve(arguments.settings, arguments.config.as_deref())?;
    let telemetry = Telemetry::start(&settings.log, settings.log_format, settings.otlp_endpoint.as_deref())?;
    let prometheus = lrs_http::install_metrics().context("cannot start the metrics")?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let ids: Arc<dyn IdSource> = Arc::new(SystemIds);

    let tls = load_certificates(&settings)?;
    let openid = settings.openid.as_deref().map(read_providers).transpose()?.unwrap_or_default();
    let registry = open_registry(&settings, Purpose::Serve).await?;
    let stop = stop_at_signal()?;
    let served = async {
        let listener = listen(&settings.listen).await?;
        let address = listener.local_addr()?;
        let first = if settings.read_only {
            None
        } else {
            prepare_first_start(registry.as_ref(), ids.as_ref(), clock.now()).await?
        };
        announce(&settings, address, first.as_ref());

        let uses = Arc::new(KeyUses::default());
        let writing_uses = tokio::spawn(write_key_uses(Arc::clone(&uses), Arc::clone(&registry), stop.clone()));
        let (recorder, recording) = FlightRecorder::new(
            recorder_options(&settings),
            Arc::clone(&registry),
            Arc::clone(&clock),
            Arc::clone(&ids),
        );
        let recording = tokio::spawn(recording.run(stop.clone()));
        let holder = LeaseHolder(ids.uuid());
        let (_followers, following_logs) = start_following(&registry, holder, stop.clone())?;
        let (jobs, working) = start_jobs(&settings, &registry, (&clock, &ids), stop.clone());
        let upkeep = prometheus.clone();
        let metrics_upkeep = tokio::spawn(every(METRICS_UPKEEP_INTERVAL, stop.clone(), move || upkeep.run_upkeep()));
        let folder = settings.data.clone();
        let operations = lrs_http::operations_router(Operations {
            registry: Arc::clone(&registry),
            prometheus,
            metrics_access: settings.metrics_access.into(),
            probe: Box::new(move || try_writing(&folder)),
        });
        let web_app = lrs_http::web_app_router(WebApp { files: web_app::FILES, ids: Arc::clone(&ids) });
        let state = AppState {
            registry: Arc::clone(&registry),
            clock,
            ids: Arc::clone(&ids),
            uses: Arc::clone(&uses),
            recorder: Some(recorder),
            jobs,
            openid,
            backups: backups(&settings),
            settings: interface_settings(&settings),
        };
        let following = tls.as_ref().map(|tls| tokio::spawn(Arc::clone(tls).follow_files(stop.clone())));
        let server = Server {
            router: lrs_http::router(state).merge(operations).merge(web_app),
            limits: limits(&settings),
            tls: tls.as_ref().map(Certificates::server_config).transpose()?,
            observer: Observer::new(ids, telemetry.tracer()),
        };
        let stopped = server.run(listener, stop).await;
        metrics_upkeep.await?;
        writing_uses.await?;
        recording.await?;
        following_logs.await?;
        working.await?;
        if let Some(following) = following {
            following.await?;
        }
        anyhow::Ok(stopped)
    }
    .await;
    registry.close().await;
    match &served {
        Ok(Stopped::Finished) => tracing::info!("stopped"),
        Ok(Stopped::CutOff(connections)) => tracing::warn!(connections, "stopped; some connections were cut off"),
        Err(_) => {}
    }
    tokio::task::spawn_blocking(move || telemetry.finish()).await?;
    served.map(|_| ExitCode::SUCCESS)
}

fn load_certificates(settings: &Settings) -> anyhow::Result<Option<Arc<Certificates>>> {
    match (&settings.tls_certificate, &settings.tls_key) {
        (Some(certificate), Some(key)) => Ok(Some(Certificates::load(certificate, key)?)),
        _ => Ok(None),
    }
}

/// SIGTERM and SIGINT ask to stop; a second one stops at once.
fn stop_at_signal() -> anyhow::Result<CancellationToken> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let stop = CancellationToken::new();
    let asked = stop.clone();
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if asked.is_cancelled() {
                tracing::warn!("told to stop twice: stopping at once");
                std::process::exit(130);
            }
            tracing::info!("stopping: finishing the requests in flight");
            asked.cancel();
        }
    });
    Ok(stop)
}

/// Binds the address, which may be a host name.
async fn listen(text: &str) -> anyhow::Result<TcpListener> {
    let advice = "write ADDRESS:PORT, such as 127.0.0.1:8080, or 0.0.0.0:8080 for every network of this machine";
    let addresses: Vec<SocketAddr> = tokio::net::lookup_host(text)
        .await
        .with_context(|| format!("{text:?} is not an address to listen at: {advice}"))?
        .collect();
    let Some(&address) = addresses.iter().find(|address| address.is_ipv4()).or(addresses.first()) else {
        bail!("{text:?} has no address: {advice}");
    };
    lrs_http::bind(address).map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => anyhow::anyhow!(
            "port {} of {} is in use by another program: stop that, or choose another with --listen {}:PORT",
            address.port(),
            address.ip(),
            address.ip()
        ),
        std::io::ErrorKind::PermissionDenied => anyhow::anyhow!(
            "this user may not listen at port {}: choose one from 1024 on with --listen, or give the program the \
             capability CAP_NET_BIND_SERVICE",
            address.port()
        ),
        std::io::ErrorKind::AddrNotAvailable => {
            anyhow::anyhow!("{} is not an address of this machine: {advice}", address.ip())
        }
        _ => anyhow::Error::new(error).context(format!("cannot listen at {address}")),
    })
}

/// Tells the person at the terminal, on standard output, where the server is and, at the first start, how to use it.
fn announce(settings: &Settings, address: SocketAddr, first: Option<&FirstKey>) {
    let scheme = if settings.tls_certificate.is_some() { "https" } else { "http" };
    let here = format!("{scheme}://{address}");
    let base = settings.public_url.as_deref().map_or(here.as_str(), |url| url.trim_end_matches('/'));
    let endpoint = format!("{base}/xapi");
    let block = first.map(|first| first.describe(base, &place_arguments(settings))).unwrap_or_default();
    let mut out = std::io::stdout().lock();
    if let Err(error) = writeln!(out, "{block}Lyceum is ready. Endpoint: {endpoint}").and_then(|()| out.flush()) {
        tracing::warn!("nobody reads standard output: {error}");
    }
    tracing::info!(version = env!("CARGO_PKG_VERSION"), %address, data = %settings.data.display(), "serving");
}

/// Runs `work` now and then until `stop`.
async fn every(interval: Duration, stop: CancellationToken, work: impl Fn()) {
    let mut ticks = tokio::time::interval(interval);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        work();
    }
}

/// Follows the logs of all LRSs, on threads that end when they are dropped.
fn start_following(
    registry: &Arc<dyn Registry>,
    holder: LeaseHolder,
    stop: CancellationToken,
) -> anyhow::Result<(LowPriority, JoinHandle<()>)> {
    let threads = LowPriority::start().context("cannot start the threads that follow the log")?;
    let following = follow_all_logs(Arc::clone(registry), holder, threads.for_followers(), stop);
    Ok((threads, tokio::spawn(following)))
}

/// The server's jobs, and the task that works at them. A server that only reads leaves that to others.
fn start_jobs(
    settings: &Settings,
    registry: &Arc<dyn Registry>,
    (clock, ids): (&Arc<dyn Clock>, &Arc<dyn IdSource>),
    stop: CancellationToken,
) -> (Arc<Jobs>, JoinHandle<()>) {
    let limits = interface_settings(settings).submission_limits();
    let jobs = Jobs::new(Arc::clone(registry), Arc::clone(clock), Arc::clone(ids), limits);
    let (working, only_reads) = (Arc::clone(&jobs), settings.read_only);
    let work = async move {
        if !only_reads {
            working.run(stop).await;
        }
    };
    (jobs, tokio::spawn(work))
}

/// Writes down how keys are used now and then, and once more at the end.
async fn write_key_uses(uses: Arc<KeyUses>, registry: Arc<dyn Registry>, stop: CancellationToken) {
    let mut ticks = tokio::time::interval(KEY_USES_INTERVAL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let goes_on = stop.run_until_cancelled(ticks.tick()).await.is_some();
        if let Err(error) = uses.flush(registry.as_ref()).await {
            tracing::warn!("cannot write down how keys are used, will try again: {error}");
        }
        if !goes_on {
            return;
        }
    }
}

/// Writes, syncs and removes a small file beside the data.
fn try_writing(folder: &Path) -> Result<(), String> {
    let path = folder.join("readiness.probe");
    let write = || {
        let mut file = std::fs::File::create(&path)?;
        file.write_all(&vec![0; PROBE_BYTES])?;
        file.sync_data()
    };
    let written: std::io::Result<()> = write();
    // A leftover is overwritten by the next probe; that it could not be removed is told only when writing went well.
    let removed = std::fs::remove_file(&path);
    written.and(removed).map_err(|error| match error.kind() {
        std::io::ErrorKind::StorageFull => "the disk of the data folder is full: make room".to_owned(),
        std::io::ErrorKind::ReadOnlyFilesystem => {
            "the disk of the data folder is read-only: mount it writable".to_owned()
        }
        _ => format!("the data folder cannot be written: {error}"),
    })
}

/// The backups that the server keeps in its data folder. What is in a database is backed up with it.
fn backups(settings: &Settings) -> Option<Arc<dyn Backups>> {
    let kept_max = settings.backups_kept_max;
    let backups = || Arc::new(FolderBackups::new(settings.data.clone(), kept_max, Arc::new(SystemClock))) as _;
    settings.store.is_none().then(backups)
}

fn interface_settings(settings: &Settings) -> lrs_http::Settings {
    lrs_http::Settings {
        default_version: settings.default_version.into(),
        strict_versions: settings.strict_versions,
        page_statements_default: settings.page_statements_default,
        page_statements_max: settings.page_statements_max,
        statements_bytes_max: settings.statements_bytes_max,
        batch_statements_max: settings.batch_statements_max,
        attachment_bytes_max: settings.attachment_bytes_max,
        document_bytes_max: settings.document_bytes_max,
        bodies_bytes_max: settings.bodies_bytes_max,
        bodies_wait: Duration::from_secs(settings.bodies_wait_s),
        public_url: settings.public_url.clone(),
        failed_authentications_per_minute_max: settings.failed_authentications_per_minute_max,
        sessions: lrs_core::SessionLimits { idle_s: settings.session_idle_s, total_s: settings.session_total_s },
        secure_cookies: settings.tls_certificate.is_some()
            || settings.public_url.as_deref().is_some_and(|url| url.starts_with("https://")),
    }
}

fn recorder_options(settings: &Settings) -> RecorderOptions {
    RecorderOptions {
        days: settings.refusals_days,
        bytes_max: settings.refusals_bytes_max,
        keep_bodies: settings.refusals_bodies,
        ..RecorderOptions::default()
    }
}

fn limits(settings: &Settings) -> Limits {
    let seconds = Duration::from_secs;
    Limits {
        connections_max: connections_max(settings.connections_max, open_files_max()),
        header_bytes_max: settings.header_bytes_max,
        header_timeout: seconds(settings.header_timeout_s),
        idle_timeout: seconds(settings.idle_timeout_s),
        body_timeout: seconds(settings.body_timeout_s),
        body_bytes_max: settings.body_bytes_max,
        request_timeout: seconds(settings.request_timeout_s),
        write_timeout: seconds(settings.write_timeout_s),
        shutdown_timeout: seconds(settings.shutdown_timeout_s),
    }
}

/// At most as many connections as the system gives the process files for.
fn connections_max(wanted: usize, open_files: Option<usize>) -> usize {
    let possible = open_files.map_or(wanted, |files| files.saturating_sub(FILES_BESIDE_CONNECTIONS).max(1));
    if possible < wanted {
        tracing::info!(
            "the limit of open files allows {possible} connections, not {wanted}: raise it (ulimit -n) for more"
        );
    }
    wanted.min(possible)
}

/// The soft limit of open files, where the system tells it.
fn open_files_max() -> Option<usize> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}
