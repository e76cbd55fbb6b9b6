//! Processes: the coordinator and the nodes, each with its tree run, that take in what happened and carry out what
//! follows.

use crate::sabotage::Sabotage;
use crate::world::queue::{Event, Ix};
use crate::world::wire::Item;
use crate::world::{Input, World};
use mcom_engine::tree::{LinkId, TimerReason, TreeRun};
use mcom_model::{HostId, RunClock};
use mcom_wire::Down;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// One process.
pub(crate) struct Proc {
    pub(crate) run: TreeRun,
    /// The host that it is on; none is the coordinator.
    pub(crate) host: Option<Ix>,
    pub(crate) up: Option<Ix>,
    pub(crate) down: BTreeMap<LinkId, Ix>,
    pub(crate) opening: BTreeSet<LinkId>,
    /// Through which wire each host below was assigned: the truth behind "who may speak for whom".
    pub(crate) under: BTreeMap<HostId, Ix>,
    pub(crate) alive: bool,
    pub(crate) stopped: bool,
    pub(crate) was_stopped: bool,
    /// What came while it was stopped.
    inbox: VecDeque<(Input, Option<Ix>)>,
    born: u64,
    wake: Option<u64>,
    /// The coordinator hears nothing from here any more.
    pub(crate) orphan: bool,
    /// Blobs of the payload that came whole.
    pub(crate) blobs: usize,
    /// It was told that nothing new may start.
    pub(crate) told_to_stop: bool,
    /// It has said something that it may not say.
    pub(crate) lied: bool,
}

impl Proc {
    pub(crate) fn new(run: TreeRun, host: Option<Ix>, born: u64) -> Self {
        Self {
            run,
            host,
            up: None,
            down: BTreeMap::new(),
            opening: BTreeSet::new(),
            under: BTreeMap::new(),
            alive: true,
            stopped: false,
            was_stopped: false,
            inbox: VecDeque::new(),
            born,
            wake: None,
            orphan: false,
            blobs: 0,
            told_to_stop: false,
            lied: false,
        }
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
            Input::FromParent(Down::Cancel | Down::Halt { .. }) | Input::CancelAsked { .. } => proc.told_to_stop = true,
            _ => {}
        }
        let now = RunClock::from_micros(self.now - proc.born);
        match (self.sabotage, input) {
            (Some(Sabotage::IgnoreStop), Input::FromParent(Down::Cancel | Down::Halt { .. })) => {}
            (Some(Sabotage::StartEarly), input @ Input::FromParent(Down::Assign(_))) => {
                proc.run.handle(now, input);
                proc.run.handle(now, Input::BlobReady { index: 0 });
            }
            (_, input) => proc.run.handle(now, input),
        }
        self.carry_out(ix, wire);
    }

    /// Carries out what a process wants, in order, and sees when it wants to be woken.
    pub(crate) fn carry_out(&mut self, ix: Ix, wire: Option<Ix>) {
        while let Some(effect) = self.procs[ix].run.poll_effect() {
            if self.check.broken.is_some() {
                return;
            }
            for effect in self.sabotaged(ix, effect) {
                self.effect(ix, effect, wire);
            }
        }
        let proc = &mut self.procs[ix];
        if let Some((at, _)) = proc.run.next_timeout() {
            let at = (proc.born + at.as_micros()).max(self.now);
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
            match self.sabotage {
                Some(Sabotage::NoTimers) => return,
                Some(Sabotage::NoCancelDeadline) if why == Some(TimerReason::CancelDeadline) => return,
                _ => {}
            }
            self.tell(ix, Input::Timeout, None);
        }
    }

    /// A stopped process takes in what came meanwhile.
    pub(crate) fn go_on(&mut self, ix: Ix) {
        self.procs[ix].stopped = false;
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
    }
}
