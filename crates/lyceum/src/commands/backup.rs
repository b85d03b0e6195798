//! `lyceum backup`: copies a data folder, or one LRS of it, while the server runs, and reads the copy back.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};
use lrs_sqlite::backup::{Manifest, make_backup, verify_backup};
use lrs_store::{LrsName, SystemClock};

use super::lrs::parse_lrs_name;
use crate::configuration::PlaceArguments;
use crate::output::print_json;

/// What to do when everything is in a database.
const IN_A_DATABASE: &str = "use its own tools, pg_basebackup or pg_dump, as docs/postgres.md says";

/// Arguments of `lyceum backup`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lyceum backup /backups/lyceum-2026-11-24
  lyceum backup --lrs physics /backups/physics

The copy is that of one instant for each LRS, with everything that was acknowledged before. It is read back and compared with
its checksums before the command says that it is good. `lyceum restore` brings it back.")]
pub struct Arguments {
    /// A new or empty folder for the backup
    #[arg(value_name = "DIR")]
    destination: PathBuf,
    #[command(flatten)]
    place: PlaceArguments,
    /// Only this LRS, without keys
    #[arg(long, value_parser = parse_lrs_name, value_name = "NAME")]
    lrs: Option<LrsName>,
    /// Checks a backup that was made before, and makes none
    #[arg(long, conflicts_with = "lrs")]
    verify: bool,
    /// Prints what the backup holds as JSON
    #[arg(long)]
    json: bool,
}

/// Runs `lyceum backup`.
///
/// # Errors
/// What went wrong, in words for the person at the terminal.
pub async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let json = arguments.json;
    let manifest = tokio::task::spawn_blocking(move || back_up(&arguments)).await.context("the backup failed")??;
    if json {
        print_json(&serde_json::to_value(&manifest)?)?;
    } else {
        print_manifest(&manifest, "Backed up and verified");
    }
    Ok(ExitCode::SUCCESS)
}

fn back_up(arguments: &Arguments) -> anyhow::Result<Manifest> {
    if !arguments.verify {
        let data = arguments.place.folder(IN_A_DATABASE)?;
        with_bar("copying", |progress| {
            make_backup(&data, arguments.lrs.as_ref(), &arguments.destination, &SystemClock, progress)
        })?;
    }
    with_bar("verifying", |progress| verify_backup(&arguments.destination, progress))
}

/// Runs long work under a progress bar of bytes, shown on a terminal only.
///
/// # Errors
/// Those of the work.
pub fn with_bar<T, E>(what: &'static str, work: impl FnOnce(&dyn Fn(u64, u64)) -> Result<T, E>) -> anyhow::Result<T>
where
    E: Into<anyhow::Error>,
{
    let bar = ProgressBar::no_length().with_message(what);
    bar.set_style(ProgressStyle::with_template("{msg} [{bar:30}] {bytes}/{total_bytes} {eta}")?);
    let outcome = work(&|done, total| {
        bar.set_length(total.max(done));
        bar.set_position(done);
    });
    bar.finish_and_clear();
    outcome.map_err(Into::into)
}

/// Says what a backup holds, a line for each LRS.
pub fn print_manifest(manifest: &Manifest, done: &str) {
    for lrs in &manifest.lrss {
        println!(
            "{done}: LRS {}, {} statements, {} documents, {} attachments",
            lrs.name, lrs.statements, lrs.documents, lrs.attachments
        );
    }
    if manifest.lrss.is_empty() {
        println!("{done}: no LRS");
    }
}
