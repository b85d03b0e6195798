//! Instants, as ISO 8601 text comes in and goes out (Data 4.5 of 1.0.3; 4.2.7 of 2.0.0).
//!
//! 1.0.3 asks for ISO 8601, so every complete date and time of that standard is read: calendar, ordinal and week dates,
//! extended and basic format, reduced precision. 2.0.0 asks for its profile RFC 3339, and only that is read.

use std::fmt;

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, ISOWeekDate, Weekday};

use crate::Version;

/// An instant: microseconds since 1970-01-01T00:00:00Z, in UTC, without leap seconds.
///
/// ```
/// use xapi::{Timestamp, Version};
/// let noon = Timestamp::parse("2026-11-24T13:00:00+01:00", Version::V2_0_0).unwrap();
/// assert_eq!(noon.to_string(), "2026-11-24T12:00:00.000000Z");
/// assert_eq!(Timestamp::parse("2026-11-24T12:00:00-00:00", Version::V1_0_3), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Parses a timestamp. `None` when it is not one of `version`, when its offset is a negative zero (`-00`, `-0000`,
    /// `-00:00`), or when the instant lies outside the years 0 to 9999 of UTC.
    ///
    /// Digits beyond the microsecond are dropped. Without an offset, which only 1.0.3 permits, the time is UTC's.
    /// A leap second is the first instant of the minute that follows it.
    #[must_use]
    pub fn parse(text: &str, version: Version) -> Option<Self> {
        let mut cursor = Cursor(text.as_bytes());
        let micros = match version {
            Version::V1_0_3 => parse_iso_8601(&mut cursor)?,
            Version::V2_0_0 => parse_rfc_3339(&mut cursor)?,
        };
        let fits = (YEAR_0..YEAR_10000).contains(&micros);
        (cursor.0.is_empty() && fits).then_some(Self(micros))
    }
}

impl fmt::Display for Timestamp {
    /// `2026-11-24T16:00:36.123456Z`: always UTC, always six decimals, so that texts sort as instants do.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let instant = EPOCH.checked_add(SignedDuration::from_micros(self.0)).map_err(|_| fmt::Error)?;
        write!(f, "{instant:.6}Z")
    }
}

/// Where microseconds are counted from, in UTC.
const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);
const YEAR_0: i64 = -719_528 * DAY;
const YEAR_10000: i64 = 2_932_897 * DAY;

const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// What is left of the text.
struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    fn take(&mut self, accepted: &[u8]) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        accepted.contains(first).then(|| {
            self.0 = rest;
            *first
        })
    }

    /// Exactly `count` digits.
    fn digits(&mut self, count: usize) -> Option<i64> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        let number = digits
            .iter()
            .try_fold(0, |number, digit| digit.is_ascii_digit().then(|| number * 10 + i64::from(digit - b'0')))?;
        self.0 = rest;
        Some(number)
    }

    /// The fraction of a `unit` of microseconds behind one of `separators`; 0 when there is no separator.
    fn fraction(&mut self, separators: &[u8], unit: i64) -> Option<i64> {
        if self.take(separators).is_none() {
            return Some(0);
        }
        let count = self.0.iter().take_while(|b| b.is_ascii_digit()).count();
        let (digits, rest) = self.0.split_at(count);
        self.0 = rest;
        // Nine digits are finer than a microsecond of an hour; what follows them cannot be kept.
        let nanos = (0..9).fold(0, |n, i| n * 10 + digits.get(i).map_or(0, |digit| i64::from(digit - b'0')));
        // Milliseconds of an hour times nanoseconds fit into 64 bits, and no unit is finer.
        (count > 0).then(|| unit / 1000 * nanos / SECOND)
    }

    fn count_until_time(&self) -> usize {
        self.0.iter().position(|b| matches!(b, b'T' | b't')).unwrap_or(self.0.len())
    }
}

fn parse_rfc_3339(cursor: &mut Cursor<'_>) -> Option<i64> {
    let date = parse_calendar_date(cursor, true)?;
    cursor.take(b"Tt")?;
    let hour = cursor.digits(2)?;
    cursor.take(b":")?;
    let minute = cursor.digits(2)?;
    cursor.take(b":")?;
    let second = cursor.digits(2)?;
    let fraction = cursor.fraction(b".", SECOND)?;
    if hour > 23 {
        return None;
    }
    let time = time_of_day(hour, minute, second)? + fraction;
    let offset = match cursor.take(b"Zz") {
        Some(_) => 0,
        None => parse_offset(cursor, false)?,
    };
    to_utc(date, time, offset, second == 60)
}

