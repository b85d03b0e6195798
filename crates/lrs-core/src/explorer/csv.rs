//! Statements as lines of CSV (RFC 4180), for spreadsheets.

use super::StatementItem;

/// The names of the columns, as a line.
pub const CSV_HEADER: &str = "id,stored,timestamp,actor,actor_identifier,verb,verb_id,object,object_id,object_kind,score_percent,\
     success,completion,duration_seconds,response,authority\r\n";

/// A statement as a line.
#[must_use]
pub fn write_csv_line(item: &StatementItem) -> String {
    let result = item.result.as_ref();
    let number = |number: Option<f64>| number.map(|number| number.to_string()).unwrap_or_default();
    let truth = |truth: Option<bool>| truth.map(|truth| truth.to_string()).unwrap_or_default();
    let kind = serde_json::to_value(item.object.kind).ok();
    let cells = [
        item.id.clone(),
        item.stored.clone(),
        item.timestamp.clone(),
        item.actor.name.clone(),
        item.actor.key.clone().unwrap_or_default(),
        item.verb.display.clone(),
        item.verb.id.clone(),
        item.object.name.clone(),
        item.object.id.clone().unwrap_or_default(),
        kind.as_ref().and_then(|kind| kind.as_str()).unwrap_or_default().to_owned(),
        number(result.and_then(|result| result.score_percent)),
        truth(result.and_then(|result| result.success)),
        truth(result.and_then(|result| result.completion)),
        number(result.and_then(|result| result.duration_seconds)),
        result.and_then(|result| result.response.clone()).unwrap_or_default(),
        item.authority.name.clone(),
    ];
    let mut line = cells.iter().map(|cell| quote(cell)).collect::<Vec<_>>().join(",");
    line.push_str("\r\n");
    line
}

/// Quotes what needs it. Texts that a spreadsheet would take for a formula get an apostrophe; numbers are none.
fn quote(cell: &str) -> String {
    let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && cell.parse::<f64>().is_err();
    let mark = if is_formula { "'" } else { "" };
    if is_formula || cell.contains(['"', ',', '\n', '\r']) {
        return format!("\"{mark}{}\"", cell.replace('"', "\"\""));
    }
    cell.to_owned()
}

#[cfg(test)]
mod tests {
    use super::quote;

    #[test]
    fn cells_are_quoted_and_never_formulas() {
        let cases = [
            ("plain", "plain"),
            ("with, comma", "\"with, comma\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("=HYPERLINK(1)", "\"'=HYPERLINK(1)\""),
            ("@cmd", "\"'@cmd\""),
            ("-12.5", "-12.5"),
            ("-a", "\"'-a\""),
            ("two\nlines", "\"two\nlines\""),
        ];
        for (cell, expected) in cases {
            assert_eq!(quote(cell), expected);
        }
    }
}
