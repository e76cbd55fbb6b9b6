//! The one type behind coordinator, parent and leaf: its state, and which part of it an input concerns.
//!
//! What is done about an input is said in the other files of this folder, one subject each.

use crate::tree::coordinator::Coordinator;
use crate::tree::effect::{Effect, LinkId};
use crate::tree::group::Group;
use crate::tree::hosts::Hosts;
use crate::tree::input::{Input, TimerReason};
use crate::tree::links::Links;
use crate::tree::node::Node;
use crate::tree::stop::Stop;
use crate::tree::window::Pool;
use mcom_model::limits::ASSIGNMENT_MS;
use mcom_model::{HostEvent, HostId, RunClock, RunSpec, Tally, What};
use mcom_wire::Up;
use std::collections::{BTreeSet, VecDeque};

/// One tree run, seen from one place in the tree.
///
/// It is plain data in and plain data out: hand over what happened, then take the effects and carry them out in
/// order, then sleep until the next timeout or the next input.
pub struct TreeRun {
    pub(super) now: RunClock,
    pub(super) effects: VecDeque<Effect>,
    pub(super) timers: BTreeSet<(RunClock, TimerReason)>,
    pub(super) role: Role,
    /// The run; a node learns it with its assignment.
    pub(super) spec: Option<RunSpec>,
    pub(super) hosts: Hosts,
    pub(super) pools: Vec<Pool>,
    pub(super) groups: Vec<Group>,
    pub(super) links: Links,
    pub(super) stop: Stop,
    /// The public keys that parents offer to their children.
    pub(super) identities: Vec<String>,
    /// When this process went on after it was stopped or held up, last.
    pub(super) held_up: Option<RunClock>,
    /// When the run must have ended.
    pub(super) deadline: Option<RunClock>,
    pub(super) over: bool,
}

/// The place in the tree. A leaf is a node with nobody below it.
pub(super) enum Role {
    Coordinator(Box<Coordinator>),
    Node(Box<Node>),
}

impl TreeRun {
    /// A node that waits for its assignment.
    pub fn node() -> Self {
        let mut run = Self::new(Role::Node(Box::default()), None, Hosts::default());
        run.timers.insert((RunClock::from_millis(ASSIGNMENT_MS), TimerReason::NoAssignment));
        run
    }

    pub(super) fn new(role: Role, spec: Option<RunSpec>, hosts: Hosts) -> Self {
        Self {
            now: RunClock::ZERO,
            effects: VecDeque::new(),
            timers: BTreeSet::new(),
            role,
            spec,
            hosts,
            pools: Vec::new(),
            groups: Vec::new(),
            links: Links::default(),
            stop: Stop::No,
            identities: Vec::new(),
            held_up: None,
            deadline: None,
            over: false,
        }
    }

    /// Takes in one thing that happened. Time never goes back.
    pub fn handle(&mut self, now: RunClock, input: Input) {
        if self.over {
            return;
        }
        self.now = self.now.max(now);
        match input {
            Input::Timeout => self.timeout(),
            Input::FromParent(message) => self.parent_said(message),
            Input::ParentLost(_) => self.leave(),
            Input::BlobReady { index } => self.blob_ready(index),
            Input::BlobBad { index, reason } => self.blob_bad(index, &reason),
            Input::LinkOpened { link, hello, node_shipped } => self.link_opened(link, &hello, node_shipped),
            Input::LinkFailed { link, failure } => self.link_failed(link, failure),
            Input::AgentAsked { link, kind, bind, request } => self.agent_asked(link, kind, bind, request),
            Input::Judged { ticket, verdict } => self.judged(ticket, verdict),
            Input::Granted { ticket, granted } => self.granted(ticket, granted),
            Input::LinkLost { link, reason } => self.link_lost(link, &reason),
            Input::FromChild { link, message } => self.child_said(link, message),
            Input::Own(event) => self.own_event(event),
            Input::BodyStored { digest, len } => self.body_stored(digest, len),
            Input::BodyBad { digest, reason } => self.body_bad(digest, &reason),
            Input::LedgerFull => self.ledger_full(),
            Input::BlobMissing { index } => self.blob_missing(index),
            Input::HaltAsked => self.halt_asked(),
            Input::CancelAsked { by } => self.cancel_asked(by),
            Input::ReadersBehind(behind) => self.readers_behind(behind),
        }
        self.share_what_is_left();
        self.halt_if_too_bad();
        self.end_if_done();
    }

    /// The next thing to do, in causal order.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// When [`Input::Timeout`] is wanted at the latest, and for what.
    pub fn next_timeout(&self) -> Option<(RunClock, TimerReason)> {
        if self.over { None } else { self.timers.first().copied() }
    }

    /// Whether [`Effect::Leave`] was said: nothing more will come from here.
    pub const fn is_over(&self) -> bool {
        self.over
    }

    /// The run, once it is known.
    pub const fn spec(&self) -> Option<&RunSpec> {
        self.spec.as_ref()
    }

    /// How the hosts ended so far, as the coordinator knows it; a node keeps no tally.
    pub fn tally(&self) -> Option<&Tally> {
        match &self.role {
            Role::Coordinator(coordinator) => Some(&coordinator.tally),
            Role::Node(_) => None,
        }
    }

    /// Hosts (this one included, on a node) that have no outcome yet.
    pub const fn hosts_left(&self) -> usize {
        self.hosts.unended
    }

    /// The host at the other end of a link that is not closed.
    pub fn link_host(&self, link: LinkId) -> Option<HostId> {
        self.links.get(link).map(|link| self.hosts.list[link.host as usize].id)
    }

    pub(super) fn run_spec(&self) -> &RunSpec {
        self.spec.as_ref().expect("nothing but an assignment is looked at before the assignment")
    }

    pub(super) fn coordinator_mut(&mut self) -> Option<&mut Coordinator> {
        match &mut self.role {
            Role::Coordinator(coordinator) => Some(coordinator),
            Role::Node(_) => None,
        }
    }

    pub(super) fn node_mut(&mut self) -> Option<&mut Node> {
        match &mut self.role {
            Role::Node(node) => Some(node),
            Role::Coordinator(_) => None,
        }
    }

    /// This node's own host; none is the coordinator.
    pub(super) fn me(&self) -> Option<HostId> {
        match &self.role {
            Role::Node(node) => node.me,
            Role::Coordinator(_) => None,
        }
    }

    /// Passes on what is to be said about a host: into the record at the coordinator, up the tree elsewhere.
    pub(super) fn say(&mut self, ix: u32, event: HostEvent) {
        let host = self.hosts.list[ix as usize].id;
        match &mut self.role {
            Role::Coordinator(_) => self.record(What::Host { host, said: event }, false),
            Role::Node(_) => self.effects.push_back(Effect::SendUp(Up::Said { host, event })),
        }
    }

    pub(super) fn leave(&mut self) {
        self.over = true;
        self.effects.push_back(Effect::Leave);
    }
}
