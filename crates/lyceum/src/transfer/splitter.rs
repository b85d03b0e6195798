//! Cuts a stream of JSON into the texts of its statements without ever holding more than one of them.
//!
//! Takes NDJSON, JSON arrays, pretty-printed values one after the other, and any mixture. Values are cut by their brackets and
//! are not parsed here. Text that cannot be a statement becomes a broken cut, and reading goes on behind it: a raw line
//! break inside a string, or a line that begins an object where none may begin, ends the value before it, so that one
//! broken line of NDJSON costs one line.

use std::io::{BufRead, ErrorKind};

/// A statement of more bytes than this is broken: no sender has such, and memory is bounded by it.
pub const STATEMENT_BYTES_MAX: usize = 16 << 20;
/// What is kept of a text that cannot be a statement.
const BROKEN_BYTES_MAX: usize = 4 << 10;

/// What was cut out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// The line on which it begins, from 1.
    pub line: u64,
    /// Its text, without white space around it; shortened when it is broken.
    pub text: Vec<u8>,
    /// Why it is no object, in words.
    pub broken: Option<&'static str>,
}

/// Cuts what `input` gives.
#[derive(Debug)]
pub struct Splitter<R> {
    input: R,
    scan: Scan,
    done: bool,
}

impl<R: BufRead> Splitter<R> {
    /// Begins at line 1.
    pub fn new(input: R) -> Self {
        Self { input, scan: Scan::new(), done: false }
    }

    /// The next cut; `None` at the end.
    ///
    /// # Errors
    /// When the input cannot be read.
    pub fn next_cut(&mut self) -> std::io::Result<Option<Cut>> {
        while !self.done {
            let available = match self.input.fill_buf() {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                available => available?,
            };
            if available.is_empty() {
                self.done = true;
                return Ok(self.scan.finish());
            }
            let (used, cut) = self.scan.feed(available);
            self.input.consume(used);
            if cut.is_some() {
                return Ok(cut);
            }
        }
        Ok(None)
    }
}

/// Where in the text the reader is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Between values.
    Between,
    /// In an object, outside of strings.
    Object,
    /// In a string of an object.
    String,
    /// In a string, behind a backslash.
    Escape,
    /// In text that begins no object.
    Noise,
}

#[derive(Debug)]
struct Scan {
    place: Place,
    /// The brackets that are open in the current object.
    open: Vec<u8>,
    /// How many arrays are open around it.
    arrays: usize,
    text: Vec<u8>,
    /// The length of the current value, also of what is not kept.
    length: usize,
    /// Its last byte that is no white space.
    last: u8,
    line: u64,
    begin_line: u64,
    /// Whether the byte before was a line break.
    line_begins: bool,
    /// Whether only a byte order mark may have come so far.
    fresh: bool,
}

impl Scan {
    fn new() -> Self {
        Self {
            place: Place::Between,
            open: Vec::new(),
            arrays: 0,
            text: Vec::new(),
            length: 0,
            last: 0,
            line: 1,
            begin_line: 1,
            line_begins: true,
            fresh: true,
        }
    }

    /// How many of the bytes were used, and what they complete.
    fn feed(&mut self, bytes: &[u8]) -> (usize, Option<Cut>) {
        for (index, &byte) in bytes.iter().enumerate() {
            let line_begins = std::mem::replace(&mut self.line_begins, byte == b'\n');
            let cut = match self.place {
                Place::Between => self.between(byte),
                Place::Object => {
                    if byte == b'{' && line_begins && !self.may_begin_object() {
                        self.line_begins = true;
                        return (index, Some(self.cut(Some("the object does not end"))));
                    }
                    self.object(byte)
                }
                Place::String | Place::Escape => self.string(byte),
                Place::Noise => {
                    if self.arrays > 0 && matches!(byte, b',' | b']' | b'{' | b'[') {
                        return (index, Some(self.cut(Some("it is no JSON object"))));
                    }
                    self.noise(byte)
                }
            };
            self.line += u64::from(byte == b'\n');
            if cut.is_some() {
                return (index + 1, cut);
            }
        }
        (bytes.len(), None)
    }

