//! The virtual supervisor: takes the claim, starts the payload, prints, ends, and leaves the exit record. It needs no
//! node; whoever follows the attempt is told.

use crate::sabotage::Sabotage;
use crate::world::queue::{Event, Ix, Step};
use crate::world::spool::{Attempt, Exited, Holder, Stage};
use crate::world::{Input, World};
use mcom_engine::tree::OwnEvent;
use mcom_model::{Exit, HostId, HostLock, Outcome, OutputMode, Reason, ReasonKind, Receipt, Stream};

/// How a payload comes to its end.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Itself,
    TimeOut,
    Kill,
    /// Somebody else on the host killed it.
    Foreign,
}

impl World {
    pub(crate) fn plan_work(&mut self, host: Ix, number: usize, step: Step) {
        let at = self.now + self.rng.range(100, 2_000) * self.hosts[host].slowness;
        self.work_at(at, host, number, step);
    }

    fn work_at(&mut self, at: u64, host: Ix, number: usize, step: Step) {
        let boot = self.hosts[host].spool.boot;
        self.queue.plan(at, Event::Work { host, number, boot, step });
    }

    /// The attempt moves on, where its supervisor is still there.
    pub(crate) fn work(&mut self, host: Ix, number: usize, boot: u32, step: Step) {
        let spool = &mut self.hosts[host].spool;
        if spool.boot != boot {
            return;
        }
        let Some(attempt) = spool.chain.get_mut(number) else { return };
        if step == Step::Flush {
            (attempt.exit_flushed, attempt.holder) = (true, Holder::Nobody);
            return;
        }
        if attempt.holder != Holder::Supervisor || attempt.exit.is_some() {
            // The payload of a supervisor that was killed ends all the same.
            if step == Step::End && std::mem::take(&mut attempt.alive) {
                self.no_longer_counted(host);
            }
            return;
        }
        let stage = attempt.stage;
        match (step, stage) {
            (Step::Begin, Stage::Claimed) => self.begin_attempt(host, number),
            (Step::Lock, Stage::Begun) => self.take_lock(host, number),
            (Step::Note, Stage::Locked) => self.note(host, number),
            (Step::Release, Stage::Noted) => self.release(host, number),
            (Step::Print(eighths), Stage::Released) => self.print(host, number, eighths),
            (Step::End, Stage::Released) => self.end_payload(host, number, End::Itself),
            (Step::TimeOut, Stage::Released) => self.end_payload(host, number, End::TimeOut),
            (Step::Kill, Stage::Released) => self.end_payload(host, number, End::Kill),
            _ => {}
        }
    }

    fn attempt(&mut self, host: Ix, number: usize) -> &mut Attempt {
        &mut self.hosts[host].spool.chain[number]
    }

    fn begin_attempt(&mut self, host: Ix, number: usize) {
        let attempt = self.attempt(host, number);
        if attempt.gone || attempt.void.is_some() || attempt.started {
            attempt.holder = Holder::Nobody;
            return self.claim_freed(host, number);
        }
        attempt.stage = Stage::Begun;
        self.plan_work(host, number, Step::Lock);
    }

    /// The host's lock is taken, or waited for, where another run holds it.
    fn take_lock(&mut self, host: Ix, number: usize) {
        if self.stopped_before_start(host, number) {
            return;
        }
        let (now, until, lock) = (self.now, self.hosts[host].spool.locked_until, self.scenario.spec.lock);
        let busy = Reason::new(ReasonKind::Busy, "run 8f3k of bob@bastion holds the host");
        let attempt = self.attempt(host, number);
        if now < until && lock != HostLock::Without {
            let HostLock::Wait { ms } = lock else {
                self.stats.count("fault: another run holds the host");
                return self.no_start(host, number, Outcome::Refused { reason: busy });
            };
            let first = attempt.waits_until.is_none();
            let waits = *attempt.waits_until.get_or_insert(now + ms * 1000);
            if now >= waits {
                self.stats.count("fault: another run holds the host too long");
                return self.no_start(host, number, Outcome::Refused { reason: busy });
            }
            if first {
                self.tell_ours(host, number, &OwnEvent::Held { reason: busy });
            }
            return self.work_at(waits.min(until), host, number, Step::Lock);
        }
        attempt.stage = Stage::Locked;
        self.plan_work(host, number, Step::Note);
    }

