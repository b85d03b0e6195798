//! What a server holds while it answers: bodies are long, but answers have an end, and rows behind it are not fetched into memory.

use serde_json::json;

use crate::harness::{Folder, Server, statement};

/// Of each statement. Text that does not compress below three quarters.
const BODY_BYTES: usize = 4 << 20;
/// Together 96 MiB of rows, far more than a page may take.
const STATEMENTS: usize = 32;
/// Some times the bodies of one answer: as they are read, as they are sent, and what is between. All rows would need half as much again.
const GROWTH_BYTES_MAX: u64 = 100 << 20;

fn memory(server: &Server, line: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).expect("the server runs");
    let line = status.lines().find_map(|it| it.strip_prefix(line)).expect("Linux tells the memory");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") * 1024
}

/// Text of six random bits in each byte.
fn noise(bytes: usize) -> String {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[(state & 63) as usize])
    };
    std::iter::repeat_with(next).take(bytes).collect()
}

#[test]
fn pages_of_long_statements_take_little_memory() {
    let folder = Folder::new();
    let mut server = Server::start(&folder);
    let key = server.first_key().expect("a first key").clone();
    let client = server.client();
    let mut long = statement("long");
    long["context"] = json!({"extensions": {"https://example.org/noise": noise(BODY_BYTES)}});
    let ids: Vec<String> = (0..STATEMENTS).flat_map(|_| client.store(&long)).collect();
    assert!(server.terminate().success());
    drop((server, long));

    let server = Server::start(&folder);
    let client = server.client_of(&key);
    client.get_json("/statements?limit=1&format=ids");
    for query in ["limit=500&ascending=true", "limit=500&ascending=true&activity=https%3A%2F%2Fexample.org%2Flong"] {
        // The peak begins anew.
        std::fs::write(format!("/proc/{}/clear_refs", server.pid()), "5").expect("the process is ours");
        let before = memory(&server, "VmRSS:");
        let page = client.get_json(&format!("/statements?{query}"));
        let peak = memory(&server, "VmHWM:");
        assert!(peak < before + GROWTH_BYTES_MAX, "{query}: from {before} to {peak} bytes");
        let found: Vec<&str> =
            page["statements"].as_array().expect("a list").iter().filter_map(|it| it["id"].as_str()).collect();
        assert!((2..8).contains(&found.len()) && found == ids[..found.len()], "{found:?}");
        let more = page["more"].as_str().and_then(|more| more.strip_prefix("/xapi")).expect("there are further pages");
        let next = client.get_json(more)["statements"][0]["id"].clone();
        assert_eq!(next, ids[found.len()], "the next page goes on");
    }
}
