//! The promise of an attempt on a simulated disk: crash after any operation, forget any part of what was not flushed,
//! ask at any moment, start a second supervisor: nothing false is ever said, and nothing starts twice.

use crate::attempt::{Attempt, AttemptLimits, ClaimFact, Facts, Input, Op, Verdict, judge};
use mcom_model::{Exit, HostLock, Outcome, Reason, ReasonKind, RunClock};
use std::collections::BTreeMap;
use std::time::Duration;

/// What a file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Content {
    /// Nothing that can be read: never written, or lost with the power.
    Torn,
    Room,
    Started,
    Exit(Outcome),
}

#[derive(Clone, Debug)]
struct Inode {
    cached: Content,
    flushed: Content,
}

/// A change of the folder that is not on the disk yet.
#[derive(Clone, Debug)]
enum Change {
    Create(&'static str, usize),
    Rename(&'static str, &'static str),
}

/// The attempt's folder: what processes see, and what a power cut would leave.
#[derive(Clone, Debug, Default)]
struct Disk {
    inodes: Vec<Inode>,
    seen: BTreeMap<&'static str, usize>,
    kept: BTreeMap<&'static str, usize>,
    pending: Vec<Change>,
    void: bool,
    /// Whether the folder's own name is on the disk.
    named: bool,
    /// Whether nothing is left of it.
    gone: bool,
}

impl Disk {
    fn write(&mut self, name: &'static str, content: Content) {
        let inode = *self.seen.entry(name).or_insert_with(|| {
            self.inodes.push(Inode { cached: Content::Torn, flushed: Content::Torn });
            self.pending.push(Change::Create(name, self.inodes.len() - 1));
            self.inodes.len() - 1
        });
        self.inodes[inode].cached = content;
    }

    fn flush(&mut self, name: &'static str) {
        let inode = &mut self.inodes[self.seen[name]];
        inode.flushed = inode.cached.clone();
    }

    fn flush_folder(&mut self) {
        self.kept = self.seen.clone();
        self.pending.clear();
        self.named = true;
    }

    fn rename(&mut self, from: &'static str, to: &'static str) {
        let inode = self.seen.remove(from).expect("the machine renames what it has written");
        self.seen.insert(to, inode);
        self.pending.push(Change::Rename(from, to));
    }

    fn read(&self, name: &str) -> Option<&Content> {
        self.seen.get(name).map(|&inode| &self.inodes[inode].cached)
    }

    /// Every disk that a power cut now may leave: each change that was not flushed is there or not.
    fn after_power_cut(&self) -> Vec<Self> {
        let dirty: Vec<usize> =
            (0..self.inodes.len()).filter(|&i| self.inodes[i].cached != self.inodes[i].flushed).collect();
        let bits = self.pending.len() + dirty.len();
        assert!(bits < 12, "so few operations between two flushes that every subset can be tried");
        (0..1_u32 << bits).map(|mask| self.with_kept(mask, &dirty)).collect()
    }

    fn with_kept(&self, mask: u32, dirty: &[usize]) -> Self {
        let mut disk = self.clone();
        let mut kept = self.kept.clone();
        for (bit, change) in self.pending.iter().enumerate() {
            if mask & (1 << bit) == 0 {
                continue;
            }
            match *change {
                Change::Create(name, inode) => drop(kept.insert(name, inode)),
                Change::Rename(from, to) => {
                    if let Some(inode) = kept.remove(from) {
                        kept.insert(to, inode);
                    }
                }
            }
        }
        for inode in &mut disk.inodes {
            std::mem::swap(&mut inode.cached, &mut inode.flushed);
        }
        for (place, &inode) in dirty.iter().enumerate() {
            if mask & (1 << (self.pending.len() + place)) != 0 {
                disk.inodes[inode].cached = self.inodes[inode].cached.clone();
            }
        }
        disk.seen = kept;
        disk.pending.clear();
        disk
    }
}

/// What really happened, whoever knows it.
#[derive(Clone, Debug, Default)]
struct Truth {
    executions: u32,
    exit: Option<Exit>,
    told_to_end: bool,
    executed_beside: bool,
}

/// How the world behaves in one story.
#[derive(Clone, Debug)]
struct Story {
    /// The operation that fails, counted from the first.
    fails: Option<usize>,
    /// Before which operation a stop is asked for, and how.
    stop_before: Option<(usize, Word)>,
    payload: Behaviour,
    host: HostStory,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    Cancel,
    GiveUp,
}

/// What an attempt finds on its host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum HostStory {
    Free,
    /// Another run holds it for so many tries of the lock; the lock is asked for in this way.
    Held(usize, HostLock),
    /// The deadline comes before the time-out does.
    LittleTime,
    /// The deadline comes while another run holds the host.
    LittleTimeAndHeld,
    /// It has the payload already, and that is asked for.
    Has,
}

impl HostStory {
    const fn held(self) -> usize {
        match self {
            Self::Held(tries, _) => tries,
            Self::LittleTimeAndHeld => usize::MAX,
            Self::Free | Self::LittleTime | Self::Has => 0,
        }
    }

