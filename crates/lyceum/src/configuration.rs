//! The settings of `lyceum serve`: one list with the name, the type, the default and the meaning of each. From it follow
//! the flag (`--connections-max`), the environment variable (`LYCEUM_CONNECTIONS_MAX`), the key in the TOML file
//! (`connections_max`) and the help. Precedence: flag, environment, file, default.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};

/// Declares [`Layer`], [`Settings`] and [`NAMES`]. Each line: meaning, name, variable, type, default, form of the value.
/// `= none` marks a setting that may be absent.
macro_rules! settings {
    (@type $type:ty, none) => { Option<$type> };
    (@type $type:ty, $default:expr) => { $type };
    (@shown none) => { None };
    (@shown $default:expr) => { Some(serde_json::json!($default)) };
    (@value $layer:expr, none) => { $layer };
    (@value $layer:expr, $default:expr) => { $layer.unwrap_or_else(|| $default.into()) };
    ($( $heading:literal { $( $doc:literal $name:ident $variable:literal $type:ty = ($($default:tt)+) $form:literal )+ } )+) => {
        /// What one source of settings says; what it leaves open is `None`.
        #[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args, Deserialize)]
        #[serde(deny_unknown_fields)]
        #[group(skip)]
        pub struct Layer {
            $($(
                #[doc = $doc]
                #[arg(long, env = $variable, value_name = $form, help_heading = $heading, hide_env_values = true)]
                #[arg(help = describe($doc, settings!(@shown $($default)+)))]
                pub $name: Option<$type>,
            )+)+
        }

        /// Every setting with its value.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct Settings {
            $($( #[doc = $doc] pub $name: settings!(@type $type, $($default)+), )+)+
        }

        /// The names of all settings, as in the TOML file.
        pub const NAMES: &[&str] = &[$($( stringify!($name) ),+),+];

        impl Layer {
            /// What this layer says, and where it says nothing, what `below` says.
            #[must_use]
            pub fn over(self, below: Self) -> Self {
                Self { $($( $name: self.$name.or(below.$name), )+)+ }
            }

            /// Fills what is open with the defaults.
            #[must_use]
            pub fn complete(self) -> Settings {
                Settings { $($( $name: settings!(@value self.$name, $($default)+), )+)+ }
            }
        }

        impl From<Settings> for Layer {
            fn from(settings: Settings) -> Self {
                Self { $($( $name: settings.$name.into(), )+)+ }
            }
        }
    };
}

settings! {
    "Where" {
        "The data folder; made when it is missing" data "LYCEUM_DATA" PathBuf = (DATA_DEFAULT) "DIR"
        "Keep everything in this PostgreSQL database, `postgres://USER@HOST/DATABASE`, and only attachments in the data folder" store "LYCEUM_STORE" String = (none) "URL"
        "A file that holds the password of the database's user" store_password_file "LYCEUM_STORE_PASSWORD_FILE" PathBuf = (none) "FILE"
        "A read replica of the database, that queries for statements go to; may be given several times, in the environment with spaces between" store_replica "LYCEUM_STORE_REPLICA" Vec<String> = (Vec::<String>::new()) "URL"
        "Connections of this process to the database, and to each replica, that read" store_readers_max "LYCEUM_STORE_READERS_MAX" usize = (8_usize) "COUNT"
        "Connections of this process to the database that write" store_writers_max "LYCEUM_STORE_WRITERS_MAX" usize = (4_usize) "COUNT"
        "Seconds to wait for a connection to the database" store_connect_timeout_s "LYCEUM_STORE_CONNECT_TIMEOUT_S" u64 = (5_u64) "SECONDS"
        "Seconds after which the database gives up a statement of SQL" store_statement_timeout_s "LYCEUM_STORE_STATEMENT_TIMEOUT_S" u64 = (30_u64) "SECONDS"
        "Backups that the server keeps in the data folder; the oldest goes when one more is made" backups_kept_max "LYCEUM_BACKUPS_KEPT_MAX" usize = (5_usize) "COUNT"
        "Keep the attachments of the database's LRSs here: `s3://BUCKET/PREFIX`, `gs://BUCKET/PREFIX`, `az://CONTAINER/PREFIX` or `file:///FOLDER`, instead of in the data folder; credentials come from the environment" store_attachments "LYCEUM_STORE_ATTACHMENTS" String = (none) "URL"
        "Where the object store's API is, if it is not the provider's own" store_attachments_endpoint "LYCEUM_STORE_ATTACHMENTS_ENDPOINT" String = (none) "URL"
        "The region of the S3 bucket" store_attachments_region "LYCEUM_STORE_ATTACHMENTS_REGION" String = (none) "REGION"
        "Allow an endpoint of attachments that is not encrypted" store_attachments_allow_http "LYCEUM_STORE_ATTACHMENTS_ALLOW_HTTP" bool = (false) "BOOL"
        "Answer what is asked, and refuse with 503 whatever would change something; for the end of a move to another store" read_only "LYCEUM_READ_ONLY" bool = (false) "BOOL"
        "The address to listen at; port 0 takes a free one" listen "LYCEUM_LISTEN" String = ("127.0.0.1:8080") "ADDRESS:PORT"
        "Where clients reach this server, when a proxy stands before it" public_url "LYCEUM_PUBLIC_URL" String = (none) "URL"
        "Certificate chain (PEM) for TLS; loaded again when it changes" tls_certificate "LYCEUM_TLS_CERTIFICATE" PathBuf = (none) "FILE"
        "Private key (PEM) of the certificate" tls_key "LYCEUM_TLS_KEY" PathBuf = (none) "FILE"
    }
    "Web app" {
        "A TOML file with the OpenID providers whose people may sign in to the web app" openid "LYCEUM_OPENID" PathBuf = (none) "FILE"
    }
    "xAPI" {
        "Version of answers to requests that name none" default_version "LYCEUM_DEFAULT_VERSION" Version = (Version::V2) "VERSION"
        "Hide statements of 2.0 from clients that speak 1.0.3" strict_versions "LYCEUM_STRICT_VERSIONS" bool = (false) "BOOL"
        "Statements on a page when the client sets no limit" page_statements_default "LYCEUM_PAGE_STATEMENTS_DEFAULT" usize = (100_usize) "COUNT"
        "Statements on a page, whatever the client asks for" page_statements_max "LYCEUM_PAGE_STATEMENTS_MAX" usize = (500_usize) "COUNT"
        "Bytes of one statement or batch, attachments not counted" statements_bytes_max "LYCEUM_STATEMENTS_BYTES_MAX" usize = (16_777_216_usize) "BYTES"
        "Statements in one batch" batch_statements_max "LYCEUM_BATCH_STATEMENTS_MAX" usize = (10_000_usize) "COUNT"
        "Bytes of one attachment" attachment_bytes_max "LYCEUM_ATTACHMENT_BYTES_MAX" u64 = (268_435_456_u64) "BYTES"
        "Bytes of one document of State or of a profile" document_bytes_max "LYCEUM_DOCUMENT_BYTES_MAX" usize = (16_777_216_usize) "BYTES"
    }
    "Protection" {
        "Failed authentications in a minute from one address, before more are answered 429" failed_authentications_per_minute_max "LYCEUM_FAILED_AUTHENTICATIONS_PER_MINUTE_MAX" u32 = (60_u32) "COUNT"
        "Seconds without a request after which people must sign in again" session_idle_s "LYCEUM_SESSION_IDLE_S" u32 = (28_800_u32) "SECONDS"
        "Seconds after which people must sign in again, whatever they do" session_total_s "LYCEUM_SESSION_TOTAL_S" u32 = (604_800_u32) "SECONDS"
        "Open connections; more are answered 503" connections_max "LYCEUM_CONNECTIONS_MAX" usize = (1024_usize) "COUNT"
        "Bytes of a request's head, at least 8192; more are answered 431" header_bytes_max "LYCEUM_HEADER_BYTES_MAX" usize = (65_536_usize) "BYTES"
        "Bytes of a whole request body, attachments included; more are answered 413" body_bytes_max "LYCEUM_BODY_BYTES_MAX" u64 = (1_073_741_824_u64) "BYTES"
        "Bytes of all request bodies in memory at one time; a request that finds no room waits, then is answered 503" bodies_bytes_max "LYCEUM_BODIES_BYTES_MAX" usize = (268_435_456_usize) "BYTES"
        "Seconds that a request waits for room for its body" bodies_wait_s "LYCEUM_BODIES_WAIT_S" u64 = (5_u64) "SECONDS"
        "Seconds from the first byte of a request's head to its last" header_timeout_s "LYCEUM_HEADER_TIMEOUT_S" u64 = (10_u64) "SECONDS"
        "Seconds in which a body must bring its next 16 KiB, or end" body_timeout_s "LYCEUM_BODY_TIMEOUT_S" u64 = (30_u64) "SECONDS"
        "Seconds that the server may work on a request whose body is complete" request_timeout_s "LYCEUM_REQUEST_TIMEOUT_S" u64 = (60_u64) "SECONDS"
        "Seconds that a client may take none of an answer's bytes" write_timeout_s "LYCEUM_WRITE_TIMEOUT_S" u64 = (30_u64) "SECONDS"
        "Seconds that a connection may stay open without a request" idle_timeout_s "LYCEUM_IDLE_TIMEOUT_S" u64 = (75_u64) "SECONDS"
        "Seconds that requests in flight may take to finish when the server stops" shutdown_timeout_s "LYCEUM_SHUTDOWN_TIMEOUT_S" u64 = (30_u64) "SECONDS"
    }
    "Speed" {
        "While a client sends one statement after the other, keep a machine with up to four processors from falling asleep between them, with processor time that is left over (embedded store, Linux)" stay_awake "LYCEUM_STAY_AWAKE" bool = (true) "BOOL"
    }
    "Observation" {
        "What is logged: error, warn, info, debug, trace; or by part, such as `info,lyceum::access=debug`" log "LYCEUM_LOG" String = ("info") "FILTER"
        "Form of the log" log_format "LYCEUM_LOG_FORMAT" LogFormat = (LogFormat::Text) "FORM"
        "Days for which refused requests are kept, to be looked at and sent again" refusals_days "LYCEUM_REFUSALS_DAYS" u32 = (30_u32) "DAYS"
        "Bytes that the refused requests of one LRS take at most; the oldest go first" refusals_bytes_max "LYCEUM_REFUSALS_BYTES_MAX" u64 = (67_108_864_u64) "BYTES"
        "Keep the bodies of refused requests, and what violations quote of them" refusals_bodies "LYCEUM_REFUSALS_BODIES" bool = (true) "BOOL"
        "Who may read /metrics: local (this machine, not through a proxy), everyone, nobody" metrics_access "LYCEUM_METRICS_ACCESS" MetricsAccess = (MetricsAccess::Local) "WHO"
        "Send traces to this `OpenTelemetry` collector (OTLP over HTTP), such as `http://localhost:4318`" otlp_endpoint "LYCEUM_OTLP_ENDPOINT" String = (none) "URL"
    }
}

/// The help of a flag: its meaning and its default.
fn describe(meaning: &str, default: Option<serde_json::Value>) -> String {
    match default {
        None => meaning.to_owned(),
        Some(serde_json::Value::String(text)) => format!("{meaning} [default: {text}]"),
        Some(value) => format!("{meaning} [default: {value}]"),
    }
}

/// No time limit is longer: more than any client waits, and short enough to be added to an instant.
const SECONDS_MAX: u64 = 86_400;

/// No session lasts longer than a year: a cookie that somebody finds must not be good for ever.
const SESSION_SECONDS_MAX: u32 = 365 * 86_400;

/// So many times its statements a form of the alternate request syntax may hold: three for it escaped, one for it plain.
const FORM_BODIES: usize = 4;

/// The data folder when nobody names one.
pub(crate) const DATA_DEFAULT: &str = "./data";

/// A choice of xAPI version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, Deserialize, Serialize)]
pub enum Version {
    /// xAPI 1.0.3
    #[value(name = "1.0.3")]
    #[serde(rename = "1.0.3")]
    V1,
    /// xAPI 2.0.0
    #[value(name = "2.0.0")]
    #[serde(rename = "2.0.0")]
    V2,
}

impl From<Version> for xapi::Version {
    fn from(version: Version) -> Self {
        match version {
            Version::V1 => Self::V1_0_3,
            Version::V2 => Self::V2_0_0,
        }
    }
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people, coloured in a terminal
    Text,
    /// One JSON object on a line, for programs
    Json,
}

/// Who may read `/metrics`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MetricsAccess {
    /// Programs on this machine, not through a proxy
    Local,
    /// Everyone who reaches the server
    Everyone,
    /// Nobody
    Nobody,
}