    /// What proves that it may have started is on the disk before it starts.
    fn note(&mut self, host: Ix, number: usize) {
        if self.stopped_before_start(host, number) {
            return;
        }
        let flushes = self.sabotage != Some(Sabotage::ForgetFlush);
        let attempt = self.attempt(host, number);
        if attempt.gone {
            attempt.holder = Holder::Nobody;
            return self.claim_freed(host, number);
        }
        (attempt.started, attempt.flushed, attempt.stage) = (true, flushes, Stage::Noted);
        self.hosts[host].spool.history = flushes;
        self.plan_work(host, number, Step::Release);
    }

    fn stopped_before_start(&mut self, host: Ix, number: usize) -> bool {
        let now = self.now;
        let attempt = self.attempt(host, number);
        let late = attempt.deadline.is_some_and(|deadline| deadline <= now);
        let stopped = attempt.cancelled || attempt.given_up || late;
        if stopped {
            let kind = if late { ReasonKind::Deadline } else { ReasonKind::Cancelled };
            let reason = Reason::new(kind, "stopped before the payload started");
            self.stats.count("stopped before its start");
            self.no_start(host, number, Outcome::NotRun { reason });
        }
        stopped
    }

    fn no_start(&mut self, host: Ix, number: usize, outcome: Outcome) {
        self.leave_record(host, number, Exited { outcome, receipt: None });
    }

    fn release(&mut self, host: Ix, number: usize) {
        if self.stopped_before_start(host, number) {
            return;
        }
        let live = self.scenario.spec.output == OutputMode::Live;
        let dc = self.scenario.plan.hosts[host].dc as usize;
        let patience = self.scenario.spec.limits.command_timeout_ms.map_or(u64::MAX, |ms| self.now + ms * 1000);
        if self.attempt(host, number).gone {
            // What was to be executed is not there any more.
            self.attempt(host, number).holder = Holder::Nobody;
            return self.claim_freed(host, number);
        }
        let stopped = self.hosts[host].starter.is_some_and(|proc| self.procs[proc].told_to_stop);
        let attempt = self.attempt(host, number);
        // Between claim and start there is no time for a word, unless it waits.
        let late = stopped && attempt.waits_until.is_some();
        (attempt.stage, attempt.executed, attempt.alive) = (Stage::Released, true, true);
        let patience = attempt.deadline.map_or(patience, |deadline| patience.min(deadline));
        let at = &mut self.hosts[host];
        at.starts += 1;
        let (starts, lasts, starter) = (at.starts, at.lasts, at.starter);
        let counted = starter.is_some_and(|proc| !self.procs[proc].orphan);
        at.counted = counted;
        let id = HostId(u32::try_from(host).expect("few hosts"));
        self.check.invariant_one_start(id, starts);
        self.check.invariant_nothing_starts_after_a_stop(id, late);
        if counted {
            self.check.started_under_the_coordinator(dc, &self.scenario);
            let held_up = starter.is_some_and(|proc| self.is_held_up(proc));
            if !held_up {
                let clock = self.procs[self.coordinator].clock(self.now);
                self.check.invariant_nothing_starts_after_the_deadline(id, clock);
            }
        }
        let end = self.now + lasts;
        let (end, step) = if end > patience { (patience.max(self.now), Step::TimeOut) } else { (end, Step::End) };
        self.work_at(end, host, number, step);
        if step == Step::TimeOut {
            // Where its supervisor is killed meanwhile, it ends when it is done.
            self.work_at(self.now + lasts, host, number, Step::End);
        }
        if live {
            for eighths in 1..8 {
                self.work_at(self.now + lasts * eighths / 8, host, number, Step::Print(eighths));
            }
        }
        for proc in self.followers(host, number) {
            self.own_begins(proc, host);
        }
    }

