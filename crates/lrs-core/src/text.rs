//! Texts as people search them: without case and accents, in words. Folded once, here, so that every backend answers alike.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Longer words are cut: what follows never decides a search.
const WORD_CHARS_MAX: usize = 40;

/// Lower case, without accents; letters that no decomposition reaches as their usual substitutes.
pub(crate) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase) {
        match c {
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'đ' | 'ð' => folded.push('d'),
            'þ' => folded.push_str("th"),
            'ı' => folded.push('i'),
            c => folded.push(c),
        }
    }
    folded
}

/// The folded words of a text in their order. Scripts without blanks between words give pairs of characters.
pub(crate) fn words(text: &str) -> Vec<String> {
    if text.is_ascii() {
        let runs = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|run| !run.is_empty());
        return runs.map(|run| run[..run.len().min(WORD_CHARS_MAX)].to_ascii_lowercase()).collect();
    }
    let mut words = Vec::new();
    for run in fold(text).split(|c: char| !c.is_alphanumeric()).filter(|run| !run.is_empty()) {
        let chars: Vec<char> = run.chars().collect();
        if chars.len() > 1 && chars.iter().any(|c| is_unspaced(*c)) {
            words.extend(chars.windows(2).map(|pair| pair.iter().collect::<String>()));
        } else {
            words.push(chars.into_iter().take(WORD_CHARS_MAX).collect());
        }
    }
    words
}

/// Texts that were split into words already: a log says the same names again and again.
#[derive(Default)]
pub(crate) struct KnownTexts(HashMap<Box<str>, Arc<[Arc<str>]>>);

impl KnownTexts {
    /// More than a course has names; some megabytes. When so many are known, they are forgotten.
    const TEXTS_MAX: usize = 16_384;
    /// Longer texts are not names.
    const TEXT_BYTES_MAX: usize = 128;

    /// The [`words`] of a text.
    pub(crate) fn words(&mut self, text: &str) -> Arc<[Arc<str>]> {
        if let Some(known) = self.0.get(text) {
            return Arc::clone(known);
        }
        let found: Arc<[Arc<str>]> = words(text).into_iter().map(Arc::from).collect();
        if text.len() <= Self::TEXT_BYTES_MAX {
            if self.0.len() >= Self::TEXTS_MAX {
                self.0.clear();
            }
            self.0.insert(text.into(), Arc::clone(&found));
        }
        found
    }
}

/// Kana, Han, Hangul, Thai, Lao, Khmer, Myanmar.
fn is_unspaced(c: char) -> bool {
    matches!(u32::from(c), 0x0e00..=0x0eff | 0x1000..=0x109f | 0x1780..=0x17ff | 0x3040..=0x30ff | 0x3400..=0x9fff
        | 0xac00..=0xd7a3 | 0x2_0000..=0x3_ffff)
}

/// The runs of three characters of a word, with its beginning and end: what two spellings of a name have in common.
pub(crate) fn grams(word: &str) -> BTreeSet<String> {
    let padded: Vec<char> = [' ', ' '].into_iter().chain(word.chars()).chain([' ']).collect();
    padded.windows(3).map(|gram| gram.iter().collect()).collect()
}

/// How many letters have to be put in, left out, replaced or swapped with their neighbour to make one word of the other; `None`
/// for more than `max`.
pub(crate) fn distance(one: &str, other: &str, max: usize) -> Option<usize> {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    if one.len().abs_diff(other.len()) > max {
        return None;
    }
    let mut rows: [Vec<usize>; 3] = [vec![0; other.len() + 1], vec![0; other.len() + 1], (0..=other.len()).collect()];
    for i in 1..=one.len() {
        rows.rotate_left(1);
        rows[2][0] = i;
        for j in 1..=other.len() {
            let changed = usize::from(one[i - 1] != other[j - 1]);
            let mut best = (rows[1][j] + 1).min(rows[2][j - 1] + 1).min(rows[1][j - 1] + changed);
            if i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1] {
                best = best.min(rows[0][j - 2] + 1);
            }
            rows[2][j] = best;
        }
    }
    Some(rows[2][other.len()]).filter(|distance| *distance <= max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_texts_have_the_same_words() {
        let mut known = KnownTexts::default();
        let long = "a very long name ".repeat(20);
        for text in ["Ana RUÍZ", "ana.ruiz@example.org", "学習する", "", &long, "Ana RUÍZ", "ana.ruiz@example.org"]
        {
            let found: Vec<String> = known.words(text).iter().map(ToString::to_string).collect();
            assert_eq!(found, words(text), "{text}");
        }
        assert_eq!(known.0.len(), 4, "long texts are not kept");
    }

    #[test]
    fn known_texts_are_bounded() {
        let mut known = KnownTexts::default();
        for number in 0..=KnownTexts::TEXTS_MAX {
            assert_eq!(&*known.words(&number.to_string())[0], number.to_string());
        }
        assert_eq!(known.0.len(), 1);
    }

    #[test]
    fn texts_fold_and_split_into_words() {
        let cut = "x".repeat(WORD_CHARS_MAX);
        let long = format!("{}, Y", "X".repeat(WORD_CHARS_MAX + 1));
        let cases: [(&str, &[&str]); 8] = [
            (&long, &[&cut, "y"]),
            ("Ana RUÍZ", &["ana", "ruiz"]),
            ("Straße, Łódź & Ærø", &["strasse", "lodz", "aero"]),
            ("ana.ruiz@example.org", &["ana", "ruiz", "example", "org"]),
            ("ﬁnale Ⅳ", &["finale", "iv"]),
            ("学習する", &["学習", "習す", "する"]),
            ("", &[]),
            ("--- …", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(words(text), expected, "{text}");
        }
    }

    #[test]
    fn distances_count_slips_of_the_finger() {
        let cases = [
            ("ruiz", "ruiz", Some(0)),
            ("ruis", "ruiz", Some(1)),
            ("riuz", "ruiz", Some(1)),
            ("ruz", "ruiz", Some(1)),
            ("gonzales", "gonsalez", Some(2)),
            ("ana", "eva", Some(2)),
            ("ana", "beatriz", None),
        ];
        for (one, other, expected) in cases {
            assert_eq!(distance(one, other, 2), expected, "{one} {other}");
        }
    }
}
