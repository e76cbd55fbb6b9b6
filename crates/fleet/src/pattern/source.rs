//! What a pattern may refer to outside of its own text.

use crate::hostset::HostSet;

/// Answers for what a pattern refers to. The caller implements it over files, standard input, inventory and ledger.
///
/// A pattern may be explained and expanded, or name a source twice: each question may come more than once, and has the
/// same answer each time. So standard input is read once and kept.
pub trait Source {
    /// The text of `^path`.
    fn file(&self, path: &str) -> Result<String, SourceError>;
    /// The text of `-`.
    fn stdin(&self) -> Result<String, SourceError>;
    /// The hosts of `@group` or `@source:group`.
    fn group(&self, source: Option<&str>, group: &str) -> Result<Vec<String>, SourceError>;
    /// The hosts of `@run:id/outcome`.
    fn run(&self, id: &str, outcome: &str) -> Result<Vec<String>, SourceError>;
    /// The hosts that there are; none where there is no inventory.
    fn inventory(&self) -> Option<&HostSet>;
}

/// Why a source has no answer. Each is shown together with the term that asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceError {
    /// Only an inventory could answer, and there is none.
    NoInventory,
    /// There is nothing of that name.
    Unknown {
        /// The names that there are, to find the nearest.
        known: Vec<String>,
    },
    /// It could not be read, or the question makes no sense there.
    Failed {
        /// What went wrong, as a fragment: `no such file`.
        reason: String,
        /// What to type or do instead; may be empty.
        hint: String,
    },
}

/// A source without an inventory, files, runs or standard input: what patterns mean by their text alone.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSource;

impl Source for NoSource {
    fn file(&self, _path: &str) -> Result<String, SourceError> {
        Err(not_here("files are not read here"))
    }

    fn stdin(&self) -> Result<String, SourceError> {
        Err(not_here("standard input is not read here"))
    }

    fn group(&self, _source: Option<&str>, _group: &str) -> Result<Vec<String>, SourceError> {
        Err(SourceError::NoInventory)
    }

    fn run(&self, _id: &str, _outcome: &str) -> Result<Vec<String>, SourceError> {
        Err(not_here("runs are not looked up here"))
    }

    fn inventory(&self) -> Option<&HostSet> {
        None
    }
}

fn not_here(reason: &str) -> SourceError {
    SourceError::Failed { reason: reason.to_owned(), hint: String::new() }
}