    fn between(&mut self, byte: u8) -> Option<Cut> {
        let is_mark = self.fresh && matches!(byte, 0xEF | 0xBB | 0xBF);
        self.fresh = is_mark;
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => {}
            _ if is_mark => {}
            b'[' => self.arrays += 1,
            b']' if self.arrays > 0 => self.arrays -= 1,
            b',' if self.arrays > 0 => {}
            b'{' => {
                self.begin(Place::Object);
                self.open.push(byte);
                self.push(byte);
            }
            _ => {
                self.begin(Place::Noise);
                self.push(byte);
            }
        }
        None
    }

    fn begin(&mut self, place: Place) {
        self.place = place;
        self.begin_line = self.line;
        self.length = 0;
        self.open.clear();
    }

    /// Whether an object may stand here: as the value of a member, or as an element of an array.
    fn may_begin_object(&self) -> bool {
        match self.open.last() {
            Some(b'[') => matches!(self.last, b'[' | b','),
            _ => self.last == b':',
        }
    }

    fn object(&mut self, byte: u8) -> Option<Cut> {
        self.push(byte);
        match byte {
            b'"' => self.place = Place::String,
            b'{' | b'[' => self.open.push(byte),
            b'}' | b']' => {
                self.open.pop();
                if self.open.is_empty() {
                    let too_long = self.length > STATEMENT_BYTES_MAX;
                    return Some(self.cut(too_long.then_some("it is larger than 16 MiB")));
                }
            }
            _ => {}
        }
        None
    }

    fn string(&mut self, byte: u8) -> Option<Cut> {
        self.push(byte);
        self.place = match (self.place, byte) {
            (_, b'\n') => return Some(self.cut(Some("a string in it does not end on its line"))),
            (Place::String, b'\\') => Place::Escape,
            (Place::String, b'"') => Place::Object,
            _ => Place::String,
        };
        None
    }

    fn noise(&mut self, byte: u8) -> Option<Cut> {
        if byte == b'\n' {
            return Some(self.cut(Some("it is no JSON object")));
        }
        self.push(byte);
        None
    }

    fn push(&mut self, byte: u8) {
        self.length += 1;
        if self.length <= STATEMENT_BYTES_MAX {
            self.text.push(byte);
        }
        if !byte.is_ascii_whitespace() {
            self.last = byte;
        }
    }

    fn cut(&mut self, broken: Option<&'static str>) -> Cut {
        self.place = Place::Between;
        let mut text = std::mem::take(&mut self.text);
        if broken.is_some() {
            text.truncate(text.trim_ascii_end().len().min(BROKEN_BYTES_MAX));
        }
        Cut { line: self.begin_line, text, broken }
    }

    /// What is left when the input ends.
    fn finish(&mut self) -> Option<Cut> {
        match self.place {
            Place::Object | Place::String | Place::Escape => Some(self.cut(Some("the object does not end"))),
            Place::Noise => Some(self.cut(Some("it is no JSON object"))),
            Place::Between if self.arrays > 0 => {
                self.begin(Place::Between);
                Some(self.cut(Some("the array around the statements does not end: the input is cut short")))
            }
            Place::Between => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cuts `input` when it comes in chunks of 1, 2, 3, … bytes: always the same. `!` marks a broken cut.
    fn check(input: &str, expected: &[(u64, &str)]) {
        for chunk in 1..=input.len().max(1) {
            let mut splitter = Splitter::new(std::io::BufReader::with_capacity(chunk, input.as_bytes()));
            let mut found = Vec::new();
            while let Some(cut) = splitter.next_cut().expect("memory can be read") {
                let text = String::from_utf8(cut.text).expect("text");
                found.push((cut.line, if cut.broken.is_some() { format!("!{text}") } else { text }));
            }
            let found: Vec<(u64, &str)> = found.iter().map(|(line, text)| (*line, text.as_str())).collect();
            assert_eq!(found, expected, "in chunks of {chunk} of {input:?}");
        }
    }

    #[test]
    fn statements_are_cut_out_of_every_shape() {
        check("", &[]);
        check(" \n\n ", &[]);
        check("[]", &[]);
        check("{\"a\":1}", &[(1, "{\"a\":1}")]);
        check("{\"a\":1}\n{\"b\":2}\r\n\n{\"c\":3}", &[(1, "{\"a\":1}"), (2, "{\"b\":2}"), (4, "{\"c\":3}")]);
        check("[{\"a\":1},\n {\"b\":2}]\n[{\"c\":3}]", &[(1, "{\"a\":1}"), (2, "{\"b\":2}"), (3, "{\"c\":3}")]);
        check("\u{feff}[\n{\n\"a\": [\n{\n}\n]\n}\n]", &[(2, "{\n\"a\": [\n{\n}\n]\n}")]);
        check(r#"{"a":"}{\"]\\"}{"b":{"c":[{}]}}"#, &[(1, r#"{"a":"}{\"]\\"}"#), (1, r#"{"b":{"c":[{}]}}"#)]);
        check("{\"a\":\n{\"b\":[1,\n{\"c\":2}]}}", &[(1, "{\"a\":\n{\"b\":[1,\n{\"c\":2}]}}")]);
    }

    #[test]
    fn a_broken_line_costs_one_line() {
        check("{\"a\":1\n{\"b\":2}", &[(1, "!{\"a\":1"), (2, "{\"b\":2}")]);
        check("{\"a\":1,\n{\"b\":2}", &[(1, "!{\"a\":1,"), (2, "{\"b\":2}")]);
        check("{\"a\":\"x\n{\"b\":2}", &[(1, "!{\"a\":\"x"), (2, "{\"b\":2}")]);
        check("{\"a\":1}}\n{\"b\":2}", &[(1, "{\"a\":1}"), (1, "!}"), (2, "{\"b\":2}")]);
        check("hello, {world}\n{\"b\":2}\nnull", &[(1, "!hello, {world}"), (2, "{\"b\":2}"), (3, "!null")]);
        check("[1, {\"b\":2}, \"x\"]", &[(1, "!1"), (1, "{\"b\":2}"), (1, "!\"x\"")]);
    }

    #[test]
    fn an_input_that_is_cut_short_says_so() {
        check("[{\"a\":1},", &[(1, "{\"a\":1}"), (1, "!")]);
        check("{\"a\":1}\n{\"b\":", &[(1, "{\"a\":1}"), (2, "!{\"b\":")]);
        check("{\"a\":\"x\\", &[(1, "!{\"a\":\"x\\")]);
    }

    #[test]
    fn a_statement_without_end_does_not_fill_the_memory() {
        let endless = std::io::Read::take(std::io::repeat(b'['), (STATEMENT_BYTES_MAX + (1 << 20)) as u64);
        let input = std::io::Read::chain(&b"{\"a\":"[..], endless);
        let mut splitter = Splitter::new(std::io::BufReader::new(input));
        let cut = splitter.next_cut().expect("memory can be read").expect("one broken value");
        assert!(cut.broken.is_some() && cut.text.len() <= BROKEN_BYTES_MAX);
        assert_eq!(splitter.next_cut().expect("memory can be read"), None);
    }
}
