//! `multipart/mixed` (Communication 1.5.2, RFC 2046): what is read from which bytes, whatever the chunks they come in.

use proptest::prelude::*;
use xapi::{MultipartEvent, MultipartReader, MultipartWriter, PartHeaders};

const CONTENT_TYPE: &str = "multipart/mixed; boundary=abc";

type Part = (Vec<(String, String)>, Vec<u8>);

/// Reads a body that comes in these chunks.
fn read<'a>(content_type: &str, chunks: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<Part>, String> {
    let mut reader = MultipartReader::new(content_type).map_err(|violation| violation.to_string())?;
    let (mut parts, mut open) = (Vec::new(), false);
    for chunk in chunks {
        for event in reader.push(chunk).map_err(|violation| violation.to_string())? {
            match event {
                MultipartEvent::Part(headers) => {
                    assert!(!open, "a part begins inside a part");
                    open = true;
                    parts.push((headers.headers, Vec::new()));
                }
                MultipartEvent::Data(bytes) => {
                    assert!(open && !bytes.is_empty(), "data outside a part, or none");
                    parts.last_mut().expect("a part is open").1.extend(bytes);
                }
                MultipartEvent::PartEnd => {
                    assert!(open, "a part ends that did not begin");
                    open = false;
                }
            }
        }
    }
    let last = reader.finish().map_err(|violations| violations.to_string())?;
    assert!(last.is_empty() && !open, "everything was certain before the end");
    Ok(parts)
}

/// What a table says about parts: headers as `name=value` joined by `&`, `|`, body; parts joined by ` ## `.
fn show(parts: &[Part]) -> String {
    let show_part = |(headers, body): &Part| {
        let headers: Vec<_> = headers.iter().map(|(name, value)| format!("{name}={value}")).collect();
        format!("{}|{}", headers.join("&"), body.escape_ascii())
    };
    parts.iter().map(show_part).collect::<Vec<_>>().join(" ## ")
}

const READ: &[(&str, &str, &str)] = &[
    ("one part", "--abc\r\nA: b\r\n\r\nbody\r\n--abc--\r\n", "a=b|body"),
    ("two parts", "--abc\r\nA: b\r\n\r\n1\r\n--abc\r\nC: d\r\n\r\n2\r\n--abc--\r\n", "a=b|1 ## c=d|2"),
    ("begins with CRLF, ends without one", "\r\n--abc\r\nA:b\r\n\r\nbody\r\n--abc--", "a=b|body"),
    (
        "header without a space",
        "--abc\r\nContent-Type:application/json\r\n\r\n{}\r\n--abc--",
        "content-type=application/json|{}",
    ),
    ("header with much white space", "--abc\r\nA: \t b c \t\r\n\r\n\r\n--abc--", "a=b c|"),
    ("header with a colon in its value", "--abc\r\nA: b:c\r\n\r\n\r\n--abc--", "a=b:c|"),
    ("header without a value", "--abc\r\nA:\r\n\r\n\r\n--abc--", "a=|"),
    ("header continued on the next line", "--abc\r\nA: b\r\n c\r\n\r\n\r\n--abc--", "a=b c|"),
    ("header in UTF-8", "--abc\r\nA: é\r\n\r\n\r\n--abc--", "a=é|"),
    ("no headers", "--abc\r\n\r\nbody\r\n--abc--", "|body"),
    ("no body at all, RFC 2046 5.1.1", "--abc\r\nA: b\r\n\r\n--abc--", "a=b|"),
    ("no body and no headers", "--abc\r\n\r\n--abc--", "|"),
    ("preamble", "Ignore me.\r\n--ab\r\n--abc\r\nA: b\r\n\r\nbody\r\n--abc--", "a=b|body"),
    ("boundary inside a preamble's line", "x--abc\r\n\r\n--abc\r\nA: b\r\n\r\nbody\r\n--abc--", "a=b|body"),
    ("epilogue", "--abc\r\nA: b\r\n\r\nbody\r\n--abc--\r\nIgnore me.\r\n--abc\r\nC: d\r\n\r\n", "a=b|body"),
    ("epilogue without a line break", "--abc\r\nA: b\r\n\r\nbody\r\n--abc--ignored", "a=b|body"),
    (
        "white space after a boundary",
        "--abc \t\r\nA: b\r\n\r\nbody\r\n--abc \r\nC: d\r\n\r\n\r\n--abc-- ",
        "a=b|body ## c=d|",
    ),
];

