//! Instants in the form of HTTP headers (RFC 9110, 5.6.7).

use http::HeaderValue;
use xapi::Timestamp;

/// `Tue, 24 Nov 2026 16:00:36 GMT`; what is below a second is cut off. `None` for an instant no calendar has.
pub(crate) fn http_date(instant: Timestamp) -> Option<HeaderValue> {
    let instant = jiff::Timestamp::from_microsecond(instant.0).ok()?;
    HeaderValue::try_from(instant.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()).ok()
}
