//! The world around one attempt: its host, its payload, the faults that come, and what may truly be said in the end.

use crate::attempt::crash::disk::{Content, Disk};
use crate::attempt::{Attempt, AttemptLimits, ClaimFact, Facts, Input, Op, Verdict, judge};
use mcom_model::{Exit, HostLock, Outcome, Reason, ReasonKind, RunClock};
use std::time::Duration;

/// What really happened, whoever knows it.
#[derive(Clone, Debug, Default)]
pub(super) struct Truth {
    pub(super) executions: u32,
    pub(super) exit: Option<Exit>,
    pub(super) told_to_end: bool,
    pub(super) executed_beside: bool,
}

/// How the world behaves in one story.
#[derive(Clone, Debug)]
pub(super) struct Story {
    /// The operation that fails, counted from the first.
    pub(super) fails: Option<usize>,
    /// Before which operation a stop is asked for, and how.
    pub(super) stop_before: Option<(usize, Word)>,
    pub(super) payload: Behaviour,
    pub(super) host: HostStory,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    Cancel,
    GiveUp,
}

/// What an attempt finds on its host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HostStory {
    Free,
    /// Another run holds it for so many tries of the lock; the lock is asked for in this way.
    Held(usize, HostLock),
    /// The deadline comes before the time-out does.
    LittleTime,
    /// The deadline comes while another run holds the host.
    LittleTimeAndHeld,
    /// It has the payload already, and that is asked for.
    Has,
    /// The payload only looks, and another run holds it.
    LookedAt,
}

impl HostStory {
    pub(super) const fn held(self) -> usize {
        match self {
            Self::Held(tries, _) => tries,
            Self::LittleTimeAndHeld | Self::LookedAt => usize::MAX,
            Self::Free | Self::LittleTime | Self::Has => 0,
        }
    }

