//! The virtual world: machines, wires and processes, and the loop that moves them on in virtual time.

mod blows;
mod deadlines;
mod effects;
pub(crate) mod host;
mod hosted;
mod ledger;
pub(crate) mod links;
mod login;
mod network;
mod orders;
mod own;
mod proc;
pub(crate) mod queue;
mod reading;
mod rounds;
pub(crate) mod spool;
mod tracer;
pub(crate) mod wire;
mod witness;
mod work;

pub(crate) use mcom_engine::tree::Input;

use crate::check::{Broken, Check};
use crate::rng::Rng;
use crate::sabotage::Sabotage;
use crate::scenario::{Behead, Scenario};
use crate::stats::Stats;
use crate::story::Story;
use host::SimHost;
use ledger::Ledger;
use mcom_engine::trace::Begin;
use mcom_engine::tree::{Asked, TreeRun};
use mcom_model::{Credentials, Plan, Reason, ReasonKind, RunSpec, Tally};
use proc::Proc;
use queue::{Death, Event, Ix, Queue, Word};
use std::borrow::Cow;
use std::collections::BTreeMap;
use tracer::Tracer;
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
    /// The process that is the coordinator now, or was the last one.
    pub(crate) coordinator: Ix,
    pub(crate) wires: Vec<Wire>,
    pub(crate) hosts: Vec<SimHost>,
    /// Until when nothing passes into each datacenter, and out of it.
    pub(crate) dc_cut: Vec<[u64; 2]>,
    pub(crate) ledger: Ledger,
    /// What was granted, and is not signed yet; and whether its edge was really open.
    pub(crate) tickets: BTreeMap<u32, (Asked, bool)>,
    pub(crate) check: Check,
    pub(crate) stats: Stats,
    pub(crate) story: Story,
    pub(crate) trace: Tracer,
    pub(crate) sabotage: Option<Sabotage>,
    /// Effects of the coordinator after which it is killed.
    pub(crate) dies_after: Option<u64>,
    /// Everything was mended, and nothing breaks any more.
    pub(crate) mended: bool,
}

/// What is kept of a run while it is simulated.
#[derive(Clone, Copy, Debug, Default)]
pub struct Keep {
    /// What happened, in words.
    pub story: bool,
    /// The inputs of its coordinators, as lines.
    pub trace: bool,
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
    /// The inputs of its coordinators, as lines; empty unless it was asked for.
    pub trace: String,
}

/// Simulates a scenario to its end. An error is an invariant that did not hold.
///
/// # Errors
/// Where an invariant was broken: which, when, and for which seed.
pub fn run(scenario: Scenario, sabotage: Option<Sabotage>, keep: Keep) -> Result<Report, Box<Broken>> {
    World::new(scenario, sabotage, keep).run()
}

impl World {
    pub(crate) fn new(scenario: Scenario, sabotage: Option<Sabotage>, keep: Keep) -> Self {
        let mut rng = Rng::new(scenario.seed);
        let hosts = (0..scenario.plan.hosts.len()).map(|id| SimHost::new(&mut rng, &scenario, id)).collect();
        let check = Check::new(&scenario);
        let story = Story::new(keep.story, &scenario);
        let mut trace = Tracer::new(keep.trace);
        let start = scenario.start();
        let (plan, spec) = told(&scenario, sabotage);
        let coordinator = TreeRun::coordinator(&plan, spec, start.clone());
        trace.head(&scenario, Begin::Start(start));
        let mut world = Self {
            rng,
            now: 0,
            queue: Queue::default(),
            procs: vec![Proc::new(coordinator, None, 0)],
            coordinator: 0,
            wires: Vec::new(),
            hosts,
            dc_cut: vec![[0; 2]; scenario.plan.datacenters.len()],
            ledger: Ledger::default(),
            tickets: BTreeMap::new(),
            check,
            stats: Stats::default(),
            story,
            trace,
            sabotage,
            dies_after: scenario.faults.dies_after,
            mended: false,
            scenario,
        };
        let handout = world.handout();
        world.procs[0].run.hand_out(handout);
        world.plan_faults();
        world
    }

