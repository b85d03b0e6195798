//! `lyceum restore`: Make a data folder from a backup.

use std::process::ExitCode;

/// Arguments of `lyceum restore`.
#[derive(Debug, clap::Args)]
pub struct Arguments {}

/// Runs `lyceum restore`.
///
/// # Errors
/// What went wrong, in words for the person at the terminal.
pub async fn run(_arguments: Arguments) -> anyhow::Result<ExitCode> {
    anyhow::bail!("this build has no `restore` yet")
}
