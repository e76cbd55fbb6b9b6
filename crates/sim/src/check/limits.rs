//! The invariants of pace and end: how much runs at once, and what may still start. Numbers are those of
//! architecture.md.

use crate::check::Check;
use crate::scenario::Scenario;
use mcom_model::{HostId, OutcomeKind, RunClock, limits};

impl Check {
    /// Fan-out: at most so many payloads run at once in a datacenter, those that run on under a lost parent aside.
    pub(super) fn invariant_fanout_kept(&mut self, dc: usize, scenario: &Scenario) {
        let fanout = scenario.plan.datacenters[dc].at_once(&scenario.spec.limits);
        let running = self.running[dc];
        if running > fanout {
            self.broke("invariant_fanout_kept", || format!("{running} run at once in dc{}, over {fanout}", dc + 1));
        }
    }

    /// The same over the whole run.
    pub(super) fn invariant_global_fanout_kept(&mut self, scenario: &Scenario) {
        let running: u32 = self.running.iter().sum();
        if scenario.spec.limits.global_fanout.is_some_and(|most| running > most) {
            self.broke("invariant_global_fanout_kept", || format!("{running} run at once in the whole run"));
        }
    }

    /// A datacenter opens with a few hosts, and each that ends ok makes room for one more.
    pub(super) fn invariant_slow_start(&mut self, dc: usize, scenario: &Scenario) {
        let (running, earned) = (self.running[dc], self.earned[dc]);
        if running > scenario.spec.limits.opening + earned {
            self.broke("invariant_slow_start", || {
                format!("{running} run at once in dc{}, of which {earned} hosts have ended ok", dc + 1)
            });
        }
    }

    /// What was stopped, or has too many bad hosts, reaches out to no host that it had not reached out to before.
    pub(super) fn invariant_nothing_new_after_a_stop(&mut self, host: HostId, first: bool) {
        let kinds = [OutcomeKind::Failed, OutcomeKind::TimedOut, OutcomeKind::Unreachable, OutcomeKind::Unknown];
        let bad = || kinds.into_iter().map(|kind| self.count(kind)).sum::<u64>();
        let too_bad = first && self.max_fail.is_some_and(|most| bad() > most);
        if first && (self.stopped || too_bad) {
            let why = if self.stopped { "the run was stopped" } else { "too many hosts were bad" };
            self.broke("invariant_nothing_new_after_a_stop", || format!("host {} may start after {why}", host.0));
        }
    }

    /// The run's deadline: nothing starts after it, but for the way of the word.
    pub(crate) fn invariant_nothing_starts_after_the_deadline(&mut self, host: HostId, clock: RunClock) {
        if self.deadline.is_some_and(|deadline| clock > deadline) {
            self.broke("invariant_nothing_starts_after_the_deadline", || format!("host {} starts, or may", host.0));
        }
    }

    /// 8, as far as the tree goes: who was told to stop starts nothing, and reaches out to nobody.
    pub(crate) fn invariant_nothing_starts_after_a_stop(&mut self, host: HostId, told_to_stop: bool) {
        if told_to_stop {
            self.broke("invariant_nothing_starts_after_a_stop", || format!("host {} was started on", host.0));
        }
    }

    /// 8: a cancel ends the run within the grace and the time that words need to travel.
    pub(super) fn invariant_cancel_ends_in_time(&mut self, grace_ms: u64) {
        // A coordinator that stood still meanwhile is late, and nobody's fault.
        let Some(asked) = self.cancelled.filter(|_| !self.held_up) else { return };
        // Who carries a run on has to find the hosts first.
        let found = if self.resumed { limits::CONNECT_TIMEOUT_MS + limits::ASK_MS } else { 0 };
        // Bodies that came are stored even then; that takes milliseconds.
        let latest = asked + (grace_ms + limits::CANCEL_TRAVEL_MS + found + 1_000) * 1000;
        let now = self.now;
        if now > latest {
            self.broke("invariant_cancel_ends_in_time", || format!("asked at {asked} µs, over at {now} µs"));
        }
    }

    /// 8: a cancel ends what runs on every host that the word can reach.
    pub(crate) fn invariant_cancel_leaves_nobody(&mut self, survivors: &[usize]) {
        if let Some(first) = survivors.first() {
            self.broke("invariant_cancel_leaves_nobody", || {
                format!("{} payloads survived, the first on host {first}", survivors.len())
            });
        }
    }

    /// Every slot of a window is somebody's: none is lost, and none is given twice.
    pub(crate) fn invariant_slots_add_up(&mut self, hold: bool, host: Option<usize>) {
        if !hold {
            self.broke("invariant_slots_add_up", || format!("at {host:?}, of which none is the coordinator"));
        }
    }

    /// Links are opened at a pace.
    pub(crate) fn invariant_opening_bounded(&mut self, opening: usize) {
        if opening > limits::LINKS_OPENING {
            self.broke("invariant_opening_bounded", || format!("{opening} links are being opened at once"));
        }
    }
}
