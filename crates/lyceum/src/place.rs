//! Opens the LRSs and keys of this installation, in a data folder or in a database: the one place that chooses a backend.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use lrs_postgres::{PostgresRegistry, Time};
use lrs_sqlite::{Holder, Mode, OpenError, SqliteRegistry};
use lrs_store::{Registry, SystemClock};

use crate::configuration::Settings;
use crate::database::{database_options, find_databases};

/// What a command opens the registry for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To serve.
    Serve,
    /// To change LRSs and keys, and to read, beside a server or without one.
    Beside,
    /// To write statements. A data folder is then taken for this process alone.
    Write,
}

/// Opens what the settings name. A data folder is made when it is missing, except to read or write what should be there.
///
/// # Errors
/// Why it cannot be opened, and what to do.
pub async fn open_registry(settings: &Settings, purpose: Purpose) -> anyhow::Result<Arc<dyn Registry>> {
    if settings.store.is_some() { Ok(open_database(settings, purpose).await?) } else { open_folder(settings, purpose) }
}

async fn open_database(settings: &Settings, purpose: Purpose) -> anyhow::Result<Arc<PostgresRegistry>> {
    let (database, replicas) = find_databases(settings)?.context("there is no address of a database")?;
    let access = match purpose {
        Purpose::Serve if settings.read_only => lrs_postgres::Access::Read,
        Purpose::Serve => lrs_postgres::Access::Write,
        Purpose::Beside | Purpose::Write => lrs_postgres::Access::Command,
    };
    let options = lrs_postgres::Options { access, ..database_options(settings)? };
    // Uploads are collected here, and whether it can be written says whether a server is ready.
    std::fs::create_dir_all(&settings.data)
        .with_context(|| format!("cannot make the data folder {}", settings.data.display()))?;
    let opened = match purpose {
        Purpose::Serve => PostgresRegistry::open_with_replicas(&database, &replicas, options, Time::Database).await,
        Purpose::Beside | Purpose::Write => PostgresRegistry::open(&database, options, Time::Database).await,
    };
    Ok(opened?)
}

fn open_folder(settings: &Settings, purpose: Purpose) -> anyhow::Result<Arc<dyn Registry>> {
    let access = match purpose {
        Purpose::Serve if settings.read_only => lrs_sqlite::Access::Read,
        _ => lrs_sqlite::Access::Write,
    };
    let options = lrs_sqlite::Options { access, stay_awake: settings.stay_awake, ..lrs_sqlite::Options::default() };
    let mode = match purpose {
        Purpose::Serve => Mode::Server,
        Purpose::Beside => Mode::Tool,
        Purpose::Write => Mode::Offline,
    };
    let opened = SqliteRegistry::open(&settings.data, mode, options, Arc::new(SystemClock));
    Ok(opened.map_err(|error| match (error, purpose) {
        (error @ OpenError::Locked { .. }, Purpose::Write) => anyhow::Error::new(error)
            .context("a running server takes imports over HTTP: use --to URL and --key instead of --data"),
        (error, _) => error.into(),
    })?)
}

/// Whether this names a database, not a folder.
#[must_use]
pub fn is_database(place: &str) -> bool {
    place.starts_with("postgres://") || place.starts_with("postgresql://")
}

/// What is copied: opened for reading alone.
pub enum Source {
    /// A data folder, and which server has it and may write to it.
    Folder(Arc<SqliteRegistry>, Option<Holder>),
    /// A database.
    Database(Arc<PostgresRegistry>),
}

/// Opens what is to be copied. A data folder without a server is kept from being written to, until it is closed.
///
/// # Errors
/// Why it cannot be opened, and what to do.
pub async fn open_source(settings: &Settings) -> anyhow::Result<Source> {
    if settings.store.is_some() {
        return Ok(Source::Database(open_database(settings, Purpose::Beside).await?));
    }
    let (registry, holder) = SqliteRegistry::open_to_copy(&settings.data, Arc::new(SystemClock))?;
    Ok(Source::Folder(registry, holder))
}

impl Source {
    /// Its LRSs and keys.
    #[must_use]
    pub fn registry(&self) -> &dyn Registry {
        match self {
            Self::Folder(registry, _) => &**registry,
            Self::Database(registry) => &**registry,
        }
    }

    /// Who may write to it, in words.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn find_writer(&self) -> anyhow::Result<Option<String>> {
        match self {
            Self::Folder(_, holder) => Ok(holder.as_ref().map(ToString::to_string)),
            Self::Database(registry) => {
                let servers = registry.count_servers().await?;
                Ok((servers > 0).then(|| "a running Lyceum server".to_owned()))
            }
        }
    }
}

/// Refuses to read from, or write into, a place where nothing was ever kept.
///
/// # Errors
/// There is no data folder.
pub fn expect_place(settings: &Settings) -> anyhow::Result<()> {
    if settings.store.is_none() && !settings.data.join("lyceum.db").exists() {
        bail!(
            "{} is no data folder: make one with `lyceum lrs create default`, or give another --data",
            settings.data.display()
        );
    }
    Ok(())
}

/// The arguments, with a space before each, by which a command finds the same place; never with a password.
#[must_use]
pub fn place_arguments(settings: &Settings) -> String {
    let mut text = String::new();
    let mut add = |name: &str, value: &str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+,".contains(c);
        let quoted = if value.chars().all(plain) { value.to_owned() } else { format!("'{value}'") };
        let _infallible = write!(text, " --{name} {quoted}");
    };
    if settings.data != Path::new(crate::configuration::DATA_DEFAULT) {
        add("data", &settings.data.display().to_string());
    }
    if let Some(url) = &settings.store {
        add("store", &without_password(url));
    }
    if let Some(file) = &settings.store_password_file {
        add("store-password-file", &file.display().to_string());
    }
    for (name, value) in [
        ("store-attachments", &settings.store_attachments),
        ("store-attachments-endpoint", &settings.store_attachments_endpoint),
        ("store-attachments-region", &settings.store_attachments_region),
    ] {
        if let Some(value) = value {
            add(name, value);
        }
    }
    if settings.store_attachments_allow_http {
        add("store-attachments-allow-http", "true");
    }
    text
}

/// A URL as it may be shown.
fn without_password(url: &str) -> String {
    let shown = || {
        let (scheme, rest) = url.split_once("://")?;
        let (user, rest) = rest.split_once('@')?;
        let (user, _) = user.split_once(':')?;
        Some(format!("{scheme}://{user}@{rest}"))
    };
    shown().unwrap_or_else(|| url.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::configuration::Layer;

    #[test]
    fn the_same_place_is_found_without_showing_a_password() {
        let cases = [
            (None, None, ""),
            (Some("/srv/lyceum"), None, " --data /srv/lyceum"),
            (Some("/srv/my data"), None, " --data '/srv/my data'"),
            (None, Some("postgres://u@h/d"), " --store postgres://u@h/d"),
            (None, Some("postgres://u:secret@h:1/d?sslmode=require"), " --store 'postgres://u@h:1/d?sslmode=require'"),
            (Some("/srv"), Some("postgres:///d"), " --data /srv --store postgres:///d"),
        ];
        for (data, store, expected) in cases {
            let layer = Layer { data: data.map(Into::into), store: store.map(Into::into), ..Layer::default() };
            assert_eq!(place_arguments(&layer.complete()), expected);
        }
    }
}
