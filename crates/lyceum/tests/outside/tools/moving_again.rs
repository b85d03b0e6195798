//! `lyceum migrate-store` again: after a kill amid people, and after the source has changed in what a copy must follow.

use std::path::Path;
use std::process::Child;

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::moving::{Move, arguments, text};
use super::moving_people::{Person, describe, id_of, set_up, wait_for_people};
use crate::harness::{Server, Start, lyceum, lyceum_with, start_lyceum, statement, wait_for};

#[test]
fn an_lrs_that_the_source_deleted_is_named_and_stays() {
    let moved = Move::new();
    let (data, beside, url) = (moved.folder.data(), moved.beside.data(), moved.database.url());
    for name in ["default", "physics"] {
        lyceum(&["lrs", "create", name, "--data", &data]).expect_success();
    }
    let line = statement("kept").to_string();
    lyceum_with(&["import", "--data", &data, "--lrs", "physics", "-"], &[], &line).expect_success();
    assert_eq!(moved.there(&data)["only_in_target"], json!([]));

    lyceum(&["lrs", "delete", "physics", "--yes", "--data", &data]).expect_success();
    let report = moved.there(&data);
    assert_eq!((&report["complete"], &report["only_in_target"]), (&true.into(), &json!(["physics"])), "{report}");
    assert_eq!(report["lrss"].as_array().map(Vec::len), Some(1), "{report}");
    let plain = &arguments(&data, url, &beside)[..7];
    let told = lyceum(plain).expect_success().stdout;
    for words in ["also has the LRS physics", "lyceum lrs delete physics"] {
        assert!(told.contains(words), "{words:?} is missing in {told}");
    }
    let place = ["--store", url, "--data", &beside];
    let exported = lyceum(&[&["export", "--lrs", "physics"], &place[..]].concat()).expect_success().stdout;
    assert!(exported.contains("https://example.org/kept"), "its statements are still there: {exported}");

    lyceum(&[&["lrs", "delete", "physics", "--yes"], &place[..]].concat()).expect_success();
    assert_eq!(moved.there(&data)["only_in_target"], json!([]), "what was advised helps");
}

/// What a record of five tables and some acts is made of.
fn populate(server: &Server) -> String {
    let owner = set_up(server);
    let analyst = json!({"lrs": "default", "role": "analyst", "groups": []});
    for email in ["ana@example.org", "dan@example.org"] {
        let link = owner.invite(email, &analyst);
        assert_eq!(Person::nobody(server).accept(&link).status(), StatusCode::OK);
    }
    for n in 0..6 {
        owner.post("/lrss/default/groups", &json!({"name": format!("group {n}"), "members": []}));
        owner.invite(&format!("open-{n}@example.org"), &analyst);
        owner.make_token(&format!("token {n}"));
        server.create_key("default", "statements/read");
    }
    server.client().store(&statement("one"));
    owner.make_token("looks").0
}

/// Kills a process as soon as something is so, unless it has ended before. Whether it was killed.
fn kill_when(mut process: Child, what: &str, is_so: impl Fn() -> bool) -> bool {
    let killed = wait_for(what, || match process.try_wait().expect("the process is ours") {
        Some(_) => Some(false),
        None => is_so().then_some(true),
    });
    if killed {
        process.kill().expect("the process is ours");
        process.wait().expect("the process ends");
    }
    killed
}

