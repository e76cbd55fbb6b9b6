//! Looks at what a process wants done before it is done: who speaks for whom, what crosses long links, which links are
//! closed. And the lies of hostile nodes.

use crate::world::World;
use crate::world::login::LIE;
use crate::world::queue::Ix;
use crate::world::wire::Wire;
use bytes::Bytes;
use mcom_model::{AskKind, Digest, HostEvent, HostId, Outcome, Reason, ReasonKind, RunClock, Stream};
use mcom_wire::{Ask, OutputChunk, Up};

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
        // By transit it goes to each host on its own.
        let alone = plan.shape.depth == Some(1) || plan.hosts[host].weight == 0 || at.via.is_some();
        let twice = at.shipped[index as usize];
        let again = self.procs[at.child].begun.contains(&host_id(host));
        let elsewhere = |other: &&Wire| {
            let near = if alone { other.host == host } else { plan.hosts[other.host].dc == plan.hosts[host].dc };
            let used = self.procs[other.parent]
                .down
                .get(&other.link)
                .is_some_and(|&used| self.wires[used].child == other.child);
            // What went to a host by transit is nobody else's.
            let own = other.via.is_none() || other.host == host;
            other.long && near && own && other.shipped[index as usize] && used && self.procs[other.parent].alive
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

    /// What a parent says about the edges that it makes, heard by the coordinator from one that answers for both ends.
    pub(super) fn note_edge(&mut self, host: HostId, event: &HostEvent, now: RunClock, wire: Option<Ix>) {
        let coordinator = &self.procs[self.coordinator];
        let below = |host: &HostId| coordinator.under.get(host).copied() == wire;
        let by_below = match event {
            HostEvent::Linking { by: Some(by) } => below(by),
            _ => true,
        };
        if wire.is_some() && below(&host) && by_below {
            self.check.logins.said(host, event, now);
        }
    }

    /// Something that a node may not say.
    pub(super) fn lie(&mut self, ix: Ix) -> Vec<Up> {
        self.stats.count("fault: node lied");
        let me = HostId(u32::try_from(self.procs[ix].host.unwrap_or_default()).expect("few hosts"));
        let all = self.hosts.len() as u64;
        let other = HostId(u32::try_from((u64::from(me.0) + self.rng.range(1, all)) % (all + 1)).expect("few hosts"));
        // Of those below it, it may say what it likes: that can be wrong, and not be noticed.
        let nobody = HostId(u32::try_from(all).expect("few hosts"));
        let up = self.procs[ix].up;
        let below = up.is_some_and(|up| self.procs[self.wires[up].parent].under.get(&other) == Some(&up));
        let other = if below { nobody } else { other };
        let one = match self.rng.range(0, 9) {
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
            7 => {
                self.stats.count("fault: asked for a host that is not below it");
                ask(other, me)
            }
            8 | 9 => return self.ask_for_much(ix, me),
            _ => Up::Said { host: me, event: HostEvent::Linked { by: Some(other), node_shipped: false, ms: 0 } },
        };
        vec![one]
    }

    /// Many questions at once about a host below, whether a link is being made there or not, or about itself.
    fn ask_for_much(&mut self, ix: Ix, me: HostId) -> Vec<Up> {
        self.stats.count("fault: asked much at once");
        let below: Vec<HostId> = self.procs[ix].under.keys().copied().collect();
        let host = if below.is_empty() { me } else { self.rng.pick(&below) };
        vec![ask(host, me); 5]
    }
}

fn ask(host: HostId, by: HostId) -> Up {
    let (bind, request) = (Bytes::from_static(LIE), Bytes::from_static(b"publickey-hostbound"));
    Up::Ask(Ask { host, by, kind: AskKind::Signature, bind, request })
}

/// The id of a host.
pub(crate) fn host_id(host: Ix) -> HostId {
    HostId(u32::try_from(host).expect("few hosts"))
}
