//! This host's own attempt: when it starts, and what is said of it. How it is claimed, supervised and proved is the
//! business of the attempt, not of the tree.

use crate::tree::effect::{Effect, OwnMode, OwnStart};
use crate::tree::hosts::{Phase, STREAMS};
use crate::tree::input::{OwnEvent, OwnReceipt};
use crate::tree::run::{Role, TreeRun};
use crate::tree::stop::Stop;
use crate::tree::window::Claim;
use bytes::Bytes;
use mcom_model::limits::BODY_INLINE;
use mcom_model::{Digest, HostEvent, Outcome, OutputMode, Reason, Receipt, Stream};
use mcom_wire::OutputChunk;

/// The place of a node's own host in its list of hosts.
pub(super) const ME: u32 = 0;

/// The own attempt.
#[derive(Default)]
pub(super) struct Own {
    /// Holds a slot of the window.
    slot: bool,
    step: OwnStep,
    /// It was looked for, and had not begun.
    looked: bool,
    /// It is being ended.
    cancelled: bool,
    /// Bytes in the spool, as last heard from the supervisor, and as last said.
    printed: [u64; 2],
    said: [u64; 2],
}

/// What the driver was told to do about the own attempt.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum OwnStep {
    /// Nothing yet, or it looked and had not begun.
    #[default]
    Idle,
    /// To look whether it has begun.
    Looking,
    /// To start it, or to make sure that nobody does.
    Told,
}

impl TreeRun {
    /// The own payload wants a slot, before anybody below.
    pub(super) fn claim_own_slot(&mut self) {
        self.pools[0].waiting.push_front(Claim::Own);
    }

    pub(super) fn take_own_slot(&mut self, pool: u32) {
        if self.hosts.get(ME).ended() {
            return;
        }
        self.pools[pool as usize].used += 1;
        if let Some(node) = self.node_mut() {
            node.own.slot = true;
        }
        self.start_own_if_ready();
    }

    /// Starts the own payload when it has its slot and every blob is here; one that may have begun is looked for
    /// first.
    pub(super) fn start_own_if_ready(&mut self) {
        let me = self.hosts.get(ME);
        if me.ended() || self.stop.reason().is_some() {
            return;
        }
        let look = me.begun;
        let Some((slot, step, looked)) = self.node_mut().map(|node| (node.own.slot, node.own.step, node.own.looked))
        else {
            return;
        };
        if step != OwnStep::Idle {
            return;
        }
        if look && !looked {
            // A look starts nothing, so it waits for no slot.
            self.tell_own(OwnMode::Look);
        } else if !slot {
            // Its turn comes.
        } else if self.blobs_here().iter().all(|&here| here) {
            self.tell_own(OwnMode::Start);
        } else {
            self.need_blobs();
        }
    }

    /// Tells the driver what to do about the own attempt, and how much of its output may come.
    fn tell_own(&mut self, mode: OwnMode) {
        let (spec, dc, deadline_ms) = (self.run_spec().clone(), self.pools[0].dc.clone(), self.deadline_left());
        let me = self.hosts.get(ME);
        let from = [me.flows[0].received, me.flows[1].received];
        let upto = [me.flows[0].allowed, me.flows[1].allowed];
        let (name, claimed_by) = (me.spec.name.clone(), me.uid);
        let start = OwnStart { mode, spec, me: me.id, name, dc, from, deadline_ms, claimed_by };
        self.effects.push_back(Effect::StartOwn(Box::new(start)));
        for stream in STREAMS {
            let upto = upto[stream as usize];
            if upto > from[stream as usize] {
                self.effects.push_back(Effect::ReadOwn { stream, upto });
            }
        }
        let Some(node) = self.node_mut() else { return };
        node.own.step = if mode == OwnMode::Look { OwnStep::Looking } else { OwnStep::Told };
        if node.own.cancelled {
            self.effects.push_back(Effect::CancelOwn);
        }
    }

    /// It was looked for, and has not begun.
    fn own_not_begun(&mut self) {
        let Some(node) = self.node_mut().filter(|node| node.own.step == OwnStep::Looking) else { return };
        (node.own.step, node.own.looked) = (OwnStep::Idle, true);
        if self.hosts.get(ME).ended() {
            return;
        }
        match self.stop {
            Stop::No => self.start_own_if_ready(),
            Stop::Halted(_) | Stop::Cancelled(_) => self.tell_own(OwnMode::Void),
        }
    }

    pub(super) fn own_event(&mut self, event: OwnEvent) {
        if self.hosts.list.is_empty() || self.me().is_none() {
            return;
        }
        match event {
            OwnEvent::Claimed { boot, uid } => {
                self.own_moved(Phase::Claimed, HostEvent::Claimed { boot, uid: Some(uid) });
            }
            OwnEvent::Attached { boot } => self.own_moved(Phase::Started, HostEvent::Attached { boot }),
            OwnEvent::NotBegun => self.own_not_begun(),
            OwnEvent::Held { reason } => self.say(ME, HostEvent::Held { reason }),
            OwnEvent::Started => self.own_moved(Phase::Started, HostEvent::Started),
            OwnEvent::Printed { stream, len } => {
                if let Some(node) = self.node_mut() {
                    node.own.printed[stream as usize] = len;
                }
                self.say_printed(stream);
            }
            OwnEvent::Output { stream, offset, bytes } => self.own_output(stream, offset, bytes),
            OwnEvent::OutputGone { reason } => self.output_gone(ME, &reason),
            OwnEvent::Ended { outcome, receipt } => self.own_ended(outcome, receipt),
        }
    }

