//! A node's side of its own host's attempt, as the driver carries it out: it claims, or follows what was claimed, or
//! makes sure that nobody ever starts; and it reads along.

use crate::sabotage::Sabotage;
use crate::world::queue::{Event, Ix, NodeStep, Step};
use crate::world::spool::{Attempt, Holder, Standing, Void};
use crate::world::{Input, World};
use mcom_engine::attempt::Verdict;
use mcom_engine::tree::{OwnEvent, OwnMode, OwnReceipt, OwnStart};
use mcom_model::{Outcome, OutputMode, Reason, ReasonKind, Stream};

/// What a node does about its own attempt.
pub(crate) struct Own {
    mode: OwnMode,
    deadline: Option<u64>,
    /// The attempt that it follows, and whether it claimed it.
    pub(crate) attempt: Option<usize>,
    ours: bool,
    pub(crate) cancelled: bool,
    pub(crate) given_up: bool,
    /// It was said that the payload runs; how it ended.
    pub(crate) begun: bool,
    ended: bool,
    pub(crate) since: u64,
    pub(crate) read: [u64; 2],
    pub(crate) upto: [u64; 2],
    pub(crate) reading: [bool; 2],
}

impl World {
    /// A node is told to see to its own attempt.
    pub(crate) fn see_to_own(&mut self, proc: Ix, start: &OwnStart) {
        let Some(host) = self.procs[proc].host else { return };
        let slow = self.hosts[host].slowness;
        let deadline = start.deadline_ms.map(|ms| self.now + ms * 1000);
        self.procs[proc].own = Some(Own {
            mode: start.mode,
            deadline,
            attempt: None,
            ours: false,
            cancelled: false,
            given_up: false,
            begun: false,
            ended: false,
            since: self.now,
            read: start.from,
            upto: [0; 2],
            reading: [false; 2],
        });
        if !self.hosts[host].followers.contains(&proc) {
            self.hosts[host].followers.push(proc);
        }
        let at = self.now + self.rng.range(500, 3_000) * slow;
        self.queue.plan(at, Event::Node { proc, step: NodeStep::Look });
    }

    /// A node's driver does the next thing about its own host.
    pub(crate) fn node_step(&mut self, proc: Ix, step: NodeStep) {
        if !self.procs[proc].alive {
            return;
        }
        if self.procs[proc].stopped {
            return self.procs[proc].held.push(step);
        }
        match step {
            NodeStep::Look => self.look(proc),
            NodeStep::Fork => self.fork(proc),
            NodeStep::Conclude => self.conclude(proc),
            NodeStep::Blobs => self.look_for_blobs(proc),
        }
    }

    fn look(&mut self, proc: Ix) {
        let Some(host) = self.procs[proc].host else { return };
        let Some(own) = &self.procs[proc].own else { return };
        let mode = own.mode;
        let standing = match self.sabotage {
            Some(Sabotage::ClaimAnew) => Standing::Free,
            _ => self.hosts[host].spool.standing(word(mode)),
        };
        match standing {
            Standing::Free => self.nothing_begun(proc, host, mode),
            Standing::Begun(number, Verdict::Running | Verdict::Ended(_)) => self.follow(proc, host, number),
            Standing::Begun(number, Verdict::Unknown(reason)) => {
                let boot = self.boot_of(host, number);
                self.tell(proc, Input::Own(OwnEvent::Attached { boot }), None);
                self.own_ends(proc, Outcome::Unknown { reason });
            }
            Standing::Begun(_, Verdict::DidNotStart) | Standing::Void => {
                if mode != OwnMode::Void {
                    self.stats.count("found void");
                }
                self.own_ends(proc, given_up(mode));
            }
            Standing::Exhausted => self.own_ends(proc, given_up(OwnMode::Start)),
            Standing::Gone => {
                self.stats.count("history without a record");
                let reason = Reason::new(ReasonKind::SupervisorLost, "the record of it is gone");
                self.own_ends(proc, Outcome::Unknown { reason });
            }
        }
    }

