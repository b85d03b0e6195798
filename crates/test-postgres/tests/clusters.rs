//! Private servers start, survive a crash, and leave nothing behind.

use test_postgres::{Cluster, Database};

fn folder_of(cluster: &Cluster) -> std::path::PathBuf {
    let url = cluster.url();
    let host = url.strip_prefix("postgres://postgres@").and_then(|rest| rest.split(':').next());
    host.expect("the host is the folder of the socket").replace("%2F", "/").into()
}

#[test]
fn a_cluster_survives_a_crash_and_goes_with_its_owner() {
    let cluster = Cluster::start(&["work_mem=1MB"]).expect("PostgreSQL starts");
    let folder = folder_of(&cluster);
    let database = Database::on(&cluster.url());
    database.run("CREATE TABLE t (n integer)");
    database.run("INSERT INTO t VALUES (1), (2)");
    cluster.stop();
    cluster.start_again();
    assert_eq!(database.run("SELECT n FROM t ORDER BY n"), "1\n2");
    for (setting, expected) in [("work_mem", "1MB"), ("synchronous_commit", "on"), ("full_page_writes", "on")] {
        assert_eq!(database.run(&format!("SHOW {setting}")), expected, "{setting}");
    }
    drop(database);
    drop(cluster);
    assert!(!folder.exists(), "{} was left behind", folder.display());
}

#[test]
fn each_database_is_a_new_one_and_goes() {
    let (one, other) = (Database::new(), Database::new());
    assert_ne!(one.name(), other.name());
    one.run("CREATE TABLE t (n integer)");
    assert_eq!(other.run("SELECT to_regclass('t') IS NULL"), "t");
    let name = one.name().to_owned();
    drop(one);
    let left = format!("SELECT count(*) FROM pg_database WHERE datname = '{name}'");
    assert_eq!(other.run_outside(&left), "0");
}
