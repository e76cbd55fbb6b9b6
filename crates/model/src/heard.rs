//! Text that a host says, cut while it is read: whatever a hostile host sends, this much of it is kept, recorded and
//! passed on.

use crate::limits::{REASON_BYTES, RESULT_BYTES, WORD_BYTES};
use serde::{Deserialize, Deserializer};

/// What stands where something was cut off.
const CUT: char = '…';

/// Bytes that are no text become characters of three bytes.
const LOSSY: usize = 3;

/// Reads a word that a host has for itself: its boot id, its architecture.
pub fn word<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(cut(String::deserialize(from)?, WORD_BYTES))
}

/// Reads the text of a reason.
pub(crate) fn reason<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(cut(String::deserialize(from)?, REASON_BYTES))
}

/// Reads what a payload left in `$MCOM_RESULT`.
pub(crate) fn result<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(from)?.map(|text| cut(text, RESULT_BYTES * LOSSY)))
}

/// The text, or its beginning and a mark. What was cut before stays as it is.
pub(crate) fn cut(mut text: String, bytes: usize) -> String {
    let marked = text.ends_with(CUT) && text.len() <= bytes + CUT.len_utf8();
    if text.len() > bytes && !marked {
        text.truncate(text.floor_char_boundary(bytes));
        text.push(CUT);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_once() {
        let long = "é".repeat(300);
        let once = cut(long, 401);
        assert_eq!((once.len(), once.chars().next_back()), (403, Some('…')));
        assert_eq!(cut(once.clone(), 401), once);
        assert_eq!(cut("short".to_owned(), 5), "short");
    }
}
