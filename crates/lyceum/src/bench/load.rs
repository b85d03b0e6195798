//! The engine: workloads one after the other, each over many connections, in a closed or an open loop.
//!
//! Closed loop: every connection sends its next request when its last one was answered. Open loop (`rate`): request `i`
//! is due at `begin + i / rate` whatever happened to the others, and its latency counts from then, so that a
//! stall of the server shows in every request that had to wait for it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, bail};
use rand::SeedableRng as _;
use rand::rngs::SmallRng;

use super::connection::{Call, Connection, Target};
use super::floor::FloorMeter;
use super::operations::{Expected, Kind, Material, Walk, Workload, judge};
use super::process::Process;
use super::report::{OperationReport, Report, ServerReport, WorkloadReport};
use super::round::{Ledger, Round, Taken, lock};
use super::statements::Statements;
use super::tally::Tally;
use super::verify::verify;

/// A worker whose connection failed so often in a row gives up: the server is gone.
const FAILURES_IN_A_ROW_MAX: u32 = 50;
/// Between two tries to connect.
const RECONNECT_DELAY: Duration = Duration::from_millis(100);
/// Statements that are written first, unmeasured, when a workload wants to read and nothing of this seed is there.
const PREPARED_STATEMENTS: u64 = 1_000;
/// The same for documents.
const PREPARED_DOCUMENTS: u64 = 200;

/// How long a workload lasts.
#[derive(Debug, Clone, Copy)]
pub enum Amount {
    /// So many statements (when it writes statements) or requests.
    Count(u64),
    /// So long.
    Duration(Duration),
}

/// Hears the name of a workload, how many requests were sent, and of how many (0 when it lasts for a time).
pub type Progress = Arc<dyn Fn(&str, u64, u64) + Send + Sync>;

/// What to do.
pub struct Plan {
    /// Where.
    pub target: Target,
    /// In this order.
    pub workloads: Vec<Workload>,
    /// Of workloads that write statements.
    pub writes: Amount,
    /// Of all others.
    pub requests: Amount,
    /// Side by side.
    pub connections: usize,
    /// Statements in a batch.
    pub batch: u64,
    /// Statements on a page.
    pub page: usize,
    /// Requests a second: open loop.
    pub rate: Option<f64>,
    /// Of the statements.
    pub seed: u64,
    /// Differs from that of every other run, whatever the seed.
    pub run: u32,
    /// Statements of this seed that are stored already.
    pub stored: u64,
    /// How many statements to read back.
    pub verify: usize,
    /// Statements in a window.
    pub window: Option<u64>,
    /// The server, when it runs on this machine.
    pub server: Option<Process>,
    /// The folder on whose disk the fsync floor is measured.
    pub fsync_floor: Option<PathBuf>,
    /// Told what is going on, now and then.
    pub progress: Progress,
}

/// Carries out a plan. An error means that it could not begin; failing requests are counted in the report.
pub async fn run(plan: Plan) -> anyhow::Result<Report> {
    let statements = Statements::new(plan.seed);
    let statement_bytes = mean_size(&statements);
    let (seed, run) = (plan.seed, plan.run);
    let material = Arc::new(Material { statements, target: plan.target.clone(), seed, run, page: plan.page });
    let ledger = Arc::new(Ledger { statements_next: AtomicU64::new(plan.stored), ..Ledger::default() });
    check_target(&material).await?;
    // A wrong folder is told before the load.
    drop(floor_meter(&plan)?);
    let mut reports = Vec::new();
    for workload in plan.workloads.iter().flat_map(|workload| workload.members()) {
        prepare(&plan, workload, &material, &ledger).await?;
        reports.push(run_workload(&plan, workload, &material, &ledger).await?);
    }
    let next = ledger.statements_next.load(Ordering::Relaxed);
    let failed = lock(&ledger.statements_failed).clone();
    let mut rng = SmallRng::seed_from_u64(plan.seed ^ 0x7665_7269_6679);
    let written = |n: u64| !failed.iter().any(|range| range.contains(&n));
    Ok(Report {
        url: plan.target.url().to_owned(),
        version: if plan.target.speaks_2_0() { "2.0.0" } else { "1.0.3" }.to_owned(),
        seed: plan.seed,
        connections: plan.connections,
        processors: std::thread::available_parallelism().map_or(1, usize::from),
        statement_bytes,
        workloads: reports,
        stored: next - failed.iter().map(|range| range.end - range.start).sum::<u64>(),
        next,
        verification: verify(&material, next, plan.verify, written, &mut rng).await,
    })
}

