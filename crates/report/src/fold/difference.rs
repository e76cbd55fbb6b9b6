//! An output as its difference from another one that it is much alike.

use similar::{ChangeTag, TextDiff};

/// Texts longer than this are not compared.
const BYTES: usize = 64 << 10;
const LINES: usize = 2000;

/// Below this share of common lines two texts are not alike.
const ALIKE: f32 = 0.5;

/// A line that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// Whether the line is in the other text only; else it is in the base only.
    pub added: bool,
    pub line: String,
}

/// The lines that differ; none where the texts are not alike, too long, or not text.
pub(crate) fn difference(base: &[u8], other: &[u8]) -> Option<Vec<Change>> {
    let (base, other) = (comparable(base)?, comparable(other)?);
    let diff = TextDiff::from_lines(base, other);
    if diff.ratio() < ALIKE {
        return None;
    }
    let changes = diff.iter_all_changes().filter(|change| change.tag() != ChangeTag::Equal);
    let changes = changes.map(|change| Change {
        added: change.tag() == ChangeTag::Insert,
        line: change.value().trim_end_matches('\n').to_owned(),
    });
    Some(changes.collect())
}

fn comparable(text: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(text).ok().filter(|text| text.len() <= BYTES)?;
    (text.lines().count() <= LINES).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alike_texts_give_their_changes_and_others_none() {
        let changes = difference(b"a\nb\nc\n", b"a\nB\nc\n").unwrap();
        let texts: Vec<_> = changes.iter().map(|c| (c.added, c.line.as_str())).collect();
        assert_eq!(texts, [(false, "b"), (true, "B")]);
        assert_eq!(difference(b"a\nb\n", b"c\nd\n"), None);
        assert_eq!(difference(b"a\n\xff\n", b"a\n"), None);
        assert_eq!(difference(&vec![b'\n'; BYTES + 1], b"a\n"), None);
    }
}
