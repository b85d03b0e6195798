//! `cargo xtask test`: set-up, format, layers, lints, documentation's examples, and then every test.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::Context;
use test_objects::SERVER_VARIABLE as OBJECTS_VARIABLE;
use test_postgres::SERVER_VARIABLE;

use crate::process::{cargo, metadata, run, works};
use crate::servers::TestServer;
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
    let postgres = TestServer::postgres();
    if let Some(advice) = postgres.advice() {
        eprintln!("The tests on PostgreSQL are left out: {advice}");
    }
    let objects = TestServer::objects();
    let outcome = run_app_tests(&app, &postgres, arguments).and_then(|()| run_tests(&postgres, &objects, arguments));
    if let Some(advice) = postgres.advice() {
        eprintln!(
            "\nNOT RUN: the tests on PostgreSQL (`lrs-postgres`, `on_postgres` of `lrs-http` and `lyceum`, and those of the web app): \
             {advice}"
        );
    }
    if let Some(advice) = objects.advice() {
        eprintln!(
            "\nNOT RUN: the tests of attachments in an object store (`on_objects` of `lrs-postgres`, `lrs-http` and `lyceum`): {advice}"
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
fn run_app_tests(app: &Result<PathBuf, String>, postgres: &TestServer, arguments: &[OsString]) -> anyhow::Result<()> {
    match app {
        Ok(browser) if arguments.is_empty() => {
            web_app::check()?;
            web_app::run_browser_tests(browser, postgres, &[])
        }
        _ => Ok(()),
    }
}

fn run_tests(postgres: &TestServer, objects: &TestServer, arguments: &[OsString]) -> anyhow::Result<()> {
    let server = postgres.address();
    let endpoint = objects.address().map(|endpoint| (OBJECTS_VARIABLE, endpoint));
    if works("cargo", &["nextest", "--version"]) {
        let profile = match (&server, &endpoint, std::env::var_os("CI")) {
            (None, _, _) => "without-postgres",
            (Some(_), None, _) => "without-objects",
            (Some(_), Some(_), Some(_)) => "ci",
            (Some(_), Some(_), None) => "default",
        };
        let mut command = cargo();
        command.args(["nextest", "run", "--workspace", "--profile", profile]).args(arguments);
        return run(command.envs(server.map(|url| (SERVER_VARIABLE, url))).envs(endpoint));
    }
    eprintln!("cargo-nextest is not installed; running the tests with cargo test, which takes longer.");
    let mut command = cargo();
    command.args(["test", "--workspace", "--lib", "--bins"]);
    match (server, &endpoint) {
        (Some(url), Some(_)) => command.arg("--tests").env(SERVER_VARIABLE, url),
        (Some(url), None) => command.args(tests_without(&["on_objects"], &[])?).env(SERVER_VARIABLE, url),
        (None, _) => command
            .args(["--exclude", "lrs-postgres"])
            .args(tests_without(&["on_postgres", "on_objects"], &["lrs-postgres"])?),
    };
    command.args(arguments);
    if endpoint.is_none() {
        command.args(["--", "--skip", "on_objects::"]);
    }
    run(command.envs(endpoint))
}

/// `--test NAME` for each test target but these, and those of these packages.
fn tests_without(left_out: &[&str], packages_left_out: &[&str]) -> anyhow::Result<Vec<String>> {
    let metadata = metadata()?;
    let packages = metadata["packages"].as_array().context("cargo metadata names no packages")?;
    let targets = packages
        .iter()
        .filter(|package| !packages_left_out.iter().any(|name| package["name"] == *name))
        .flat_map(|package| package["targets"].as_array().into_iter().flatten())
        .filter(|target| target["kind"][0] == "test" && !left_out.iter().any(|name| target["name"] == *name));
    Ok(targets.filter_map(|target| Some(format!("--test={}", target["name"].as_str()?))).collect())
}
