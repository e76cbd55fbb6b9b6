//! What stands at the end of a run: what went wrong with its output, equal outputs folded, counts, what to type next.

mod doubts;
mod results;
mod summary;
mod transit;

pub use results::results;
pub(crate) use results::{failures, group_line};
pub(crate) use summary::next_steps;
pub use summary::summary;

use crate::fold::FoldIgnore;

/// How a recap is written.
#[derive(Clone, Copy, Debug, Default)]
pub struct RecapOptions {
    /// Whether the reader is a terminal: then remote bytes are sanitised and long outputs cut.
    pub tty: bool,
    /// Whether to use colour.
    pub color: bool,
    /// Lists every host below its group.
    pub verbose: bool,
    /// What folding overlooks.
    pub ignore: FoldIgnore,
    /// Which verbs may be named as the next step.
    pub next: NextSteps,
    /// Whether the run goes on, and only its reader ends.
    pub running: bool,
}

/// The verbs that this mcom has.
#[derive(Clone, Copy, Debug, Default)]
pub struct NextSteps {
    /// `mcom log`.
    pub log: bool,
    /// `mcom retry`.
    pub retry: bool,
    /// `mcom resume`.
    pub resume: bool,
    /// `mcom watch`.
    pub watch: bool,
}
