//! Stopping: requests in flight are finished, silent clients are not waited for for ever, the exit code is 0.

use crate::harness::{Folder, RawConnection, Server, Start, answer_status, statement, wait_for};

fn slow_post(server: &Server, body: &str) -> RawConnection {
    let key = server.first_key().expect("a first key");
    let mut connection = RawConnection::open(server.address());
    let credentials = {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(format!("{}:{}", key.key, key.secret))
    };
    let head = format!(
        "POST /xapi/statements HTTP/1.1\r\nHost: lyceum\r\nAuthorization: Basic {credentials}\r\n\
         X-Experience-API-Version: 1.0.3\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    assert!(connection.send(head.as_bytes()));
    connection
}

#[test]
fn requests_in_flight_are_finished() {
    for signal in ["TERM", "INT"] {
        let folder = Folder::new();
        let mut server = Server::start(&folder);
        let key = server.first_key().cloned().expect("a first start makes a key");
        let body = statement("in-flight").to_string();
        let mut connection = slow_post(&server, &body);
        assert!(connection.send(&body.as_bytes()[..20]));
        wait_for_in_flight(&server);
        server.signal(signal);
        wait_for("the server to stop listening", || {
            std::net::TcpStream::connect(server.address()).is_err().then_some(())
        });
        assert!(connection.send(&body.as_bytes()[20..]));
        let answer = connection.read_to_end();
        assert_eq!(answer_status(&answer), 200, "{answer}");
        assert_eq!(server.wait().code(), Some(0), "{}", server.log());

        let server = Server::start(&folder);
        assert_eq!(server.client_of(&key).find_all("").len(), 1, "what was acknowledged is there");
    }
}

/// The figures are asked for by a request of their own, so two are in flight.
fn wait_for_in_flight(server: &Server) {
    wait_for("the request to be in flight", || {
        let figures = reqwest::blocking::get(server.url("/metrics")).ok()?.text().ok()?;
        figures.contains("lyceum_http_requests_in_flight 2").then_some(())
    });
}

#[test]
fn clients_that_never_finish_are_cut_off_after_the_grace_time() {
    let folder = Folder::new();
    let mut server = Start::default().with(&["--shutdown-timeout-s", "1"]).on(&folder.data());
    let mut connection = slow_post(&server, &statement("never").to_string());
    wait_for_in_flight(&server);
    assert_eq!(server.terminate().code(), Some(0));
    assert!(server.log().contains("cut off"), "{}", server.log());
    assert_eq!(answer_status(&connection.read_to_end()), 0);
}

#[test]
fn idle_connections_do_not_delay_the_end() {
    let folder = Folder::new();
    let mut server = Start::default().with(&["--shutdown-timeout-s", "300"]).on(&folder.data());
    let mut idle = RawConnection::open(server.address());
    assert!(idle.send(b"GET /health/live HTTP/1.1\r\nHost: lyceum\r\n\r\n"));
    assert_eq!(answer_status(&idle.read_head()), 200);
    let _silent = RawConnection::open(server.address());
    assert_eq!(server.terminate().code(), Some(0));
    assert!(!server.log().contains("cut off"), "{}", server.log());
}
