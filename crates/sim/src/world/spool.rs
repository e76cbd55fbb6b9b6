//! What lies on a host: the attempts of the run, one after the other, and what everybody may conclude from them.
//!
//! This is the truth that no message can change. A power cut leaves of it what was flushed.

use crate::rng::Rng;
use crate::world::queue::Ix;
use mcom_engine::attempt::{ClaimFact, Facts, Verdict, judge};
use mcom_model::{Outcome, OutcomeKind, Receipt, limits};

/// The spool of one host, as far as this run is concerned.
#[derive(Default)]
pub(crate) struct Spool {
    /// Counts the boots of the machine.
    pub(crate) boot: u32,
    /// The attempts: each before the last was given up before its start.
    pub(crate) chain: Vec<Attempt>,
    /// The history says that the run began here.
    pub(crate) history: bool,
    /// Another run holds the host until then.
    pub(crate) locked_until: u64,
    /// An earlier run brought the payload.
    pub(crate) has_payload: bool,
}

/// One attempt.
pub(crate) struct Attempt {
    /// The boot of its claim.
    pub(crate) boot: u32,
    pub(crate) void: Option<Void>,
    pub(crate) holder: Holder,
    pub(crate) stage: Stage,
    /// It holds the payload's blobs.
    pub(crate) blobs: bool,
    /// `started` stands there.
    pub(crate) started: bool,
    /// The claim and `started` are on the disk.
    pub(crate) flushed: bool,
    /// The payload was really started.
    pub(crate) executed: bool,
    /// Its process is alive.
    pub(crate) alive: bool,
    pub(crate) exit: Option<Exited>,
    pub(crate) exit_flushed: bool,
    /// What once stood in the exit record, even where a power cut took it.
    pub(crate) said: Option<OutcomeKind>,
    /// Its supervisor was killed.
    pub(crate) killed: bool,
    /// The folder was removed.
    pub(crate) gone: bool,
    pub(crate) cancelled: bool,
    pub(crate) given_up: bool,
    /// When the run's deadline ends it.
    pub(crate) deadline: Option<u64>,
    /// Until when it waits for another run, once it does.
    pub(crate) waits_until: Option<u64>,
}

/// The word in a claim that ends an attempt before its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Void {
    Next,
    Final,
}

/// Who holds the claim's lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holder {
    Node(Ix),
    Supervisor,
    Nobody,
}

/// How far the supervisor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    Claimed,
    Begun,
    Locked,
    Noted,
    Released,
}

/// The exit record.
#[derive(Clone, Debug)]
pub(crate) struct Exited {
    pub(crate) outcome: Outcome,
    pub(crate) receipt: Option<Box<Receipt>>,
}

/// Where the run stands on a host.
pub(crate) enum Standing {
    Free,
    Begun(usize, Verdict),
    Void,
    Exhausted,
    Gone,
}

impl Spool {
    /// Looks where the run stands. An attempt that nobody has and that has not begun is given up with this word.
    pub(crate) fn standing(&mut self, word: Void) -> Standing {
        let Some(last) = self.chain.iter().rposition(|attempt| !attempt.gone) else {
            return if self.history { Standing::Gone } else { Standing::Free };
        };
        if self.chain[last].void != Some(Void::Next) {
            let verdict = self.ask(last, word);
            if verdict != Verdict::DidNotStart {
                return Standing::Begun(last, verdict);
            }
        }
        match self.chain[last].void {
            Some(Void::Next) if last + 1 < limits::ATTEMPTS as usize => Standing::Free,
            Some(Void::Next) => Standing::Exhausted,
            _ => Standing::Void,
        }
    }

    /// Asks what became of an attempt, by the rule of the engine.
    pub(crate) fn ask(&mut self, number: usize, word: Void) -> Verdict {
        let same_boot = self.chain[number].boot == self.boot;
        let attempt = &mut self.chain[number];
        let claim = match attempt.holder {
            _ if attempt.gone => ClaimFact::Lost,
            Holder::Node(_) | Holder::Supervisor => ClaimFact::Held,
            Holder::Nobody => {
                if !attempt.started && attempt.exit.is_none() && same_boot && attempt.void.is_none() {
                    attempt.void = Some(word);
                }
                ClaimFact::Voided
            }
        };
        let exit = attempt.exit.as_ref().filter(|_| !attempt.gone).map(|exit| exit.outcome.clone());
        let (started, payload_alive) = (attempt.started, attempt.alive);
        if attempt.void.is_some() && !started && exit.is_none() && claim == ClaimFact::Voided {
            return Verdict::DidNotStart;
        }
        judge(&Facts { same_boot, claim, started, payload_alive, exit })
    }

    /// Whether the payload's blobs lie here.
    pub(crate) fn has_blobs(&self) -> bool {
        self.chain.iter().any(|attempt| attempt.blobs && !attempt.gone)
    }

    /// How the payload really ended here, by a receipt.
    pub(crate) fn really(&self) -> Option<OutcomeKind> {
        self.chain.iter().find_map(|attempt| attempt.said)
    }

    /// Whether nobody can ever know how the run ended here: no record is left, and the process is not there to ask.
    pub(crate) fn is_unknowable(&self) -> bool {
        self.chain.iter().any(|attempt| {
            let open = attempt.exit.is_none() && (attempt.void.is_none() || attempt.started);
            attempt.gone || open && (attempt.killed || attempt.boot != self.boot)
        })
    }

    /// A power cut: what was not flushed may be there or not, and nothing runs.
    pub(crate) fn power_cut(&mut self, rng: &mut Rng) {
        self.boot += 1;
        if self.chain.last().is_some_and(|last| !last.flushed) && rng.chance(500) {
            self.chain.pop();
        }
        for attempt in &mut self.chain {
            (attempt.holder, attempt.alive) = (Holder::Nobody, false);
            if !attempt.exit_flushed && rng.chance(500) {
                attempt.exit = None;
            }
        }
        self.locked_until = 0;
    }
}

impl Attempt {
    pub(crate) const fn new(boot: u32, holder: Holder) -> Self {
        Self {
            boot,
            void: None,
            holder,
            stage: Stage::Claimed,
            blobs: true,
            started: false,
            flushed: false,
            executed: false,
            alive: false,
            exit: None,
            exit_flushed: false,
            said: None,
            killed: false,
            gone: false,
            cancelled: false,
            given_up: false,
            deadline: None,
            waits_until: None,
        }
    }

    /// Void from its first moment, and on the disk.
    pub(crate) const fn void(boot: u32) -> Self {
        let mut attempt = Self::new(boot, Holder::Nobody);
        attempt.void = Some(Void::Final);
        attempt.blobs = false;
        attempt.flushed = true;
        attempt
    }
}
