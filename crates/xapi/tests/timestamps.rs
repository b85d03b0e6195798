//! Timestamps (Data 4.5 of 1.0.3, 4.2.7 of 2.0.0): which texts are instants, and which instants they are.

use proptest::prelude::*;
use xapi::{Timestamp, Version};

/// Each text with what 1.0.3 and 2.0.0 read in it; `-` where they refuse it, `=` for the same in both.
const CASES: &str = "
    2015-06-22T14:27:34.123456Z          2015-06-22T14:27:34.123456Z  =   RFC 3339
    2015-06-22T14:27:34Z                 2015-06-22T14:27:34.000000Z  =   RFC 3339, no fraction
    2015-06-22t14:27:34.5z               2015-06-22T14:27:34.500000Z  =   RFC 3339 5.6, either case
    2015-06-22T14:27:34.1234567899Z      2015-06-22T14:27:34.123456Z  =   Data 4.5, finer digits are dropped
    2008-09-15T15:53:00.601+00:00        2008-09-15T15:53:00.601000Z  =   RFC 3339, positive zero offset
    2023-05-04T12:00:00-05:00            2023-05-04T17:00:00.000000Z  =   2.0 4.2.7, offsets are converted
    2023-05-04T12:00:00+14:30            2023-05-03T21:30:00.000000Z  =   the day before
    2008-09-15T15:53:00.601-00           -                            =   Data 4.5, -00
    2008-09-15T15:53:00.601-0000         -                            =   Data 4.5, -0000
    2008-09-15T15:53:00.601-00:00        -                            =   Data 4.5, -00:00
    2015-06-22T14:27:34                  2015-06-22T14:27:34.000000Z  -   no offset
    2015-06-22T14:27:34+0200             2015-06-22T12:27:34.000000Z  -   offset without colon
    2015-06-22T14:27:34+02               2015-06-22T12:27:34.000000Z  -   offset of hours
    2015-06-22T14:27:34,25Z              2015-06-22T14:27:34.250000Z  -   comma as decimal sign
    2015-06-22T14:27Z                    2015-06-22T14:27:00.000000Z  -   ISO 8601 4.2.2.3, no seconds
    2015-06-22T14:27.5Z                  2015-06-22T14:27:30.000000Z  -   ISO 8601 4.2.2.4, fraction of a minute
    2015-06-22T14.5Z                     2015-06-22T14:30:00.000000Z  -   ISO 8601 4.2.2.4, fraction of an hour
    2015-06-22T24:00:00Z                 2015-06-23T00:00:00.000000Z  -   ISO 8601 4.2.3, end of the day
    2015-06-22T24:00:00.1Z               -                            =   ISO 8601 4.2.3, after the end of the day
    2015-06-22                           2015-06-22T00:00:00.000000Z  -   a date
    20150622T142734Z                     2015-06-22T14:27:34.000000Z  -   basic format
    20150622T142734.5+0100               2015-06-22T13:27:34.500000Z  -   basic format with offset
    20150622T1427                        2015-06-22T14:27:00.000000Z  -   basic format, no seconds
    20150622T14                          2015-06-22T14:00:00.000000Z  -   basic format, hours
    2015-173T14:27:34Z                   2015-06-22T14:27:34.000000Z  -   ordinal date
    2015173T142734Z                      2015-06-22T14:27:34.000000Z  -   ordinal date, basic format
    2016-366T00:00:00Z                   2016-12-31T00:00:00.000000Z  -   day 366 of a leap year
    2015-366T00:00:00Z                   -                            =   day 366 of another year
    2015-W26-1T14:27:34Z                 2015-06-22T14:27:34.000000Z  -   week date
    2015W261T142734Z                     2015-06-22T14:27:34.000000Z  -   week date, basic format
    2015-W54-1T14:27:34Z                 -                            =   no such week
    2015-W26-8T14:27:34Z                 -                            =   no such day of a week
    2016-12-31T23:59:60Z                 2017-01-01T00:00:00.000000Z  =   leap second
    2017-01-01T00:59:60.5+01:00          2017-01-01T00:00:00.500000Z  =   leap second elsewhere
    2016-12-31T22:59:60Z                 -                            =   no leap second at 22:59
    2016-02-29T00:00:00Z                 2016-02-29T00:00:00.000000Z  =   leap day
    2015-02-29T00:00:00Z                 -                            =   no leap day
    1900-02-29T00:00:00Z                 -                            =   no leap day in a century
    2015-04-31T00:00:00Z                 -                            =   no such day
    2015-13-01T00:00:00Z                 -                            =   no such month
    2015-00-01T00:00:00Z                 -                            =   no month 0
    2015-06-22T25:00:00Z                 -                            =   no such hour
    2015-06-22T14:60:00Z                 -                            =   no such minute
    2015-06-22T14:27:61Z                 -                            =   no such second
    2015-06-22T14:27:34+24:00            -                            =   no such offset
    2015-06-22T14:27:34+01:60            -                            =   no such minutes of an offset
    2015-06-22T14:27:34+01:              -                            =   half an offset
    2015-06-22T14:27:34.Z                -                            =   a point without digits
    2015-06-22T14:27:34.5.5Z             -                            =   two fractions
    2015-06-22T1427:34Z                  -                            =   formats mixed in a time
    2015-06-22T142734Z                   -                            =   formats mixed
    20150622T14:27:34Z                   -                            =   formats mixed the other way
    2015-0622T14:27:34Z                  -                            =   formats mixed in a date
    2015-06-22T                          -                            =   a T without a time
    2015-06-22_14:27:34Z                 -                            =   another separator
    2015-06-22T14:27:34ZZ                -                            =   text behind it
    2015-06-22T14:27:34Z+01:00           -                            =   two offsets
    2015-06                              -                            =   a month
    2015                                 -                            =   a year
    15-06-22T14:27:34Z                   -                            =   two digits of a year
    +002015-06-22T14:27:34Z              -                            =   expanded year
    -2015-06-22T14:27:34Z                -                            =   a year before 0
    01/011/2015                          -                            =   the suite's invalid date
    0000-01-01T00:00:00Z                 0000-01-01T00:00:00.000000Z  =   the first instant
    0000-01-01T00:00:00+00:01            -                            =   before the first instant
    9999-12-31T23:59:59.999999Z          9999-12-31T23:59:59.999999Z  =   the last instant
    9999-12-31T23:59:59-00:01            -                            =   after the last instant
    1969-12-31T23:59:59.999999Z          1969-12-31T23:59:59.999999Z  =   before 1970
    ２015-06-22T14:27:34Z                -                            =   a digit that is not ASCII
