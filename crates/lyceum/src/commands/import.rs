//! `lyceum import`: Bring statements in.

use std::process::ExitCode;

/// Arguments of `lyceum import`.
#[derive(Debug, clap::Args)]
pub struct Arguments {}

/// Runs `lyceum import`.
///
/// # Errors
/// What went wrong, in words for the person at the terminal.
pub async fn run(_arguments: Arguments) -> anyhow::Result<ExitCode> {
    anyhow::bail!("this build has no `import` yet")
}
