//! Processes: the coordinator and the nodes, each with its tree run, that take in what happened and carry out what
//! follows.

use crate::sabotage::Sabotage;
use crate::world::links::Opening;
use crate::world::own::Own;
use crate::world::queue::{Event, Ix, NodeStep};
use crate::world::wire::Item;
use crate::world::{Input, World};
use mcom_engine::tree::{LinkId, TimerReason, TreeRun};
use mcom_model::{HostId, RunClock};
use mcom_wire::{Down, Up};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Hosts of a run up to which every slot is counted after every step.
const SLOTS_CHECKED: usize = 100;

/// One process.
pub(crate) struct Proc {
    pub(crate) run: TreeRun,
    /// The host that it is on; none is the coordinator.
    pub(crate) host: Option<Ix>,
    pub(crate) up: Option<Ix>,
    pub(crate) down: BTreeMap<LinkId, Ix>,
    pub(crate) opening: BTreeMap<LinkId, Opening>,
    /// Through which wire each host below was assigned: the truth behind "who may speak for whom".
    pub(crate) under: BTreeMap<HostId, Ix>,
    pub(crate) alive: bool,
    pub(crate) stopped: bool,
    pub(crate) was_stopped: bool,
    /// What came while it was stopped.
    inbox: VecDeque<(Input, Option<Ix>)>,
    /// What its driver was about to do when it was stopped.
    pub(crate) held: Vec<NodeStep>,
    born: u64,
    /// How far its clock has jumped ahead.
    skew: u64,
    wake: Option<u64>,
    /// The coordinator hears nothing from here any more.
    pub(crate) orphan: bool,
    /// Blobs of the payload that came whole.
    pub(crate) blobs: usize,
    /// It was told that nothing new may start.
    pub(crate) told_to_stop: bool,
    /// It has said something that it may not say.
    pub(crate) lied: bool,
    /// What it does about its own host's attempt.
    pub(crate) own: Option<Own>,
    /// Hosts of which it knows that they may have begun.
    pub(crate) begun: BTreeSet<HostId>,
}

impl Proc {
    pub(crate) fn new(run: TreeRun, host: Option<Ix>, born: u64) -> Self {
        Self {
            run,
            host,
            up: None,
            down: BTreeMap::new(),
            opening: BTreeMap::new(),
            under: BTreeMap::new(),
            alive: true,
            stopped: false,
            was_stopped: false,
            inbox: VecDeque::new(),
            held: Vec::new(),
            born,
            skew: 0,
            wake: None,
            orphan: false,
            blobs: 0,
            told_to_stop: false,
            lied: false,
            own: None,
            begun: BTreeSet::new(),
        }
    }

    /// Its own time.
    pub(crate) fn clock(&self, now: u64) -> RunClock {
        RunClock::from_micros(now - self.born + self.skew)
    }

    /// Its clock jumps ahead.
    pub(crate) const fn jump(&mut self, by: u64) {
        self.skew += by;
    }
}

impl World {
    /// Hands something to a process: at once, when it goes on, or never. `wire` is where it came up, if it did.
    pub(crate) fn tell(&mut self, ix: Ix, input: Input, wire: Option<Ix>) {
        let proc = &mut self.procs[ix];
        if !proc.alive {
            return;
        }
        if proc.stopped {
            return proc.inbox.push_back((input, wire));
        }
        match &input {
            Input::BlobReady { .. } => proc.blobs += 1,
            Input::FromParent(Down::Cancel | Down::Halt { .. }) | Input::CancelAsked { .. } | Input::HaltAsked => {
                proc.told_to_stop = true;
            }
            _ => {}
        }
        let now = proc.clock(self.now);
        if ix == self.coordinator {
            self.trace.input(now, &input);
            if let Input::FromChild { message: Up::Said { host, event }, .. } = &input {
                self.note_edge(*host, event, now, wire);
            }
        }
        let proc = &mut self.procs[ix];
        match (self.sabotage, input) {
            (Some(Sabotage::IgnoreStop), Input::FromParent(Down::Cancel | Down::Halt { .. })) => {}
            (Some(Sabotage::DeafToPongs), Input::FromChild { message: Up::Pong { .. }, .. }) => {}
            (Some(Sabotage::StartEarly), input @ Input::FromParent(Down::Assign(_))) => {
                proc.run.handle(now, input);
                proc.run.handle(now, Input::BlobReady { index: 0 });
            }
            (Some(Sabotage::LoseSlot), input @ Input::LinkLost { .. }) => {
                proc.run.handle(now, input);
                proc.run.miscount_slots();
            }
            (_, input) => proc.run.handle(now, input),
        }
        self.carry_out(ix, wire);
    }