/// Bodies of a part that come back byte for byte.
const KEPT: &[(&str, &str)] = &[
    ("empty", ""),
    ("begins with CRLF", "\r\nbody"),
    ("ends with CRLF", "body\r\n"),
    ("a line break", "\r\n"),
    ("carriage returns at its end", "\r\r"),
    ("boundary inside a line", "x--abc--"),
    ("boundary behind LF only", "x\n--abc\ny"),
    ("a longer boundary, as of a nested body", "x\r\n--abcd\r\ny"),
    ("boundary and one hyphen", "x\r\n--abc-\r\ny"),
    ("white space, then hyphens", "x\r\n--abc --"),
    ("boundary and a lone carriage return", "x\r\n--abc\r"),
    ("beginnings of a boundary", "\r\n-\r\n--\r\n--a\r\n--ab"),
    ("bytes that are not text", "\0\u{1}\u{7f}"),
];

const REFUSED: &[(&str, &str, &str)] = &[
    ("nothing", "", "no boundary"),
    ("no boundary", "{\"actor\":1}", "no boundary"),
    ("another boundary", "--xyz\r\nA: b\r\n\r\nbody\r\n--xyz--", "no boundary"),
    ("no closing boundary", "--abc\r\nA: b\r\n\r\nbody", "the end inside part 1"),
    (
        "no closing boundary of the second part",
        "--abc\r\n\r\n1\r\n--abc\r\n\r\n2\r\n--abc\r\n",
        "the end inside part 3",
    ),
    ("half a closing boundary", "--abc\r\nA: b\r\n\r\nbody\r\n--abc-", "the end inside part 1"),
    ("the end in the headers", "--abc\r\nA: b\r\n", "the end inside part 1"),
    ("no part", "--abc--\r\n", "no part"),
    ("header without a colon", "--abc\r\nA b\r\n\r\nbody\r\n--abc--", "found \"A b\""),
    ("header without a name", "--abc\r\n: b\r\n\r\nbody\r\n--abc--", "found \": b\""),
    ("header with a space in its name", "--abc\r\nA c: b\r\n\r\nbody\r\n--abc--", "found \"A c: b\""),
    ("header with a line feed", "--abc\r\nA: b\nC: d\r\n\r\nbody\r\n--abc--", "headers such as"),
    ("first header continues nothing", "--abc\r\n A: b\r\n\r\nbody\r\n--abc--", "headers such as"),
];

/// Every way to cut a body in two, and one byte at a time.
fn check_all_splits(name: &str, body: &[u8], whole: &Result<Vec<Part>, String>) {
    for at in 0..=body.len() {
        assert_eq!(&read(CONTENT_TYPE, [&body[..at], &body[at..]]), whole, "{name}: split at {at}");
    }
    assert_eq!(&read(CONTENT_TYPE, body.chunks(1)), whole, "{name}: byte by byte");
    assert_eq!(&read(CONTENT_TYPE, body.chunks(3)), whole, "{name}: by threes");
}

