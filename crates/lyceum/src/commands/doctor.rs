//! `lyceum doctor`: checks data, configuration, disk and clock, and says what to do.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use indicatif::{ProgressBar, ProgressStyle};
use lrs_postgres::{CheckLimits, Orphans, check_database};
use lrs_sqlite::Options;
use lrs_sqlite::check::check_folder;
use lrs_sqlite::repair::{Repaired, repair_folder};
use lrs_store::{Advice, CheckedPart, Clock, Finding, LrsName, Registry as _, Seen, Severity, Subject, SystemClock};

use super::lrs::parse_lrs_name;
use crate::configuration::{Layer, PlaceArguments, Settings};
use crate::database::{database_options, find_databases};
use crate::output::print_json;
use crate::place::{Source, open_source};

/// No request takes so long from finding an attachment's bytes in their place to its commit.
const ORPHAN_AGE: Duration = Duration::from_hours(24);

/// Arguments of `lyceum doctor`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lyceum doctor
  lyceum doctor --deep --json
  lyceum doctor --repair
  lyceum doctor --remove-orphans --store postgres://lyceum@db.example.org/lyceum
  lyceum doctor --store postgres://lyceum@db.example.org/lyceum --store-attachments s3://lyceum-attachments/school

Runs beside a server or without one, and changes nothing, unless it is asked to repair. The exit code is 1 when something is
damaged or will be lost.

With --repair it makes again from the log what follows from it, in each LRS where that is damaged: index, ids, voiding,
definitions, names. The server must be stopped, and there must be room for a second database. The damaged one is kept beside
the new one.

With --remove-orphans it removes from the place of a database's attachments what no statement names, as servers leave it that die
before a commit: the first time it marks what is older than a day, and a day later it removes that. Servers may run. Never
where a copy of the database, such as one that was restored elsewhere, has the same place: what is only the copy's would go. The
server of a data folder does this by itself.")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct Arguments {
    #[command(flatten)]
    place: PlaceArguments,
    /// A read replica of the database; may be given several times
    #[arg(long, env = "LYCEUM_STORE_REPLICA", value_name = "URL", hide_env_values = true)]
    store_replica: Option<Vec<String>>,
    /// Reads everything: the log against the index, every attachment against its digest
    #[arg(long)]
    deep: bool,
    /// Makes again from the log whatever is damaged and follows from it, then reads everything
    #[arg(long)]
    repair: bool,
    /// Removes attachments that no statement names, in two runs a day apart
    #[arg(long, conflicts_with = "repair")]
    remove_orphans: bool,
    /// Repairs only this LRS, whether damage is found in it or not
    #[arg(long, value_name = "NAME", value_parser = parse_lrs_name, requires = "repair")]
    lrs: Option<LrsName>,
    /// Prints the findings as JSON
    #[arg(long)]
    json: bool,
}

