//! Finds PostgreSQL's programs, and runs them as a user that may.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What to tell somebody whose machine has no PostgreSQL.
pub const HOW_TO_INSTALL: &str = "install it with\n    sudo apt-get install postgresql\n\
    (version 14 or later; where that is not Debian, put its `initdb` on the PATH), or name a server whose user may create databases:\n    \
    LYCEUM_TEST_POSTGRES=postgres://USER@HOST/postgres";

/// Debian's folder of PostgreSQL's versions; their programs are not on the PATH.
const DEBIAN: &str = "/usr/lib/postgresql";
/// The first version whose `initdb` takes what `cluster` gives it. The product goes on with 13.
const VERSION_MIN: u32 = 14;

/// The folder of a PostgreSQL server's programs, the latest version first.
///
/// # Errors
/// In words, when there is none.
pub fn find_programs() -> Result<PathBuf, String> {
    let versions = std::fs::read_dir(DEBIAN).into_iter().flatten().filter_map(|entry| {
        let path = entry.ok()?.path();
        let version: u32 = path.file_name()?.to_str()?.parse().ok()?;
        (version >= VERSION_MIN).then(|| (version, path.join("bin")))
    });
    let mut versions: Vec<_> = versions.collect();
    versions.sort_unstable_by(|one, other| other.cmp(one));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = versions.into_iter().map(|(_, folder)| folder).chain(std::env::split_paths(&path));
    let is_complete = |folder: &PathBuf| ["initdb", "pg_ctl", "postgres"].iter().all(|it| folder.join(it).is_file());
    folders.find(is_complete).ok_or_else(|| "PostgreSQL's server is not installed here".to_owned())
}

/// PostgreSQL refuses to run as root: then it runs as the user that its package made. The environment says nothing: a language
/// or a port that is set there must not matter.
pub(crate) fn as_user(program: &Path) -> Command {
    let mut command = if is_root() {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("LC_ALL", "C");
    command.current_dir("/").stdin(Stdio::null());
    command
}

/// Whether this process is root's.
pub(crate) fn is_root() -> bool {
    user_id() == "0"
}

/// The number of this process's user.
pub(crate) fn user_id() -> String {
    let output = Command::new("id").arg("-u").output().expect("every system has `id`");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Runs a program to its end: what it printed. An error in words when it fails.
pub(crate) fn run(command: &mut Command) -> Result<String, String> {
    let output =
        command.output().map_err(|error| format!("{} does not start: {error}", command.get_program().display()))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(format!("{command:?}: {}", String::from_utf8_lossy(&said).trim()))
}