impl From<MetricsAccess> for lrs_http::MetricsAccess {
    fn from(access: MetricsAccess) -> Self {
        match access {
            MetricsAccess::Local => Self::Local,
            MetricsAccess::Everyone => Self::Everyone,
            MetricsAccess::Nobody => Self::Nobody,
        }
    }
}

/// The part of a command line that says where the attachments of a database's LRSs are.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct AttachmentArguments {
    /// Where the database's attachments are, if not in the data folder: `s3://BUCKET/PREFIX`, `gs://…`, `az://…`, `file:///FOLDER`
    #[arg(long, env = "LYCEUM_STORE_ATTACHMENTS", hide_env_values = true, value_name = "URL")]
    pub store_attachments: Option<String>,
    /// Where the object store's API is, if it is not the provider's own
    #[arg(long, env = "LYCEUM_STORE_ATTACHMENTS_ENDPOINT", hide_env_values = true, value_name = "URL")]
    pub store_attachments_endpoint: Option<String>,
    /// The region of the S3 bucket
    #[arg(long, env = "LYCEUM_STORE_ATTACHMENTS_REGION", hide_env_values = true, value_name = "REGION")]
    pub store_attachments_region: Option<String>,
    /// Allow an endpoint of attachments that is not encrypted
    #[arg(long, env = "LYCEUM_STORE_ATTACHMENTS_ALLOW_HTTP", hide_env_values = true, value_name = "BOOL")]
    pub store_attachments_allow_http: Option<bool>,
}

