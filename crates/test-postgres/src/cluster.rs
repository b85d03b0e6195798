//! A private PostgreSQL server in a temporary folder, reached through a Unix socket.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::programs::{as_user, find_programs, is_root, run};

/// Small: it needs little shared memory and few files, as containers give. It survives its own crash but not that of the machine, which would
/// cost half of the tests' time.
const SETTINGS: [&str; 10] = [
    "listen_addresses=",
    "max_connections=300",
    "shared_buffers=64MB",
    "dynamic_shared_memory_type=mmap",
    "huge_pages=off",
    "max_files_per_process=200",
    "max_wal_size=256MB",
    "fsync=off",
    "autovacuum_naptime=10s",
    "log_min_messages=warning",
];

/// Starts the server, says so, waits, ends the server and removes its folder. Arguments: folder of the programs, folder of the
/// cluster, options of the server, lock of those who use it. Without a lock it waits until its standard input ends, as it does when whoever
/// holds the other end is killed; with one, until nobody holds it.
const KEEPER: &str = r#"
"$1/pg_ctl" --pgdata="$2/data" --wait --timeout=120 --silent --log="$2/log" --options="$3" start || exit 1
echo started
exec >/dev/null 2>&1
if [ -n "$4" ]; then
    while sleep 20; do flock --exclusive --nonblock "$4" true && break; done
else
    cat
fi
"$1/pg_ctl" --pgdata="$2/data" --mode=immediate --silent stop
rm -rf "$2"
"#;

/// A private server; ended, and its folder removed, when this is dropped or its process dies.
#[derive(Debug)]
pub struct Cluster {
    programs: PathBuf,
    folder: PathBuf,
    options: String,
    keeper: Child,
}

static CLUSTERS: AtomicU32 = AtomicU32::new(0);

impl Cluster {
    /// Makes and starts one, with further settings such as `work_mem=1MB`.
    ///
    /// # Errors
    /// In words, where PostgreSQL is missing or does not start.
    pub fn start(settings: &[&str]) -> Result<Self, String> {
        let number = CLUSTERS.fetch_add(1, Ordering::Relaxed);
        // Not the system's folder for temporary files: its path may be long, and a socket's may not; or closed to other users.
        let folder = PathBuf::from(format!("/tmp/lyceum-postgres-{}-{number}", std::process::id()));
        let programs = find_programs()?;
        let options = make(&programs, &folder, settings)?;
        let keeper = keep(&programs, &folder, &options, None)?;
        Ok(Self { programs, folder, options, keeper })
    }

    /// Makes and starts a read replica of this one, by a base backup and streaming.
    ///
    /// # Errors
    /// In words, where the base backup fails, or the replica does not start.
    pub fn start_replica(&self) -> Result<Self, String> {
        let number = CLUSTERS.fetch_add(1, Ordering::Relaxed);
        let folder = PathBuf::from(format!("/tmp/lyceum-postgres-{}-{number}", std::process::id()));
        create(&folder)?;
        let mut copy = as_user(&self.programs.join("pg_basebackup"));
        copy.args(["--username=postgres", "--write-recovery-conf", "--checkpoint=fast", "--no-sync", "--host"]);
        run(copy.arg(&self.folder).arg("--pgdata").arg(folder.join("data")))?;
        let options = command_options(&folder, &[]);
        let keeper = keep(&self.programs, &folder, &options, None)?;
        Ok(Self { programs: self.programs.clone(), folder, options, keeper })
    }

    /// What the server has logged so far.
    #[must_use]
    pub fn log(&self) -> String {
        read_log(&self.folder)
    }

    /// The URL of its database `postgres`, as a user who may do everything.
    #[must_use]
    pub fn url(&self) -> String {
        url(&self.folder)
    }

    /// Where its socket is.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Ends the server as a crash would: at once, in the middle of what it does.
    pub fn stop(&self) {
        self.control(&["--mode=immediate", "stop"]);
    }

    /// Starts it again after [`Cluster::stop`].
    pub fn start_again(&self) {
        let log = self.folder.join("log");
        let log = log.to_str().expect("its path is text");
        self.control(&["--wait", "--timeout=120", "--log", log, "--options", &self.options, "start"]);
    }

    #[track_caller]
    fn control(&self, arguments: &[&str]) {
        let mut command = as_user(&self.programs.join("pg_ctl"));
        // The server inherits standard output, which must not be a pipe that somebody reads to its end.
        command.arg("--pgdata").arg(self.folder.join("data")).arg("--silent").args(arguments);
        let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("pg_ctl starts");
        assert!(status.success(), "{command:?}: {status}: {}", read_log(&self.folder));
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // The end of its input tells it to finish.
        drop(self.keeper.stdin.take());
        if let Err(error) = self.keeper.wait() {
            eprintln!("could not wait for the end of PostgreSQL: {error}");
        }
    }
}

/// The URL of the database `postgres` of the server whose socket is in this folder.
pub(crate) fn url(folder: &Path) -> String {
    format!("postgres://postgres@{}:5432/postgres", folder.display().to_string().replace('/', "%2F"))
}

/// Makes a cluster in a new folder. What it has to be started with.
pub(crate) fn make(programs: &Path, folder: &Path, settings: &[&str]) -> Result<String, String> {
    create(folder)?;
    let mut initdb = as_user(&programs.join("initdb"));
    initdb.arg("--pgdata").arg(folder.join("data")).args(["--auth=trust", "--username=postgres"]);
    let made = run(initdb.args(["--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"]));
    if made.is_err() {
        // Nothing is in it that anybody needs; the error that counts is the other one.
        drop(std::fs::remove_dir_all(folder));
    }
    made?;
    Ok(command_options(folder, settings))
}

/// The options of a server with these further settings.
fn command_options(folder: &Path, settings: &[&str]) -> String {
    let settings: Vec<String> = SETTINGS.iter().chain(settings).map(|it| format!("-c {it}")).collect();
    format!("-p 5432 -k {} {}", folder.display(), settings.join(" "))
}

/// A new folder that the server's user may use.
pub(crate) fn create(folder: &Path) -> Result<(), String> {
    std::fs::create_dir(folder).map_err(|error| format!("cannot create {}: {error}", folder.display()))?;
    let readable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(folder, readable).map_err(|error| format!("{}: {error}", folder.display()))?;
    if is_root() {
        run(Command::new("chown").arg("postgres").arg(folder))?;
    }
    Ok(())
}

/// Starts a cluster under a shell that ends it.
pub(crate) fn keep(programs: &Path, folder: &Path, options: &str, lock: Option<&Path>) -> Result<Child, String> {
    let mut keeper = as_user(Path::new("/bin/sh"));
    keeper.args(["-c", KEEPER, "keeper"]).args([programs, folder]).arg(options).args(lock);
    // In a group of its own, so that an interrupt from the terminal does not reach it.
    keeper.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut keeper = keeper.spawn().map_err(|error| format!("/bin/sh does not start: {error}"))?;
    let mut said = String::new();
    let output = keeper.stdout.take().expect("it is piped");
    let read = BufReader::new(output).read_line(&mut said);
    if read.is_ok() && said.trim() == "started" {
        return Ok(keeper);
    }
    let log = read_log(folder);
    drop((keeper.wait(), std::fs::remove_dir_all(folder)));
    Err(format!("PostgreSQL does not start: {log}"))
}

fn read_log(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("log")).unwrap_or_default()
}
