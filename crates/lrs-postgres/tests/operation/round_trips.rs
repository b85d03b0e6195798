//! How often a process waits for the database to record a batch: the same for any size.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use lrs_store::contract::Draft;
use lrs_store::{Batch, Recorded};
use test_postgres::Database;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio_postgres::config::Host;

use crate::opened::Opened;

const ROUND_TRIPS_MAX: u64 = 5;

/// Stands between a process and the database, and counts on connections that write how often everything that was asked had been
/// answered when something more was asked.
async fn count_round_trips(url: &str) -> (String, Arc<AtomicU64>) {
    let config: tokio_postgres::Config = url.parse().expect("the URL is good");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    let count = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&count);
    let (host, port) = (config.get_hosts()[0].clone(), config.get_ports().first().copied().unwrap_or(5432));
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let count = Arc::clone(&counted);
            let host = host.clone();
            tokio::spawn(async move {
                match host {
                    Host::Unix(folder) => {
                        let socket = folder.join(format!(".s.PGSQL.{port}"));
                        relay(client, UnixStream::connect(socket).await.expect("the server answers"), count).await;
                    }
                    Host::Tcp(name) => {
                        relay(client, TcpStream::connect((name, port)).await.expect("it answers"), count).await;
                    }
                }
            });
        }
    });
    let user = config.get_user().expect("the URL names a user");
    let name = config.get_dbname().expect("the URL names a database");
    (format!("postgres://{user}@{address}/{name}?sslmode=disable"), count)
}

/// Messages of PostgreSQL's protocol in a stream of bytes: their types, and whether their text holds something.
#[derive(Default)]
struct Messages {
    buffer: Vec<u8>,
    started: bool,
}

impl Messages {
    fn take(&mut self, bytes: &[u8], mut each: impl FnMut(u8, &[u8])) {
        self.buffer.extend_from_slice(bytes);
        loop {
            // The first message of a client has no type.
            let typed = usize::from(self.started);
            let Some(length) = self.buffer.get(typed..typed + 4) else { return };
            let length = u32::from_be_bytes(length.try_into().expect("four bytes")) as usize + typed;
            if self.buffer.len() < length {
                return;
            }
            let message: Vec<u8> = self.buffer.drain(..length).collect();
            if self.started {
                each(message[0], &message[5..]);
            }
            self.started = true;
        }
    }
}

async fn relay<S: AsyncRead + AsyncWrite + Unpin>(mut client: TcpStream, mut server: S, count: Arc<AtomicU64>) {
    let (mut asked, mut answered) = (Messages::default(), Messages { started: true, ..Messages::default() });
    let (mut open, mut writes) = (0_u64, false);
    let (mut from_client, mut from_server) = (vec![0; 1 << 20], vec![0; 1 << 16]);
    loop {
        tokio::select! {
            // First all that the client has to say: a pipeline is one round trip.
            biased;
            read = client.read(&mut from_client) => {
                let Ok(length @ 1..) = read else { return };
                asked.take(&from_client[..length], |kind, text| {
                    writes |= text.starts_with(b"BEGIN");
                    // Query and Sync are answered with ReadyForQuery.
                    if matches!(kind, b'Q' | b'S') {
                        if open == 0 && writes {
                            count.fetch_add(1, Ordering::Relaxed);
                        }
                        open += 1;
                    }
                });
                if server.write_all(&from_client[..length]).await.is_err() {
                    return;
                }
            }
            read = server.read(&mut from_server) => {
                let Ok(length @ 1..) = read else { return };
                answered.take(&from_server[..length], |kind, _| if kind == b'Z' { open = open.saturating_sub(1) });
                if client.write_all(&from_server[..length]).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// On a connection that has prepared its SQL: a batch of one, of fifty, of two thousand, with and without references.
#[tokio::test]
async fn a_batch_of_any_size_takes_a_few_round_trips() {
    let database = Database::new();
    let (url, count) = count_round_trips(database.url()).await;
    let opened = Opened::with(&url, &[], |options| options.writers_max = 1).await;
    let mut next = 0;
    let mut record = async |size: u64, refers: bool| {
        let first = next;
        next += size;
        let draft = |number: u64| {
            let draft = Draft::new(number).actor(&format!("learner{}", number % 10)).actor_name("A. Learner");
            if refers && number > 0 { draft.refers_to(number / 2) } else { draft }
        };
        let statements = (first..next).map(|number| draft(number).complete()).collect();
        let before = count.load(Ordering::Relaxed);
        let recorded = opened.store.record_statements(Batch { statements, attachments: Vec::new() }).await;
        assert!(matches!(recorded, Ok(Recorded::Stored { .. })), "{recorded:?}");
        count.load(Ordering::Relaxed) - before
    };
    record(2, true).await;
    for (size, refers) in [(1, false), (1, true), (50, false), (50, true), (2_000, false), (2_000, true)] {
        let round_trips = record(size, refers).await;
        assert!((2..=ROUND_TRIPS_MAX).contains(&round_trips), "{size} statements took {round_trips} round trips");
        eprintln!("{size} statements, references: {refers}: {round_trips} round trips");
    }
}
