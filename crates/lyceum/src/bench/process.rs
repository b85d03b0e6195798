//! What the kernel says about a process.

use std::time::Duration;

use anyhow::Context as _;
use serde::Serialize;

/// Linux counts CPU time in hundredths of a second for every program (`USER_HZ`), whatever the kernel's own tick is.
const TICK: Duration = Duration::from_millis(10);

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
    fn this_process_can_be_measured() {
        assert!(Process::own().memory().expect("readable").resident_bytes > 0);
        assert!(Process::own().cpu().is_ok());
    }
}
