//! What may be concluded about an attempt from what stands on its host.

use mcom_model::{Outcome, Reason, ReasonKind};

/// Everything that an asker can learn. It looks at the claim first, and at the rest only after that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Whether the host's boot id is the one of the claim.
    pub same_boot: bool,
    /// The state of the claim.
    pub claim: ClaimFact,
    /// Whether `started` stands there, whatever is in it.
    pub started: bool,
    /// Whether the process that `started` names is alive.
    pub payload_alive: bool,
    /// The outcome in the exit record, where one stands.
    pub exit: Option<Outcome>,
}

/// Who holds the claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimFact {
    /// A supervisor.
    Held,
    /// The asker itself, which has written `void` where nothing had begun: no supervisor will start the attempt from
    /// now on.
    Voided,
    /// Nobody could look: the folder is gone or cannot be read.
    Lost,
}

/// What an asker may say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A supervisor is at it: attach.
    Running,
    /// It ended in this way.
    Ended(Outcome),
    /// The payload did not start and never will: trying again is safe.
    DidNotStart,
    /// It may have run; this is why nobody knows.
    Unknown(Reason),
}

/// The asker's rule.
pub fn judge(facts: &Facts) -> Verdict {
    if let Some(outcome) = &facts.exit {
        return Verdict::Ended(outcome.clone());
    }
    if !facts.same_boot {
        return unknown(ReasonKind::Rebooted, "the host rebooted after the claim, and there is no exit record");
    }
    match (facts.claim, facts.started, facts.payload_alive) {
        (ClaimFact::Held, _, _) => Verdict::Running,
        (ClaimFact::Voided, false, _) => Verdict::DidNotStart,
        (ClaimFact::Voided, true, true) => {
            unknown(ReasonKind::SupervisorLost, "the supervisor is gone without an exit record; the payload still runs")
        }
        (ClaimFact::Voided, true, false) => {
            unknown(ReasonKind::SupervisorLost, "the supervisor is gone without an exit record, and so is the payload")
        }
        (ClaimFact::Lost, _, _) => unknown(ReasonKind::SupervisorLost, "the record of the attempt is gone"),
    }
}

fn unknown(kind: ReasonKind, text: &str) -> Verdict {
    Verdict::Unknown(Reason::new(kind, text))
}
