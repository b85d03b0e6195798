//! Kills, full disks, read-only disks.

mod disk;
mod kills;

use crate::harness::lyceum;

/// Fails unless `lyceum doctor --deep` finds nothing wrong in a data folder that no server has open.
#[track_caller]
fn check_healthy(data: &str) {
    let report = lyceum(&["doctor", "--data", data, "--deep", "--json"]).json();
    let findings = report["findings"].as_array().expect("a report lists findings");
    assert!(!findings.is_empty(), "a deep look sees something");
    let bad: Vec<_> = findings.iter().filter(|finding| finding["severity"] == "error").collect();
    assert!(bad.is_empty(), "{bad:#?}");
}
