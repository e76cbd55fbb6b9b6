//! What is wrong with a stage, once it is known which hosts there are.

use mcom_fleet::document::Place;
use std::fmt;

/// A stage that cannot be laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayoutError {
    /// The stage, from 0.
    pub stage: usize,
    /// Its name.
    pub name: String,
    /// Where in the rollout's file its reach stands.
    pub place: Place,
    /// What is wrong, and what to type instead.
    pub message: String,
}

impl fmt::Display for LayoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "stage {} ({}): {}", self.stage + 1, self.name, self.message)
    }
}

impl std::error::Error for LayoutError {}