impl AttachmentArguments {
    /// What it says, as settings.
    #[must_use]
    pub fn layer(&self) -> Layer {
        Layer {
            store_attachments: self.store_attachments.clone(),
            store_attachments_endpoint: self.store_attachments_endpoint.clone(),
            store_attachments_region: self.store_attachments_region.clone(),
            store_attachments_allow_http: self.store_attachments_allow_http,
            ..Layer::default()
        }
    }
}

/// The part of a command line that says where everything is kept, for commands that need nothing else.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct PlaceArguments {
    /// The data folder [default: ./data, or what the file of --config says]
    #[arg(long, env = "LYCEUM_DATA", hide_env_values = true, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The `PostgreSQL` database that holds everything but attachments, `postgres://USER@HOST/DATABASE`; its password can
    /// stand in the variable `LYCEUM_STORE_PASSWORD`
    #[arg(long, env = "LYCEUM_STORE", value_name = "URL", hide_env_values = true)]
    pub store: Option<String>,
    /// A file that holds the password of the database's user
    #[arg(long, env = "LYCEUM_STORE_PASSWORD_FILE", value_name = "FILE")]
    pub store_password_file: Option<PathBuf>,
    /// Where the database's attachments are
    #[command(flatten)]
    pub attachments: AttachmentArguments,
    /// A TOML file with settings, the one of `lyceum serve`
    #[arg(long, env = "LYCEUM_CONFIG", hide_env_values = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

