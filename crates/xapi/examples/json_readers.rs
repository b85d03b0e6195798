//! Compares the reader of this crate with `serde_json` on real statements, in one run:
//! `cargo run --release -p xapi --example json_readers -- FOLDER` with a folder of files that hold statements as JSON.
//!
//! Prints nanoseconds for each byte, the best of several rounds. `docs/adr/0004-json-reader.md` has the figures and what follows
//! from them.

use std::borrow::Cow;
use std::fmt;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use xapi::{Json, Version, parse_statements};

const ROUNDS: usize = 300;

/// The tree that `serde_json` could build in place of [`Json`]: it borrows as well, but has neither the spelling of numbers nor
/// the text of a value.
#[expect(dead_code, reason = "it is built, not looked at")]
enum Tree<'a> {
    Null,
    Bool(bool),
    Number(f64),
    String(Cow<'a, str>),
    Array(Vec<Tree<'a>>),
    Object(Vec<(Cow<'a, str>, Tree<'a>)>),
}

struct TreeVisitor;

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = Tree<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Tree::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Tree::Bool(value))
    }

    #[expect(clippy::cast_precision_loss, reason = "only the time counts")]
    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Tree::Number(value as f64))
    }

    #[expect(clippy::cast_precision_loss, reason = "only the time counts")]
    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Tree::Number(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Tree::Number(value))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Self::Value, E> {
        Ok(Tree::String(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Tree::String(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        let mut array = Vec::new();
        while let Some(element) = elements.next_element()? {
            array.push(element);
        }
        Ok(Tree::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut object = Vec::new();
        while let Some((name, value)) = members.next_entry::<Tree<'de>, Tree<'de>>()? {
            let Tree::String(name) = name else { continue };
            object.push((name, value));
        }
        Ok(Tree::Object(object))
    }
}

impl<'de> Deserialize<'de> for Tree<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TreeVisitor)
    }
}

/// Every file of a folder and of the folders in it.
fn read_files(folder: &Path, texts: &mut Vec<Vec<u8>>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            read_files(&path, texts)?;
        } else if path.extension().is_some_and(|extension| extension == "json") {
            texts.push(std::fs::read(path)?);
        }
    }
    Ok(())
}

/// Reads a text; what it makes of it is thrown away.
type Read = dyn Fn(&[u8]);

fn main() {
    let folder = std::env::args().nth(1).expect("the folder of statements is the argument");
    let mut texts = Vec::new();
    read_files(Path::new(&folder), &mut texts).expect("the folder can be read");
    let bytes: usize = texts.iter().map(Vec::len).sum();
    println!("{} texts of {} bytes on average", texts.len(), bytes / texts.len().max(1));

    let readers: [(&str, &Read); 5] = [
        ("xapi::Json", &|text| _ = black_box(Json::parse(text))),
        ("serde_json, a tree that borrows", &|text| _ = black_box(serde_json::from_slice::<Tree<'_>>(text))),
        ("serde_json::Value", &|text| _ = black_box(serde_json::from_slice::<serde_json::Value>(text))),
        ("serde_json, nothing kept", &|text| _ = black_box(serde_json::from_slice::<serde::de::IgnoredAny>(text))),
        ("read, validate and learn (for scale)", &|text| _ = black_box(parse_statements(text, Version::V1_0_3))),
    ];
    // In turns, so that whatever else the machine does disturbs all alike.
    let mut best = [f64::INFINITY; 5];
    for _ in 0..ROUNDS {
        for ((_, read), best) in readers.iter().zip(&mut best) {
            let start = Instant::now();
            for text in &texts {
                read(text);
            }
            *best = best.min(start.elapsed().as_secs_f64());
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "a folder is small")]
    let (bytes, count) = (bytes as f64, texts.len() as f64);
    for ((name, _), seconds) in readers.iter().zip(best) {
        println!("{name:<40} {:>6.2} ns/byte {:>7.2} µs a text", seconds * 1e9 / bytes, seconds * 1e6 / count);
    }
}
