//! The runs of a stage, one after another, and what their ends mean.

use crate::event::{Happened, HostsEnded, RunOf, Why};
use crate::machine::{Effect, HostEnd, Machine};
use crate::spec::Wave;
use crate::state::{HostProgress, RunProgress, State};
use mcom_model::{HostId, HostRanges, OutcomeKind, RunId};

impl Machine {
    /// Goes on where another process left the stage: what that one was about to conclude is concluded first.
    pub(super) fn go_on_running(&mut self) {
        if self.state.open_run().is_some() {
            self.next_run();
        } else if self.has_begun_stage() {
            self.stage_run_ended(false, None);
        } else {
            self.start_stage(self.state.stage);
        }
    }

    /// Whether anything of the stage was run.
    pub(super) fn has_begun_stage(&self) -> bool {
        self.state.runs.iter().any(|run| run.of == RunOf::Stage(self.state.stage))
    }

    /// Goes on with the run that is open, begins the next one, or lets the stage soak.
    pub(super) fn next_run(&mut self) {
        if self.runs {
            // It was halted by a pause that is over: what it leaves is run when it has ended.
            return;
        }
        if let Some(run) = self.state.open_run().cloned() {
            self.carry_out(run, false);
            return;
        }
        let next = self.stage().waves.iter().map(|wave| self.left_of(wave)).find(|left| !left.is_empty());
        let Some(hosts) = next else {
            self.begin_soak();
            return;
        };
        let (run, of) = (self.spec.run_id(self.state.runs.len()), RunOf::Stage(self.state.stage));
        self.begin_run(run, of, hosts);
    }

    pub(super) fn begin_run(&mut self, run: RunId, of: RunOf, hosts: HostRanges) {
        self.record(Happened::RunBegun { run, of, hosts });
        if let Some(run) = self.state.open_run().cloned() {
            self.carry_out(run, false);
        }
    }

    /// Where a run is open that nobody carries out, does so without starting anything new. Whether there is one.
    pub(super) fn bring_to_its_end(&mut self) -> bool {
        let Some(run) = self.state.open_run().cloned() else { return false };
        self.carry_out(run, true);
        true
    }

    pub(super) fn carry_out(&mut self, run: RunProgress, halted: bool) {
        let RunProgress { run, of, hosts, .. } = run;
        let (fanouts, max_fail) = match of {
            RunOf::Stage(stage) => {
                let stage = &self.spec.stages[stage as usize];
                let first = hosts.iter().next();
                let wave = stage.waves.iter().find(|wave| first.is_some_and(|first| wave.hosts.contains(first)));
                let fanouts = wave.map(|wave| wave.fanouts.clone()).unwrap_or_default();
                let left = stage.max_fail.saturating_sub(self.bad());
                // A host that restarts looks like one that is lost.
                (fanouts, stage.reboots_ms.is_none().then_some(left))
            }
            RunOf::Undo => (Vec::new(), None),
        };
        (self.runs, self.halted) = (true, halted);
        self.effects.push_back(Effect::Run { run, of, hosts, fanouts, max_fail, halted });
    }

    pub(super) fn run_ended(&mut self, run: &RunId, hosts: &[HostEnd], stopped: Option<String>) {
        let Some(open) = self.state.open_run().filter(|open| open.run == *run).cloned() else { return };
        let was_halted = std::mem::take(&mut self.halted);
        self.runs = false;
        self.record(Happened::RunEnded(self.ends(&open, hosts)));
        match (self.state.state, open.of) {
            (State::Running, _) => self.stage_run_ended(was_halted, stopped),
            (State::Aborting, _) => self.finish_abort(),
            (State::Undoing, RunOf::Stage(_)) => self.go_on_undoing(),
            (State::Undoing, RunOf::Undo) => self.finish_undo(),
            _ => {}
        }
    }

