//! A connection that sends what no decent client would.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use super::PATIENCE;

/// A bare TCP connection to the server.
pub struct RawConnection(TcpStream);

impl RawConnection {
    /// Connects.
    pub fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("the server listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout is set");
        stream.set_write_timeout(Some(PATIENCE)).expect("a timeout is set");
        Self(stream)
    }

    /// Sends; `false` when the server has hung up.
    pub fn send(&mut self, bytes: &[u8]) -> bool {
        self.0.write_all(bytes).is_ok()
    }

    /// Reads until the server hangs up.
    #[track_caller]
    pub fn read_to_end(&mut self) -> String {
        let mut answer = Vec::new();
        let mut part = [0; 4096];
        loop {
            match self.0.read(&mut part) {
                Ok(0) => break,
                Ok(count) => answer.extend_from_slice(&part[..count]),
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => break,
                Err(error) => panic!("the server neither answered nor hung up: {error}"),
            }
        }
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// Reads the head of one answer.
    #[track_caller]
    pub fn read_head(&mut self) -> String {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            match self.0.read(&mut byte) {
                Ok(1) => head.push(byte[0]),
                Ok(_) => break,
                Err(error) => panic!("no answer: {error}"),
            }
        }
        String::from_utf8_lossy(&head).into_owned()
    }
}

/// The status of an HTTP/1 answer; 0 when the server hung up without one.
pub fn answer_status(answer: &str) -> u16 {
    let status = answer.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3));
    status.and_then(|status| status.parse().ok()).unwrap_or(0)
}
