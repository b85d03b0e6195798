//! Fuzzes the multipart reader.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| lyceum_fuzz::check_multipart(input));
