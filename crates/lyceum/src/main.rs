//! The `lyceum` program: parses the command line and runs one command. Everything else is in the library.

use std::process::ExitCode;

use clap::Parser as _;
use lyceum::command_line::CommandLine;

fn main() -> ExitCode {
    match lyceum::commands::run(CommandLine::parse()) {
        Ok(code) => code,
        Err(error) => {
            // One line for each cause; the last is what the operating system or the store said.
            eprintln!("lyceum: {error:#}");
            ExitCode::FAILURE
        }
    }
}
