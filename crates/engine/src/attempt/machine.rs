//! The supervisor's decisions: in which order things become durable, when the payload may start, and when it must end.

use crate::attempt::before::{self, Stop};
use crate::attempt::op::{Input, Op};
use mcom_model::{Exit, HostLock, Outcome, Reason, ReasonKind, RunClock};
use std::collections::VecDeque;
use std::time::Duration;

/// How long an attempt may take, and what it takes and looks for before it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttemptLimits {
    /// For the payload; none means no limit.
    pub command_timeout: Option<Duration>,
    /// When nothing may start any more and what runs is ended; none means no limit.
    pub deadline: Option<RunClock>,
    /// Between TERM and KILL.
    pub grace: Duration,
    /// What is done about the host's lock.
    pub lock: HostLock,
    /// Whether it does not start where the host has the payload already.
    pub once: bool,
    /// Whether it only looks: the history says nothing of it.
    pub looks: bool,
}

/// One attempt, seen by its supervisor.
///
/// The caller performs what [`Attempt::poll_op`] gives and answers it with [`Attempt::handle`]; where there is nothing
/// to do it waits for something to happen, or for [`Attempt::next_timeout`]. It is over after [`Op::Leave`].
///
/// Two orders carry the promise: `started` is on the disk before the payload is released, and nothing is written
/// or started before the claim is held and was found untouched.
#[derive(Debug)]
pub struct Attempt {
    pub(super) limits: AttemptLimits,
    pub(super) step: Step,
    /// What must be done, in order. The first is the one that is waiting for its answer once it was given out.
    pub(super) todo: VecDeque<Op>,
    pub(super) given: bool,
    pub(super) stop: Option<Stop>,
    /// Since when it has waited for the host's lock.
    pub(super) waiting_since: Option<RunClock>,
    /// When the lock is tried again, while another run holds it.
    pub(super) try_lock_at: Option<RunClock>,
    /// What was done before the start, and therefore takes part in the end.
    pub(super) reserved: bool,
    pub(super) locked: bool,
    pub(super) noted: bool,
    pub(super) forked: bool,
}

/// Where the attempt stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The payload was not released.
    Before,
    /// The payload runs.
    Running { deadline: Option<RunClock> },
    /// It was told to end.
    Ending { cause: Cause, kill_at: Option<RunClock>, exit: Option<Exit> },
    /// It ended; the pipes are being emptied.
    Ended(Outcome),
    /// The exit record is being written.
    Recording,
    /// The exit record stands, or cannot be written.
    After,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    Timeout,
    Cancel,
}

impl Attempt {
    /// An attempt that nothing was done for yet.
    pub fn new(limits: AttemptLimits) -> Self {
        let todo = before::first_ops(&limits);
        Self {
            limits,
            step: Step::Before,
            todo,
            given: false,
            stop: None,
            waiting_since: None,
            try_lock_at: None,
            reserved: false,
            locked: false,
            noted: false,
            forked: false,
        }
    }

    /// The next thing to do; none while the last one is not answered, and none while there is only waiting.
    pub fn poll_op(&mut self) -> Option<Op> {
        if self.given {
            return None;
        }
        let op = self.todo.front()?.clone();
        if op == Op::TakeLock && self.try_lock_at.is_some() {
            return None;
        }
        self.given = true;
        Some(op)
    }

    /// When to say [`Input::Timeout`].
    pub fn next_timeout(&self) -> Option<RunClock> {
        match self.step {
            Step::Running { deadline } => deadline,
            Step::Ending { kill_at, .. } => kill_at,
            Step::Before => self.try_lock_at,
            Step::Ended(_) | Step::Recording | Step::After => None,
        }
    }

    /// Whether the payload was told to end, so that the caller must say [`Input::NoneLeft`] when it is so.
    pub const fn is_ending(&self) -> bool {
        matches!(self.step, Step::Ending { .. })
    }

    /// Takes an answer, or something that happened.
    pub fn handle(&mut self, now: RunClock, input: Input) {
        match input {
            Input::CancelAsked => self.stop(now, Stop::Cancel),
            Input::GiveUpAsked => self.stop(now, Stop::GiveUp),
            Input::Timeout => self.timeout(now),
            Input::Exited(exit) => self.exited(exit),
            Input::CannotExecute(reason) => self.conclude(Outcome::Refused { reason }),
            Input::NoneLeft => self.none_left(),
            answer => {
                if self.given {
                    self.given = false;
                    let op = self.todo.pop_front().expect("an operation that was given out stands in the queue");
                    self.answered(now, &op, answer);
                }
            }
        }
    }

    fn answered(&mut self, now: RunClock, op: &Op, answer: Input) {
        match answer {
            Input::Found { void: false, started: false, ended: false } => {}
            // Somebody ended this attempt, or began it, before us: it is no longer ours to say anything about.
            Input::Found { .. } => self.leave(None),
            Input::Busy(reason) => self.busy(now, reason),
            Input::Has(reason) => self.conclude(Outcome::Skipped { reason }),
            Input::Swept(exit) => self.swept(exit),
            Input::Failed(reason) => self.failed(now, op, reason),
            _ => self.done(now, op),
        }
        if let Some(stop) = self.stop {
            self.stop(now, stop);
        }
        if self.step == Step::Before && self.limits.deadline.is_some_and(|deadline| deadline <= now) {
            self.stop(now, Stop::Deadline);
        }
    }

