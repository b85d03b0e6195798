//! `lyceum migrate-store` and the flight recorder: what the source refused is in the copy, with its key, order, instants, ids and bodies.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::moving::{Move, arguments, text};
use super::moving_people::{Person, set_up};
use crate::harness::{Client, Key, Server, Start, lyceum, start_lyceum, statement, wait_for};

/// Everything that the app shows of refused requests, the newest first.
#[track_caller]
fn refusals(owner: &Person<'_>) -> Vec<Value> {
    let (mut told, mut path) = (Vec::new(), "/lrss/default/refusals?limit=7".to_owned());
    loop {
        let page = owner.get(&path);
        for item in page["items"].as_array().expect("a list") {
            let whole = owner.get(&format!("/lrss/default/refusals/{}", item["id"].as_str().expect("an id")));
            assert_eq!(whole["when"], item["when"]);
            told.push(whole);
        }
        let Some(next) = page["next"].as_str() else { return told };
        path = format!("/lrss/default/refusals?limit=7&cursor={next}");
    }
}

/// What a place tells to someone with a token. The server is gone then.
fn look(mut server: Server, token: &str) -> Vec<Value> {
    let told = refusals(&Person::with_token(&server, token));
    assert!(server.terminate().success());
    told
}

/// Sends what is refused, with a body of a length.
#[track_caller]
fn refuse(client: &Client, name: &str, length: usize) {
    let mut broken = statement(name);
    broken["verb"] = "x".repeat(length).into();
    assert_eq!(client.post(&broken).status(), StatusCode::BAD_REQUEST);
}

fn wait_for_refusals(owner: &Person<'_>, count: usize) {
    wait_for("the refusals to be kept", || {
        let listed = owner.get("/lrss/default/refusals?limit=100");
        (listed["items"].as_array()?.len() == count).then_some(())
    });
}

/// A folder whose server has refused so many requests with bodies of a length, and one wrong secret. A key, and a token of an owner.
fn populate(moved: &Move, count: usize, length: usize) -> (Key, String) {
    let mut server = Server::start(&moved.folder);
    let owner = set_up(&server);
    let key = server.first_key().expect("a first key").clone();
    for n in 0..count {
        refuse(&server.client(), &format!("broken-{n}"), length);
    }
    let wrong = Key { secret: "wrong".to_owned(), ..key.clone() };
    assert_eq!(server.client_of(&wrong).get("/statements").status(), StatusCode::UNAUTHORIZED);
    wait_for_refusals(&owner, count + 1);
    let (token, _) = owner.make_token("looks");
    drop(owner);
    assert!(server.terminate().success());
    (key, token)
}

#[test]
fn refused_requests_move_to_a_database_and_back() {
    let moved = Move::new();
    let data = moved.folder.data();
    let (key, token) = populate(&moved, 12, 500);
    // Another LRS has its own, and this one without what was in it.
    lyceum(&["lrs", "create", "physics", "--data", &data]).expect_success();
    let physics = lyceum(&["key", "create", "--lrs", "physics", "--scope", "all", "--data", &data, "--json"]);
    let physics = physics.expect_success().json();
    let member = |name: &str| physics[name].as_str().expect("a text").to_owned();
    let physics = Key { key: member("key"), secret: member("secret") };
    let mut server = Start::default().with(&["--refusals-bodies", "false"]).on(&data);
    refuse(&server.client_of(&physics), "redacted", 500);
    let in_physics = |server: &Server| {
        wait_for("the refusal to be kept", || {
            let listed = Person::with_token(server, &token).get("/lrss/physics/refusals");
            listed["items"].get(0).cloned()
        })
    };
    let redacted = in_physics(&server);
    assert_eq!((&redacted["bytes"], &redacted["key"]), (&json!(0), &json!(physics.key)), "{redacted}");
    assert!(server.terminate().success());
    drop(server);
    let original = look(Start::default().on(&data), &token);
    assert_eq!(original.len(), 13);
    assert!(original.iter().any(|it| it["body"].as_str().is_some_and(|body| body.contains("xxx"))));

    let report = moved.there(&data);
    let counted = |report: &Value| -> Vec<u64> {
        report["lrss"].as_array().expect("LRSs").iter().map(|it| it["refusals"].as_u64().expect("a number")).collect()
    };
    assert_eq!(counted(&report), [13, 1], "{report}");
    assert_eq!(moved.there(&data), report, "again: nothing is new");
    let again = text(&moved.folder.path("again"));
    assert_eq!(moved.back(&again), report, "the same counts and checksums");
    let plain = lyceum(&arguments(&data, moved.database.url(), &moved.beside.data())[..7]).expect_success().stdout;
    assert!(plain.contains("13 refused requests") && !plain.contains("Not copied: refused"), "{plain}");
    for mut server in [moved.serve(), Start::default().on(&again)] {
        let owner = Person::with_token(&server, &token);
        assert_eq!(refusals(&owner), original);
        assert_eq!(in_physics(&server), redacted);
        // It can be sent again there, by its id.
        let last = original.iter().find(|it| it["method"] == "POST").expect("a request");
        let (id, mut whole) = (last["id"].as_str().expect("an id"), statement("corrected"));
        whole["id"] = "00000000-0000-4000-8000-000000000001".into();
        owner.post(&format!("/lrss/default/refusals/{id}/replay"), &json!({"body": whole.to_string()}));
        assert_eq!(server.client_of(&key).find_all("").len(), 1);
        drop(owner);
        assert!(server.terminate().success());
    }
}

