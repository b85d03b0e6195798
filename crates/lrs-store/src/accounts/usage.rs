//! How keys are used, and when a source that used to send has fallen silent.

use xapi::Timestamp;

use crate::KeyId;

const SECOND_MICROSECONDS: i64 = 1_000_000;
const DAY_SECONDS: i64 = 86_400;

/// A source has a rhythm once it sent on so many days.
const RHYTHM_DAYS_MIN: u32 = 3;

/// With each day of use, the usual pause shrinks by this part until a longer one is seen: a summer holiday is forgotten after
/// a few weeks, a weekend never.
const PAUSE_FADES_BY: i64 = 16;

/// The use of a key since the last time it was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyUse {
    /// Which.
    pub key: KeyId,
    /// The last request.
    pub last_used: Timestamp,
    /// What its client called itself.
    pub client: String,
    /// Statements that were stored.
    pub statements: u64,
    /// Requests that were refused.
    pub refused: u64,
}

/// The use of a key over its life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyUsage {
    /// The last request.
    pub last_used: Timestamp,
    /// What the client of the last request called itself (`User-Agent`).
    pub last_client: String,
    /// Statements that were stored.
    pub statements: u64,
    /// Requests that were refused.
    pub refused: u64,
    /// Days (UTC) with a request.
    pub days_used: u32,
    /// The longest pause between two requests; an old one fades.
    pub usual_pause_s: i64,
}

impl KeyUsage {
    /// What is known after a first use.
    #[must_use]
    pub fn first(key_use: KeyUse) -> Self {
        Self {
            last_used: key_use.last_used,
            last_client: key_use.client,
            statements: key_use.statements,
            refused: key_use.refused,
            days_used: 1,
            usual_pause_s: 0,
        }
    }

    /// What is known after a further use.
    ///
    /// ```
    /// # use lrs_store::{KeyId, KeyUsage, KeyUse};
    /// # use xapi::Timestamp;
    /// let day = |day: i64| KeyUse {
    ///     key: KeyId("moodle".into()), last_used: Timestamp(day * 86_400_000_000), client: String::new(), statements: 1, refused: 0,
    /// };
    /// let usage = KeyUsage::first(day(1)).and_then_used(day(2)).and_then_used(day(3));
    /// assert_eq!((usage.statements, usage.days_used, usage.usual_pause_s), (3, 3, 86_400));
    /// ```
    #[must_use]
    pub fn and_then_used(mut self, key_use: KeyUse) -> Self {
        self.statements += key_use.statements;
        self.refused += key_use.refused;
        // Two processes may tell out of order.
        if key_use.last_used <= self.last_used {
            return self;
        }
        if day_of(key_use.last_used) > day_of(self.last_used) {
            self.days_used += 1;
            self.usual_pause_s -= self.usual_pause_s / PAUSE_FADES_BY;
        }
        self.usual_pause_s = self.usual_pause_s.max(seconds_between(self.last_used, key_use.last_used));
        self.last_used = key_use.last_used;
        self.last_client = key_use.client;
        self
    }

    /// Whether a source that used to send has stopped: it sent on at least three days, and its last request is longer ago
    /// than a day and than twice its usual pause.
    #[must_use]
    pub fn is_silent(&self, now: Timestamp) -> bool {
        let pause_s = seconds_between(self.last_used, now);
        self.days_used >= RHYTHM_DAYS_MIN && pause_s > DAY_SECONDS && pause_s > self.usual_pause_s.saturating_mul(2)
    }
}

fn day_of(instant: Timestamp) -> i64 {
    instant.0.div_euclid(DAY_SECONDS * SECOND_MICROSECONDS)
}

fn seconds_between(from: Timestamp, to: Timestamp) -> i64 {
    to.0.saturating_sub(from.0) / SECOND_MICROSECONDS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key_use(hours: i64) -> KeyUse {
        KeyUse {
            key: KeyId("k".to_owned()),
            last_used: Timestamp(hours * 3_600 * SECOND_MICROSECONDS),
            client: "Moodle".to_owned(),
            statements: 1,
            refused: 0,
        }
    }

    /// Uses at these hours; at `silent_from` it is silent, an hour before it is not.
    #[track_caller]
    fn check(case: &str, hours: &[i64], silent_from: Option<i64>) {
        let mut uses = hours.iter().map(|&hour| key_use(hour));
        let first = KeyUsage::first(uses.next().expect("a source sends"));
        let usage = uses.fold(first, KeyUsage::and_then_used);
        let found = (0..20_000).find(|&hour| hour > hours[hours.len() - 1] && usage.is_silent(key_use(hour).last_used));
        assert_eq!(found, silent_from, "{case}: {usage:?}");
    }

    #[test]
    fn source_is_silent_when_its_rhythm_breaks() {
        check("sent once", &[0], None);
        check("sent on two days", &[0, 30], None);
        check("sends all the time", &[0, 20, 40, 49, 50], Some(50 + 38));
        check("sends hourly over midnight of three days", &(0..72).collect::<Vec<_>>(), Some(71 + 25));
        check("rests at weekends", &[0, 24, 48, 120, 144], Some(144 + 2 * 72 - 8));
        let after_holiday: Vec<i64> = [0, 24].into_iter().chain((0..120).map(|day| 1000 + 24 * day)).collect();
        check("came back from a holiday long ago", &after_holiday, Some(1000 + 24 * 119 + 49));
    }

    #[test]
    fn late_reports_of_another_process_only_count() {
        let usage = KeyUsage::first(key_use(50)).and_then_used(KeyUse { client: "old".to_owned(), ..key_use(10) });
        assert_eq!((usage.statements, usage.last_used), (2, key_use(50).last_used));
        assert_eq!(usage.last_client, "Moodle");
    }
}
