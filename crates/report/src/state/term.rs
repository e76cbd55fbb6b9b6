//! Parents over time: who had a group of hosts, until when, and who came after.

use crate::state::host::Parent;
use mcom_model::{HostId, Reason, RunClock};

/// A stretch of a run in which a host was the parent of others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParentTerm {
    /// The parent.
    pub host: HostId,
    /// Who made the link to it.
    pub by: Parent,
    /// When it was chosen.
    pub since: RunClock,
    /// How many hosts were put below it.
    pub below: u64,
    /// When and how it ended; none: it has not, or stood to the end of the run.
    pub until: Option<(RunClock, TermEnd)>,
    /// Hosts without an outcome when it ended: those below it, and itself.
    pub open: u64,
    /// Whose place it took: an earlier term of the same datacenter.
    pub after: Option<usize>,
}

/// How a parent's term ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TermEnd {
    /// The link to it was lost.
    Lost(Reason),
    /// The link to a parent above it was lost.
    LostAbove,
    /// The coordinator was gone, and another one carried the run on.
    Interrupted,
}

/// The terms of one datacenter, in the order in which they began.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms(Vec<ParentTerm>);

impl Terms {
    /// Every term, in the order in which they began.
    pub fn all(&self) -> &[ParentTerm] {
        &self.0
    }

    /// The terms of children of the coordinator.
    pub fn heads(&self) -> impl DoubleEndedIterator<Item = &ParentTerm> {
        self.0.iter().filter(|term| term.by == Parent::Coordinator)
    }

    /// The last term of a host.
    pub fn last_of(&self, host: HostId) -> Option<&ParentTerm> {
        self.0.iter().rfind(|term| term.host == host)
    }

    /// A term and those whose place it took, the earliest first.
    pub fn line_of(&self, last: &ParentTerm) -> Vec<&ParentTerm> {
        let earlier = |term: &&ParentTerm| term.after.and_then(|place| self.0.get(place));
        let mut line: Vec<&ParentTerm> = std::iter::successors(earlier(&last), earlier).collect();
        line.reverse();
        line.extend(self.last_of(last.host));
        line
    }

    /// A host was chosen as a parent.
    pub(super) fn begin(&mut self, at: RunClock, host: HostId, by: Parent, below: u64) {
        if let Some(open) = self.open_of(host) {
            (open.by, open.below) = (by, below);
            return;
        }
        let taken = |place| self.0.iter().any(|term| term.after == Some(place));
        let is_left = |term: &ParentTerm| {
            term.by == by && term.open > 0 && !matches!(term.until, None | Some((_, TermEnd::LostAbove)))
        };
        let after = (0..self.0.len()).find(|&place| is_left(&self.0[place]) && !taken(place));
        self.0.push(ParentTerm { host, by, since: at, below, until: None, open: 0, after });
    }

    /// The way to a parent was lost; `open` of the hosts below it, itself included, have no outcome.
    pub(super) fn end(&mut self, at: RunClock, host: HostId, end: TermEnd, open: u64) {
        if let Some(term) = self.open_of(host) {
            (term.until, term.open) = (Some((at, end)), open);
        }
    }

    /// The coordinator was gone from this moment on; `open` hosts are asked again.
    pub(super) fn interrupt(&mut self, at: RunClock, open: u64) {
        for term in self.0.iter_mut().filter(|term| term.until.is_none()) {
            let is_head = term.by == Parent::Coordinator;
            let end = if is_head { TermEnd::Interrupted } else { TermEnd::LostAbove };
            (term.until, term.open) = (Some((at, end)), open);
        }
    }

    /// Whether the host is a parent now.
    pub(super) fn is_parent(&self, host: HostId) -> bool {
        self.0.iter().any(|term| term.host == host && term.until.is_none())
    }

    fn open_of(&mut self, host: HostId) -> Option<&mut ParentTerm> {
        self.0.iter_mut().find(|term| term.host == host && term.until.is_none())
    }
}