fn mean_size(statements: &Statements) -> u64 {
    const SAMPLE: u64 = 200;
    let mut text = String::new();
    (0..SAMPLE).for_each(|n| statements.render(n, &mut text));
    text.len() as u64 / SAMPLE
}

/// One request before the load begins, so that a wrong key or address is a sentence and not a table of errors.
async fn check_target(material: &Material) -> anyhow::Result<()> {
    let url = material.target.url();
    let call = Call::get(material.target.path("statements", &[("limit", "1")]));
    match Connection::new(&material.target).send(call).await {
        Err(failure) => bail!("{url} cannot be reached: {}", failure.0),
        Ok(answer) if answer.status == 200 => Ok(()),
        Ok(answer) if matches!(answer.status, 401 | 403) => {
            bail!("{url} refuses the key (status {}): it must exist and may read and write", answer.status)
        }
        Ok(answer) => bail!("{url} answers {} to GET statements: is it an xAPI endpoint?", answer.status),
    }
}

/// Writes what a workload wants to read when nothing is there.
async fn prepare(
    plan: &Plan,
    workload: Workload,
    material: &Arc<Material>,
    ledger: &Arc<Ledger>,
) -> anyhow::Result<()> {
    let mut connection = Connection::new(&material.target);
    let reads_documents = matches!(workload, Workload::StateGet | Workload::Mixed);
    let reads = !workload.writes_statements() && !matches!(workload, Workload::StatePut | Workload::StateGet);
    if reads && ledger.statements_next.load(Ordering::Relaxed) == 0 {
        let batch = plan.batch.clamp(2, 100);
        while ledger.statements_next.load(Ordering::Relaxed) < PREPARED_STATEMENTS {
            let first = ledger.statements_next.fetch_add(batch, Ordering::Relaxed);
            ensure_done(&mut connection, material, material.write(first, batch)).await?;
        }
    }
    if reads_documents && ledger.documents_next.load(Ordering::Relaxed) == 0 {
        for _ in 0..PREPARED_DOCUMENTS {
            let n = ledger.documents_next.fetch_add(1, Ordering::Relaxed);
            ensure_done(&mut connection, material, material.put_document(n)).await?;
        }
    }
    Ok(())
}

async fn ensure_done(
    connection: &mut Connection,
    material: &Material,
    (call, expected): (Call, Expected),
) -> anyhow::Result<()> {
    let failed = "the server does not take what the load generator wants to read later";
    let answer = connection.send(call).await.map_err(|failure| anyhow::anyhow!("{failed}: {}", failure.0))?;
    let judged = judge(&answer, &expected, &material.target, &mut Walk::default());
    judged.map(drop).map_err(|reason| anyhow::anyhow!("{failed}: {reason}: {}", excerpt(&answer.body)))
}

fn excerpt(body: &[u8]) -> String {
    String::from_utf8_lossy(&body[..body.len().min(500)]).into_owned()
}

