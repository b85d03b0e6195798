//! Which answers are compressed (gzip, brotli), and how hard.

use http::header::CONTENT_TYPE;
use http::{Extensions, HeaderMap, StatusCode, Version};
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{And, NotForContentType, Predicate, SizeAbove};

/// A shorter answer fits into one packet anyway.
const COMPRESSED_BYTES_MIN: u16 = 1024;

/// Most of the gain for a fraction of the time: an answer is made for one client and sent once.
const LEVEL: CompressionLevel = CompressionLevel::Precise(3);

/// In a response's extensions: its headers speak of a body that does not follow (HEAD), so nothing may change them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HeadersOnly;

type IsText = fn(StatusCode, Version, &HeaderMap, &Extensions) -> bool;

/// The layer around all routes.
pub(crate) fn compression() -> CompressionLayer<And<And<SizeAbove, IsText>, NotForContentType>> {
    let predicate = SizeAbove::new(COMPRESSED_BYTES_MIN)
        .and(is_text as IsText)
        .and(NotForContentType::const_new("multipart/mixed"));
    CompressionLayer::new().quality(LEVEL).compress_when(predicate)
}

fn is_text(_: StatusCode, _: Version, headers: &HeaderMap, extensions: &Extensions) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let text = content_type.starts_with("text/") || content_type.contains("json") || content_type.contains("xml");
    // Events are waited for one by one; a compressor would hold them back.
    let events = content_type.starts_with("text/event-stream");
    text && !events && extensions.get::<HeadersOnly>().is_none()
}
