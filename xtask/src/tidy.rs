//! Checks what the compiler cannot: the layers, and the habits of style that a tool can see.
//!
//! Each finding names its place and says what to do. Exceptions stand in tables here, with their reason.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

use crate::process::{metadata, root};

/// Which crates of the workspace a crate may use in its product. Tests may use any backend besides.
const LAYERS: [(&str, &[&str]); 10] = [
    ("xapi", &[]),
    ("lrs-store", &["xapi"]),
    ("lrs-sqlite", &["xapi", "lrs-store"]),
    ("lrs-postgres", &["xapi", "lrs-store"]),
    ("lrs-core", &["xapi", "lrs-store"]),
    ("lrs-http", &["xapi", "lrs-store", "lrs-core"]),
    ("lyceum", &["xapi", "lrs-store", "lrs-sqlite", "lrs-postgres", "lrs-core", "lrs-http"]),
    ("test-objects", &[]),
    ("test-postgres", &[]),
    ("xtask", &["test-objects", "test-postgres"]),
];

/// Libraries that only some crates may use, so that each concern has one home.
const HOMES: [(&str, &[&str]); 8] = [
    ("rusqlite", &["lrs-sqlite"]),
    ("tokio-postgres", &["lrs-postgres"]),
    ("object_store", &["lrs-postgres"]),
    ("axum", &["lrs-http"]),
    ("http", &["lrs-http"]),
    ("clap", &["lyceum", "xtask"]),
    ("anyhow", &["lyceum", "xtask"]),
    ("tokio", &["lrs-store", "lrs-sqlite", "lrs-postgres", "lrs-core", "lrs-http", "lyceum"]),
];

/// Longer than this and a file is hard to keep in one's head.
const FILE_LINES_MAX: usize = 400;

/// Texts that product code must not contain, and what to do instead.
const BANNED: [(&str, &str); 8] = [
    ("todo!(", "finish it"),
    ("unimplemented!(", "finish it"),
    ("dbg!(", "use tracing"),
    ("#[allow(", "use #[expect(lint, reason = \"…\")]"),
    ("#![allow(", "use #![expect(lint, reason = \"…\")]"),
    ("#[ignore", "make the test run or remove it"),
    ("FIXME", "mend it"),
    (".unwrap()", "return the error, or use expect(\"why it holds\")"),
];

/// Fails with all findings.
pub fn check() -> anyhow::Result<()> {
    let mut findings = check_layers()?;
    for file in source_files()? {
        let text =
            std::fs::read_to_string(root().join(&file)).with_context(|| format!("cannot read {}", file.display()))?;
        check_file(&file, &text, &mut findings);
    }
    if findings.is_empty() {
        return Ok(());
    }
    for finding in &findings {
        eprintln!("tidy: {finding}");
    }
    bail!("tidy found {} thing(s) to mend", findings.len())
}

/// The crate graph against [`LAYERS`] and [`HOMES`].
fn check_layers() -> anyhow::Result<Vec<String>> {
    let metadata = metadata()?;
    let packages = metadata["packages"].as_array().context("cargo metadata names no packages")?;
    let mut findings = Vec::new();
    for package in packages {
        let name = package["name"].as_str().unwrap_or_default();
        let Some((_, allowed)) = LAYERS.iter().find(|(layer, _)| *layer == name) else {
            findings.push(format!("crate {name} has no place in the layers: add it to LAYERS in xtask/src/tidy.rs"));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let used = dependency["name"].as_str().unwrap_or_default();
            if !dependency["kind"].is_null() {
                continue;
            }
            if LAYERS.iter().any(|(layer, _)| *layer == used) && !allowed.contains(&used) {
                findings.push(format!("crate {name} must not use {used}: the layers are in ARCHITECTURE.md"));
            }
            if let Some((_, homes)) = HOMES.iter().find(|(library, _)| *library == used)
                && !homes.contains(&name)
            {
                findings.push(format!("crate {name} must not use {used}: its home is {}", homes.join(", ")));
            }
        }
    }
    Ok(findings)
}

/// All Rust files that git knows or would take.
fn source_files() -> anyhow::Result<Vec<PathBuf>> {
    let output = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard", "*.rs"])
        .current_dir(root())
        .output()
        .context("could not start git")?;
    if !output.status.success() {
        bail!("git ls-files failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    let names = String::from_utf8(output.stdout)?;
    Ok(names.lines().map(PathBuf::from).filter(|file| root().join(file).is_file()).collect())
}

fn check_file(file: &Path, text: &str, findings: &mut Vec<String>) {
    let place = file.display();
    if !text.starts_with("//!") && !text.starts_with("#!") {
        findings.push(format!("{place}: begin with //! and say what the file is for"));
    }
    let lines = text.lines().count();
    if lines > FILE_LINES_MAX {
        findings.push(format!("{place}: {lines} lines; split it by subject below {FILE_LINES_MAX}"));
    }
    let is_test =
        file.components().any(|part| matches!(part.as_os_str().to_str(), Some("tests" | "examples" | "contract")));
    if file.ends_with("xtask/src/tidy.rs") || is_test {
        return;
    }
    let product = text.split("#[cfg(test)]").next().unwrap_or(text);
    for (number, line) in product.lines().enumerate() {
        if line.trim_start().starts_with("//") {
            continue;
        }
        for (banned, instead) in BANNED {
            if line.contains(banned) {
                findings.push(format!("{place}:{}: {banned} {instead}", number + 1));
            }
        }
    }
}