    fn plan_faults(&mut self) {
        let faults = self.scenario.faults;
        for _ in 0..faults.blows {
            let at = self.rng.range(0, faults.blows_until);
            self.queue.plan(at, Event::Blow);
        }
        for _ in 0..faults.deaths {
            let at = self.rng.range(0, faults.blows_until);
            let death = self.rng.pick(&[Death::Killed, Death::PowerCut, Death::Detached]);
            self.queue.plan(at, Event::Die(death));
        }
        if let Some(Behead { at, silently }) = faults.behead {
            self.queue.plan(at, Event::Behead { silently });
        }
        let words = [(faults.cancel_at, Word::Cancel), (faults.halt_at, Word::Halt)];
        for (at, word) in words {
            if let Some(at) = at {
                self.queue.plan(at, Event::Word(word));
            }
        }
        if faults.slow_readers {
            for at in 0..10 {
                self.queue.plan(at * 2_000_000, Event::Word(Word::Behind(at % 2 == 0)));
            }
        }
    }

    fn run(mut self) -> Result<Report, Box<Broken>> {
        let mut events = 0;
        self.carry_out(0, None);
        while self.check.broken.is_none() {
            let Some((at, event)) = self.queue.next() else {
                if self.next_round() {
                    continue;
                }
                break;
            };
            self.now = at;
            self.check.now = at;
            events += 1;
            self.step(event);
            if at > LATEST {
                self.check.invariant_finishes(false, "two days have passed");
            }
        }
        self.finish(events)
    }

    pub(crate) fn step(&mut self, event: Event) {
        match event {
            Event::Opened { proc, link } => self.opened(proc, link),
            Event::LoggedIn { proc, link } => self.logged_in(proc, link),
            Event::LoginOver { proc, link } => self.login_over(proc, link),
            Event::LoginRefused { proc, link, reason } => self.login_refused(proc, link, reason),
            Event::Granted { proc, ticket, granted } => self.tell(proc, Input::Granted { ticket, granted }, None),
            Event::Arrive { wire, up, item } => self.arrive(wire, up, item),
            Event::Wake { proc } => self.wake(proc),
            Event::Continue { proc } => self.go_on(proc),
            Event::Node { proc, step } => self.node_step(proc, step),
            Event::Work { host, number, boot, step } => self.work(host, number, boot, step),
            Event::Read { proc, stream } => self.read(proc, stream),
            Event::Store { proc, digest, len, good: true } => {
                self.tell(proc, Input::BodyStored { digest, len }, None);
            }
            Event::Store { proc, digest, good: false, .. } => {
                let reason = Reason::new(ReasonKind::Internal, "the store says no");
                self.tell(proc, Input::BodyBad { digest, reason }, None);
            }
            Event::Blow => self.blow(),
            Event::PowerOn { host } => self.power_on(host),
            Event::MustBeNoticed { wire } => self.look_whether_noticed(wire),
            Event::MustHaveLeft { wire } => self.look_whether_left(wire),
            Event::Behead { silently } => self.behead(silently),
            Event::MustBeBack { head, since, hosts } => self.look_whether_back(head, since, &hosts),
            Event::Word(word) => self.word(word),
            Event::CancelOver { proc } => self.look_for_survivors(proc),
            Event::Die(death) => self.die(death),
            Event::Resume => self.resume(),
        }
    }

    /// Nothing moves any more: everything is looked at.
    fn finish(mut self, events: u64) -> Result<Report, Box<Broken>> {
        if self.check.broken.is_none() {
            self.look_at_the_end();
        }
        let tally = self.procs[self.coordinator].run.tally().copied().unwrap_or_default();
        let story = self.story.finish(&self.scenario, &tally);
        let trace = self.trace.finish();
        match self.check.broken.take() {
            Some(broken) => Err(Box::new(Broken { story, trace, ..broken })),
            None => Ok(Report { tally, stats: self.stats, took: self.now, events, story, trace }),
        }
    }
}

/// What a coordinator is told of the run.
fn told(scenario: &Scenario, sabotage: Option<Sabotage>) -> (Cow<'_, Plan>, RunSpec) {
    let (mut plan, mut spec) = (Cow::Borrowed(&scenario.plan), scenario.spec.clone());
    match sabotage {
        Some(Sabotage::NoMaxFail) => spec.limits.max_fail = None,
        Some(Sabotage::NoOwnFanout) => plan.to_mut().datacenters.iter_mut().for_each(|dc| dc.fanout = None),
        Some(Sabotage::NoGlobalFanout) => spec.limits.global_fanout = None,
        Some(Sabotage::NoSlowStart) => spec.limits.opening = u32::MAX,
        Some(Sabotage::CallRelayAuto) if spec.credentials == Credentials::Relay => spec.credentials = Credentials::Auto,
        Some(Sabotage::CallAutoRelay) if spec.credentials == Credentials::Auto => spec.credentials = Credentials::Relay,
        _ => {}
    }
    (plan, spec)
}
