//! Looks at what a process wants done before it is done: who speaks for whom, what crosses long links, which links are
//! closed. And the lies of hostile nodes.

use crate::world::World;
use crate::world::queue::Ix;
use crate::world::wire::Wire;
use bytes::Bytes;
use mcom_model::{Digest, HostEvent, HostId, Outcome, Reason, ReasonKind, Stream};
use mcom_wire::{OutputChunk, Up};

impl World {
    /// What only the host itself or its parent can know must have come from below, over the right wire.
    pub(super) fn check_speaker(&mut self, ix: Ix, host: HostId, said: &HostEvent, cause: Option<Ix>) {
        let me = self.procs[ix].host == Some(host.0 as usize);
        let from_below = match said {
            HostEvent::Claimed { .. }
            | HostEvent::Started
            | HostEvent::Attached { .. }
            | HostEvent::Held { .. }
            | HostEvent::Printed { .. } => !me,
            HostEvent::Linked { by, .. } => by.map(|by| by.0 as usize) != self.procs[ix].host,
            HostEvent::Ended { receipt, .. } => receipt.is_some() && !me,
            _ => false,
        };
        if from_below {
            let under = self.procs[ix].under.get(&host).copied();
            self.check.invariant_parent_speaks_only_below(host, under, cause);
        }
    }

    /// A blob goes over a long link.
    pub(super) fn check_shipped(&mut self, wire: Ix, index: u32) {
        let at = &self.wires[wire];
        let host = at.host;
        let plan = &self.scenario.plan;
        let alone = plan.shape.depth == Some(1) || plan.hosts[host].weight == 0;
        let twice = at.shipped[index as usize];
        let again = self.procs[at.child].begun.contains(&host_id(host));
        let elsewhere = |other: &&Wire| {
            let near = if alone { other.host == host } else { plan.hosts[other.host].dc == plan.hosts[host].dc };
            let used = self.procs[other.parent]
                .down
                .get(&other.link)
                .is_some_and(|&used| self.wires[used].child == other.child);
            other.long && near && other.shipped[index as usize] && used && self.procs[other.parent].alive
        };
        let wrong = if twice {
            Some("it went over the same link before")
        } else if again {
            (!at.missing).then_some("the blobs lay there already")
        } else if self.hosts[host].spool.has_blobs() {
            Some("it has it")
        } else {
            self.wires.iter().find(elsewhere).map(|_| "it is in that datacenter already")
        };
        self.check.invariant_payload_once_per_datacenter(host_id(host), index, wrong);
        self.wires[wire].shipped[index as usize] = true;
    }

    /// A link is closed by its parent: that has a reason, or the link was silent for long.
    pub(super) fn check_closed(&mut self, wire: Ix) {
        let at = &self.wires[wire];
        let child = &self.procs[at.child];
        let sound = at.assigned
            && !at.dead
            && !at.was_blocked
            && child.alive
            && !child.was_stopped
            && !child.lied
            && !at.released;
        let parent = &self.procs[at.parent];
        let silent = self.now - at.heard[1] >= self.scenario.spec.timers.dead_ms * 1000;
        if sound && !silent && !parent.told_to_stop && !self.ledger.full && !self.was_deadline(at.parent) {
            let host = host_id(at.host);
            self.check.invariant_no_early_expiry(host);
        }
    }

    fn was_deadline(&self, proc: Ix) -> bool {
        let deadline = self.scenario.spec.limits.deadline_ms;
        deadline.is_some_and(|ms| self.procs[proc].clock(self.now).as_millis() >= ms)
    }

    /// Something that a node may not say.
    pub(super) fn lie(&mut self, ix: Ix) -> Up {
        self.stats.count("fault: node lied");
        let me = HostId(u32::try_from(self.procs[ix].host.unwrap_or_default()).expect("few hosts"));
        let all = self.hosts.len() as u64;
        let other = HostId(u32::try_from((u64::from(me.0) + self.rng.range(1, all)) % (all + 1)).expect("few hosts"));
        // Of those below it, it may say what it likes: that can be wrong, and not be noticed.
        let nobody = HostId(u32::try_from(all).expect("few hosts"));
        let up = self.procs[ix].up;
        let below = up.is_some_and(|up| self.procs[self.wires[up].parent].under.get(&other) == Some(&up));
        let other = if below { nobody } else { other };
        match self.rng.range(0, 6) {
            0 => Up::Said { host: other, event: HostEvent::Started },
            5 => Up::Said { host: other, event: HostEvent::Claimed { boot: "another".to_owned(), uid: None } },
            6 => {
                let reason = Reason::new(ReasonKind::NoRoute, "a lie");
                let outcome = Outcome::Unreachable { reason };
                Up::Said { host: other, event: HostEvent::Ended { outcome, receipt: None } }
            }
            1 => Up::Said { host: me, event: HostEvent::Ended { outcome: Outcome::Ok, receipt: None } },
            2 => {
                Up::Body { digest: Digest::of(b"what nobody printed"), bytes: Bytes::from_static(b"something else\n") }
            }
            3 => {
                let bytes = Bytes::from_static(b"much");
                Up::Output(OutputChunk { host: me, stream: Stream::Out, offset: 1 << 40, bytes })
            }
            _ => Up::Said { host: me, event: HostEvent::Linked { by: Some(other), node_shipped: false, ms: 0 } },
        }
    }
}

/// The id of a host.
pub(crate) fn host_id(host: Ix) -> HostId {
    HostId(u32::try_from(host).expect("few hosts"))
}
