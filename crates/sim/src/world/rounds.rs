//! The rounds of a run: coordinators that die, those that carry on after them, and the last one, for which every fault
//! is mended.

use crate::sabotage::Sabotage;
use crate::world::proc::Proc;
use crate::world::queue::{Death, Event, Ix, Word};
use crate::world::{Input, World, told};
use mcom_engine::trace::Begin;
use mcom_engine::tree::TreeRun;
use std::collections::BTreeSet;

impl World {
    /// A coordinator dies, and another one carries on after a while.
    pub(crate) fn die(&mut self, death: Death) {
        let ix = self.coordinator;
        if !self.procs[ix].alive {
            return;
        }
        self.stats.count(match death {
            Death::Killed => "fault: coordinator killed",
            Death::PowerCut => "fault: coordinator's machine lost power",
            Death::Detached => "coordinator detached",
        });
        self.story.fault(self.now, "the coordinator", "dies");
        match death {
            Death::Killed => self.kill(ix, false),
            Death::PowerCut => {
                self.kill(ix, true);
                self.ledger.power_cut(&mut self.rng);
            }
            Death::Detached => self.leave(ix),
        }
        let at = self.now + self.rng.range(1_000_000, 120_000_000);
        self.queue.plan(at, Event::Resume);
    }

    /// A coordinator may be killed between any two of its effects.
    pub(crate) fn die_in_the_middle(&mut self, ix: Ix) {
        if ix != self.coordinator || !self.procs[ix].alive {
            return;
        }
        if let Some(left) = &mut self.dies_after {
            *left = left.saturating_sub(1);
            if *left == 0 {
                self.dies_after = None;
                let death = self.rng.pick(&[Death::Killed, Death::PowerCut]);
                self.die(death);
            }
        }
    }

    /// Another coordinator carries the run on, where none is at it.
    pub(crate) fn resume(&mut self) {
        // On a disk that is full nobody can carry anything on.
        let full = self.scenario.faults.ledger_full_at.is_some_and(|at| self.now >= at);
        if full || self.procs[self.coordinator].alive {
            return;
        }
        self.begin_coordinator();
    }

    pub(crate) fn begin_coordinator(&mut self) {
        self.ledger.full = false;
        let (mut cancelled, mut begun) = (false, BTreeSet::new());
        let (plan, spec) = told(&self.scenario, self.sabotage);
        let (run, begin) = if self.ledger.is_empty() {
            // Not even its beginning was written: nothing was sent either.
            self.check.forgets();
            let start = self.scenario.start();
            (TreeRun::coordinator(&plan, spec, start.clone()), Begin::Start(start))
        } else {
            let mut recorded = self.ledger.recorded(plan.hosts.len());
            cancelled = recorded.cancelled;
            self.check.resumes(&recorded, self.ledger.events());
            if self.sabotage == Some(Sabotage::ForgetRecord) {
                recorded.hosts.iter_mut().for_each(|host| (host.outcome, host.printed) = (None, None));
            }
            let ids = self.scenario.plan.host_ids().zip(&recorded.hosts);
            begun = ids.filter(|(_, host)| host.begun).map(|(id, _)| id).collect();
            let (who, ms) = ("bob@bastion".to_owned(), self.now / 1000);
            let run = TreeRun::resume(&plan, spec, &recorded, who.clone(), ms);
            (run, Begin::Resume { recorded: Box::new(recorded), who, ms })
        };
        self.trace.head(&self.scenario, begin);
        let handout = self.handout();
        self.tickets.clear();
        self.procs.push(Proc::new(run, None, self.now));
        if let (Some(proc), Some(last)) = (self.procs.last_mut(), self.ledger.events().last()) {
            // The clock of the run goes on from the last event.
            proc.jump(last.at.as_micros());
        }
        self.coordinator = self.procs.len() - 1;
        self.procs[self.coordinator].run.hand_out(handout);
        self.procs[self.coordinator].told_to_stop = cancelled;
        self.procs[self.coordinator].begun = begun;
        self.carry_out(self.coordinator, None);
    }

