//! Moving statements: out of files and other LRSs, into a data folder or into any LRS.
//!
//! A source gives [`Piece`]s, the text of one statement each; a sink takes batches of them and says which it refused and
//! why. Nothing is held in memory beyond a few batches, however large a file or an LRS is.

pub mod files;
pub mod ids;
pub mod local_sink;
pub mod pages;
pub mod refusals;
pub mod remote;
pub mod remote_sink;
pub mod splitter;
pub mod table;

use std::sync::Arc;

use serde::Deserialize;
use serde::de::IgnoredAny;

/// The text of one statement on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Where it was found.
    pub origin: Origin,
    /// A JSON object, unless `broken`.
    pub text: Vec<u8>,
    /// Why the text cannot be a statement, when that was seen already.
    pub broken: Option<String>,
}

/// Where a statement was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// A file's name, `-` for standard input, or a URL.
    pub source: Arc<str>,
    /// In a file the line on which it begins, from 1; from an LRS its number in this run, from 1.
    pub line: u64,
}

/// What became of a batch.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Statements that are stored now, whether they were before or not.
    pub accepted: u64,
    /// Those that are not, with the reason.
    pub refused: Vec<refusals::Refusal>,
}

/// Statements in a batch: large enough for group commits to pay, small enough to be refused and taken apart again.
pub const BATCH_STATEMENTS_MAX: usize = 500;
/// Bytes in a batch, so that even large statements stay below the request limits of usual servers.
pub const BATCH_BYTES_MAX: usize = 1 << 20;

/// What a sink has to know of a statement before it is parsed as one.
#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    version: Option<String>,
    #[serde(default)]
    id: Option<IgnoredAny>,
}
