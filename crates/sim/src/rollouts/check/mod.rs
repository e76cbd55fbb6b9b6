//! What must hold for every rollout, checked while it goes on: from what is recorded, what is asked for, and what is true
//! on the hosts.

mod effects;
mod records;
mod stages;
mod verbs;

use super::scenario::RolloutScenario;
use crate::check::Broken;
use mcom_model::{HostId, OutcomeKind, RunId};
use mcom_rollout::{Answer, RolloutSpec, RolloutState, State, Window};
use std::fmt;
use std::sync::Arc;

/// What has been seen so far, as far as an invariant needs it.
pub(crate) struct Check {
    pub(crate) now_ms: u64,
    broken: Option<RolloutBroken>,
    seed: u64,
    deaths: Vec<u64>,
    spec: Arc<RolloutSpec>,
    window: Option<Window>,
    /// What the record says.
    live: RolloutState,
    hosts: Vec<Seen>,
    stages: Vec<SeenStage>,
    /// Whether the process carries a run out, and whether nothing new may start in it.
    runs: Option<bool>,
    /// Whether a round of questions is out.
    asks: bool,
    /// When the answers of one were there last.
    heard_ms: u64,
    /// What was asked for last has led to nothing yet.
    unfollowed: bool,
    /// Nothing more of any stage may start: it was aborted, or is undone.
    ends: bool,
    /// Whether starts are known at the moment at which they happen.
    prompt: bool,
}

/// One host.
#[derive(Clone, Debug, Default)]
struct Seen {
    /// How often the payload was started, and what reverts it.
    starts: [u32; 2],
    /// How its last run ended; no outcome: it runs, or may.
    last: Option<Option<OutcomeKind>>,
    /// What it said last about its health, since its stage was run or resumed.
    answer: Option<Answer>,
}

/// One stage.
#[derive(Clone, Debug, Default)]
struct SeenStage {
    begun: bool,
    ended_ms: Option<u64>,
    approved: bool,
    skips_soak: bool,
    skips_health: bool,
    passes_inconclusive: bool,
    global: Option<Answer>,
}

/// An invariant that did not hold.
#[derive(Debug)]
pub struct RolloutBroken {
    /// Which.
    pub invariant: &'static str,
    /// What was seen.
    pub text: String,
    /// The seed that shows it.
    pub seed: u64,
    /// The steps after which its processes are killed.
    pub deaths: Vec<u64>,
    /// When, in milliseconds since its start.
    pub at_ms: u64,
    /// What had happened up to then; empty unless it was asked for.
    pub story: String,
}

impl std::error::Error for RolloutBroken {}

impl fmt::Display for RolloutBroken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { invariant, text, seed, deaths, at_ms, .. } = self;
        let only = match deaths[..] {
            [step] if RolloutScenario::of_seed(*seed).deaths != *deaths => format!(" --dies-after {step}"),
            _ => String::new(),
        };
        let (seconds, millis) = (at_ms / 1000, at_ms % 1000);
        write!(
            f,
            "rollout seed {seed} at +{seconds}.{millis:03}s: {invariant}: {text}; \
             replay with: cargo run -p mcom-sim -- --rollout-seed {seed}{only} --story"
        )
    }
}

impl Check {
    pub(crate) fn new(scenario: &RolloutScenario) -> Self {
        let hosts = scenario.spec.plan.hosts.len();
        Self {
            now_ms: scenario.spec.started_ms,
            broken: None,
            seed: scenario.seed,
            deaths: scenario.deaths.clone(),
            spec: scenario.spec.clone(),
            window: scenario.window.clone(),
            live: RolloutState::new(hosts),
            hosts: vec![Seen::default(); hosts],
            stages: vec![SeenStage::default(); scenario.spec.stages.len()],
            runs: None,
            asks: false,
            heard_ms: 0,
            unfollowed: false,
            ends: false,
            prompt: !scenario.real_runs,
        }
    }

    fn broke(&mut self, invariant: &'static str, text: impl FnOnce() -> String) {
        if self.broken.is_none() {
            let (seed, deaths) = (self.seed, self.deaths.clone());
            let at_ms = self.now_ms - self.spec.started_ms;
            self.broken = Some(RolloutBroken { invariant, text: text(), seed, deaths, at_ms, story: String::new() });
        }
    }

    /// Says that an invariant is broken where `holds` does not.
    fn must(&mut self, invariant: &'static str, holds: bool, text: impl FnOnce() -> String) {
        if !holds {
            self.broke(invariant, text);
        }
    }

    pub(crate) const fn is_broken(&self) -> bool {
        self.broken.is_some()
    }

    pub(crate) fn finish(self) -> Option<RolloutBroken> {
        self.broken
    }

    /// The state that is recorded.
    pub(crate) const fn state(&self) -> State {
        self.live.state
    }

    /// The run that is recorded as begun and not as ended.
    pub(crate) fn open_run(&self) -> Option<RunId> {
        self.live.open_run().map(|run| run.run.clone())
    }

    /// It does not come to its end.
    pub(crate) fn invariant_finishes(&mut self, why: &str) {
        let state = self.live.state.words();
        self.broke("invariant_finishes", || format!("{why}, and it is {state}"));
    }

    /// A run of the engine has broken an invariant of its own.
    pub(crate) fn engine_broke(&mut self, broken: &Broken) {
        self.broke(broken.invariant, || broken.text.clone());
    }

    /// Whether a new process has something to follow that was recorded before.
    pub(crate) const fn has_unfollowed(&self) -> bool {
        self.unfollowed
    }

    fn name(&self, host: HostId) -> &str {
        &self.spec.plan.host(host).name
    }

    /// Whether the payload began on a host by what is recorded, or may have.
    fn began(&self, host: HostId) -> bool {
        use OutcomeKind::{NotRun, Refused, Skipped, Unreachable};
        match self.hosts[host.0 as usize].last {
            None => false,
            Some(outcome) => !matches!(outcome, Some(NotRun | Refused | Skipped | Unreachable)),
        }
    }
}