impl PlaceArguments {
    /// The settings that say where everything is, among the others of the file of `--config`.
    ///
    /// # Errors
    /// When the file of `--config` cannot be used.
    pub fn settings(&self) -> anyhow::Result<Settings> {
        let said = Layer {
            data: self.data.clone(),
            store: self.store.clone(),
            store_password_file: self.store_password_file.clone(),
            ..self.attachments.layer()
        };
        Settings::resolve(said, self.config.as_deref())
    }

    /// The data folder, for commands that work on one only.
    ///
    /// # Errors
    /// When everything is in a database, and `instead` says what to do then; when the file of `--config` cannot be used.
    pub fn folder(&self, instead: &str) -> anyhow::Result<PathBuf> {
        let settings = self.settings()?;
        if settings.store.is_some() {
            bail!("everything is in a PostgreSQL database: {instead}");
        }
        Ok(settings.data)
    }
}

impl Settings {
    /// All settings: what flags and environment say, then the file, then the defaults.
    ///
    /// # Errors
    /// Which setting or which line of the file is wrong, and what to write instead.
    pub fn resolve(flags: Layer, file: Option<&Path>) -> anyhow::Result<Self> {
        let below = file.map(read_file).transpose()?.unwrap_or_default();
        let settings = flags.over(below).complete();
        settings.check()?;
        Ok(settings)
    }

