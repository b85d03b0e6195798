//! Invitations, and what may be changed about accounts and by whom.

use http::StatusCode;
use serde_json::{Value, json};

use super::{Badge, OWNER, PASSWORD, call, expect, join, sign_in, start, token_of};

fn grant(lrs: &str, role: &str) -> Value {
    json!({"lrs": lrs, "role": role, "groups": []})
}

#[tokio::test]
async fn invitation_works_once_and_for_a_week() {
    let (server, owner) = start().await;
    let invitations = ("POST", "/api/v1/invitations");
    let body = json!({"email": "ana@example.org", "roles": [grant("school", "analyst")]});
    let link = |answer: Value| answer["link"].as_str().unwrap().rsplit_once('=').unwrap().1.to_owned();
    let replaced = link(call(&server, &owner, invitations, &body).await.json());
    let token = link(call(&server, &owner, invitations, &body).await.json());
    let accept = ("POST", "/api/v1/invitations/accept");
    let acceptance = |token: &str| json!({"token": token, "name": "Ana", "password": PASSWORD});
    let nobody = Badge::default();
    for (case, token) in [("a replaced one", replaced.as_str()), ("a guess", "guess")] {
        expect(&call(&server, &nobody, accept, &acceptance(token)).await, StatusCode::GONE, case);
    }
    let list = call(&server, &owner, ("GET", "/api/v1/invitations"), &Value::Null).await;
    assert!(!list.text().contains(&token), "a list shows no secret");
    let account = expect(&call(&server, &nobody, accept, &acceptance(&token)).await, StatusCode::OK, "in time");
    assert_eq!(account["account"]["roles"], json!([grant("school", "analyst")]));
    expect(&call(&server, &nobody, accept, &acceptance(&token)).await, StatusCode::GONE, "the second time");
    expect(&call(&server, &owner, invitations, &body).await, StatusCode::CONFLICT, "an account's address");
    let body = json!({"email": "bo@example.org", "roles": [grant("school", "viewer")]});
    let late = link(call(&server, &owner, invitations, &body).await.json());
    server.clock.advance_seconds(7 * 86_400 + 1);
    expect(&call(&server, &nobody, accept, &acceptance(&late)).await, StatusCode::GONE, "after a week");
}

#[tokio::test]
async fn nobody_gives_away_more_than_they_may() {
    let (server, owner) = start().await;
    let (admin, admin_id) = join(&server, &owner, "admin@example.org", json!([grant("school", "admin")])).await;
    let (viewer, viewer_id) = join(&server, &owner, "viewer@example.org", json!([grant("school", "viewer")])).await;
    let invite =
        |roles: Value, is_owner: bool| json!({"email": "new@example.org", "roles": roles, "is_owner": is_owner});
    for (case, body) in [
        ("an owner", invite(json!([grant("school", "owner")]), false)),
        ("another admin", invite(json!([grant("school", "admin")]), false)),
        ("an owner of the server", invite(json!([grant("school", "viewer")]), true)),
        ("an account of the server", invite(json!([]), false)),
    ] {
        let answer = call(&server, &admin, ("POST", "/api/v1/invitations"), &body).await;
        expect(&answer, StatusCode::FORBIDDEN, case);
    }
    let path = format!("/api/v1/accounts/{viewer_id}");
    let own = format!("/api/v1/accounts/{admin_id}");
    for (case, path, body) in [
        ("a name", &path, json!({"name": "Mallory"})),
        ("disabling", &path, json!({"disabled": true})),
        ("the server", &path, json!({"is_owner": true})),
        ("an admin", &path, json!({"roles": [grant("school", "admin")]})),
        ("oneself as owner", &own, json!({"roles": [grant("school", "owner")]})),
    ] {
        let answer = call(&server, &admin, ("PATCH", path), &body).await;
        expect(&answer, StatusCode::FORBIDDEN, case);
    }
    let elsewhere = json!({"roles": [grant("school", "viewer"), grant("other", "viewer")]});
    expect(&call(&server, &admin, ("PATCH", &path), &elsewhere).await, StatusCode::NOT_FOUND, "another LRS");
    let mine = call(&server, &viewer, ("PATCH", &path), &json!({"roles": [grant("school", "owner")]})).await;
    expect(&mine, StatusCode::NOT_FOUND, "a viewer manages nobody");
    let promoted = call(&server, &admin, ("PATCH", &path), &json!({"roles": [grant("school", "analyst")]})).await;
    assert_eq!(expect(&promoted, StatusCode::OK, "an analyst")["roles"], json!([grant("school", "analyst")]));
    let again = json!({"roles": [grant("school", "analyst"), grant("school", "viewer")]});
    expect(&call(&server, &admin, ("PATCH", &path), &again).await, StatusCode::BAD_REQUEST, "two roles in one LRS");
}

