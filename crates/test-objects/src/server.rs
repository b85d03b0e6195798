//! A private S3-compatible server: `SeaweedFS`.

use std::process::Command;

use crate::http::{ask, fetch};
use crate::kept::{Kept, free_ports};
use crate::{BUCKET, KEY, READER_KEY, SECRET, STARTS_MAX, find_program};

/// A private server; killed, and its folder removed, when this is dropped or its process dies.
#[derive(Debug)]
pub struct ObjectServer {
    kept: Kept,
    ports: [u16; 8],
}

impl ObjectServer {
    /// Makes and starts one, with an empty bucket [`BUCKET`]. An error in words where it is not installed or does not start.
    ///
    /// # Errors
    /// When the program is missing or does not get ready, in words.
    pub fn start() -> Result<Self, String> {
        find_program()?;
        let mut said = String::new();
        for _ in 0..STARTS_MAX {
            let kept = Kept::new()?;
            let keys_file = kept.folder().join("keys.json");
            std::fs::write(&keys_file, keys())
                .map_err(|error| format!("cannot write {}: {error}", keys_file.display()))?;
            let mut server = Self { kept, ports: free_ports()? };
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
        format!("http://127.0.0.1:{}", self.ports[6])
    }

    /// Kills the server, as a crash would end it.
    pub fn stop(&mut self) {
        self.kept.stop();
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

    fn run(&mut self) -> Result<(), String> {
        // What the server leaves in the folder for temporary files when it is killed.
        let sockets = self.ports.map(|port| format!("/tmp/seaweedfs-*-{port}.sock")).join(" ");
        let (command, ports) = (self.command()?, self.ports);
        self.kept.run(&command, &sockets, || is_ready(ports))
    }

    fn command(&self) -> Result<Command, String> {
        let [master, master_rpc, volume, volume_rpc, filer, filer_rpc, s3, s3_rpc] = self.ports;
        let (data, keys) = (self.kept.folder().join("data"), self.kept.folder().join("keys.json"));
        let text = format!(
            "-logtostderr=true server -ip=127.0.0.1 -ip.bind=127.0.0.1 -master.telemetry=false \
             -master.volumeSizeLimitMB=64 -volume.max=100 -filer -s3 -s3.port.iceberg=0 -s3.port.lance=0 \
             -master.port={master} -master.port.grpc={master_rpc} -volume.port={volume} -volume.port.grpc={volume_rpc} \
             -filer.port={filer} -filer.port.grpc={filer_rpc} -s3.port={s3} -s3.port.grpc={s3_rpc}"
        );
        let mut command = Command::new(find_program()?);
        command.args(text.split_ascii_whitespace());
        command.arg(format!("-dir={}", data.display())).arg(format!("-s3.config={}", keys.display()));
        Ok(command)
    }
}

/// Whether it stores what it is given: first a file beside the bucket, then the bucket, which makes it known to the S3 interface.
fn is_ready(ports: [u16; 8]) -> bool {
    let [_, _, _, _, filer, _, s3, _] = ports;
    let headers = "Content-Type: application/octet-stream\r\n";
    ask(filer, "PUT", "/ready", headers, "ready") == Some(201)
        // 409: it is there from the last time.
        && matches!(ask(filer, "POST", &format!("/buckets/{BUCKET}/"), "", ""), Some(201 | 409))
        && ask(s3, "GET", "/", "", "") == Some(403)
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
