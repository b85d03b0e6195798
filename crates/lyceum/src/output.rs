//! What commands print on standard output: JSON for programs, tables for people.

use std::io::Write as _;

/// Prints one JSON value on one line.
///
/// # Errors
/// Standard output cannot be written.
pub fn print_json(value: &serde_json::Value) -> anyhow::Result<()> {
    writeln!(std::io::stdout().lock(), "{value}")?;
    Ok(())
}

/// Prints rows under their headings, in columns as wide as their widest cell.
///
/// # Errors
/// Standard output cannot be written.
pub fn print_table<const COLUMNS: usize>(headings: [&str; COLUMNS], rows: &[[String; COLUMNS]]) -> anyhow::Result<()> {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([headings[column].len()]).max().unwrap_or_default()
    };
    let widths: [usize; COLUMNS] = std::array::from_fn(width);
    let mut out = std::io::stdout().lock();
    let mut print_row = |cells: [&str; COLUMNS]| {
        let line: Vec<String> = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        writeln!(out, "{}", line.join("  ").trim_end())
    };
    print_row(headings)?;
    for row in rows {
        print_row(std::array::from_fn(|column| row[column].as_str()))?;
    }
    Ok(())
}

/// An instant as RFC 3339 in UTC.
#[must_use]
pub fn format_instant(instant: xapi::Timestamp) -> String {
    instant.to_string()
}
