//! OpenTelemetry: a collector that this test starts gets the spans of requests, as OTLP over HTTP (protobuf).

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Sender, channel};

use crate::harness::{Folder, PATIENCE, Start, statement};

/// The smallest collector: answers every POST with 200 and hands on its path and body.
fn start_collector() -> (String, std::sync::mpsc::Receiver<(String, Vec<u8>)>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let (sender, received) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let sender = sender.clone();
            std::thread::spawn(move || collect(stream, &sender));
        }
    });
    (address, received)
}

fn collect(stream: TcpStream, sender: &Sender<(String, Vec<u8>)>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut stream = stream;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|&count| count > 0)?;
        let path = line.split(' ').nth(1)?.to_owned();
        let mut length = 0;
        loop {
            let mut header = String::new();
            reader.read_line(&mut header).ok()?;
            if header.trim().is_empty() {
                break;
            }
            let (name, value) = header.split_once(':')?;
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().ok()?;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        sender.send((path, body)).ok()?;
        stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n")
            .ok()?;
    }
}

/// One field of a protobuf message.
enum Field<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

fn read_varint(bytes: &mut &[u8]) -> u64 {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first().expect("a number goes on");
        *bytes = rest;
        number |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            break;
        }
    }
    number
}

/// The fields of a message with their numbers (Protocol Buffers, "Encoding").
fn fields(mut bytes: &[u8]) -> Vec<(u64, Field<'_>)> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let tag = read_varint(&mut bytes);
        let mut take = |count: usize| {
            let (head, rest) = bytes.split_at(count);
            bytes = rest;
            head
        };
        let field = match tag & 7 {
            1 => Field::Number(u64::from_le_bytes(take(8).try_into().expect("8 bytes"))),
            5 => Field::Number(u64::from(u32::from_le_bytes(take(4).try_into().expect("4 bytes")))),
            0 => Field::Number(read_varint(&mut bytes)),
            2 => {
                let count = usize::try_from(read_varint(&mut bytes)).expect("a length");
                let (head, rest) = bytes.split_at(count);
                bytes = rest;
                Field::Bytes(head)
            }
            other => panic!("wire type {other}"),
        };
        fields.push((tag >> 3, field));
    }
    fields
}

/// The sub-messages or texts with this number.
fn parts(message: &[u8], number: u64) -> Vec<&[u8]> {
    let part = |(found, field)| match field {
        Field::Bytes(bytes) if found == number => Some(bytes),
        _ => None,
    };
    fields(message).into_iter().filter_map(part).collect()
}

