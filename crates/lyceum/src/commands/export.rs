//! `lyceum export`: Write statements out.

use std::process::ExitCode;

/// Arguments of `lyceum export`.
#[derive(Debug, clap::Args)]
pub struct Arguments {}

/// Runs `lyceum export`.
///
/// # Errors
/// What went wrong, in words for the person at the terminal.
pub async fn run(_arguments: Arguments) -> anyhow::Result<ExitCode> {
    anyhow::bail!("this build has no `export` yet")
}