    /// Nothing moves any more. Mends everything and carries the run on once more, where that was not done yet; returns
    /// whether there is more to simulate.
    pub(crate) fn next_round(&mut self) -> bool {
        let last = &self.procs[self.coordinator];
        let over = !last.alive || last.run.is_over();
        self.check.invariant_finishes(over, "nothing moves any more");
        if std::mem::replace(&mut self.mended, true) {
            return false;
        }
        if !over || self.sabotage == Some(Sabotage::NeverResume) {
            return false;
        }
        let recorded = self.ledger.recorded(self.hosts.len());
        let open = recorded.hosts.iter().any(|host| host.outcome.is_none());
        if recorded.ended && !open {
            return false;
        }
        self.stats.count("mended and carried on");
        self.story.fault(self.now, "everything", "is mended");
        self.mend();
        self.begin_coordinator();
        true
    }

    fn mend(&mut self) {
        for host in &mut self.hosts {
            host.powered = true;
            host.down = None;
            (host.inside_only, host.refusing, host.bad_blob, host.hostile) = (false, false, false, false);
            (host.old_ssh, host.old_sshd, host.no_forwarding) = (false, false, false);
            (host.cut, host.spool.locked_until) = ([0; 2], 0);
        }
        self.dc_cut.fill([0; 2]);
        let faults = &mut self.scenario.faults;
        (faults.bad_store, faults.bad_agent, faults.ledger_full_at) = (0, 0, None);
        self.dies_after = None;
    }

    /// The operator says something to the coordinator.
    pub(crate) fn word(&mut self, word: Word) {
        let ix = self.coordinator;
        if self.procs[ix].run.is_over() || !self.procs[ix].alive {
            return;
        }
        match word {
            Word::Cancel => {
                self.stats.count("fault: cancel");
                self.tell(ix, Input::CancelAsked { by: None }, None);
                let time = self.scenario.spec.limits.grace_ms + self.scenario.spec.timers.travel_ms - 100;
                self.queue.plan(self.now + time * 1000, Event::CancelOver { proc: ix });
            }
            Word::Halt => {
                self.stats.count("fault: halt");
                self.tell(ix, Input::HaltAsked, None);
            }
            Word::Behind(behind) => {
                self.stats.count("readers behind, or not");
                self.tell(ix, Input::ReadersBehind(behind), None);
            }
        }
    }

    /// A cancel has had its time: nothing may run where its word could go.
    pub(crate) fn look_for_survivors(&mut self, coordinator: Ix) {
        if coordinator != self.coordinator {
            return;
        }
        let asked = self.check.cancelled();
        let survivors: Vec<Ix> = (0..self.hosts.len()).filter(|&host| self.survives(host, asked)).collect();
        self.check.invariant_cancel_leaves_nobody(&survivors);
    }

    fn survives(&self, host: Ix, asked: Option<u64>) -> bool {
        let at = &self.hosts[host];
        let alive = at.spool.chain.iter().position(|attempt| attempt.alive && !attempt.killed && !attempt.gone);
        let Some(number) = alive.filter(|_| !at.stubborn) else { return false };
        let reached = |proc: &Ix| {
            let since = self.procs[*proc].own.as_ref().map(|own| own.since);
            !self.procs[*proc].orphan && !self.is_held_up(*proc) && since < asked
        };
        self.followers(host, number).iter().any(reached)
    }

    /// Everything is looked at once more.
    pub(crate) fn look_at_the_end(&mut self) {
        self.check.at_the_end(&self.hosts, &self.scenario);
        if self.mended {
            self.check.invariant_unknown_is_unknowable(&self.hosts);
        }
        let left = self.procs.iter().filter(|proc| proc.alive).count();
        self.check.invariant_nobody_left_behind(left);
        let recorded = self.ledger.recorded(self.hosts.len());
        if recorded.cancelled {
            let runs = |host: &Ix| self.hosts[*host].spool.chain.iter().any(|attempt| attempt.alive);
            let survivors: Vec<Ix> = (0..self.hosts.len()).filter(runs).collect();
            self.check.invariant_cancel_leaves_nobody(&survivors);
        }
    }
}
