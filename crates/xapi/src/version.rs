//! Which version of xAPI a request speaks (`X-Experience-API-Version`).

/// A version of xAPI that this crate serves. Behaviour depends on it; see each function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Version {
    /// xAPI 1.0.3; also chosen by `1.0` and every `1.0.x` (Communication 3.3).
    V1_0_3,
    /// xAPI 2.0.0 (IEEE 9274.1.1); also chosen by `2.0` and every `2.0.x`.
    V2_0_0,
}

impl Version {
    /// Parses a request's version header. `None` for a version that is not served.
    ///
    /// ```
    /// assert_eq!(xapi::Version::parse_header("1.0.1"), Some(xapi::Version::V1_0_3));
    /// assert_eq!(xapi::Version::parse_header("0.95"), None);
    /// ```
    #[must_use]
    pub fn parse_header(text: &str) -> Option<Self> {
        let patch_of = |prefix: &str| {
            let rest = text.strip_prefix(prefix)?;
            let patch = if rest.is_empty() { "0" } else { rest.strip_prefix('.')? };
            (!patch.is_empty() && patch.len() <= 9 && patch.bytes().all(|b| b.is_ascii_digit())).then_some(())
        };
        if patch_of("1.0").is_some() { Some(Self::V1_0_3) } else { patch_of("2.0").map(|()| Self::V2_0_0) }
    }

    /// The exact text of the response header.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V1_0_3 => "1.0.3",
            Self::V2_0_0 => "2.0.0",
        }
    }
}
