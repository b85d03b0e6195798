//! `lyceum completions`: prints the completions of a shell.

use std::process::ExitCode;

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::command_line::CommandLine;

/// Arguments of `lyceum completions`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  lyceum completions bash > ~/.local/share/bash-completion/completions/lyceum\n  \
                  lyceum completions fish > ~/.config/fish/completions/lyceum.fish")]
pub struct Arguments {
    /// The shell
    shell: Shell,
}

/// Prints the completions to standard output.
///
/// # Errors
/// None; the type is that of every command.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    clap_complete::generate(arguments.shell, &mut CommandLine::command(), "lyceum", &mut std::io::stdout());
    Ok(ExitCode::SUCCESS)
}
