//! `lyceum serve`: Run the server.

use std::process::ExitCode;

/// Arguments of `lyceum serve`.
#[derive(Debug, clap::Args)]
pub struct Arguments {}

/// Runs `lyceum serve`.
///
/// # Errors
/// What went wrong, in words for the person at the terminal.
pub async fn run(_arguments: Arguments) -> anyhow::Result<ExitCode> {
    anyhow::bail!("this build has no `serve` yet")
}
