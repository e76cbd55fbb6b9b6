//! This host's own attempt: when it starts, and what is said of it. How it is claimed, supervised and proved is the
//! business of the attempt, not of the tree.

use crate::tree::effect::{Effect, OwnMode, OwnStart};
use crate::tree::hosts::{Phase, STREAMS};
use crate::tree::input::{OwnEvent, OwnReceipt};
use crate::tree::node::Node;
use crate::tree::run::TreeRun;
use crate::tree::window::Claim;
use bytes::Bytes;
use mcom_model::limits::{BODY_INLINE, LIVE_INITIAL_CREDIT};
use mcom_model::{Digest, HostEvent, Outcome, OutputMode, Reason, Receipt, Stream};
use mcom_wire::OutputChunk;

/// The place of a node's own host in its list of hosts.
pub(super) const ME: u32 = 0;

/// The own attempt.
#[derive(Default)]
pub(super) struct Own {
    /// Holds a slot of the window.
    slot: bool,
    /// The supervisor was asked to start.
    asked: bool,
    /// It is being ended.
    cancelled: bool,
    /// Bytes in the spool, as last heard from the supervisor, and as last said.
    printed: [u64; 2],
    said: [u64; 2],
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

    /// Starts the own payload when it has its slot and every blob is here.
    pub(super) fn start_own_if_ready(&mut self) {
        let live = self.run_spec().output == OutputMode::Live;
        let all_here = self.blobs_ready() as usize == self.run_spec().payload.blobs().count();
        let ready = |node: &Node| all_here && node.own.slot && !node.own.asked;
        if self.hosts.get(ME).ended() || self.stop.reason().is_some() || !self.node_mut().is_some_and(|n| ready(n)) {
            return;
        }
        let (spec, dc) = (self.run_spec().clone(), self.pools[0].dc.clone());
        let me = self.hosts.get(ME);
        let start = OwnStart {
            mode: OwnMode::Start,
            spec,
            me: me.id,
            name: me.spec.name.clone(),
            dc,
            from: [0; 2],
            deadline_ms: None,
        };
        self.effects.push_back(Effect::StartOwn(Box::new(start)));
        if live {
            for stream in STREAMS {
                self.effects.push_back(Effect::ReadOwn { stream, upto: LIVE_INITIAL_CREDIT });
            }
        }
        if let Some(node) = self.node_mut() {
            node.own.asked = true;
        }
    }

    pub(super) fn own_event(&mut self, event: OwnEvent) {
        if self.hosts.list.is_empty() || self.me().is_none() {
            return;
        }
        match event {
            OwnEvent::Claimed { boot } => self.own_moved(Phase::Claimed, HostEvent::Claimed { boot }),
            OwnEvent::Attached { boot } => self.own_moved(Phase::Started, HostEvent::Attached { boot }),
            OwnEvent::NotBegun => {}
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
            self.hosts.get_mut(ME).phase = phase;
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

    /// The own payload cannot be started.
    pub(super) fn refuse_own(&mut self, outcome: Outcome) {
        if self.node_mut().is_some_and(|node| !node.own.asked) && !self.hosts.get(ME).ended() {
            self.end_own(outcome, None);
        }
    }

    /// Nothing new starts: the own payload does not, where it has not.
    pub(super) fn halt_own(&mut self, reason: &Reason) {
        if self.me().is_some() {
            self.refuse_own(Outcome::NotRun { reason: reason.clone() });
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
}