#[test]
fn a_move_that_was_killed_amid_people_goes_on() {
    let moved = Move::new();
    let (data, beside, url) = (moved.folder.data(), moved.beside.data(), moved.database.url());
    let mut server = Server::start(&moved.folder);
    let token = populate(&server);
    assert!(server.terminate().success());
    drop(server);
    let mut server = Start::default().with(&["--read-only", "true"]).on(&data);
    let original = describe(&Person::with_token(&server, &token));
    assert!(server.terminate().success());
    drop(server);

    // Each row takes a moment, so that a kill meets the command at work on that table.
    lyceum(&["lrs", "list", "--store", url, "--data", &beside]).expect_success();
    let tables = ["account", "token", "learner_group", "invitation", "audit", "key"];
    moved.database.run(
        "CREATE FUNCTION public.dawdle() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.1); RETURN NEW; END'",
    );
    for table in tables {
        moved.database.run(&format!(
            "CREATE TRIGGER dawdle BEFORE INSERT ON lyceum.{table} FOR EACH ROW EXECUTE FUNCTION public.dawdle()"
        ));
    }
    let count = |table: &str| -> usize {
        moved.database.run(&format!("SELECT count(*) FROM lyceum.{table}")).parse().expect("a number")
    };
    let places = [("account", 1), ("account", 2), ("token", 1), ("learner_group", 1), ("invitation", 1), ("audit", 3)];
    for (table, rows) in places.into_iter().chain([("audit", 12), ("key", 1), ("key", 3)]) {
        let moving = start_lyceum(&arguments(&data, url, &beside), &[]);
        let killed = kill_when(moving, &format!("{rows} of {table}"), || count(table) >= rows);
        assert!(killed, "it ended before there were {rows} of {table}");
    }
    for table in tables {
        moved.database.run(&format!("DROP TRIGGER dawdle ON lyceum.{table}"));
    }
    let report = moved.there(&data);
    assert_eq!((&report["complete"], &report["accounts"], &report["keys"]), (&true.into(), &3.into(), &7.into()));

    // And back into a folder, at whatever it is doing when the file has grown further.
    let again = moved.folder.path("again");
    for kills in 1..=6 {
        let moving = start_lyceum(&arguments(url, &text(&again), &beside), &[]);
        let log = again.join("lyceum.db-wal");
        kill_when(moving, "the copy to grow", || has_bytes(&log, kills * 40_000));
    }
    assert_eq!(moved.back(&text(&again)), report);
    for server in [moved.serve(), Start::default().on(&text(&again))] {
        assert_eq!(describe(&Person::with_token(&server, &token)), original, "nothing is lost or there twice");
    }
}

fn has_bytes(path: &Path, bytes: u64) -> bool {
    path.metadata().is_ok_and(|file| file.len() >= bytes)
}

/// Starts a server, does something as whoever signs in there, and stops it.
fn visit(server: Server, email: &str, act: impl FnOnce(&Server, &Person<'_>)) {
    let mut server = server;
    let signed_in = Person::nobody(&server).sign_in(email);
    let person = Person::signed_in(&server, signed_in);
    act(&server, &person);
    drop(person);
    assert!(server.terminate().success());
}

#[test]
fn who_owns_the_server_follows_the_source() {
    let moved = Move::new();
    let data = moved.folder.data();
    let mut server = Server::start(&moved.folder);
    let owner = set_up(&server);
    let analyst = json!({"lrs": "default", "role": "analyst", "groups": []});
    let link = owner.invite("bea@example.org", &analyst);
    assert_eq!(Person::nobody(&server).accept(&link).status(), StatusCode::OK);
    drop(owner);
    assert!(server.terminate().success());
    drop(server);
    moved.there(&data);

    // One owner hands the server over to another one.
    let set_owner = |owner: &Person<'_>, email: &str, is_owner: bool| {
        let id = id_of(owner, "/accounts", "email", email);
        let changed = owner.call("PATCH", &format!("/accounts/{id}"), &json!({"is_owner": is_owner}));
        assert_eq!(changed.status(), StatusCode::OK, "{email}");
    };
    visit(Server::start(&moved.folder), "olga@example.org", |_, olga| set_owner(olga, "bea@example.org", true));
    visit(Server::start(&moved.folder), "bea@example.org", |_, bea| set_owner(bea, "olga@example.org", false));
    assert_eq!(moved.there(&data)["complete"], true);
    let may_create = |person: &Person<'_>, name: &str| person.call("POST", "/lrss", &json!({"name": name})).status();
    visit(moved.serve(), "olga@example.org", |_, olga| assert_eq!(may_create(olga, "mine"), StatusCode::FORBIDDEN));
    visit(moved.serve(), "bea@example.org", |_, bea| {
        assert_eq!(may_create(bea, "hers"), StatusCode::OK);
        bea.act("DELETE", "/lrss/hers", &Value::Null);
    });

    // The former owner is deleted, and comes back under the same address as somebody new.
    visit(Server::start(&moved.folder), "bea@example.org", |server, bea| {
        let id = id_of(bea, "/accounts", "email", "olga@example.org");
        bea.act("DELETE", &format!("/accounts/{id}"), &Value::Null);
        let link = bea.invite("olga@example.org", &analyst);
        assert_eq!(Person::nobody(server).accept(&link).status(), StatusCode::OK);
    });
    assert_eq!(moved.there(&data)["accounts"], 2);
    let accounts = |person: &Person<'_>| -> Vec<(Value, Value, Value)> {
        let listed = person.get("/accounts");
        let items = listed["items"].as_array().expect("a list").iter();
        items.map(|it| (it["id"].clone(), it["email"].clone(), it["is_owner"].clone())).collect()
    };
    let mut original = Vec::new();
    visit(Server::start(&moved.folder), "bea@example.org", |_, bea| original = accounts(bea));
    visit(moved.serve(), "bea@example.org", |_, bea| assert_eq!(accounts(bea), original));
    assert_eq!(original.iter().map(|it| it.2.clone()).collect::<Vec<_>>(), [true, false], "{original:?}");
}

