//! `lyceum doctor`: checks data, configuration, disk and clock, and says what to do.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use lrs_sqlite::{LogReader, Mode, OpenError, Options, SqliteRegistry};
use lrs_store::{Clock as _, Finding, LrsName, Registry as _, Seq, Severity, SystemClock};
use xapi::Timestamp;

use crate::configuration::{DataArguments, Layer, Settings};
use crate::output::print_json;

/// With less room than this, writes will soon be refused.
const FREE_BYTES_MIN: u64 = 1 << 30;
/// A clock before this instant (1 January 2025) was never set.
const CLOCK_MIN_US: i64 = 1_735_689_600_000_000;
/// Statements read at once by a deep check beside a server.
const PAGE_STATEMENTS: usize = 1_000;

/// Arguments of `lyceum doctor`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lyceum doctor
  lyceum doctor --deep --json

The exit code is 1 when something is damaged or will be lost. Beside a running server the index and the attachments are not
compared with the log: stop it for that.")]
pub struct Arguments {
    #[command(flatten)]
    data: DataArguments,
    /// Reads everything: the log against the index, every attachment against its digest
    #[arg(long)]
    deep: bool,
    /// Prints the findings as JSON
    #[arg(long)]
    json: bool,
}

fn finding(severity: Severity, subject: &str, message: impl Into<String>, advice: &str) -> Finding {
    Finding { severity, subject: subject.to_owned(), message: message.into(), advice: advice.to_owned() }
}