    /// Carries out what a process wants, in order, and sees when it wants to be woken.
    pub(crate) fn carry_out(&mut self, ix: Ix, wire: Option<Ix>) {
        while let Some(effect) = self.procs[ix].run.poll_effect() {
            if self.check.broken.is_some() || !self.procs[ix].alive {
                return;
            }
            if ix == self.coordinator {
                self.trace.taken();
            }
            for effect in self.sabotaged(ix, effect) {
                self.effect(ix, effect, wire);
            }
            self.die_in_the_middle(ix);
        }
        if self.hosts.len() <= SLOTS_CHECKED {
            let proc = &self.procs[ix];
            self.check.invariant_slots_add_up(proc.run.slots_add_up(), proc.host);
        }
        let proc = &mut self.procs[ix];
        if let Some((at, _)) = proc.run.next_timeout().filter(|_| proc.alive) {
            let at = (proc.born + at.as_micros()).saturating_sub(proc.skew).max(self.now);
            if proc.wake.is_none_or(|wake| at < wake) {
                proc.wake = Some(at);
                self.queue.plan(at, Event::Wake { proc: ix });
            }
        }
    }

    pub(crate) fn wake(&mut self, ix: Ix) {
        let proc = &mut self.procs[ix];
        if proc.wake == Some(self.now) {
            proc.wake = None;
            let why = proc.run.next_timeout().map(|(_, why)| why);
            let ignored = match (self.sabotage, why) {
                (Some(Sabotage::NoTimers), _) => true,
                (Some(Sabotage::NoCancelDeadline), Some(why)) => why == TimerReason::CancelDeadline,
                (Some(Sabotage::NoParentSilent), Some(why)) => why == TimerReason::ParentSilent,
                (Some(Sabotage::NoLinkDead), Some(why)) => matches!(why, TimerReason::LinkDead(_)),
                (Some(Sabotage::NoDeadline), Some(why)) => why == TimerReason::Deadline,
                _ => false,
            };
            if ignored {
                return;
            }
            self.tell(ix, Input::Timeout, None);
        }
    }

    /// When a process wants to be woken has changed without its doing.
    pub(crate) fn wake_again(&mut self, ix: Ix) {
        self.procs[ix].wake = None;
        self.carry_out(ix, None);
    }

    /// A stopped process takes in what came meanwhile.
    pub(crate) fn go_on(&mut self, ix: Ix) {
        self.procs[ix].stopped = false;
        if self.rng.chance(300) {
            // Its timers are looked at before what came meanwhile.
            self.tell(ix, Input::Timeout, None);
        }
        for step in std::mem::take(&mut self.procs[ix].held) {
            self.queue.plan(self.now, Event::Node { proc: ix, step });
        }
        while let Some((input, wire)) = self.procs[ix].inbox.pop_front() {
            self.tell(ix, input, wire);
        }
    }

    /// A process has ended by itself: what it said still arrives, and then the end of its links.
    pub(crate) fn leave(&mut self, ix: Ix) {
        self.procs[ix].alive = false;
        if let Some(wire) = self.procs[ix].up {
            self.put(wire, true, Item::Eof("the node left"));
        }
        for wire in std::mem::take(&mut self.procs[ix].down).into_values() {
            self.put(wire, false, Item::Eof("the parent left"));
            self.orphan(self.wires[wire].child);
        }
        self.procs[ix].opening.clear();
        self.orphan(ix);
        self.let_go_of_claims(ix);
    }

    /// A process is killed. Its links end at once, or without a word where its machine lost power.
    pub(crate) fn kill(&mut self, ix: Ix, silently: bool) {
        self.procs[ix].alive = false;
        self.procs[ix].opening.clear();
        let later = self.rng.range(60_000_000, 120_000_000);
        if let Some(wire) = self.procs[ix].up {
            self.cut(wire, (!silently).then_some(1_000), 0);
        }
        let below: Vec<Ix> = self.procs[ix].down.values().copied().collect();
        for wire in below {
            self.cut(wire, None, if silently { later } else { 1_000 });
        }
        self.orphan(ix);
        self.let_go_of_claims(ix);
    }

    /// Whether a process was stopped, or anything on the way from the coordinator to it, so that what it does may be
    /// late.
    pub(crate) fn is_held_up(&self, proc: Ix) -> bool {
        let above = |&proc: &Ix| self.procs[proc].up.map(|wire| self.wires[wire].parent);
        std::iter::successors(Some(proc), above).any(|proc| {
            self.procs[proc].was_stopped || self.procs[proc].up.is_some_and(|up| self.wires[up].was_blocked)
        })
    }
}
