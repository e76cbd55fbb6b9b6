//! What somebody who reads along on a captured host knows.

use mcom_model::HostId;
use mcom_wire::{Ask, Down, Member, Up};

/// Everything that passed by so far.
pub(crate) struct Seen {
    /// The captured host's own id in the plan.
    pub(crate) me: HostId,
    /// The hosts that were put below it.
    pub(crate) members: Vec<Member>,
    /// What its ssh has asked for.
    pub(crate) asks: Vec<Ask>,
}

impl Seen {
    /// Before anything passed by.
    pub(crate) const fn nothing() -> Self {
        Self { me: HostId(0), members: Vec::new(), asks: Vec::new() }
    }

    pub(crate) fn told(&mut self, message: &Down) {
        match message {
            Down::Assign(assignment) => self.me = assignment.me,
            Down::Members { hosts } => self.members.extend(hosts.iter().cloned()),
            _ => {}
        }
    }

    pub(crate) fn said(&mut self, message: &Up) {
        if let Up::Ask(ask) = message {
            self.asks.push(ask.clone());
        }
    }

    /// A host of the plan that is neither this one nor below it. Ids are places in the plan, and tests see to it that
    /// there is one.
    pub(crate) fn foreign(&self) -> HostId {
        let own = |id: HostId| id == self.me || self.members.iter().any(|member| member.id == id);
        (0..).map(HostId).find(|&id| !own(id)).expect("a plan is finite")
    }

    /// The first host below this one.
    pub(crate) fn child(&self) -> HostId {
        self.members.first().map_or(self.me, |member| member.id)
    }
}
