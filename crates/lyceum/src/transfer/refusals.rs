//! Statements that were refused: told to the person, kept in a file for the person's tools.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use anyhow::Context as _;
use serde::Serialize;

use super::{Origin, Piece};

/// So many are told on the terminal; the rest is counted, and is in the file of rejects.
const TOLD_MAX: u64 = 20;

/// A statement that is not stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Which.
    pub piece: Piece,
    /// Why, in words.
    pub reason: String,
    /// The rules that it breaks, when they are known.
    pub violations: Vec<xapi::Violation>,
}

impl Refusal {
    /// A refusal without violations.
    pub fn new(piece: Piece, reason: impl Into<String>) -> Self {
        Self { piece, reason: reason.into(), violations: Vec::new() }
    }
}

/// A line of the file of rejects.
#[derive(Serialize)]
struct Reject<'a> {
    source: &'a str,
    line: u64,
    reason: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    violations: &'a [xapi::Violation],
    /// As it came, when it is JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    statement: Option<&'a serde_json::value::RawValue>,
    /// As it came, when it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

/// Where refusals go.
#[derive(Debug, Default)]
pub struct Refusals {
    file: Option<BufWriter<File>>,
    count: u64,
}

impl Refusals {
    /// `rejects` is the file to write them to, if any; what it holds already stays.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn new(rejects: Option<&Path>) -> anyhow::Result<Self> {
        let open = |path: &Path| {
            let file = File::options().append(true).create(true).open(path);
            file.map(BufWriter::new).with_context(|| format!("cannot write {}", path.display()))
        };
        Ok(Self { file: rejects.map(open).transpose()?, count: 0 })
    }

    /// Tells and keeps one. `tell` prints a line beside a progress bar.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn add(&mut self, refusal: &Refusal, tell: &dyn Fn(&str)) -> anyhow::Result<()> {
        self.count += 1;
        let Refusal { piece: Piece { origin: Origin { source, line }, text, .. }, reason, violations } = refusal;
        if self.count <= TOLD_MAX {
            tell(&format!("{source}, line {line}: {reason}"));
            for violation in violations {
                tell(&format!("  {violation}"));
            }
        } else if self.count == TOLD_MAX + 1 {
            tell("further refused statements are counted only (--rejects FILE keeps them)");
        }
        let Some(file) = &mut self.file else { return Ok(()) };
        // Line breaks in valid JSON are white space: inside of strings they are escaped. A reject is one line.
        let line_of = |byte: &u8| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte };
        let on_one_line: Vec<u8> = text.iter().map(line_of).collect();
        let raw = serde_json::from_slice(&on_one_line).ok();
        let text = raw.is_none().then(|| String::from_utf8_lossy(text).into_owned());
        let reject = Reject { source, line: *line, reason, violations, statement: raw, text };
        serde_json::to_writer(&mut *file, &reject).context("cannot write the rejects")?;
        file.write_all(b"\n").context("cannot write the rejects")
    }

    /// Makes the file complete.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(mut self) -> anyhow::Result<u64> {
        if let Some(file) = &mut self.file {
            file.flush().context("cannot write the rejects")?;
        }
        Ok(self.count)
    }
}
