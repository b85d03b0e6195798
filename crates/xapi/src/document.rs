//! Documents of State and profiles: content types, and how POST merges (Communication 2.2).

/// A media type, reduced to what documents need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentType(pub String);

impl ContentType {
    /// `application/json`, with or without parameters, in any case.
    #[must_use]
    pub fn is_json(&self) -> bool {
        self.0.split(';').next().is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
    }
}

/// The outcome of merging two documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DocumentMerge {
    /// The merged JSON object.
    Merged(Vec<u8>),
    /// The stored document is not a JSON object: 400, and nothing changes.
    StoredIsNotJsonObject,
    /// The sent document is not a JSON object: 400, and nothing changes.
    SentIsNotJsonObject,
}

/// Merges two JSON objects one level deep; members of `sent` win. Values keep their spelling.
#[must_use]
pub fn merge_documents(stored: (&ContentType, &[u8]), sent: (&ContentType, &[u8])) -> DocumentMerge {
    let _ = (stored, sent);
    unimplemented!()
}
