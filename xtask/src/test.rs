//! `cargo xtask test`: set-up, format, layers, lints, documentation's examples, and then every test.

use std::ffi::OsString;

use crate::process::{cargo, run, works};
use crate::{setup, tidy};

/// Runs all checks; the test runner's summary comes last.
pub fn run_all(arguments: &[OsString]) -> anyhow::Result<()> {
    setup::install_clients()?;
    run(cargo().args(["fmt", "--all", "--check"]))?;
    tidy::check()?;
    run(cargo().args(["clippy", "--quiet", "--workspace", "--all-targets", "--", "--deny", "warnings"]))?;
    run(cargo().args(["test", "--quiet", "--workspace", "--doc"]))?;
    if works("cargo", &["nextest", "--version"]) {
        let profile = if std::env::var_os("CI").is_some() { "ci" } else { "default" };
        run(cargo().args(["nextest", "run", "--workspace", "--profile", profile]).args(arguments))
    } else {
        eprintln!("cargo-nextest is not installed; running the tests with cargo test, which takes longer.");
        run(cargo().args(["test", "--workspace", "--lib", "--bins", "--tests"]).args(arguments))
    }
}