#[tokio::test]
async fn account_that_is_disabled_or_demoted_loses_its_token_s_power() {
    let (server, owner) = start().await;
    let (admin, id) = join(&server, &owner, "admin@example.org", json!([grant("school", "admin")])).await;
    let script = token_of(&server, &admin).await;
    let keys = ("GET", "/api/v1/lrss/school/keys");
    let path = format!("/api/v1/accounts/{id}");
    for (case, change, status) in [
        ("as admin", json!({}), StatusCode::OK),
        ("as viewer", json!({"roles": [grant("school", "viewer")]}), StatusCode::FORBIDDEN),
        ("without a role", json!({"roles": []}), StatusCode::NOT_FOUND),
        ("as admin again", json!({"roles": [grant("school", "admin")]}), StatusCode::OK),
        ("disabled", json!({"disabled": true}), StatusCode::UNAUTHORIZED),
    ] {
        expect(&call(&server, &owner, ("PATCH", &path), &change).await, StatusCode::OK, case);
        expect(&call(&server, &script, keys, &Value::Null).await, status, case);
        expect(&call(&server, &admin, keys, &Value::Null).await, status, case);
    }
    expect(&sign_in(&server, "admin@example.org", PASSWORD).await, StatusCode::UNAUTHORIZED, "disabled");
    expect(&call(&server, &owner, ("PATCH", &path), &json!({"disabled": false})).await, StatusCode::OK, "enabled");
    expect(&call(&server, &script, keys, &Value::Null).await, StatusCode::OK, "its token works again");
    expect(&call(&server, &admin, keys, &Value::Null).await, StatusCode::UNAUTHORIZED, "its sessions do not");
}

#[tokio::test]
async fn last_owner_stays() {
    let (server, owner) = start().await;
    let me = call(&server, &owner, ("GET", "/api/v1/session"), &Value::Null).await.json();
    let path = format!("/api/v1/accounts/{}", me["account"]["id"].as_str().unwrap());
    for body in [json!({"is_owner": false}), json!({"disabled": true})] {
        expect(&call(&server, &owner, ("PATCH", &path), &body).await, StatusCode::CONFLICT, &body.to_string());
    }
    expect(&call(&server, &owner, ("DELETE", &path), &Value::Null).await, StatusCode::CONFLICT, "deleting");
    let (_, second) = join(&server, &owner, "second@example.org", json!([grant("school", "viewer")])).await;
    let second = format!("/api/v1/accounts/{second}");
    expect(&call(&server, &owner, ("PATCH", &second), &json!({"is_owner": true})).await, StatusCode::OK, "a second");
    let gone = call(&server, &owner, ("DELETE", &path), &Value::Null).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT, "{}", gone.text());
    expect(&sign_in(&server, OWNER, PASSWORD).await, StatusCode::UNAUTHORIZED, "a deleted account");
}

#[tokio::test]
async fn deleted_lrs_takes_its_roles_groups_and_invitations_along() {
    let (server, owner) = start().await;
    let (admin, _) = join(&server, &owner, "admin@example.org", json!([grant("school", "admin")])).await;
    call(&server, &admin, ("POST", "/api/v1/lrss/school/groups"), &json!({"name": "7b"})).await;
    let body = json!({"email": "late@example.org", "roles": [grant("school", "analyst")]});
    let invited = call(&server, &owner, ("POST", "/api/v1/invitations"), &body).await.json();
    let token = invited["link"].as_str().unwrap().rsplit_once('=').unwrap().1.to_owned();
    let gone = call(&server, &owner, ("DELETE", "/api/v1/lrss/school"), &Value::Null).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT, "{}", gone.text());
    expect(&call(&server, &owner, ("POST", "/api/v1/lrss"), &json!({"name": "school"})).await, StatusCode::OK, "anew");
    let keys = call(&server, &admin, ("GET", "/api/v1/lrss/school/keys"), &Value::Null).await;
    expect(&keys, StatusCode::NOT_FOUND, "the admin of the old one");
    let acceptance = json!({"token": token, "name": "Late", "password": PASSWORD});
    let accepted = call(&server, &Badge::default(), ("POST", "/api/v1/invitations/accept"), &acceptance).await;
    expect(&accepted, StatusCode::GONE, "an invitation to the old one");
    let groups = call(&server, &owner, ("GET", "/api/v1/lrss/school/groups"), &Value::Null).await.json();
    assert_eq!(groups["items"], json!([]));
}

