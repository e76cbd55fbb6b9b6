//! How a node begins with its own host's attempt: claims it, or finds that it was claimed, or makes sure that it never
//! starts.

use crate::spool::{AttemptFolder, AttemptSpec, Claim, HostIdentity, Spool, SpoolError, Standing, Void};
use crate::supervisor::answer::already_ran;
use crate::supervisor::login::session_kills;
use crate::supervisor::record::wall_ms;
use bytes::Bytes;
use mcom_engine::attempt::Verdict;
use mcom_engine::tree::{OwnEvent, OwnMode, OwnStart};
use mcom_model::{Digest, Outcome, Reason, ReasonKind};
use std::path::{Path, PathBuf};

/// What is to be done next.
pub(super) enum Beginning {
    /// The attempt is ours to start. The claim is held until it was handed to the supervisor.
    Ours(Spool, AttemptFolder, Claim),
    /// It was claimed by somebody else: follow it.
    Theirs(Spool, AttemptFolder),
    /// It was claimed under this boot id, and there is nothing to follow; this is what can be said of it.
    Over(Option<String>, Outcome),
    /// There is nothing to follow, and this is why.
    Nothing(OwnEvent),
}

/// Looks where the attempt stands and does what its mode says.
pub(super) fn begin(place: Option<PathBuf>, start: &OwnStart, blobs: &[Bytes]) -> Beginning {
    if let Some(reason) = other_user(start.claimed_by) {
        return Beginning::Nothing(ended(Outcome::Unknown { reason }));
    }
    try_begin(place, start, blobs).unwrap_or_else(|error| Beginning::Nothing(ended(failed(start.mode, error.reason()))))
}

/// The word that an attempt is given up with, where nothing has begun.
pub(super) const fn word(mode: OwnMode) -> Void {
    match mode {
        OwnMode::Start | OwnMode::Look => Void::Next,
        OwnMode::Void => Void::Final,
    }
}

pub(super) fn ended(outcome: Outcome) -> OwnEvent {
    OwnEvent::Ended { outcome, receipt: None }
}

pub(super) fn given_up(mode: OwnMode) -> Outcome {
    let reason = if mode == OwnMode::Void {
        Reason::new(ReasonKind::Halted, "the run was halted before the payload started")
    } else {
        Reason::new(ReasonKind::AlreadyClaimed, "this attempt was given up on the host before it started, for good")
    };
    Outcome::NotRun { reason }
}

fn try_begin(place: Option<PathBuf>, start: &OwnStart, blobs: &[Bytes]) -> Result<Beginning, SpoolError> {
    let place = place.map_or_else(Spool::default_place, Ok)?;
    let spool = Spool::open(&place, &HostIdentity::read()?)?;
    loop {
        let attempt = match spool.standing(&start.spec, word(start.mode))? {
            Standing::Begun(folder, Verdict::Running | Verdict::Ended(_)) => {
                return Ok(Beginning::Theirs(spool, folder));
            }
            Standing::Begun(folder, verdict) => return Ok(Beginning::Over(folder.claim_boot()?, outcome_of(verdict))),
            Standing::Void => return Ok(Beginning::Nothing(ended(given_up(start.mode)))),
            Standing::Exhausted => return Ok(Beginning::Nothing(ended(exhausted()))),
            Standing::Gone => return Ok(Beginning::Nothing(ended(gone()))),
            Standing::Free { attempt } => attempt,
        };
        let claimed = match start.mode {
            OwnMode::Look => return Ok(Beginning::Nothing(OwnEvent::NotBegun)),
            OwnMode::Void => {
                AttemptFolder::claim_void(&spool, &start.spec, attempt, wall_ms()).map(|_| Err(given_up(start.mode)))
            }
            OwnMode::Start => claim(&spool, start, attempt, blobs),
        };
        match claimed {
            Ok(Ok((folder, claim))) => return Ok(Beginning::Ours(spool, folder, claim)),
            Ok(Err(outcome)) => return Ok(Beginning::Nothing(ended(outcome))),
            // Somebody was faster: it is there now, and is looked at again.
            Err(SpoolError::AlreadyClaimed { .. }) => {}
            Err(error) => return Err(error),
        }
    }
}

type Claimed = Result<(AttemptFolder, Claim), Outcome>;

/// Claims the attempt, unless the payload must not start here.
fn claim(spool: &Spool, start: &OwnStart, attempt: u32, blobs: &[Bytes]) -> Result<Claimed, SpoolError> {
    if let Err(reason) = check(start, blobs) {
        return Ok(Err(Outcome::Refused { reason }));
    }
    if start.spec.once
        && let Some(earlier) = spool.brought_by(start.spec.payload.id())?
    {
        return Ok(Err(Outcome::Skipped { reason: already_ran(&earlier) }));
    }
    let mut run = start.spec.clone();
    run.attempt = attempt;
    let (host, dc, deadline_ms) = (start.name.clone(), start.dc.clone(), start.deadline_ms);
    let spec = AttemptSpec { run, host, dc, deadline_ms };
    Ok(Ok(AttemptFolder::claim(spool, &spec, blobs, wall_ms())?))
}

/// Why nothing can be known here: the attempt was claimed by another user, whose spool this one cannot read. To find
/// nothing in one's own spool says nothing then.
fn other_user(claimed_by: Option<u32>) -> Option<Reason> {
    let me = rustix::process::geteuid().as_raw();
    let other = claimed_by.filter(|&uid| uid != me)?;
    let text = format!("user id {other} has claimed it here, and this link logs in as user id {me}");
    Some(Reason::new(ReasonKind::OtherUser, text))
}

/// Whether the payload is whole, one that this node can run, and one that may outlive the link.
fn check(start: &OwnStart, blobs: &[Bytes]) -> Result<(), Reason> {
    let payload = &start.spec.payload;
    let fits = payload.blobs().count() == blobs.len()
        && payload.blobs().zip(blobs).all(|(blob, bytes)| Digest::of(bytes) == blob.digest);
    if !fits {
        let text = "the payload that arrived is not the one that was sent";
        return Err(Reason::new(ReasonKind::PayloadDigestMismatch, text));
    }
    session_kills(Path::new("/")).map_or(Ok(()), Err)
}

/// A spool that cannot be used lets nothing start. What may have begun in it is not known then.
pub(super) fn failed(mode: OwnMode, reason: Reason) -> Outcome {
    match mode {
        OwnMode::Start => Outcome::Refused { reason },
        OwnMode::Look | OwnMode::Void => Outcome::Unknown { reason },
    }
}

fn outcome_of(verdict: Verdict) -> Outcome {
    match verdict {
        Verdict::Unknown(reason) => Outcome::Unknown { reason },
        Verdict::Ended(outcome) => outcome,
        Verdict::DidNotStart | Verdict::Running => gone(),
    }
}

fn gone() -> Outcome {
    let text = "the host's history says that it began, and the record of it is gone";
    Outcome::Unknown { reason: Reason::new(ReasonKind::SupervisorLost, text) }
}

fn exhausted() -> Outcome {
    let text = "the node on the host was lost between claim and start, again and again";
    Outcome::NotRun { reason: Reason::new(ReasonKind::AlreadyClaimed, text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_concluded_from_the_spool_of_another_user() {
        let me = rustix::process::geteuid().as_raw();
        assert_eq!(other_user(None), None);
        assert_eq!(other_user(Some(me)), None);
        assert_eq!(other_user(Some(me + 1)).map(|reason| reason.kind), Some(ReasonKind::OtherUser));
    }
}
