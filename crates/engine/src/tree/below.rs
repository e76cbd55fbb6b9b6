//! What comes up a link, and whether the child may say it: only about hosts that were put below it, only what
//! follows from what was said before, only as much as was allowed. A link that breaks this is closed.

use crate::tree::effect::LinkId;
use crate::tree::hosts::Phase;
use crate::tree::links::Link;
use crate::tree::run::{Role, TreeRun};
use bytes::Bytes;
use mcom_model::limits::BODY_INLINE;
use mcom_model::{Digest, Exit, HostEvent, HostId, Outcome, Reason, ReasonKind, Receipt, What};
use mcom_wire::{OutputChunk, Up};

/// What a child may not say, in words.
pub(super) type Broken = String;

impl TreeRun {
    pub(super) fn child_said(&mut self, id: LinkId, message: Up) {
        let now = self.now;
        let Some(link) = self.links.get_mut(id) else { return };
        link.heard = now;
        if let Err(text) = link.count(&message) {
            return self.violation(id, text);
        }
        let taken = match message {
            Up::Said { host, event } => self.heard(id, host, event),
            Up::Body { digest, bytes } => self.body_came(id, digest, bytes),
            Up::Output(chunk) => self.output_came(id, chunk),
            Up::OutputGone { host, reason } => self.output_gone_below(id, host, &reason),
            Up::Ask(ask) => self.asked_below(id, ask),
            Up::Need { index } => self.blob_needed(id, index),
            Up::Pong { .. } => Ok(()),
            Up::Hello(_) => Err("it said hello twice".to_owned()),
        };
        if let Err(text) = taken {
            self.violation(id, text);
        }
    }

    fn violation(&mut self, id: LinkId, text: Broken) {
        let reason = Reason::new(ReasonKind::ProtocolViolation, text);
        self.record_violation(id, &reason);
        self.lose_link(id, &reason, true);
    }

    /// A link was lost; where that was because of bytes that are no message, it is a violation like any other.
    pub(super) fn link_lost(&mut self, id: LinkId, reason: &Reason) {
        if reason.kind == ReasonKind::ProtocolViolation {
            self.record_violation(id, reason);
        }
        self.lose_link(id, reason, false);
    }

    fn record_violation(&mut self, id: LinkId, reason: &Reason) {
        if let (Some(host), Role::Coordinator(_)) = (self.link_host(id), &self.role) {
            self.record(What::Violation { host, reason: reason.clone() }, false);
        }
    }

    /// The host that a child speaks of, if it is one of those that were put below it.
    pub(super) fn below_link(&self, id: LinkId, host: HostId) -> Result<u32, Broken> {
        let below = |&ix: &u32| self.hosts.get(ix).link == Some(id);
        self.hosts
            .place(host)
            .filter(below)
            .ok_or_else(|| format!("it spoke of host {}, which is not below it", host.0))
    }

    fn heard(&mut self, id: LinkId, host: HostId, event: HostEvent) -> Result<(), Broken> {
        let ix = self.below_link(id, host)?;
        let link = self.links.get(id).ok_or("it spoke before its link stood")?;
        self.check_event(id, link, ix, &event)?;
        self.note_edge(ix, &event);
        if self.hosts.get(ix).ended() && !matches!(event, HostEvent::ParentLost { .. }) {
            return self.heard_again(ix, event);
        }
        if let HostEvent::Ended { outcome: Outcome::Refused { reason } | Outcome::Unknown { reason }, .. } = &event
            && self.may_go_by_transit(ix, reason)
        {
            self.go_by_transit(id, ix, reason.clone());
            return Ok(());
        }
        let phase = match &event {
            HostEvent::Linking { .. } => Phase::Linking,
            HostEvent::Linked { .. } => Phase::Linked,
            HostEvent::GaveWay { .. } | HostEvent::LinkLost { .. } | HostEvent::ParentLost { .. } => Phase::Waiting,
            HostEvent::Claimed { .. } => Phase::Claimed,
            HostEvent::Started | HostEvent::Attached { .. } => Phase::Started,
            _ => self.hosts.get(ix).phase,
        };
        self.hosts.get_mut(ix).reach(phase);
        if let HostEvent::Claimed { uid, .. } = &event {
            self.hosts.get_mut(ix).uid = *uid;
        }
        match event {
            HostEvent::Ended { outcome, receipt } => self.host_ended(ix, outcome, receipt),
            HostEvent::Printed { stream, len } => {
                self.say(ix, HostEvent::Printed { stream, len });
                self.want_printed(ix, stream, len);
            }
            event => self.say(ix, event),
        }
        Ok(())
    }

    /// A host that has its outcome was asked for the rest of its output: only that it cannot be had is news, and that a
    /// link is made there.
    fn heard_again(&mut self, ix: u32, event: HostEvent) -> Result<(), Broken> {
        match event {
            HostEvent::Ended { outcome, receipt: None } => {
                let text = format!("the host could not be asked for it again: {}", outcome.kind().words());
                self.output_gone(ix, &Reason::new(ReasonKind::LinkLost, text));
            }
            HostEvent::Linking { .. } | HostEvent::Linked { .. } if !self.is_coordinator() => self.say(ix, event),
            _ => {}
        }
        Ok(())
    }

