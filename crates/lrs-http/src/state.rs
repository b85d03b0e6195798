//! What handlers share: the registry of LRSs, time and chance, and the settings with every limit by its name.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use lrs_core::{
    Access, Administration, BackupJobs, FlightRecorder, IdSource, Jobs, KeyUses, SessionLimits, SubmissionLimits,
};
use lrs_store::{Backups, Clock, Registry};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use xapi::{Timestamp, Version};

use crate::api::live::STREAMS_MAX;
use crate::body_memory::BodyMemory;
use crate::openid::{KnownProvider, OpenIdProvider};

/// Everything that [`router`](crate::router) needs from its surroundings.
#[derive(Clone)]
pub struct AppState {
    /// LRSs and keys.
    pub registry: Arc<dyn Registry>,
    /// Where instants come from.
    pub clock: Arc<dyn Clock>,
    /// Where ids come from.
    pub ids: Arc<dyn IdSource>,
    /// Where the use of keys is counted; whoever runs the server writes it down now and then.
    pub uses: Arc<KeyUses>,
    /// Where refused requests go; without one they are forgotten.
    pub recorder: Option<FlightRecorder>,
    /// What runs for somebody who looks later; whoever runs the server lets it work ([`Jobs::run`]).
    pub jobs: Arc<Jobs>,
    /// Where people can sign in besides with a password.
    pub openid: Vec<OpenIdProvider>,
    /// The backups that the server keeps of itself; `None` where the database has its own.
    pub backups: Option<Arc<dyn Backups>>,
    /// Behaviour and limits.
    pub settings: Settings,
}

/// How the interface behaves, and where it says no. [`Settings::default`] is what a server without configuration does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The version of answers to requests that name none, or one that is not served.
    pub default_version: Version,
    /// Hide statements of version 2.0 from clients that speak 1.0.3.
    pub strict_versions: bool,
    /// Statements on a page when the client sets no `limit`.
    pub page_statements_default: usize,
    /// Statements on a page, whatever the client asks for.
    pub page_statements_max: usize,
    /// Bytes of one statement or batch, attachments not counted.
    pub statements_bytes_max: usize,
    /// Statements in one batch.
    pub batch_statements_max: usize,
    /// Bytes of one attachment.
    pub attachment_bytes_max: u64,
    /// Bytes of one document of State or of a profile.
    pub document_bytes_max: usize,
    /// Bytes of all request bodies in memory at one time; a request that finds no room waits, then is answered 503.
    /// Attachments do not count: they pass through.
    pub bodies_bytes_max: usize,
    /// How long a request waits for room for its body.
    pub bodies_wait: Duration,
    /// Where clients reach this server's root, such as `https://lrs.example.org`; its path goes before `/xapi` in `more`.
    pub public_url: Option<String>,
    /// Failed authentications in a minute and from one address, before more of them are answered 429.
    pub failed_authentications_per_minute_max: u32,
    /// How long people stay signed in.
    pub sessions: SessionLimits,
    /// Browsers reach this server by https only, so cookies need not travel otherwise.
    pub secure_cookies: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            default_version: Version::V2_0_0,
            strict_versions: false,
            page_statements_default: 100,
            page_statements_max: 500,
            statements_bytes_max: 16 << 20,
            batch_statements_max: 10_000,
            attachment_bytes_max: 256 << 20,
            document_bytes_max: 16 << 20,
            bodies_bytes_max: 256 << 20,
            bodies_wait: Duration::from_secs(5),
            public_url: None,
            failed_authentications_per_minute_max: 60,
            sessions: SessionLimits::default(),
            secure_cookies: false,
        }
    }
}

impl Settings {
    /// The limits of what is recorded together.
    #[must_use]
    pub fn submission_limits(&self) -> SubmissionLimits {
        let Self { statements_bytes_max, batch_statements_max, attachment_bytes_max, .. } = *self;
        SubmissionLimits { statements_bytes_max, batch_statements_max, attachment_bytes_max }
    }
}

/// Who is at the other end of the connection: put into a request's extensions by the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

/// The name of one request in logs and in error answers: put into a request's extensions by the server; without it, the
/// router makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(pub String);

/// Cancelled when the server stops: answers that have no end of their own end then. Put into a request's extensions by the
/// server.
#[derive(Debug, Clone)]
pub(crate) struct Stopping(pub(crate) CancellationToken);

/// [`AppState`] with what the router makes of it once.
pub(crate) struct Shared {
    pub(crate) state: AppState,
    pub(crate) access: Access,
    pub(crate) administration: Administration,
    pub(crate) openid: Vec<KnownProvider>,
    /// Backups that this process makes, or made.
    pub(crate) backup_jobs: BackupJobs,
    /// Turns for live views.
    pub(crate) live_streams: Arc<Semaphore>,
    /// When the router was made.
    pub(crate) started: Timestamp,
    pub(crate) body_memory: Arc<BodyMemory>,
    /// The path before the query of `more`.
    pub(crate) statements_path: String,
}

impl Shared {
    pub(crate) fn new(state: AppState) -> Self {
        let failures = state.settings.failed_authentications_per_minute_max;
        let AppState { registry, clock, ids, uses, .. } = state.clone();
        let access = Access::new(Arc::clone(&registry), Arc::clone(&clock), Arc::clone(&uses), failures);
        let administration = Administration::new(registry, clock, ids, uses, state.settings.sessions);
        let root = state.settings.public_url.as_deref().map(path_of).unwrap_or_default();
        let live_streams = Arc::new(Semaphore::new(STREAMS_MAX));
        let body_memory = BodyMemory::new(state.settings.bodies_bytes_max, state.settings.bodies_wait);
        let started = state.clock.now();
        Self {
            access,
            administration,
            openid: state.openid.iter().cloned().map(KnownProvider::new).collect(),
            backup_jobs: BackupJobs::default(),
            body_memory,
            live_streams,
            started,
            statements_path: format!("{root}/xapi/statements"),
            state,
        }
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.state.settings
    }

    pub(crate) fn submission_limits(&self) -> SubmissionLimits {
        self.settings().submission_limits()
    }
}

/// The path of a URL, without a slash at its end.
fn path_of(url: &str) -> &str {
    let behind_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = behind_scheme.find('/').map_or("", |slash| &behind_scheme[slash..]);
    path.trim_end_matches('/')
}
