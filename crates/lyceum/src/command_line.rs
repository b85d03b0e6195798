//! The root of the command line: one subcommand for each module of [`crate::commands`]. Texts and arguments of a
//! command stand in its own module.

use clap::{Parser, Subcommand};

use crate::commands;

/// Lyceum, a Learning Record Store (xAPI 1.0.3 and 2.0.0) in one program.
#[derive(Debug, Parser)]
#[command(name = "lyceum", version, about, max_term_width = 110)]
#[command(after_help = "\
Examples:
  lyceum serve
  lyceum key create --lrs default --scope all
  lyceum import statements.ndjson

Every command explains itself: lyceum COMMAND --help")]
pub struct CommandLine {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands. Boxed where the settings make them large.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the server
    Serve(Box<commands::serve::Arguments>),
    /// Create, list and delete LRSs
    Lrs(commands::lrs::Arguments),
    /// Get the link for the first account of the web app
    Account(commands::account::Arguments),
    /// Create, list, limit, rotate and revoke keys
    Key(commands::key::Arguments),
    /// Bring statements in, from files or from another LRS
    Import(commands::import::Arguments),
    /// Write statements out, as NDJSON or CSV
    Export(commands::export::Arguments),
    /// Copy a data folder while the server runs
    Backup(commands::backup::Arguments),
    /// Make a data folder from a backup
    Restore(commands::restore::Arguments),
    /// Move everything from a data folder into a PostgreSQL database, or back
    MigrateStore(commands::migrate_store::Arguments),
    /// Check data, configuration, disk and clock, and say what to do
    Doctor(commands::doctor::Arguments),
    /// Load any LRS and measure it
    Bench(Box<commands::bench::Arguments>),
    /// Print the completions of a shell
    Completions(commands::completions::Arguments),
    /// Write the manual pages of all commands
    Man(commands::man::Arguments),
}
