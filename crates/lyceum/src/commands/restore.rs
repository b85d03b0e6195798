//! `lyceum restore`: makes a data folder from a backup, or adds one LRS of a backup to a data folder. Never overwrites.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use lrs_sqlite::backup::{Manifest, read_manifest, restore_folder, restore_lrs, unpack_archive};
use lrs_store::{LrsName, SystemClock};
use tempfile::TempDir;

use super::backup::{print_manifest, with_bar};
use super::lrs::parse_lrs_name;
use crate::configuration::PlaceArguments;
use crate::output::print_json;

/// What to do when everything is in a database.
const IN_A_DATABASE: &str = "use its own tools, as docs/postgres.md says";

/// Arguments of `lyceum restore`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lyceum restore --data /var/lib/lyceum-new /backups/lyceum-2026-11-24
  lyceum restore --data /var/lib/lyceum-new lyceum-2026-11-24.tar
  lyceum restore --lrs physics --as physics-old /backups/lyceum-2026-11-24

The backup is verified first. A whole one needs a new or empty data folder; one LRS is added beside those that are there, also
while a server runs.")]
pub struct Arguments {
    /// The folder of the backup, or the file that was downloaded from a server
    #[arg(value_name = "DIR")]
    backup: PathBuf,
    #[command(flatten)]
    place: PlaceArguments,
    /// Only this LRS of the backup
    #[arg(long, value_parser = parse_lrs_name, value_name = "NAME")]
    lrs: Option<LrsName>,
    /// The name that the LRS gets
    #[arg(long = "as", value_name = "NAME", value_parser = parse_lrs_name, requires = "lrs")]
    new_name: Option<LrsName>,
    /// Prints what was restored as JSON
    #[arg(long)]
    json: bool,
}

/// Runs `lyceum restore`.
///
/// # Errors
/// What went wrong, in words for the person at the terminal.
pub async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let json = arguments.json;
    let manifest = tokio::task::spawn_blocking(move || restore(&arguments)).await.context("the restore failed")??;
    if json {
        print_json(&serde_json::to_value(&manifest)?)?;
    } else {
        print_manifest(&manifest, "Restored");
    }
    Ok(ExitCode::SUCCESS)
}

/// Unpacks a backup that is one file, beside the data folder, where there must be room for it anyway. `None` for a folder.
fn unpack(backup: &Path, data: &Path) -> anyhow::Result<Option<TempDir>> {
    if !backup.is_file() {
        return Ok(None);
    }
    let data = std::path::absolute(data).context("cannot find the data folder")?;
    let beside = data.ancestors().skip(1).find(|folder| folder.is_dir()).unwrap_or(Path::new("."));
    let folder = TempDir::with_prefix_in("lyceum-restore-", beside)
        .with_context(|| format!("cannot unpack the backup in {}", beside.display()))?;
    unpack_archive(backup, folder.path())?;
    Ok(Some(folder))
}

fn restore(arguments: &Arguments) -> anyhow::Result<Manifest> {
    let data = arguments.place.folder(IN_A_DATABASE)?;
    let unpacked = unpack(&arguments.backup, &data)?;
    let backup = unpacked.as_ref().map_or(arguments.backup.as_path(), TempDir::path);
    let Some(name) = &arguments.lrs else {
        return with_bar("restoring", |progress| restore_folder(backup, &data, progress));
    };
    let new_name = arguments.new_name.as_ref().unwrap_or(name);
    let mut manifest = read_manifest(backup)?;
    let mut restored =
        with_bar("restoring", |progress| restore_lrs(backup, name, &data, new_name, &SystemClock, progress))?;
    restored.name = new_name.to_string();
    manifest.control = None;
    manifest.lrss = vec![restored];
    Ok(manifest)
}
