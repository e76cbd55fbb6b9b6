//! What happened to a run as a whole.

use mcom_model::{EndedBy, Reason};

/// A turn that a run took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Nothing new starts from there on.
    Halted {
        /// What it was that stopped it.
        by: EndedBy,
        /// In words, as each host is told.
        reason: Reason,
        /// Hosts that counted against `--max-fail` then.
        bad: u64,
    },
    /// The operator asked to cancel.
    CancelAsked {
        /// Who, where it was not the operator at the run's own terminal.
        by: Option<String>,
    },
    /// Another coordinator carries it on.
    Resumed {
        /// Who.
        who: String,
        /// Hosts that may have begun, and are asked again.
        asked: u64,
        /// Hosts that cannot have begun, and are started.
        to_start: u64,
    },
}
