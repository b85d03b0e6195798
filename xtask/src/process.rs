//! Running other programs: each failure says which command failed.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is a folder of the repository").to_owned()
}

/// The cargo that runs this command.
pub fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// Runs a command to its end; an error when it fails.
pub fn run(command: &mut Command) -> anyhow::Result<()> {
    let shown = format!("{command:?}");
    let status = command.status().with_context(|| format!("could not start {shown}"))?;
    if !status.success() {
        bail!("{shown} failed: {status}");
    }
    Ok(())
}

/// Whether a program can be started with these arguments and says that all is well.
pub fn works(program: &str, arguments: &[&str]) -> bool {
    Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success())
}

/// Becomes the other program, so that signals and the exit code are its own.
pub fn replace(command: &mut Command) -> anyhow::Result<()> {
    let error = command.exec();
    Err(error).with_context(|| format!("could not start {command:?}"))
}

/// Builds the release binary and returns its path.
pub fn build_release() -> anyhow::Result<PathBuf> {
    run(cargo().args(["build", "--release", "--package", "lyceum"]))?;
    Ok(target_folder()?.join("release/lyceum"))
}

/// Builds the debug binary, with the features that the tests have, and returns its path.
pub fn build_debug() -> anyhow::Result<PathBuf> {
    run(cargo().args(["build", "--quiet", "--workspace", "--bin", "lyceum"]))?;
    Ok(target_folder()?.join("debug/lyceum"))
}

/// Where cargo builds.
fn target_folder() -> anyhow::Result<PathBuf> {
    let metadata = metadata()?;
    let folder = metadata["target_directory"].as_str().context("cargo metadata names no target_directory")?;
    Ok(PathBuf::from(folder))
}

/// `cargo metadata` of the workspace, without dependencies' own.
pub fn metadata() -> anyhow::Result<serde_json::Value> {
    let output = cargo().args(["metadata", "--format-version=1", "--no-deps"]).output()?;
    if !output.status.success() {
        bail!("cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}
