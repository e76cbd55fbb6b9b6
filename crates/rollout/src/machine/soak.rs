//! Watching a stage's hosts: rounds of questions, what the answers mean, and when it is over.

use crate::answer::{Answer, Answered, HostAnswer};
use crate::event::{Checked, Happened, Why};
use crate::health::Verdict;
use crate::machine::{Effect, Machine};
use crate::spec::HealthSpec;
use crate::state::State;
use mcom_model::{HostId, HostRanges, OutcomeKind};

/// Milliseconds from one look at a host that restarts to the next, where nothing else says it.
const LOOK_MS: u64 = 10_000;

/// Lines of those that are not healthy which a round keeps.
const SAID: usize = 10;

impl Machine {
    /// Every run of the stage has ended.
    pub(super) fn begin_soak(&mut self) {
        let soak_ms = if self.state.soak_skipped { 0 } else { self.stage().soak_ms };
        let until_ms = self.now_ms.saturating_add(soak_ms);
        self.become_now(State::Soaking, Some(until_ms), None);
        self.ask_at_once();
    }

    pub(super) fn ask_at_once(&mut self) {
        self.has_heard = false;
        self.is_stale = self.asks;
        self.next_check_ms = self.now_ms;
        self.go_on_soaking();
    }

    /// Asks where a round is due, and goes on where the stage is over.
    pub(super) fn go_on_soaking(&mut self) {
        if self.has_heard || !self.asks_hosts() {
            self.judge();
        } else {
            self.fail_where_too_many_are_bad();
        }
        if self.state.state == State::Soaking && self.asks_hosts() && !self.asks && self.next_check_ms <= self.now_ms {
            self.asks = true;
            self.next_check_ms = self.now_ms.saturating_add(self.health().map_or(LOOK_MS, |health| health.every_ms));
            let controls = if self.asks_script() { self.stage().controls.clone() } else { HostRanges::default() };
            let asked = self.watched().filter(|host| self.asks_script() || self.may_restart(*host));
            let hosts = asked.chain(controls.iter()).collect();
            self.effects.push_back(Effect::Check { hosts, controls });
        }
    }

    pub(super) fn soak_timeout_ms(&self) -> Option<u64> {
        let next_check = (self.asks_hosts() && !self.asks).then_some(self.next_check_ms);
        let soak_end = Some(self.state.soak_until_ms).filter(|&until| until > self.now_ms);
        let back = self.back_by_ms().filter(|&due| due > self.now_ms && self.somebody_may_restart());
        [next_check, soak_end, back].into_iter().flatten().min()
    }

    pub(super) fn checked(&mut self, answered: Answered) {
        if !self.counts() {
            return;
        }
        self.has_heard = true;
        self.note_restarts(&answered.hosts);
        let counted: Vec<&HostAnswer> =
            answered.hosts.iter().filter(|answer| !self.is_of_stage_and_may_restart(answer.host)).collect();
        let which = |kind| counted.iter().filter(|answer| answer.answer == kind).map(|answer| answer.host).collect();
        let unwell = counted.iter().filter(|answer| answer.answer != Answer::Healthy && !answer.said.is_empty());
        let of_global = answered.global.iter().filter(|(answer, said)| *answer != Answer::Healthy && !said.is_empty());
        let said = of_global.map(|(_, said)| (None, said.clone()));
        let said = said.chain(unwell.map(|answer| (Some(answer.host), answer.said.clone()))).take(SAID).collect();
        self.record(Happened::Checked(Checked {
            healthy: which(Answer::Healthy),
            inconclusive: which(Answer::Inconclusive),
            sick: which(Answer::Sick),
            global: answered.global.as_ref().map(|(answer, _)| *answer),
            said,
        }));
        self.go_on_soaking();
    }

    pub(super) fn check_impossible(&mut self, said: String) {
        if self.counts() {
            self.pause(Why::CannotReach { said });
        }
    }

    /// A round is back: whether what it says counts. Whoever paused in between has the hosts asked again.
    fn counts(&mut self) -> bool {
        let was_out = std::mem::take(&mut self.asks);
        let is_stale = std::mem::take(&mut self.is_stale);
        if !was_out || self.state.state != State::Soaking {
            return false;
        }
        if is_stale {
            self.go_on_soaking();
        }
        !is_stale
    }

    /// Hosts that answer under another boot id than the one that their payload was claimed under are back.
    fn note_restarts(&mut self, answers: &[HostAnswer]) {
        let is_back = |answer: &&HostAnswer| {
            let claimed = self.state.host(answer.host).boot.as_ref();
            self.is_of_stage_and_may_restart(answer.host)
                && answer.boot.as_ref().is_some_and(|boot| claimed.is_none_or(|claimed| claimed != boot))
        };
        let hosts: HostRanges = answers.iter().filter(is_back).map(|answer| answer.host).collect();
        if !hosts.is_empty() {
            self.record(Happened::Rebooted { hosts });
        }
    }