/// Runs `lyceum doctor`.
///
/// # Errors
/// What keeps it from looking at all.
pub async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let repaired = if arguments.repair {
        repair(
            arguments.place.folder("a damaged one is restored from its backup, as docs/postgres.md says")?,
            arguments.lrs,
        )
        .await?
    } else {
        Vec::new()
    };
    if !arguments.json {
        repaired.iter().for_each(print_repaired);
    }
    let orphans = if arguments.remove_orphans { remove_orphans(&arguments.place).await? } else { Vec::new() };
    if !arguments.json {
        orphans.iter().for_each(print_orphans);
    }
    let configuration = check_configuration(arguments.place.config.as_deref());
    if configuration.severity == Severity::Good {
        // Then it is the command line or the environment that is wrong, if anything.
        arguments.place.settings()?;
    }
    let mut parts = vec![CheckedPart { lrs: None, findings: vec![configuration] }];
    let deep = arguments.deep || arguments.repair;
    // A file of settings that cannot be used is a finding already, and then nobody knows what it names.
    let settings = arguments.place.settings().ok();
    if let Some(mut settings) = settings.filter(|settings| settings.store.is_some()) {
        settings.store_replica = arguments.store_replica.unwrap_or(settings.store_replica);
        parts.extend(check_store(&settings, deep).await?);
    } else if let Ok(folder) = arguments.place.folder("") {
        let checking = tokio::task::spawn_blocking(move || {
            let bar = ProgressBar::new_spinner();
            let parts = check_folder(&folder, deep, &SystemClock, &|lrs| {
                bar.set_message(lrs.map_or_else(|| "data folder".to_owned(), ToString::to_string));
                bar.tick();
            });
            bar.finish_and_clear();
            parts
        });
        parts.extend(checking.await.context("the check failed")?);
    }
    let findings = parts.iter().flat_map(|part| &part.findings);
    let worst = findings.map(|finding| finding.severity).max().unwrap_or(Severity::Good);
    if arguments.json {
        print_json(&serde_json::json!({"worst": worst, "repaired": repaired, "orphans": orphans, "parts": parts}))?;
    } else {
        parts.iter().for_each(print_part);
    }
    Ok(if worst == Severity::Error { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Checks the database that the settings name.
async fn check_store(settings: &Settings, deep: bool) -> anyhow::Result<Vec<CheckedPart>> {
    let Some((database, replicas)) = find_databases(settings)? else { return Ok(Vec::new()) };
    let (options, limits) = (database_options(settings)?, CheckLimits::default());
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    Ok(check_database(&database, &replicas, &options, &limits, &clock, deep).await?)
}

async fn repair(folder: PathBuf, lrs: Option<LrsName>) -> anyhow::Result<Vec<Repaired>> {
    let repairing = tokio::task::spawn_blocking(move || {
        let bar = ProgressBar::no_length().with_message("repairing");
        bar.set_style(ProgressStyle::with_template("{msg} [{bar:30}] {pos}/{len} statements {eta}")?);
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let repaired = repair_folder(&folder, lrs.as_ref(), &Options::default(), &clock, &|done, total| {
            bar.set_length(total);
            bar.set_position(done);
        });
        bar.finish_and_clear();
        anyhow::Ok(repaired?)
    });
    repairing.await.context("the repair failed")?
}

/// What became of the orphans of an LRS.
#[derive(Debug, serde::Serialize)]
struct RemovedOrphans {
    lrs: String,
    removed: u64,
    waiting: u64,
}

async fn remove_orphans(place: &PlaceArguments) -> anyhow::Result<Vec<RemovedOrphans>> {
    let settings = place.settings()?;
    if settings.store.is_none() {
        bail!("--remove-orphans is for the attachments of a database: the server of a data folder does that by itself");
    }
    let Source::Database(registry) = open_source(&settings).await? else { bail!("there is no database") };
    let outcome = registry.remove_orphans(SystemClock.now(), ORPHAN_AGE).await;
    registry.close().await;
    let removed = outcome.context("cannot remove attachments that no statement names")?;
    let told = removed.into_iter().map(|(lrs, Orphans { removed, waiting })| RemovedOrphans {
        lrs: lrs.to_string(),
        removed,
        waiting,
    });
    Ok(told.collect())
}

fn print_orphans(RemovedOrphans { lrs, removed, waiting }: &RemovedOrphans) {
    println!("LRS {lrs}: {removed} attachments that no statement names were removed, {waiting} are marked");
    if *waiting > 0 {
        println!("         → run this again a day after they were marked, to remove them");
    }
}

fn print_repaired(Repaired { lrs, statements, kept }: &Repaired) {
    println!("LRS {lrs} repaired: {statements} statements");
    println!("         the damaged database is {}; remove it when all is well", kept.display());
}

fn print_part(part: &CheckedPart) {
    if let Some(lrs) = &part.lrs {
        println!("LRS {lrs}");
    }
    for Finding { severity, subject, message, advice, .. } in &part.findings {
        let mark = match severity {
            Severity::Good => "good   ",
            Severity::Warning => "WARNING",
            Severity::Error => "ERROR  ",
        };
        println!("{mark}  {subject}: {message}");
        if !advice.is_empty() {
            println!("         → {advice}");
        }
    }
}

fn check_configuration(file: Option<&Path>) -> Finding {
    let subject = Subject::in_words("configuration");
    match Settings::resolve(Layer::default(), file) {
        Ok(_) if file.is_none() => Finding::good(subject, Seen::in_words("no file of settings is used")),
        Ok(_) => Finding::good(subject, Seen::in_words("the file of settings is understood")),
        Err(error) => {
            let advice = Advice::in_words("correct the file of --config");
            Finding::new(Severity::Error, subject, Seen::in_words(format!("{error:#}")), advice)
        }
    }
}
