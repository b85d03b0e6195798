//! Each role tries each call: what the table below does not allow is refused. A route without a line here fails the test.

use std::collections::BTreeSet;

use http::{Method, StatusCode};
use lrs_http::api_routes;
use serde_json::{Value, json};

use super::{Badge, call, expect, join, start, token_of};

/// Who may call a route. `open`: everybody. `anybody`: whoever is signed in; the use case decides about the rest. `browser`: the same
/// with a session. `server`: owners of the server. Otherwise roles in the LRS of the path; owners of the server too.
const WHO: &[(&str, &str, &str)] = &[
    ("GET", "/api/v1/setup", "open"),
    ("POST", "/api/v1/setup", "open"),
    ("GET", "/api/v1/sign-in-options", "open"),
    ("GET", "/api/v1/openid/{provider}/start", "open"),
    ("GET", "/api/v1/openid/{provider}/callback", "open"),
    ("POST", "/api/v1/session", "open"),
    ("POST", "/api/v1/invitations/accept", "open"),
    ("GET", "/api/v1/session", "anybody"),
    ("DELETE", "/api/v1/session", "browser"),
    ("DELETE", "/api/v1/sessions", "browser"),
    ("POST", "/api/v1/account/password", "browser"),
    ("POST", "/api/v1/account/password/reset", "open"),
    ("GET", "/api/v1/accounts", "anybody"),
    ("PATCH", "/api/v1/accounts/{id}", "anybody"),
    ("DELETE", "/api/v1/accounts/{id}", "server"),
    ("GET", "/api/v1/invitations", "anybody"),
    ("POST", "/api/v1/invitations", "anybody"),
    ("DELETE", "/api/v1/invitations/{id}", "anybody"),
    ("GET", "/api/v1/tokens", "anybody"),
    ("POST", "/api/v1/tokens", "browser"),
    ("DELETE", "/api/v1/tokens/{id}", "anybody"),
    ("GET", "/api/v1/audit", "anybody"),
    ("GET", "/api/v1/audit/export", "anybody"),
    ("GET", "/api/v1/backups", "server"),
    ("POST", "/api/v1/backups", "server"),
    ("GET", "/api/v1/backups/{name}", "server"),
    ("DELETE", "/api/v1/backups/{name}", "server"),
    ("GET", "/api/v1/lrss", "anybody"),
    ("POST", "/api/v1/lrss", "server"),
    ("DELETE", "/api/v1/lrss/{lrs}", "owner"),
    ("GET", "/api/v1/lrss/{lrs}/keys", "owner admin"),
    ("POST", "/api/v1/lrss/{lrs}/keys", "owner admin"),
    ("PATCH", "/api/v1/lrss/{lrs}/keys/{key}", "owner admin"),
    ("DELETE", "/api/v1/lrss/{lrs}/keys/{key}", "owner admin"),
    ("POST", "/api/v1/lrss/{lrs}/keys/{key}/rotate", "owner admin"),
    ("GET", "/api/v1/lrss/{lrs}/groups", "owner admin"),
    ("POST", "/api/v1/lrss/{lrs}/groups", "owner admin"),
    ("PATCH", "/api/v1/lrss/{lrs}/groups/{id}", "owner admin"),
    ("DELETE", "/api/v1/lrss/{lrs}/groups/{id}", "owner admin"),
    ("GET", "/api/v1/lrss/{lrs}/statements", "owner admin analyst instructor"),
    ("GET", "/api/v1/lrss/{lrs}/statements/export", "owner admin analyst instructor"),
    ("GET", "/api/v1/lrss/{lrs}/statements/{id}", "owner admin analyst instructor"),
    ("POST", "/api/v1/lrss/{lrs}/statements/{id}/void", "owner admin"),
    ("GET", "/api/v1/lrss/{lrs}/live", "owner admin analyst instructor"),
    ("GET", "/api/v1/lrss/{lrs}/attachments/{sha2}", "owner admin analyst instructor"),
    ("GET", "/api/v1/lrss/{lrs}/people", "owner admin analyst instructor"),
    ("GET", "/api/v1/lrss/{lrs}/people/{person}", "owner admin analyst instructor"),
    ("POST", "/api/v1/lrss/{lrs}/people/{person}/merge", "owner admin"),
    ("POST", "/api/v1/lrss/{lrs}/people/{person}/split", "owner admin"),
    ("GET", "/api/v1/lrss/{lrs}/activities", "owner admin analyst instructor"),
    ("GET", "/api/v1/lrss/{lrs}/activity", "owner admin analyst instructor"),
    ("GET", "/api/v1/lrss/{lrs}/operations", "owner admin"),
    ("GET", "/api/v1/lrss/{lrs}/jobs", "owner admin"),
    ("GET", "/api/v1/lrss/{lrs}/jobs/{id}", "owner admin"),
    ("GET", "/api/v1/lrss/{lrs}/jobs/{id}/refused", "owner admin"),
    ("POST", "/api/v1/lrss/{lrs}/jobs/import", "owner admin"),
    ("GET", "/api/v1/lrss/{lrs}/refusals", "owner admin"),
    ("GET", "/api/v1/lrss/{lrs}/refusals/{id}", "owner admin"),
    ("POST", "/api/v1/lrss/{lrs}/refusals/{id}/replay", "owner admin"),
];

