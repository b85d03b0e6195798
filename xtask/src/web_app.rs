//! The web app in `ui/`: building it when its sources changed, checking it, and driving it with a browser.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::UNIX_EPOCH;

use anyhow::Context;
use test_postgres::{SERVER_VARIABLE, find_programs};

use crate::process::{build_debug, root, run, works};
use crate::servers::TestServer;
use crate::setup::{install_packages, is_root_on_debian, once};

/// What the build tool asks for, as the start of a program for Node.
const NODE_IS_NEW: &str = "const [a, b] = process.versions.node.split('.').map(Number); \
                           process.exit(a > 22 || (a === 22 && b >= 12) || (a === 20 && b >= 19) ? 0 : 1)";

const HOW_TO_GET_NODE: &str = "the web app needs Node.js 20.19 or newer with npm: https://nodejs.org";

const HOW_TO_GET_CHROMIUM: &str = "install it with: sudo apt-get install chromium, or name it in CHROMIUM";

/// Where Debian puts the browser.
const CHROMIUM: &str = "/usr/bin/chromium";

/// Folders and files from which the app is made.
const SOURCES: [&str; 6] = ["src", "public", "scripts", "index.html", "vite.config.ts", "package-lock.json"];

fn folder() -> PathBuf {
    root().join("ui")
}

/// Why the app cannot be built here; none when it can.
pub fn obstacle() -> Option<&'static str> {
    let can = works("node", &["-e", NODE_IS_NEW]) && works("npm", &["--version"]);
    (!can).then_some(HOW_TO_GET_NODE)
}

/// Builds the app into `ui/dist`, from where the program takes it, unless that was done for the same sources.
pub fn build_if_changed() -> anyhow::Result<()> {
    install_parts()?;
    let sources = describe_sources()?;
    once(&folder().join("dist/.built"), sources.as_bytes(), || run(npm().args(["run", "build"])))
}

/// Installs what the app is made of.
pub fn install_parts() -> anyhow::Result<()> {
    let lock = std::fs::read(folder().join("package-lock.json")).context("cannot read the lock file of the app")?;
    once(&folder().join("node_modules/.installed"), &lock, || {
        run(npm().args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]))
    })
}

/// Makes the types of the API anew from the program's own description, and checks types and habits of the sources.
pub fn check() -> anyhow::Result<()> {
    let binary = build_debug()?;
    run(npm().args(["run", "api"]).env("LYCEUM_BINARY", binary))?;
    run(npm().args(["run", "check"]))
}

/// The browser that the tests use, installed first where that may be done; the reason in words where there is none.
pub fn find_browser() -> Result<PathBuf, String> {
    if let Some(named) = std::env::var_os("CHROMIUM") {
        return Ok(PathBuf::from(named));
    }
    if shows_a_page() {
        return Ok(PathBuf::from(CHROMIUM));
    }
    if is_root_on_debian()
        && let Err(error) = install_packages(&["chromium"])
    {
        return Err(format!("Chromium cannot be installed ({error}): {HOW_TO_GET_CHROMIUM}"));
    }
    if shows_a_page() {
        return Ok(PathBuf::from(CHROMIUM));
    }
    Err(format!("there is no Chromium here that shows a page: {HOW_TO_GET_CHROMIUM}"))
}

/// Whether the browser is there and can do its work here.
fn shows_a_page() -> bool {
    works(
        "timeout",
        &[
            "60",
            CHROMIUM,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--dump-dom",
            "about:blank",
        ],
    )
}

/// Drives the real program with a browser, on the embedded store and, where there is a server, on PostgreSQL; `arguments` go to
/// Playwright.
pub fn run_browser_tests(browser: &Path, postgres: &TestServer, arguments: &[OsString]) -> anyhow::Result<()> {
    let binary = build_debug()?;
    let mut command = Command::new("node");
    command.args(["node_modules/@playwright/test/cli.js", "test"]).args(arguments);
    if let Some(url) = postgres.address() {
        command.env(SERVER_VARIABLE, url).env("PATH", path_with_psql()?);
    }
    run(command.current_dir(folder()).env("LYCEUM_BINARY", binary).env("CHROMIUM", browser))
}

/// The tests make their databases with `psql`, which stands beside the server's programs.
fn path_with_psql() -> anyhow::Result<OsString> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let beside = find_programs().ok();
    Ok(std::env::join_paths(std::env::split_paths(&path).chain(beside))?)
}

/// Writes pictures into a folder: of each page, or those of the documentation.
pub fn take_pictures(into: &Path, documentation: bool) -> anyhow::Result<()> {
    let browser = find_browser().map_err(anyhow::Error::msg)?;
    build_if_changed()?;
    let into = std::path::absolute(into)?;
    std::fs::create_dir_all(&into).with_context(|| format!("cannot create {}", into.display()))?;
    let binary = build_debug()?;
    let mut command = npm();
    let which = if documentation { "--grep" } else { "--grep-invert" };
    command
        .args(["run", "pictures", "--", which, "@documentation"])
        .env("LYCEUM_BINARY", binary)
        .env("CHROMIUM", browser)
        .env("PICTURES", &into);
    run(&mut command)?;
    println!("The pictures are in {}", into.display());
    Ok(())
}

fn npm() -> Command {
    let mut command = Command::new("npm");
    command.current_dir(folder());
    command
}

/// Every source with its size and time, one in a line.
fn describe_sources() -> anyhow::Result<String> {
    let mut files = Vec::new();
    for source in SOURCES {
        list_files(&folder().join(source), &mut files)?;
    }
    files.sort();
    let mut text = String::new();
    for file in files {
        let metadata = file.metadata().with_context(|| format!("cannot look at {}", file.display()))?;
        let changed = metadata.modified()?.duration_since(UNIX_EPOCH)?.as_nanos();
        writeln!(text, "{} {} {changed}", file.display(), metadata.len())?;
    }
    Ok(text)
}

fn list_files(path: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    // Types made from the program's description change nothing in what is built.
    if path.ends_with("schema.d.ts") {
        return Ok(());
    }
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in std::fs::read_dir(path).with_context(|| format!("cannot read {}", path.display()))? {
        list_files(&entry?.path(), files)?;
    }
    Ok(())
}