#[test]
fn bodies_are_read_whatever_the_chunks() {
    for (name, body, expected) in READ {
        let whole = read(CONTENT_TYPE, [body.as_bytes()]);
        assert_eq!(whole.as_ref().map(|parts| show(parts)), Ok((*expected).to_owned()), "{name}");
        check_all_splits(name, body.as_bytes(), &whole);
    }
    for (name, kept) in KEPT {
        let body = format!("--abc\r\nA: b\r\n\r\n{kept}\r\n--abc--");
        let whole = Ok(vec![(vec![("a".to_owned(), "b".to_owned())], kept.as_bytes().to_vec())]);
        check_all_splits(name, body.as_bytes(), &whole);
    }
}

#[test]
fn broken_bodies_are_refused_whatever_the_chunks() {
    for (name, body, expected) in REFUSED {
        let whole = read(CONTENT_TYPE, [body.as_bytes()]);
        assert!(whole.as_ref().is_err_and(|violation| violation.contains(expected)), "{name}: {whole:?}");
        check_all_splits(name, body.as_bytes(), &whole);
    }
    let binary = b"--abc\r\nA: \xff\r\n\r\n\r\n--abc--";
    assert!(read(CONTENT_TYPE, [&binary[..]]).is_err(), "a header that is not UTF-8");
}

#[test]
fn content_types_name_a_boundary() {
    let dashes = "-------314159265358979323846";
    let seventy = "x".repeat(70);
    for (content_type, boundary) in [
        ("multipart/mixed; boundary=abc", "abc"),
        ("multipart/mixed;boundary=abc", "abc"),
        ("multipart/mixed; boundary=\"abc\"", "abc"),
        ("MULTIPART/Mixed ; BOUNDARY=abc ", "abc"),
        ("multipart/mixed; boundary=aBc", "aBc"),
        ("multipart/mixed; charset=utf-8; boundary=abc", "abc"),
        ("multipart/mixed; boundary=abc; charset=utf-8", "abc"),
        ("multipart/mixed; boundary=\"abc\"; charset=utf-8", "abc"),
        ("multipart/mixed; note=\"a;boundary=x\"; boundary=abc", "abc"),
        ("multipart/mixed; boundary=\"a b:c/d=e?f\"", "a b:c/d=e?f"),
        ("multipart/mixed; boundary=\"a\\bc\"", "abc"),
        ("multipart/mixed; boundary=a=b:c/d", "a=b:c/d"),
        (&format!("multipart/mixed; boundary={dashes}"), dashes),
        (&format!("multipart/mixed; boundary={seventy}"), &seventy),
    ] {
        let body = format!("--{boundary}\r\n\r\nbody\r\n--{boundary}--");
        let parts = read(content_type, [body.as_bytes()]);
        assert_eq!(parts.as_deref().map(show), Ok("|body".to_owned()), "{content_type}");
    }
    for content_type in [
        "",
        "application/json",
        "multipart/form-data; boundary=abc",
        "multipart/mixedness; boundary=abc",
        "multipart/mixed",
        "multipart/mixed;",
        "multipart/mixed; charset=utf-8",
        "multipart/mixed; boundary",
        "multipart/mixed; boundary=",
        "multipart/mixed; boundary=\"\"",
        "multipart/mixed; boundary=\"abc",
        "multipart/mixed; boundary=\"abc\\",
        "multipart/mixed; boundary=\"abc\"d",
        "multipart/mixed; boundary=\"abc \"",
        "multipart/mixed; boundary=a\u{7}c",
        "multipart/mixed; boundary=é",
        "multipart/mixed; boundary=abc; boundary=def",
        "multipart/mixed; charset; boundary=abc",
        &format!("multipart/mixed; boundary={seventy}x"),
    ] {
        assert!(MultipartReader::new(content_type).is_err(), "{content_type}");
    }
}

fn headers(list: &[(&str, &str)]) -> PartHeaders {
    PartHeaders { headers: list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect() }
}