    fn nothing_begun(&mut self, proc: Ix, host: Ix, mode: OwnMode) {
        let boot = self.hosts[host].spool.boot;
        match mode {
            OwnMode::Look => {
                self.stats.count("looked, and nothing had begun");
                self.tell(proc, Input::Own(OwnEvent::NotBegun), None);
            }
            OwnMode::Void => {
                self.stats.count("made void");
                if self.sabotage != Some(Sabotage::ForgetVoid) {
                    self.hosts[host].spool.chain.push(Attempt::void(boot));
                }
                self.own_ends(proc, given_up(mode));
            }
            OwnMode::Start if self.scenario.spec.once && self.hosts[host].spool.has_payload => {
                let reason = Reason::new(ReasonKind::AlreadyRan, "run 7a2b by alice@bastion");
                self.own_ends(proc, Outcome::Skipped { reason });
            }
            OwnMode::Start => self.claim(proc, host),
        }
    }

    fn claim(&mut self, proc: Ix, host: Ix) {
        let at = &mut self.hosts[host];
        let mut attempt = Attempt::new(at.spool.boot, Holder::Node(proc));
        let own = self.procs[proc].own.as_mut().expect("looked up by the caller");
        attempt.deadline = own.deadline;
        (own.attempt, own.ours) = (Some(at.spool.chain.len()), true);
        (attempt.cancelled, attempt.given_up) = (own.cancelled, own.given_up);
        if !at.spool.chain.is_empty() {
            self.stats.count("claimed after others were given up");
        }
        at.spool.chain.push(attempt);
        // Now and then a host is so busy that its node can be lost before the supervisor is there.
        let most = if self.rng.chance(20) { 20_000_000 } else { 3_000 * at.slowness };
        let soon = self.now + self.rng.range(200, most);
        let boot = self.boot_of(host, self.hosts[host].spool.chain.len() - 1);
        self.queue.plan(soon, Event::Node { proc, step: NodeStep::Fork });
        self.tell(proc, Input::Own(OwnEvent::Claimed { boot, uid: 0 }), None);
    }

    /// The supervisor is started, and takes the claim over.
    fn fork(&mut self, proc: Ix) {
        let Some(host) = self.procs[proc].host else { return };
        let at = &mut self.hosts[host];
        let Some(attempt) = at.spool.chain.iter().position(|attempt| attempt.holder == Holder::Node(proc)) else {
            return;
        };
        at.spool.chain[attempt].holder = Holder::Supervisor;
        at.starter = Some(proc);
        self.plan_work(host, attempt, Step::Begin);
    }

    fn follow(&mut self, proc: Ix, host: Ix, number: usize) {
        self.stats.count("followed");
        let own = self.procs[proc].own.as_mut().expect("looked up by the caller");
        (own.attempt, own.ours) = (Some(number), false);
        let (gives_up, cancelled) = (own.mode == OwnMode::Void || own.given_up, own.cancelled);
        let attempt = &mut self.hosts[host].spool.chain[number];
        let (executed, ended) = (attempt.executed, attempt.exit.is_some());
        if gives_up && !executed {
            attempt.given_up = true;
        }
        if executed {
            self.own_begins(proc, host);
        }
        if ended {
            self.own_exited(proc, host);
        } else if cancelled {
            self.cancel_attempt(host, number);
        }
    }

    /// Says that the payload was executed: it has started, or had begun before.
    pub(crate) fn own_begins(&mut self, proc: Ix, host: Ix) {
        let Some(number) = self.procs[proc].own.as_ref().filter(|own| !own.begun).and_then(|own| own.attempt) else {
            return;
        };
        let boot = self.boot_of(host, number);
        let Some(own) = self.procs[proc].own.as_mut() else { return };
        own.begun = true;
        let event = if own.ours { OwnEvent::Started } else { OwnEvent::Attached { boot } };
        self.tell(proc, Input::Own(event), None);
        self.read_soon(proc, Stream::Out);
        self.read_soon(proc, Stream::Err);
    }

    /// The boot id of an attempt's claim.
    fn boot_of(&self, host: Ix, number: usize) -> String {
        format!("boot-{host}-{}", self.hosts[host].spool.chain[number].boot)
    }