const ROLES: [&str; 5] = ["owner", "admin", "analyst", "instructor", "viewer"];

#[test]
fn every_route_says_who_may_call_it() {
    let listed: BTreeSet<(&str, &str)> = WHO.iter().map(|(method, path, _)| (*method, *path)).collect();
    let routes = api_routes();
    let found: BTreeSet<(&str, &str)> = routes.iter().map(|(method, path, _)| (method.as_str(), *path)).collect();
    assert_eq!(listed, found, "the table of this test and the routes of the admin API");
}

/// The status of a call whose path leads to nothing that could be changed by it.
async fn try_call(
    server: &crate::harness::TestServer,
    badge: &Badge,
    method: &str,
    path: &str,
    lrs: &str,
) -> StatusCode {
    let path = path.replace("{lrs}", lrs).replace("{id}", "nothing").replace("{key}", "nothing");
    let path = path.replace("{person}", "nothing").replace("{sha2}", "nothing");
    let body = if method == "GET" { Value::Null } else { json!({}) };
    call(server, badge, (method, &path), &body).await.status
}

#[tokio::test]
async fn each_role_is_refused_what_it_may_not_do() {
    let (server, owner) = start().await;
    let mut people = Vec::new();
    for role in ROLES {
        let roles = json!([{"lrs": "school", "role": role}]);
        let (badge, _) = join(&server, &owner, &format!("{role}@example.org"), roles).await;
        people.push((role, token_of(&server, &badge).await));
    }
    let roles = json!([{"lrs": "other", "role": "owner"}]);
    let (stranger, _) = join(&server, &owner, "stranger@example.org", roles).await;
    let stranger = token_of(&server, &stranger).await;
    for (method, path, who) in WHO.iter().filter(|(_, _, who)| *who != "open") {
        let case = format!("{method} {path}");
        let nobody = try_call(&server, &Badge::default(), method, path, "school").await;
        assert_eq!(nobody, StatusCode::UNAUTHORIZED, "{case} by nobody");
        for (role, badge) in &people {
            let has_it = who.split(' ').any(|it| it == *role);
            if has_it && is_final(method, path) {
                continue;
            }
            let status = try_call(&server, badge, method, path, "school").await;
            match *who {
                "anybody" => assert_ne!(status, StatusCode::UNAUTHORIZED, "{case} as {role}"),
                _ if has_it => assert!(![401, 403].contains(&status.as_u16()), "{case} as {role}: {status}"),
                // Of those who need a browser everybody is refused: a script's token is not a session.
                _ => assert_eq!(status, StatusCode::FORBIDDEN, "{case} as {role}"),
            }
        }
        if path.contains("{lrs}") {
            for lrs in ["school", "nowhere", "..", "School"] {
                let status = try_call(&server, &stranger, method, path, lrs).await;
                assert_eq!(status, StatusCode::NOT_FOUND, "{case} by the owner of another LRS, in {lrs}");
            }
        }
    }
}

/// Whether a call takes the LRS away that the others need, or is answered for as long as the caller listens.
fn is_final(method: &str, path: &str) -> bool {
    (method, path) == ("DELETE", "/api/v1/lrss/{lrs}") || path.ends_with("/live")
}