    fn limits(self) -> AttemptLimits {
        let lock = match self {
            Self::Held(_, lock) => lock,
            Self::LittleTimeAndHeld => HostLock::Wait { ms: 60_000 },
            Self::Free | Self::LittleTime | Self::Has => HostLock::Take,
        };
        let little = matches!(self, Self::LittleTime | Self::LittleTimeAndHeld);
        AttemptLimits {
            command_timeout: Some(Duration::from_secs(1)),
            deadline: little.then(|| RunClock::ZERO.after(Duration::from_millis(250))),
            grace: Duration::from_secs(1),
            lock,
            once: self == Self::Has,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Behaviour {
    Exits(i32),
    Hangs,
    HangsThroughTerm,
    CannotBeKilled,
    CannotExecute,
}

#[derive(Clone)]
struct World {
    disk: Disk,
    truth: Truth,
    claimed: bool,
    /// For how many more tries another run holds the host.
    held: usize,
    held_said: usize,
    waits: bool,
}

impl World {
    fn new(story: &Story) -> Self {
        Self {
            disk: Disk::default(),
            truth: Truth::default(),
            claimed: false,
            held: story.host.held(),
            held_said: 0,
            waits: false,
        }
    }

    /// Performs one operation as the driver would.
    fn perform(&mut self, op: &Op, story: &Story) -> Input {
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
    fn happen(&mut self, story: &Story, attempt: &Attempt) -> Input {
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

    fn power_cut(&self) -> Vec<Self> {
        let gone = (!self.disk.named).then(|| Disk { gone: true, ..Disk::default() });
        let disks = self.disk.after_power_cut().into_iter().chain(gone);
        disks.map(|disk| Self { disk, claimed: false, ..self.clone() }).collect()
    }

    /// Asks, and checks the answer against the truth.
    fn ask(&mut self, same_boot: bool, supervisor_lives: bool, story: &Story) -> Verdict {
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

    fn invariant_verdict_is_true(&self, verdict: &Verdict, story: &Story) {
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
fn supervise(world: &mut World, story: &Story, steps: usize, asked_at: Option<usize>) -> (usize, bool) {
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

fn stories() -> Vec<Story> {
    let payloads = [
        Behaviour::Exits(0),
        Behaviour::Exits(3),
        Behaviour::Hangs,
        Behaviour::HangsThroughTerm,
        Behaviour::CannotBeKilled,
        Behaviour::CannotExecute,
    ];
    let hosts = [
        HostStory::Free,
        HostStory::Held(9, HostLock::Take),
        HostStory::Held(9, HostLock::Without),
        HostStory::Held(2, HostLock::Wait { ms: 1000 }),
        HostStory::Held(usize::MAX, HostLock::Wait { ms: 250 }),
        HostStory::LittleTime,
        HostStory::LittleTimeAndHeld,
        HostStory::Has,
    ];
    let moments = || std::iter::once(None).chain((0..26).map(Some));
    let mut stories = Vec::new();
    for (payload, host) in payloads.into_iter().flat_map(|payload| hosts.map(|host| (payload, host))) {
        for fails in moments() {
            let stops = moments().flat_map(|at| [Word::Cancel, Word::GiveUp].map(|word| at.map(|at| (at, word))));
            stories.extend(stops.map(|stop_before| Story { fails, stop_before, payload, host }));
        }
    }
    stories
}

#[test]
fn crash_between_any_two_operations_and_ask() {
    let (mut did_not_start, mut ended, mut unknown, mut running) = (0, 0, 0, 0);
    let mut count = |verdict: Verdict| match verdict {
        Verdict::DidNotStart => did_not_start += 1,
        Verdict::Ended(_) => ended += 1,
        Verdict::Unknown(_) => unknown += 1,
        Verdict::Running => running += 1,
    };
    for story in stories() {
        for steps in 0.. {
            let mut world = World::new(&story);
            let (_, left) = supervise(&mut world, &story, steps, None);
            count(world.clone().ask(true, true, &story));
            for mut cut in world.power_cut() {
                count(cut.ask(false, false, &story));
            }
            count(world.clone().ask(true, false, &story));
            // A second supervisor on what the first one left never executes the payload again.
            if world.truth.executions > 0 {
                supervise(&mut world, &Story { fails: None, stop_before: None, ..story.clone() }, 99, None);
                world.ask(true, false, &story);
            }
            if left {
                break;
            }
        }
    }
    assert!(did_not_start > 1000 && ended > 1000 && unknown > 1000 && running > 1000, "a verdict never occurred");
}

#[test]
fn ask_at_any_moment_of_a_living_supervisor() {
    let (mut voided, mut started) = (0, 0);
    for story in stories() {
        for asked_at in 0..30 {
            let mut world = World::new(&story);
            let (_, left) = supervise(&mut world, &story, 60, Some(asked_at));
            assert!(left, "a supervisor never left in {story:?}");
            if world.disk.void {
                voided += usize::from(world.truth.executions == 0);
            } else {
                started += 1;
            }
            world.ask(true, false, &story);
        }
    }
    assert!(voided > 100 && started > 100, "{voided} voided, {started} went on");
}

/// The story without a fault, how often the payload was executed, and what is said of it.
fn told(payload: Behaviour, host: HostStory, stop_before: Option<(usize, Word)>) -> (u32, Verdict, World) {
    let story = Story { fails: None, stop_before, payload, host };
    let mut world = World::new(&story);
    supervise(&mut world, &story, 99, None);
    (world.truth.executions, world.ask(true, false, &story), world)
}

#[test]
fn undisturbed_attempts_end_as_they_should() {
    let ended = |payload, stop_before| {
        let (starts, verdict, _) = told(payload, HostStory::Free, stop_before);
        (starts, verdict)
    };
    assert_eq!(ended(Behaviour::Exits(0), None), (1, Verdict::Ended(Outcome::Ok)));
    let failed = Outcome::Failed { exit: Exit::Code(3) };
    assert_eq!(ended(Behaviour::Exits(3), None), (1, Verdict::Ended(failed)));
    assert_eq!(ended(Behaviour::Hangs, None), (1, Verdict::Ended(Outcome::TimedOut)));
    assert_eq!(ended(Behaviour::HangsThroughTerm, None), (1, Verdict::Ended(Outcome::TimedOut)));
    assert_eq!(ended(Behaviour::Hangs, Some((11, Word::Cancel))), (1, Verdict::Ended(Outcome::Killed)));
    assert_eq!(ended(Behaviour::Exits(0), Some((11, Word::GiveUp))), (1, Verdict::Ended(Outcome::Ok)));
    for word in [Word::Cancel, Word::GiveUp] {
        let (starts, verdict) = ended(Behaviour::Hangs, Some((10, word)));
        assert!(starts == 0 && matches!(verdict, Verdict::Ended(Outcome::NotRun { .. })), "{verdict:?}");
    }
    let story = Story { fails: Some(8), stop_before: None, payload: Behaviour::Exits(0), host: HostStory::Free };
    let mut world = World::new(&story);
    supervise(&mut world, &story, 99, None);
    let verdict = world.ask(true, false, &story);
    assert!(matches!(verdict, Verdict::Ended(Outcome::Refused { .. })), "{verdict:?}");
    let (_, verdict) = ended(Behaviour::CannotBeKilled, None);
    assert!(matches!(verdict, Verdict::Ended(Outcome::Unknown { .. })), "{verdict:?}");
}

#[test]
fn a_host_that_is_held_is_refused_or_waited_for_or_shared_as_asked() {
    let of = |host| {
        let (starts, verdict, world) = told(Behaviour::Exits(0), host, None);
        (starts, verdict, world.held_said)
    };
    let busy = |verdict: &Verdict| matches!(verdict, Verdict::Ended(Outcome::Refused { reason }) if reason.kind == ReasonKind::Busy);
    let (starts, verdict, said) = of(HostStory::Held(9, HostLock::Take));
    assert!(starts == 0 && said == 0 && busy(&verdict), "{verdict:?}");
    assert_eq!(of(HostStory::Held(9, HostLock::Without)), (1, Verdict::Ended(Outcome::Ok), 0));
    assert_eq!(of(HostStory::Held(2, HostLock::Wait { ms: 1000 })), (1, Verdict::Ended(Outcome::Ok), 1));
    let (starts, verdict, said) = of(HostStory::Held(usize::MAX, HostLock::Wait { ms: 250 }));
    assert!(starts == 0 && said == 1 && busy(&verdict), "{verdict:?}");
    // The first try, and one after each pause that fits, and one when the time is up.
    assert_eq!(told(Behaviour::Exits(0), HostStory::Held(4, HostLock::Wait { ms: 250 }), None).0, 0);
    assert_eq!(told(Behaviour::Exits(0), HostStory::Held(3, HostLock::Wait { ms: 250 }), None).0, 1);
}

#[test]
fn a_wait_for_the_lock_ends_with_a_word_or_with_the_deadline() {
    let kind = |stop_before| {
        let (starts, verdict, _) = told(Behaviour::Exits(0), HostStory::LittleTimeAndHeld, stop_before);
        assert_eq!(starts, 0);
        match verdict {
            Verdict::Ended(Outcome::NotRun { reason }) => reason.kind,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(kind(None), ReasonKind::Deadline);
    assert_eq!(kind(Some((5, Word::Cancel))), ReasonKind::Cancelled);
    assert_eq!(kind(Some((5, Word::GiveUp))), ReasonKind::Halted);
}

#[test]
fn the_deadline_ends_what_runs_and_comes_before_a_longer_time_out() {
    let (starts, verdict, _) = told(Behaviour::Hangs, HostStory::LittleTime, None);
    assert_eq!((starts, verdict), (1, Verdict::Ended(Outcome::TimedOut)));
}

#[test]
fn what_the_host_has_is_skipped() {
    let (starts, verdict, _) = told(Behaviour::Exits(0), HostStory::Has, None);
    assert!(starts == 0 && matches!(verdict, Verdict::Ended(Outcome::Skipped { .. })), "{verdict:?}");
}
