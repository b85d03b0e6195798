//! `lyceum lrs`: Create, list and delete LRSs.

use std::process::ExitCode;

/// Arguments of `lyceum lrs`.
#[derive(Debug, clap::Args)]
pub struct Arguments {}

/// Runs `lyceum lrs`.
///
/// # Errors
/// What went wrong, in words for the person at the terminal.
pub async fn run(_arguments: Arguments) -> anyhow::Result<ExitCode> {
    anyhow::bail!("this build has no `lrs` yet")
}
