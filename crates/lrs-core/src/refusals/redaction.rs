//! What is never kept of a refused request, and what is not when bodies are not to be kept.

use serde_json::{Map, Value};

use super::Refused;
use crate::Said;

/// Parameters whose values let people in, where clients put them by mistake.
const SECRET_PARAMETERS: [&str; 10] = [
    "authorization",
    "password",
    "passwd",
    "secret",
    "client_secret",
    "token",
    "access_token",
    "api_key",
    "auth",
    "credentials",
];

/// What stands in place of something that is not kept.
const REMOVED: &str = "[not kept]";

/// Members of statements and documents (Data 2.4 and 4.1): all else in a pointer is what somebody wrote.
const MEMBERS: &[&str] = &[
    "account",
    "activity",
    "actor",
    "agent",
    "attachments",
    "authority",
    "category",
    "choices",
    "completion",
    "contentType",
    "context",
    "contextActivities",
    "contextAgents",
    "contextGroups",
    "correctResponsesPattern",
    "definition",
    "description",
    "display",
    "duration",
    "extensions",
    "fileUrl",
    "group",
    "grouping",
    "homePage",
    "id",
    "instructor",
    "interactionType",
    "language",
    "length",
    "max",
    "mbox",
    "mbox_sha1sum",
    "member",
    "min",
    "moreInfo",
    "name",
    "object",
    "objectType",
    "openid",
    "other",
    "parent",
    "platform",
    "raw",
    "registration",
    "relevantTypes",
    "response",
    "result",
    "revision",
    "scaled",
    "scale",
    "score",
    "sha2",
    "source",
    "statement",
    "steps",
    "stored",
    "success",
    "target",
    "team",
    "timestamp",
    "type",
    "usageType",
    "verb",
    "version",
];

/// Removes what lets people in: no header is ever kept, but a query may hold such a thing, and the error quote it.
pub(super) fn remove_secrets(refused: &mut Refused) {
    let Some((path, query)) = refused.path.split_once('?') else { return };
    let mut secrets = Vec::new();
    let parameters = query.split('&').map(|parameter| {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let decoded = xapi::Parameters::parse(parameter).map(|parameters| parameters.0).unwrap_or_default();
        let is_secret = |name: &str| SECRET_PARAMETERS.contains(&name.to_ascii_lowercase().as_str());
        if value.is_empty() || !(is_secret(name) || decoded.iter().any(|(name, _)| is_secret(name))) {
            return parameter.to_owned();
        }
        secrets.push(value.to_owned());
        secrets.extend(decoded.into_iter().map(|(_, value)| value));
        format!("{name}={}", REMOVED.replace(' ', "%20"))
    });
    let parameters: Vec<String> = parameters.collect();
    refused.path = format!("{path}?{}", parameters.join("&"));
    if secrets.is_empty() {
        return;
    }
    // The longest first: one may stand in another.
    secrets.sort_unstable_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
    secrets.dedup();
    let clean = |text: &mut String| {
        for secret in &secrets {
            *text = text.replace(secret.as_str(), REMOVED);
        }
    };
    // What was found is shortened, so that no search finds all of a secret in it.
    for violation in &mut refused.violations {
        let found = std::mem::replace(&mut violation.found, REMOVED.to_owned());
        if !found.is_empty() {
            refused.said.message = refused.said.message.replace(&found, REMOVED);
        }
        [&mut violation.pointer, &mut violation.expected].into_iter().for_each(clean);
    }
    remove_found(&mut refused.said);
    refused.said.change_texts(&clean);
}

/// Whatever the values say that was found.
fn remove_found(said: &mut Said) {
    fn walk(members: &mut Map<String, Value>) {
        for (name, member) in members {
            match member {
                Value::Object(members) => walk(members),
                found if name == "found" => *found = REMOVED.into(),
                _ => {}
            }
        }
    }
    said.values.iter_mut().for_each(walk);
}

/// Removes the body, and what the rest quotes of it. Of the query the names of parameters stay, and the id that says which statement a PUT
/// was about.
pub(super) fn remove_contents(refused: &mut Refused) {
    refused.body = None;
    refused.said.values = None;
    refused.said.message = String::new();
    for violation in &mut refused.violations {
        violation.found = String::new();
        violation.pointer = known_pointer(&violation.pointer);
    }
    let Some((path, query)) = refused.path.split_once('?') else { return };
    let parameters = query.split('&').map(|parameter| match parameter.split_once('=') {
        Some((name, _)) if name != "statementId" => name.to_owned(),
        _ => parameter.to_owned(),
    });
    refused.path = format!("{path}?{}", parameters.collect::<Vec<_>>().join("&"));
}

/// A pointer with the members of statements only; the name of a parameter or header as it is.
fn known_pointer(pointer: &str) -> String {
    if !pointer.starts_with('/') {
        return pointer.to_owned();
    }
    let is_known = |part: &str| MEMBERS.contains(&part) || part.bytes().all(|byte| byte.is_ascii_digit());
    let known = pointer.split('/').map(|part| if is_known(part) { part } else { "…" });
    known.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use lrs_store::KeyId;
    use xapi::{Violation, Violations};

    use super::*;
    use crate::{Problem, Rule};

    fn refused(path: &str, found: &str) -> Refused {
        let violations = Violations::from(Violation::quoting(found, "Communication 1.2", "nothing", found));
        Refused {
            key: KeyId("k".to_owned()),
            method: "GET".to_owned(),
            path: path.to_owned(),
            version: "1.0.3".to_owned(),
            content_type: String::new(),
            status: 400,
            said: Said::of(&Problem::from(Rule::Broken((&violations).into()))),
            violations: violations.0,
            body: None,
        }
    }

    #[test]
    fn secrets_in_queries_go() {
        let long = "c2VjcmV0".repeat(20);
        for (path, secret) in [
            ("/xapi/statements?Authorization=Basic%20c2VjcmV0&limit=1", "Basic c2VjcmV0"),
            ("/xapi/statements?limit=1&token=c2VjcmV0", "c2VjcmV0"),
            ("/xapi/statements?password=c2VjcmV0", "c2VjcmV0"),
            ("/xapi/statements?%70assword=c2VjcmV0", "c2VjcmV0"),
            (&format!("/xapi/statements?secret={long}"), &long),
        ] {
            let mut refused = refused(path, secret);
            remove_secrets(&mut refused);
            let kept = format!("{refused:?}");
            assert!(!kept.contains("c2Vj") && kept.contains(REMOVED), "{kept}");
            assert_eq!(path.contains("limit=1"), refused.path.contains("limit=1"), "{refused:?}");
        }
        let mut plain = refused("/xapi/statements?limit=x&verb=a", "x");
        let before = plain.clone();
        remove_secrets(&mut plain);
        assert_eq!(plain, before, "all else stays");
    }

    #[test]
    fn contents_go_and_places_stay() {
        for (pointer, expected) in [
            ("/actor/mbox", "/actor/mbox"),
            ("/context/extensions/http:~1~1ana@example.org", "/context/extensions/…"),
            ("/attachments/12/display/es", "/attachments/12/display/…"),
            ("/ana", "/…"),
            ("since", "since"),
            ("", ""),
        ] {
            assert_eq!(known_pointer(pointer), expected);
        }
        let mut refused = refused("/xapi/statements?statementId=1&agent=ana", "/ana");
        remove_contents(&mut refused);
        assert_eq!(refused.path, "/xapi/statements?statementId=1&agent");
        assert!(!format!("{refused:?}").contains("ana"), "{refused:?}");
    }
}
