//! The project's own commands, run as `cargo xtask COMMAND`: setup, serve, test, browser, pictures, tidy, conformance.

mod conformance;
mod process;
mod servers;
mod setup;
mod test;
mod tidy;
mod web_app;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// Lyceum's own commands for its developers and for a first look at it.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Install what the tests need: the public xAPI clients from npm and PyPI, PostgreSQL, and object stores.
    Setup,
    /// Build the release binary and start it; arguments go to `lyceum serve`.
    Serve {
        /// Such as `--data DIR --listen ADDR`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Set up, check format, layers and lints, and run every test.
    Test {
        /// Go to `cargo nextest run`, such as a test's name.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Drive the web app with a browser, against the real program.
    Browser {
        /// Go to Playwright, such as `explorer.spec.ts`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Write a picture of each page of the web app: desktop and phone, light and dark.
    Pictures {
        /// The folder to write to.
        folder: PathBuf,
        /// Only those that the documentation shows: `cargo xtask pictures docs/pictures --documentation`.
        #[arg(long)]
        documentation: bool,
    },
    /// Check what the compiler cannot: the layers, and the habits of style that a tool can see.
    Tidy,
    /// Run an installed copy of the official conformance suite against a fresh server, and print its count.
    Conformance {
        /// The suite's folder, with its `node_modules`.
        #[arg(long)]
        suite: PathBuf,
        /// The version of xAPI.
        #[arg(long, value_parser = ["1.0.3", "2.0.0"])]
        version: String,
        /// Where the server stores: in a data folder, or in a new database of the tests' PostgreSQL.
        #[arg(long, value_enum, default_value_t)]
        store: conformance::StoreKind,
    },
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Setup => setup::install_all(),
        Command::Serve { arguments } => {
            if let Some(reason) = web_app::obstacle() {
                eprintln!("The server starts without the web app: {reason}");
            } else if let Err(error) = web_app::build_if_changed() {
                eprintln!(
                    "The web app could not be built, so the server has the one it had before, or none: {error:#}"
                );
            }
            let binary = process::build_release()?;
            process::replace(std::process::Command::new(binary).arg("serve").args(arguments))
        }
        Command::Test { arguments } => test::run_all(&arguments),
        Command::Browser { arguments } => {
            web_app::build_if_changed()?;
            let browser = web_app::find_browser().map_err(anyhow::Error::msg)?;
            let postgres = servers::TestServer::postgres();
            if let Some(advice) = postgres.advice() {
                eprintln!("The tests run on the embedded store only: {advice}");
            }
            web_app::run_browser_tests(&browser, &postgres, &arguments)
        }
        Command::Pictures { folder, documentation } => web_app::take_pictures(&folder, documentation),
        Command::Tidy => tidy::check(),
        Command::Conformance { suite, version, store } => conformance::run(&suite, &version, store),
    }
}