    /// What no single type can say.
    fn check(&self) -> anyhow::Result<()> {
        if self.tls_certificate.is_some() != self.tls_key.is_some() {
            bail!("TLS needs both `tls_certificate` and `tls_key`; one is missing");
        }
        if self.store_attachments.is_some() && self.store.is_none() {
            bail!(
                "`store_attachments` is for LRSs in a PostgreSQL database (`store`): a data folder keeps attachments beside its database"
            );
        }
        let is_detailed = self.store_attachments_endpoint.is_some() || self.store_attachments_region.is_some();
        if self.store_attachments.is_none() && is_detailed {
            bail!(
                "`store_attachments_endpoint` and `store_attachments_region` need `store_attachments`, which says what is there"
            );
        }
        if self.header_bytes_max < 8192 {
            bail!("`header_bytes_max` is {}; clients need at least 8192", self.header_bytes_max);
        }
        let one_needs = self.document_bytes_max.max(self.statements_bytes_max.saturating_mul(FORM_BODIES));
        if self.bodies_bytes_max < one_needs {
            bail!(
                "`bodies_bytes_max` is {}; one request may need {one_needs} ({FORM_BODIES} times `statements_bytes_max`, \
                 or `document_bytes_max`)",
                self.bodies_bytes_max
            );
        }
        let sessions = [("session_idle_s", self.session_idle_s), ("session_total_s", self.session_total_s)];
        if let Some((name, value)) = sessions.iter().find(|(_, value)| !(60..=SESSION_SECONDS_MAX).contains(value)) {
            bail!("`{name}` is {value}; it must be between 60 and {SESSION_SECONDS_MAX} seconds");
        }
        let at_least_one = [
            ("connections_max", self.connections_max),
            ("backups_kept_max", self.backups_kept_max),
            ("page_statements_default", self.page_statements_default),
            ("page_statements_max", self.page_statements_max),
            ("batch_statements_max", self.batch_statements_max),
        ];
        if let Some((name, _)) = at_least_one.iter().find(|(_, value)| *value == 0) {
            bail!("`{name}` is 0: nothing would be answered");
        }
        let seconds = [
            ("header_timeout_s", self.header_timeout_s),
            ("bodies_wait_s", self.bodies_wait_s),
            ("body_timeout_s", self.body_timeout_s),
            ("request_timeout_s", self.request_timeout_s),
            ("write_timeout_s", self.write_timeout_s),
            ("idle_timeout_s", self.idle_timeout_s),
        ];
        if let Some((name, value)) = seconds.iter().find(|(_, value)| !(1..=SECONDS_MAX).contains(value)) {
            bail!("`{name}` is {value}; it must be between 1 and {SECONDS_MAX} seconds");
        }
        Ok(())
    }
}

/// Reads a TOML file of settings.
///
/// # Errors
/// The file cannot be read, is not TOML, or names a setting that does not exist; with the line, and the nearest name.
pub fn read_file(path: &Path) -> anyhow::Result<Layer> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the configuration file {}", path.display()))?;
    parse_file(&text).with_context(|| format!("in the configuration file {}", path.display()))
}

/// Parses the text of a TOML file of settings.
///
/// # Errors
/// As [`read_file`].
pub fn parse_file(text: &str) -> anyhow::Result<Layer> {
    let table: toml::Table = text.parse()?;
    let unknown: Vec<String> =
        table.keys().filter(|key| !NAMES.contains(&key.as_str())).map(|key| describe_unknown(key, text)).collect();
    if !unknown.is_empty() {
        bail!("{}", unknown.join("; "));
    }
    Ok(toml::from_str(text)?)
}

fn describe_unknown(key: &str, text: &str) -> String {
    let begins = |line: &str| line.trim_start().trim_start_matches(['[', '"']).starts_with(key);
    let line = text.lines().position(begins).map(|index| format!("line {}: ", index + 1)).unwrap_or_default();
    let nearest = NAMES.iter().min_by_key(|name| edit_distance(key, name)).copied().unwrap_or_default();
    format!("{line}there is no setting `{key}`; the nearest is `{nearest}`")
}

/// How many letters must be added, removed or changed to turn one word into another (Levenshtein).
fn edit_distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (index, letter) in from.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], index + 1);
        for (column, other) in to.iter().enumerate() {
            let changed = diagonal + usize::from(letter != *other);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[to.len()]
}
