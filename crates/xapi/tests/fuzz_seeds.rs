//! Runs the seeds of the fuzz targets through the functions that the targets fuzz.

use std::path::{Path, PathBuf};

#[path = "../../../fuzz/src/lib.rs"]
mod targets;

/// Every seed of a target; too few mean that the folder moved.
fn check_seeds(target: &str, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(target);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let seeds: Vec<PathBuf> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
    assert!(seeds.len() >= 5, "{}: {} seeds", folder.display(), seeds.len());
    for seed in seeds {
        let input = std::fs::read(&seed).unwrap_or_else(|error| panic!("{}: {error}", seed.display()));
        println!("{}", seed.display());
        check(&input);
        // Seeds that were cut short or went wrong in the middle are the commonest of all broken inputs.
        let mut broken = input.clone();
        for at in (0..input.len()).step_by(input.len().div_ceil(200).max(1)) {
            check(&input[..at]);
            broken[at] ^= 0x24;
            check(&broken);
            broken[at] = input[at];
        }
    }
}

#[test]
fn seeds_of_statements_hold() {
    check_seeds("statements", targets::check_statements);
}

#[test]
fn seeds_of_queries_hold() {
    check_seeds("query", targets::check_query);
}

#[test]
fn seeds_of_multipart_hold() {
    check_seeds("multipart", targets::check_multipart);
}
