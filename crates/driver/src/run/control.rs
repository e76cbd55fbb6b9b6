//! What the operator can say to a run that goes on.

/// A word to a running coordinator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// Start nothing new, and end what runs.
    Cancel,
    /// Leave now: close every link, and let the hosts go on.
    Leave,
}
