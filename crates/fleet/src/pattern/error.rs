//! What can be wrong with a pattern, and how it is shown: what was found, the place under a caret, what to type.

use std::fmt;
use std::ops::Range;

/// How much text is shown on each side of the place.
const CONTEXT: usize = 40;
/// How long a caret line may become.
const MAX_CARETS: usize = 60;

/// An error in a pattern, at a place in its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternError(Box<Inner>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Inner {
    kind: PatternErrorKind,
    text: String,
    span: Range<usize>,
    hint: String,
    /// The file and line that the text stands in, where it is not the command line.
    origin: Option<(String, usize)>,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PatternErrorKind {
    /// There is no text.
    #[error("the pattern is empty")]
    Empty,
    /// A separator or operator with nothing on its left.
    #[error("no host stands before this {0}")]
    NothingBefore(char),
    /// A separator or operator with nothing on its right.
    #[error("no host stands after this {0}")]
    NothingAfter(char),
    /// A character that has no meaning there.
    #[error("{0} has no meaning here")]
    Stray(String),
    /// A blank or a sign between terms in the middle of brackets.
    #[error("{0} inside of {1}")]
    Inside(&'static str, &'static str),
    /// A bracket without its end.
    #[error("this {0} is never closed")]
    Unclosed(char),
    /// The end of a bracket without its beginning.
    #[error("this {0} closes nothing")]
    Unopened(char),
    /// A list in braces without its beginning or its end.
    #[error("one half of a list in braces: the shell has split it")]
    SplitByShell,
    /// `[abc]`.
    #[error("{0} is not a character class: brackets are lists of numbers")]
    CharacterClass(String),
    /// `[01:50]`, `[1..9]`.
    #[error("{0} is another tool's spelling of a range")]
    ForeignRange(String),
    /// `[10-1]`.
    #[error("{0} runs backwards")]
    Reversed(String),
    /// `[8-010]`, `[01-100]`.
    #[error("{0} is padded at one end only: 1 and 01 are different names")]
    Padding(String),
    /// Something else that is no item of a range.
    #[error("{0} is no number, no range and no letter")]
    BadItem(String),
    /// A range with nothing in it, or nothing between two commas.
    #[error("nothing to choose from")]
    EmptyChoice,
    /// A step that is no number or zero.
    #[error("{0} is no step")]
    BadStep(String),
    /// More digits than a number may have.
    #[error("a number of more than {max} digits", max = crate::hostset::MAX_DIGITS)]
    LongNumber,
    /// `{3}`.
    #[error("{0} is no list: a list in braces has a comma or two dots")]
    LoneBrace(String),
    /// Alternation within alternation within alternation.
    #[error("brackets inside of brackets more than {0} deep")]
    TooDeep(usize),
    /// `.*`, `\d`, `$` in a name.
    #[error("{0} looks like a regular expression, and this is a name")]
    LooksLikeRegex(String),
    /// A regular expression that is none.
    #[error("this regular expression is not valid: {0}")]
    BadRegex(String),
    /// A name that can be empty, begin with `-` or `.`, or be too long.
    #[error("this can make a name that {0}")]
    BadName(&'static str),
    /// A user before `@` that is none.
    #[error("{0} is no user's name")]
    BadUser(String),
    /// A port after `:` that is none.
    #[error("{0} is no port")]
    BadPort(String),
    /// An address with colons.
    #[error("{0} looks like an IPv6 address")]
    Ipv6(String),
    /// Something after `@` that is no group.
    #[error("{0} is no group's name")]
    BadGroup(String),
    /// `@run:` without an id or an outcome.
    #[error("{0} is no run with an outcome")]
    BadRun(String),
    /// `^` without a path.
    #[error("no file is named after ^")]
    NoFile,
    /// A file of targets that names a file of targets.
    #[error("{0} inside of a file: files of hosts do not refer to others")]
    NestedFile(String),
    /// More names than the caller allows.
    #[error("{count} names are more than the limit of {limit}")]
    TooMany {
        /// How many there would be.
        count: String,
        /// How many there may be.
        limit: String,
    },
    /// Only an inventory could say.
    #[error("{0} needs an inventory, and there is none")]
    NeedsInventory(String),
    /// No host fits the term.
    #[error("{0} matches nothing")]
    NoMatch(String),
    /// `&` or `!` left no host.
    #[error("{0} leaves no host")]
    NothingLeft(String),
    /// A host with two users or two ports.
    #[error("one host is asked for as {0} and as {1}")]
    Conflict(String, String),
    /// A source knows no such thing.
    #[error("there is no {0}")]
    Unknown(String),
    /// A source failed.
    #[error("{0}: {1}")]
    Source(String, String),
}

impl PatternError {
    pub(super) fn new(kind: PatternErrorKind, text: &str, span: Range<usize>, hint: String) -> Self {
        PatternError(Box::new(Inner { kind, text: text.to_owned(), span, hint, origin: None }))
    }

    /// The same error, in a line of a file.
    pub(super) fn in_line(mut self, file: &str, line: usize) -> Self {
        self.0.origin = Some((file.to_owned(), line));
        self
    }

    /// What is wrong.
    pub fn kind(&self) -> &PatternErrorKind {
        &self.0.kind
    }

    /// The text that the error is in: the pattern, or a line of a file.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// The place in the text, in bytes.
    pub fn span(&self) -> Range<usize> {
        self.0.span.clone()
    }

    /// What to type instead; may be empty.
    pub fn hint(&self) -> &str {
        &self.0.hint
    }

    /// Whether the pattern is well formed but stands for no host: an exit code of its own.
    pub fn matched_nothing(&self) -> bool {
        matches!(
            self.0.kind,
            PatternErrorKind::NoMatch(_) | PatternErrorKind::NothingLeft(_) | PatternErrorKind::Unknown(_)
        )
    }
}

impl std::error::Error for PatternError {}

/// Several lines: what is wrong, the text, carets under the place, and what to type.
impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((file, line)) = &self.0.origin {
            write!(f, "{file} line {line}: ")?;
        }
        write!(f, "{}", printable(&self.0.kind.to_string()))?;
        if !self.0.text.trim().is_empty() {
            let (shown, carets) = excerpt(&self.0.text, &self.0.span);
            write!(f, "\n  {shown}\n  {carets}")?;
        }
        if !self.0.hint.is_empty() {
            write!(f, "\n  {}", printable(&self.0.hint))?;
        }
        Ok(())
    }
}

