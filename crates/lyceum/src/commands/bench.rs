//! `lyceum bench`: loads any LRS and measures it. The work is done in [`crate::bench`].

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};

use crate::bench::{Amount, Plan, Process, Report, Target, Workload, run as run_plan};
use crate::secret::KeyArguments;
use crate::trust::TrustArguments;

/// Arguments of `lyceum bench`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  LYCEUM_SECRET=… lyceum bench --url http://127.0.0.1:8080/xapi --key KEY
  lyceum bench --url URL --key KEY --workload batches --statements 1000000 --windows 100000 --server-pid PID
  lyceum bench --url URL --key KEY --workload reads --connections 1 --seed 7 --stored 1000000 --json
  lyceum bench --url URL --key KEY --workload mixed --rate 500 --duration 60

The load generator writes statements and documents into the LRS: use one made for it. It works with any LRS.")]
pub struct Arguments {
    /// The xAPI endpoint, such as `http://127.0.0.1:8080/xapi`
    #[arg(long, value_name = "URL")]
    url: String,
    #[command(flatten)]
    key: KeyArguments,
    #[command(flatten)]
    trust: TrustArguments,
    /// The xAPI version of the requests
    #[arg(long = "xapi-version", alias = "version", default_value = "1.0.3", value_parser = parse_version, value_name = "VERSION")]
    xapi_version: xapi::Version,
    /// What to do, one after the other
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "batches,singles,reads,documents",
        value_enum,
        value_name = "WORKLOADS"
    )]
    workload: Vec<Workload>,
    /// Connections side by side
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=4096), value_name = "COUNT")]
    connections: u16,
    /// Statements that each writing workload writes
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..), value_name = "COUNT")]
    statements: u64,
    /// Requests that each other workload sends
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u64).range(1..), value_name = "COUNT")]
    requests: u64,
    /// Seconds that each workload lasts, instead of a count
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=604_800), value_name = "SECONDS")]
    duration: Option<u64>,
    /// Statements in a batch
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u64).range(2..=10_000), value_name = "COUNT")]
    batch: u64,
    /// Statements on a page
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1_000), value_name = "COUNT")]
    page: u16,
    /// Requests a second, sent when due whatever the answers do (open loop); latency counts from when they were due
    #[arg(long, value_parser = parse_rate, value_name = "PER_SECOND")]
    rate: Option<f64>,
    /// Gives the same statements again; random when absent
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// Statements of this seed that an earlier run stored
    #[arg(long, default_value_t = 0, requires = "seed", value_name = "COUNT")]
    stored: u64,
    /// Statements to read back and compare at the end
    #[arg(long, default_value_t = 100, value_name = "COUNT")]
    verify: usize,
    /// Shows rate and CPU for each N statements of a writing workload
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    windows: Option<u64>,
    /// The server's process, to measure its CPU and memory
    #[arg(long, value_name = "PID")]
    server_pid: Option<u32>,
    /// Measures in this folder how fast an append of 4 KiB becomes durable, for each workload that writes statements: with one
    /// connection in turns with the load, else before and after it
    #[arg(long, value_name = "DIR")]
    fsync_floor: Option<PathBuf>,
    /// Prints JSON instead of tables
    #[arg(long)]
    json: bool,
}

fn parse_version(text: &str) -> Result<xapi::Version, String> {
    xapi::Version::parse_header(text).ok_or_else(|| "1.0.3 or 2.0.0".to_owned())
}

fn parse_rate(text: &str) -> Result<f64, String> {
    let rate: f64 = text.parse().map_err(|_| "a number of requests a second".to_owned())?;
    if (0.01..=1e6).contains(&rate) { Ok(rate) } else { Err("from 0.01 to 1,000,000 requests a second".to_owned()) }
}

/// Runs `lyceum bench`. The exit code is 1 when a request failed, a statement did not come back as it was sent, or the
/// disk could not be measured to the end.
///
/// # Errors
/// When the load could not begin.
pub async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let json = arguments.json;
    // One thread drives all connections: it shares the machine with the server, and waking others costs more than it gains.
    let report = tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(measure(arguments))
    });
    let report = report.await.context("the load generator failed")??;
    if json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        println!("{report}");
    }
    Ok(if report.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn measure(arguments: Arguments) -> anyhow::Result<Report> {
    let (key, secret) = arguments.key.read()?;
    let server = arguments.server_pid.map(Process);
    if let Some(process) = server {
        process.cpu().context("--server-pid must be a process of this machine")?;
    }
    let bar = ProgressBar::no_length();
    bar.set_style(ProgressStyle::with_template("{msg} [{bar:30}] {human_pos}/{human_len} {per_sec}")?);
    let shown = bar.clone();
    let run = getrandom::u32().map_err(|error| anyhow::anyhow!("no random number: {error}"))?;
    let seed = arguments.seed.unwrap_or(u64::from(run));
    let duration = arguments.duration.map(|seconds| Amount::Duration(Duration::from_secs(seconds)));
    let plan = Plan {
        target: Target::new(&arguments.url, &key, &secret, arguments.xapi_version)?.trusting(arguments.trust.read()?),
        workloads: arguments.workload,
        writes: duration.unwrap_or(Amount::Count(arguments.statements)),
        requests: duration.unwrap_or(Amount::Count(arguments.requests)),
        connections: usize::from(arguments.connections),
        batch: arguments.batch,
        page: usize::from(arguments.page),
        rate: arguments.rate,
        seed,
        run,
        stored: arguments.stored,
        verify: arguments.verify,
        window: arguments.windows,
        server,
        fsync_floor: arguments.fsync_floor,
        progress: Arc::new(move |workload, done, total| {
            shown.set_message(workload.to_owned());
            shown.set_length(total.max(done));
            shown.set_position(done);
        }),
    };
    let report = run_plan(plan).await;
    bar.finish_and_clear();
    report
}
