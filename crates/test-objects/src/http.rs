//! As much of HTTP as starting the server takes.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// No answer takes longer.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(10);

/// The status of the answer to a request to this machine; `None` while nobody answers.
pub(crate) fn ask(port: u16, method: &str, path: &str, headers: &str, body: &str) -> Option<u16> {
    send(port, method, path, headers, body)?.split_ascii_whitespace().nth(1)?.parse().ok()
}

/// The answer to a request for JSON, head included; `None` while nobody answers.
pub(crate) fn fetch(port: u16, path: &str) -> Option<String> {
    send(port, "GET", path, "Accept: application/json\r\n", "")
}

fn send(port: u16, method: &str, path: &str, headers: &str, body: &str) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(ANSWER_TIME_MAX)).ok()?;
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
    );
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    Some(String::from_utf8_lossy(&answer).into_owned())
}
