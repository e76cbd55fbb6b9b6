//! When a stage is over, and which hosts of one may begin.

use super::Check;
use mcom_model::{HostId, HostRanges, OutcomeKind};
use mcom_rollout::Answer;

/// The slowest answers, in milliseconds, and a little more.
const SLOWEST_MS: u64 = 16_000;

impl Check {
    /// A wave begins when those before it have been run.
    pub(super) fn invariant_waves_in_order(&mut self, stage: u32, hosts: &HostRanges) {
        let waves = &self.spec.stages[stage as usize].waves;
        let place = waves.iter().position(|wave| hosts.iter().all(|host| wave.hosts.contains(host)));
        let Some(place) = place else {
            return self
                .broke("invariant_stage_order", || format!("a run of stage {stage} is no part of a wave of it"));
        };
        let before = waves[..place].iter().flat_map(|wave| wave.hosts.iter());
        let open = before.filter(|&host| self.was_not_run(host)).count();
        self.must("invariant_stage_order", open == 0, || format!("{open} hosts of a wave before it were not run"));
    }

    fn was_not_run(&self, host: HostId) -> bool {
        matches!(self.hosts[host.0 as usize].last, None | Some(None | Some(OutcomeKind::NotRun)))
    }

    /// The stage is over: everything that was to happen in it has happened.
    pub(super) fn invariants_of_a_stage_passed(&mut self, number: u32) {
        let spec = self.spec.clone();
        let (stage, seen) = (&spec.stages[number as usize], self.stages[number as usize].clone());
        let open = stage.hosts.iter().filter(|&host| self.was_not_run(host)).count();
        self.must("invariant_stage_order", open == 0, || format!("{open} hosts of stage {number} were not run"));
        let since = seen.ended_ms.map_or(0, |ended_ms| self.now_ms.saturating_sub(ended_ms));
        let soaked = seen.skips_soak || since >= stage.soak_ms;
        self.must("invariant_soaked_out", soaked, || {
            format!("stage {number} soaked for {since} of {} ms", stage.soak_ms)
        });
        let approved = seen.approved || !stage.approve;
        self.must("invariant_approved", approved, || format!("nobody let the rollout go on after stage {number}"));
        self.invariant_max_fail();
    }

    /// The stage soaks no longer: its hosts are well, by what they said lately.
    pub(super) fn invariants_of_a_soak(&mut self, number: u32) {
        if !self.stages[number as usize].skips_health {
            self.invariant_was_healthy(number);
            self.invariant_restarted(number);
            self.invariant_asked_lately();
        }
    }

    /// Nothing is concluded from answers of long ago, as of before a process died.
    pub(super) fn invariant_asked_lately(&mut self) {
        let Some(health) = &self.spec.health else { return };
        let since = self.now_ms.saturating_sub(self.heard_ms);
        let lately = since <= health.every_ms + SLOWEST_MS;
        self.must("invariant_asked_lately", lately, || format!("hosts were asked {since} ms ago"));
    }

    fn invariant_was_healthy(&mut self, number: u32) {
        let Some(health) = self.spec.health.clone() else { return };
        let seen = self.stages[number as usize].clone();
        let good = |answer: Option<Answer>| match answer {
            Some(Answer::Healthy) => true,
            Some(Answer::Inconclusive) => seen.passes_inconclusive,
            Some(Answer::Sick) | None => false,
        };
        if health.command.is_some() {
            let global = seen.global;
            self.must("invariant_was_healthy", good(global), || format!("the command says {global:?}"));
        }
        if health.payload.is_none() {
            return;
        }
        let unwell = self.spec.stages[number as usize].hosts.iter().find(|&host| {
            let (of, last) = (self.live.host(host), self.hosts[host.0 as usize].last);
            let counts = matches!(last, Some(Some(OutcomeKind::Ok | OutcomeKind::Skipped))) || of.rebooted;
            counts && !of.sick && !of.accepted && !good(self.hosts[host.0 as usize].answer)
        });
        if let Some(host) = unwell {
            let (name, answer) = (self.name(host).to_owned(), self.hosts[host.0 as usize].answer);
            self.broke("invariant_was_healthy", || format!("{name} says {answer:?}, and stage {number} is passed"));
        }
    }

    /// Hosts whose payload restarts them are back, or count as bad.
    fn invariant_restarted(&mut self, number: u32) {
        let stage = &self.spec.stages[number as usize];
        if stage.reboots_ms.is_none() {
            return;
        }
        let away = stage.hosts.iter().find(|&host| {
            let (of, last) = (self.live.host(host), self.hosts[host.0 as usize].last);
            last == Some(Some(OutcomeKind::Ok)) && !of.rebooted && !of.sick && !of.accepted
        });
        if let Some(host) = away {
            let name = self.name(host).to_owned();
            self.broke("invariant_restarted", || format!("{name} is not back, and stage {number} is passed"));
        }
    }

    /// Not more bad hosts than the stage may have, where it goes on.
    pub(super) fn invariant_max_fail(&mut self) {
        let Some(stage) = self.spec.stages.get(self.live.stage as usize) else { return };
        let (bad, limit) = (self.bad(), stage.max_fail);
        let state = self.live.state.words();
        self.must("invariant_max_fail", bad <= limit, || {
            format!("{bad} hosts are bad, {limit} may be, and it is {state}")
        });
    }

    /// Hosts of the stage that are bad, and nobody has accepted that.
    pub(super) fn bad(&self) -> u64 {
        let Some(stage) = self.spec.stages.get(self.live.stage as usize) else { return 0 };
        stage.hosts.iter().filter(|&host| self.is_bad(host, stage.reboots_ms.is_some())).count() as u64
    }

    fn is_bad(&self, host: HostId, restarts: bool) -> bool {
        use OutcomeKind::{Failed, NotRun, Ok, Skipped, Unknown};
        let of = self.live.host(host);
        let last = self.hosts[host.0 as usize].last.flatten();
        let may_come_back = restarts && (last == Some(Unknown) || (last == Some(Failed) && of.signalled));
        let ended_badly = last.is_some_and(|kind| !matches!(kind, Ok | Skipped | NotRun)) && !may_come_back;
        // What could not be run, and is to be run again, is not counted until it was.
        let again = of.run.is_none();
        !of.accepted && (of.sick || (ended_badly && !again))
    }
}
