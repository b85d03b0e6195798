//! Reading bodies within limits.

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_LENGTH, EXPECT};
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt;
use lrs_core::Limit;

use crate::body_memory::HeldMemory;
use crate::error::ApiError;
use crate::http_problem::HttpProblem;
use crate::mapping::too_large;

/// How much of a refused body is read and thrown away, so that a client that only listens after sending hears the reason.
const DISCARDED_BYTES_MAX: usize = 64 << 20;

/// Room made in advance on the word of `Content-Length`; a client that lies gets no more than this.
const RESERVED_BYTES_MAX: usize = 1 << 20;

/// Reads a whole body of at most `max` bytes into memory that `held` has; `limit` names the limit for the client.
pub(crate) async fn read_body(
    headers: &HeaderMap,
    mut body: Body,
    max: usize,
    limit: Limit,
    held: &mut HeldMemory,
) -> Result<Bytes, ApiError> {
    let refusal = match collect(headers, &mut body, max, held).await {
        Ok(Some(whole)) => return Ok(whole),
        Ok(None) => too_large(limit, u64::try_from(max).unwrap_or(u64::MAX)),
        Err(error) => error,
    };
    discard(headers, body).await;
    Err(refusal)
}

/// The whole body; `None` when it is too large.
async fn collect(
    headers: &HeaderMap,
    body: &mut Body,
    max: usize,
    held: &mut HeldMemory,
) -> Result<Option<Bytes>, ApiError> {
    let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok()).unwrap_or(0);
    if announced > max {
        return Ok(None);
    }
    held.expect(announced).await?;
    let Some(first) = next_chunk(body).await? else { return Ok(Some(Bytes::new())) };
    held.grow_to(first.len()).await?;
    let Some(second) = next_chunk(body).await? else {
        // Most bodies come in one piece, which then is the whole without a copy.
        return Ok(Some(first).filter(|whole| whole.len() <= max));
    };
    let mut whole = BytesMut::with_capacity(announced.min(RESERVED_BYTES_MAX));
    whole.extend_from_slice(&first);
    let mut next = Some(second);
    while let Some(chunk) = next {
        if whole.len() + chunk.len() > max {
            return Ok(None);
        }
        held.grow_to(whole.len() + chunk.len()).await?;
        whole.extend_from_slice(&chunk);
        next = next_chunk(body).await?;
    }
    Ok(Some(whole.freeze()))
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
                let problem = HttpProblem::IncompleteBody { error: error.to_string() };
                return Err(ApiError::new(StatusCode::BAD_REQUEST, problem));
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