    fn done(&mut self, now: RunClock, op: &Op) {
        match op {
            Op::ReserveExit => self.reserved = true,
            Op::TakeLock => self.locked = true,
            Op::NoteBegin => self.noted = true,
            Op::Fork => self.forked = true,
            Op::Release => {
                let timeout = self.limits.command_timeout.map(|limit| now.after(limit));
                self.step = Step::Running { deadline: timeout.into_iter().chain(self.limits.deadline).min() };
            }
            Op::Drain => {
                if let Step::Ended(outcome) = self.step.clone() {
                    self.record(outcome);
                }
            }
            Op::RenameExit => self.step = Step::After,
            _ => {}
        }
    }

    fn failed(&mut self, now: RunClock, op: &Op, reason: Reason) {
        match op {
            // Without the claim, or without room for a record, silence is all that is left: the node will find the
            // attempt without `started` and say so.
            Op::TakeClaim | Op::ReadClaim | Op::ReserveExit => self.leave(Some(reason)),
            Op::WriteExit(_) | Op::SyncExit | Op::RenameExit => {
                self.step = Step::After;
                self.leave(Some(reason));
            }
            Op::NoteHeld(_) | Op::Release | Op::Abandon | Op::Term | Op::Drain => self.done(now, op),
            Op::Kill => self.swept(None),
            _ if self.step == Step::Before => self.stop_before_start(Outcome::Refused { reason }),
            // After the record stands, what fails is the history or a wake-up: the record is what counts.
            _ => {}
        }
    }

    fn timeout(&mut self, now: RunClock) {
        match &self.step {
            // The deadline comes before a lock that is free by then.
            Step::Before if self.limits.deadline.is_some_and(|deadline| deadline <= now) => {
                self.stop(now, Stop::Deadline);
            }
            Step::Before if self.try_lock_at.is_some_and(|again| again <= now) => self.try_lock_at = None,
            Step::Running { deadline: Some(deadline) } if *deadline <= now => self.end(now, Cause::Timeout),
            Step::Ending { cause, kill_at: Some(kill_at), exit } if *kill_at <= now => {
                self.step = Step::Ending { cause: *cause, kill_at: None, exit: *exit };
                self.todo.push_back(Op::Kill);
            }
            _ => {}
        }
    }

    pub(super) fn end(&mut self, now: RunClock, cause: Cause) {
        self.step = Step::Ending { cause, kill_at: Some(now.after(self.limits.grace)), exit: None };
        self.todo.push_back(Op::Term);
    }

    fn exited(&mut self, exit: Exit) {
        match &mut self.step {
            Step::Running { .. } => {
                self.ended(if exit == Exit::Code(0) { Outcome::Ok } else { Outcome::Failed { exit } })
            }
            Step::Ending { exit: known, .. } => *known = Some(exit),
            _ => {}
        }
    }

    fn none_left(&mut self) {
        if let Step::Ending { cause, exit: Some(_), .. } = self.step {
            self.ended(cause.outcome());
        }
    }

    fn swept(&mut self, swept: Option<Exit>) {
        let Step::Ending { cause, exit, .. } = self.step else { return };
        if exit.or(swept).is_some() {
            return self.ended(cause.outcome());
        }
        let text = "the payload could not be ended: it runs as somebody whom this user may not signal";
        self.ended(Outcome::Unknown { reason: Reason::new(ReasonKind::LostWhileRunning, text) });
    }

    fn ended(&mut self, outcome: Outcome) {
        self.step = Step::Ended(outcome);
        self.todo.push_back(Op::Drain);
    }

    /// Drops what was to be done and writes the exit record instead.
    pub(super) fn conclude(&mut self, outcome: Outcome) {
        self.todo.clear();
        self.given = false;
        self.record(outcome);
    }

    fn record(&mut self, outcome: Outcome) {
        self.step = Step::Recording;
        self.todo.extend([Op::WriteExit(outcome.clone()), Op::SyncExit, Op::RenameExit]);
        if self.noted {
            self.todo.push_back(Op::NoteEnd(outcome));
        }
        // The lock goes before the word does, so that who hears it can start the next run at once.
        if self.locked {
            self.todo.push_back(Op::ReleaseLock);
        }
        self.todo.extend([Op::Announce, Op::SyncFolder]);
        if self.noted {
            self.todo.push_back(Op::SyncHistory);
        }
        self.todo.push_back(Op::Leave(None));
    }

    fn leave(&mut self, words: Option<Reason>) {
        self.todo.clear();
        if self.locked {
            self.todo.push_back(Op::ReleaseLock);
        }
        self.todo.push_back(Op::Leave(words));
    }
}

impl Cause {
    const fn outcome(self) -> Outcome {
        match self {
            Self::Timeout => Outcome::TimedOut,
            Self::Cancel => Outcome::Killed,
        }
    }
}
