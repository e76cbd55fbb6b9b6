//! What the operator can say to a run that goes on.

/// A word to a running coordinator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Control {
    /// Start nothing new; what runs goes on.
    Halt,
    /// Start nothing new, and end what runs.
    Cancel {
        /// Who asks, where it is not the operator at the run's own terminal.
        by: Option<String>,
    },
    /// Leave now: close every link, and let the hosts go on.
    Leave,
}
