//! `lyceum man`: writes the manual pages of all commands.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::CommandFactory as _;

use crate::command_line::CommandLine;

/// Arguments of `lyceum man`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  lyceum man /usr/local/share/man/man1
  lyceum man /tmp && man /tmp/lyceum-serve.1")]
pub struct Arguments {
    /// The folder for the pages; made when it is missing
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// Writes one page for each command.
///
/// # Errors
/// When the folder cannot be written.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let folder = &arguments.folder;
    std::fs::create_dir_all(folder)
        .and_then(|()| clap_mangen::generate_to(CommandLine::command(), folder))
        .with_context(|| format!("cannot write manual pages to {}", folder.display()))?;
    Ok(ExitCode::SUCCESS)
}