    /// Says how the attempt that is followed has ended.
    pub(crate) fn own_exited(&mut self, proc: Ix, host: Ix) {
        let Some(own) = self.procs[proc].own.as_mut().filter(|own| !own.ended) else { return };
        let Some(exit) = own.attempt.and_then(|number| self.hosts[host].spool.chain[number].exit.clone()) else {
            return;
        };
        own.ended = true;
        let small = |stream: usize| match self.scenario.spec.output {
            OutputMode::AtEnd => self.hosts[host].prints[stream].bytes.clone(),
            OutputMode::Live => None,
        };
        let (out, err) = (small(0), small(1));
        let receipt = exit.receipt.map(|receipt| Box::new(OwnReceipt { receipt: *receipt, out, err }));
        self.tell(proc, Input::Own(OwnEvent::Ended { outcome: exit.outcome, receipt }), None);
        self.read_soon(proc, Stream::Out);
        self.read_soon(proc, Stream::Err);
    }

    fn own_ends(&mut self, proc: Ix, outcome: Outcome) {
        let Some(own) = self.procs[proc].own.as_mut().filter(|own| !own.ended) else { return };
        own.ended = true;
        self.tell(proc, Input::Own(OwnEvent::Ended { outcome, receipt: None }), None);
    }

    /// Nobody holds the claim of the attempt that is followed: asks, as everybody has to ask.
    fn conclude(&mut self, proc: Ix) {
        let Some(host) = self.procs[proc].host else { return };
        let Some(own) = self.procs[proc].own.as_ref().filter(|own| !own.ended) else { return };
        let (mode, ours) = (own.mode, own.ours);
        let Some(number) = own.attempt else { return };
        let spool = &mut self.hosts[host].spool;
        let verdict = spool.ask(number, if ours { Void::Final } else { word(mode) });
        let void = spool.chain[number].void;
        match verdict {
            Verdict::Running => {}
            Verdict::Ended(_) => {
                let executed = spool.chain[number].executed;
                if executed {
                    self.own_begins(proc, host);
                }
                self.own_exited(proc, host);
            }
            Verdict::Unknown(reason) => self.own_ends(proc, Outcome::Unknown { reason }),
            Verdict::DidNotStart if void == Some(Void::Next) => {
                self.stats.count("superseded");
                self.look(proc);
            }
            Verdict::DidNotStart if ours => {
                let reason = Reason::new(ReasonKind::Internal, "its supervisor did not start it");
                self.own_ends(proc, Outcome::Refused { reason });
            }
            Verdict::DidNotStart => self.own_ends(proc, given_up(mode)),
        }
    }

    /// Everybody who follows an attempt looks what is there now.
    pub(crate) fn claim_freed(&mut self, host: Ix, number: usize) {
        for proc in self.followers(host, number) {
            let at = self.now + self.rng.range(1_000, 1_000_000);
            self.queue.plan(at, Event::Node { proc, step: NodeStep::Conclude });
        }
    }

    /// The processes that follow an attempt.
    pub(crate) fn followers(&self, host: Ix, number: usize) -> Vec<Ix> {
        let follows = |&proc: &Ix| {
            let proc = &self.procs[proc];
            proc.alive && proc.own.as_ref().is_some_and(|own| own.attempt == Some(number))
        };
        self.hosts[host].followers.iter().copied().filter(follows).collect()
    }
}

/// The word that an attempt is given up with, where nothing has begun.
const fn word(mode: OwnMode) -> Void {
    match mode {
        OwnMode::Start | OwnMode::Look => Void::Next,
        OwnMode::Void => Void::Final,
    }
}

fn given_up(mode: OwnMode) -> Outcome {
    let reason = match mode {
        OwnMode::Void => Reason::new(ReasonKind::Halted, "the run was halted before the payload started"),
        OwnMode::Start | OwnMode::Look => Reason::new(ReasonKind::AlreadyClaimed, "it was given up for good"),
    };
    Outcome::NotRun { reason }
}
