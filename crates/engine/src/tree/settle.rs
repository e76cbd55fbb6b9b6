//! The end of a host, the end of a link's work, and the end of the run.

use crate::tree::effect::{Effect, LinkId};
use crate::tree::hosts::{Phase, STREAMS};
use crate::tree::run::{Role, TreeRun};
use mcom_model::limits::BODY_INLINE;
use mcom_model::{HostEvent, HostId, Outcome, OutputMode, Reason, Receipt};
use mcom_wire::{Down, Up};

impl TreeRun {
    /// A host has its outcome, its only one: says it, frees its slot, and lets its link go where nothing more of it
    /// is wanted.
    pub(super) fn host_ended(&mut self, ix: u32, outcome: Outcome, receipt: Option<Box<Receipt>>) {
        let host = self.hosts.get_mut(ix);
        debug_assert!(!host.ended(), "{} ended twice", host.spec.name);
        host.phase = Phase::Ended;
        for stream in STREAMS {
            host.flows[stream as usize].len = receipt.as_ref().map(|receipt| receipt.body(stream).len);
        }
        let (link, pool) = (host.link, host.pool);
        self.hosts.unended -= 1;
        let kind = outcome.kind();
        let bodies = receipt.as_ref().map(|receipt| [receipt.out, receipt.err]);
        self.say(ix, HostEvent::Ended { outcome, receipt });
        if let Some(coordinator) = self.coordinator_mut() {
            coordinator.tally.add(kind);
            self.collect(ix, bodies);
        }
        if let Some(link) = link {
            self.one_less_at(pool, link);
        }
        self.pace_after(pool, kind);
        self.settle_if_done(ix);
        self.share_slots(pool);
    }

    /// Bodies up to this length travel with the outcome.
    pub(super) fn inline(&self) -> u64 {
        match self.run_spec().output {
            OutputMode::AtEnd => BODY_INLINE,
            OutputMode::Live => 0,
        }
    }

    /// A host that ended and of which no more output is to come is settled; the last one below a link lets it go.
    pub(super) fn settle_if_done(&mut self, ix: u32) {
        let inline = self.inline();
        let coordinator = matches!(self.role, Role::Coordinator(_));
        let host = self.hosts.get_mut(ix);
        if host.settled || !host.ended() || !host.flows.iter().all(|flow| flow.is_done(inline)) {
            return;
        }
        host.settled = true;
        // A child sees for itself that everything was sent, not that nobody wants the rest.
        let unseen = host.flows.iter().any(|flow| flow.len.is_some_and(|len| len > inline && flow.received < len));
        let (id, link) = (host.id, host.link);
        self.hosts.unsettled -= 1;
        let Some(link) = link else { return };
        if coordinator && unseen {
            self.send_down(link, Down::Settled { host: id });
        }
        self.one_settled_at(link);
    }

    pub(super) fn one_settled_at(&mut self, id: LinkId) {
        let Some(link) = self.links.get_mut(id) else { return };
        link.unsettled -= 1;
        if link.unsettled == 0 {
            self.release_link(id);
        }
    }

    /// The coordinator wants nothing more of a host's output (node).
    pub(super) fn settled_above(&mut self, host: HostId) {
        let Some(ix) = self.hosts.place(host) else { return };
        if self.hosts.get(ix).settled {
            return;
        }
        if let Some(link) = self.hosts.get(ix).link {
            self.send_down(link, Down::Settled { host });
        }
        self.hosts.get_mut(ix).flows.iter_mut().for_each(|flow| flow.closed = true);
        self.settle_if_done(ix);
    }

    /// No more of a host's output can come.
    pub(super) fn output_gone(&mut self, ix: u32, reason: &Reason) {
        if self.hosts.get(ix).settled {
            return;
        }
        match self.role {
            Role::Coordinator(_) => self.close_flows(ix, reason),
            Role::Node(_) => {
                let host = self.hosts.get_mut(ix);
                host.flows.iter_mut().for_each(|flow| flow.closed = true);
                let gone = Up::OutputGone { host: host.id, reason: reason.clone() };
                self.effects.push_back(Effect::SendUp(gone));
            }
        }
        self.settle_if_done(ix);
    }

    /// The coordinator's run ends when every host has its outcome and every body is here or lost.
    pub(super) fn end_if_done(&mut self) {
        if !self.over && self.hosts.unended == 0 && self.hosts.unsettled == 0 {
            self.end_run();
        }
    }
}
