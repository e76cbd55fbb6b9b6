//! The side of a node that looks up: its assignment, its members, its blobs, and the orders from above.

use crate::tree::Effect;
use crate::tree::hosts::{Host, Hosts};
use crate::tree::own::Own;
use crate::tree::run::{Role, TreeRun};
use crate::tree::window::Pool;
use mcom_model::{Digest, HostId, HostSpec, Outcome, OutputMode, Reason, ReasonKind, RunClock, RunSpec};
use mcom_wire::{Assignment, Down, Member, Up};
use std::collections::BTreeSet;
use std::time::Duration;

/// What only a node has.
#[derive(Default)]
pub(super) struct Node {
    pub(super) me: Option<HostId>,
    levels: Option<u32>,
    /// When something was last heard from above.
    pub(super) heard: RunClock,
    /// When this end last said by itself that it lives.
    spoke: RunClock,
    pub(super) own: Own,
    /// Bodies that went up: a body goes up once.
    pub(super) bodies_sent: BTreeSet<Digest>,
    /// The assignment, until all of its members are here.
    incoming: Option<Box<Assignment>>,
    members: Vec<Member>,
    /// Which of the payload's blobs are here.
    blobs: Vec<BlobState>,
    /// Orders that came before all members did.
    early: Vec<Down>,
}

/// Where a blob of the payload is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum BlobState {
    /// Not here, and nothing need be done about it now.
    Coming,
    /// Here.
    Here,
    /// Not here, and it comes only when it is asked for.
    Missing,
}

impl TreeRun {
    pub(super) fn parent_said(&mut self, message: Down) {
        let now = self.now;
        let Some(node) = self.node_mut() else { return };
        node.heard = now;
        match message {
            Down::Hello(_) => {}
            Down::Blob { .. } => self.still_here(),
            Down::Ping { seq } => self.effects.push_back(Effect::SendUp(Up::Pong { seq })),
            Down::Release => {
                self.forget_own();
                self.leave();
            }
            Down::Assign(assignment) => self.assigned(assignment),
            Down::Members { hosts } => {
                node.members.extend(hosts);
                self.begin_if_whole();
            }
            order if node.me.is_none() => node.early.push(order),
            Down::Window { window } => self.set_window(window),
            Down::Allow { host, stream, upto } => self.allowed(host, stream, upto),
            Down::Settled { host } => self.settled_above(host),
            Down::Halt { reason } => self.halt(reason),
            Down::Cancel => self.cancel(),
            Down::Answer(answer) => self.answered(answer),
            Down::Password(_) => {}
        }
    }

    /// Pings wait behind the blobs that come: says now and then that this end lives.
    fn still_here(&mut self) {
        let (now, pause) = (self.now, self.heartbeat_time());
        let Some(node) = self.node_mut() else { return };
        if node.spoke.after(pause) <= now {
            node.spoke = now;
            self.effects.push_back(Effect::SendUp(Up::Pong { seq: 0 }));
        }
    }

    fn assigned(&mut self, assignment: Box<Assignment>) {
        if self.spec.is_some() {
            return;
        }
        self.spec = Some(assignment.spec.clone());
        let blobs = assignment.spec.payload.blobs().count();
        if let Some(left) = assignment.deadline_ms {
            self.deadline = Some(self.now.after(Duration::from_millis(left)));
        }
        if let Some(node) = self.node_mut() {
            node.blobs = vec![BlobState::Coming; blobs];
            node.incoming = Some(assignment);
        }
        self.watch_parent();
        self.begin_if_whole();
    }

