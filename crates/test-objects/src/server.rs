//! A private server in a temporary folder.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::http::{ask, fetch};
use crate::{BUCKET, KEY, READER_KEY, SECRET, find_program};

/// Starts the server, says its process id, waits for a line or the end of its input, and kills it. Arguments: folder, its sockets, then the command. After
/// any line but `keep`, and when whoever holds the other end is gone, the folder is removed.
const KEEPER: &str = r#"
folder=$1
sockets=$2
shift 2
"$@" >>"$folder/log" 2>&1 &
server=$!
echo $server
exec >/dev/null 2>&1
line=
read -r line
kill -9 $server
wait $server
rm -f $sockets
[ "$line" = keep ] || rm -rf "$folder"
"#;

/// A machine under load is slow; a server that does not answer after so long never will.
const START_TIME_MAX: Duration = Duration::from_mins(1);
const POLL_INTERVAL: Duration = Duration::from_millis(100);
/// Ports that were free a moment ago may be taken.
const TRIES_MAX: usize = 3;

/// A private server; killed, and its folder removed, when this is dropped or its process dies.
#[derive(Debug)]
pub struct ObjectServer {
    program: PathBuf,
    folder: PathBuf,
    ports: [u16; 8],
    keeper: Option<Child>,
}

static SERVERS: AtomicU32 = AtomicU32::new(0);

impl ObjectServer {
    /// Makes and starts one, with an empty bucket [`BUCKET`]. An error in words where it is not installed or does not start.
    ///
    /// # Errors
    /// When the program is missing or does not get ready, in words.
    pub fn start() -> Result<Self, String> {
        let program = find_program()?;
        let mut said = String::new();
        for _ in 0..TRIES_MAX {
            let number = SERVERS.fetch_add(1, Ordering::Relaxed);
            let folder = std::env::temp_dir().join(format!("lyceum-objects-{}-{number}", std::process::id()));
            let failed = |error| format!("cannot write to {}: {error}", folder.display());
            std::fs::create_dir_all(folder.join("data")).map_err(failed)?;
            std::fs::write(folder.join("keys.json"), keys()).map_err(failed)?;
            let ports = free_ports().map_err(|error| format!("no port is free: {error}"))?;
            let mut server = Self { program: program.clone(), folder, ports, keeper: None };
            match server.run() {
                Ok(()) => return Ok(server),
                Err(reason) => said = reason,
            }
        }
        Err(format!("SeaweedFS does not start: {said}"))
    }

    /// The URL of its S3 interface.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.s3_port())
    }

    /// Kills the server, as a crash would end it.
    pub fn stop(&mut self) {
        self.end("keep\n");
    }

    /// Starts it again after [`ObjectServer::stop`], at the same address and with what it had.
    pub fn start_again(&mut self) {
        self.run().unwrap_or_else(|reason| panic!("SeaweedFS does not start again: {reason}"));
    }

    /// What has arrived of uploads in parts that are not complete: how many parts.
    #[must_use]
    pub fn count_parts(&self) -> usize {
        // The server keeps each part as an entry of `.uploads/ID` in its bucket until the upload is complete.
        let uploads = format!("/buckets/{BUCKET}/.uploads/");
        let list = |path: &str| fetch(self.ports[4], path).unwrap_or_default();
        let names = |listing: &str| -> Vec<String> {
            listing
                .split("\"FullPath\":\"")
                .skip(1)
                .filter_map(|rest| rest.split('"').next().map(str::to_owned))
                .collect()
        };
        names(&list(&uploads)).iter().map(|upload| names(&list(&format!("{upload}/"))).len()).sum()
    }

    fn s3_port(&self) -> u16 {
        self.ports[6]
    }

    fn run(&mut self) -> Result<(), String> {
        let mut keeper = Command::new("/bin/sh");
        keeper
            .args(["-c", KEEPER, "keeper"])
            .arg(&self.folder)
            .arg(self.sockets())
            .arg(&self.program)
            .args(self.arguments());
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
        while !self.is_ready() {
            let is_running = !process.parent().is_some_and(|all| all.join("self").exists()) || process.exists();
            if !is_running || began.elapsed() > START_TIME_MAX {
                return Err(std::fs::read_to_string(self.folder.join("log")).unwrap_or_default());
            }
            sleep(POLL_INTERVAL);
        }
        Ok(())
    }

    /// Whether it stores what it is given: first a file beside the bucket, then the bucket, which makes it known to the S3 interface.
    fn is_ready(&self) -> bool {
        let filer = self.ports[4];
        let headers = "Content-Type: application/octet-stream\r\n";
        ask(filer, "PUT", "/ready", headers, "ready") == Some(201)
            // 409: it is there from the last time.
            && matches!(ask(filer, "POST", &format!("/buckets/{BUCKET}/"), "", ""), Some(201 | 409))
            && ask(self.s3_port(), "GET", "/", "", "") == Some(403)
    }

    fn arguments(&self) -> Vec<String> {
        let [master, master_rpc, volume, volume_rpc, filer, filer_rpc, s3, s3_rpc] = self.ports;
        let (data, keys) = (self.folder.join("data"), self.folder.join("keys.json"));
        let text = format!(
            "-logtostderr=true server -ip=127.0.0.1 -ip.bind=127.0.0.1 -master.telemetry=false \
             -master.volumeSizeLimitMB=64 -volume.max=100 -filer -s3 -s3.port.iceberg=0 -s3.port.lance=0 \
             -master.port={master} -master.port.grpc={master_rpc} -volume.port={volume} -volume.port.grpc={volume_rpc} \
             -filer.port={filer} -filer.port.grpc={filer_rpc} -s3.port={s3} -s3.port.grpc={s3_rpc}"
        );
        let mut arguments: Vec<String> = text.split_ascii_whitespace().map(str::to_owned).collect();
        arguments.extend([format!("-dir={}", data.display()), format!("-s3.config={}", keys.display())]);
        arguments
    }

    /// What the server leaves in the folder for temporary files when it is killed.
    fn sockets(&self) -> String {
        self.ports.map(|port| format!("/tmp/seaweedfs-*-{port}.sock")).join(" ")
    }

    fn end(&mut self, line: &str) {
        let Some(mut keeper) = self.keeper.take() else { return };
        if let Some(mut input) = keeper.stdin.take() {
            // It may have ended already.
            drop(input.write_all(line.as_bytes()));
        }
        if let Err(error) = keeper.wait() {
            eprintln!("could not wait for the end of SeaweedFS: {error}");
        }
    }
}

impl Drop for ObjectServer {
    fn drop(&mut self) {
        self.end("remove\n");
        // After `stop` nobody else does it.
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

/// Who may do what, in the form of the server's configuration.
fn keys() -> String {
    let identity = |key: &str, actions: &[&str]| {
        let actions: Vec<String> = actions.iter().map(|action| format!(r#""{action}:{BUCKET}""#)).collect();
        let actions = actions.join(",");
        format!(
            r#"{{"name":"{key}","credentials":[{{"accessKey":"{key}","secretKey":"{SECRET}"}}],"actions":[{actions}]}}"#
        )
    };
    let (writer, reader) = (identity(KEY, &["Read", "Write", "List"]), identity(READER_KEY, &["Read", "List"]));
    format!(r#"{{"identities":[{writer},{reader}]}}"#)
}

/// Ports that nobody listens at; a listener holds each until all are chosen, so that they differ.
fn free_ports() -> std::io::Result<[u16; 8]> {
    let mut ports = [0; 8];
    let mut held = Vec::new();
    for port in &mut ports {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        *port = listener.local_addr()?.port();
        held.push(listener);
    }
    Ok(ports)
}
