//! `cargo xtask test`: set-up, format, layers, lints, documentation's examples, and then every test.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::Context;
use test_objects::{AZURE_SERVER_VARIABLE, SERVER_VARIABLE as OBJECTS_VARIABLE};
use test_postgres::{HOW_TO_INSTALL_PGBOUNCER, SERVER_VARIABLE};

use crate::process::{cargo, metadata, run, works};
use crate::servers::TestServer;
use crate::{setup, tidy, web_app};

/// Runs all checks; the test runner's summary comes last. Tests that need PostgreSQL are left out where there is none, and that
/// is said once more at the end.
pub fn run_all(arguments: &[OsString]) -> anyhow::Result<()> {
    setup::install_clients()?;
    // Half a minute where it is new, so it goes on beside the rest.
    let azurite = std::thread::spawn(setup::install_azurite);
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
    let azurite = azurite.join().unwrap_or_else(|_| Err("its installation broke off".to_owned()));
    let pgbouncer = setup::install_pgbouncer();
    let pgbouncer = pgbouncer.map_err(|reason| format!("{reason}. To run them, {HOW_TO_INSTALL_PGBOUNCER}"));
    let servers = Servers { postgres, objects, azure: TestServer::azure(azurite), pgbouncer };
    let outcome = run_app_tests(&app, &servers.postgres, arguments).and_then(|()| run_tests(&servers, arguments));
    servers.tell_what_is_missing();
    if let Err(advice) = &app {
        eprintln!("\nNOT RUN: the tests of the web app in a browser: {advice}");
    }
    outcome
}

/// Those that the tests talk to.
struct Servers {
    postgres: TestServer,
    objects: TestServer,
    azure: TestServer,
    /// Whether it is installed: its tests start their own.
    pgbouncer: Result<(), String>,
}

impl Servers {
    fn tell_what_is_missing(&self) {
        let postgres =
            "on PostgreSQL (`lrs-postgres`, `on_postgres` of `lrs-http` and `lyceum`, and those of the web app)";
        let objects = "of attachments in an object store (`on_objects` of `lrs-postgres`, `lrs-http` and `lyceum`)";
        let azure = "of attachments in Azure (those of `on_objects` that are named `azure…`)";
        let pgbouncer = "with a pooler (`pgbouncer` of `operation` of `lrs-postgres`)";
        let told = [
            (self.postgres.advice(), postgres),
            (self.objects.advice(), objects),
            (self.azure.advice(), azure),
            (self.pgbouncer.as_ref().err().map(String::as_str), pgbouncer),
        ];
        for (advice, tests) in told {
            if let Some(advice) = advice {
                eprintln!("\nNOT RUN: the tests {tests}: {advice}");
            }
        }
    }

    /// What begins the names of tests, or of their modules, for which something is missing.
    fn left_out(&self) -> Vec<&'static str> {
        let azure = self.azure.address().is_none().then_some("azure");
        let pgbouncer = self.pgbouncer.is_err().then_some("pgbouncer");
        azure.into_iter().chain(pgbouncer).collect()
    }

    /// What tells the tests where they are.
    fn variables(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let named = [
            (SERVER_VARIABLE, &self.postgres),
            (OBJECTS_VARIABLE, &self.objects),
            (AZURE_SERVER_VARIABLE, &self.azure),
        ];
        named.into_iter().filter_map(|(variable, server)| Some((variable, server.address()?)))
    }
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

fn run_tests(servers: &Servers, arguments: &[OsString]) -> anyhow::Result<()> {
    let [has_postgres, has_objects] = [&servers.postgres, &servers.objects].map(|server| server.address().is_some());
    let left_out = servers.left_out();
    if works("cargo", &["nextest", "--version"]) {
        let profile = match (has_postgres, has_objects, std::env::var_os("CI")) {
            (false, _, _) => "without-postgres",
            (true, false, _) => "without-objects",
            (true, true, Some(_)) => "ci",
            (true, true, None) => "default",
        };
        let mut command = cargo();
        command.args(["nextest", "run", "--workspace", "--profile", profile]);
        if !left_out.is_empty() {
            command.args(["--filterset", &format!("not test(/(^|::)({})/)", left_out.join("|"))]);
        }
        return run(command.args(arguments).envs(servers.variables()));
    }
    eprintln!("cargo-nextest is not installed; running the tests with cargo test, which takes longer.");
    let mut command = cargo();
    command.args(["test", "--workspace", "--lib", "--bins"]);
    match (has_postgres, has_objects) {
        (true, true) => command.arg("--tests"),
        (true, false) => command.args(tests_without(&["on_objects"], &[])?),
        (false, _) => command
            .args(["--exclude", "lrs-postgres"])
            .args(tests_without(&["on_postgres", "on_objects"], &["lrs-postgres"])?),
    };
    command.args(arguments).arg("--");
    if !has_objects {
        command.args(["--skip", "on_objects::"]);
    }
    for name in left_out {
        command.args(["--skip", name]);
    }
    run(command.envs(servers.variables()))
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
