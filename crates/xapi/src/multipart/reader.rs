//! The push reader: bytes in whatever chunks in, events out, in time linear in the bytes.

use memchr::memmem;

use super::RULE;
use super::headers::{PartHeaders, parse_boundary, parse_headers};
use crate::{Violation, Violations};

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
/// (16 KiB), the number of parts by [`MultipartReader::PARTS_MAX`]. After an error it is of no more use.
///
/// ```
/// use xapi::{MultipartEvent, MultipartReader};
/// let mut reader = MultipartReader::new("multipart/mixed; boundary=abc").unwrap();
/// let events = reader.push(b"--abc\r\nContent-Type: application/json\r\n\r\n{}\r\n--abc--").unwrap();
/// assert!(matches!(&events[0], MultipartEvent::Part(headers) if headers.expect_statements().is_ok()));
/// assert_eq!(events[1..], [MultipartEvent::Data(b"{}".to_vec()), MultipartEvent::PartEnd]);
/// reader.finish().unwrap();
/// ```
#[derive(Debug)]
pub struct MultipartReader {
    finder: memmem::Finder<'static>,
    state: State,
    /// Bytes whose meaning is not yet certain: the beginning of a delimiter, or an unfinished header block.
    held: Vec<u8>,
    /// How many of the next bytes of the body are the line break that ended the headers. It is kept in front of the body
    /// because an empty body may share it with the delimiter that follows (RFC 2046, section 5.1.1).
    borrowed: usize,
    parts: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the first boundary: to be ignored.
    Preamble,
    /// In a header block, whose first so many bytes do not contain its end.
    Headers { searched: usize },
    /// In the body of a part.
    Body,
    /// Behind the closing boundary: to be ignored.
    Epilogue,
}

/// What stands behind the bytes of a delimiter.
enum Delimiter {
    /// A further part begins after so many bytes.
    Next(usize),
    /// It closes the body.
    Last,
    /// It only looked like one.
    None,
    /// More bytes will tell.
    Undecided,
}

impl MultipartReader {
    /// More parts than any real statement batch has attachments.
    pub const PARTS_MAX: usize = 10_000;
    /// Real parts have three or four short headers.
    pub const HEADER_BYTES_MAX: usize = 16 * 1024;
    /// White space that may follow a boundary; RFC 2046 permits it for the sake of gateways that pad lines.
    const PADDING_BYTES_MAX: usize = 256;

    /// Takes the `Content-Type` header's value.
    ///
    /// # Errors
    /// When it is not `multipart/mixed`, its parameters cannot be read, or they do not name one boundary as RFC 2046
    /// permits it.
    pub fn new(content_type: &str) -> Result<Self, Violation> {
        let delimiter = format!("\r\n--{}", parse_boundary(content_type)?);
        let finder = memmem::Finder::new(delimiter.as_bytes()).into_owned();
        // The first boundary may stand at the very beginning: as if there had been a line break before it.
        Ok(Self { finder, state: State::Preamble, held: b"\r\n".to_vec(), borrowed: 2, parts: 0 })
    }

    /// Feeds the next bytes and returns what became certain.
    ///
    /// # Errors
    /// When a part's headers are malformed or longer than [`MultipartReader::HEADER_BYTES_MAX`], when there are more
    /// than [`MultipartReader::PARTS_MAX`] parts, or none at all. The reader is of no use afterwards.
    pub fn push(&mut self, chunk: &[u8]) -> Result<Vec<MultipartEvent>, Violation> {
        let mut events = Vec::new();
        let mut held = std::mem::take(&mut self.held);
        let bytes = if held.is_empty() {
            chunk
        } else {
            held.extend_from_slice(chunk);
            &held
        };
        let mut at = 0;
        while let Some(consumed) = self.step(&bytes[at..], &mut events)? {
            at += consumed;
        }
        if self.state != State::Epilogue {
            let rest = bytes[at..].len();
            if held.is_empty() {
                held.extend_from_slice(&chunk[at..]);
            } else {
                held.drain(..held.len() - rest);
            }
            self.held = held;
        }
        Ok(events)
    }

    /// The body is over.
    ///
    /// # Errors
    /// When it ended before its closing boundary.
    pub fn finish(self) -> Result<Vec<MultipartEvent>, Violations> {
        let boundary = String::from_utf8_lossy(&self.finder.needle()[2..]);
        let refuse = |found: String| Violation::new("body", RULE, format!("a closing boundary {boundary}--"), found);
        match self.state {
            State::Epilogue => Ok(Vec::new()),
            State::Preamble => Err(refuse("no boundary".to_owned()).into()),
            State::Headers { .. } | State::Body => Err(refuse(format!("the end inside part {}", self.parts)).into()),
        }
    }

