//! The commands, a module each: its `Arguments` (clap) and `run(arguments)`, which answers with the exit code.
//!
//! An error that `run` returns is printed once, with its causes, by `main`, and the exit code is 1. Results go to
//! standard output, everything else to standard error.

use std::process::ExitCode;

use crate::command_line::{Command, CommandLine};

pub mod account;
pub mod backup;
pub mod bench;
pub mod completions;
pub mod doctor;
pub mod export;
pub mod import;
pub mod key;
pub mod lrs;
pub mod man;
pub mod migrate_store;
pub mod restore;
pub mod serve;

/// Runs one command on a runtime of its own.
///
/// # Errors
/// What went wrong, in words for the person at the terminal.
pub fn run(command_line: CommandLine) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match command_line.command {
            Command::Serve(arguments) => serve::run(*arguments).await,
            Command::Lrs(arguments) => lrs::run(arguments).await,
            Command::Account(arguments) => account::run(arguments).await,
            Command::Key(arguments) => key::run(arguments).await,
            Command::Import(arguments) => import::run(arguments).await,
            Command::Export(arguments) => export::run(arguments).await,
            Command::Backup(arguments) => backup::run(arguments).await,
            Command::Restore(arguments) => restore::run(arguments).await,
            Command::MigrateStore(arguments) => migrate_store::run(arguments).await,
            Command::Doctor(arguments) => doctor::run(arguments).await,
            Command::Bench(arguments) => bench::run(*arguments).await,
            Command::Completions(arguments) => completions::run(&arguments),
            Command::Man(arguments) => man::run(&arguments),
        }
    })
}