#[test]
fn a_merge_that_the_source_undid_is_undone_and_no_act_is_missed() {
    let moved = Move::new();
    let data = moved.folder.data();
    let mut server = Server::start(&moved.folder);
    let owner = set_up(&server);
    let mut other = statement("two");
    other["actor"]["mbox"] = "mailto:sal@example.org".into();
    server.client().store(&json!([statement("one"), other]));
    let people = wait_for_people(&owner, 2);
    owner.act("POST", &format!("/lrss/default/people/{}/merge", people[0]), &json!({"other": people[1]}));
    drop(owner);
    assert!(server.terminate().success());
    drop(server);
    assert_eq!(moved.there(&data)["lrss"][0]["identities"], 1);
    // Somebody looks into the copy, which gets an act of its own that way: a later one than those of the source that follow, were the
    // clock of that machine ahead.
    let mut merged = Vec::new();
    visit(moved.serve(), "olga@example.org", |_, owner| merged = wait_for_people(owner, 1));
    let ahead = "INSERT INTO lyceum.audit SELECT max(seq) + 1, max(at) + 3600000000, '', 'command line', 'command line', 'key.create', NULL, 'k', \
         NULL, NULL FROM lyceum.audit; UPDATE lyceum.counter SET value = value + 1 WHERE name = 'audit'";
    moved.database.run(ahead);

    visit(Server::start(&moved.folder), "olga@example.org", |_, owner| {
        let identifier = json!({"identifier": "mbox:mailto:sal@example.org"});
        owner.act("POST", &format!("/lrss/default/people/{}/split", merged[0]), &identifier);
        wait_for_people(owner, 2);
    });
    let report = moved.there(&data);
    assert_eq!((&report["complete"], &report["lrss"][0]["identities"]), (&true.into(), &0.into()), "{report}");
    assert_eq!(moved.there(&data), report, "again: nothing is new");
    let acts = |owner: &Person<'_>, act: &str| {
        let listed = owner.get(&format!("/audit?limit=500&action={act}"));
        listed["items"].as_array().expect("entries").len()
    };
    visit(moved.serve(), "olga@example.org", |_, owner| {
        wait_for_people(owner, 2);
        for act in ["person.merge", "person.split"] {
            assert_eq!(acts(owner, act), 1, "{act} is in the record once");
        }
    });
}
