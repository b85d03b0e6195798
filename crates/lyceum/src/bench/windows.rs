//! Progress of a writing workload in equal parts, so that the last can be compared with the first.

use std::time::{Duration, Instant};

use super::process::Process;
use super::report::Window;

/// Windows as they fill.
#[derive(Debug, Default)]
pub struct Windows {
    /// Statements in each; `None`: nothing is noted.
    size: Option<u64>,
    server: Option<Process>,
    through: u64,
    /// When the current window began: statements, instant, the server's CPU.
    current: Option<(u64, Instant, Option<Duration>)>,
    done: Vec<Window>,
}

impl Windows {
    /// Begins the first one now.
    pub fn new(size: Option<u64>, server: Option<Process>) -> Self {
        let mut windows = Self { size, server, ..Self::default() };
        windows.current = Some((0, Instant::now(), windows.cpu()));
        windows
    }

    /// More statements were acknowledged.
    pub fn advance(&mut self, statements: u64) {
        self.through += statements;
        let Some((begin, ..)) = self.current else { return };
        if self.size.is_some_and(|size| self.through - begin >= size) {
            self.close();
        }
    }

    /// The load paused for so long.
    pub fn leave_out(&mut self, pause: Duration) {
        if let Some((_, begin, _)) = &mut self.current {
            *begin += pause;
        }
    }

    /// The windows, the last one perhaps shorter.
    pub fn finish(mut self) -> Vec<Window> {
        if self.size.is_some() && self.current.is_some_and(|(begin, ..)| begin < self.through) {
            self.close();
        }
        self.done
    }

    #[expect(clippy::cast_precision_loss, reason = "counts stay below 2^53")]
    fn close(&mut self) {
        let now = (self.through, Instant::now(), self.cpu());
        if let Some((begin, instant, cpu)) = self.current.replace(now) {
            let statements = self.through - begin;
            let used = now.2.zip(cpu).map(|(after, before)| after.saturating_sub(before));
            self.done.push(Window {
                through: self.through,
                statements,
                statements_per_second: statements as f64
                    / now.1.saturating_duration_since(instant).as_secs_f64().max(1e-9),
                server_cpu_us_per_statement: used.map(|used| used.as_secs_f64() * 1e6 / statements as f64),
            });
        }
    }

    /// A server that is gone used nothing; its requests fail and are counted as such.
    fn cpu(&self) -> Option<Duration> {
        self.server.and_then(|process| process.cpu().ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_cover_every_statement_once() {
        let mut windows = Windows::new(Some(100), Some(Process::own()));
        for _ in 0..25 {
            windows.advance(10);
        }
        let done = windows.finish();
        assert_eq!(done.iter().map(|window| window.through).collect::<Vec<_>>(), [100, 200, 250]);
        assert_eq!(done.iter().map(|window| window.statements).sum::<u64>(), 250);
        assert!(done.iter().all(|window| window.server_cpu_us_per_statement.is_some()));
    }

    #[test]
    fn pauses_do_not_count() {
        let mut windows = Windows::new(Some(10), None);
        std::thread::sleep(Duration::from_millis(50));
        windows.leave_out(Duration::from_millis(50));
        windows.advance(10);
        let rate = windows.finish()[0].statements_per_second;
        assert!(rate > 10.0 / 0.05, "{rate}");
    }

    #[test]
    fn nothing_is_noted_unless_asked_for() {
        let mut windows = Windows::new(None, None);
        windows.advance(1_000);
        assert!(windows.finish().is_empty());
    }
}
