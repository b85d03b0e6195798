//! Reading bodies within limits.

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_LENGTH, EXPECT};
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt;

use crate::error::ApiError;
use crate::mapping::too_large;

/// How much of a refused body is read and thrown away, so that a client that only listens after sending hears the reason.
const DISCARDED_BYTES_MAX: usize = 64 << 20;

/// Room made in advance on the word of `Content-Length`; a client that lies gets no more than this.
const RESERVED_BYTES_MAX: usize = 1 << 20;

/// Reads a whole body of at most `max` bytes; `limit` names the limit for the client.
pub(crate) async fn read_body(
    headers: &HeaderMap,
    mut body: Body,
    max: usize,
    limit: &'static str,
) -> Result<Bytes, ApiError> {
    let refusal = || too_large(limit, u64::try_from(max).unwrap_or(u64::MAX));
    let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > max) {
        discard(headers, body).await;
        return Err(refusal());
    }
    let Some(first) = next_chunk(&mut body).await? else { return Ok(Bytes::new()) };
    if first.len() > max {
        return Err(refusal());
    }
    let mut whole = match next_chunk(&mut body).await? {
        // Most bodies come in one piece, which then is the whole without a copy.
        None => return Ok(first),
        Some(second) => {
            let mut whole = BytesMut::with_capacity(announced.unwrap_or(0).min(RESERVED_BYTES_MAX));
            whole.extend_from_slice(&first);
            whole.extend_from_slice(&second);
            whole
        }
    };
    while whole.len() <= max {
        match next_chunk(&mut body).await? {
            Some(chunk) => whole.extend_from_slice(&chunk),
            None => return Ok(whole.freeze()),
        }
    }
    drop(whole);
    discard(headers, body).await;
    Err(refusal())
}

/// The next bytes of a body; `None` at its end.
pub(crate) async fn next_chunk(body: &mut Body) -> Result<Option<Bytes>, ApiError> {
    loop {
        match body.frame().await.transpose() {
            Ok(None) => return Ok(None),
            Ok(Some(frame)) => {
                // Trailers say nothing to xAPI.
                if let Ok(data) = frame.into_data()
                    && !data.is_empty()
                {
                    return Ok(Some(data));
                }
            }
            Err(error) => {
                let message = format!("The request's body did not arrive whole: {error}. Nothing was changed.");
                return Err(ApiError::new(StatusCode::BAD_REQUEST, "incomplete_body", message));
            }
        }
    }
}

/// Reads the rest of a body that will be refused, within bounds, unless the client waits for a word first.
pub(crate) async fn discard(headers: &HeaderMap, mut body: Body) {
    if headers.contains_key(EXPECT) {
        return;
    }
    let mut discarded = 0;
    while discarded < DISCARDED_BYTES_MAX {
        match next_chunk(&mut body).await {
            Ok(Some(chunk)) => discarded += chunk.len(),
            Ok(None) | Err(_) => return,
        }
    }
}
