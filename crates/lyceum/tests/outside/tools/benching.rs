//! `lyceum bench`: its numbers are those of the LRS.

use serde_json::Value;

use crate::harness::{Folder, Key, Server, lyceum_with};

fn bench(server: &Server, key: &Key, arguments: &[&str]) -> Value {
    let (url, pid) = (server.url("/xapi"), server.pid().to_string());
    let all = [&["bench", "--url", &url, "--key", &key.key, "--server-pid", &pid, "--json", "--seed", "11"], arguments]
        .concat();
    lyceum_with(&all, &[("LYCEUM_SECRET", &key.secret)], "").expect_success().json()
}

fn operations(report: &Value) -> Vec<&Value> {
    let workloads = report["workloads"].as_array().expect("workloads");
    workloads.iter().flat_map(|workload| workload["operations"].as_array().expect("operations")).collect()
}

#[test]
fn what_it_reports_is_what_is_stored() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let key = server.create_key("default", "all");
    let here = folder.path(".");
    // The last batch is smaller than the others.
    let arguments = [
        "--workload",
        "batches,singles",
        "--statements",
        "130",
        "--batch",
        "50",
        "--connections",
        "3",
        "--windows",
        "60",
        "--fsync-floor",
        here.to_str().expect("UTF-8"),
    ];
    let report = bench(&server, &key, &arguments);
    let written: u64 =
        operations(&report).iter().map(|operation| operation["statements"].as_u64().expect("a count")).sum();
    assert_eq!(written, 260);
    assert_eq!(report["stored"], 260);
    assert_eq!(server.client().find_all("limit=100").len(), 260);
    for workload in report["workloads"].as_array().expect("workloads") {
        let windows = workload["windows"].as_array().expect("windows");
        let in_windows: u64 = windows.iter().map(|window| window["statements"].as_u64().expect("a count")).sum();
        assert_eq!(in_windows, 130, "{workload}");
        assert!(workload["server"]["resident_bytes"].as_u64().is_some_and(|bytes| bytes > 0), "{workload}");
        let latencies = &workload["operations"][0]["latency_ms"];
        let at = |name: &str| latencies[name].as_f64().expect("a latency");
        assert!(0.0 < at("p50") && at("p50") <= at("p99") && at("p99") <= at("max"), "{latencies}");
        // Several connections cannot pause: before and after the load.
        check_floor(workload, 2);
    }
    assert_eq!(report["verification"]["checked"], report["verification"]["equal"]);

    // A later run reads what this one wrote.
    let next = report["next"].to_string();
    let report = bench(
        &server,
        &key,
        &[
            "--workload",
            "reads",
            "--requests",
            "30",
            "--connections",
            "2",
            "--stored",
            &next,
            "--xapi-version",
            "2.0.0",
        ],
    );
    assert_eq!(operations(&report).len(), 7, "{report}");
    assert!(operations(&report).iter().all(|operation| operation["requests"] == 30), "{report}");
    assert!(
        operations(&report)
            .iter()
            .all(|operation| operation["errors"].as_object().is_some_and(serde_json::Map::is_empty))
    );
}

/// That the disk was measured so many times or more, and what is said of it agrees with itself.
fn check_floor(workload: &Value, times_min: usize) {
    let floor = &workload["fsync_floor"];
    let figure = |value: &Value| value.as_f64().filter(|figure| *figure > 0.0).expect("a figure");
    assert!(floor["measurements"].as_array().expect("a list").len() >= times_min, "{floor}");
    let requests = figure(&workload["operations"][0]["requests_per_second"]);
    let ratio = requests / figure(&floor["appends_per_second"]);
    assert!((ratio / figure(&floor["requests_per_append"]) - 1.0).abs() < 1e-6, "{workload}");
}

#[test]
fn a_lone_load_pauses_while_the_disk_is_measured() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let key = server.create_key("default", "all");
    let here = folder.path(".");
    let arguments = ["--connections", "1", "--workload", "singles,by-id", "--duration", "2", "--windows", "100"];
    let arguments = [&arguments[..], &["--fsync-floor", here.to_str().expect("UTF-8")]].concat();
    let report = bench(&server, &key, &arguments);
    // Before, after each 0.4 s, and after.
    check_floor(&report["workloads"][0], 4);
    // The pauses are none of the load's: neither in its two seconds nor in its windows.
    let seconds = report["workloads"][0]["seconds"].as_f64().expect("seconds");
    assert!(seconds >= 2.0, "{seconds}");
    let windows = report["workloads"][0]["windows"].as_array().expect("windows");
    let in_windows: f64 = windows
        .iter()
        .map(|window| {
            let figure = |name: &str| window[name].as_f64().expect("a figure");
            figure("statements") / figure("statements_per_second")
        })
        .sum();
    assert!((in_windows - seconds).abs() < 0.2 * seconds, "{in_windows} of {seconds} s");
    assert_eq!(report["workloads"][1]["fsync_floor"], Value::Null, "it writes nothing");

    let text =
        ["bench", "--url", &server.url("/xapi"), "--key", &key.key, "--workload", "singles", "--statements", "20"];
    let text = [&text[..], &["--connections", "1", "--fsync-floor", "/nowhere"]].concat();
    let refused = lyceum_with(&text, &[("LYCEUM_SECRET", &key.secret)], "");
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stderr.contains("/nowhere"), "{refused:?}");
}

#[test]
fn every_kind_of_request_is_answered_in_both_versions_and_loops() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    for (version, seed) in [("1.0.3", "1"), ("2.0.0", "2")] {
        let key = server.create_key("default", "all");
        let url = server.url("/xapi");
        let arguments = [
            "bench",
            "--url",
            &url,
            "--key",
            &key.key,
            "--json",
            "--seed",
            seed,
            "--xapi-version",
            version,
            "--workload",
            "mixed,documents",
            "--requests",
            "60",
            "--connections",
            "4",
            "--rate",
            "300",
        ];
        let report = lyceum_with(&arguments, &[("LYCEUM_SECRET", &key.secret)], "").expect_success().json();
        let requests: u64 =
            operations(&report).iter().map(|operation| operation["requests"].as_u64().expect("a count")).sum();
        assert_eq!(requests, 180, "{report}");
    }
}

/// The same statements are sent again and are there already; documents are new in each run.
#[test]
fn a_run_can_be_repeated_with_its_seed() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let key = server.create_key("default", "all");
    for version in ["1.0.3", "1.0.3", "2.0.0"] {
        let report = bench(
            &server,
            &key,
            &[
                "--workload",
                "batches,documents,mixed",
                "--statements",
                "100",
                "--requests",
                "40",
                "--xapi-version",
                version,
            ],
        );
        let all = operations(&report);
        assert!(
            all.iter().any(|operation| operation["name"] == "PUT state" && operation["requests"] == 40),
            "{report}"
        );
    }
}

#[test]
fn what_keeps_it_from_beginning_is_said_in_words() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let url = server.url("/xapi");
    let wrong = [("LYCEUM_SECRET", "wrong")];
    lyceum_with(&["bench", "--url", &url, "--key", "nobody"], &wrong, "").expect_failure(&["refuses the key"]);
    lyceum_with(&["bench", "--url", &url, "--key", "nobody"], &[], "")
        .expect_failure(&["LYCEUM_SECRET", "--secret-file"]);
    lyceum_with(&["bench", "--url", "ftp://x", "--key", "nobody"], &wrong, "").expect_failure(&["http or https"]);
}
