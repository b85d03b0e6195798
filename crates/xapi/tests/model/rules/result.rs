//! Data 2.4.5 and 4.6: results, scores and durations.

use super::{Rule, check_rules, rule};

pub const RULES: &[Rule] = &[
    rule(
        "Data 2.4.5",
        "a Result's properties have their types",
        &[("/result", "{}"), ("/result/success", "false"), ("/result/response", r#""""#), ("/result/score", "{}")],
        &[
            ("/result", "[]", "/result"),
            ("/result", r#""good""#, "/result"),
            ("/result/success", r#""true""#, "/result/success"),
            ("/result/success", "1", "/result/success"),
            ("/result/completion", r#""false""#, "/result/completion"),
            ("/result/response", "1", "/result/response"),
            ("/result/response", "{}", "/result/response"),
            ("/result/duration", "60", "/result/duration [Data 4.6]"),
            ("/result/extensions", "[]", "/result/extensions [Data 4.1]"),
            ("/result/score", "5", "/result/score"),
            ("/result/grade", "5", "/result/grade [Data 2.2]"),
        ],
    ),
    rule(
        "Data 2.4.5.1",
        "scaled is a number from -1 to 1",
        &[
            ("/result/score/scaled", "-1"),
            ("/result/score/scaled", "1.0"),
            ("/result/score/scaled", "0"),
            ("/result/score/scaled", "1e-3"),
        ],
        &[
            ("/result/score/scaled", "1.01", "/result/score/scaled"),
            ("/result/score/scaled", "-1.00001", "/result/score/scaled"),
            ("/result/score/scaled", r#""0.5""#, "/result/score/scaled"),
        ],
    ),
    rule(
        "Data 2.4.5.1",
        "min is at most raw, raw at most max; equal values, which Open edX sends, pass",
        &[
            ("/result/score", r#"{"min":0,"max":0,"raw":0}"#),
            ("/result/score", r#"{"raw":-5}"#),
            ("/result/score", r#"{"min":-1.5,"raw":-1.5}"#),
            ("/result/score", r#"{"raw":12,"max":1.2e1}"#),
        ],
        &[
            ("/result/score/raw", "-1", "/result/score/raw"),
            ("/result/score/raw", "10.5", "/result/score/raw"),
            ("/result/score", r#"{"min":10,"max":1}"#, "/result/score/min"),
            (
                "/result/score",
                r#"{"min":10,"max":1,"raw":5}"#,
                "/result/score/min, /result/score/raw, /result/score/raw",
            ),
            ("/result/score/min", r#""0""#, "/result/score/min"),
            ("/result/score/max", "{}", "/result/score/max"),
            ("/result/score/raw", "true", "/result/score/raw"),
            ("/result/score/weight", "1", "/result/score/weight [Data 2.2]"),
        ],
    ),
    rule(
        "Data 4.6",
        "a duration is one of ISO 8601",
        &[
            ("/result/duration", r#""P4W""#),
            ("/result/duration", r#""P1Y2M3DT4H5M6.789S""#),
            ("/result/duration", r#""PT0S""#),
        ],
        &[
            ("/result/duration", r#""P4W1D""#, "/result/duration"),
            ("/result/duration", r#""PT""#, "/result/duration"),
            ("/result/duration", r#""P""#, "/result/duration"),
            ("/result/duration", r#""1 hour""#, "/result/duration"),
            ("/result/duration", r#""""#, "/result/duration"),
        ],
    ),
];

#[test]
fn rules() {
    check_rules(RULES);
}