    fn stage_run_ended(&mut self, was_halted: bool, stopped: Option<String>) {
        let (bad, limit) = (self.bad(), self.stage().max_fail);
        let not_run = || "hosts were not run".to_owned();
        let is_not_run = |host: HostId| self.state.host(host).outcome() == Some(OutcomeKind::NotRun);
        let left = self.stage().hosts.iter().any(is_not_run);
        if bad > limit {
            self.fail(Why::TooManyBad { bad, limit });
        } else if let Some(said) = stopped.or_else(|| (left && !was_halted).then(not_run)) {
            self.pause(Why::Stopped { said });
        } else {
            self.next_run();
        }
    }

    /// No host was touched by this process, and the run stays open.
    pub(super) fn run_impossible(&mut self, run: &RunId, said: String) {
        if self.state.open_run().is_none_or(|open| open.run != *run) {
            return;
        }
        (self.runs, self.halted) = (false, false);
        let why = Why::CannotReach { said };
        match self.state.state {
            State::Running => self.pause(why),
            // Abort wins: what is left in flight is told as such.
            State::Aborting | State::Undoing => self.become_now(State::Aborted, None, Some(why)),
            _ => {}
        }
    }

    /// How the hosts of a run ended, as it is recorded.
    fn ends(&self, run: &RunProgress, hosts: &[HostEnd]) -> HostsEnded {
        let ends: Vec<&HostEnd> = hosts.iter().filter(|end| run.hosts.contains(end.host)).collect();
        let of_kind = |kind| {
            let hosts: HostRanges = ends.iter().filter(|end| end.kind == kind).map(|end| end.host).collect();
            (!hosts.is_empty()).then_some((kind, hosts))
        };
        let restarts = matches!(run.of, RunOf::Stage(stage) if self.spec.stages[stage as usize].reboots_ms.is_some());
        let boot = |end: &&HostEnd| Some((end.host, end.boot.clone()?));
        HostsEnded {
            run: run.run.clone(),
            ends: OutcomeKind::ALL.into_iter().filter_map(of_kind).collect(),
            signalled: ends.iter().filter(|end| restarts && end.signalled).map(|end| end.host).collect(),
            boots: if restarts { ends.iter().filter_map(boot).collect() } else { Vec::new() },
        }
    }

    /// The hosts of a wave that were not run yet.
    fn left_of(&self, wave: &Wave) -> HostRanges {
        wave.hosts.iter().filter(|host| is_left(self.state.host(*host))).collect()
    }

    /// Whether every host of the stage was run, and no run is open.
    pub(super) fn has_nothing_to_run(&self) -> bool {
        self.state.open_run().is_none() && !self.stage().hosts.iter().any(|host| is_left(self.state.host(host)))
    }

    /// How many hosts of the stage are bad.
    pub(super) fn bad(&self) -> u64 {
        self.stage().hosts.iter().filter(|host| self.is_bad(*host)).count() as u64
    }

    /// Hosts of the stage that are bad by how they ended.
    pub(super) fn bad_by_outcome(&self) -> HostRanges {
        match self.spec.stages.get(self.state.stage as usize) {
            Some(stage) => {
                stage.hosts.iter().filter(|host| self.is_bad(*host) && !self.state.host(*host).sick).collect()
            }
            None => HostRanges::default(),
        }
    }

    fn is_bad(&self, host: HostId) -> bool {
        let of = self.state.host(host);
        if of.accepted {
            return false;
        }
        of.sick || (of.ended_badly() && !self.may_restart(host))
    }

    /// Whether a host's payload restarts it, and it may yet come back.
    pub(super) fn may_restart(&self, host: HostId) -> bool {
        let of = self.state.host(host);
        let fits = match of.outcome() {
            Some(OutcomeKind::Ok | OutcomeKind::Unknown) => true,
            Some(OutcomeKind::Failed) => of.signalled,
            _ => false,
        };
        // Whoever was accepted as bad is not waited for.
        self.stage().reboots_ms.is_some() && fits && !of.rebooted && !of.sick && !of.accepted
    }
}

fn is_left(host: &HostProgress) -> bool {
    match host.run {
        None => true,
        Some((_, outcome)) => outcome == Some(OutcomeKind::NotRun),
    }
}
