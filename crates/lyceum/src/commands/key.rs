//! `lyceum key`: creates, lists, limits, rotates and revokes keys, beside a running server or without one. A secret is printed once,
//! when its key is created, and is nowhere else to be had.

use std::process::ExitCode;

use anyhow::{anyhow, bail};
use clap::Subcommand;
use lrs_core::{KeyAct, KeyRequest, Secret, SystemIds, act_on_key, create_recorded_key, rotation};
use lrs_store::{AccountError, Clock, Key, KeyChange, KeyId, LrsName, RegistryError, Scope, SystemClock};
use serde_json::json;
use xapi::Timestamp;

use crate::commands::account::actor;
use crate::commands::lrs::{Common, parse_lrs_name};
use crate::first_start::ensure_first_lrs;
use crate::output::{format_instant, print_json, print_table};
use crate::place::{Purpose, open_registry, place_arguments};

/// Arguments of `lyceum key`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  lyceum key create --lrs default --scope all\n  lyceum key create --lrs physics --scope \
                  statements/write --scope statements/read/mine --label \"Moodle\" --expires 90d --rate 50\n  \
                  lyceum key list --json\n  lyceum key limit KEY --expires never --rate none\n  lyceum key rotate KEY \
                  --grace 7d\n  lyceum key revoke KEY\n\n\
                  A running server follows at once; it needs no restart."
)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Create a key and print its secret, this once
    Create(CreateArguments),
    /// List keys; never their secrets
    List(ListArguments),
    /// Change what a key may do, until when, and how often
    Limit(LimitArguments),
    /// Give a key a new secret and print it, this once; the old one stays valid for a while
    Rotate(RotateArguments),
    /// Revoke a key, for good
    Revoke(RevokeArguments),
}

/// Until when and how often a key may be used; `None` leaves it open.
#[derive(Debug, clap::Args)]
struct UseLimits {
    /// When it stops to work: a date, an instant (RFC 3339), days from now as 90d, or never
    #[arg(long, value_name = "WHEN", value_parser = parse_expiry)]
    expires: Option<Expiry>,
    /// Requests in a second at most, or none for no limit
    #[arg(long, value_name = "COUNT", value_parser = parse_rate)]
    rate: Option<Rate>,
}

#[derive(Debug, clap::Args)]
struct CreateArguments {
    /// The LRS that the key opens
    #[arg(long, value_name = "NAME", default_value = "default", value_parser = parse_lrs_name)]
    lrs: LrsName,
    /// What the key may do; may be repeated: statements/write, statements/read/mine, statements/read, state, define,
    /// profile, all/read, all
    #[arg(long = "scope", value_name = "SCOPE", required = true, value_delimiter = ',', value_parser = parse_scope)]
    scopes: Vec<Scope>,
    /// A name for people, also the name of the authority of its statements
    #[arg(long, value_name = "TEXT", default_value = "")]
    label: String,
    #[command(flatten)]
    use_limits: UseLimits,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, clap::Args)]
struct ListArguments {
    /// Only keys of this LRS
    #[arg(long, value_name = "NAME", value_parser = parse_lrs_name)]
    lrs: Option<LrsName>,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, clap::Args)]
struct LimitArguments {
    /// The key
    key: String,
    /// What it may do from now on, instead of what it might before; may be repeated
    #[arg(long = "scope", value_name = "SCOPE", value_delimiter = ',', value_parser = parse_scope)]
    scopes: Vec<Scope>,
    #[command(flatten)]
    use_limits: UseLimits,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, clap::Args)]
struct RevokeArguments {
    /// The key
    key: String,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, clap::Args)]
struct RotateArguments {
    /// The key
    key: String,
    /// For how long the old secret is valid too: seconds, or hours as 12h, or days as 7d; at most 90d
    #[arg(long, value_name = "TIME", default_value = "1d", value_parser = parse_grace)]
    grace: u32,
    #[command(flatten)]
    common: Common,
}

/// When a key stops to work, as said on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expiry {
    Never,
    At(Timestamp),
    Days(u32),
}

