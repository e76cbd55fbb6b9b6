//! The runs of a rollout: modelled, or those of the tree simulation. What their ledgers and the hosts keep outlives the
//! processes.

use super::Life;
use super::ground::Ground;
use super::model_run::ModelRun;
use super::process::Doing;
use super::real_run::RealRun;
use mcom_model::{HostRanges, RunId};
use mcom_rollout::{HostEnd, Input, RunOf};

/// One run.
pub(crate) enum Run {
    Model(ModelRun),
    Real(Box<RealRun>),
}

impl Run {
    fn take_up(&mut self, halted: bool, ground: &mut Ground) {
        match self {
            Self::Model(run) => run.take_up(halted, ground),
            Self::Real(run) => run.take_up(halted, ground),
        }
    }

    pub(super) fn halt(&mut self, ground: &mut Ground) {
        match self {
            Self::Model(run) => run.halt(ground),
            Self::Real(run) => run.halt(ground),
        }
    }

    fn cancel(&mut self, ground: &mut Ground) {
        match self {
            Self::Model(run) => run.cancel(ground),
            Self::Real(run) => run.cancel(ground),
        }
    }

    /// Its coordinator is gone. What was begun goes on.
    pub(super) fn leave_alone(&mut self) {
        if let Self::Real(run) = self {
            run.leave_alone();
        }
    }

    /// When it is to be looked at: where it has ended, at once.
    pub(super) fn wakes_ms(&self, now_ms: u64) -> Option<u64> {
        if self.ends().is_some() { Some(now_ms) } else { self.next_ms() }
    }

    fn next_ms(&self) -> Option<u64> {
        match self {
            Self::Model(run) => run.next_ms(),
            Self::Real(run) => run.next_ms(),
        }
    }

    fn step(&mut self, ground: &mut Ground) {
        match self {
            Self::Model(run) => run.step(ground),
            Self::Real(run) => run.step(ground),
        }
    }

    fn ends(&self) -> Option<Vec<HostEnd>> {
        match self {
            Self::Model(run) => run.ends(),
            Self::Real(run) => run.ends(),
        }
    }

    fn stopped(&self) -> Option<String> {
        match self {
            Self::Model(run) => run.stopped.clone(),
            Self::Real(run) => run.stopped.clone(),
        }
    }
}

impl Life {
    /// A run is begun, or carried on where its ledger is there.
    pub(super) fn take_up(&mut self, run: RunId, of: RunOf, hosts: &HostRanges, max_fail: Option<u64>, halted: bool) {
        let impossible = (!self.has_key()).then(|| "no key".to_owned());
        if impossible.is_none() {
            if let Some(run) = self.runs.get(&run) {
                let is_real = matches!(run, Run::Real(_));
                self.stats.count(if is_real { "run of the engine carried on" } else { "run carried on" });
            } else {
                let new = self.new_run(&run, of, hosts, max_fail);
                self.runs.insert(run.clone(), new);
            }
            self.with_run(&run, |run, ground| run.take_up(halted, ground));
        } else {
            self.stats.count("fault: a run could not be begun or carried on");
        }
        if let Some(process) = &mut self.process {
            process.run = Some(Doing { run, impossible });
        }
    }

    fn new_run(&mut self, run: &RunId, of: RunOf, hosts: &HostRanges, max_fail: Option<u64>) -> Run {
        let restarts = match of {
            RunOf::Stage(stage) => self.scenario.spec.stages[stage as usize].reboots_ms.is_some(),
            RunOf::Undo => false,
        };
        if self.scenario.real_runs && !restarts && of != RunOf::Undo {
            self.stats.count("run of the engine");
            return Run::Real(Box::new(RealRun::new(self.scenario.seed, run, (of, hosts), max_fail, &self.ground)));
        }
        Run::Model(ModelRun::new(of, restarts, hosts, max_fail))
    }

    /// Whether something happens in the run that goes on; hands its end over.
    pub(super) fn run_moves(&mut self) -> bool {
        let now_ms = self.ground.now_ms;
        let Some(doing) = self.process.as_mut().and_then(|process| process.run.take()) else { return false };
        if let Some(why) = doing.impossible {
            self.input(Input::RunImpossible { run: doing.run, why });
            return true;
        }
        let run = doing.run;
        let moves = self.runs[&run].next_ms().is_some_and(|at_ms| at_ms <= now_ms);
        if moves {
            self.with_run(&run, Run::step);
        }
        if let Some(hosts) = self.runs[&run].ends() {
            let stopped = self.runs[&run].stopped();
            self.check.truth(&run, &hosts);
            self.input(Input::RunEnded { run, hosts, stopped });
            return true;
        }
        if let Some(process) = &mut self.process {
            process.run = Some(Doing { run, impossible: None });
        }
        moves
    }

    /// Somebody else cancels the last run.
    pub(super) fn cancel_run(&mut self) {
        let Some(run) = self.check.open_run().filter(|run| self.runs.contains_key(run)) else { return };
        self.stats.count("fault: run cancelled");
        self.tell("! somebody cancels the run");
        self.with_run(&run, Run::cancel);
    }

    /// Does something with a run, and looks at what it started.
    pub(super) fn with_run(&mut self, run: &RunId, what: impl FnOnce(&mut Run, &mut Ground)) {
        if let Some(found) = self.runs.get_mut(run) {
            what(found, &mut self.ground);
        }
        for (host, of) in std::mem::take(&mut self.ground.started) {
            self.stats.count(if of == RunOf::Undo { "undo started on a host" } else { "payload started on a host" });
            self.check.started(host, of);
        }
        if let Some(Run::Real(run)) = self.runs.get(run)
            && let Some(broken) = run.broken()
        {
            self.check.engine_broke(broken);
        }
    }
}
