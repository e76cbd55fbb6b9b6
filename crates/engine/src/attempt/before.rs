//! The attempt before its payload starts: what is done in which order, the wait for the host's lock, and the words
//! that keep it from starting.

use crate::attempt::machine::{Attempt, AttemptLimits, Cause, Step};
use crate::attempt::op::Op;
use mcom_model::{HostLock, Outcome, Reason, ReasonKind, RunClock};
use std::collections::VecDeque;
use std::time::Duration;

/// How often a lock is tried that another run holds.
const LOCK_PAUSE: Duration = Duration::from_millis(100);

/// What was asked for, the stronger word last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stop {
    /// Do not start.
    GiveUp,
    /// Do not start: the time is up. What runs has its own limit.
    Deadline,
    /// Do not start, and end what runs.
    Cancel,
}

/// What is done until the payload runs.
pub(super) fn first_ops(limits: &AttemptLimits) -> VecDeque<Op> {
    let mut todo = VecDeque::from([Op::TakeClaim, Op::ReadClaim, Op::ReserveExit]);
    if limits.lock != HostLock::Without {
        todo.push_back(Op::TakeLock);
    }
    if limits.once {
        todo.push_back(Op::FindEarlier);
    }
    todo.push_back(Op::VerifyPayload);
    if !limits.looks {
        todo.push_back(Op::NoteBegin);
    }
    todo.extend([Op::Fork, Op::WriteStarted, Op::SyncStarted, Op::SyncFolder, Op::Release]);
    todo
}

impl Attempt {
    /// Another run holds the host: it is waited for, or it is said.
    pub(super) fn busy(&mut self, now: RunClock, reason: Reason) {
        let HostLock::Wait { ms } = self.limits.lock else { return self.conclude(Outcome::Refused { reason }) };
        let since = self.waiting_since.unwrap_or(now);
        let until = since.after(Duration::from_millis(ms));
        if until <= now {
            let text = format!("{}; waited {} s for it", reason.text, now.since(since).as_secs());
            return self.conclude(Outcome::Refused { reason: Reason::new(reason.kind, text) });
        }
        self.todo.push_front(Op::TakeLock);
        if self.waiting_since.is_none() {
            self.todo.push_front(Op::NoteHeld(reason));
        }
        self.waiting_since = Some(since);
        let again = until.min(now.after(LOCK_PAUSE));
        self.try_lock_at = Some(self.limits.deadline.map_or(again, |deadline| deadline.min(again)));
    }

    pub(super) fn stop_before_start(&mut self, outcome: Outcome) {
        let abandon = self.forked;
        self.conclude(outcome);
        if abandon {
            self.todo.push_front(Op::Abandon);
        }
    }

    pub(super) fn stop(&mut self, now: RunClock, word: Stop) {
        self.stop = self.stop.max(Some(word));
        match self.step {
            Step::Running { .. } if word == Stop::Cancel => self.end(now, Cause::Cancel),
            // An operation that is under way is waited for; so is the room for the record.
            Step::Before if self.reserved && !self.given => {
                self.stop_before_start(Outcome::NotRun { reason: word.reason() });
            }
            _ => {}
        }
    }
}

impl Stop {
    fn reason(self) -> Reason {
        match self {
            Self::GiveUp => Reason::new(ReasonKind::Halted, "the run was halted before the payload started"),
            Self::Deadline => Reason::new(ReasonKind::Deadline, "the run's deadline came before the payload started"),
            Self::Cancel => Reason::new(ReasonKind::Cancelled, "cancelled before the payload started"),
        }
    }
}
