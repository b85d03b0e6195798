//! Durations (Data 4.6 of 1.0.3, 4.2.7 of 2.0.0): which texts are durations, and which of them are equal.

use proptest::prelude::*;
use xapi::{Duration, Version};

const VERSIONS: [Version; 2] = [Version::V1_0_3, Version::V2_0_0];

const GOOD: &str = "
    PT1H0M0S PT1H0M0.1S PT4H35M59.14S PT16559.14S P3Y1M29DT4H35M59.14S P3Y P4W P1M PT1M P1D PT0S P0D PT1H PT5S
    P1Y2D P1YT1S PT1H1S P1DT12H36M0.12567S PT0,5S P0.5Y P1.5W P1DT0.5H PT00001S PT9999999999999999999S
    P9999999999999999999Y P9999999999999999999W PT1.000000000000000000000001S
";

const BAD: &str = "
    PA1H0M0S P4W1D P1DW P1YW P PT P1DT PT1 P1 1D T1S P1H P1S PT1Y PT1D P1D1Y P1M1Y PT1S1M PT1M1H P1Y1Y PT1S1S
    -P1D +P1D P-1D P+1D PT-1S P1.5DT1S P1.5Y1M PT0.5M1S P.5D P1.D P1.5.5D P1,5,5D p1d P1d Pt1S PT1s P1DT1H0.1W
    P0003-01-29T04:35:59 P00030129T043559 1234 shouldfail P1DT1ST1S P1TD PTT1S PY PTS PW P.W PT10000000000000000000S
    P1é P１D PT1S/2015-06-22T14:27:34Z
";

/// Pairs: equal, or different.
const COMPARED: &str = "
    PT1H          == PT60M              Data 4.6
    PT1H          == PT3600S            Data 4.6
    P1W           == P7D                Data 4.6
    P1D           == PT24H              Data 4.6
    P1Y           == P12M               Data 4.6
    P0.5Y         == P6M                a fraction of a year
    PT1M          == PT0H1M0S           zero components
    PT1.5M        == PT90S              a fraction of a minute
    PT0,5S        == PT0.50S            either decimal sign
    P0Y           == PT0S               nothing
    P1DT12H36M0.12567S == P1DT12H36M0.12S  2.0 4.2.7, finer than 0.01 s does not count
    PT0.129S      == PT0.12S            2.0 4.2.7, never rounded
    PT0.009S      == PT0S               2.0 4.2.7
    PT0.129S      != PT0.13S            2.0 4.2.7, never rounded
    PT0.12S       != PT0.13S            Data 4.6
    PT59.99S      != PT1M               Data 4.6
    P1M           != PT1M               months are not minutes
    P1M           != P30D               months have no fixed length
    P1Y           != P365D              years have no fixed length
    P9999999999999999999Y != P9999999999999999998Y  the largest numbers
";

fn parse(text: &str) -> Option<Duration> {
    let [one, other] = VERSIONS.map(|version| Duration::parse(text, version));
    assert_eq!(one, other, "both versions read {text:?} alike");
    one
}

#[test]
fn durations_are_those_of_iso_8601() {
    let refused: Vec<_> = GOOD.split_whitespace().filter(|text| parse(text).is_none()).collect();
    assert!(refused.is_empty(), "refused: {refused:?}");
    let accepted: Vec<_> =
        BAD.split_whitespace().chain(["", " ", "P1D ", " P1D", "P 1D"]).filter(|text| parse(text).is_some()).collect();
    assert!(accepted.is_empty(), "accepted: {accepted:?}");
}

#[test]
fn durations_are_compared_to_hundredths_of_a_second() {
    for line in COMPARED.lines().filter(|line| !line.trim().is_empty()) {
        let fields: Vec<_> = line.split_whitespace().collect();
        let [one, operator, other, ..] = fields[..] else { panic!("not a case: {line}") };
        let (one, other) = (parse(one), parse(other));
        assert!(one.is_some() && other.is_some(), "{line}");
        assert_eq!(one == other, operator == "==", "{line}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "P?[0-9YMWDTHS.,]{0,30}|\\PC{0,30}") {
        for version in VERSIONS {
            let _ = Duration::parse(&text, version);
        }
    }

    #[test]
    fn components_add_up(days in 0..10_000_u64, hours in 0..10_000_u64, minutes in 0..10_000_u64, seconds in 0..10_000_u64) {
        let total = ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
        prop_assert_eq!(parse(&format!("P{days}DT{hours}H{minutes}M{seconds}S")), parse(&format!("PT{total}S")));
        prop_assert_ne!(parse(&format!("P{days}DT{hours}H{minutes}M{seconds}S")), parse(&format!("PT{}S", total + 1)));
    }
}
