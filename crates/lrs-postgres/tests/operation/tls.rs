//! Encryption and passwords on the way to the database.

use std::path::Path;

use lrs_postgres::{Database as Address, Options, PostgresRegistry, Time};
use lrs_store::Registry as _;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use test_postgres::{Cluster, Database};

/// An authority that this test made up.
fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).expect("it has no names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key can be made")).expect("it can be signed")
}

/// Lets the server write a file, so that it is its own.
fn put_file(database: &Database, path: &str, lines: &str) {
    let lines = lines.trim_end().replace('\r', "");
    let rows = format!("SELECT unnest(string_to_array($text${lines}$text$, E'\\n'))");
    // A key that others may read is refused.
    database.run(&format!("COPY ({rows}) TO PROGRAM 'umask 077; cat > {path}'"));
}

/// Whether a process can open the database: the error's text, with all its causes, when it cannot.
async fn open(url: &str, password: Option<&str>, folder: &Path) -> Result<(), String> {
    let opening = async {
        let address = Address::parse(url, password)?;
        PostgresRegistry::open(&address, Options::new(folder.to_owned()), Time::Database).await
    };
    let registry = opening.await.map_err(|error| {
        let mut text = error.to_string();
        let mut cause = std::error::Error::source(&error);
        while let Some(error) = cause {
            text = format!("{text}: {error}");
            cause = error.source();
        }
        text
    })?;
    registry.close().await;
    Ok(())
}

/// Name, URL, password, and what is expected: that it opens, or a part of the error.
type Case<'a> = (&'a str, String, Option<&'a str>, Result<(), &'a str>);

/// A certificate of the right authority for the right name is accepted; everything else is refused, in words that help.
#[tokio::test(flavor = "multi_thread")]
async fn the_database_has_to_prove_who_it_is() {
    let port =
        std::net::TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a port is free").port();
    let settings = ["listen_addresses=127.0.0.1", &format!("port={port}"), "password_encryption=scram-sha-256"];
    let cluster = Cluster::start(&settings).expect("PostgreSQL is installed");
    let database = Database::on(&cluster.url().replace(":5432/", &format!(":{port}/")));
    let folder = tempfile::tempdir().expect("there is a folder for temporary files");
    let (right, wrong) = (authority(), authority());
    let key = KeyPair::generate().expect("a key can be made");
    let params = CertificateParams::new(vec!["localhost".to_owned()]).expect("the name is good");
    let certificate = params.signed_by(&key, &right).expect("it can be signed");
    let data = database.run("SHOW data_directory");
    put_file(&database, &format!("{data}/server.crt"), &certificate.pem());
    put_file(&database, &format!("{data}/server.key"), &key.serialize_pem());
    put_file(
        &database,
        &database.run("SHOW hba_file"),
        "local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256",
    );
    database.run("CREATE ROLE tester LOGIN SUPERUSER PASSWORD 'right horse'");
    for step in ["ALTER SYSTEM SET ssl = on", "SELECT pg_reload_conf()"] {
        database.run(step);
    }
    let began = std::time::Instant::now();
    while database.run("SELECT setting FROM pg_settings WHERE name = 'ssl'") != "on" {
        crate::opened::deadline(began, "TLS is on");
    }
    let (right_file, wrong_file) = (folder.path().join("right.pem"), folder.path().join("wrong.pem"));
    std::fs::write(&right_file, right.pem()).expect("the folder can be written");
    std::fs::write(&wrong_file, wrong.pem()).expect("the folder can be written");
    let url = |host: &str, root: Option<&Path>, mode: &str| {
        let root = root.map_or(String::new(), |path| format!("&sslrootcert={}", path.display()));
        format!("postgres://tester@{host}:{port}/{}?sslmode={mode}{root}", database.name())
    };
    let good = Some("right horse");
    let cases: [Case<'_>; 8] = [
        ("the right authority and name", url("localhost", Some(&right_file), "require"), good, Ok(())),
        ("verify-full is said so too", url("localhost", Some(&right_file), "verify-full"), good, Ok(())),
        ("another authority", url("localhost", Some(&wrong_file), "require"), good, Err("certificate")),
        ("the public authorities", url("localhost", None, "require"), good, Err("certificate")),
        ("another name", url("127.0.0.1", Some(&right_file), "require"), good, Err("certificate")),
        ("without TLS", url("localhost", None, "disable"), good, Err("refuses")),
        ("another password", url("localhost", Some(&right_file), "require"), Some("wrong horse"), Err("password")),
        ("no password", url("localhost", Some(&right_file), "require"), None, Err("password")),
    ];
    for (case, address, password, expected) in cases {
        let outcome = open(&address, password, folder.path()).await;
        match (&outcome, expected) {
            (Ok(()), Ok(())) => {}
            (Err(text), Err(expected)) => {
                assert!(text.contains(expected), "{case}: {text:?} does not say {expected:?}");
                assert!(!text.contains("horse"), "{case}: the password is in {text:?}");
            }
            _ => panic!("{case}: {outcome:?}\n{}", cluster.log()),
        }
    }
    assert!(!format!("{:?}", Address::parse(&url("localhost", None, "require"), good)).contains("horse"));
}
