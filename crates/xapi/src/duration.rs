//! Durations, as `result.duration` spells them (Data 4.6 of 1.0.3; 4.2.7 of 2.0.0): ISO 8601:2004, section 4.4.3.2.

use crate::Version;

/// A duration, for validation and comparison; its spelling stays in the statement.
///
/// Equal durations have the same months and the same time up to hundredths of a second; what is finer does not count
/// (Data 4.6). Years count as twelve months; weeks and days as seven and one times 24 hours.
///
/// ```
/// use xapi::{Duration, Version};
/// let parse = |text| Duration::parse(text, Version::V2_0_0);
/// assert_eq!(parse("PT1M0.129S").unwrap(), parse("PT60.12S").unwrap());
/// assert_eq!(parse("P4W1D"), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Duration {
    /// Billionths of a month.
    months: u128,
    /// Hundredths of a second.
    hundredths: u128,
}

/// Digits before the decimal sign, at most: every number of so many fits into 64 bits.
const DIGITS_MAX: usize = 19;
/// Parts of one that a fraction is kept in.
const PARTS: u128 = 1_000_000_000;

const MINUTE: u128 = 60;
const HOUR: u128 = 60 * MINUTE;
const DAY: u128 = 24 * HOUR;

impl Duration {
    /// Parses `PnW` or `PnYnMnDTnHnMnS`, where components may be left out but not all of them, nor all behind a `T`, and
    /// only the last one may have a fraction (behind `.` or `,`). Both versions ask for the same.
    /// `None` for everything else, such as signs, weeks beside other components, or numbers of more than 19 digits.
    #[must_use]
    pub fn parse(text: &str, _version: Version) -> Option<Self> {
        let rest = text.strip_prefix('P')?;
        let (mut months, mut seconds) = (0, 0);
        if let Some(number) = rest.strip_suffix('W') {
            let (weeks, _) = parse_number(number)?;
            return Some(Self { months, hundredths: weeks * 7 * DAY / (PARTS / 100) });
        }
        let (date, time) = rest.split_once('T').map_or((rest, None), |(date, time)| (date, Some(time)));
        if time == Some("") || rest.is_empty() {
            return None;
        }
        let mut fraction = false;
        for (component, in_time, designators) in [(date, false, "YMD"), (time.unwrap_or(""), true, "HMS")] {
            parse_components(component, designators, &mut fraction, |designator, number| {
                match (designator, in_time) {
                    ('Y', _) => months += number * 12,
                    ('M', false) => months += number,
                    ('D', _) => seconds += number * DAY,
                    ('H', _) => seconds += number * HOUR,
                    ('M', true) => seconds += number * MINUTE,
                    _ => seconds += number,
                }
            })?;
        }
        Some(Self { months, hundredths: seconds / (PARTS / 100) })
    }

    /// About how many seconds it is: exact but for months, which count thirty days each.
    ///
    /// ```
    /// use xapi::{Duration, Version};
    /// assert_eq!(Duration::parse("PT1M0.5S", Version::V2_0_0).unwrap().seconds(), 60.5);
    /// ```
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "durations of learning are far from 2^53 hundredths of a second")]
    pub fn seconds(&self) -> f64 {
        let month = (30 * DAY) as f64;
        self.months as f64 / PARTS as f64 * month + self.hundredths as f64 / 100.0
    }
}

/// Reads numbers, each with one of `designators` behind it, in their order. Nothing may follow a fraction.
fn parse_components(
    mut text: &str,
    mut designators: &str,
    fraction: &mut bool,
    mut add: impl FnMut(char, u128),
) -> Option<()> {
    while !text.is_empty() {
        let end = text.find(|c: char| c.is_ascii_uppercase())?;
        let designator = text[end..].chars().next()?;
        if *fraction {
            return None;
        }
        let (number, has_fraction) = parse_number(&text[..end])?;
        *fraction = has_fraction;
        add(designator, number);
        designators = &designators[designators.find(designator)? + 1..];
        text = &text[end + 1..];
    }
    Some(())
}

/// A decimal number in billionths, and whether it has a fraction; digits beyond the ninth of a fraction are dropped.
fn parse_number(text: &str) -> Option<(u128, bool)> {
    let (whole, fraction) =
        text.split_once(['.', ',']).map_or((text, None), |(whole, fraction)| (whole, Some(fraction)));
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !all_digits(whole) || whole.len() > DIGITS_MAX || !fraction.is_none_or(all_digits) {
        return None;
    }
    let digits = fraction.unwrap_or("").as_bytes();
    let number = whole.bytes().fold(0, |n, digit| n * 10 + u128::from(digit - b'0'));
    let number = (0..9).fold(number, |n, i| n * 10 + u128::from(digits.get(i).map_or(0, |digit| digit - b'0')));
    Some((number, fraction.is_some()))
}