    /// Says what the answers so far mean: who is bad, whether the stage fails, cannot be judged, or is over.
    fn judge(&mut self) {
        if self.state.health_skipped {
            self.end_soak_where(true);
            return;
        }
        if !self.state.inconclusive_accepted
            && let Some(said) = self.unsure_of_controls()
        {
            self.pause(Why::Inconclusive { said });
            return;
        }
        let sick: HostRanges =
            self.watched().filter(|host| self.verdict(*host) == Verdict::Bad || self.is_overdue(*host)).collect();
        if !sick.is_empty() {
            self.record(Happened::Sick { hosts: sick });
        }
        if self.fail_where_too_many_are_bad() {
            return;
        }
        if self.global_verdict() == Verdict::Bad {
            self.fail(Why::GlobalSick { said: self.last_said(None) });
        } else if let Some(said) = self.unsure().filter(|_| !self.state.inconclusive_accepted) {
            self.pause(Why::Inconclusive { said });
        } else {
            self.end_soak_where(self.all_well());
        }
    }

    /// Whether it fails.
    fn fail_where_too_many_are_bad(&mut self) -> bool {
        let (bad, limit) = (self.bad(), self.stage().max_fail);
        let too_many = bad > limit;
        if too_many {
            self.fail(Why::TooManyBad { bad, limit });
        }
        too_many
    }

    fn end_soak_where(&mut self, is_well: bool) {
        if is_well && self.now_ms >= self.state.soak_until_ms {
            self.stage_passed();
        }
    }

    fn all_well(&self) -> bool {
        let accepted = self.state.inconclusive_accepted;
        let is_well = |verdict| verdict == Verdict::Well || (accepted && verdict == Verdict::Inconclusive);
        let hosts_are = !self.asks_script() || self.watched().all(|host| is_well(self.verdict(host)));
        let global_is = self.health().is_none_or(|health| health.command.is_none()) || is_well(self.global_verdict());
        hosts_are && global_is && !self.somebody_may_restart()
    }

    /// Hosts of the stage that have the payload, or may come back with it, and are not bad.
    fn watched(&self) -> impl Iterator<Item = HostId> + '_ {
        self.stage().hosts.iter().filter(|host| {
            let of = self.state.host(*host);
            let has = matches!(of.outcome(), Some(OutcomeKind::Ok | OutcomeKind::Skipped));
            (has || self.may_restart(*host)) && !of.sick && !of.accepted
        })
    }

    fn verdict(&self, host: HostId) -> Verdict {
        let asks_script = self.health().filter(|health| health.payload.is_some());
        let Some(health) = asks_script.filter(|_| !self.may_restart(host)) else { return Verdict::Open };
        self.state.watched.of(host).verdict(self.in_grace(health), health.fails)
    }

    fn global_verdict(&self) -> Verdict {
        match self.health() {
            Some(health) => self.state.watched.global.verdict(self.in_grace(health), health.fails),
            None => Verdict::Open,
        }
    }

    /// Whether the first healthy answer is not due yet.
    fn in_grace(&self, health: &HealthSpec) -> bool {
        let grace_ms = health.within_ms.saturating_add(self.stage().reboots_ms.unwrap_or(0));
        self.now_ms.saturating_sub(self.state.soaking_since_ms) < grace_ms
    }

    /// What is wrong with hosts that were never touched: then nothing can be said about those that were.
    fn unsure_of_controls(&self) -> Option<String> {
        let fails = self.health()?.fails;
        let controls = self.stage().controls.iter();
        let sick = controls.filter(|host| self.state.watched.of(*host).sick >= fails).count();
        let plural = if sick == 1 { " that was" } else { "s that were" };
        (sick > 0).then(|| format!("{sick} host{plural} never touched: sick as well"))
    }

    /// Who cannot say how things are.
    fn unsure(&self) -> Option<String> {
        let hosts = self.watched().filter(|host| self.verdict(*host) == Verdict::Inconclusive).count();
        if hosts > 0 {
            let plural = if hosts == 1 { "" } else { "s" };
            return Some(format!("{hosts} host{plural} cannot say"));
        }
        let global = self.global_verdict() == Verdict::Inconclusive;
        global.then(|| format!("the command on this machine cannot say: {}", self.last_said(None)))
    }

    fn last_said(&self, host: Option<HostId>) -> String {
        let said = self.state.check.iter().flat_map(|(_, round)| &round.said);
        said.filter(|(of, _)| *of == host).map(|(_, said)| said.clone()).next().unwrap_or_default()
    }

    fn health(&self) -> Option<&HealthSpec> {
        self.spec.health.as_ref()
    }

    fn asks_script(&self) -> bool {
        self.health().is_some_and(|health| health.payload.is_some())
    }

    /// Whether there is anything to ask while the stage soaks.
    fn asks_hosts(&self) -> bool {
        !self.state.health_skipped && (self.health().is_some() || self.somebody_may_restart())
    }

    fn somebody_may_restart(&self) -> bool {
        self.stage().hosts.iter().any(|host| self.may_restart(host))
    }

    fn is_of_stage_and_may_restart(&self, host: HostId) -> bool {
        self.stage().hosts.contains(host) && self.may_restart(host)
    }

    /// When hosts that restart are to be back.
    fn back_by_ms(&self) -> Option<u64> {
        self.stage().reboots_ms.map(|ms| self.state.soaking_since_ms.saturating_add(ms))
    }

    fn is_overdue(&self, host: HostId) -> bool {
        self.may_restart(host) && self.back_by_ms().is_some_and(|due| self.now_ms >= due)
    }
}
