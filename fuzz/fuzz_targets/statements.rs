//! Fuzzes the statement parser and what follows it.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| lyceum_fuzz::check_statements(input));
