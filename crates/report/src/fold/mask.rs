//! What outputs may differ in and still count as equal: the host's own name, times, numbers.

use regex::bytes::Regex;
use std::borrow::Cow;
use std::sync::LazyLock;

/// What folding overlooks. The raw bytes stay in the ledger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FoldIgnore {
    /// The host's own name, whole or up to its first dot.
    pub host: bool,
    /// Dates and times of day.
    pub time: bool,
    /// Numbers.
    pub num: bool,
}

static TIME: LazyLock<Regex> = LazyLock::new(|| {
    let date = r"\d{4}-\d\d-\d\d|\d{4}/\d\d/\d\d|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d";
    let time = r"\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?";
    let zone = r"(?:Z\b| ?[+-]\d\d:?\d\d\b| UTC\b)?";
    let pattern = format!(r"(?-u)\b(?:(?:{date})(?:[T ]{time}{zone})?|{time}{zone})");
    Regex::new(&pattern).expect("a constant pattern")
});

static NUMBER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?-u)\b0x[0-9a-fA-F]+\b|\d+(?:\.\d+)*").expect("a constant pattern"));

impl FoldIgnore {
    /// Whether anything is overlooked.
    pub(crate) const fn any(self) -> bool {
        self.host || self.time || self.num
    }

    /// `bytes` with what is overlooked replaced by words in angle brackets.
    pub(crate) fn mask(self, host: &str, bytes: &[u8]) -> Vec<u8> {
        let mut text = Cow::Borrowed(bytes);
        if self.host {
            text = Cow::Owned(mask_name(host, &text));
        }
        if self.time {
            text = replace(text, &TIME, b"<time>");
        }
        if self.num {
            text = replace(text, &NUMBER, b"<num>");
        }
        text.into_owned()
    }
}

fn replace<'a>(text: Cow<'a, [u8]>, what: &Regex, by: &[u8]) -> Cow<'a, [u8]> {
    match what.replace_all(&text, regex::bytes::NoExpand(by)) {
        Cow::Borrowed(_) => text,
        Cow::Owned(replaced) => Cow::Owned(replaced),
    }
}

/// Replaces the host's name, whole or up to its first dot, where it stands as a word of its own: `web1` does not hide
/// in `web10` or `web1-old`.
fn mask_name(host: &str, text: &[u8]) -> Vec<u8> {
    let is_word = |byte: Option<&u8>| byte.is_some_and(|&b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    let short = host.split('.').next().unwrap_or(host);
    let names = [host.as_bytes(), short.as_bytes()];
    let mut masked = Vec::with_capacity(text.len());
    let mut place = 0;
    while place < text.len() {
        let begins = place == 0 || !is_word(text.get(place - 1));
        let name_here = names.iter().find(|name| {
            begins && !name.is_empty() && text[place..].starts_with(name) && !is_word(text.get(place + name.len()))
        });
        if let Some(name) = name_here {
            masked.extend_from_slice(b"<host>");
            place += name.len();
        } else {
            masked.push(text[place]);
            place += 1;
        }
    }
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(ignore: FoldIgnore, text: &str) -> String {
        String::from_utf8(ignore.mask("web1.dc1.example", text.as_bytes())).unwrap()
    }

    #[test]
    fn each_mask_hides_its_own() {
        let host = FoldIgnore { host: true, ..FoldIgnore::default() };
        assert_eq!(masked(host, "web1 web1.dc1.example: web10 web1-old"), "<host> <host>: web10 web1-old");
        let time = FoldIgnore { time: true, ..FoldIgnore::default() };
        assert_eq!(masked(time, "2026-07-22T14:02:11Z up 14:02 Jul 22 14:02:11 x 7"), "<time> up <time> <time> x 7");
        let num = FoldIgnore { num: true, ..FoldIgnore::default() };
        assert_eq!(masked(num, "load 0.12, pid 4711 at 0xffee"), "load <num>, pid <num> at <num>");
    }
}
