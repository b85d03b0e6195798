//! Answers of a provider that prove nothing sign nobody in, and are in the audit log.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::{Browser, RULES, School};

/// The cookie of a sign-in that has begun.
const PENDING: &str = "lyceum_openid";

impl Browser {
    /// Changes what it remembers of the sign-in that has begun.
    fn change_pending(&mut self, change: impl Fn(&mut Value)) {
        let begun = URL_SAFE_NO_PAD.decode(&self.cookies[PENDING]).expect("base64");
        let mut content: Value = serde_json::from_slice(&begun).expect("JSON");
        change(&mut content);
        self.cookies.insert(PENDING.to_owned(), URL_SAFE_NO_PAD.encode(content.to_string()));
    }
}

#[test]
fn answers_that_prove_nothing_sign_nobody_in() {
    let school = School::start(RULES);
    let server = &school.server;
    school.put_person("olga", &["it"], true);
    let callback = |query: &str| server.url(&format!("/api/v1/openid/school/callback?{query}"));
    let pending = "lyceum_openid";

    // Another state; no begun sign-in at all; no sign-in of this provider; one begun long ago.
    let mut browser = Browser::new();
    let good = browser.walk_to_callback(server, "olga", "/");
    let begun = browser.cookies[pending].clone();
    let with = |change: &dyn Fn(&mut Value)| {
        let mut content: Value =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(&begun).expect("base64")).expect("JSON");
        change(&mut content);
        URL_SAFE_NO_PAD.encode(content.to_string())
    };
    let cases: [(&str, Option<String>, String); 6] = [
        ("expired", None, good.clone()),
        ("expired", Some("nonsense".to_owned()), good.clone()),
        ("expired", Some(begun.clone()), callback("code=x&state=other")),
        (
            "expired",
            Some(with(&|it| it["began"] = json!(it["began"].as_i64().unwrap_or_default() - 601_000_000))),
            good.clone(),
        ),
        ("expired", Some(with(&|it| it["provider"] = json!("other"))), good.clone()),
        ("denied", Some(begun.clone()), callback("error=access_denied&state=x")),
    ];
    for (code, cookie, address) in cases {
        let mut other = Browser::new();
        other.cookies.extend(cookie.map(|cookie| (pending.to_owned(), cookie)));
        let answer = other.get(&address);
        assert_eq!(Browser::location(&answer), format!("/sign-in?error={code}"), "{address}");
        assert!(!other.cookies.contains_key("lyceum_session"));
    }

    // A nonce that the token does not have uses the code up.
    let mut other = Browser::new();
    other.cookies.insert(pending.to_owned(), with(&|it| it["nonce"] = json!("other")));
    assert_eq!(Browser::location(&other.get(&good)), "/sign-in?error=failed");
    assert_eq!(Browser::location(&browser.get(&good)), "/sign-in?error=failed", "a code works once");
    let mut other = Browser::new();
    let code = other.walk_to_callback(server, "olga", "/");
    other.cookies.insert(pending.to_owned(), {
        let mut content: Value =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(&other.cookies[pending]).expect("base64")).expect("JSON");
        content["verifier"] = json!("0".repeat(43));
        URL_SAFE_NO_PAD.encode(content.to_string())
    });
    assert_eq!(Browser::location(&other.get(&code)), "/sign-in?error=failed", "PKCE");
    for secret in ["very secret", "code="] {
        assert!(!server.log().contains(secret), "{}", server.log());
    }
}

#[test]
fn unproven_answers_are_in_the_audit_log() {
    let school = School::start(RULES);
    let server = &school.server;
    school.put_person("olga", &["it"], true);
    let mut olga = Browser::new();
    assert_eq!(olga.sign_in(server, "olga", "/"), "/");
    let failures = |olga: &mut Browser| {
        let log: Value = olga.get(&server.url("/api/v1/audit?action=session.fail")).json().expect("JSON");
        log["items"].as_array().expect("a list").clone()
    };
    assert!(failures(&mut olga).is_empty());

    // Another nonce, and a verifier that the provider was not told the digest of.
    for (member, value) in [("nonce", "other".to_owned()), ("verifier", "0".repeat(43))] {
        let mut browser = Browser::new();
        let callback = browser.walk_to_callback(server, "olga", "/");
        browser.change_pending(|it| it[member] = json!(value));
        assert_eq!(Browser::location(&browser.get(&callback)), "/sign-in?error=failed", "{member}");
    }
    // A signature by a key that has the name of the provider's.
    let forge = format!("{}/test/forge", school.provider.issuer);
    assert_eq!(olga.send(olga.http.post(forge)).status(), 200);
    school.check_refused("olga", "failed");
    // What the provider says went wrong.
    let error = Browser::new().get(&server.url("/api/v1/openid/school/callback?error=server_error&state=x"));
    assert_eq!(Browser::location(&error), "/sign-in?error=failed");
    // What any visitor can cause without a provider is in the log of the server only.
    let begun_nowhere = Browser::new().get(&server.url("/api/v1/openid/school/callback?code=x&state=x"));
    assert_eq!(Browser::location(&begun_nowhere), "/sign-in?error=expired");

    let found = failures(&mut olga);
    assert_eq!(found.len(), 4, "{found:?}");
    for entry in &found {
        assert_eq!(entry["after"], json!({"reason": "failed", "openid": school.provider.issuer}), "{entry}");
        assert_eq!(entry["target"], "nobody who is proven", "{entry}");
        assert!(!entry.to_string().contains("olga"), "nobody was proven, so nobody is named: {entry}");
    }
    assert!(server.log().contains("an OpenID sign-in was refused"), "{}", server.log());
}