impl Expiry {
    fn resolve(self, now: Timestamp) -> Option<Timestamp> {
        const DAY_MICROSECONDS: i64 = 86_400_000_000;
        match self {
            Self::Never => None,
            Self::At(instant) => Some(instant),
            Self::Days(days) => Some(Timestamp(now.0 + i64::from(days) * DAY_MICROSECONDS)),
        }
    }
}

/// How often a key may be used, as said on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Rate(Option<u32>);

/// Runs `lyceum key`.
///
/// # Errors
/// What went wrong, in words for the person at the terminal.
pub async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    match arguments.action {
        Action::Create(arguments) => create(arguments).await?,
        Action::List(arguments) => list(&arguments).await?,
        Action::Limit(arguments) => limit(arguments).await?,
        Action::Rotate(arguments) => rotate(arguments).await?,
        Action::Revoke(arguments) => revoke(arguments).await?,
    }
    Ok(ExitCode::SUCCESS)
}

fn parse_scope(text: &str) -> Result<Scope, String> {
    Scope::parse(text).ok_or_else(|| {
        let names: Vec<_> = Scope::NAMES.iter().map(|(_, name)| *name).collect();
        format!("use one of {}", names.join(", "))
    })
}

fn parse_expiry(text: &str) -> Result<Expiry, String> {
    if text == "never" {
        return Ok(Expiry::Never);
    }
    let days = text.strip_suffix('d').and_then(|days| days.parse().ok()).map(Expiry::Days);
    let date = || Timestamp::parse(&format!("{text}T00:00:00Z"), xapi::Version::V2_0_0);
    let instant = || Timestamp::parse(text, xapi::Version::V2_0_0).or_else(date).map(Expiry::At);
    days.or_else(instant).ok_or_else(|| {
        "write a date as 2027-01-31, an instant as 2027-01-31T12:00:00Z, days as 90d, or never".to_owned()
    })
}

fn parse_rate(text: &str) -> Result<Rate, String> {
    match text.parse() {
        Ok(0) => Err("a key that may send nothing is better revoked".to_owned()),
        Ok(count) => Ok(Rate(Some(count))),
        Err(_) if text == "none" => Ok(Rate(None)),
        Err(_) => Err("write a whole number of requests in a second, or none".to_owned()),
    }
}

/// Seconds of a grace time.
fn parse_grace(text: &str) -> Result<u32, String> {
    let (digits, unit) = match text.char_indices().next_back() {
        Some((at, 'h')) => (&text[..at], 3_600),
        Some((at, 'd')) => (&text[..at], 86_400),
        _ => (text, 1),
    };
    let seconds = digits.parse::<u32>().ok().and_then(|count| count.checked_mul(unit));
    seconds.ok_or_else(|| "write seconds, hours as 12h, or days as 7d".to_owned())
}

async fn create(arguments: CreateArguments) -> anyhow::Result<()> {
    let settings = arguments.common.place.settings()?;
    let registry = open_registry(&settings, Purpose::Beside).await?;
    if arguments.lrs.as_str() == "default" {
        ensure_first_lrs(registry.as_ref()).await?;
    }
    let request = KeyRequest {
        lrs: arguments.lrs.clone(),
        scopes: arguments.scopes,
        label: arguments.label,
        home_page: None,
        expires: arguments.use_limits.expires.and_then(|expiry| expiry.resolve(SystemClock.now())),
        requests_per_second_max: arguments.use_limits.rate.and_then(|rate| rate.0),
    };
    let recording = (SystemClock.now(), &actor());
    let created = create_recorded_key(registry.as_ref(), &SystemIds, recording, request).await;
    let created = created.map_err(|error| match error {
        AccountError::Missing(_) => {
            let (lrs, place) = (&arguments.lrs, place_arguments(&settings));
            anyhow!("there is no LRS {lrs}: make it with `lyceum lrs create{place} {lrs}`")
        }
        error => anyhow!(error).context("no key was made"),
    })?;
    registry.close().await;
    print_secret(&created.key.key.id, &created.secret, arguments.common.json)
}