async fn run_workload(
    plan: &Plan,
    workload: Workload,
    material: &Arc<Material>,
    ledger: &Arc<Ledger>,
) -> anyhow::Result<WorkloadReport> {
    let stored_between = if matches!(workload, Workload::ByVerb | Workload::Mixed) {
        find_stored_range(material).await?
    } else {
        (0, 0)
    };
    let connections = open_connections(plan).await?;
    let mut floor = if workload.writes_statements() { floor_meter(plan)? } else { None };
    if let Some(meter) = &mut floor {
        meter.measure_beside();
    }
    let round = Arc::new(Round::new(plan, workload, material, ledger, stored_between, floor));
    let pacer = round.pace.is_some().then(|| {
        let round = Arc::clone(&round);
        let workers = connections.len();
        std::thread::spawn(move || round.keep_pace(workers))
    });
    let watch = tokio::spawn(watch_progress(Arc::clone(&round), Arc::clone(&plan.progress)));
    let before = (cpu_of(plan.server)?, Process::own().cpu()?);
    let mut workers = tokio::task::JoinSet::new();
    for (worker, connection) in connections.into_iter().enumerate() {
        workers.spawn(work(Arc::clone(&round), connection, worker as u64));
    }
    let mut tallies: BTreeMap<Kind, Tally> = BTreeMap::new();
    while let Some(counted) = workers.join_next().await {
        for (kind, tally) in counted.context("a worker of the load generator failed")? {
            tallies.entry(kind).or_insert_with(Tally::new).add(&tally);
        }
    }
    let elapsed = round.elapsed();
    // A server that died meanwhile must not take the report with it.
    let after = (cpu_of(plan.server).unwrap_or(before.0), Process::own().cpu()?);
    watch.abort();
    if let Some(pacer) = pacer {
        round.is_over.store(true, Ordering::Relaxed);
        pacer.join().map_err(|_| anyhow::anyhow!("the pace of the load generator failed"))?;
    }
    let windows = std::mem::take(&mut *lock(&round.windows)).finish();
    let own_cpu = after.1.saturating_sub(before.1).saturating_sub(lock(&round.paused).cpu);
    let mut report =
        report_workload(plan, workload, &tallies, elapsed, (after.0.saturating_sub(before.0), own_cpu), windows);
    if let Some(mut meter) = lock(&round.floor).take() {
        meter.measure_beside();
        report.fsync_floor = Some(meter.floor(report.requests_per_second()));
    }
    Ok(report)
}

/// A lone client's load pauses to have the disk measured.
fn floor_meter(plan: &Plan) -> anyhow::Result<Option<FloorMeter>> {
    let is_lone = plan.connections == 1 && plan.rate.is_none();
    plan.fsync_floor.as_deref().map(|directory| FloorMeter::new(directory, is_lone)).transpose()
}

fn cpu_of(server: Option<Process>) -> anyhow::Result<Duration> {
    server.map_or(Ok(Duration::ZERO), Process::cpu)
}

async fn open_connections(plan: &Plan) -> anyhow::Result<Vec<Connection>> {
    let mut connections: Vec<_> = (0..plan.connections).map(|_| Connection::new(&plan.target)).collect();
    for connection in &mut connections {
        let opened = connection.open().await;
        opened.map_err(|failure| anyhow::anyhow!("{}: {}", plan.target.url(), failure.0))?;
    }
    Ok(connections)
}

/// `stored` of the oldest and of the newest statement.
async fn find_stored_range(material: &Material) -> anyhow::Result<(i64, i64)> {
    let mut connection = Connection::new(&material.target);
    let mut instants = [0; 2];
    for (instant, ascending) in instants.iter_mut().zip(["true", "false"]) {
        let path = material.target.path("statements", &[("limit", "1"), ("ascending", ascending)]);
        let answer = connection.send(Call::get(path)).await.map_err(|failure| anyhow::anyhow!(failure.0))?;
        let page: serde_json::Value = serde_json::from_slice(&answer.body).context("an answer that is no page")?;
        let stored = page["statements"][0]["stored"].as_str().context("there is no statement to read")?;
        *instant = stored.parse::<jiff::Timestamp>().context("`stored` is not an instant")?.as_microsecond();
    }
    Ok((instants[0], instants[1].max(instants[0])))
}

async fn watch_progress(round: Arc<Round>, progress: Progress) {
    let name = round.workload.name();
    let total = if round.requests_max == u64::MAX { 0 } else { round.requests_max };
    loop {
        tokio::time::sleep(Duration::from_millis(500)).await;
        progress(&name, round.requests_next.load(Ordering::Relaxed).min(round.requests_max), total);
    }
}

