//! Transit: hosts that the coordinator logs in on itself, through the sshd of another host of their datacenter, which
//! sees ciphertext. For hosts that are set so, and for those that a parent cannot reach without a key of its own.

use crate::tree::effect::LinkId;
use crate::tree::group::Group;
use crate::tree::hosts::Phase;
use crate::tree::input::LinkFailure;
use crate::tree::run::TreeRun;
use mcom_model::{Credentials, HostEvent, Reason, ReasonKind};

/// The hosts of a datacenter that others may be reached through: those that led, the last one first.
pub(super) struct Gateways {
    known: Vec<u32>,
    now: usize,
}

impl Gateways {
    pub(super) const fn new() -> Self {
        Self { known: Vec::new(), now: 0 }
    }

    /// The one to be used now for a host, which is never the host itself: one that led once may be a child later.
    pub(super) fn now(&self, host: u32) -> Option<u32> {
        let in_turn = self.known.iter().cycle().skip(self.now).take(self.known.len());
        in_turn.copied().find(|&known| known != host)
    }

    /// A host was linked: it is the one to be used from now on.
    fn add(&mut self, host: u32) {
        self.known.retain(|&known| known != host);
        self.known.insert(0, host);
        self.now = 0;
    }

    /// The one in use cannot be relied on: takes the next, in turn.
    fn turn(&mut self) {
        if !self.known.is_empty() {
            self.now = (self.now + 1) % self.known.len();
        }
    }
}

impl TreeRun {
    /// Of the hosts that were to go below a new head, those that go by transit are begun on their own, through the head.
    /// Returns the others.
    pub(super) fn spare_transit(&mut self, group: u32, head: u32, members: Vec<u32>) -> Vec<u32> {
        if !self.is_coordinator() || self.groups[group as usize].through {
            return members;
        }
        let pool = self.groups[group as usize].pool;
        self.pools[pool as usize].gateways.add(head);
        let (spared, members): (Vec<u32>, Vec<u32>) = members.into_iter().partition(|&ix| self.goes_by_transit(ix));
        let Group { epoch, ask_until, .. } = self.groups[group as usize];
        for ix in spared {
            // Slots that it may have held go with its group to the head, and come back from there.
            let mut alone = Group::new(pool, vec![ix]).through_gateway();
            (alone.epoch, alone.ask_until) = (epoch, ask_until);
            self.begin_group(alone);
        }
        members
    }

    fn goes_by_transit(&self, ix: u32) -> bool {
        let host = self.hosts.get(ix);
        host.transit || self.credentials_of(ix) == Credentials::Transit
    }

    /// Whether the coordinator goes on with a host that its parent could not reach: transit lets the parent do less, so
    /// nobody gains by claiming that the rest is not possible.
    pub(super) fn may_go_by_transit(&self, ix: u32, reason: &Reason) -> bool {
        let host = self.hosts.get(ix);
        self.is_coordinator()
            && reason.kind == ReasonKind::RelayImpossible
            && self.credentials_of(ix) == Credentials::Auto
            && !host.transit
            && !host.ended()
    }

    /// Takes a host out of what its parent was assigned, and goes on with it.
    pub(super) fn go_by_transit(&mut self, id: LinkId, ix: u32, reason: Reason) {
        self.say(ix, HostEvent::Transit { reason });
        let host = self.hosts.get_mut(ix);
        (host.transit, host.link) = (true, None);
        host.reach(Phase::Waiting);
        let pool = host.pool;
        self.one_less_at(pool, id);
        let Group { epoch, .. } = self.groups[self.links.get(id).map_or(0, |link| link.group) as usize];
        let mut alone = Group::new(pool, vec![ix]).through_gateway();
        alone.epoch = epoch;
        self.begin_group(alone);
        self.one_settled_at(id);
        self.share_slots(pool);
    }

    /// A host could not be reached through its gateway. Where that one is to blame, the next is taken, and the host is to
    /// be tried again.
    pub(super) fn gateway_failed(&mut self, pool: u32, failure: &LinkFailure) -> bool {
        let blamed = matches!(failure, LinkFailure::Unreachable(reason) if reason.kind == ReasonKind::ParentLost);
        if blamed {
            self.pools[pool as usize].gateways.turn();
        }
        blamed
    }
}
