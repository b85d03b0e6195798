//! A running `lyceum serve`, ended when dropped.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

use test_postgres::Database;

use super::client::{Client, Key};
use super::process::{lyceum, program};
use super::store::{STORE_FILE, store_of};
use super::{PATIENCE, wait_for};

/// A folder of a test, with a database where the tests are about PostgreSQL; both are gone when dropped.
#[derive(Debug)]
pub struct Folder {
    folder: tempfile::TempDir,
    _database: Option<Arc<Database>>,
}

impl Folder {
    /// A new, empty folder.
    pub fn new() -> Self {
        Self::with((env!("CARGO_CRATE_NAME") == "on_postgres").then(Arc::default))
    }

    /// A new, empty folder; the program stores in this database whenever its data folder is in it.
    pub fn with(database: Option<Arc<Database>>) -> Self {
        let folder = tempfile::Builder::new().prefix("lyceum-test-").tempdir().expect("there is room for a folder");
        if let Some(database) = &database {
            std::fs::write(folder.path().join(STORE_FILE), database.url()).expect("there is room for a file");
        }
        Self { folder, _database: database }
    }

    /// A path in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The data folder in it, as an argument.
    pub fn data(&self) -> String {
        text(&self.path("data"))
    }
}

fn text(path: &Path) -> String {
    path.to_str().expect("test paths are UTF-8").to_owned()
}

/// How a server is started.
#[derive(Debug, Default)]
pub struct Start {
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
}

impl Start {
    /// With further arguments.
    pub fn with(mut self, arguments: &[&str]) -> Self {
        self.arguments.extend(arguments.iter().map(|&argument| argument.to_owned()));
        self
    }

    /// With a variable in the environment.
    pub fn with_variable(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Starts a server on `data` and kills it before it can be ready.
    pub fn and_kill_at_once(self, data: &str) {
        let mut child = self.spawn(data);
        child.kill().expect("the process is ours");
        child.wait().expect("the process ends");
    }

    /// Starts a server on `data` and waits until it is ready.
    #[track_caller]
    pub fn on(self, data: &str) -> Server {
        let log = log_of(data);
        let mut child = self.spawn(data);
        let lines = read_lines(&mut child);
        let mut server = Server {
            child,
            data: data.to_owned(),
            log,
            base: String::new(),
            first_key: None,
            printed: String::new(),
            lines,
        };
        server.read_announcement();
        server
    }

    fn spawn(self, data: &str) -> Child {
        let log_file =
            std::fs::File::options().create(true).append(true).open(log_of(data)).expect("there is room for a log");
        let mut command = program();
        command.args(["serve", "--data", data, "--listen", "127.0.0.1:0"]).args(&self.arguments);
        command.envs(store_of(data)).envs(self.environment);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log_file);
        command.spawn().expect("the program starts")
    }
}

fn log_of(data: &str) -> PathBuf {
    PathBuf::from(format!("{data}.log"))
}

/// Reads standard output on a thread of its own, so that a silent server cannot block a test for ever.
fn read_lines(child: &mut Child) -> Receiver<String> {
    let stdout = BufReader::new(child.stdout.take().expect("standard output is a pipe"));
    let (sender, lines) = channel();
    std::thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
    lines
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    child: Child,
    data: String,
    log: PathBuf,
    base: String,
    first_key: Option<Key>,
    printed: String,
    lines: Receiver<String>,
}

impl Server {
    /// Starts a server on the folder's data folder.
    #[track_caller]
    pub fn start(folder: &Folder) -> Self {
        Start::default().on(&folder.data())
    }

    #[track_caller]
    fn read_announcement(&mut self) {
        loop {
            let Ok(line) = self.lines.recv_timeout(PATIENCE) else {
                panic!("the server did not get ready:\n{}{}", self.printed, self.log());
            };
            self.printed.push_str(&line);
            self.printed.push('\n');
            let value = |name: &str| line.trim().strip_prefix(name).map(|rest| rest.trim().to_owned());
            if let Some(key) = value("Key ") {
                self.first_key = Some(Key { key, secret: String::new() });
            }
            if let (Some(secret), Some(first)) = (value("Secret "), &mut self.first_key) {
                first.secret = secret;
            }
            // The last line of the announcement.
            if let Some((_, endpoint)) = line.split_once("Endpoint: ") {
                let base = endpoint.strip_suffix("/xapi").expect("the endpoint ends in /xapi");
                base.clone_into(&mut self.base);
                return;
            }
        }
    }

    /// Everything that it printed on standard output when it started.
    pub fn printed(&self) -> &str {
        &self.printed
    }

    /// What it logged so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Its data folder.
    pub fn data(&self) -> &str {
        &self.data
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// An address under the server's root, such as `/metrics`.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Host and port.
    pub fn address(&self) -> SocketAddr {
        let (_, address) = self.base.split_once("://").expect("a base is a URL");
        address.parse().expect("the server prints its address")
    }

    /// Makes a key with the command line.
    #[track_caller]
    pub fn create_key(&self, lrs: &str, scope: &str) -> Key {
        let arguments = ["key", "create", "--data", &self.data, "--lrs", lrs, "--scope", scope, "--json"];
        let made = lyceum(&arguments).expect_success().json();
        let field = |name: &str| made[name].as_str().expect("a key is two texts").to_owned();
        Key { key: field("key"), secret: field("secret") }
    }

    /// A client with the key of the first start, or with a new one that may do everything in `default`.
    #[track_caller]
    pub fn client(&self) -> Client {
        let key = self.first_key.clone().unwrap_or_else(|| self.create_key("default", "all"));
        self.client_of(&key)
    }

    /// A client with a key.
    pub fn client_of(&self, key: &Key) -> Client {
        Client::new(&self.url("/xapi"), key)
    }

    /// The key of the first start.
    pub fn first_key(&self) -> Option<&Key> {
        self.first_key.as_ref()
    }

    /// The resident memory in bytes.
    pub fn resident_bytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("the server runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("Linux tells the memory");
        line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") * 1024
    }

    /// Ends it as a power cut would.
    pub fn kill(mut self) {
        self.child.kill().expect("the process is ours");
        self.child.wait().expect("the process ends");
    }

    /// Sends a signal by its name.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.pid().to_string()]).status();
        assert!(sent.expect("`kill` is there").success());
    }

    /// Waits for its end.
    pub fn wait(&mut self) -> ExitStatus {
        wait_for("the end of the server", || self.child.try_wait().expect("the process is ours"))
    }

    /// Asks it to stop, and waits for that.
    pub fn terminate(&mut self) -> ExitStatus {
        self.signal("TERM");
        self.wait()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            drop(self.child.kill());
            drop(self.child.wait());
        }
        if std::thread::panicking() {
            eprintln!("the server's log:\n{}", self.log());
        }
    }
}
