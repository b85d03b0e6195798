//! The database that settings name, with its replicas and limits: from settings to what the PostgreSQL backend takes.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use lrs_postgres::{AttachmentPlace, Database, ObjectSettings, Options};

use crate::configuration::Settings;

/// No time limit is longer.
const SECONDS_MAX: u64 = 3_600;

/// The database of `--store` and the replicas of `--store-replica`, all with the same password. `None`: everything is in a data folder.
///
/// # Errors
/// An address is wrong, or the file of the password cannot be read. No error holds the password.
pub fn find_databases(settings: &Settings) -> anyhow::Result<Option<(Database, Vec<Database>)>> {
    let Some(url) = &settings.store else {
        if !settings.store_replica.is_empty() {
            bail!("--store-replica names a replica, but there is no --store that it follows");
        }
        return Ok(None);
    };
    let password = read_password(settings.store_password_file.as_deref())?;
    let parse = |url: &str| Database::parse(url, password.as_deref());
    // The environment gives several as one text.
    let replicas = settings.store_replica.iter().flat_map(|urls| urls.split_ascii_whitespace());
    let replicas = replicas.map(parse).collect::<Result<_, _>>()?;
    Ok(Some((parse(url)?, replicas)))
}

fn read_password(file: Option<&Path>) -> anyhow::Result<Option<String>> {
    let Some(path) = file else { return Ok(std::env::var("LYCEUM_STORE_PASSWORD").ok()) };
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the password of the database from {}", path.display()))?;
    Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()))
}

/// Pools and timeouts of one process.
///
/// # Errors
/// A limit is 0 or absurd; the place of attachments cannot be understood.
pub fn database_options(settings: &Settings) -> anyhow::Result<Options> {
    for (name, value) in
        [("store_readers_max", settings.store_readers_max), ("store_writers_max", settings.store_writers_max)]
    {
        if !(1..=1_000).contains(&value) {
            bail!("`{name}` is {value}; it must be between 1 and 1000 connections");
        }
    }
    for (name, value) in [
        ("store_connect_timeout_s", settings.store_connect_timeout_s),
        ("store_statement_timeout_s", settings.store_statement_timeout_s),
    ] {
        if !(1..=SECONDS_MAX).contains(&value) {
            bail!("`{name}` is {value}; it must be between 1 and {SECONDS_MAX} seconds");
        }
    }
    Ok(Options {
        readers_max: settings.store_readers_max,
        writers_max: settings.store_writers_max,
        connect_timeout: Duration::from_secs(settings.store_connect_timeout_s),
        statement_timeout: Duration::from_secs(settings.store_statement_timeout_s),
        attachments: attachment_place(settings)?,
        ..Options::new(PathBuf::new())
    })
}

/// Where attachments are: in the data folder, unless the settings name another place.
fn attachment_place(settings: &Settings) -> anyhow::Result<AttachmentPlace> {
    let Some(url) = &settings.store_attachments else {
        return Ok(AttachmentPlace::Folder(settings.data.join("attachments")));
    };
    let details = ObjectSettings {
        endpoint: settings.store_attachments_endpoint.clone(),
        region: settings.store_attachments_region.clone(),
        allow_http: settings.store_attachments_allow_http,
    };
    Ok(AttachmentPlace::parse(url, &details, settings.data.join("incoming"))?)
}