#[test]
fn a_move_that_was_killed_amid_refused_requests_goes_on() {
    let moved = Move::new();
    let (data, beside, url) = (moved.folder.data(), moved.beside.data(), moved.database.url());
    lyceum(&["lrs", "create", "default", "--data", &data]).expect_success();
    moved.there(&data);
    // Pieces of three or four.
    let (_, token) = populate(&moved, 14, 900_000);
    let original = look(Start::default().with(&["--read-only", "true"]).on(&data), &token);
    moved.database.run(
        "CREATE FUNCTION public.dawdle() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.05); RETURN NEW; END'",
    );
    moved.database.run(
        "CREATE TRIGGER dawdle BEFORE INSERT ON lrs_1.entry FOR EACH ROW WHEN (NEW.view = 2) EXECUTE FUNCTION public.dawdle()",
    );
    let count = || -> usize {
        moved.database.run("SELECT count(*) FROM lrs_1.entry WHERE view = 2").trim().parse().expect("a number")
    };
    for entries in [6, 12] {
        let mut moving = start_lyceum(&arguments(&data, url, &beside), &[]);
        wait_for("some refusals to arrive", || (count() >= entries).then_some(()));
        moving.kill().expect("the process is ours");
        moving.wait().expect("the process ends");
        assert!(count() < 29, "it was killed amid them");
    }
    moved.database.run("DROP TRIGGER dawdle ON lrs_1.entry");
    let report = moved.there(&data);
    assert_eq!(report["lrss"][0]["refusals"], 15);
    assert!(look(moved.serve(), &token) == original);

    let again = text(&moved.folder.path("again"));
    let mut moving = start_lyceum(&arguments(url, &again, &beside), &[]);
    let log = moved.folder.path("again").join("lrs/default.views.db-wal");
    wait_for("refusals to arrive", || log.metadata().is_ok_and(|file| file.len() > 1_000_000).then_some(()));
    moving.kill().expect("the process is ours");
    moving.wait().expect("the process ends");
    assert_eq!(moved.back(&again)["lrss"], report["lrss"]);
    assert!(look(Start::default().on(&again), &token) == original);
}

#[test]
fn a_source_that_goes_on_refusing_is_copied_and_caught_up_with() {
    let moved = Move::new();
    let data = moved.folder.data();
    let (key, token) = populate(&moved, 3, 100);
    let mut server = Start::default().with(&["--read-only", "true"]).on(&data);
    let stop = AtomicBool::new(false);
    let copied = thread::scope(|scope| {
        let wrong = Key { secret: "wrong".to_owned(), ..key.clone() };
        let (client, wrong, stop) = (server.client_of(&key), server.client_of(&wrong), &stop);
        let refusing = scope.spawn(move || {
            let mut sent = 0_u64;
            while !stop.load(Ordering::SeqCst) || sent < 20 {
                assert_eq!(client.get("/statements?limit=many").status(), StatusCode::BAD_REQUEST);
                // More of them would be let in by nobody for a while.
                if sent < 5 {
                    assert_eq!(wrong.get("/statements").status(), StatusCode::UNAUTHORIZED);
                }
                sent += 1;
            }
            sent
        });
        let reports: Vec<Value> = (0..3).map(|_| moved.there(&data)).collect();
        stop.store(true, Ordering::SeqCst);
        let sent = refusing.join().expect("it goes on");
        let counts: Vec<u64> = reports.iter().map(|it| it["lrss"][0]["refusals"].as_u64().expect("a number")).collect();
        assert!(counts.is_sorted() && counts[2] > counts[0] && counts[2] <= 4 + sent, "{counts:?} of {sent}");
        counts[2]
    });
    assert!(server.terminate().success());
    drop(server);
    let report = moved.there(&data);
    let original = look(Start::default().on(&data), &token);
    assert_eq!(report["lrss"][0]["refusals"], original.len());
    assert!(original.len() as u64 >= copied, "{} after {copied}", original.len());
    assert!(look(moved.serve(), &token) == original);
}