/// A worker: one connection, one request after the other.
async fn work(round: Arc<Round>, mut connection: Connection, worker: u64) -> BTreeMap<Kind, Tally> {
    let mut tallies: BTreeMap<Kind, Tally> = BTreeMap::new();
    let mut rng = SmallRng::seed_from_u64(round.material.seed.rotate_left(17) ^ worker ^ round.settled.0);
    let mut walk = Walk::default();
    let mut failures_in_a_row = 0;
    let mut next = round.next_request(&mut walk, &mut rng).await;
    while let Some(request) = next.take() {
        round.pause_if_due();
        let begin = round.start_of(request.number);
        let exchange = async {
            let answer = connection.send(request.call).await;
            (answer, begin.elapsed())
        };
        // In a closed loop, the next request is made while the server works on this one.
        let ahead = async {
            if round.is_made_ahead() {
                tokio::task::yield_now().await;
                return Some(round.next_request(&mut walk, &mut rng).await);
            }
            None
        };
        let ((answer, latency), made_ahead) = tokio::join!(exchange, ahead);
        let judged = match &answer {
            Ok(answer) => judge(answer, &request.expected, &round.material.target, &mut walk),
            Err(failure) => Err(failure.0.clone()),
        };
        let tally = tallies.entry(request.kind).or_insert_with(Tally::new);
        match judged {
            Ok(statements) => {
                tally.record(latency, statements);
                if matches!(request.taken, Taken::Statements(_)) {
                    lock(&round.windows).advance(statements);
                }
            }
            Err(reason) => {
                tally.record_error(&reason);
                round.ledger.forget(request.taken);
            }
        }
        failures_in_a_row = if answer.is_err() { failures_in_a_row + 1 } else { 0 };
        if failures_in_a_row >= FAILURES_IN_A_ROW_MAX {
            if let Some(unsent) = made_ahead.flatten() {
                round.ledger.forget(unsent.taken);
            }
            break;
        }
        if failures_in_a_row > 0 {
            tokio::time::sleep(RECONNECT_DELAY).await;
        }
        next = match made_ahead {
            Some(made) => made,
            None => round.next_request(&mut walk, &mut rng).await,
        };
    }
    tallies
}

#[expect(clippy::cast_precision_loss, reason = "counts stay below 2^53")]
fn report_workload(
    plan: &Plan,
    workload: Workload,
    tallies: &BTreeMap<Kind, Tally>,
    elapsed: Duration,
    (server_cpu, own_cpu): (Duration, Duration),
    windows: Vec<super::report::Window>,
) -> WorkloadReport {
    let seconds = elapsed.as_secs_f64().max(1e-9);
    let requests: u64 = tallies.values().map(|tally| tally.requests).sum();
    let statements: u64 = tallies.values().map(|tally| tally.statements).sum();
    let each = |cpu: Duration, count: u64| cpu.as_secs_f64() * 1e6 / count.max(1) as f64;
    let memory = plan.server.and_then(|process| process.memory().ok());
    let server = memory.map(|memory| ServerReport {
        cpu_seconds: server_cpu.as_secs_f64(),
        cpu_us_per_request: each(server_cpu, requests),
        cpu_us_per_statement: (statements > 0).then(|| each(server_cpu, statements)),
        memory,
    });
    let operations = tallies.iter().map(|(kind, tally)| OperationReport {
        name: kind.name().to_owned(),
        requests: tally.requests,
        requests_per_second: tally.requests as f64 / seconds,
        statements: tally.statements,
        statements_per_second: tally.statements as f64 / seconds,
        latency_ms: tally.latencies(),
        errors: tally.errors.clone(),
    });
    WorkloadReport {
        name: workload.name(),
        rate: plan.rate,
        seconds,
        operations: operations.collect(),
        server,
        generator_cpu_us_per_request: each(own_cpu, requests),
        fsync_floor: None,
        windows,
    }
}
