//! What a run found out: as JSON for programs, as tables for people.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::floor::FsyncFloor;
use super::process::Memory;
use super::tally::Latencies;
use super::verify::Verification;

/// Everything about one run.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The endpoint.
    pub url: String,
    /// The xAPI version of every request.
    pub version: String,
    /// Gives the same statements again.
    pub seed: u64,
    /// Connections that were used side by side.
    pub connections: usize,
    /// Processors that server and load generator share when they are on one machine.
    pub processors: usize,
    /// Mean size of a statement as sent.
    pub statement_bytes: u64,
    /// In the order of the command line.
    pub workloads: Vec<WorkloadReport>,
    /// Statements of this seed that were acknowledged, those of earlier runs included.
    pub stored: u64,
    /// Numbers of this seed that are taken: what a next run gives as `--stored`.
    pub next: u64,
    /// What was read back.
    pub verification: Verification,
}

/// One workload.
#[derive(Debug, Serialize)]
pub struct WorkloadReport {
    /// Its name on the command line.
    pub name: String,
    /// Requests a second that were intended; absent when each connection waits for its answer (closed loop).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<f64>,
    /// How long it took.
    pub seconds: f64,
    /// By kind of request.
    pub operations: Vec<OperationReport>,
    /// What the server used, when its process is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<ServerReport>,
    /// CPU of the load generator itself, in microseconds a request.
    pub generator_cpu_us_per_request: f64,
    /// What one durable append cost meanwhile, when asked for and when statements are written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fsync_floor: Option<FsyncFloor>,
    /// Progress of writes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub windows: Vec<Window>,
}

/// One kind of request.
#[derive(Debug, Serialize)]
pub struct OperationReport {
    /// Its name.
    pub name: String,
    /// How many, right or wrong.
    pub requests: u64,
    /// A second.
    pub requests_per_second: f64,
    /// Written or read.
    pub statements: u64,
    /// A second.
    pub statements_per_second: f64,
    /// In milliseconds; from the intended start when a rate was given.
    pub latency_ms: Latencies,
    /// By kind.
    pub errors: BTreeMap<String, u64>,
}

/// What the server used in one workload.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct ServerReport {
    /// CPU seconds.
    pub cpu_seconds: f64,
    /// CPU in microseconds a request.
    pub cpu_us_per_request: f64,
    /// CPU in microseconds a statement written or read; absent when there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_us_per_statement: Option<f64>,
    /// At the end.
    #[serde(flatten)]
    pub memory: Memory,
}

/// A part of a writing workload.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Window {
    /// Statements of the workload that were acknowledged at its end.
    pub through: u64,
    /// In the window.
    pub statements: u64,
    /// In the window.
    pub statements_per_second: f64,
    /// In the window, in microseconds, when the server's process is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_cpu_us_per_statement: Option<f64>,
}

impl WorkloadReport {
    /// Requests of all kinds.
    pub fn requests_per_second(&self) -> f64 {
        self.operations.iter().map(|operation| operation.requests_per_second).sum()
    }

    fn is_good(&self) -> bool {
        let is_floor_measured = self.fsync_floor.as_ref().is_none_or(|floor| floor.error.is_none());
        is_floor_measured && self.operations.iter().all(|operation| operation.errors.is_empty())
    }
}

impl Report {
    /// Whether every request was answered as it should be, every statement read back was as sent, and the disk could be measured
    /// when that was asked for.
    pub fn is_good(&self) -> bool {
        self.workloads.iter().all(WorkloadReport::is_good) && self.verification.equal == self.verification.checked
    }
}

const MIB: u64 = 1 << 20;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{}, xAPI {}, {} connections, statements of {} bytes, seed {}, {} processors",
            self.url, self.version, self.connections, self.statement_bytes, self.seed, self.processors
        )?;
        writeln!(
            f,
            "\n{:<24}{:>10}{:>11}{:>11}{:>10}{:>10}{:>10}{:>10}{:>8}",
            "", "requests", "req/s", "stmts/s", "p50 ms", "p95 ms", "p99 ms", "max ms", "errors"
        )?;
        for workload in &self.workloads {
            write_operations(f, workload)?;
        }
        for workload in &self.workloads {
            write_windows(f, workload)?;
        }
        let Verification { checked, equal, differences } = &self.verification;
        writeln!(f, "\nread back and compared: {checked}, equal: {equal}")?;
        for difference in differences {
            writeln!(f, "  {difference}")?;
        }
        write!(
            f,
            "stored: {} statements of this seed; continue with --seed {} --stored {}",
            self.stored, self.seed, self.next
        )
    }
}

fn write_operations(f: &mut fmt::Formatter<'_>, workload: &WorkloadReport) -> fmt::Result {
    match workload.rate {
        Some(rate) => writeln!(f, "{} ({rate} requests/s intended, {:.1} s)", workload.name, workload.seconds)?,
        None => writeln!(f, "{} ({:.1} s)", workload.name, workload.seconds)?,
    }
    for operation in &workload.operations {
        let Latencies { p50, p95, p99, max } = operation.latency_ms;
        let errors: u64 = operation.errors.values().sum();
        writeln!(
            f,
            "  {:<22}{:>10}{:>11.1}{:>11.1}{p50:>10.3}{p95:>10.3}{p99:>10.3}{max:>10.3}{errors:>8}",
            operation.name, operation.requests, operation.requests_per_second, operation.statements_per_second
        )?;
        for (kind, count) in &operation.errors {
            writeln!(f, "    {count} × {kind}")?;
        }
    }
    if let Some(server) = workload.server {
        write!(f, "  server: {:.1} µs CPU a request, ", server.cpu_us_per_request)?;
        if let Some(cpu) = server.cpu_us_per_statement {
            write!(f, "{cpu:.1} µs a statement, ")?;
        }
        writeln!(
            f,
            "{} MiB resident, {} MiB at most",
            server.memory.resident_bytes / MIB,
            server.memory.resident_peak_bytes / MIB
        )?;
    }
    writeln!(f, "  load generator: {:.1} µs CPU a request", workload.generator_cpu_us_per_request)?;
    workload.fsync_floor.as_ref().map_or(Ok(()), |floor| write_floor(f, floor))
}

fn write_floor(f: &mut fmt::Formatter<'_>, floor: &FsyncFloor) -> fmt::Result {
    let slowest = floor.measurements.iter().copied().fold(f64::INFINITY, f64::min);
    let fastest = floor.measurements.iter().copied().fold(0.0, f64::max);
    if !floor.measurements.is_empty() {
        writeln!(
            f,
            "  fsync floor: {:.0} appends/s (measured {} times, {slowest:.0} to {fastest:.0}), p50 {:.3} ms, p99 {:.3} ms; \
             requests: {:.0} % of it",
            floor.appends_per_second,
            floor.measurements.len(),
            floor.p50_ms,
            floor.p99_ms,
            floor.requests_per_append * 100.0
        )?;
    }
    floor.error.as_ref().map_or(Ok(()), |error| writeln!(f, "  {error}"))
}

fn write_windows(f: &mut fmt::Formatter<'_>, workload: &WorkloadReport) -> fmt::Result {
    if workload.windows.is_empty() {
        return Ok(());
    }
    writeln!(f, "\n{}: through      stmts/s  server µs/stmt", workload.name)?;
    for window in &workload.windows {
        write!(f, "{:>18}{:>13.1}", window.through, window.statements_per_second)?;
        match window.server_cpu_us_per_statement {
            Some(cpu) => writeln!(f, "{cpu:>16.1}")?,
            None => writeln!(f)?,
        }
    }
    Ok(())
}
