//! The one way in which remote bytes reach a terminal: nothing that a terminal obeys passes, and what is held back is
//! shown. Pipes and files get the bytes as they are and do not come here.

use std::fmt::Write;

/// Text for a terminal. Newlines and tabs pass; other control characters, characters that change the direction or
/// cannot be seen, and bytes that are not UTF-8 are shown as escapes.
pub fn sanitise(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    sanitise_into(&mut text, bytes);
    text
}

/// Text for one line of a terminal: like [`sanitise`], and newlines and tabs are shown as escapes too.
pub fn sanitise_line(bytes: &[u8]) -> String {
    let text = sanitise(bytes);
    if text.contains(['\n', '\t']) { text.replace('\n', "\\n").replace('\t', "\\t") } else { text }
}

/// Sanitises bytes that arrive in pieces, which may end in the middle of a character.
#[derive(Clone, Debug, Default)]
pub struct Sanitiser {
    /// The beginning of a character whose rest has not come.
    begun: Vec<u8>,
}

impl Sanitiser {
    /// The text of the next piece, as far as its characters are whole.
    pub fn piece(&mut self, bytes: &[u8]) -> String {
        let mut joined = std::mem::take(&mut self.begun);
        joined.extend_from_slice(bytes);
        let whole = joined.len() - begun_len(&joined);
        self.begun = joined.split_off(whole);
        sanitise(&joined)
    }

    /// What is left when nothing more comes.
    pub fn finish(&mut self) -> String {
        sanitise(&std::mem::take(&mut self.begun))
    }
}

/// How many bytes at the end are the beginning of a character.
fn begun_len(bytes: &[u8]) -> usize {
    let tail = &bytes[bytes.len().saturating_sub(3)..];
    let starts = (1..=tail.len()).filter(|&len| tail[tail.len() - len] >= 0xc0);
    let is_begun = |len: &usize| {
        let end = std::str::from_utf8(&tail[tail.len() - len..]);
        end.is_err_and(|error| error.valid_up_to() == 0 && error.error_len().is_none())
    };
    starts.filter(is_begun).max().unwrap_or(0)
}

fn sanitise_into(text: &mut String, bytes: &[u8]) {
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if passes(c) {
                text.push(c);
            } else {
                escape(text, c);
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
}

fn passes(c: char) -> bool {
    match c {
        '\n' | '\t' => true,
        _ if c.is_control() => false,
        // Soft hyphen, Arabic letter mark, zero width space, marks, separators, embeddings, overrides, isolates,
        // invisible operators, byte order mark, annotation marks, tags.
        '\u{ad}'
        | '\u{61c}'
        | '\u{200b}'
        | '\u{200e}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}' => false,
        _ => true,
    }
}

fn escape(text: &mut String, c: char) {
    let _ = match c {
        '\r' => write!(text, "\\r"),
        c if c.is_ascii() => write!(text, "\\x{:02x}", u32::from(c)),
        c => write!(text, "\\u{{{:x}}}", u32::from(c)),
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_a_terminal_obeys_is_shown_instead() {
        assert_eq!(sanitise(b"plain\ttext\n"), "plain\ttext\n");
        assert_eq!(sanitise(b"\x1b[2J\x1b]0;owned\x07"), "\\x1b[2J\\x1b]0;owned\\x07");
        assert_eq!(sanitise("C1 \u{9b}2J".as_bytes()), "C1 \\u{9b}2J");
        assert_eq!(sanitise("bidi \u{202e}gpj.exe".as_bytes()), "bidi \\u{202e}gpj.exe");
        assert_eq!(sanitise(b"50%\r100%"), "50%\\r100%");
        assert_eq!(sanitise(b"\xff\xc3("), "\\xff\\xc3(");
        assert_eq!(sanitise("grün 日本 👩‍💻".as_bytes()), "grün 日本 👩‍💻");
        assert_eq!(sanitise_line(b"two\nlines\t"), "two\\nlines\\t");
    }

    fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
        let tricky = prop_oneof![Just("\u{202e}"), Just("\u{9b}"), Just("\x1b["), Just("é"), Just("👩")];
        let piece = prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..8),
            any::<String>().prop_map(String::into_bytes),
            tricky.prop_map(|text| text.as_bytes().to_vec()),
        ];
        proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn no_control_character_but_newline_and_tab_passes(bytes in any_bytes()) {
            let text = sanitise(&bytes);
            prop_assert!(text.chars().all(|c| c == '\n' || c == '\t' || !c.is_control()));
            let is_override = |c: char| ('\u{202a}'..='\u{202e}').contains(&c);
            prop_assert!(!text.contains(is_override));
            prop_assert!(!sanitise_line(&bytes).contains(char::is_control));
        }

        #[test]
        fn sanitising_twice_changes_nothing(bytes in any_bytes()) {
            let once = sanitise(&bytes);
            prop_assert_eq!(sanitise(once.as_bytes()), once);
        }

        #[test]
        fn pieces_give_the_text_of_the_whole(bytes in any_bytes(), cuts in proptest::collection::vec(1_usize..5, 1..9)) {
            let mut sanitiser = Sanitiser::default();
            let mut text = String::new();
            let (mut rest, mut cuts) = (bytes.as_slice(), cuts.iter().cycle());
            while !rest.is_empty() {
                let (piece, tail) = rest.split_at((*cuts.next().unwrap()).min(rest.len()));
                text += &sanitiser.piece(piece);
                rest = tail;
            }
            text += &sanitiser.finish();
            prop_assert_eq!(text, sanitise(&bytes));
        }
    }
}
