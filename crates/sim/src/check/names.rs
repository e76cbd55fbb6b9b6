//! Names for what is recorded, so that it can be counted.

use mcom_model::{HostEvent, OutcomeKind, Verdict, What};

/// What an event is counted as.
pub(crate) const fn counted_as(what: &What) -> &'static str {
    match what {
        What::RunStarted(_) => "run started",
        What::Intent { .. } => "intent",
        What::Shipped { .. } => "payload shipped",
        What::Host { said, .. } => said_of(said),
        What::BodyStored { .. } => "body stored",
        What::BodyLost { .. } => "body lost",
        What::Asked { verdict: Verdict::Granted { .. }, .. } => "granted",
        What::Asked { verdict: Verdict::Refused { .. }, .. } => "refused what was asked",
        What::Violation { .. } => "violation",
        What::Halted { .. } => "halted",
        What::CancelAsked { .. } => "cancel asked",
        What::Resumed { .. } => "resumed",
        What::RunEnded { .. } => "run ended",
    }
}

const fn said_of(said: &HostEvent) -> &'static str {
    match said {
        HostEvent::Linking { .. } => "linking",
        HostEvent::Linked { .. } => "linked",
        HostEvent::Chosen { .. } => "chosen",
        HostEvent::GaveWay { .. } => "gave way",
        HostEvent::ParentLost { .. } => "parent lost",
        HostEvent::LinkLost { .. } => "link lost",
        HostEvent::Transit { .. } => "goes by transit",
        HostEvent::Attached { .. } => "attached",
        HostEvent::Held { .. } => "held",
        HostEvent::Claimed { .. } => "claimed",
        HostEvent::Started => "started",
        HostEvent::Printed { .. } => "printed",
        HostEvent::Ended { outcome, .. } => match outcome.kind() {
            OutcomeKind::Ok => "ended ok",
            OutcomeKind::Failed => "ended failed",
            OutcomeKind::TimedOut => "ended timed out",
            OutcomeKind::Killed => "ended killed",
            OutcomeKind::Unreachable => "ended unreachable",
            OutcomeKind::Refused => "ended refused",
            OutcomeKind::Skipped => "ended skipped",
            OutcomeKind::NotRun => "ended not run",
            OutcomeKind::Unknown => "ended unknown",
        },
    }
}
