//! The syntax tree of a pattern. Only the parser makes one, so whatever is in it is well formed.

use std::ops::Range;

/// A pattern: terms that are taken together from left to right.
///
/// Two patterns are equal when they mean the same by the same terms, however they were spelled.
#[derive(Debug, Clone)]
pub struct Pattern {
    pub(super) text: String,
    pub(super) terms: Vec<Term>,
}

impl Pattern {
    /// The text that was parsed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The terms, from left to right.
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.terms == other.terms
    }
}

impl Eq for Pattern {}

/// One term and how it joins what stands to its left.
#[derive(Debug, Clone)]
pub struct Term {
    /// How it joins what stands to its left; the first term is a union with nothing.
    pub joint: Joint,
    /// What it stands for.
    pub kind: TermKind,
    /// Where it stands in the text, in bytes.
    pub span: Range<usize>,
}

impl PartialEq for Term {
    fn eq(&self, other: &Self) -> bool {
        self.joint == other.joint && self.kind == other.kind
    }
}

impl Eq for Term {}

/// How a term joins everything to its left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joint {
    /// `,` or a blank: and these hosts too.
    Union,
    /// `&`: of the hosts so far, only these.
    And,
    /// `!`: of the hosts so far, all but these.
    Without,
}

/// What a term stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TermKind {
    /// `user@name:port`: names spelled out.
    Name {
        /// The user to log in as.
        user: Option<String>,
        /// The name, which may stand for many.
        name: Name,
        /// The port to connect to.
        port: Option<u16>,
    },
    /// `@group` or `@source:group`.
    Group {
        /// Where the group is defined, if it is said.
        source: Option<String>,
        /// The group, `mail` or `dc=dc1`.
        group: String,
    },
    /// `@run:id/outcome`: the hosts of a saved run that ended so.
    Run {
        /// The run, or `latest`.
        id: String,
        /// How the hosts ended.
        outcome: String,
    },
    /// `/regex/` or `~regex`; a slash in it is written `\/`.
    Regex(String),
    /// `^file`: one target a line.
    File(String),
    /// `-`: one target a line of standard input.
    Stdin,
}

/// A name that may stand for many: its parts one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Name {
    /// The parts; two literals never follow each other.
    pub parts: Vec<Part>,
}

/// A part of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Just this text.
    Literal(String),
    /// `[…]`: one of these numbers or letters.
    Range(Vec<Item>),
    /// `(…|…)`: one of these branches.
    Alt(Vec<Name>),
    /// `*`: any text, of names in the inventory.
    AnyText,
    /// `?`: any one character, of names in the inventory.
    AnyChar,
}

/// An item of a range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// `7`, `1-100` or `0-48/16`.
    Numbers {
        /// The first number.
        first: u64,
        /// The last number that may be reached.
        last: u64,
        /// The distance from one number to the next, at least 1.
        step: u64,
        /// How many digits each is padded to; 0 for no padding.
        width: usize,
    },
    /// `a` or `a-f`.
    Letters {
        /// The first letter.
        first: u8,
        /// The last letter that may be reached.
        last: u8,
        /// The distance from one letter to the next, at least 1.
        step: u64,
    },
}
