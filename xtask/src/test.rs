//! `cargo xtask test`: set-up, format, layers, lints, documentation's examples, and then every test.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::Context;
use test_postgres::SERVER_VARIABLE;

use crate::postgres::Postgres;
use crate::process::{cargo, metadata, run, works};
use crate::{setup, tidy, web_app};

/// Runs all checks; the test runner's summary comes last. Tests that need PostgreSQL are left out where there is none, and that
/// is said once more at the end.
pub fn run_all(arguments: &[OsString]) -> anyhow::Result<()> {
    setup::install_clients()?;
    let app = prepare_app()?;
    run(cargo().args(["fmt", "--all", "--check"]))?;
    tidy::check()?;
    run(cargo().args(["clippy", "--quiet", "--workspace", "--all-targets", "--", "--deny", "warnings"]))?;
    run(cargo().args(["test", "--quiet", "--workspace", "--doc"]))?;
    let postgres = Postgres::find_or_start();
    if let Some(advice) = postgres.advice() {
        eprintln!("The tests on PostgreSQL are left out: {advice}");
    }
    let outcome = run_app_tests(&app, &postgres, arguments).and_then(|()| run_tests(&postgres, arguments));
    if let Some(advice) = postgres.advice() {
        eprintln!(
            "\nNOT RUN: the tests on PostgreSQL (`lrs-postgres`, `on_postgres` of `lrs-http` and `lyceum`, and those of the web app): \
             {advice}"
        );
    }
    if let Err(advice) = &app {
        eprintln!("\nNOT RUN: the tests of the web app in a browser: {advice}");
    }
    outcome
}

/// Builds the web app, before the program that takes it in, and finds the browser that tests it; the reason in words why it cannot
/// be tested here.
fn prepare_app() -> anyhow::Result<Result<PathBuf, String>> {
    if let Some(obstacle) = web_app::obstacle() {
        return Ok(Err(obstacle.to_owned()));
    }
    if let Err(error) = web_app::install_parts() {
        return Ok(Err(format!("npm could not install what it is made of ({error:#})")));
    }
    web_app::build_if_changed()?;
    Ok(web_app::find_browser())
}

/// The web app's own checks, and all its tests in a browser; neither when only some tests were asked for.
fn run_app_tests(app: &Result<PathBuf, String>, postgres: &Postgres, arguments: &[OsString]) -> anyhow::Result<()> {
    match app {
        Ok(browser) if arguments.is_empty() => {
            web_app::check()?;
            web_app::run_browser_tests(browser, postgres, &[])
        }
        _ => Ok(()),
    }
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
