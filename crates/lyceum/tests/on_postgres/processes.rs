//! Several processes that start at once on an empty database.

use std::collections::BTreeSet;

use super::load::new_folder;
use crate::harness::{Server, Start};

/// One of them makes the tables, the LRS and the first key; all of them serve.
#[test]
fn of_many_that_start_at_once_one_makes_the_first_key() {
    let (folder, database) = new_folder();
    let starting: Vec<_> = (0..3)
        .map(|_| {
            let data = folder.data();
            std::thread::spawn(move || Start::default().on(&data))
        })
        .collect();
    let servers: Vec<Server> = starting.into_iter().map(|it| it.join().expect("each of them starts")).collect();
    let keys: Vec<_> = servers.iter().filter_map(Server::first_key).collect();
    assert_eq!(keys.len(), 1, "{keys:?}");
    let count = |table: &str| database.run(&format!("SELECT count(*) FROM lyceum.{table}"));
    assert_eq!((count("lrs"), count("key")), ("1".to_owned(), "1".to_owned()));
    let mut stored = BTreeSet::new();
    for server in &servers {
        stored.extend(server.client_of(keys[0]).store(&crate::harness::statement("first")));
    }
    for server in &servers {
        let found = server.client_of(keys[0]).find_all("");
        assert_eq!(
            found.iter().map(|it| it["id"].as_str().expect("an id").to_owned()).collect::<BTreeSet<_>>(),
            stored
        );
    }
}