    pub(super) fn limits(self) -> AttemptLimits {
        let lock = match self {
            Self::Held(_, lock) => lock,
            Self::LookedAt => HostLock::Without,
            Self::LittleTimeAndHeld => HostLock::Wait { ms: 60_000 },
            Self::Free | Self::LittleTime | Self::Has => HostLock::Take,
        };
        let little = matches!(self, Self::LittleTime | Self::LittleTimeAndHeld);
        AttemptLimits {
            command_timeout: (!little).then_some(Duration::from_secs(1)),
            deadline: little.then(|| RunClock::ZERO.after(Duration::from_millis(250))),
            grace: Duration::from_secs(1),
            lock,
            once: self == Self::Has,
            looks: self == Self::LookedAt,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Behaviour {
    Exits(i32),
    Hangs,
    HangsThroughTerm,
    CannotBeKilled,
    CannotExecute,
}

#[derive(Clone)]
pub(super) struct World {
    pub(super) disk: Disk,
    pub(super) truth: Truth,
    pub(super) claimed: bool,
    /// For how many more tries another run holds the host.
    pub(super) held: usize,
    pub(super) held_said: usize,
    /// Lines in the history.
    pub(super) noted: usize,
    pub(super) waits: bool,
}

impl World {
    pub(super) fn new(story: &Story) -> Self {
        Self {
            disk: Disk::default(),
            truth: Truth::default(),
            claimed: false,
            held: story.host.held(),
            held_said: 0,
            noted: 0,
            waits: false,
        }
    }

    /// Performs one operation as the driver would.
    pub(super) fn perform(&mut self, op: &Op, story: &Story) -> Input {
        match op {
            Op::TakeClaim => self.claimed = true,
            Op::ReadClaim => {
                return Input::Found {
                    void: self.disk.void,
                    started: self.disk.read("started").is_some(),
                    ended: self.disk.read("exit").is_some(),
                };
            }
            Op::TakeLock if self.held > 0 => {
                self.held -= 1;
                self.waits = true;
                return Input::Busy(Reason::new(ReasonKind::Busy, "somebody else"));
            }
            Op::TakeLock => self.waits = false,
            Op::NoteHeld(_) => self.held_said += 1,
            Op::NoteBegin | Op::NoteEnd(_) => self.noted += 1,
            Op::FindEarlier => return Input::Has(Reason::new(ReasonKind::AlreadyRan, "yesterday")),
            Op::ReserveExit => self.disk.write("exit.tmp", Content::Room),
            Op::WriteStarted => self.disk.write("started", Content::Started),
            Op::SyncStarted => self.disk.flush("started"),
            Op::SyncFolder => self.disk.flush_folder(),
            Op::Release if story.payload != Behaviour::CannotExecute => {
                self.truth.executions += 1;
                self.truth.executed_beside |= self.held > 0 && story.host.limits().lock != HostLock::Without;
            }
            Op::Kill => {
                if story.payload != Behaviour::CannotBeKilled {
                    self.truth.exit = Some(Exit::Signal(9));
                }
                return Input::Swept(self.truth.exit);
            }
            Op::WriteExit(outcome) => self.disk.write("exit.tmp", Content::Exit(outcome.clone())),
            Op::SyncExit => self.disk.flush("exit.tmp"),
            Op::RenameExit => self.disk.rename("exit.tmp", "exit"),
            _ => {}
        }
        Input::Done
    }

    /// What the payload does once the supervisor waits.
    pub(super) fn happen(&mut self, story: &Story, attempt: &Attempt) -> Input {
        if attempt.is_ending() && self.truth.exit.is_some() {
            return Input::NoneLeft;
        }
        match story.payload {
            Behaviour::CannotExecute => return Input::CannotExecute(Reason::new(ReasonKind::CannotExecute, "no")),
            Behaviour::Exits(code) => self.truth.exit = Some(Exit::Code(code)),
            Behaviour::Hangs if attempt.is_ending() => self.truth.exit = Some(Exit::Signal(15)),
            Behaviour::Hangs | Behaviour::HangsThroughTerm | Behaviour::CannotBeKilled => return Input::Timeout,
        }
        Input::Exited(self.truth.exit.expect("was set above"))
    }

    pub(super) fn power_cut(&self) -> Vec<Self> {
        let gone = (!self.disk.named).then(|| Disk { gone: true, ..Disk::default() });
        let disks = self.disk.after_power_cut().into_iter().chain(gone);
        disks.map(|disk| Self { disk, claimed: false, ..self.clone() }).collect()
    }

    /// Asks, and checks the answer against the truth.
    pub(super) fn ask(&mut self, same_boot: bool, supervisor_lives: bool, story: &Story) -> Verdict {
        let started = self.disk.read("started").is_some();
        let claim = match (supervisor_lives && self.claimed, same_boot) {
            (true, _) => ClaimFact::Held,
            (false, true) => {
                self.disk.void |= !started && self.disk.read("exit").is_none();
                ClaimFact::Voided
            }
            (false, false) => ClaimFact::Lost,
        };
        let exit = match self.disk.read("exit") {
            Some(Content::Exit(outcome)) => Some(outcome.clone()),
            Some(other) => panic!("a torn exit record stands under its final name: {other:?} in {story:?}"),
            None => None,
        };
        let payload_alive = self.truth.executions > 0 && self.truth.exit.is_none();
        if self.disk.gone {
            // Then it is claimed again.
            self.invariant_verdict_is_true(&Verdict::DidNotStart, story);
            return Verdict::DidNotStart;
        }
        let verdict = judge(&Facts { same_boot, claim, started, payload_alive, exit });
        self.invariant_verdict_is_true(&verdict, story);
        verdict
    }

    pub(super) fn invariant_verdict_is_true(&self, verdict: &Verdict, story: &Story) {
        let truth = &self.truth;
        let holds = match verdict {
            Verdict::DidNotStart => truth.executions == 0,
            Verdict::Ended(Outcome::Ok) => truth.exit == Some(Exit::Code(0)) && !truth.told_to_end,
            Verdict::Ended(Outcome::Failed { exit }) => truth.exit == Some(*exit) && !truth.told_to_end,
            Verdict::Ended(Outcome::TimedOut | Outcome::Killed) => truth.exit.is_some() && truth.told_to_end,
            Verdict::Ended(Outcome::Refused { .. } | Outcome::NotRun { .. } | Outcome::Skipped { .. }) => {
                truth.executions == 0
            }
            Verdict::Ended(Outcome::Unknown { .. }) => truth.exit.is_none(),
            Verdict::Running | Verdict::Unknown(_) => true,
            Verdict::Ended(_) => false,
        };
        assert!(holds, "{verdict:?} is said, but {truth:?} is true in {story:?}");
        assert!(truth.executions <= 1, "started twice in {story:?}");
        assert!(!truth.executed_beside, "started beside another run in {story:?}");
        assert!(self.held_said <= 1, "said twice that the host is held in {story:?}");
    }
}

/// One supervisor's life in a world, up to `steps` operations. Returns how many it did and whether it left.
pub(super) fn supervise(world: &mut World, story: &Story, steps: usize, asked_at: Option<usize>) -> (usize, bool) {
    let mut attempt = Attempt::new(story.host.limits());
    let mut now = RunClock::ZERO;
    for step in 0..steps {
        if asked_at == Some(step) {
            world.ask(true, true, story);
        }
        match story.stop_before {
            Some((at, Word::Cancel)) if at == step => attempt.handle(now, Input::CancelAsked),
            Some((at, Word::GiveUp)) if at == step => attempt.handle(now, Input::GiveUpAsked),
            _ => {}
        }
        let Some(op) = attempt.poll_op() else {
            if world.waits {
                now = attempt.next_timeout().expect("who waits for a lock tries it again");
                attempt.handle(now, Input::Timeout);
                continue;
            }
            let mut input = world.happen(story, &attempt);
            if input == Input::Timeout {
                now = attempt.next_timeout().expect("who waits for a hanging payload waits for a time");
            } else if matches!(input, Input::Exited(_)) && world.truth.executions == 0 {
                input = Input::CannotExecute(Reason::new(ReasonKind::CannotExecute, "died before it executed"));
            }
            attempt.handle(now, input);
            continue;
        };
        if let Op::Leave(_) = op {
            world.claimed = false;
            return (step, true);
        }
        // A TERM that fails has found nobody: from then on the end is ours all the same.
        world.truth.told_to_end |= op == Op::Term;
        let input = if story.fails == Some(step) {
            Input::Failed(Reason::new(ReasonKind::SpoolFull, "no room"))
        } else {
            world.perform(&op, story)
        };
        attempt.handle(now, input);
    }
    (steps, false)
}
