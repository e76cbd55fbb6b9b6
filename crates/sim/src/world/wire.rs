//! Wires: one link between two processes, with latency and bandwidth, whose bytes arrive in order or not at all.

use crate::world::queue::{Event, Ix, NodeStep};
use crate::world::{Input, World};
use mcom_engine::tree::LinkId;
use mcom_model::{Digest, HostId, Reason, ReasonKind};
use mcom_wire::{Down, Up};
use std::collections::{BTreeMap, BTreeSet};

/// One wire.
pub(crate) struct Wire {
    pub(crate) parent: Ix,
    pub(crate) link: LinkId,
    pub(crate) child: Ix,
    pub(crate) host: Ix,
    pub(crate) long: bool,
    /// The host through whose sshd it goes.
    pub(crate) via: Option<Ix>,
    latency: u64,
    bandwidth: u64,
    /// When the last byte leaves, downwards and upwards.
    busy: [u64; 2],
    /// Nothing arrives any more.
    pub(crate) dead: bool,
    /// Bytes of output that were sent up and are not taken in yet.
    pub(crate) queued: u64,
    /// Bodies that were sent up.
    bodies: BTreeSet<Digest>,
    /// When something last arrived, downwards and upwards.
    pub(crate) heard: [u64; 2],
    /// A partition has held it up.
    pub(crate) was_blocked: bool,
    /// The child has got its assignment; it was told that it may leave.
    pub(crate) assigned: bool,
    pub(crate) released: bool,
    /// Blobs that were sent over it, and whether those of an assignment were really missing on the host.
    pub(crate) shipped: [bool; 2],
    pub(crate) missing: bool,
    /// Questions that went up it, by child and parent, and were not answered yet.
    pub(crate) asks: BTreeMap<(HostId, HostId), u32>,
}

/// What travels.
#[derive(Debug)]
pub(crate) enum Item {
    Down(Down),
    Blob(u32),
    Up(Up),
    Eof(&'static str),
}

impl World {
    /// Joins a process to the new process of a child.
    pub(crate) fn join(&mut self, parent: Ix, link: LinkId, child: Ix, host: Ix, via: Option<Ix>) -> Ix {
        let long = self.procs[parent].host.is_none();
        let (latency, bandwidth) = self.line(long, host);
        let busy = [self.now; 2];
        let wire = Wire {
            parent,
            link,
            child,
            host,
            long,
            via,
            latency,
            bandwidth,
            busy,
            dead: false,
            queued: 0,
            bodies: BTreeSet::new(),
            heard: [self.now; 2],
            was_blocked: false,
            assigned: false,
            released: false,
            shipped: [false; 2],
            missing: false,
            asks: BTreeMap::new(),
        };
        self.wires.push(wire);
        let ix = self.wires.len() - 1;
        self.procs[parent].down.insert(link, ix);
        self.procs[child].up = Some(ix);
        ix
    }

    /// One-way latency and bandwidth of a link to a host.
    pub(crate) fn line(&self, long: bool, host: Ix) -> (u64, u64) {
        let slow = self.hosts[host].slowness;
        if long { (self.scenario.long_latency, self.scenario.long_bandwidth) } else { (500 * slow, (100 << 20) / slow) }
    }

    /// Puts an item on a wire, after what was put there before.
    pub(crate) fn put(&mut self, ix: Ix, up: bool, item: Item) {
        let wire = &mut self.wires[ix];
        if wire.dead {
            return;
        }
        let bytes = size(&item, &self.scenario);
        let blocked = self.blocked_until(ix, up);
        let wire = &mut self.wires[ix];
        // What a partition holds up is sent again when it has healed, in order.
        let busy = &mut wire.busy[usize::from(up)];
        *busy = self.now.max(*busy).max(blocked) + bytes * 1_000_000 / wire.bandwidth;
        let at = *busy + wire.latency;
        if let Item::Up(Up::Body { digest, .. }) = &item {
            let lied = self.procs[wire.child].lied;
            let fresh = wire.bodies.insert(*digest) || lied;
            self.check.invariant_body_once_per_link(fresh, *digest);
        }
        if let Item::Up(Up::Ask(ask)) = &item {
            self.ask_goes_up(ix, ask);
        }
        let wire = &mut self.wires[ix];
        if let Item::Up(Up::Output(chunk)) = &item {
            let counted = !self.procs[wire.child].orphan;
            if counted {
                wire.queued += chunk.bytes.len() as u64;
                self.check.output_sent(chunk.bytes.len() as u64);
            }
        }
        self.queue.plan(at, Event::Arrive { wire: ix, up, item });
    }

