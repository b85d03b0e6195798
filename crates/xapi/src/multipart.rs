//! `multipart/mixed` as xAPI uses it for attachments (Communication 1.5.2, RFC 2046): a reader that is fed bytes, and a writer.
//!
//! The reader streams: of a part's body it holds back only what may turn out to be a boundary.

mod headers;
mod reader;
mod writer;

pub use headers::PartHeaders;
pub use reader::{MultipartEvent, MultipartReader};
pub use writer::MultipartWriter;

/// The clause that all of it implements.
const RULE: &str = "Communication 1.5.2";
