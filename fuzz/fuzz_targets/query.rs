//! Fuzzes the query parameters.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| lyceum_fuzz::check_query(input));