    /// Something has come to the end of its wire.
    pub(crate) fn arrive(&mut self, ix: Ix, up: bool, item: Item) {
        if let Item::Up(Up::Output(chunk)) = &item {
            let queued = (chunk.bytes.len() as u64).min(self.wires[ix].queued);
            self.wires[ix].queued -= queued;
            self.check.output_taken(queued);
        }
        let now = self.now;
        let wire = &mut self.wires[ix];
        wire.heard[usize::from(up)] = now;
        let wire = &self.wires[ix];
        let (parent, child, link) = (wire.parent, wire.child, wire.link);
        let known = self.procs[parent].down.get(&link) == Some(&ix);
        if wire.dead && !matches!(item, Item::Eof(_)) {
            return;
        }
        match item {
            Item::Eof(text) if up => {
                if known {
                    self.procs[parent].down.remove(&link);
                    self.tell(parent, Input::LinkLost { link, reason: lost(text) }, Some(ix));
                }
            }
            Item::Eof(text) => self.tell(child, Input::ParentLost(lost(text)), None),
            Item::Down(message) => self.down_arrived(child, message),
            Item::Blob(index) => self.blob_arrived(child, index),
            Item::Up(message) if known => self.tell(parent, Input::FromChild { link, message }, Some(ix)),
            Item::Up(_) => {}
        }
    }

    fn down_arrived(&mut self, child: Ix, message: Down) {
        let looks = match &message {
            Down::Assign(assignment) => assignment.begun.is_some(),
            _ => false,
        };
        self.tell(child, Input::FromParent(message), None);
        if looks {
            let at = self.now + self.rng.range(100, 2_000);
            self.queue.plan(at, Event::Node { proc: child, step: NodeStep::Blobs });
        }
    }

    /// Until when nothing passes a wire in a direction.
    pub(crate) fn blocked_until(&self, ix: Ix, up: bool) -> u64 {
        let wire = &self.wires[ix];
        let (into, out) = (usize::from(up), usize::from(!up));
        // Direction 0 is towards a host, 1 away from it.
        let child = self.hosts[wire.host].cut[into];
        let parent = self.procs[wire.parent].host.map_or(0, |host| self.hosts[host].cut[out]);
        let dc = self.scenario.plan.hosts[wire.host].dc as usize;
        let long = if wire.long { self.dc_cut[dc][into] } else { 0 };
        // On its way through another host it passes in and out there.
        let via = wire.via.map_or(0, |via| self.hosts[via].cut[0].max(self.hosts[via].cut[1]));
        child.max(parent).max(long).max(via)
    }

    fn blob_arrived(&mut self, child: Ix, index: u32) {
        let bad = self.procs[child].host.is_some_and(|host| self.hosts[host].bad_blob);
        let input = if bad {
            self.stats.count("fault: payload damaged");
            Input::BlobBad { index, reason: Reason::new(ReasonKind::PayloadDigestMismatch, "other digest") }
        } else {
            Input::BlobReady { index }
        };
        self.tell(child, input, None);
    }

    /// The parent closes its end: what it sent before still arrives, and then the end.
    pub(crate) fn close_from_above(&mut self, ix: Ix) {
        let (parent, link, child) = (self.wires[ix].parent, self.wires[ix].link, self.wires[ix].child);
        self.procs[parent].down.remove(&link);
        self.put(ix, false, Item::Eof("closed from above"));
        self.orphan(child);
    }

    /// Nothing passes any more. Each end learns of it after a while, or not before its heartbeat says so.
    pub(crate) fn cut(&mut self, ix: Ix, parent_after: Option<u64>, child_after: u64) {
        let wire = &mut self.wires[ix];
        if std::mem::replace(&mut wire.dead, true) {
            return;
        }
        let child = wire.child;
        if parent_after.is_none() {
            self.must_be_noticed(ix);
        }
        if let Some(after) = parent_after {
            self.queue.plan(self.now + after, Event::Arrive { wire: ix, up: true, item: Item::Eof("reset") });
        }
        self.queue.plan(self.now + child_after, Event::Arrive { wire: ix, up: false, item: Item::Eof("reset") });
        self.orphan(child);
    }

    /// The coordinator hears nothing more from a process or from those below it: what runs there runs on its own.
    pub(crate) fn orphan(&mut self, proc: Ix) {
        let mut left = vec![proc];
        while let Some(ix) = left.pop() {
            let proc = &mut self.procs[ix];
            if std::mem::replace(&mut proc.orphan, true) {
                continue;
            }
            let wires = proc.up.into_iter().chain(proc.down.values().copied());
            for wire in wires {
                self.check.output_taken(std::mem::take(&mut self.wires[wire].queued));
            }
            left.extend(proc.down.values().map(|&wire| self.wires[wire].child));
            if let Some(host) = proc.host.filter(|&host| self.hosts[host].starter == Some(ix)) {
                self.no_longer_counted(host);
            }
        }
    }
}

/// About how many bytes an item has on the wire.
fn size(item: &Item, scenario: &crate::Scenario) -> u64 {
    match item {
        Item::Down(Down::Assign(_)) => 600,
        Item::Down(Down::Members { hosts }) => 60 * hosts.len() as u64,
        Item::Up(Up::Ask(_)) | Item::Down(Down::Answer(_)) => 600,
        Item::Down(_) => 60,
        Item::Blob(index) => scenario.spec.payload.blobs().nth(*index as usize).map_or(0, |blob| blob.len),
        Item::Up(Up::Body { bytes, .. }) => 50 + bytes.len() as u64,
        Item::Up(Up::Output(chunk)) => 50 + chunk.bytes.len() as u64,
        Item::Up(_) => 150,
        Item::Eof(_) => 0,
    }
}

fn lost(text: &str) -> Reason {
    Reason::new(ReasonKind::LinkLost, text)
}
