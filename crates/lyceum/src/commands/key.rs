//! `lyceum key`: Create, list, limit and revoke keys.

use std::process::ExitCode;

/// Arguments of `lyceum key`.
#[derive(Debug, clap::Args)]
pub struct Arguments {}

/// Runs `lyceum key`.
///
/// # Errors
/// What went wrong, in words for the person at the terminal.
pub async fn run(_arguments: Arguments) -> anyhow::Result<ExitCode> {
    anyhow::bail!("this build has no `key` yet")
}