    fn print(&mut self, host: Ix, number: usize, eighths: u64) {
        for stream in [Stream::Out, Stream::Err] {
            let printed = &mut self.hosts[host].prints[stream as usize];
            let len = printed.whole.len * eighths / 8;
            if len > printed.spooled {
                printed.spooled = len;
                for proc in self.followers(host, number) {
                    self.tell(proc, Input::Own(OwnEvent::Printed { stream, len }), None);
                    self.read_soon(proc, stream);
                }
            }
        }
    }

    /// A supervisor is told to end its attempt.
    pub(crate) fn cancel_attempt(&mut self, host: Ix, number: usize) {
        let grace = self.scenario.spec.limits.grace_ms * 1000;
        let attempt = self.attempt(host, number);
        if std::mem::replace(&mut attempt.cancelled, true) {
            return;
        }
        let (executed, waits) = (attempt.executed, attempt.waits_until.is_some());
        if executed && self.hosts[host].stubborn {
            return self.stats.count("fault: payload does not end when told to");
        }
        if executed {
            let at = self.now + self.rng.range(1_000, grace);
            self.work_at(at, host, number, Step::Kill);
        } else if waits {
            self.plan_work(host, number, Step::Lock);
        }
    }

    pub(crate) fn end_payload(&mut self, host: Ix, number: usize, end: End) {
        self.no_longer_counted(host);
        let cancelled = self.attempt(host, number).cancelled;
        let at = &mut self.hosts[host];
        let (exit, outcome) = match (end, at.exit) {
            (End::Kill, _) => (Exit::Signal(15), Outcome::Killed),
            (End::TimeOut, _) => (Exit::Signal(15), Outcome::TimedOut),
            (End::Foreign, _) => (Exit::Signal(9), Outcome::Failed { exit: Exit::Signal(9) }),
            (End::Itself, exit) if cancelled => (exit, Outcome::Killed),
            (End::Itself, Exit::Code(0)) => (at.exit, Outcome::Ok),
            (End::Itself, exit) => (exit, Outcome::Failed { exit }),
        };
        for printed in &mut at.prints {
            if end != End::Itself {
                printed.cut_short(host);
            }
            printed.spooled = printed.whole.len;
        }
        let [out, err] = [at.prints[0].whole, at.prints[1].whole];
        let run_ms = at.lasts / 1000;
        let receipt = Receipt { exit, run_ms, cpu_ms: 1, max_rss_kib: 1000, out, err, result: None, left_behind: 0 };
        self.attempt(host, number).alive = false;
        self.leave_record(host, number, Exited { outcome, receipt: Some(Box::new(receipt)) });
    }

    /// The exit record stands, and everybody who follows reads it. It is on the disk a moment later.
    fn leave_record(&mut self, host: Ix, number: usize, exited: Exited) {
        let attempt = self.attempt(host, number);
        if attempt.gone {
            attempt.holder = Holder::Nobody;
            return self.claim_freed(host, number);
        }
        if exited.receipt.is_some() {
            attempt.said = Some(exited.outcome.kind());
        }
        attempt.exit = Some(exited);
        for proc in self.followers(host, number) {
            self.own_exited(proc, host);
        }
        self.plan_work(host, number, Step::Flush);
    }

    pub(crate) fn no_longer_counted(&mut self, host: Ix) {
        if std::mem::take(&mut self.hosts[host].counted) {
            self.check.one_less_running(self.scenario.plan.hosts[host].dc as usize);
        }
    }

    /// Tells the node that claimed an attempt, where it still follows it.
    fn tell_ours(&mut self, host: Ix, number: usize, event: &OwnEvent) {
        let starter = self.hosts[host].starter;
        for proc in self.followers(host, number) {
            if starter == Some(proc) {
                self.tell(proc, Input::Own(event.clone()), None);
            }
        }
    }
}