#[tokio::test]
async fn owner_of_an_lrs_reaches_nothing_of_another() {
    let (server, owner) = start().await;
    let (stranger, _) = join(&server, &owner, "stranger@example.org", json!([{"lrs": "other", "role": "owner"}])).await;
    let (_, teacher) =
        join(&server, &owner, "teacher@example.org", json!([{"lrs": "school", "role": "analyst"}])).await;
    let made = call(&server, &owner, ("POST", "/api/v1/lrss/school/keys"), &json!({"scopes": ["all"]})).await;
    let key = expect(&made, StatusCode::OK, "a key")["key"].as_str().unwrap().to_owned();
    let made = call(&server, &owner, ("POST", "/api/v1/lrss/school/groups"), &json!({"name": "7b"})).await;
    let group = expect(&made, StatusCode::OK, "a group")["id"].as_str().unwrap().to_owned();
    let school_admin = json!([{"lrs": "school", "role": "admin"}]);
    let cases = [
        ("PATCH", format!("/api/v1/lrss/other/keys/{key}"), json!({"label": "mine"})),
        ("DELETE", format!("/api/v1/lrss/other/keys/{key}"), Value::Null),
        ("POST", format!("/api/v1/lrss/other/keys/{key}/rotate"), json!({"grace_seconds": 0})),
        ("PATCH", format!("/api/v1/lrss/other/groups/{group}"), json!({"name": "mine"})),
        ("DELETE", format!("/api/v1/lrss/other/groups/{group}"), Value::Null),
        ("GET", "/api/v1/audit?lrs=school".to_owned(), Value::Null),
        ("GET", "/api/v1/audit/export?lrs=school".to_owned(), Value::Null),
        ("PATCH", format!("/api/v1/accounts/{teacher}"), json!({"roles": school_admin})),
        ("POST", "/api/v1/invitations".to_owned(), json!({"email": "x@example.org", "roles": school_admin})),
    ];
    for (method, path, body) in cases {
        let answer = call(&server, &stranger, (method, &path), &body).await;
        expect(&answer, StatusCode::NOT_FOUND, &format!("{method} {path}"));
    }
    for (path, words) in [
        ("/api/v1/lrss", "school"),
        ("/api/v1/accounts", "teacher"),
        ("/api/v1/invitations", "school"),
        ("/api/v1/lrss/other/keys", key.as_str()),
        ("/api/v1/lrss/other/groups", group.as_str()),
        ("/api/v1/session", "school"),
    ] {
        let answer = call(&server, &stranger, ("GET", path), &Value::Null).await;
        expect(&answer, StatusCode::OK, path);
        assert!(!answer.text().contains(words), "{path}: {}", answer.text());
    }
    let all = call(&server, &stranger, ("GET", "/api/v1/audit"), &Value::Null).await;
    expect(&all, StatusCode::FORBIDDEN, "the audit log of the server");
}

#[tokio::test]
async fn description_names_each_operation_once() {
    let (server, _) = start().await;
    let document = call(&server, &Badge::default(), ("GET", "/openapi.json"), &Value::Null).await.json();
    let items = document["paths"].as_object().unwrap().values().filter_map(Value::as_object);
    let ids: Vec<&str> = items.flat_map(|item| item.values()).filter_map(|it| it["operationId"].as_str()).collect();
    assert!(ids.len() >= api_routes().len(), "{ids:?}");
    let mut seen = BTreeSet::new();
    let repeated: Vec<&str> = ids.into_iter().filter(|id| !seen.insert(*id)).collect();
    assert_eq!(repeated, [""; 0], "programs that are made from the description need a name for each");
}

/// A program that was made from the description puts each parameter where it says.
#[tokio::test]
async fn description_has_in_each_path_the_parameters_that_the_path_names() {
    let (server, _) = start().await;
    let document = call(&server, &Badge::default(), ("GET", "/openapi.json"), &Value::Null).await.json();
    for (path, item) in document["paths"].as_object().unwrap() {
        let named: BTreeSet<&str> = path.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect();
        for (method, operation) in item.as_object().unwrap() {
            let parameters = operation["parameters"].as_array().map_or(&[][..], Vec::as_slice);
            let in_path = parameters.iter().filter(|it| it["in"] == "path").filter_map(|it| it["name"].as_str());
            assert_eq!(in_path.collect::<BTreeSet<&str>>(), named, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn description_has_every_route_and_no_other() {
    let (server, _) = start().await;
    let document = call(&server, &Badge::default(), ("GET", "/openapi.json"), &Value::Null).await.json();
    let paths = document["paths"].as_object().unwrap();
    let mut described = BTreeSet::new();
    for (path, item) in paths.iter().filter(|(path, _)| path.starts_with("/api/")) {
        let methods = item.as_object().unwrap().keys().filter(|name| *name != "parameters");
        described.extend(methods.map(|method| (method.to_uppercase(), path.clone())));
    }
    let routes: BTreeSet<(String, String)> =
        api_routes().into_iter().map(|(method, path, _)| (method.to_string(), path.to_owned())).collect();
    assert_eq!(described, routes);
    assert!(api_routes().iter().all(|(method, path, _)| *method == Method::GET || !path.contains("/audit")));
}
