//! The framing of a multipart answer.

/// Writes the framing of a multipart answer; the bodies of the parts are the caller's to stream.
///
/// ```
/// let writer = xapi::MultipartWriter::new("abc".to_owned());
/// let body = [writer.begin_statements(), b"{}".to_vec(), writer.end()].concat();
/// assert_eq!(body, b"--abc\r\nContent-Type:application/json\r\n\r\n{}\r\n--abc--\r\n");
/// ```
#[derive(Debug)]
pub struct MultipartWriter {
    boundary: String,
}

impl MultipartWriter {
    /// `boundary` must be plain characters (letters and digits), so that it needs no quotes.
    #[must_use]
    pub fn new(boundary: String) -> Self {
        Self { boundary }
    }

    /// The value of the `Content-Type` header.
    #[must_use]
    pub fn content_type(&self) -> String {
        format!("multipart/mixed; boundary={}", self.boundary)
    }

    /// The bytes before the first part: the statements' own.
    #[must_use]
    pub fn begin_statements(&self) -> Vec<u8> {
        format!("--{}\r\nContent-Type:application/json\r\n\r\n", self.boundary).into_bytes()
    }

    /// The bytes between the previous body and an attachment's body. Control characters of `content_type`, which a
    /// statement may contain and a header line may not, become spaces.
    #[must_use]
    pub fn begin_attachment(&self, content_type: &str, sha2: &str) -> Vec<u8> {
        let content_type = content_type.replace(|c: char| c.is_control(), " ");
        let encoding = "Content-Transfer-Encoding:binary";
        format!(
            "\r\n--{}\r\nContent-Type:{content_type}\r\n{encoding}\r\nX-Experience-API-Hash:{sha2}\r\n\r\n",
            self.boundary
        )
        .into_bytes()
    }

    /// The bytes after the last body.
    #[must_use]
    pub fn end(&self) -> Vec<u8> {
        format!("\r\n--{}--\r\n", self.boundary).into_bytes()
    }
}
