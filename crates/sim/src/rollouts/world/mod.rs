//! The life of one rollout in virtual time: processes that carry it on and are killed, operators, runs, rounds of
//! questions; and the loop that moves them on.

mod asks;
mod ground;
mod model_run;
mod operator;
mod process;
mod real_run;
mod runs;

pub(crate) use process::Process;
pub(crate) use runs::Run;

use super::check::{Check, RolloutBroken};
use super::sabotage::RolloutSabotage;
use super::scenario::{RolloutScenario, Trouble};
use crate::rng::Rng;
use crate::stats::Stats;
use ground::Ground;
use mcom_model::RunId;
use mcom_rollout::{Input, RolloutEvent, RolloutState};
use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write;

/// Moments after which a rollout that is not over never will be.
const MOMENTS: u64 = 50_000;

/// One rollout on its way.
pub(crate) struct Life {
    pub(crate) scenario: RolloutScenario,
    rng: Rng,
    ground: Ground,
    /// The record, line by line: what a new process reads.
    disk: Vec<String>,
    process: Option<Process>,
    runs: BTreeMap<RunId, Run>,
    troubles: VecDeque<(u64, Trouble)>,
    /// When somebody sees that nobody carries it on.
    returns_ms: Option<u64>,
    /// Until when the operator's key is gone.
    key_gone_until_ms: u64,
    /// What the processes have done so far: effects, and inputs.
    steps: u64,
    /// What was typed since everything is quiet.
    nudges: u64,
    check: Check,
    stats: Stats,
    story: Option<String>,
    sabotage: Option<RolloutSabotage>,
}

/// How a rollout went.
#[derive(Debug)]
pub struct RolloutReport {
    /// How it stands at its end.
    pub state: RolloutState,
    /// What its processes did, in steps: each is one after which they can be killed.
    pub steps: u64,
    /// What occurred how often.
    pub stats: Stats,
    /// Virtual time that it took, in milliseconds.
    pub took_ms: u64,
    /// What happened, in words; empty unless it was asked for.
    pub story: String,
}

/// Simulates a rollout to its end. An error is an invariant that did not hold.
///
/// # Errors
/// Where an invariant was broken: which, when, and for which seed.
pub fn run_rollout(
    scenario: RolloutScenario,
    sabotage: Option<RolloutSabotage>,
    story: bool,
) -> Result<RolloutReport, Box<RolloutBroken>> {
    Life::new(scenario, sabotage, story).run()
}

impl Life {
    fn new(scenario: RolloutScenario, sabotage: Option<RolloutSabotage>, story: bool) -> Self {
        let ground = Ground::new(scenario.spec.started_ms, scenario.natures.clone());
        Self {
            rng: scenario.rng(),
            ground,
            disk: Vec::new(),
            process: None,
            runs: BTreeMap::new(),
            troubles: scenario.troubles.iter().copied().collect(),
            returns_ms: None,
            key_gone_until_ms: 0,
            steps: 0,
            nudges: 0,
            check: Check::new(&scenario),
            stats: Stats::default(),
            story: story.then(String::new),
            sabotage,
            scenario,
        }
    }

    fn run(mut self) -> Result<RolloutReport, Box<RolloutBroken>> {
        self.begin(None);
        let mut moments = 0;
        while !self.check.is_broken() && !self.is_over() {
            let Some(at_ms) = self.next_ms() else {
                self.check.invariant_finishes("nothing moves any more");
                break;
            };
            self.ground.now_ms = at_ms.max(self.ground.now_ms);
            self.check.now_ms = self.ground.now_ms;
            if !self.ground.quiet && self.ground.now_ms >= self.scenario.quiet_ms {
                self.ground.quiet = true;
                self.tell("! everything is quiet from now on");
            }
            self.moment();
            moments += 1;
            if moments > MOMENTS {
                self.check.invariant_finishes("it goes on and on");
            }
        }
        self.finish()
    }

    fn is_over(&self) -> bool {
        self.process.is_none() && self.troubles.is_empty() && self.check.state().is_over()
    }

    fn finish(mut self) -> Result<RolloutReport, Box<RolloutBroken>> {
        let state = self.replayed();
        self.check.at_the_end();
        let story = self.story.take().unwrap_or_default();
        let (steps, stats) = (self.steps, self.stats);
        let took_ms = self.ground.now_ms - self.scenario.spec.started_ms;
        match self.check.finish() {
            Some(broken) => Err(Box::new(RolloutBroken { story, ..broken })),
            None => Ok(RolloutReport { state, steps, stats, took_ms, story }),
        }
    }

    /// When something happens next.
    fn next_ms(&self) -> Option<u64> {
        let trouble = self.troubles.front().map(|(at_ms, _)| *at_ms);
        let next = match &self.process {
            Some(process) => {
                let run = process.run.as_ref().and_then(|run| match &run.impossible {
                    Some(_) => Some(self.ground.now_ms),
                    None => self.runs.get(&run.run).and_then(|run| run.wakes_ms(self.ground.now_ms)),
                });
                let timeout =
                    process.machine.next_timeout_ms().filter(|_| self.sabotage != Some(RolloutSabotage::NoTimers));
                [run, process.asks.as_ref().map(|asks| asks.answers_ms), timeout].into_iter().flatten().min()
            }
            None if self.check.state().is_over() => None,
            None => Some(self.returns_ms.unwrap_or(self.scenario.quiet_ms.max(self.ground.now_ms + 60_000))),
        };
        trouble.into_iter().chain(next).min()
    }

    /// One thing that happens now.
    fn moment(&mut self) {
        let now_ms = self.ground.now_ms;
        if let Some((_, trouble)) = self.troubles.front().copied().filter(|(at_ms, _)| *at_ms <= now_ms) {
            self.troubles.pop_front();
            self.trouble(trouble);
        } else if self.process.is_none() {
            self.somebody_returns();
        } else if !self.run_moves() && !self.answers_come() {
            self.stats.count("timer");
            self.input(Input::Timeout);
        }
    }

    fn trouble(&mut self, trouble: Trouble) {
        match trouble {
            Trouble::Types(verb, with_reason) => self.types(verb, with_reason),
            Trouble::Killed => self.kill(),
            Trouble::KeyGone(ms) => {
                self.stats.count("fault: key gone");
                self.tell("! the operator's key is gone");
                self.key_gone_until_ms = self.ground.now_ms + ms;
            }
            Trouble::Cancelled => self.cancel_run(),
        }
    }

    /// Whether hosts can be reached from here.
    fn has_key(&self) -> bool {
        self.ground.quiet || self.ground.now_ms >= self.key_gone_until_ms
    }

    /// The state as a new process reads it.
    fn replayed(&self) -> RolloutState {
        let mut state = RolloutState::new(self.scenario.spec.plan.hosts.len());
        for line in &self.disk {
            let event: RolloutEvent = serde_json::from_str(line).expect("what was written can be read");
            state.apply(&event);
        }
        state
    }

    /// Says something in the story.
    fn tell(&mut self, text: &str) {
        let ms = self.ground.now_ms - self.scenario.spec.started_ms;
        if let Some(story) = &mut self.story {
            writeln!(story, "+{:>6}.{:03}s  {text}", ms / 1000, ms % 1000).expect("a string takes everything");
        }
    }
}