/// Runs `lyceum doctor`.
///
/// # Errors
/// What keeps it from looking at all.
pub async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let mut findings = vec![check_configuration(arguments.data.config.as_deref())];
    match arguments.data.folder() {
        Ok(folder) => check_folder(&folder, arguments.deep, &mut findings).await,
        // Told by the check of the configuration already.
        Err(_) if findings[0].severity == Severity::Error => {}
        Err(error) => return Err(error),
    }
    let worst = findings.iter().map(|finding| finding.severity).max().unwrap_or(Severity::Good);
    if arguments.json {
        print_json(&serde_json::json!({"worst": worst, "findings": findings}))?;
    } else {
        for finding in &findings {
            let mark = match finding.severity {
                Severity::Good => "good   ",
                Severity::Warning => "WARNING",
                Severity::Error => "ERROR  ",
            };
            println!("{mark}  {}: {}", finding.subject, finding.message);
            if !finding.advice.is_empty() {
                println!("         → {}", finding.advice);
            }
        }
    }
    Ok(if worst == Severity::Error { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn check_configuration(file: Option<&Path>) -> Finding {
    let subject = "configuration";
    match Settings::resolve(Layer::default(), file) {
        Ok(_) if file.is_none() => finding(Severity::Good, subject, "no file of settings is used", ""),
        Ok(_) => finding(Severity::Good, subject, "the file of settings is understood", ""),
        Err(error) => finding(Severity::Error, subject, format!("{error:#}"), "correct the file of --config"),
    }
}

async fn check_folder(folder: &Path, deep: bool, findings: &mut Vec<Finding>) {
    if !folder.join("lyceum.db").exists() {
        let message = format!("{} is no data folder", folder.display());
        let advice = "give the right one with --data, or make one: lyceum serve --data DIR";
        findings.push(finding(Severity::Error, "data folder", message, advice));
        return;
    }
    findings.push(check_permissions(folder));
    findings.push(check_disk(folder));
    match SqliteRegistry::open(folder, Mode::Offline, Options::default(), Arc::new(SystemClock)) {
        Ok(registry) => {
            check_offline(&registry, folder, deep, findings).await;
            registry.close().await;
        }
        Err(OpenError::Locked { holder, .. }) => {
            findings.push(finding(Severity::Good, "data folder", format!("{holder} has it open"), ""));
            check_beside(folder, deep, findings).await;
        }
        Err(error) => {
            findings.push(finding(Severity::Error, "data folder", error.to_string(), "do what the message says"));
        }
    }
}

fn check_permissions(folder: &Path) -> Finding {
    let subject = "permissions";
    if let Err(error) = tempfile::tempfile_in(folder) {
        let advice = "run as the user who owns the folder; check that the disk is not full or mounted read-only";
        return finding(
            Severity::Error,
            subject,
            format!("nothing can be written in the data folder: {error}"),
            advice,
        );
    }
    match std::fs::metadata(folder) {
        Ok(metadata) if metadata.permissions().mode() & 0o077 != 0 => {
            let message =
                format!("others may look into the data folder (mode {:o})", metadata.permissions().mode() & 0o777);
            finding(Severity::Warning, subject, message, "chmod 700 the data folder")
        }
        Ok(_) => finding(Severity::Good, subject, "the data folder is this user's alone, and can be written", ""),
        Err(error) => finding(Severity::Error, subject, error.to_string(), "check the data folder"),
    }
}

fn check_disk(folder: &Path) -> Finding {
    match fs4::available_space(folder) {
        Ok(free) if free < FREE_BYTES_MIN => {
            let message = format!("{} MiB are free", free >> 20);
            finding(Severity::Warning, "disk", message, "make room: writes are refused when the disk is full")
        }
        Ok(free) => finding(Severity::Good, "disk", format!("{} MiB are free", free >> 20), ""),
        Err(error) => finding(Severity::Error, "disk", error.to_string(), "check the disk of the data folder"),
    }
}

/// A clock that was never set, or that stands before what is stored already.
fn check_clock(newest: Option<Timestamp>) -> Finding {
    let now = SystemClock.now();
    let advice = "set the clock, and keep it set (NTP): instants in `stored` come from it";
    if now.0 < CLOCK_MIN_US {
        return finding(Severity::Error, "clock", format!("it says {now}"), advice);
    }
    match newest.filter(|newest| *newest > now) {
        Some(newest) => {
            finding(Severity::Error, "clock", format!("it says {now}, but a statement was stored at {newest}"), advice)
        }
        None => finding(Severity::Good, "clock", format!("it says {now}"), ""),
    }
}

async fn check_offline(registry: &SqliteRegistry, folder: &Path, deep: bool, findings: &mut Vec<Finding>) {
    let Some(names) = check_registry(registry, findings).await else { return };
    findings.push(check_clock(newest_of(folder, &names)));
    for name in names {
        let advice = "restore this LRS from a backup (lyceum restore --lrs)";
        let subject = format!("LRS {name}");
        match registry.open_lrs(&name).await {
            Err(error) => findings.push(finding(Severity::Error, &subject, error.to_string(), advice)),
            Ok(store) => match store.check(deep).await {
                Err(error) => findings.push(finding(Severity::Error, &subject, error.to_string(), advice)),
                Ok(found) => findings.extend(
                    found
                        .into_iter()
                        .map(|found| Finding { subject: format!("{subject}, {}", found.subject), ..found }),
                ),
            },
        }
    }
}

/// What can be seen while a server has the LRSs open.
async fn check_beside(folder: &Path, deep: bool, findings: &mut Vec<Finding>) {
    let registry = match SqliteRegistry::open(folder, Mode::Tool, Options::default(), Arc::new(SystemClock)) {
        Ok(registry) => registry,
        Err(error) => {
            findings.push(finding(Severity::Error, "LRSs and keys", error.to_string(), "do what the message says"));
            return;
        }
    };
    let names = check_registry(&registry, findings).await;
    registry.close().await;
    let Some(names) = names else { return };
    findings.push(check_clock(newest_of(folder, &names)));
    for name in names {
        let folder = folder.to_owned();
        let checking = tokio::task::spawn_blocking(move || check_log(&folder, &name, deep));
        match checking.await {
            Ok(found) => findings.push(found),
            Err(error) => findings.push(finding(Severity::Error, "check", error.to_string(), "run it again")),
        }
    }
}

async fn check_registry(registry: &SqliteRegistry, findings: &mut Vec<Finding>) -> Option<Vec<LrsName>> {
    let subject = "LRSs and keys";
    let listed = async { anyhow::Ok((registry.list_lrss().await?, registry.list_keys(None).await?)) }.await;
    match listed {
        Err(error) => {
            let advice = "restore the data folder from a backup (lyceum restore)";
            findings.push(finding(Severity::Error, subject, format!("{error:#}"), advice));
            None
        }
        Ok((lrss, keys)) => {
            let now = SystemClock.now();
            let usable =
                |key: &&lrs_store::Key| key.revoked.is_none() && key.key.expires.is_none_or(|expires| expires > now);
            let usable = keys.iter().filter(usable).count();
            let message = format!("{} LRSs, {usable} keys that can be used", lrss.len());
            findings.push(if usable == 0 {
                finding(Severity::Warning, subject, message, "make a key: lyceum key create --lrs NAME --scope all")
            } else {
                finding(Severity::Good, subject, message, "")
            });
            Some(lrss.into_iter().map(|lrs| lrs.name).collect())
        }
    }
}

/// When the newest statement of these LRSs was stored. What cannot be read is found by other checks.
fn newest_of(folder: &Path, names: &[LrsName]) -> Option<Timestamp> {
    let newest = |name: &LrsName| {
        let log = LogReader::open(folder, name).ok()??;
        let last = log.last().ok()?;
        let statements = log.read(Seq(last.0.checked_sub(1)?), last, 1).ok()?;
        statements.last().map(|logged| logged.statement.stored)
    };
    names.iter().filter_map(newest).max()
}

/// Reads the log of one LRS: all of it, or its end.
fn check_log(folder: &Path, name: &LrsName, deep: bool) -> Finding {
    let subject = format!("LRS {name}, log");
    let read = || {
        let Some(log) = LogReader::open(folder, name)? else { return Ok(0) };
        let last = log.last()?;
        let mut after = if deep { Seq(0) } else { Seq(last.0.saturating_sub(PAGE_STATEMENTS as u64)) };
        let mut count = 0;
        loop {
            let page = log.read(after, last, PAGE_STATEMENTS)?;
            let Some(end) = page.last() else { return Ok(count) };
            after = end.statement.seq;
            count += page.len();
        }
    };
    let outcome: Result<usize, lrs_store::StoreError> = read();
    match outcome {
        Ok(count) => finding(Severity::Good, &subject, format!("{count} statements can be read"), ""),
        Err(error) => {
            let advice = "stop the server, and restore this LRS from a backup (lyceum restore --lrs)";
            finding(Severity::Error, &subject, error.to_string(), advice)
        }
    }
}
