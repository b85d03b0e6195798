//! A server's process and folder, which end with the test that started it, however that ends.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Starts the server, says its process id, waits for a line or the end of its input, and kills it. Arguments: folder, what the server leaves elsewhere, then
/// the command. After any line but `keep`, and when whoever holds the other end is gone, the folder is removed.
const KEEPER: &str = r#"
folder=$1
left=$2
shift 2
"$@" >>"$folder/log" 2>&1 &
server=$!
echo $server
exec >/dev/null 2>&1
line=
read -r line
kill -9 $server
wait $server
rm -f $left
[ "$line" = keep ] || rm -rf "$folder"
"#;

/// A machine under load is slow; a server that does not answer after so long never will.
const START_TIME_MAX: Duration = Duration::from_mins(1);
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// A folder, and the server that keeps its objects there while it runs; both are gone when this is dropped or its process dies.
#[derive(Debug)]
pub(crate) struct Kept {
    folder: PathBuf,
    keeper: Option<Child>,
}

static SERVERS: AtomicU32 = AtomicU32::new(0);

impl Kept {
    /// With a new folder, and no server yet.
    pub(crate) fn new() -> Result<Self, String> {
        let number = SERVERS.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("lyceum-objects-{}-{number}", std::process::id()));
        let failed = |error| format!("cannot write to {}: {error}", folder.display());
        std::fs::create_dir_all(folder.join("data")).map_err(failed)?;
        Ok(Self { folder, keeper: None })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Starts `command` and waits until it is ready. The paths `left`, with a space between them, are removed at its end. An error is what it logged.
    pub(crate) fn run(&mut self, command: &Command, left: &str, is_ready: impl Fn() -> bool) -> Result<(), String> {
        let mut keeper = Command::new("/bin/sh");
        keeper.args(["-c", KEEPER, "keeper"]).arg(&self.folder).arg(left);
        keeper.arg(command.get_program()).args(command.get_args());
        keeper.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        // In a group of its own, so that an interrupt from the terminal does not reach it.
        keeper.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut keeper = keeper.spawn().map_err(|error| format!("/bin/sh does not start: {error}"))?;
        let mut process_id = String::new();
        let output = keeper.stdout.take().expect("it is piped");
        let read = BufReader::new(output).read_line(&mut process_id);
        self.keeper = Some(keeper);
        read.map_err(|error| error.to_string())?;
        let process = PathBuf::from(format!("/proc/{}", process_id.trim()));
        let began = Instant::now();
        while !is_ready() {
            let is_running = !process.parent().is_some_and(|all| all.join("self").exists()) || process.exists();
            if !is_running || began.elapsed() > START_TIME_MAX {
                return Err(std::fs::read_to_string(self.folder.join("log")).unwrap_or_default());
            }
            sleep(POLL_INTERVAL);
        }
        Ok(())
    }

    /// Kills the server, as a crash would end it; what it keeps stays.
    pub(crate) fn stop(&mut self) {
        self.end("keep\n");
    }

    fn end(&mut self, line: &str) {
        let Some(mut keeper) = self.keeper.take() else { return };
        if let Some(mut input) = keeper.stdin.take() {
            // It may have ended already.
            drop(input.write_all(line.as_bytes()));
        }
        if let Err(error) = keeper.wait() {
            eprintln!("could not wait for the end of the object store: {error}");
        }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.end("remove\n");
        // After `stop` nobody else does it.
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

/// Ports that nobody listens at; a listener holds each until all are chosen, so that they differ.
pub(crate) fn free_ports<const COUNT: usize>() -> Result<[u16; COUNT], String> {
    let failed = |error| format!("no port is free: {error}");
    let mut ports = [0; COUNT];
    let mut held = Vec::new();
    for port in &mut ports {
        let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(failed)?;
        *port = listener.local_addr().map_err(failed)?.port();
        held.push(listener);
    }
    Ok(ports)
}