";

#[test]
fn timestamps_are_read_as_each_version_asks() {
    let mut failures = Vec::new();
    for line in CASES.lines().filter(|line| !line.trim().is_empty()) {
        let mut fields = line.split_whitespace();
        let mut next = || fields.next().expect("three fields and a name");
        let (text, v1, v2) = (next(), next(), next());
        let v2 = if v2 == "=" { v1 } else { v2 };
        for (version, expected) in [(Version::V1_0_3, v1), (Version::V2_0_0, v2)] {
            let found = Timestamp::parse(text, version).map_or("-".to_owned(), |instant| instant.to_string());
            if found != expected {
                failures.push(format!("{line} -- {version:?}: {found}"));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn texts_with_spaces_are_refused() {
    for text in ["", " ", "should fail", "2015-06-22 14:27:34Z", " 2015-06-22T14:27:34Z", "2015-06-22T14:27:34 01:00"] {
        for version in [Version::V1_0_3, Version::V2_0_0] {
            assert_eq!(Timestamp::parse(text, version), None, "{text:?} {version:?}");
        }
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(micros in -62_167_219_200_000_000_i64..253_402_300_800_000_000) {
        let text = Timestamp(micros).to_string();
        for version in [Version::V1_0_3, Version::V2_0_0] {
            prop_assert_eq!(Timestamp::parse(&text, version), Some(Timestamp(micros)));
        }
    }

    #[test]
    fn texts_sort_as_instants_do(one in 0..253_402_300_800_000_000_i64, other in 0..253_402_300_800_000_000_i64) {
        let (one, other) = (Timestamp(one), Timestamp(other));
        prop_assert_eq!(one.cmp(&other), one.to_string().cmp(&other.to_string()));
    }

    #[test]
    fn what_2_0_reads_1_0_3_reads_alike(text in "[0-9]{4}-[01][0-9]-[0-3][0-9][Tt][0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{1,12})?([Zz]|[+-][0-2][0-9]:[0-6][0-9])") {
        if let Some(instant) = Timestamp::parse(&text, Version::V2_0_0) {
            prop_assert_eq!(Timestamp::parse(&text, Version::V1_0_3), Some(instant));
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in "[-+0-9TtZzW:.,]{0,40}|\\PC{0,40}") {
        for version in [Version::V1_0_3, Version::V2_0_0] {
            if let Some(instant) = Timestamp::parse(&text, version) {
                prop_assert!(instant.to_string().ends_with('Z'));
            }
        }
    }
}
