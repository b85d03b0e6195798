//! `cargo xtask test`: set-up, format, layers, lints, documentation's examples, and then every test.

use std::ffi::OsString;

use anyhow::Context;
use test_postgres::SERVER_VARIABLE;

use crate::postgres::Postgres;
use crate::process::{cargo, metadata, run, works};
use crate::{setup, tidy};

/// Runs all checks; the test runner's summary comes last. Tests that need PostgreSQL are left out where there is none, and that
/// is said once more at the end.
pub fn run_all(arguments: &[OsString]) -> anyhow::Result<()> {
    setup::install_clients()?;
    run(cargo().args(["fmt", "--all", "--check"]))?;
    tidy::check()?;
    run(cargo().args(["clippy", "--quiet", "--workspace", "--all-targets", "--", "--deny", "warnings"]))?;
    run(cargo().args(["test", "--quiet", "--workspace", "--doc"]))?;
    let postgres = Postgres::find_or_start();
    if let Some(advice) = postgres.advice() {
        eprintln!("The tests on PostgreSQL are left out: {advice}");
    }
    let outcome = run_tests(&postgres, arguments);
    if let Some(advice) = postgres.advice() {
        eprintln!(
            "\nNOT RUN: the tests on PostgreSQL (`lrs-postgres`, and `on_postgres` of `lrs-http` and `lyceum`): {advice}"
        );
    }
    outcome
}

fn run_tests(postgres: &Postgres, arguments: &[OsString]) -> anyhow::Result<()> {
    let server = postgres.url();
    if works("cargo", &["nextest", "--version"]) {
        let profile = match (&server, std::env::var_os("CI")) {
            (None, _) => "without-postgres",
            (Some(_), Some(_)) => "ci",
            (Some(_), None) => "default",
        };
        let mut command = cargo();
        command.args(["nextest", "run", "--workspace", "--profile", profile]).args(arguments);
        return run(command.envs(server.map(|url| (SERVER_VARIABLE, url))));
    }
    eprintln!("cargo-nextest is not installed; running the tests with cargo test, which takes longer.");
    let mut command = cargo();
    command.args(["test", "--workspace", "--lib", "--bins"]);
    match server {
        Some(url) => command.arg("--tests").env(SERVER_VARIABLE, url),
        None => command.args(["--exclude", "lrs-postgres"]).args(tests_without_postgres()?),
    };
    run(command.args(arguments))
}

/// `--test NAME` for each test target that needs no PostgreSQL.
fn tests_without_postgres() -> anyhow::Result<Vec<String>> {
    let metadata = metadata()?;
    let packages = metadata["packages"].as_array().context("cargo metadata names no packages")?;
    let targets = packages
        .iter()
        .filter(|package| package["name"] != "lrs-postgres")
        .flat_map(|package| package["targets"].as_array().into_iter().flatten())
        .filter(|target| target["kind"][0] == "test" && target["name"] != "on_postgres");
    Ok(targets.filter_map(|target| Some(format!("--test={}", target["name"].as_str()?))).collect())
}
