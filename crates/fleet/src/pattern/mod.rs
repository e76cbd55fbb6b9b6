//! The language of host patterns: text to syntax tree, tree to canonical text, tree to hosts, tree to plain words.
//!
//! What is outside of the text (files, standard input, groups, saved runs, the inventory) comes in through [`Source`].

mod ast;
mod cursor;
mod error;
mod expand;
mod explain;
mod glob;
mod names;
mod parse;
mod print;
mod regex;
mod shell;
mod size;
mod source;
mod target;

pub use ast::{Item, Joint, Name, Part, Pattern, Term, TermKind};
pub use error::{PatternError, PatternErrorKind};
pub use expand::expand;
pub use explain::{Explanation, explain};
pub use parse::parse;
pub use shell::split_by_shell;
pub use source::{NoSource, Source, SourceError};
pub use target::{Target, host_set};