    fn own_moved(&mut self, phase: Phase, event: HostEvent) {
        if !self.hosts.get(ME).ended() {
            self.hosts.get_mut(ME).reach(phase);
            self.say(ME, event);
        }
    }

    /// Says how much the own payload has printed, where that is more than may be sent: once for each allowance, so
    /// that a payload that prints without end does not talk without end.
    pub(super) fn say_printed(&mut self, stream: Stream) {
        if self.hosts.get(ME).ended() {
            return;
        }
        let allowed = self.hosts.flow(ME, stream).allowed;
        let Some(node) = self.node_mut() else { return };
        let (printed, said) = (node.own.printed[stream as usize], &mut node.own.said[stream as usize]);
        if printed > allowed && *said <= allowed {
            *said = printed;
            self.say(ME, HostEvent::Printed { stream, len: printed });
        }
    }

    fn own_output(&mut self, stream: Stream, offset: u64, bytes: Bytes) {
        let flow = self.hosts.flow(ME, stream);
        if flow.closed || offset != flow.received || bytes.is_empty() {
            return;
        }
        let host = self.hosts.get(ME).id;
        self.take_output(ME, OutputChunk { host, stream, offset, bytes });
    }

    fn own_ended(&mut self, outcome: Outcome, receipt: Option<Box<OwnReceipt>>) {
        if self.hosts.get(ME).ended() {
            return;
        }
        let outcome = match (outcome, self.stop.reason()) {
            // Only here is it known why it was not to start.
            (Outcome::NotRun { .. }, Some(reason)) => Outcome::NotRun { reason: reason.clone() },
            (outcome, _) => outcome,
        };
        let receipt = receipt.map(|receipt| self.send_own_bodies(*receipt));
        self.end_own(outcome, receipt);
    }

    /// Sends up the small bodies ahead of the outcome that names them.
    fn send_own_bodies(&mut self, own: OwnReceipt) -> Box<Receipt> {
        let OwnReceipt { receipt, out, err } = own;
        if self.run_spec().output == OutputMode::AtEnd {
            for (body, bytes) in [(receipt.out, out), (receipt.err, err)] {
                let small = (1..=BODY_INLINE).contains(&body.len);
                if let Some(bytes) = bytes.filter(|bytes| small && Digest::of(bytes) == body.digest) {
                    self.take_body(body.digest, bytes);
                }
            }
        }
        Box::new(receipt)
    }

    fn end_own(&mut self, outcome: Outcome, receipt: Option<Box<Receipt>>) {
        if let Some(node) = self.node_mut()
            && std::mem::take(&mut node.own.slot)
        {
            self.pools[0].used -= 1;
        }
        self.host_ended(ME, outcome, receipt);
    }

    /// The own payload cannot be started. One that may have begun is not refused: it is looked after when everything
    /// stops.
    pub(super) fn refuse_own(&mut self, outcome: Outcome) {
        let me = self.hosts.get(ME);
        if !me.ended() && !me.begun && self.own_step() == Some(OwnStep::Idle) {
            self.end_own(outcome, None);
        }
    }

    /// Nothing new starts: the own payload does not, where it has not. Where it may have, nobody may start it later.
    pub(super) fn halt_own(&mut self, reason: &Reason) {
        let Some(step) = self.own_step().filter(|_| self.me().is_some() && !self.hosts.get(ME).ended()) else { return };
        match step {
            OwnStep::Idle if self.hosts.get(ME).begun => self.tell_own(OwnMode::Void),
            OwnStep::Idle => self.end_own(Outcome::NotRun { reason: reason.clone() }, None),
            // It may wait for its start for long: for another run that holds the host.
            OwnStep::Looking | OwnStep::Told => {
                if self.hosts.get(ME).phase < Phase::Started {
                    self.effects.push_back(Effect::GiveUpOwn);
                }
            }
        }
    }

    /// The own payload does not start, or is ended.
    pub(super) fn cancel_own(&mut self, reason: &Reason) {
        self.halt_own(reason);
        let ended = self.me().is_none() || self.hosts.get(ME).ended();
        if let Some(node) = self.node_mut()
            && !ended
            && !std::mem::replace(&mut node.own.cancelled, true)
        {
            self.effects.push_back(Effect::CancelOwn);
        }
    }

    /// Nothing more is wanted of the own attempt: one that only looked leaves nothing. Where its link is lost it stays,
    /// because it may be asked about again.
    pub(super) fn forget_own(&mut self) {
        let looks = self.spec.as_ref().is_some_and(|spec| spec.looks);
        if looks && self.me().is_some() && self.hosts.get(ME).ended() {
            self.effects.push_back(Effect::ForgetOwn);
        }
    }

    /// Slots that the own payload holds.
    pub(super) fn own_slots(&self) -> u32 {
        match &self.role {
            Role::Node(node) => u32::from(node.own.slot),
            Role::Coordinator(_) => 0,
        }
    }

    fn own_step(&self) -> Option<OwnStep> {
        match &self.role {
            Role::Node(node) => Some(node.own.step),
            Role::Coordinator(_) => None,
        }
    }
}