#[test]
fn the_first_part_is_json() {
    for (value, good) in [
        (Some("application/json"), true),
        (Some("Application/JSON; charset=utf-8"), true),
        (Some("text/plain"), false),
        (Some("application/json5"), false),
        (None, false),
    ] {
        let list: Vec<_> = value.map(|value| ("content-type", value)).into_iter().collect();
        let checked = headers(&list).expect_statements();
        assert_eq!(checked.is_ok(), good, "Communication 1.5.2: {value:?}");
        if let Err(violations) = checked {
            assert_eq!(violations.0[0].pointer, "part 1, Content-Type");
        }
    }
}

#[test]
fn other_parts_are_binary_and_name_their_hash() {
    let (sha256, upper) = ("a".repeat(64), "A".repeat(64));
    let (encoding, hash) = ("content-transfer-encoding", "x-experience-api-hash");
    let good = [
        vec![(encoding, "binary"), (hash, &sha256)],
        vec![(encoding, "Binary"), (hash, &upper), ("content-type", "text/plain")],
    ];
    for list in good {
        assert_eq!(headers(&list).expect_attachment(1), Ok(sha256.clone()), "{list:?}");
    }
    let bad = [
        (&[(hash, sha256.as_str())][..], &["part 2, Content-Transfer-Encoding"][..]),
        (&[(encoding, "base64"), (hash, &sha256)], &["part 2, Content-Transfer-Encoding"]),
        (&[(encoding, "binary")], &["part 2, X-Experience-API-Hash"]),
        (&[(encoding, "binary"), (hash, "abc")], &["part 2, X-Experience-API-Hash"]),
        (&[(encoding, "binary"), (hash, &"g".repeat(64))], &["part 2, X-Experience-API-Hash"]),
        (&[], &["part 2, Content-Transfer-Encoding", "part 2, X-Experience-API-Hash"]),
    ];
    for (list, expected) in bad {
        let violations = headers(list).expect_attachment(2).expect_err("a violation");
        let pointers: Vec<_> = violations.0.iter().map(|violation| violation.pointer.as_str()).collect();
        assert_eq!(pointers, expected, "{list:?}");
    }
}

#[test]
fn headers_and_parts_are_bounded() {
    let with_headers = |length: usize| format!("--abc\r\nA:{}\r\n\r\n\r\n--abc--", "x".repeat(length - 4));
    for (length, good) in [(MultipartReader::HEADER_BYTES_MAX, true), (MultipartReader::HEADER_BYTES_MAX + 1, false)] {
        let body = with_headers(length);
        for size in [1, 7, body.len()] {
            assert_eq!(
                read(CONTENT_TYPE, body.as_bytes().chunks(size)).is_ok(),
                good,
                "{length} bytes, chunks of {size}"
            );
        }
    }
    let with_parts = |count: usize| "--abc\r\n\r\n\r\n".repeat(count) + "--abc--";
    assert_eq!(
        read(CONTENT_TYPE, [with_parts(MultipartReader::PARTS_MAX).as_bytes()]).map(|parts| parts.len()),
        Ok(MultipartReader::PARTS_MAX)
    );
    assert!(read(CONTENT_TYPE, [with_parts(MultipartReader::PARTS_MAX + 1).as_bytes()]).is_err());
    // Endless headers are refused while they arrive, not at their end.
    let mut reader = MultipartReader::new(CONTENT_TYPE).expect("a boundary");
    let mut pushed = reader.push(b"--abc\r\n").map(|_| 0);
    for _ in 0..MultipartReader::HEADER_BYTES_MAX {
        pushed = pushed.and_then(|count| reader.push(b"A:b\r\n").map(|_| count + 1));
    }
    assert!(pushed.is_err());
}

