//! What must hold of any bytes that are shown on a terminal. The fuzz target checks it, and the tests of its corpus.

use mcom_report::{Sanitiser, sanitise, sanitise_line};

/// Directions and separators that a terminal obeys without being control characters.
const TURNS: [std::ops::RangeInclusive<char>; 2] = ['\u{2028}'..='\u{202e}', '\u{2066}'..='\u{2069}'];

/// The first byte says in how long pieces the others come.
pub fn check(bytes: &[u8]) {
    let Some((&size, bytes)) = bytes.split_first() else { return };
    let whole = sanitise(bytes);
    for c in whole.chars() {
        assert!(c == '\n' || c == '\t' || !c.is_control(), "{whole:?}");
        assert!(!TURNS.iter().any(|turns| turns.contains(&c)), "{whole:?}");
    }
    assert!(!sanitise_line(bytes).contains(char::is_control), "{whole:?}");
    assert_eq!(sanitise(whole.as_bytes()), whole, "what is shown is left alone");
    let mut sanitiser = Sanitiser::default();
    let pieces: String = bytes.chunks(usize::from(size) + 1).map(|piece| sanitiser.piece(piece)).collect();
    assert_eq!(pieces + &sanitiser.finish(), whole, "pieces give the text of the whole");
}
