//! Proof that what was acknowledged is there: a sample is read back and compared with what was sent.

use rand::Rng as _;
use rand::rngs::SmallRng;
use serde::Serialize;
use serde_json::Value;

use super::connection::Connection;
use super::operations::Material;

/// Differences that are described; the rest is counted.
const DIFFERENCES_MAX: usize = 10;

/// The outcome.
#[derive(Debug, Default, Serialize)]
pub struct Verification {
    /// Statements read back.
    pub checked: u64,
    /// Those that were as sent.
    pub equal: u64,
    /// The first that were not, with the reason.
    pub differences: Vec<String>,
}

/// Reads `sample` of the statements below `end` that `written` accepts, chosen at random, and compares each with what was sent.
pub async fn verify(
    material: &Material,
    end: u64,
    sample: usize,
    written: impl Fn(u64) -> bool,
    rng: &mut SmallRng,
) -> Verification {
    let mut verification = Verification::default();
    if end == 0 {
        return verification;
    }
    let mut connection = Connection::new(&material.target);
    let mut text = String::new();
    for _ in 0..sample {
        let n = rng.random_range(0..end);
        if !written(n) {
            continue;
        }
        verification.checked += 1;
        text.clear();
        material.statements.render(n, &mut text);
        let difference = match connection.send(material.read(n).0).await {
            Err(failure) => Some(failure.0),
            Ok(answer) if answer.status != 200 => Some(format!("status {}", answer.status)),
            Ok(answer) => find_difference(text.as_bytes(), &answer.body),
        };
        match difference {
            None => verification.equal += 1,
            Some(reason) if verification.differences.len() < DIFFERENCES_MAX => {
                verification.differences.push(format!("statement {}: {reason}", material.statements.subject(n).id));
            }
            Some(_) => {}
        }
    }
    verification
}

/// The first member of a sent statement that did not come back as it was. What an LRS adds does not count.
fn find_difference(sent: &[u8], answered: &[u8]) -> Option<String> {
    let Ok(answered) = serde_json::from_slice::<Value>(answered) else {
        return Some("the answer is not JSON".to_owned());
    };
    let sent: Value = serde_json::from_slice(sent).expect("rendered statements are JSON");
    let members = sent.as_object().expect("rendered statements are objects");
    members
        .iter()
        .find(|(name, value)| !is_same(name, value, &answered[name.as_str()]))
        .map(|(name, value)| format!("{name} was sent as {value} and came back as {}", answered[name.as_str()]))
}

/// Timestamps may come back in another spelling of the same instant.
fn is_same(name: &str, sent: &Value, answered: &Value) -> bool {
    let instant = |value: &Value| value.as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
    sent == answered || (name == "timestamp" && instant(sent).is_some() && instant(sent) == instant(answered))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_the_same_when_only_the_lrs_added_to_it() {
        let sent = br#"{"id":"a","timestamp":"2025-09-01T08:00:00.000Z","result":{"score":{"scaled":0.50}}}"#;
        let check = |answered: &str| find_difference(sent, answered.as_bytes());
        let same = r#"{"stored":"x","id":"a","timestamp":"2025-09-01T08:00:00Z","result":{"score":{"scaled":0.50}},"authority":{}}"#;
        assert_eq!(check(same), None);
        for changed in [
            same.replace("0.50", "0.51"),
            same.replace("08:00:00Z", "08:00:01Z"),
            same.replace(r#""id":"a","#, ""),
            "[".to_owned(),
        ] {
            assert!(check(&changed).is_some(), "{changed}");
        }
    }
}