/// With work that grows as the square of the bytes this test would run for hours.
#[test]
fn near_boundaries_take_linear_time() {
    for near in ["\r\n--ab", "\r\n--abcd", "\r\n--abc-", "\r\n--abc \tx", "\r", "\r\n", "\r\n--abc\r", "-"] {
        let mut body = b"--abc\r\n\r\n".to_vec();
        let noise = near.repeat(600_000 / near.len());
        body.extend_from_slice(noise.as_bytes());
        body.extend_from_slice(b"x\r\n--abc--");
        for size in [1, 4096, body.len()] {
            let parts = read(CONTENT_TYPE, body.chunks(size)).expect("a body");
            assert_eq!(parts.len(), 1, "{near:?}, chunks of {size}");
            assert_eq!(parts[0].1.len(), noise.len() + 1, "{near:?}, chunks of {size}");
        }
    }
}

/// Nothing but a possible boundary is held back.
#[test]
fn bodies_are_passed_on_as_they_come() {
    let mut reader = MultipartReader::new(CONTENT_TYPE).expect("a boundary");
    assert_eq!(reader.push(b"--abc\r\n\r\n").map(|events| events.len()), Ok(1));
    let mut passed_on = 0;
    for round in 1..100 {
        for event in reader.push(&[b'x'; 1000]).expect("data") {
            let MultipartEvent::Data(bytes) = event else { panic!("not data: {event:?}") };
            passed_on += bytes.len();
        }
        assert_eq!(passed_on, round * 1000);
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(
        statements in prop::collection::vec(any::<u8>(), 0..200),
        attachments in prop::collection::vec(("[a-z]{1,10}/[a-z]{1,10}(; charset=[a-z0-9-]{1,9})?", "[\\r\\n\\-abcx]{0,60}"), 0..5),
        size in 1..80_usize,
    ) {
        let writer = MultipartWriter::new("abcabcabcabc".to_owned());
        let sha2 = "0".repeat(64);
        let mut body = writer.begin_statements();
        body.extend(&statements);
        for (content_type, bytes) in &attachments {
            body.extend(writer.begin_attachment(content_type, &sha2));
            body.extend(bytes.as_bytes());
        }
        body.extend(writer.end());
        let parts = read(&writer.content_type(), body.chunks(size)).expect("a body");
        prop_assert_eq!(&parts[0].1, &statements);
        prop_assert!(headers(&[("content-type", &parts[0].0[0].1)]).expect_statements().is_ok());
        prop_assert_eq!(parts.len(), attachments.len() + 1);
        for ((content_type, bytes), (read_headers, read_bytes)) in attachments.iter().zip(&parts[1..]) {
            let read_headers = PartHeaders { headers: read_headers.clone() };
            prop_assert_eq!(read_headers.get("content-type"), Some(content_type.as_str()));
            prop_assert_eq!(read_headers.expect_attachment(1), Ok(sha2.clone()));
            prop_assert_eq!(read_bytes, bytes.as_bytes());
        }
    }

    #[test]
    fn chunks_never_matter(body in "(--abc\\r\\n)?([abcd:\\r\\n\\- \\t]|\\r\\n--abc|\\r\\n\\r\\n|--abc--){0,40}", size in 1..20_usize) {
        let whole = read(CONTENT_TYPE, [body.as_bytes()]);
        prop_assert_eq!(read(CONTENT_TYPE, body.as_bytes().chunks(size)), whole);
    }

    #[test]
    fn no_content_type_makes_it_panic(content_type in "(multipart/mixed;)?\\PC{0,60}") {
        let _ = MultipartReader::new(&content_type);
    }
}

#[test]
fn a_content_type_cannot_break_out_of_its_header() {
    let writer = MultipartWriter::new("abc".to_owned());
    let begin = writer.begin_attachment("text/plain\r\nX-Evil: yes\r\n\r\n", &"0".repeat(64));
    let body = [&writer.begin_statements()[..], b"{}", &begin, b"x", &writer.end()].concat();
    let parts = read(&writer.content_type(), [&body[..]]).expect("a body");
    assert_eq!(parts[1].0.len(), 3);
    assert_eq!(parts[1].0[0], ("content-type".to_owned(), "text/plain  X-Evil: yes".to_owned()));
}