    /// Begins when every member of the assignment is here.
    fn begin_if_whole(&mut self) {
        let Some(node) = self.node_mut() else { return };
        let whole = |a: &mut Box<Assignment>| node.members.len() >= a.members as usize;
        let Some(assignment) = node.incoming.take_if(whole) else { return };
        let members = std::mem::take(&mut node.members);
        let early = std::mem::take(&mut node.early);
        (node.me, node.levels) = (Some(assignment.me), assignment.levels);
        let shape = assignment.spec.shape;
        let credit = initial_credit(&assignment.spec);
        let me = Member { id: assignment.me, spec: own_spec(&assignment), begun: assignment.begun, access: None };
        self.identities = assignment.identities;
        let hosts = std::iter::once(me).chain(members);
        let hosts = hosts.map(|member| Host {
            access: member.access,
            ..Host::new(member.id, member.spec, 0, credit).begun(member.begun)
        });
        self.hosts = Hosts::of_node(hosts.collect());
        self.pools.push(Pool::new(assignment.dc, assignment.window));
        self.claim_own_slot();
        let below = self.hosts.list.iter().skip(1);
        let candidates: Vec<(HostId, u32)> = below.map(|host| (host.id, host.spec.weight)).collect();
        let groups = mcom_fleet::tree::split(&candidates, shape.width, assignment.levels);
        for order in early {
            self.parent_said(order);
        }
        self.start_own_if_ready();
        self.begin_groups(0, groups);
    }

    /// Which blobs are here.
    pub(super) fn blobs_here(&self) -> Vec<bool> {
        match &self.role {
            Role::Coordinator(_) => vec![true; self.run_spec().payload.blobs().count()],
            Role::Node(node) => node.blobs.iter().map(|&blob| blob == BlobState::Here).collect(),
        }
    }

    pub(super) fn blob_ready(&mut self, index: u32) {
        let Some(node) = self.node_mut() else { return };
        let Some(blob) = node.blobs.get_mut(index as usize) else { return };
        *blob = BlobState::Here;
        if node.me.is_none() {
            return;
        }
        for link in self.links.open() {
            self.send_blobs(link);
        }
        self.start_own_if_ready();
    }

    /// A blob is neither on this host nor on its way.
    pub(super) fn blob_missing(&mut self, index: u32) {
        let Some(node) = self.node_mut() else { return };
        let Some(blob) = node.blobs.get_mut(index as usize) else { return };
        *blob = BlobState::Missing;
        if node.me.is_some() {
            self.links.open().into_iter().for_each(|link| self.send_blobs(link));
            self.start_own_if_ready();
        }
    }

    /// Somebody here or below needs every blob: asks above for those that are missing, once.
    pub(super) fn need_blobs(&mut self) {
        let Role::Node(node) = &mut self.role else { return };
        for (index, blob) in (0..).zip(&mut node.blobs) {
            if *blob == BlobState::Missing {
                *blob = BlobState::Coming;
                self.effects.push_back(Effect::SendUp(Up::Need { index }));
            }
        }
    }

    /// The payload that came is not the payload that was sent: it runs neither here nor below.
    pub(super) fn blob_bad(&mut self, index: u32, reason: &Reason) {
        let text = format!("part {} of the payload came damaged to this host: {reason}", index + 1);
        let reason = Reason::new(ReasonKind::PayloadDigestMismatch, text);
        let Some(node) = self.node_mut() else { return };
        if node.me.is_none() {
            return node.early.push(Down::Halt { reason });
        }
        self.refuse_own(Outcome::Refused { reason: reason.clone() });
        self.halt(reason);
    }

    /// The levels that the children here may have below them.
    pub(super) const fn levels_below(&self) -> Option<u32> {
        match &self.role {
            Role::Coordinator(coordinator) => coordinator.levels_below,
            Role::Node(node) => match node.levels {
                Some(levels) => Some(levels.saturating_sub(1)),
                None => None,
            },
        }
    }
}

/// Output that a host may send before anything was allowed.
pub(super) const fn initial_credit(spec: &RunSpec) -> u64 {
    match spec.output {
        OutputMode::Live => spec.limits.live_credit,
        OutputMode::AtEnd => 0,
    }
}

/// A node's own host, of which it knows the name only: it never makes a link to it.
fn own_spec(assignment: &Assignment) -> HostSpec {
    HostSpec {
        name: assignment.name.clone(),
        dc: 0,
        address: None,
        port: None,
        user: None,
        weight: 0,
        credentials: None,
    }
}
