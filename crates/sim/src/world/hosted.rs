//! A run that another simulation carries out: moved on from outside, its coordinator killed and followed by another one
//! when that says so.

use crate::world::World;
use crate::world::queue::Word;
use mcom_model::{HostEvent, OutcomeKind, What};

impl World {
    /// When something happens next, in microseconds.
    pub(crate) fn next_at(&self) -> Option<u64> {
        self.queue.next_at()
    }

    /// Everything happens that happens up to a moment.
    pub(crate) fn moves_up_to(&mut self, now: u64) {
        while self.check.broken.is_none() && self.queue.next_at().is_some_and(|at| at <= now) {
            let Some((at, event)) = self.queue.next() else { return };
            (self.now, self.check.now) = (at, at);
            self.step(event);
        }
        self.now = self.now.max(now);
        self.check.now = self.now;
    }

    /// A coordinator begins the run, or carries it on.
    pub(crate) fn taken_up(&mut self, halted: bool) {
        if self.ledger.is_empty() && self.procs[self.coordinator].alive {
            self.carry_out(self.coordinator, None);
        } else {
            self.stats.count("resumed");
            self.begin_coordinator();
        }
        if halted {
            self.word(Word::Halt);
        }
    }

    /// Nothing new may start.
    pub(crate) fn told_to_halt(&mut self) {
        self.word(Word::Halt);
    }

    /// Everything is to end. Whether somebody was there to be told.
    pub(crate) fn told_to_cancel(&mut self) -> bool {
        let there = self.procs[self.coordinator].alive && !self.ledger.is_empty();
        self.word(Word::Cancel);
        there
    }

    /// The coordinator is killed, and nobody follows for now.
    pub(crate) fn left_alone(&mut self) {
        if self.procs[self.coordinator].alive {
            self.kill(self.coordinator, false);
        }
    }

    /// How each host ended, once the run has.
    pub(crate) fn ended(&self) -> Option<Vec<Option<OutcomeKind>>> {
        let recorded = self.ledger.recorded(self.hosts.len());
        if !recorded.ended || !self.procs[self.coordinator].run.is_over() {
            return None;
        }
        let mut ends = vec![None; self.hosts.len()];
        for event in self.ledger.events() {
            if let What::Host { host, said: HostEvent::Ended { outcome, .. } } = &event.what {
                ends[host.0 as usize] = Some(outcome.kind());
            }
        }
        Some(ends)
    }
}
