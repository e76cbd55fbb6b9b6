//! The virtual world: machines, wires and processes, and the loop that moves them on in virtual time.

mod blows;
mod effects;
pub(crate) mod host;
mod proc;
pub(crate) mod queue;
pub(crate) mod wire;
mod work;

pub(crate) use mcom_engine::tree::Input;

use crate::check::{Broken, Check};
use crate::rng::Rng;
use crate::sabotage::Sabotage;
use crate::scenario::Scenario;
use crate::stats::Stats;
use crate::story::Story;
use host::SimHost;
use mcom_engine::tree::TreeRun;
use mcom_model::{Reason, ReasonKind, Tally, limits};
use proc::Proc;
use queue::{Event, Queue};
use wire::Wire;

/// Virtual time after which a run that has not ended never will: two days.
const LATEST: u64 = 2 * 24 * 3600 * 1_000_000;

/// One run on its way.
pub(crate) struct World {
    pub(crate) scenario: Scenario,
    pub(crate) rng: Rng,
    pub(crate) now: u64,
    pub(crate) queue: Queue,
    pub(crate) procs: Vec<Proc>,
    pub(crate) wires: Vec<Wire>,
    pub(crate) hosts: Vec<SimHost>,
    pub(crate) check: Check,
    pub(crate) stats: Stats,
    pub(crate) story: Story,
    pub(crate) sabotage: Option<Sabotage>,
    pub(crate) ledger_broken: bool,
}

/// How a run went.
#[derive(Debug)]
pub struct Report {
    /// How the hosts ended.
    pub tally: Tally,
    /// What occurred how often.
    pub stats: Stats,
    /// Virtual time at the end, in microseconds.
    pub took: u64,
    /// Events that were simulated.
    pub events: u64,
    /// What happened, in words; empty unless it was asked for.
    pub story: String,
}

/// Simulates a scenario to its end. An error is an invariant that did not hold.
///
/// # Errors
/// Where an invariant was broken: which, when, and for which seed.
pub fn run(scenario: Scenario, sabotage: Option<Sabotage>, with_story: bool) -> Result<Report, Box<Broken>> {
    World::new(scenario, sabotage, with_story).run()
}

impl World {
    fn new(scenario: Scenario, sabotage: Option<Sabotage>, with_story: bool) -> Self {
        let mut rng = Rng::new(scenario.seed);
        let hosts = (0..scenario.plan.hosts.len()).map(|id| SimHost::new(&mut rng, &scenario, id)).collect();
        let check = Check::new(&scenario);
        let story = Story::new(with_story, &scenario);
        let coordinator = TreeRun::coordinator(&scenario.plan, scenario.spec.clone(), scenario.start());
        let mut world = Self {
            scenario,
            rng,
            now: 0,
            queue: Queue::default(),
            procs: vec![Proc::new(coordinator, None, 0)],
            wires: Vec::new(),
            hosts,
            check,
            stats: Stats::default(),
            story,
            sabotage,
            ledger_broken: false,
        };
        world.plan_faults();
        world
    }

    fn plan_faults(&mut self) {
        let faults = self.scenario.faults;
        for _ in 0..faults.blows {
            let at = self.rng.range(0, faults.blows_until);
            self.queue.plan(at, Event::Blow);
        }
        if let Some(at) = faults.cancel_at {
            self.queue.plan(at, Event::Cancel);
        }
    }

    fn run(mut self) -> Result<Report, Box<Broken>> {
        let mut events = 0;
        self.carry_out(0, None);
        while let Some((at, event)) = self.queue.next() {
            self.now = at;
            self.check.now = at;
            events += 1;
            self.step(event);
            if at > LATEST {
                self.check.invariant_finishes(false, "two days have passed");
            }
            if self.check.broken.is_some() {
                break;
            }
        }
        self.finish(events)
    }

    fn step(&mut self, event: Event) {
        match event {
            Event::Opened { proc, link, host } => self.opened(proc, link, host),
            Event::Arrive { wire, up, item } => self.arrive(wire, up, item),
            Event::Wake { proc } => self.wake(proc),
            Event::Continue { proc } => self.go_on(proc),
            Event::Work { host, step } => self.work(host, step),
            Event::Read { host, stream } => self.read(host, stream),
            Event::Store { digest, len, good: true } => self.tell(0, Input::BodyStored { digest, len }, None),
            Event::Store { digest, good: false, .. } => {
                let reason = Reason::new(ReasonKind::Internal, "the store says no");
                self.tell(0, Input::BodyBad { digest, reason }, None);
            }
            Event::Blow => self.blow(),
            Event::Cancel => {
                if !self.procs[0].run.is_over() {
                    self.stats.count("fault: cancel");
                    self.tell(0, Input::CancelAsked { by: None }, None);
                    let time = self.scenario.spec.limits.grace_ms + limits::CANCEL_TRAVEL_MS - 100;
                    self.queue.plan(self.now + time * 1000, Event::CancelOver);
                }
            }
            Event::CancelOver => self.look_for_survivors(),
        }
    }

    /// A cancel has had its time: nothing may run where its word could go.
    fn look_for_survivors(&mut self) {
        let survives = |&host: &usize| {
            let at = &self.hosts[host];
            at.counted && !at.stubborn && at.proc.is_some_and(|proc| !self.was_stopped_above(proc))
        };
        let survivors: Vec<usize> = (0..self.hosts.len()).filter(survives).collect();
        self.check.invariant_cancel_leaves_nobody(&survivors);
    }

    /// Whether a process on the way from the coordinator to this one has stood still at some time.
    fn was_stopped_above(&self, proc: usize) -> bool {
        let above = |&proc: &usize| self.procs[proc].up.map(|wire| self.wires[wire].parent);
        std::iter::successors(Some(proc), above).any(|proc| self.procs[proc].was_stopped)
    }

    /// Nothing moves any more: everything is looked at.
    fn finish(mut self, events: u64) -> Result<Report, Box<Broken>> {
        if self.check.broken.is_none() {
            self.check.invariant_finishes(self.procs[0].run.is_over(), "nothing moves any more");
            self.check.at_the_end(&self.hosts, &self.scenario);
            let left = self.procs.iter().filter(|proc| proc.alive).count();
            self.check.invariant_nobody_left_behind(left);
        }
        let tally = self.procs[0].run.tally().copied().unwrap_or_default();
        let story = self.story.finish(&self.scenario, &tally);
        match self.check.broken.take() {
            Some(broken) => Err(Box::new(Broken { story, ..broken })),
            None => Ok(Report { tally, stats: self.stats, took: self.now, events, story }),
        }
    }
}