    /// Whether the event follows from what was said about this host before. A child that commands others may link
    /// them anew whenever it lost them.
    fn check_event(&self, id: LinkId, link: &Link, ix: u32, event: &HostEvent) -> Result<(), Broken> {
        let (phase, begun) = (self.hosts.get(ix).phase, self.hosts.get(ix).begun);
        let own = link.host == ix;
        let fits = match event {
            // That a parent was lost is said of a host that may have ended long ago.
            HostEvent::ParentLost { .. } => !own,
            // So is a link: for output that was lost on its way.
            HostEvent::Linking { by } | HostEvent::Linked { by, .. } => {
                !own && by.is_some_and(|by| self.below_link(id, by).is_ok())
            }
            _ if phase == Phase::Ended => begun,
            HostEvent::Chosen { .. } | HostEvent::GaveWay { .. } | HostEvent::LinkLost { .. } => !own,
            // The coordinator's own to say.
            HostEvent::Transit { .. } => false,
            // Another node may have begun there: one of an earlier parent that goes on, or of a later one, where this
            // one does not know yet that it was lost.
            HostEvent::Attached { .. } => true,
            // Also of a claim that another node has made.
            HostEvent::Held { .. } => phase < Phase::Started,
            HostEvent::Claimed { .. } => phase < Phase::Claimed,
            HostEvent::Started => phase == Phase::Claimed,
            HostEvent::Printed { len, .. } => phase == Phase::Started && *len <= self.run_spec().limits.output_cap,
            HostEvent::Ended { outcome, receipt } => return self.check_end(ix, outcome, receipt.as_deref()),
        };
        let name = &self.hosts.get(ix).spec.name;
        if fits { Ok(()) } else { Err(format!("it said of {name}, which was {phase:?}: {event:?}")) }
    }

    /// Whether an outcome fits what is known of the host and the proof that came with it.
    fn check_end(&self, ix: u32, outcome: &Outcome, receipt: Option<&Receipt>) -> Result<(), Broken> {
        let host = self.hosts.get(ix);
        let wrong = |what: &str| Err(format!("it said that {} ended {what}: {outcome:?}", host.spec.name));
        let Some(receipt) = receipt else {
            let nothing_started =
                matches!(outcome, Outcome::Unreachable { .. } | Outcome::Skipped { .. } | Outcome::NotRun { .. });
            return match outcome {
                _ if outcome.has_receipt() => wrong("without a receipt"),
                _ if nothing_started && host.phase == Phase::Started => wrong("as if it had not started, and it had"),
                Outcome::Unreachable { .. } if host.begun => wrong("as if it could not have begun"),
                _ => Ok(()),
            };
        };
        let proved = match outcome {
            Outcome::Ok => receipt.exit == Exit::Code(0),
            Outcome::Failed { exit } => receipt.exit == *exit,
            _ => outcome.has_receipt(),
        };
        if !proved {
            return wrong("otherwise than its receipt says");
        }
        if host.phase != Phase::Started {
            return wrong("with a receipt, without a start");
        }
        let cap = self.run_spec().limits.output_cap;
        for (flow, body) in host.flows.iter().zip([&receipt.out, &receipt.err]) {
            if body.len > cap || flow.received > body.len {
                return wrong("with an output of impossible length");
            }
        }
        Ok(())
    }

    fn body_came(&mut self, id: LinkId, digest: Digest, bytes: Bytes) -> Result<(), Broken> {
        let link = self.links.get_mut(id).ok_or("it sent a body before its link stood")?;
        link.bodies += 1;
        // Two streams a host; without this bound a child could fill the memory of everybody above it.
        if link.bodies > link.assigned.saturating_mul(2) {
            return Err("it sent more bodies than its hosts have streams".to_owned());
        }
        if bytes.is_empty() || bytes.len() as u64 > BODY_INLINE || Digest::of(&bytes) != digest {
            return Err(format!("it sent {} bytes that are not body {}", bytes.len(), digest.short()));
        }
        self.take_body(digest, bytes);
        Ok(())
    }

    fn output_came(&mut self, id: LinkId, chunk: OutputChunk) -> Result<(), Broken> {
        let ix = self.below_link(id, chunk.host)?;
        let host = self.hosts.get(ix);
        let flow = &host.flows[chunk.stream as usize];
        let end = chunk.offset.saturating_add(chunk.bytes.len() as u64);
        let in_order = chunk.offset == flow.received && !chunk.bytes.is_empty();
        let within = end <= flow.allowed.min(flow.len.unwrap_or(u64::MAX));
        if flow.closed {
            // It was sent before the word that nobody wants it reached the child.
            return Ok(());
        }
        if !(in_order && within && host.phase >= Phase::Started) {
            let (name, from) = (&host.spec.name, chunk.offset);
            return Err(format!("it sent bytes {from} to {end} of {name}, which nobody had allowed"));
        }
        self.take_output(ix, chunk);
        Ok(())
    }

    fn output_gone_below(&mut self, id: LinkId, host: HostId, reason: &Reason) -> Result<(), Broken> {
        let ix = self.below_link(id, host)?;
        self.output_gone(ix, reason);
        Ok(())
    }
}
