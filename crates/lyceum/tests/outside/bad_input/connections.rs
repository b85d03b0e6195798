//! Connections that are slow, silent, too many, or that send heads without end (RFC 9110, 15.5.9; RFC 6585, 5).

use super::check_unharmed;
use crate::harness::{Folder, RawConnection, Server, Start, answer_status, wait_for};

const HEAD: &str = "POST /xapi/statements HTTP/1.1\r\nHost: lyceum\r\n";

#[test]
fn heads_without_end_are_refused() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let before = server.resident_bytes();
    let check = |what: &str, head: &str, statuses: &[u16]| {
        let mut connection = RawConnection::open(server.address());
        // The server may hang up before all is sent.
        connection.send(head.as_bytes());
        let answer = connection.read_to_end();
        assert!(statuses.contains(&answer_status(&answer)), "{what}: {answer}");
    };
    // A reset that overtakes the answer shows as 0: hanging up on a flood is an answer, too.
    check("many headers", &format!("{HEAD}{}\r\n", "X-A: b\r\n".repeat(150)), &[431]);
    check("a long header", &format!("{HEAD}X-Long: {}\r\n\r\n", "x".repeat(60_000_000)), &[431, 0]);
    check(
        "a long path",
        &format!("GET /{} HTTP/1.1\r\nHost: lyceum\r\nConnection: close\r\n\r\n", "x".repeat(60_000)),
        &[400, 414, 404],
    );
    check("no HTTP", "HELLO\r\n\r\n", &[400]);
    check("a broken length", &format!("{HEAD}Content-Length: many\r\n\r\n"), &[400]);
    check("two lengths", &format!("{HEAD}Content-Length: 1\r\nContent-Length: 2\r\n\r\n"), &[400]);
    check_unharmed(&server, &server.client(), before);
}

#[test]
fn slow_heads_are_told_so() {
    let folder = Folder::new();
    let server = Start::default().with(&["--header-timeout-s", "1"]).on(&folder.data());
    let mut connection = RawConnection::open(server.address());
    assert!(connection.send(HEAD.as_bytes()));
    let answer = connection.read_to_end();
    assert_eq!(answer_status(&answer), 408, "{answer}");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    assert!(head.contains(&format!("Content-Length: {}", body.len())), "{answer}");
    assert!(serde_json::from_str::<serde_json::Value>(body).is_ok(), "{answer}");
}

#[test]
fn slow_heads_after_a_good_request_are_told_so_too() {
    let folder = Folder::new();
    let server = Start::default().with(&["--header-timeout-s", "1"]).on(&folder.data());
    let mut connection = RawConnection::open(server.address());
    assert!(connection.send(b"GET /health/live HTTP/1.1\r\nHost: lyceum\r\n\r\n"));
    assert_eq!(answer_status(&connection.read_head()), 200);
    assert!(connection.send(b"GET /health/live HT"));
    let answer = connection.read_to_end();
    assert!(answer.contains("HTTP/1.1 408 "), "{answer}");
}

/// The first key as `Authorization: Basic` has it.
fn credentials(server: &Server) -> String {
    use base64::Engine as _;
    let key = server.first_key().expect("a first key");
    base64::engine::general_purpose::STANDARD.encode(format!("{}:{}", key.key, key.secret))
}

