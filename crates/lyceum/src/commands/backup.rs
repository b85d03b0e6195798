//! `lyceum backup`: Copy a data folder while the server runs.

use std::process::ExitCode;

/// Arguments of `lyceum backup`.
#[derive(Debug, clap::Args)]
pub struct Arguments {}

/// Runs `lyceum backup`.
///
/// # Errors
/// What went wrong, in words for the person at the terminal.
pub async fn run(_arguments: Arguments) -> anyhow::Result<ExitCode> {
    anyhow::bail!("this build has no `backup` yet")
}
