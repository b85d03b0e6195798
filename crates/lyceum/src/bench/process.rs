//! What the kernel says about a process, and how fast this disk makes an append durable.

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use hdrhistogram::Histogram;
use serde::Serialize;

use super::tally::{milliseconds, new_histogram};

/// Linux counts CPU time in hundredths of a second for every program (`USER_HZ`), whatever the kernel's own tick is.
const TICK: Duration = Duration::from_millis(10);

/// How long the floor is measured each time, and the most appends in that time.
const FLOOR_DURATION: Duration = Duration::from_secs(1);
const FLOOR_APPENDS_MAX: u32 = 10_000;

/// A process whose consumption is watched.
#[derive(Debug, Clone, Copy)]
pub struct Process(pub u32);

/// Memory of a process, in bytes.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Memory {
    /// Resident now.
    pub resident_bytes: u64,
    /// The most that was ever resident.
    pub resident_peak_bytes: u64,
}

impl Process {
    /// This process.
    pub fn own() -> Self {
        Self(std::process::id())
    }

    /// CPU time used so far, in user and kernel mode, by all its threads; steps of 10 ms.
    pub fn cpu(self) -> anyhow::Result<Duration> {
        let path = format!("/proc/{}/stat", self.0);
        let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
        parse_cpu(&text).with_context(|| format!("{path} is not as expected"))
    }

    /// Its memory.
    pub fn memory(self) -> anyhow::Result<Memory> {
        let path = format!("/proc/{}/status", self.0);
        let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
        parse_memory(&text).with_context(|| format!("{path} is not as expected"))
    }
}

fn parse_cpu(stat: &str) -> Option<Duration> {
    // The command's name, in parentheses, may hold anything; `utime` and `stime` are the 12th and 13th field behind it.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_ascii_whitespace().collect();
    let ticks: u32 = fields.get(11)?.parse::<u32>().ok()?.checked_add(fields.get(12)?.parse().ok()?)?;
    Some(TICK * ticks)
}

fn parse_memory(status: &str) -> Option<Memory> {
    let bytes_of = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
    };
    Some(Memory { resident_bytes: bytes_of("VmRSS:")?, resident_peak_bytes: bytes_of("VmHWM:")? })
}

/// What one durable append costs on a disk: the yardstick for a lone client.
#[derive(Debug, Clone, Serialize)]
pub struct FsyncFloor {
    /// Appends of 4 KiB, each made durable before the next.
    pub appends_per_second: f64,
    /// The same of each measurement, in their order.
    pub measurements: Vec<f64>,
    /// Median of one, in milliseconds.
    pub p50_ms: f64,
    /// 99 of 100 were faster, in milliseconds.
    pub p99_ms: f64,
}

/// Measures the floor, several times in one run: a disk that others use too is not as fast after a load as it was before.
pub struct FloorMeter {
    directory: PathBuf,
    appends: Histogram<u64>,
    elapsed: Duration,
    rates: Vec<f64>,
}

impl FloorMeter {
    /// On the disk of `directory`.
    pub fn new(directory: PathBuf) -> Self {
        Self { directory, appends: new_histogram(), elapsed: Duration::ZERO, rates: Vec::new() }
    }

    /// Appends 4 KiB and syncs, over and over for a second, to a new file in the folder, and removes it. Blocks.
    pub fn measure(&mut self) -> anyhow::Result<()> {
        let failed = || format!("cannot measure the fsync floor in {}", self.directory.display());
        let mut file: File = tempfile::tempfile_in(&self.directory).with_context(failed)?;
        let block = [0xA5_u8; 4096];
        let begin = Instant::now();
        let mut appends: u32 = 0;
        while begin.elapsed() < FLOOR_DURATION && appends < FLOOR_APPENDS_MAX {
            let append = Instant::now();
            file.write_all(&block).and_then(|()| file.sync_data()).with_context(failed)?;
            self.appends.saturating_record(u64::try_from(append.elapsed().as_nanos()).unwrap_or(u64::MAX));
            appends += 1;
        }
        let elapsed = begin.elapsed();
        self.elapsed += elapsed;
        self.rates.push(f64::from(appends) / elapsed.as_secs_f64());
        Ok(())
    }

    /// All appends together; at least one was made.
    #[expect(clippy::cast_precision_loss, reason = "there are far fewer than 2^53 appends")]
    pub fn floor(&self) -> FsyncFloor {
        let at = |quantile| milliseconds(self.appends.value_at_quantile(quantile));
        let appends_per_second = self.appends.len() as f64 / self.elapsed.as_secs_f64();
        FsyncFloor { appends_per_second, measurements: self.rates.clone(), p50_ms: at(0.5), p99_ms: at(0.99) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_is_read_behind_a_command_with_any_name() {
        let stat = "17 (a) b) S 1 17 17 0 -1 4194304 100 0 0 0 250 50 0 0 20 0 3 0 12345 1000 200 18446744073709551615";
        assert_eq!(parse_cpu(stat), Some(Duration::from_secs(3)));
        assert_eq!(parse_cpu("17 (x) S 1"), None);
    }

    #[test]
    fn memory_is_read_in_bytes() {
        let memory = parse_memory("Name:\tx\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\n").expect("both are there");
        assert_eq!((memory.resident_bytes, memory.resident_peak_bytes), (1 << 20, 2 << 20));
        assert!(parse_memory("Name:\tx\n").is_none());
    }

    #[test]
    fn this_process_and_this_disk_can_be_measured() {
        assert!(Process::own().memory().expect("readable").resident_bytes > 0);
        assert!(Process::own().cpu().is_ok());
        let directory = tempfile::tempdir().expect("a folder");
        let mut meter = FloorMeter::new(directory.path().to_owned());
        (0..2).for_each(|_| meter.measure().expect("measurable"));
        let floor = meter.floor();
        assert_eq!(floor.measurements.len(), 2);
        assert!(floor.appends_per_second > 0.0 && floor.p50_ms > 0.0 && floor.p50_ms <= floor.p99_ms);
        assert_eq!(std::fs::read_dir(directory.path()).expect("readable").count(), 0);
    }
}
