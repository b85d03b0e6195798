//! A PostgreSQL server for the tests: the one that `LYCEUM_TEST_POSTGRES` names, or a private cluster in a temporary folder.
//!
//! All tests of a run share one cluster, each in a database of its own. Every test process holds a shared lock on a file; a
//! small shell beside the cluster stops and removes it once nobody has held the lock for a while.

use std::fs::File;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use fs4::fs_std::FileExt;

/// Where Debian and others put the programs of PostgreSQL.
const PROGRAM_FOLDERS: [&str; 5] = [
    "/usr/lib/postgresql/17/bin",
    "/usr/lib/postgresql/16/bin",
    "/usr/lib/postgresql/15/bin",
    "/usr/local/bin",
    "/usr/bin",
];
const MISSING: &str = "these tests need PostgreSQL. Install it with\n    sudo apt-get install postgresql-15\nor name a \
    server whose user may create databases: LYCEUM_TEST_POSTGRES=postgres://user@host/postgres";

/// Starts the server, and stays until nobody has used it for twenty seconds. Arguments: folder of the programs, folder of the cluster, lock.
const KEEPER: &str = r#"
"$1/pg_ctl" --pgdata="$2/data" --wait --silent --log="$2/log" \
    --options="-k $2 -c listen_addresses= -c max_connections=400 -c shared_buffers=64MB" start || exit 1
echo started
exec >/dev/null 2>&1
while sleep 20; do
    if flock --exclusive --nonblock "$3" true; then
        "$1/pg_ctl" --pgdata="$2/data" --mode=immediate --silent stop
        rm -rf "$2"
        exit
    fi
done
"#;

/// Locks for as long as this process lives.
static LOCK: OnceLock<(String, Option<File>)> = OnceLock::new();

/// The URL of a new, empty database.
pub fn new_database(name: &str) -> String {
    let (server, _) = LOCK.get_or_init(find_server);
    let name = format!("lyceum_{name}_{}", std::process::id());
    let (base, query) = server.split_once('?').unwrap_or((server, ""));
    let url = |database: &str| {
        let (server, _) = base.rsplit_once('/').expect("a URL has a path");
        format!("{server}/{database}?{query}")
    };
    let sql = format!("CREATE DATABASE {name}");
    let create = async {
        let (client, connection) =
            tokio_postgres::connect(server, tokio_postgres::NoTls).await.expect("the test server answers");
        let driving = tokio::spawn(connection);
        client.batch_execute(&sql).await.expect("the test user may create databases");
        drop(client);
        driving.await.expect("no panic").expect("the connection ends well");
    };
    // The caller may be inside a runtime already.
    let run = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime can be built").block_on(create);
    };
    std::thread::scope(|scope| scope.spawn(run).join()).expect("the database was made");
    url(&name)
}

fn find_server() -> (String, Option<File>) {
    if let Ok(url) = std::env::var("LYCEUM_TEST_POSTGRES") {
        return (url, None);
    }
    let programs = PROGRAM_FOLDERS.iter().map(Path::new).find(|folder| folder.join("initdb").exists());
    let programs = programs.expect(MISSING);
    let root = std::env::temp_dir().join(format!("lyceum-test-postgres-{}", whoami()));
    std::fs::create_dir_all(&root).expect("the temporary folder can be written");
    std::fs::set_permissions(&root, std::fs::Permissions::from_mode(0o755)).expect("the folder is ours");
    let lock = open(&root.join("users"));
    lock.lock_shared().expect("locks work");
    let starting = open(&root.join("starting"));
    starting.lock_exclusive().expect("locks work");
    let folder = root.join("cluster");
    if std::os::unix::net::UnixStream::connect(folder.join(".s.PGSQL.5432")).is_err() {
        start(programs, &folder, &root.join("users"));
    }
    let host = folder.display().to_string().replace('/', "%2F");
    (format!("postgres://postgres@{host}/postgres"), Some(lock))
}

fn open(path: &Path) -> File {
    File::options().create(true).truncate(false).write(true).open(path).expect("the temporary folder can be written")
}

fn whoami() -> String {
    String::from_utf8_lossy(&Command::new("id").arg("-u").output().expect("id works").stdout).trim().to_owned()
}

/// PostgreSQL refuses to run as root: then it runs as the user that its package made.
fn as_user(program: &Path) -> Command {
    if whoami() != "0" {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]).arg(program);
    command
}

fn start(programs: &Path, folder: &PathBuf, lock: &Path) {
    // What a machine left behind that was switched off.
    if folder.exists() {
        std::fs::remove_dir_all(folder).expect("an old cluster can be removed");
    }
    std::fs::create_dir(folder).expect("the temporary folder can be written");
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).expect("the folder is ours");
    std::fs::set_permissions(lock, std::fs::Permissions::from_mode(0o666)).expect("the lock is ours");
    if whoami() == "0" {
        run(Command::new("chown").arg("postgres:postgres").arg(folder));
    }
    let mut initdb = as_user(&programs.join("initdb"));
    initdb.arg("--pgdata").arg(folder.join("data")).args([
        "--auth=trust",
        "--username=postgres",
        "--encoding=UTF8",
        "--locale=C",
        "--no-sync",
    ]);
    run(&mut initdb);
    let mut keeper = as_user(Path::new("/bin/sh"));
    keeper.arg("-c").arg(KEEPER).arg("keeper").arg(programs).arg(folder).arg(lock);
    std::os::unix::process::CommandExt::process_group(&mut keeper, 0);
    keeper.current_dir("/").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    #[expect(clippy::zombie_processes, reason = "it outlives the tests")]
    let mut keeper = keeper.spawn().expect("sh works");
    let mut said = String::new();
    let output = keeper.stdout.take().expect("it is piped");
    std::io::BufRead::read_line(&mut std::io::BufReader::new(output), &mut said).expect("the keeper says something");
    assert_eq!(said.trim(), "started", "PostgreSQL did not start: {}", log(folder));
}

fn log(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("log")).unwrap_or_default()
}

fn run(command: &mut Command) {
    let output = command.current_dir("/").output().expect("the program can be run");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
