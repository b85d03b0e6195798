//! Appending JSON to a text.

use std::borrow::Cow;

use super::Json;

/// Appends `text` as a JSON string.
pub(crate) fn write_string(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c < ' ' => {
                let code = u32::from(c);
                out.push_str("\\u00");
                out.extend([code >> 4, code & 15].map(|digit| char::from_digit(digit, 16).unwrap_or('0')));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// Appends an object with the given members, the value of each as `write` spells it.
pub(crate) fn write_object<'j, 'a: 'j>(
    members: impl IntoIterator<Item = &'j (Cow<'a, str>, Json<'a>)>,
    out: &mut String,
    mut write: impl FnMut(&str, &'j Json<'a>, &mut String),
) {
    out.push('{');
    for (position, (name, value)) in members.into_iter().enumerate() {
        if position > 0 {
            out.push(',');
        }
        write_string(name, out);
        out.push(':');
        write(name, value, out);
    }
    out.push('}');
}

/// Appends one reference token of a JSON pointer.
pub(crate) fn write_token(token: &str, pointer: &mut String) {
    pointer.push('/');
    for c in token.chars() {
        match c {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            c => pointer.push(c),
        }
    }
}
