//! Whatever stands in a file, it is read or refused.

use super::{offered, read};
use crate::file::{TEMPLATE, stages_of_flags};
use crate::reach::{Reach, Share};
use proptest::prelude::*;
use proptest::sample::Index;

/// What is put into a template that is torn: what means something to the reader, and what means nothing.
const PIECES: [&str; 24] = [
    "[",
    "]",
    "[[stage]]",
    "'",
    "\"",
    "\"\"\"",
    "=",
    "\n",
    ",",
    "{",
    "}",
    "0",
    "-1",
    "%",
    "/dc",
    "all",
    "true",
    "é",
    "\0",
    "\\",
    "#",
    ".",
    "Mon",
    "99999999999999999999",
];

fn torn(text: &str, cuts: &[(Index, Index, usize)]) -> String {
    let mut text = text.to_owned();
    for (at, piece, len) in cuts {
        let from = text.floor_char_boundary(at.index(text.len() + 1));
        let to = text.floor_char_boundary((from + len).min(text.len())).max(from);
        text.replace_range(from..to, PIECES[piece.index(PIECES.len())]);
    }
    text
}

fn refused_at_a_place(text: &str) -> Result<(), TestCaseError> {
    if let Err(error) = read(text) {
        prop_assert!(error.place.line >= 1 && error.place.line <= text.lines().count() + 1, "{error}");
        prop_assert!(!error.message.is_empty());
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        refused_at_a_place(&text)?;
        let _ = stages_of_flags(&text, 0);
    }

    #[test]
    fn a_torn_template_is_read_or_refused(cuts in prop::collection::vec(any::<(Index, Index, u8)>(), 1..4)) {
        let cuts: Vec<_> = cuts.into_iter().map(|(at, piece, len)| (at, piece, usize::from(len % 20))).collect();
        refused_at_a_place(&torn(TEMPLATE, &cuts))?;
        refused_at_a_place(&torn(&offered(), &cuts))?;
    }

    #[test]
    fn reaches_and_shares_print_what_they_parse(
        amount in 1_u32..=100,
        unit in prop::sample::select(vec!["", "/dc", "%", "%/dc"]),
    ) {
        let text = format!("{amount}{unit}");
        prop_assert_eq!(text.parse::<Reach>().unwrap().to_string(), text.clone());
        if unit.ends_with("/dc") {
            prop_assert_eq!(text.parse::<Share>().unwrap().to_string(), text);
        }
    }
}
