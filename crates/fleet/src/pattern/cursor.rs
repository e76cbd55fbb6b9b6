//! A place in a pattern's text, and errors about a stretch of it.

use super::error::{PatternError, PatternErrorKind};
use std::ops::Range;

/// Reads a text character by character.
pub(super) struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Cursor { text, at: 0 }
    }

    /// Where the next character begins, in bytes.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// What is still to be read.
    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// What was read since `start`.
    pub(super) fn since(&self, start: usize) -> &'a str {
        &self.text[start..self.at]
    }

    /// The word that the next character is a part of.
    pub(super) fn word_around(&self) -> &'a str {
        let start = self.text[..self.at].rfind(ends_word).map_or(0, |sign| sign + 1);
        let end = self.rest().find(ends_word).map_or(self.text.len(), |sign| self.at + sign);
        &self.text[start..end]
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    /// Reads `wanted` if it is next.
    pub(super) fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    /// Reads as long as the characters are wanted.
    pub(super) fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let taken = &rest[..rest.find(|c| !wanted(c)).unwrap_or(rest.len())];
        self.at += taken.len();
        taken
    }

    pub(super) fn skip_blanks(&mut self) -> bool {
        !self.take_while(is_blank).is_empty()
    }

    /// Goes on reading at another place.
    pub(super) fn jump(&mut self, at: usize) {
        self.at = at;
    }

    /// An error about a stretch of the text.
    pub(super) fn error(&self, kind: PatternErrorKind, span: Range<usize>, hint: impl Into<String>) -> PatternError {
        PatternError::new(kind, self.text, span, hint.into())
    }

    /// An error about the next character, or the end.
    pub(super) fn error_here(&self, kind: PatternErrorKind, hint: impl Into<String>) -> PatternError {
        let end = self.at + self.peek().map_or(0, char::len_utf8);
        self.error(kind, self.at..end, hint)
    }
}

/// Whether a character separates terms as a blank does.
pub(super) fn is_blank(c: char) -> bool {
    c.is_ascii_whitespace()
}

/// Whether a term that is a plain word ends before this character.
pub(super) fn ends_word(c: char) -> bool {
    is_blank(c) || matches!(c, ',' | '&' | '!')
}
