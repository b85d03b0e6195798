//! Health, figures, request ids, logs.

use reqwest::StatusCode;
use reqwest::blocking::Response;
use serde_json::Value;

use crate::harness::{Folder, Server, Start, statement, wait_for};

fn get(server: &Server, path: &str) -> Response {
    reqwest::blocking::get(server.url(path)).expect("the server answers")
}

#[test]
fn healthy_server_is_live_and_ready() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    for (path, status) in [("/health/live", "live"), ("/health/ready", "ready")] {
        let answer = get(&server, path);
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.json::<Value>().expect("JSON")["status"], status);
    }
}

#[test]
fn figures_tell_requests_stores_and_the_process() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let client = server.client();
    client.store(&serde_json::json!([statement("a"), statement("b")]));
    client.find_all("");
    assert_eq!(client.get("/statements?nonsense=1").status(), StatusCode::BAD_REQUEST);
    let figures = get(&server, "/metrics").text().expect("text");
    let expected = [
        "lyceum_http_requests_total{route=\"/xapi/statements\",method=\"POST\",status=\"2xx\"} 1",
        "lyceum_http_requests_total{route=\"/xapi/statements\",method=\"GET\",status=\"4xx\"} 1",
        "lyceum_http_request_duration_seconds_bucket{route=\"/xapi/statements\",method=\"GET\",status=\"2xx\",le=\"+Inf\"} 1",
        "lyceum_http_requests_in_flight 1",
        "lyceum_http_connections ",
        "lyceum_store_statements{lrs=\"default\"} 2",
        "lyceum_store_log_position{lrs=\"default\"} 2",
        "lyceum_store_tail_statements{lrs=\"default\"} ",
        "lyceum_store_queue_depth{lrs=\"default\"} 0",
        "lyceum_http_body_bytes_in_flight 0",
        "lyceum_http_bodies_refused_total 0",
        "process_resident_memory_bytes ",
    ];
    for line in expected {
        assert!(figures.contains(line), "{line:?} is missing in\n{figures}");
    }
    let cpu = figures.lines().find_map(|line| line.strip_prefix("process_cpu_seconds_total "));
    let hundredths = cpu.and_then(|seconds| seconds.split_once('.')).map(|(_, part)| part.len());
    assert_eq!(hundredths, Some(2), "{cpu:?}");
    assert!(figures.contains("commit"), "commit sizes are missing in\n{figures}");
}

#[test]
fn figures_are_shown_to_whom_the_setting_says() {
    let check = |access: &str, header: Option<&str>, expected: StatusCode| {
        let folder = Folder::new();
        let server = Start::default().with(&["--metrics-access", access]).on(&folder.data());
        let mut request = reqwest::blocking::Client::new().get(server.url("/metrics"));
        if let Some(name) = header {
            request = request.header(name, "203.0.113.9");
        }
        assert_eq!(request.send().expect("an answer").status(), expected, "{access} {header:?}");
    };
    check("local", None, StatusCode::OK);
    check("local", Some("X-Forwarded-For"), StatusCode::FORBIDDEN);
    check("local", Some("Forwarded"), StatusCode::FORBIDDEN);
    check("everyone", Some("X-Forwarded-For"), StatusCode::OK);
    check("nobody", None, StatusCode::FORBIDDEN);
}

#[test]
fn request_ids_are_taken_over_when_sane_and_made_otherwise() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let id_of = |sent: Option<&str>| {
        let mut request = reqwest::blocking::Client::new().get(server.url("/xapi/statements"));
        if let Some(sent) = sent {
            request = request.header("X-Request-Id", sent);
        }
        let answer = request.send().expect("an answer");
        let id = answer.headers()["x-request-id"].to_str().expect("plain text").to_owned();
        assert_eq!(answer.json::<Value>().expect("an envelope")["error"]["request_id"], *id);
        id
    };
    assert_eq!(id_of(Some("proxy-1:2/3")), "proxy-1:2/3");
    assert_ne!(id_of(None), id_of(None));
    for insane in ["", "two words", "a\"quote", &"x".repeat(65)] {
        assert_eq!(id_of(Some(insane)).len(), 36, "{insane:?}");
    }
}

#[test]
fn access_lines_are_json_when_asked_and_hold_no_query() {
    let folder = Folder::new();
    let settings = ["--log", "info,lyceum::access=debug", "--log-format", "json"];
    let server = Start::default().with(&settings).on(&folder.data());
    let client = server.client();
    client.store(&statement("logged"));
    client.find_all("agent=%7B%22mbox%22%3A%22mailto%3Asally%40example.org%22%7D");
    let lines = wait_for("two access lines", || {
        let log = server.log();
        let lines: Vec<Value> =
            log.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect();
        let access: Vec<Value> = lines.into_iter().filter(|line| line["target"] == "lyceum::access").collect();
        (access.len() == 2).then_some(access)
    });
    let expected = [("POST", 200), ("GET", 200)];
    for (line, (method, status)) in lines.iter().zip(expected) {
        assert_eq!((&line["method"], &line["status"]), (&method.into(), &status.into()), "{line}");
        assert_eq!(line["route"], "/xapi/statements");
        assert!(line["latency_us"].is_u64() && line["id"].is_string(), "{line}");
    }
    assert!(!server.log().contains("sally"), "{}", server.log());
}
