//! How fast this disk makes an append durable: the yardstick for a lone client.
//!
//! A disk that others use too is not as fast in one second as in the next. So while one connection writes, the load pauses after each
//! [`LOAD`] and the disk is measured for [`SLICE`]: load and floor see the same disk. Several connections, or an open loop, cannot
//! pause without harm to their latencies; there the disk is measured for [`WHOLE`] before the load and again after it.

use std::fs::File;
use std::io::{Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use hdrhistogram::Histogram;
use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;

use super::tally::{milliseconds, new_histogram};

/// How long a lone client's load goes on between two measurements,
const LOAD: Duration = Duration::from_millis(400);
/// and how long one of these takes.
const SLICE: Duration = Duration::from_millis(100);
/// How long the disk is measured before and after a load that does not pause.
const WHOLE: Duration = Duration::from_secs(1);
/// What is appended.
const BLOCK_BYTES: usize = 4096;
/// When the file is so long, it begins again.
const FILE_BYTES_MAX: u64 = 256 << 20;

/// What one durable append costs on a disk.
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
    /// Requests of the workload a second, for one append a second.
    pub requests_per_append: f64,
    /// Why the disk could not be measured to the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What measuring took, and is none of the load's.
#[derive(Debug, Clone, Copy, Default)]
pub struct Pause {
    /// By the clock.
    pub time: Duration,
    /// CPU of this process.
    pub cpu: Duration,
}

/// Measures the floor of one workload.
pub struct FloorMeter {
    directory: PathBuf,
    /// Whether the load pauses to have the disk measured.
    pauses: bool,
    file: File,
    appends: Histogram<u64>,
    /// Time spent appending.
    elapsed: Duration,
    rates: Vec<f64>,
    /// When the last measurement ended.
    rested_since: Instant,
    error: Option<String>,
}

impl FloorMeter {
    /// On the disk of `directory`, in a file that vanishes with the meter, for a load that `pauses` or not.
    pub fn new(directory: &Path, pauses: bool) -> anyhow::Result<Self> {
        let file = tempfile::tempfile_in(directory)
            .with_context(|| format!("cannot measure the fsync floor in {}", directory.display()))?;
        Ok(Self {
            directory: directory.to_owned(),
            pauses,
            file,
            appends: new_histogram(),
            elapsed: Duration::ZERO,
            rates: Vec::new(),
            rested_since: Instant::now(),
            error: None,
        })
    }

    /// Right before and right after the load. Blocks.
    pub fn measure_beside(&mut self) {
        self.measure(if self.pauses { SLICE } else { WHOLE });
    }

    /// Between two requests: measures when the load, if it pauses, has gone on for long enough. Blocks.
    pub fn measure_between(&mut self) -> Option<Pause> {
        if !self.pauses || self.error.is_some() || self.rested_since.elapsed() < LOAD {
            return None;
        }
        let (begin, cpu) = (Instant::now(), thread_cpu());
        self.measure(SLICE);
        Some(Pause { time: begin.elapsed(), cpu: thread_cpu().saturating_sub(cpu) })
    }

    /// After an error, which is kept for the report, nothing more is measured.
    fn measure(&mut self, duration: Duration) {
        if self.error.is_none()
            && let Err(error) = self.append_for(duration)
        {
            self.error = Some(format!("cannot measure the fsync floor in {}: {error}", self.directory.display()));
        }
        self.rested_since = Instant::now();
    }

    fn append_for(&mut self, duration: Duration) -> std::io::Result<()> {
        let block = [0xA5_u8; BLOCK_BYTES];
        if self.file.stream_position()? >= FILE_BYTES_MAX {
            self.file.set_len(0)?;
            self.file.rewind()?;
        }
        let begin = Instant::now();
        let mut appends: u32 = 0;
        while begin.elapsed() < duration {
            let append = Instant::now();
            self.file.write_all(&block)?;
            self.file.sync_data()?;
            self.appends.saturating_record(u64::try_from(append.elapsed().as_nanos()).unwrap_or(u64::MAX));
            appends += 1;
        }
        let elapsed = begin.elapsed();
        self.elapsed += elapsed;
        self.rates.push(f64::from(appends) / elapsed.as_secs_f64());
        Ok(())
    }

    /// All appends together, beside a workload of so many requests a second.
    #[expect(clippy::cast_precision_loss, reason = "there are far fewer than 2^53 appends")]
    pub fn floor(self, requests_per_second: f64) -> FsyncFloor {
        let at = |quantile| milliseconds(self.appends.value_at_quantile(quantile));
        let per_second = |count: f64| if self.elapsed.is_zero() { 0.0 } else { count / self.elapsed.as_secs_f64() };
        let appends_per_second = per_second(self.appends.len() as f64);
        FsyncFloor {
            appends_per_second,
            p50_ms: at(0.5),
            p99_ms: at(0.99),
            requests_per_append: if appends_per_second > 0.0 { requests_per_second / appends_per_second } else { 0.0 },
            measurements: self.rates,
            error: self.error,
        }
    }
}

/// CPU of the calling thread so far.
fn thread_cpu() -> Duration {
    clock_gettime(ClockId::ThreadCPUTime).try_into().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_disk_can_be_measured() {
        let directory = tempfile::tempdir().expect("a folder");
        let mut meter = FloorMeter::new(directory.path(), true).expect("measurable");
        meter.measure_beside();
        assert!(meter.measure_between().is_none());
        std::thread::sleep(LOAD);
        let pause = meter.measure_between().expect("due");
        assert!(pause.time >= SLICE && Duration::ZERO < pause.cpu && pause.cpu <= pause.time);
        let floor = meter.floor(1.0);
        assert_eq!((floor.measurements.len(), &floor.error), (2, &None));
        assert!(floor.appends_per_second > 0.0 && floor.p50_ms > 0.0 && floor.p50_ms <= floor.p99_ms);
        assert!((floor.requests_per_append * floor.appends_per_second - 1.0).abs() < 1e-9);
        assert_eq!(std::fs::read_dir(directory.path()).expect("readable").count(), 0);
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let error = FloorMeter::new(Path::new("/nowhere/at/all"), true).err().expect("refused");
        assert!(error.to_string().contains("/nowhere/at/all"), "{error}");
    }

    #[test]
    fn a_disk_that_fails_meanwhile_is_reported_with_what_was_measured_before() {
        let directory = tempfile::tempdir().expect("a folder");
        let mut meter = FloorMeter::new(directory.path(), true).expect("measurable");
        meter.measure_beside();
        // Every write to this device fails for want of room.
        meter.file = File::options().read(true).write(true).open("/dev/full").expect("Linux has it");
        meter.measure_beside();
        std::thread::sleep(LOAD);
        assert!(meter.measure_between().is_none());
        let floor = meter.floor(1.0);
        assert_eq!(floor.measurements.len(), 1);
        let error = floor.error.expect("the reason");
        assert!(error.contains("No space left"), "{error}");
    }

    #[test]
    fn a_load_that_does_not_pause_is_left_alone() {
        let directory = tempfile::tempdir().expect("a folder");
        let mut meter = FloorMeter::new(directory.path(), false).expect("measurable");
        std::thread::sleep(LOAD);
        assert!(meter.measure_between().is_none());
    }
}