fn number(message: &[u8], number: u64) -> Option<u64> {
    fields(message).into_iter().find_map(|(found, field)| match field {
        Field::Number(value) if found == number => Some(value),
        _ => None,
    })
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

/// Key and value (a text, or an integer in decimal) of `KeyValue` messages.
fn attributes(messages: &[&[u8]]) -> Vec<(String, String)> {
    let attribute = |message: &&[u8]| {
        let value = parts(message, 2)[0];
        let value = parts(value, 1)
            .first()
            .map(|bytes| text(bytes))
            .or_else(|| number(value, 3).map(|value| value.to_string()));
        (text(parts(message, 1)[0]), value.unwrap_or_default())
    };
    messages.iter().map(attribute).collect()
}

/// The spans of one export, in the order in which their requests began.
fn spans_of(body: &[u8]) -> Vec<&[u8]> {
    let resources = parts(body, 1).into_iter();
    let mut spans: Vec<&[u8]> =
        resources.flat_map(|resource| parts(resource, 2)).flat_map(|scope| parts(scope, 2)).collect();
    spans.sort_by_key(|span| number(span, 7));
    spans
}

/// Ids as their bytes are in a span; `traceparent` has them in hexadecimal digits.
const CALLERS_TRACE: u128 = 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736;
const CALLERS_SPAN: u64 = 0x00f0_67aa_0ba9_02b7;

/// One request with each `traceparent`: what it makes of the trace, and of the name.
#[test]
fn spans_are_named_by_route_and_continue_the_callers_trace() {
    let (collector, received) = start_collector();
    let folder = Folder::new();
    let mut server = Start::default().with(&["--otlp-endpoint", &collector]).on(&folder.data());
    let sampled = format!("00-{CALLERS_TRACE:032x}-{CALLERS_SPAN:016x}-01");
    let broken = format!("00-{:032x}-{CALLERS_SPAN:016x}-01", 0);
    let unsampled = format!("00-{CALLERS_TRACE:032x}-{CALLERS_SPAN:016x}-00");
    let cases = [
        ("/statements", Some(&sampled), "GET /xapi/statements", true),
        ("/statements?limit=1", None, "GET /xapi/statements", false),
        ("/activities/state", Some(&broken), "GET /xapi/activities/state", false),
        ("/nowhere", Some(&sampled), "GET", true),
    ];
    for (path, traceparent, ..) in cases {
        let mut request = server.client().request(reqwest::Method::GET, path);
        if let Some(traceparent) = traceparent {
            request = request.header("traceparent", traceparent);
        }
        request.send().expect("an answer");
    }
    // Who does not want this trace to be kept is obeyed.
    let request = server.client().request(reqwest::Method::GET, "/about").header("traceparent", &unsampled);
    request.send().expect("an answer");
    assert!(server.terminate().success());

    let (_, body) = received.recv_timeout(PATIENCE).expect("traces arrive");
    let spans = spans_of(&body);
    assert_eq!(spans.len(), cases.len());
    for (span, (path, _, name, continued)) in spans.into_iter().zip(cases) {
        assert_eq!(text(parts(span, 5)[0]), name, "{path}");
        let parent = parts(span, 4).first().copied().unwrap_or_default();
        assert_eq!(parts(span, 1)[0] == CALLERS_TRACE.to_be_bytes(), continued, "{path}");
        assert_eq!(parent == CALLERS_SPAN.to_be_bytes(), continued, "{path}");
        assert_eq!(parent.is_empty(), !continued, "{path}");
    }
}

#[test]
fn spans_of_requests_reach_the_collector() {
    let (collector, received) = start_collector();
    let folder = Folder::new();
    let mut server = Start::default().with(&["--otlp-endpoint", &collector]).on(&folder.data());
    server.client().store(&statement("traced"));
    // What is still to be sent, is sent before the end.
    assert!(server.terminate().success());

    let (path, body) = received.recv_timeout(PATIENCE).expect("traces arrive");
    assert_eq!(path, "/v1/traces");
    let resource_spans = parts(&body, 1)[0];
    let resource = attributes(&parts(parts(resource_spans, 1)[0], 1));
    assert!(resource.contains(&("service.name".to_owned(), "lyceum".to_owned())), "{resource:?}");
    let spans = spans_of(&body);
    assert_eq!(spans.len(), 1, "one request was made");
    let post = spans[0];
    assert_eq!(text(parts(post, 5)[0]), "POST /xapi/statements");
    assert_eq!((parts(post, 1)[0].len(), parts(post, 2)[0].len()), (16, 8), "ids of trace and span");
    assert_eq!(number(post, 6), Some(2), "the kind is server");
    assert!(number(post, 7) <= number(post, 8), "it ends after it began");
    let attributes = attributes(&parts(post, 9));
    for (name, value) in [("http.route", "/xapi/statements"), ("http.response.status_code", "200")] {
        assert!(attributes.contains(&(name.to_owned(), value.to_owned())), "{name} in {attributes:?}");
    }
    assert!(!attributes.iter().any(|(_, value)| value.contains("sally")), "{attributes:?}");
}

#[test]
fn absent_collector_does_no_harm() {
    let folder = Folder::new();
    // A port that nobody listens at: it was free a moment ago.
    let unused = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
    let mut server = Start::default().with(&["--otlp-endpoint", &format!("http://{unused}")]).on(&folder.data());
    server.client().store(&statement("untraced"));
    assert_eq!(server.terminate().code(), Some(0));
}
