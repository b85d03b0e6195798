//! The `more` of a list of statements: a URL that goes on where a page ended (Communication 2.1.3, `StatementResult`).
//!
//! It holds the request's own parameters and the place in the log. It permits nothing by itself: whoever follows it needs a
//! key, sees what that key may see, and only in the LRS that the URL was made for.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lrs_store::{LrsName, Seq};
use xapi::{Parameters, Violation};

/// The parameter that holds it.
pub(crate) const CURSOR: &str = "cursor";

/// The URL, path-absolute. `path` is that of the Statements resource as clients reach it.
pub(crate) fn write_more(path: &str, lrs: &LrsName, parameters: &Parameters, after: Seq) -> String {
    let cursor = serde_json::to_vec(&(lrs.as_str(), after.0, &parameters.0)).expect("texts and numbers become JSON");
    format!("{path}?{CURSOR}={}", URL_SAFE_NO_PAD.encode(cursor))
}

/// The parameters with which a list began, and where it goes on. `cursor` comes from a client and may be anything.
pub(crate) fn read_cursor(lrs: &LrsName, cursor: &str) -> Result<(Parameters, Seq), Violation> {
    type Cursor = (String, u64, Vec<(String, String)>);
    let read = URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|json| serde_json::from_slice::<Cursor>(&json).ok());
    match read {
        Some((of, after, parameters)) if of == lrs.as_str() => Ok((Parameters(parameters), Seq(after))),
        _ => {
            let expected = "the cursor of a more URL of this LRS, unchanged";
            Err(Violation::quoting(CURSOR, "Communication 2.1.3", expected, cursor))
        }
    }
}
