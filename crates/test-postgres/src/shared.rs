//! The server of tests that run without `cargo xtask test`: all of them share one, and it ends soon after the last of them.

use std::fs::{File, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::cluster::{keep, make, url};
use crate::programs::{HOW_TO_INSTALL, find_programs, user_id};

/// Names the server of the tests: the URL of a database from which its user may create others.
pub const SERVER_VARIABLE: &str = "LYCEUM_TEST_POSTGRES";

/// The server, and a lock on it for as long as this process lives.
static SERVER: OnceLock<(String, Option<File>)> = OnceLock::new();

/// The URL of a database of the tests' server, from which others can be created.
pub fn server_url() -> &'static str {
    let (url, _) = SERVER.get_or_init(|| match std::env::var(SERVER_VARIABLE) {
        Ok(url) => (url, None),
        Err(_) => match share() {
            Ok((url, lock)) => (url, Some(lock)),
            Err(reason) => panic!("this test needs PostgreSQL. {reason}: {HOW_TO_INSTALL}"),
        },
    });
    url
}

/// Joins those who use the shared server, and starts it if there is none.
fn share() -> Result<(String, File), String> {
    let programs = find_programs()?;
    let name = format!("/tmp/lyceum-postgres-{}", user_id());
    let folder = PathBuf::from(format!("{name}-shared"));
    let users = PathBuf::from(format!("{name}.users"));
    let lock = open(&users)?;
    lock.lock_shared().map_err(|error| format!("cannot lock {}: {error}", users.display()))?;
    let starting = open(Path::new(&format!("{name}.starting")))?;
    starting.lock().map_err(|error| format!("cannot wait for the start of PostgreSQL: {error}"))?;
    if UnixStream::connect(folder.join(".s.PGSQL.5432")).is_err() {
        // What a machine left behind that was switched off.
        if folder.exists() {
            std::fs::remove_dir_all(&folder).map_err(|error| format!("cannot remove {}: {error}", folder.display()))?;
        }
        let options = make(&programs, &folder, &[])?;
        // It outlives this process, and ends by itself.
        drop(keep(&programs, &folder, &options, Some(&users))?);
    }
    Ok((url(&folder), lock))
}

fn open(path: &Path) -> Result<File, String> {
    let failed = |error| format!("cannot open {}: {error}", path.display());
    let file = File::options().create(true).truncate(false).write(true).open(path).map_err(failed)?;
    // Root's tests and the user `postgres` lock the same file.
    file.set_permissions(Permissions::from_mode(0o666)).map_err(failed)?;
    Ok(file)
}
