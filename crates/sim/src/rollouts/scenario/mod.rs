//! What a seed stands for: the stages, how each host behaves, who types what when, and what breaks.

mod draw;
mod nature;

pub(crate) use nature::{Ends, Health, Nature, Reaching, Restart};

use crate::rng::Rng;
use mcom_rollout::{RolloutSpec, Verb, Window};
use std::sync::Arc;

/// One rollout to be simulated.
#[derive(Clone, Debug)]
pub struct RolloutScenario {
    /// The seed of everything that is decided on the way.
    pub seed: u64,
    /// The rollout.
    pub spec: Arc<RolloutSpec>,
    /// Its window.
    pub window: Option<Window>,
    /// How each host behaves, in the order of ids.
    pub(crate) natures: Vec<Nature>,
    /// How the command on the admin host behaves.
    pub(crate) global: Health,
    /// What happens at moments that were drawn before.
    pub(crate) troubles: Vec<(u64, Trouble)>,
    /// The moment from which nothing breaks any more: every host is well, and whoever is asked says that it may go on.
    pub(crate) quiet_ms: u64,
    /// Steps after which a process is killed, counted over the whole life.
    pub(crate) deaths: Vec<u64>,
    /// Whether runs are those of the tree simulation.
    pub(crate) real_runs: bool,
}

/// What happens at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// An operator types a verb, with a reason or without.
    Types(Verb, bool),
    /// The process is killed.
    Killed,
    /// The operator's key is gone for so many milliseconds.
    KeyGone(u64),
    /// Somebody cancels the run that goes on.
    Cancelled,
}

impl RolloutScenario {
    /// The scenario of a seed: everything can go wrong.
    pub fn of_seed(seed: u64) -> Self {
        draw::scenario(seed)
    }

    /// The same, and nobody is killed but whoever has done so many steps.
    #[must_use]
    pub fn dying_after(mut self, steps: u64) -> Self {
        self.deaths = vec![steps];
        self.troubles.retain(|(_, trouble)| *trouble != Trouble::Killed);
        self
    }

    /// The scenario in one line.
    pub fn in_words(&self) -> String {
        let Self { seed, spec, troubles, deaths, real_runs, .. } = self;
        let (hosts, stages) = (spec.plan.hosts.len(), spec.stages.len());
        let runs = if *real_runs { "runs of the engine" } else { "modelled runs" };
        let window = spec.window.as_deref().unwrap_or("none");
        format!(
            "rollout seed {seed}: {hosts} hosts in {stages} stages, {runs}, on fail {:?}, window {window}, health {}, \
             {} troubles, killed after steps {deaths:?}",
            spec.on_fail,
            if spec.health.is_some() { "asked" } else { "not asked" },
            troubles.len(),
        )
    }

    /// The numbers of what is decided on the way.
    pub(crate) const fn rng(&self) -> Rng {
        Rng::new(self.seed ^ 0x0011_0075)
    }
}
