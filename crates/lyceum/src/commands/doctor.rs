//! `lyceum doctor`: Check data, configuration, disk and clock.

use std::process::ExitCode;

/// Arguments of `lyceum doctor`.
#[derive(Debug, clap::Args)]
pub struct Arguments {}

/// Runs `lyceum doctor`.
///
/// # Errors
/// What went wrong, in words for the person at the terminal.
pub async fn run(_arguments: Arguments) -> anyhow::Result<ExitCode> {
    anyhow::bail!("this build has no `doctor` yet")
}