#[tokio::test]
async fn accounts_are_listed_page_by_page() {
    let (server, owner) = start().await;
    for name in ["a", "z"] {
        join(&server, &owner, &format!("{name}@example.org"), json!([grant("school", "viewer")])).await;
    }
    // A full last page is the last one.
    for (limit, pages) in [(1, 3), (2, 2), (3, 1), (4, 1)] {
        let mut found = Vec::new();
        let mut path = format!("/api/v1/accounts?limit={limit}");
        for number in 1..=pages {
            let page = expect(&call(&server, &owner, ("GET", &path), &Value::Null).await, StatusCode::OK, &path);
            found.extend(page["items"].as_array().unwrap().iter().map(|it| it["email"].as_str().unwrap().to_owned()));
            assert_eq!(page["next"].is_null(), number == pages, "{path}: {page}");
            path = format!("/api/v1/accounts?limit={limit}&cursor={}", page["next"].as_str().unwrap_or_default());
        }
        assert_eq!(found, ["a@example.org", OWNER, "z@example.org"], "limit={limit}");
    }
    for query in ["limit=0", "limit=501", "limit=x", "cursor=x"] {
        let path = format!("/api/v1/accounts?{query}");
        expect(&call(&server, &owner, ("GET", &path), &Value::Null).await, StatusCode::BAD_REQUEST, query);
    }
}

/// Pages are of those whom one looks after: nobody else takes up room in them, and the last one has none behind it.
#[tokio::test]
async fn an_admin_pages_through_their_own_people() {
    let (server, owner) = start().await;
    let (admin, _) = join(&server, &owner, "d@example.org", json!([grant("school", "admin")])).await;
    for (name, lrs) in [("a", "school"), ("b", "other"), ("c", "other"), ("x", "school"), ("y", "other")] {
        join(&server, &owner, &format!("{name}@example.org"), json!([grant(lrs, "viewer")])).await;
    }
    for (limit, expected) in [(1, vec!["a", "d", "x"]), (2, vec!["ad", "x"]), (3, vec!["adx"]), (4, vec!["adx"])] {
        let mut pages = Vec::new();
        let mut path = format!("/api/v1/accounts?limit={limit}");
        loop {
            let page = expect(&call(&server, &admin, ("GET", &path), &Value::Null).await, StatusCode::OK, &path);
            let items = page["items"].as_array().unwrap();
            pages.push(items.iter().map(|it| &it["email"].as_str().unwrap()[..1]).collect::<String>());
            let Some(next) = page["next"].as_str() else { break };
            path = format!("/api/v1/accounts?limit={limit}&cursor={next}");
        }
        assert_eq!(pages, expected, "limit={limit}");
    }
    // Whoever manages nobody sees nobody, in one page.
    let (viewer, _) = join(&server, &owner, "v@example.org", json!([grant("school", "viewer")])).await;
    let none = call(&server, &viewer, ("GET", "/api/v1/accounts?limit=1"), &Value::Null).await.json();
    assert_eq!(none, json!({"items": [], "next": null}));
}

#[tokio::test]
async fn instructor_is_bound_to_groups_that_exist() {
    let (server, owner) = start().await;
    let body = json!({"name": "7b", "members": ["mailto:ana@example.org"]});
    let group = call(&server, &owner, ("POST", "/api/v1/lrss/school/groups"), &body).await.json();
    let id = group["id"].as_str().unwrap();
    let bound = json!([{"lrs": "school", "role": "instructor", "groups": [id]}]);
    let (teacher, _) = join(&server, &owner, "teacher@example.org", bound.clone()).await;
    let me = call(&server, &teacher, ("GET", "/api/v1/session"), &Value::Null).await.json();
    assert_eq!(me["account"]["roles"], bound);
    for (case, roles) in [
        ("a group of nobody", json!([{"lrs": "school", "role": "instructor", "groups": ["nothing"]}])),
        ("a group of another LRS", json!([{"lrs": "other", "role": "instructor", "groups": [id]}])),
        ("groups for an analyst", json!([{"lrs": "school", "role": "analyst", "groups": [id]}])),
    ] {
        let body = json!({"email": "x@example.org", "roles": roles});
        expect(&call(&server, &owner, ("POST", "/api/v1/invitations"), &body).await, StatusCode::BAD_REQUEST, case);
    }
    let path = format!("/api/v1/lrss/school/groups/{id}");
    let renamed = call(&server, &owner, ("PATCH", &path), &json!({"name": "8b"})).await;
    let expected = json!({"id": id, "name": "8b", "members": ["mbox:mailto:ana@example.org"]});
    assert_eq!(expect(&renamed, StatusCode::OK, "renaming"), expected);
    let nobody = call(&server, &owner, ("PATCH", &path), &json!({"members": ["ana@example.org", "Ana"]})).await;
    expect(&nobody, StatusCode::BAD_REQUEST, "a member who is nobody");
}
