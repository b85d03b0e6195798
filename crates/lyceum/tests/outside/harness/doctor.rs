//! What `lyceum doctor` says at the end of a bad day.

use super::process::lyceum;

/// Fails unless `lyceum doctor --deep` finds nothing wrong in a data folder that no server has open. That a test's disk is
/// small does not count, nor that a test's PostgreSQL saves itself the waiting for its disk.
#[track_caller]
pub fn check_healthy(data: &str) {
    let report = lyceum(&["doctor", "--data", data, "--deep", "--json"]).json();
    let parts = report["parts"].as_array().expect("a report has parts");
    let findings: Vec<_> = parts.iter().filter_map(|part| part["findings"].as_array()).flatten().collect();
    assert!(findings.len() > 3, "a deep look sees many things: {report:#}");
    let bad: Vec<_> =
        findings.into_iter().filter(|finding| finding["severity"] == "error" && !is_about_the_test(finding)).collect();
    assert!(bad.is_empty(), "{bad:#?}");
}

fn is_about_the_test(finding: &serde_json::Value) -> bool {
    finding["subject"].as_str().is_some_and(|subject| subject.ends_with("disk space") || subject == "setting fsync")
}
