//! A finding's sentences are those that `lyceum doctor` always printed, and its codes and values are what they are made of.

use lrs_store::{Advice, Finding, Seen, Severity, Subject};
use serde_json::{Value, json};

/// Checks both forms of a finding.
fn check(finding: &Finding, sentences: &Value, codes: &Value) {
    assert_eq!(serde_json::to_value(finding).expect("texts become JSON"), *sentences);
    assert_eq!(json!([finding.checked, finding.seen, finding.advised]), *codes);
}

#[test]
fn findings_are_sentences_and_codes() {
    check(
        &Finding::good(Subject::DiskSpace, Seen::DiskFree { free_bytes: (5 << 30) + 1 }),
        &json!({"severity": "good", "subject": "disk space", "message": "5120 MiB are free", "advice": ""}),
        &json!([{"code": "disk_space"}, {"code": "disk_free", "values": {"free_bytes": 5_368_709_121_u64}}, null]),
    );
    let setting = Subject::Setting { name: "fsync".to_owned() };
    let advice = Advice::SetSetting { setting: "fsync".to_owned(), value: "on".to_owned() };
    check(
        &Finding::new(Severity::Error, setting, Seen::SettingValue { value: "off".to_owned() }, advice),
        &json!({"severity": "error", "subject": "setting fsync", "message": "off",
            "advice": "Set fsync = on in postgresql.conf: what was acknowledged can be lost."}),
        &json!([{"code": "setting", "values": {"name": "fsync"}}, {"code": "setting_value", "values": {"value": "off"}},
            {"code": "set_setting", "values": {"setting": "fsync", "value": "on"}}]),
    );
    let lag = Seen::Replicas { count: 2, behind_bytes: 7 };
    check(
        &Finding::new(Severity::Good, Subject::ReplicationLag, lag.clone(), Advice::CheckReplica),
        &json!({"severity": "good", "subject": "replication lag", "advice": "",
            "message": "2 replicas; the last one is 7 bytes of the write-ahead log behind"}),
        &json!([{"code": "replication_lag"}, lag, null]),
    );
}

#[test]
fn single_faults_are_listed_and_the_rest_is_hinted_at() {
    let resized = Seen::AttachmentResized { path: "a".to_owned(), found_bytes: 3, expected_bytes: 5 };
    let unreadable = Seen::FileUnreadable { path: "b".to_owned(), reason: "no such file".to_owned() };
    let first = vec![resized, unreadable];
    for (count, end) in [(2, ""), (3, ", …")] {
        let seen = Seen::Faults { count, first: first.clone() };
        let expected = format!("{count} faults: a has 3 bytes instead of 5, b: no such file{end}");
        assert_eq!(seen.to_string(), expected);
        let codes = json!({"code": "faults", "values": {"count": count, "first": [
            {"code": "attachment_resized", "values": {"path": "a", "found_bytes": 3, "expected_bytes": 5}},
            {"code": "file_unreadable", "values": {"path": "b", "reason": "no such file"}},
        ]}});
        assert_eq!(json!(seen), codes);
    }
}
