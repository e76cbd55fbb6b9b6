//! Parents over time: who had a group of hosts, until when, and who came after.

use crate::state::host::Parent;
use mcom_model::{HostId, Reason, RunClock};
use std::collections::{BTreeMap, BTreeSet};

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
    /// The run had ended, and was carried on later.
    RunEnded,
}

impl TermEnd {
    /// Whether the coordinator left, not the parent.
    pub(crate) const fn is_from_above(&self) -> bool {
        matches!(self, Self::Interrupted | Self::RunEnded)
    }
}

/// The terms of one datacenter, in the order in which they began.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    all: Vec<ParentTerm>,
    /// The places of each host's terms.
    of_host: BTreeMap<HostId, Vec<usize>>,
    /// Terms whose place nobody has taken yet.
    left: BTreeSet<usize>,
}

impl Terms {
    /// Every term, in the order in which they began.
    pub fn all(&self) -> &[ParentTerm] {
        &self.all
    }

    /// The terms of children of the coordinator.
    pub fn heads(&self) -> impl DoubleEndedIterator<Item = &ParentTerm> {
        self.all.iter().filter(|term| term.by == Parent::Coordinator)
    }

    /// The places of a host's terms among all, ascending.
    pub fn places_of(&self, host: HostId) -> &[usize] {
        self.of_host.get(&host).map_or(&[], Vec::as_slice)
    }

    /// The last term of a host.
    pub fn last_of(&self, host: HostId) -> Option<&ParentTerm> {
        self.places_of(host).last().map(|&place| &self.all[place])
    }

    /// A host was chosen as a parent.
    pub(super) fn begin(&mut self, at: RunClock, host: HostId, by: Parent, below: u64) {
        if let Some(place) = self.open_of(host) {
            let open = &mut self.all[place];
            (open.by, open.below) = (by, below);
            return;
        }
        let after = self.left.iter().copied().find(|&place| self.all[place].by == by);
        after.map(|place| self.left.remove(&place));
        self.of_host.entry(host).or_default().push(self.all.len());
        self.all.push(ParentTerm { host, by, since: at, below, until: None, open: 0, after });
    }

    /// The way to a parent was lost; `open` of the hosts below it, itself included, have no outcome.
    pub(super) fn end(&mut self, at: RunClock, host: HostId, end: TermEnd, open: u64) {
        if let Some(place) = self.open_of(host) {
            self.end_at(place, at, end, open);
        }
    }

    /// There was no coordinator from this moment on; `open` hosts are asked again. Of the parents inside nothing was lost
    /// by that.
    pub(super) fn leave(&mut self, at: RunClock, end: &TermEnd, open: u64) {
        for place in 0..self.all.len() {
            if self.all[place].until.is_none() {
                let is_head = self.all[place].by == Parent::Coordinator;
                let (end, open) = if is_head { (end.clone(), open) } else { (TermEnd::LostAbove, 0) };
                self.end_at(place, at, end, open);
            }
        }
    }

    /// Whether the host is a parent now.
    pub(super) fn is_parent(&self, host: HostId) -> bool {
        self.open_of(host).is_some()
    }

    fn end_at(&mut self, place: usize, at: RunClock, end: TermEnd, open: u64) {
        // Below a parent that is lost, every place is given anew.
        if open > 0 && end != TermEnd::LostAbove {
            self.left.insert(place);
        }
        let term = &mut self.all[place];
        (term.until, term.open) = (Some((at, end)), open);
    }

    fn open_of(&self, host: HostId) -> Option<usize> {
        self.places_of(host).last().copied().filter(|&place| self.all[place].until.is_none())
    }
}