#[test]
fn clients_that_do_not_take_their_answer_are_cut_off() {
    const DOCUMENT: &str =
        "/activities/state?activityId=http://a.b/c&stateId=s&agent=%7B%22mbox%22:%22mailto:a@b.cd%22%7D";
    /// More than the system keeps for a connection whose client reads nothing.
    const BYTES: usize = 16 << 20;
    let folder = Folder::new();
    let server = Start::default().with(&["--write-timeout-s", "1", "--header-timeout-s", "2"]).on(&folder.data());
    let put = server.client().request(reqwest::Method::PUT, DOCUMENT).body(vec![b'x'; BYTES]);
    assert_eq!(put.send().expect("an answer").status(), 204);
    let mut connection = RawConnection::open(server.address());
    let request = format!(
        "GET /xapi{DOCUMENT} HTTP/1.1\r\nHost: lyceum\r\nAuthorization: Basic {}\r\n\
         X-Experience-API-Version: 1.0.3\r\n\r\n",
        credentials(&server)
    );
    assert!(connection.send(request.as_bytes()));
    assert_eq!(answer_status(&connection.read_head()), 200);
    let open = || {
        let figures = reqwest::blocking::get(server.url("/metrics")).and_then(reqwest::blocking::Response::text);
        let figures = figures.expect("figures");
        figures.lines().find_map(|line| line.strip_prefix("lyceum_http_connections ")).map(str::to_owned)
    };
    // The one that is left is that of the question.
    wait_for("the connection to be given up", || (open().as_deref() == Some("1")).then_some(()));
    let rest = connection.read_to_end();
    assert!(rest.len() < BYTES, "all of it arrived");
}

#[test]
fn slow_bodies_are_told_so() {
    let folder = Folder::new();
    let server = Start::default().with(&["--body-timeout-s", "1"]).on(&folder.data());
    let credentials = credentials(&server);
    let mut connection = RawConnection::open(server.address());
    let head = format!(
        "{HEAD}Authorization: Basic {credentials}\r\nX-Experience-API-Version: 1.0.3\r\n\
         Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{{\"actor\":"
    );
    assert!(connection.send(head.as_bytes()));
    let answer = connection.read_to_end();
    assert_eq!(answer_status(&answer), 408, "{answer}");
    assert!(answer.contains("request_too_slow"), "{answer}");
}

#[test]
fn idle_connections_are_closed() {
    let folder = Folder::new();
    let server = Start::default().with(&["--idle-timeout-s", "1"]).on(&folder.data());
    let mut silent = RawConnection::open(server.address());
    let mut used = RawConnection::open(server.address());
    assert!(used.send(b"GET /health/live HTTP/1.1\r\nHost: lyceum\r\n\r\n"));
    assert_eq!(answer_status(&used.read_head()), 200);
    assert_eq!(silent.read_to_end(), "");
    let rest = used.read_to_end();
    assert!(rest.ends_with('}') && !rest.contains("HTTP"), "{rest}");
}

#[test]
fn connections_over_the_limit_are_refused_until_there_is_room() {
    let folder = Folder::new();
    let server = Start::default().with(&["--connections-max", "5"]).on(&folder.data());
    let ask = |connection: &mut RawConnection| {
        connection.send(b"GET /health/live HTTP/1.1\r\nHost: lyceum\r\n\r\n");
        answer_status(&connection.read_head())
    };
    let mut open: Vec<RawConnection> = (0..5).map(|_| RawConnection::open(server.address())).collect();
    assert!(open.iter_mut().all(|connection| ask(connection) == 200));

    let mut refused = RawConnection::open(server.address());
    let answer = refused.read_to_end();
    assert_eq!(answer_status(&answer), 503, "{answer}");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    assert!(head.contains("Retry-After") && head.contains(&format!("Content-Length: {}", body.len())), "{answer}");
    assert!(serde_json::from_str::<serde_json::Value>(body).is_ok(), "{answer}");

    drop(open.pop());
    wait_for("a free place", || (ask(&mut RawConnection::open(server.address())) == 200).then_some(()));
}

#[test]
fn one_connection_carries_many_requests() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let mut connection = RawConnection::open(server.address());
    // All at once, as a pipelining client sends them; the last one ends the connection.
    let request = "GET /health/live HTTP/1.1\r\nHost: lyceum\r\n\r\n";
    let last = "GET /health/live HTTP/1.1\r\nHost: lyceum\r\nConnection: close\r\n\r\n";
    assert!(connection.send((request.repeat(20) + last).as_bytes()));
    assert_eq!(connection.read_to_end().matches("HTTP/1.1 200 OK").count(), 21);
}
