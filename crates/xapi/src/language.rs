//! Which language a reader prefers, and which entry of a language map that is (Communication 2.1.3, RFC 9110, RFC 4647).

use crate::Json;
use crate::json::write_object;

/// An `Accept-Language` header, parsed once.
///
/// ```
/// let languages = xapi::LanguagePreferences::parse("de-AT, en;q=0.5");
/// assert_eq!(languages, xapi::LanguagePreferences::parse("en;q=0.5,de-AT;q=1.0"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LanguagePreferences {
    /// Range in lower case and quality in thousandths, the preferred ones first.
    ranges: Vec<(String, u16)>,
}

impl LanguagePreferences {
    /// More ranges than any browser sends; what comes after them is not read.
    pub const RANGES_MAX: usize = 64;

    /// Parses the header; what cannot be read is left out, as RFC 9110 allows.
    #[must_use]
    pub fn parse(header: &str) -> Self {
        let mut ranges: Vec<_> = header.split(',').take(Self::RANGES_MAX).filter_map(parse_range).collect();
        ranges.sort_by_key(|(_, quality)| std::cmp::Reverse(*quality));
        Self { ranges }
    }

    /// The preferred text of a language map (a JSON object of language tags and strings).
    ///
    /// ```
    /// let map = xapi::Json::parse(br#"{"en":"Book","es":"Libro"}"#).unwrap();
    /// assert_eq!(xapi::LanguagePreferences::parse("es-MX").choose_text(&map), Some("Libro"));
    /// ```
    #[must_use]
    pub fn choose_text<'j>(&self, map: &'j Json<'_>) -> Option<&'j str> {
        let members = map.as_object().filter(|members| !members.is_empty())?;
        let tags: Vec<&str> = members.iter().map(|(tag, _)| &**tag).collect();
        members[self.choose(&tags)].1.as_str()
    }

    /// The position of the best of some language tags: for each range in turn an exact match, then a tag that the range is a
    /// prefix of, then the range shortened from its end; else the first tag that is not refused (quality 0), else the first.
    fn choose(&self, tags: &[&str]) -> usize {
        let (wanted, refused): (Vec<_>, Vec<_>) = self.ranges.iter().partition(|(_, quality)| *quality > 0);
        let is_acceptable = |tag: &str| {
            !refused.iter().any(|(range, _)| is_range_of(range, tag))
                || wanted.iter().any(|(range, _)| range.eq_ignore_ascii_case(tag))
        };
        for (range, _) in &wanted {
            if range == "*" {
                break;
            }
            let mut range = range.as_str();
            loop {
                let exact = tags.iter().position(|tag| tag.eq_ignore_ascii_case(range));
                let prefixed = || tags.iter().position(|tag| is_range_of(range, tag) && is_acceptable(tag));
                if let Some(position) = exact.filter(|&at| is_acceptable(tags[at])).or_else(prefixed) {
                    return position;
                }
                let Some((shorter, _)) = range.rsplit_once('-') else { break };
                range = shorter;
            }
        }
        tags.iter().position(|tag| is_acceptable(tag)).unwrap_or(0)
    }
}

/// `en` is a range of `en`, `en-US`, `EN-us`, not of `eng`; `*` of everything.
fn is_range_of(range: &str, tag: &str) -> bool {
    let is_prefix = tag.get(..range.len()).is_some_and(|start| start.eq_ignore_ascii_case(range));
    range == "*" || (is_prefix && matches!(tag.as_bytes().get(range.len()), None | Some(b'-')))
}

/// `de-AT` or `de-AT;q=0.8`.
fn parse_range(text: &str) -> Option<(String, u16)> {
    let (range, weight) = text.split_once(';').unwrap_or((text, "q=1"));
    let range = range.trim();
    let is_subtag = |subtag: &str| (1..=8).contains(&subtag.len()) && subtag.bytes().all(|b| b.is_ascii_alphanumeric());
    let quality = parse_quality(weight.trim().strip_prefix(['q', 'Q'])?.trim_start().strip_prefix('=')?.trim())?;
    (range == "*" || range.split('-').all(is_subtag)).then(|| (range.to_ascii_lowercase(), quality))
}

/// `0`, `1` or either with at most three decimals, up to one; in thousandths.
fn parse_quality(text: &str) -> Option<u16> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    if !matches!(whole, "0" | "1") || decimals.len() > 3 || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let thousandths = format!("{whole}{decimals:0<3}").parse().ok()?;
    (thousandths <= 1000).then_some(thousandths)
}

/// Appends a language map with its preferred entry only; an empty one, or what is none, as it is.
pub(crate) fn write_preferred(json: &Json<'_>, languages: &LanguagePreferences, out: &mut String) {
    match json.as_object() {
        Some(members) if members.len() > 1 => {
            let tags: Vec<&str> = members.iter().map(|(tag, _)| &**tag).collect();
            let chosen = languages.choose(&tags);
            write_object(&members[chosen..=chosen], out, |_, text, out| text.write_compact(out));
        }
        _ => json.write_compact(out),
    }
}