    /// Takes one step, and says how many bytes it used up; `None` when it needs more than there are.
    fn step(&mut self, bytes: &[u8], events: &mut Vec<MultipartEvent>) -> Result<Option<usize>, Violation> {
        match self.state {
            State::Preamble | State::Body => self.read_until_delimiter(bytes, events),
            State::Headers { searched } => self.read_headers(bytes, searched, events),
            State::Epilogue => Ok(None),
        }
    }

    fn read_until_delimiter(
        &mut self,
        bytes: &[u8],
        events: &mut Vec<MultipartEvent>,
    ) -> Result<Option<usize>, Violation> {
        let length = self.finder.needle().len();
        let mut from = 0;
        while let Some(found) = self.finder.find(&bytes[from..]) {
            let (start, end) = (from + found, from + found + length);
            match classify(&bytes[end..]) {
                Delimiter::Next(behind) => {
                    self.end_part(&bytes[..start], events);
                    self.begin_part()?;
                    return Ok(Some(end + behind));
                }
                Delimiter::Last => {
                    self.end_part(&bytes[..start], events);
                    self.state = State::Epilogue;
                    return if self.parts == 0 { Err(no_parts()) } else { Ok(Some(bytes.len())) };
                }
                // A delimiter begins with a line break, and has none inside: the next one cannot begin before its end.
                Delimiter::None => from = end,
                Delimiter::Undecided => return Ok(self.emit(&bytes[..start], events)),
            }
        }
        let certain = bytes.len() - delimiter_prefix(&bytes[from..], self.finder.needle());
        Ok(self.emit(&bytes[..certain], events))
    }

    /// Passes on what is certainly not part of a delimiter. `None` when that is nothing.
    fn emit(&mut self, bytes: &[u8], events: &mut Vec<MultipartEvent>) -> Option<usize> {
        if bytes.is_empty() {
            return None;
        }
        let own = self.borrowed.min(bytes.len());
        self.borrowed -= own;
        if self.state == State::Body && bytes.len() > own {
            events.push(MultipartEvent::Data(bytes[own..].to_vec()));
        }
        Some(bytes.len())
    }

    fn end_part(&mut self, rest: &[u8], events: &mut Vec<MultipartEvent>) {
        self.emit(rest, events);
        if self.state == State::Body {
            events.push(MultipartEvent::PartEnd);
        }
    }

    fn begin_part(&mut self) -> Result<(), Violation> {
        if self.parts == Self::PARTS_MAX {
            return Err(Violation::new("body", RULE, format!("at most {} parts", Self::PARTS_MAX), "more"));
        }
        self.parts += 1;
        self.state = State::Headers { searched: 0 };
        Ok(())
    }

    fn read_headers(
        &mut self,
        bytes: &[u8],
        searched: usize,
        events: &mut Vec<MultipartEvent>,
    ) -> Result<Option<usize>, Violation> {
        let part = self.parts;
        // A part without headers begins with the empty line at once.
        let end = if bytes.starts_with(b"\r\n") {
            Some(0)
        } else {
            memmem::find(&bytes[searched..], b"\r\n\r\n").map(|found| searched + found + 2)
        };
        // One byte of the empty line may be there already without showing that it is the empty line.
        if end.unwrap_or(bytes.len().saturating_sub(1)) > Self::HEADER_BYTES_MAX {
            let expected = format!("at most {} bytes of headers", Self::HEADER_BYTES_MAX);
            return Err(Violation::new(format!("part {part}"), RULE, expected, "more"));
        }
        let Some(end) = end else {
            self.state = State::Headers { searched: bytes.len().saturating_sub(3) };
            return Ok(None);
        };
        events.push(MultipartEvent::Part(parse_headers(&bytes[..end], part)?));
        self.state = State::Body;
        self.borrowed = 2;
        Ok(Some(end))
    }
}

fn no_parts() -> Violation {
    Violation::new("body", RULE, "a part with the statements", "no part")
}

/// Looks at what follows `--boundary`.
fn classify(behind: &[u8]) -> Delimiter {
    if behind.starts_with(b"--") {
        return Delimiter::Last;
    }
    let padding = behind.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    if padding > MultipartReader::PADDING_BYTES_MAX {
        return Delimiter::None;
    }
    match &behind[padding..] {
        [b'\r', b'\n', ..] => Delimiter::Next(padding + 2),
        [] | [b'\r'] => Delimiter::Undecided,
        [b'-'] if padding == 0 => Delimiter::Undecided,
        _ => Delimiter::None,
    }
}

/// How many bytes at the end are the beginning of a delimiter.
fn delimiter_prefix(bytes: &[u8], delimiter: &[u8]) -> usize {
    let window = &bytes[bytes.len().saturating_sub(delimiter.len() - 1)..];
    // Only its first byte is a carriage return, so the last one in the window is the only place where it can begin.
    let tail = memchr::memrchr(b'\r', window).map_or(&window[window.len()..], |at| &window[at..]);
    if delimiter.starts_with(tail) { tail.len() } else { 0 }
}