fn print_secret(KeyId(key): &KeyId, secret: &Secret, json: bool) -> anyhow::Result<()> {
    let secret = secret.expose();
    if json {
        return print_json(&json!({"key": key, "secret": secret}));
    }
    println!("Key     {key}\nSecret  {secret}\n\nThe secret is shown this once.");
    Ok(())
}

/// Does something to a key, and records who did.
async fn act(common: &Common, id: String, act: KeyAct) -> anyhow::Result<Key> {
    let registry = open_registry(&common.place.settings()?, Purpose::Beside).await?;
    let id = KeyId(id);
    let before = registry.find_key_now(&id).await?.ok_or(RegistryError::NoSuchKey(id))?;
    let after = act_on_key(registry.as_ref(), (SystemClock.now(), &actor()), &before, act).await?;
    registry.close().await;
    Ok(after)
}

async fn rotate(arguments: RotateArguments) -> anyhow::Result<()> {
    let Some((secret, new)) = rotation(&SystemIds, SystemClock.now(), arguments.grace) else {
        bail!("the grace time is longer than 90 days");
    };
    let key = act(&arguments.common, arguments.key, new).await?;
    print_secret(&key.key.id, &secret, arguments.common.json)
}

async fn list(arguments: &ListArguments) -> anyhow::Result<()> {
    let registry = open_registry(&arguments.common.place.settings()?, Purpose::Beside).await?;
    let keys = registry.list_keys(arguments.lrs.as_ref()).await?;
    registry.close().await;
    if arguments.common.json {
        return print_json(&keys.iter().map(describe).collect::<Vec<_>>().into());
    }
    print_keys(&keys)
}

async fn limit(arguments: LimitArguments) -> anyhow::Result<()> {
    let change = KeyChange {
        label: None,
        scopes: (!arguments.scopes.is_empty()).then_some(arguments.scopes),
        expires: arguments.use_limits.expires.map(|expiry| expiry.resolve(SystemClock.now())),
        requests_per_second_max: arguments.use_limits.rate.map(|rate| rate.0),
    };
    if change == KeyChange::default() {
        bail!("nothing to change: give --scope, --expires or --rate");
    }
    let key = act(&arguments.common, arguments.key, KeyAct::Change(change)).await?;
    show(&key, arguments.common.json)
}

async fn revoke(arguments: RevokeArguments) -> anyhow::Result<()> {
    let key = act(&arguments.common, arguments.key, KeyAct::Revoke).await?;
    show(&key, arguments.common.json)
}

fn show(key: &Key, json: bool) -> anyhow::Result<()> {
    if json {
        return print_json(&describe(key));
    }
    print_keys(std::slice::from_ref(key))
}

fn print_keys(keys: &[Key]) -> anyhow::Result<()> {
    let rows: Vec<_> = keys.iter().map(row).collect();
    print_table(["KEY", "LRS", "SCOPES", "LABEL", "CREATED", "EXPIRES", "RATE", "REVOKED"], &rows)
}

fn scope_names(key: &Key) -> Vec<&'static str> {
    key.key.scopes.iter().map(|scope| scope.as_str()).collect()
}

fn describe(key: &Key) -> serde_json::Value {
    json!({
        "key": key.key.id.0,
        "lrs": key.key.lrs.as_str(),
        "scopes": scope_names(key),
        "label": key.key.label,
        "created": format_instant(key.created),
        "expires": key.key.expires.map(format_instant),
        "rate": key.key.requests_per_second_max,
        "revoked": key.revoked.map(format_instant),
    })
}

fn row(key: &Key) -> [String; 8] {
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    [
        key.key.id.0.clone(),
        key.key.lrs.to_string(),
        scope_names(key).join(","),
        or_dash(Some(key.key.label.clone()).filter(|label| !label.is_empty())),
        format_instant(key.created),
        or_dash(key.key.expires.map(format_instant)),
        or_dash(key.key.requests_per_second_max.map(|rate| rate.to_string())),
        or_dash(key.revoked.map(format_instant)),
    ]
}
