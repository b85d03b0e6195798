//! `multipart/mixed` as xAPI uses it for attachments (Communication 1.5.2, RFC 2046): a reader that is fed bytes, and a writer.

use crate::{Violation, Violations};

/// The headers of one part.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PartHeaders {
    /// Names in lower case, values trimmed.
    pub headers: Vec<(String, String)>,
}

/// What the reader saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MultipartEvent {
    /// A part begins.
    Part(PartHeaders),
    /// Bytes of the current part.
    Data(Vec<u8>),
    /// The current part is complete.
    PartEnd,
}

/// Reads a multipart body as it arrives. Memory is bounded by the chunk fed and the longest permitted header block
/// (16 KiB), the number of parts by [`MultipartReader::PARTS_MAX`].
#[derive(Debug)]
pub struct MultipartReader {}

impl MultipartReader {
    /// More parts than any real statement batch has attachments.
    pub const PARTS_MAX: usize = 10_000;

    /// Takes the `Content-Type` header's value; an error when it is not `multipart/mixed` with a usable boundary.
    pub fn new(content_type: &str) -> Result<Self, Violation> {
        let _ = content_type;
        unimplemented!()
    }

    /// Feeds the next bytes and returns what became certain.
    pub fn push(&mut self, chunk: &[u8]) -> Result<Vec<MultipartEvent>, Violation> {
        let _ = chunk;
        unimplemented!()
    }

    /// The body is over: an error when it ended before its closing boundary.
    pub fn finish(self) -> Result<Vec<MultipartEvent>, Violations> {
        unimplemented!()
    }
}

/// Writes the framing of a multipart answer; the bodies of the parts are the caller's to stream.
#[derive(Debug)]
pub struct MultipartWriter {
    boundary: String,
}

impl MultipartWriter {
    /// `boundary` must be plain characters (letters and digits), so that it needs no quotes.
    #[must_use]
    pub fn new(boundary: String) -> Self {
        Self { boundary }
    }

    /// The value of the `Content-Type` header.
    #[must_use]
    pub fn content_type(&self) -> String {
        format!("multipart/mixed; boundary={}", self.boundary)
    }

    /// The bytes before the first part: the statements' own.
    #[must_use]
    pub fn begin_statements(&self) -> Vec<u8> {
        unimplemented!()
    }

    /// The bytes between the previous body and an attachment's body.
    #[must_use]
    pub fn begin_attachment(&self, content_type: &str, sha2: &str) -> Vec<u8> {
        let _ = (content_type, sha2);
        unimplemented!()
    }

    /// The bytes after the last body.
    #[must_use]
    pub fn end(&self) -> Vec<u8> {
        unimplemented!()
    }
}