/// The part of the text around the place, and the line of carets that goes under it.
fn excerpt(text: &str, span: &Range<usize>) -> (String, String) {
    let before: Vec<char> = text[..span.start].chars().collect();
    let after: Vec<char> = text[span.start..].chars().collect();
    let marked = text[span.clone()].chars().count();
    let from = before.len().saturating_sub(CONTEXT);
    let to = after.len().min(marked.min(MAX_CARETS) + CONTEXT);
    let mut shown = String::new();
    let mut indent = before.len() - from;
    if from > 0 {
        shown.push('…');
        indent += 1;
    }
    shown.extend(&before[from..]);
    shown.extend(&after[..to]);
    if to < after.len() {
        shown.push('…');
    }
    (printable(&shown), " ".repeat(indent) + &"^".repeat(marked.clamp(1, MAX_CARETS)))
}

/// Nothing that a terminal would act upon: a control character becomes one that is seen, and keeps its column.
fn printable(text: &str) -> String {
    let seen = |c: char| match c {
        '\t' | '\n' | '\r' => ' ',
        c if c.is_control() => '\u{fffd}',
        c => c,
    };
    text.chars().map(seen).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_around_the_place() {
        let text = format!("{}[abc]{}", "a,".repeat(100), ",b".repeat(100));
        let error = PatternError::new(PatternErrorKind::EmptyChoice, &text, 200..205, "type [1]".to_owned());
        let expected = format!(
            "nothing to choose from\n  …{}[abc]{}…\n  {}^^^^^\n  type [1]",
            "a,".repeat(20),
            ",b".repeat(20),
            " ".repeat(41)
        );
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn control_characters_are_not_printed_raw() {
        let text = "web\u{1b}[2J\tx";
        let error = PatternError::new(PatternErrorKind::Stray("\u{1b}".to_owned()), text, 3..4, String::new());
        assert_eq!(error.to_string(), "\u{fffd} has no meaning here\n  web\u{fffd}[2J x\n     ^");
    }
}
