//! Learners of groups, as people write them: an address, an account of a platform, or what the API itself calls an agent.

use serde_json::json;
use xapi::{Agent, Version};

/// Longer texts name nobody.
const BYTES_MAX: usize = 2_048;

/// [`Agent::key`] of a learner who is written as `ana@example.org`, `mailto:ana@example.org`, `https://moodle.example.org|ana`, or as such
/// a key; `None` for what is none of these (Data 2.4.2.3).
pub(super) fn parse_learner(text: &str) -> Option<String> {
    let text = text.trim();
    if text.len() > BYTES_MAX || text.contains(char::is_control) {
        return None;
    }
    let agent = if let Some(sha1) = text.strip_prefix("sha1:") {
        json!({ "mbox_sha1sum": sha1 })
    } else if let Some(openid) = text.strip_prefix("openid:") {
        json!({ "openid": openid })
    } else if let Some((home_page, name)) = text.strip_prefix("account:").unwrap_or(text).split_once('|') {
        // A home page is an IRI, and so has no `|`.
        if name.is_empty() {
            return None;
        }
        json!({ "account": { "homePage": home_page, "name": name } })
    } else {
        let mbox = text.strip_prefix("mbox:").unwrap_or(text);
        let address = mbox.strip_prefix("mailto:").unwrap_or(mbox);
        json!({ "mbox": format!("mailto:{address}") })
    };
    Agent::parse(&agent.to_string(), Version::V2_0_0).ok().map(|agent| agent.key().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        let key = parse_learner(text);
        assert_eq!(key.as_deref(), expected, "{text}");
        // A key stays as it is.
        assert_eq!(key.as_deref().and_then(parse_learner), key, "{text}");
    }

    #[test]
    fn learners_are_read_as_people_write_them() {
        check("ana@example.org", Some("mbox:mailto:ana@example.org"));
        check(" mailto:ana@example.org", Some("mbox:mailto:ana@example.org"));
        check("mbox:mailto:ana@example.org", Some("mbox:mailto:ana@example.org"));
        check("https://moodle.example.org|ana", Some("account:https://moodle.example.org|ana"));
        check("account:https://x.org|a|b", Some("account:https://x.org|a|b"));
        check("openid:https://ana.example.org/", Some("openid:https://ana.example.org/"));
        let sha1 = "sha1:0123456789abcdef0123456789abcdef01234567";
        check(sha1, Some(sha1));
        check(&sha1.to_uppercase().replace("SHA1", "sha1"), Some(sha1));
    }

    #[test]
    fn what_names_nobody_is_refused() {
        for text in [
            "",
            "ana",
            "mailto:",
            "ana @example.org",
            "no home page|ana",
            "|ana",
            "https://x.org|",
            "sha1:xyz",
            "a\nb@x.org",
        ] {
            check(text, None);
        }
        check(&format!("{}@example.org", "a".repeat(3_000)), None);
    }
}