fn parse_iso_8601(cursor: &mut Cursor<'_>) -> Option<i64> {
    let (date, extended) = parse_date(cursor)?;
    if cursor.0.is_empty() {
        return to_utc(date, 0, 0, false);
    }
    cursor.take(b"Tt")?;
    let (time, leap) = parse_time(cursor, extended)?;
    let offset = match cursor.0.first() {
        None => 0,
        Some(b'Z' | b'z') => cursor.take(b"Zz").map(|_| 0)?,
        Some(_) => parse_offset(cursor, true)?,
    };
    to_utc(date, time, offset, leap)
}

/// A complete date, and whether it stands in extended format (with hyphens).
fn parse_date(cursor: &mut Cursor<'_>) -> Option<(Date, bool)> {
    let bytes = cursor.0;
    let extended = bytes.get(4) == Some(&b'-');
    if bytes.get(4 + usize::from(extended)) == Some(&b'W') {
        return Some((parse_week_date(cursor, extended)?, extended));
    }
    // The length tells an ordinal date (year and day of the year) from a calendar date.
    if cursor.count_until_time() == 7 + usize::from(extended) {
        return Some((parse_ordinal_date(cursor, extended)?, extended));
    }
    Some((parse_calendar_date(cursor, extended)?, extended))
}

fn parse_year(cursor: &mut Cursor<'_>) -> Option<i16> {
    cursor.digits(4).and_then(|year| i16::try_from(year).ok())
}

fn parse_calendar_date(cursor: &mut Cursor<'_>, extended: bool) -> Option<Date> {
    let year = parse_year(cursor)?;
    if extended {
        cursor.take(b"-")?;
    }
    let month = cursor.digits(2)?;
    if extended {
        cursor.take(b"-")?;
    }
    let day = cursor.digits(2)?;
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

fn parse_ordinal_date(cursor: &mut Cursor<'_>, extended: bool) -> Option<Date> {
    let year = parse_year(cursor)?;
    if extended {
        cursor.take(b"-")?;
    }
    let day = i16::try_from(cursor.digits(3)?).ok()?;
    Date::new(year, 1, 1).ok()?.with().day_of_year(day).build().ok()
}

fn parse_week_date(cursor: &mut Cursor<'_>, extended: bool) -> Option<Date> {
    let year = parse_year(cursor)?;
    if extended {
        cursor.take(b"-")?;
    }
    cursor.take(b"W")?;
    let week = i8::try_from(cursor.digits(2)?).ok()?;
    if extended {
        cursor.take(b"-")?;
    }
    let weekday = Weekday::from_monday_one_offset(i8::try_from(cursor.digits(1)?).ok()?).ok()?;
    Some(ISOWeekDate::new(year, week, weekday).ok()?.date())
}

/// `hh`, `hh:mm` or `hh:mm:ss` (in basic format without colons), the last of them with an optional fraction:
/// microseconds of the day, and whether it is a leap second.
fn parse_time(cursor: &mut Cursor<'_>, extended: bool) -> Option<(i64, bool)> {
    let mut fields = [0; 3];
    let mut count = 0;
    for field in &mut fields {
        let another = count == 0
            || if extended { cursor.take(b":").is_some() } else { cursor.0.first().is_some_and(u8::is_ascii_digit) };
        if !another {
            break;
        }
        *field = cursor.digits(2)?;
        count += 1;
    }
    let [hour, minute, second] = fields;
    let fraction = cursor.fraction(b".,", [HOUR, MINUTE, SECOND][count - 1])?;
    // 24:00 is the end of a day and has no minutes, seconds or fractions.
    if hour == 24 && minute + second + fraction > 0 {
        return None;
    }
    Some((time_of_day(hour, minute, second)? + fraction, second == 60))
}

fn time_of_day(hour: i64, minute: i64, second: i64) -> Option<i64> {
    (hour <= 24 && minute <= 59 && second <= 60).then_some(hour * HOUR + minute * MINUTE + second * SECOND)
}

/// `±hh:mm`; when `loose`, also `±hhmm` (often seen in extended format too) and `±hh`. Negative zero is refused.
fn parse_offset(cursor: &mut Cursor<'_>, loose: bool) -> Option<i64> {
    let negative = cursor.take(b"+-")? == b'-';
    let hours = cursor.digits(2)?;
    let minutes = if cursor.take(b":").is_some() || (loose && !cursor.0.is_empty()) {
        cursor.digits(2)?
    } else if loose {
        0
    } else {
        return None;
    };
    let offset = hours * HOUR + minutes * MINUTE;
    let fits = hours <= 23 && minutes <= 59 && !(negative && offset == 0);
    fits.then_some(if negative { -offset } else { offset })
}

/// Leap seconds are inserted at the end of a UTC day only.
fn to_utc(date: Date, time: i64, offset: i64, leap: bool) -> Option<i64> {
    let midnight = date.duration_since(EPOCH.date()).as_secs() * SECOND;
    let instant = midnight + time - offset;
    (!leap || instant.rem_euclid(DAY) < SECOND).then_some(instant)
}
