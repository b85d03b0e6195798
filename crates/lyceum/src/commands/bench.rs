//! `lyceum bench`: Load any LRS and measure it.

use std::process::ExitCode;

/// Arguments of `lyceum bench`.
#[derive(Debug, clap::Args)]
pub struct Arguments {}

/// Runs `lyceum bench`.
///
/// # Errors
/// What went wrong, in words for the person at the terminal.
pub async fn run(_arguments: Arguments) -> anyhow::Result<ExitCode> {
    anyhow::bail!("this build has no `bench` yet")
}
