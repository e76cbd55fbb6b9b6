//! The file that says a rollout: what it may hold, and how it is read.

mod keys;
mod read;
mod stages;
mod types;

pub use read::parse;
pub use stages::stages_of_flags;
pub use types::{At, FilePayload, HealthFile, RolloutFile, StageFile};

/// A rollout's file that teaches: what `mcom rollout init` writes. It can be read as it is.
pub const TEMPLATE: &str = include_str!("template.toml");

#[cfg(test)]
mod tests;
