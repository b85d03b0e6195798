//! A private `PgBouncer` before a private server.

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::cluster::{Cluster, create, url};
use crate::programs::as_user;

/// What to tell somebody whose machine has none.
pub const HOW_TO_INSTALL_PGBOUNCER: &str = "install it with\n    sudo apt-get install pgbouncer";

/// Where Debian puts it; not on everybody's PATH.
const DEBIAN: &str = "/usr/sbin";

/// Starts the pooler, says so, waits until its input ends, and kills it as a crash would. Arguments: the program, its folder.
const KEEPER: &str = r#"
"$1" --quiet "$2/pgbouncer.ini" >>"$2/log" 2>&1 &
pooler=$!
while ! [ -S "$2/.s.PGSQL.5432" ]; do
    kill -0 $pooler || exit 1
    sleep 0.05
done
echo started
exec >/dev/null 2>&1
cat
kill -9 $pooler
wait $pooler
rm -f "$2/.s.PGSQL.5432"
"#;

/// The pooler's program.
///
/// # Errors
/// In words, when there is none.
pub fn find_pgbouncer() -> Result<PathBuf, String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from(DEBIAN)]);
    let program = folders.map(|folder| folder.join("pgbouncer")).find(|program| program.is_file());
    program.ok_or_else(|| "PgBouncer is not installed here".to_owned())
}

/// A pooler; killed, and its folder removed, when this is dropped or its process dies.
#[derive(Debug)]
pub struct Pooler {
    program: PathBuf,
    folder: PathBuf,
    keeper: Option<Child>,
}

static POOLERS: AtomicU32 = AtomicU32::new(0);

impl Pooler {
    /// Starts one with this `pool_mode` before a server.
    ///
    /// # Errors
    /// In words, where `PgBouncer` is missing or does not start.
    pub fn start(server: &Cluster, pool_mode: &str) -> Result<Self, String> {
        let program = find_pgbouncer()?;
        let number = POOLERS.fetch_add(1, Ordering::Relaxed);
        let folder = PathBuf::from(format!("/tmp/lyceum-pooler-{}-{number}", std::process::id()));
        create(&folder)?;
        let mut pooler = Self { program, folder, keeper: None };
        let settings = format!(
            "[databases]\n* = host={} port=5432 user=postgres\n[pgbouncer]\nauth_type = any\npool_mode = {pool_mode}\n\
             listen_addr =\nlisten_port = 5432\nunix_socket_dir = {}\n",
            server.folder().display(),
            pooler.folder.display()
        );
        let file = pooler.folder.join("pgbouncer.ini");
        std::fs::write(&file, settings).map_err(|error| format!("cannot write {}: {error}", file.display()))?;
        pooler.run()?;
        Ok(pooler)
    }

    /// The URL of the database `name` through it.
    #[must_use]
    pub fn url(&self, name: &str) -> String {
        let server = url(&self.folder);
        let (server, _) = server.rsplit_once('/').expect("it names a database");
        format!("{server}/{name}")
    }

    /// Kills it, as a crash would end it, with all connections through it.
    pub fn stop(&mut self) {
        let Some(mut keeper) = self.keeper.take() else { return };
        // The end of its input tells it to finish.
        drop(keeper.stdin.take());
        if let Err(error) = keeper.wait() {
            eprintln!("could not wait for the end of PgBouncer: {error}");
        }
    }

    /// Starts it again after [`Pooler::stop`].
    pub fn start_again(&mut self) {
        self.run().unwrap_or_else(|reason| panic!("{reason}"));
    }

    fn run(&mut self) -> Result<(), String> {
        let mut keeper = as_user(Path::new("/bin/sh"));
        keeper.args(["-c", KEEPER, "keeper"]).args([&self.program, &self.folder]);
        // In a group of its own, so that an interrupt from the terminal does not reach it.
        keeper.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut keeper = keeper.spawn().map_err(|error| format!("/bin/sh does not start: {error}"))?;
        let mut said = String::new();
        let read = BufReader::new(keeper.stdout.take().expect("it is piped")).read_line(&mut said);
        self.keeper = Some(keeper);
        if read.is_ok() && said.trim() == "started" {
            return Ok(());
        }
        let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        Err(format!("PgBouncer does not start: {log}"))
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        self.stop();
        drop(std::fs::remove_dir_all(&self.folder));
    }
}
