//! Bodies of statements, compressed with zstd.
//!
//! A stored body is a zstd frame of the JSON without `stored`. Column `dictionary` is 0: none. A release that trains
//! dictionaries can add them without touching a row.

use lrs_store::StoreError;

use crate::error::corrupt;

/// Best rate for the time spent: higher levels save a few percent and cost several times as much.
const LEVEL: i32 = 3;
/// No statement is longer: bodies of requests are bounded far below.
const BODY_BYTES_MAX: usize = 1 << 30;

/// Compresses a body.
pub(crate) fn compress(body: &[u8]) -> Result<Vec<u8>, StoreError> {
    zstd::bulk::compress(body, LEVEL)
        .map_err(|error| StoreError::Internal { operation: "compress a statement", source: Box::new(error) })
}

/// Restores a body. `seq` names it in an error.
pub(crate) fn restore(seq: i64, dictionary: i32, stored: &[u8]) -> Result<Vec<u8>, StoreError> {
    if dictionary != 0 {
        return Err(corrupt(
            format!("statement.dictionary, seq {seq}"),
            format!("there is no dictionary {dictionary}"),
        ));
    }
    let damaged = |reason: &str| corrupt(format!("statement.body, seq {seq}"), reason);
    let length = zstd::zstd_safe::get_frame_content_size(stored).ok().flatten();
    let length = length.and_then(|length| usize::try_from(length).ok()).filter(|length| *length <= BODY_BYTES_MAX);
    let length = length.ok_or_else(|| damaged("no length"))?;
    zstd::bulk::decompress(stored, length).map_err(|error| damaged(&error.to_string()))
}
