//! The claim of this host's own attempt, as the node makes it: the payload checked, the folder made and filled.

use crate::spool::{AttemptFolder, AttemptSpec, HostIdentity, Spool, SpoolError};
use crate::supervisor::record::wall_ms;
use bytes::Bytes;
use mcom_engine::tree::OwnStart;
use mcom_model::{Digest, Reason, ReasonKind};
use std::path::PathBuf;

/// Checks the payload, claims the attempt and fills its folder.
pub(super) fn claim(
    place: Option<PathBuf>,
    start: OwnStart,
    blobs: &[Bytes],
) -> Result<(Spool, AttemptFolder), Reason> {
    let payload = &start.spec.payload;
    if let Some(user) = &payload.run_as {
        let text = format!("this node cannot run a payload as another user ({user})");
        return Err(Reason::new(ReasonKind::CannotExecute, text));
    }
    let fits = payload.blobs().count() == blobs.len()
        && payload.blobs().zip(blobs).all(|(blob, bytes)| Digest::of(bytes) == blob.digest);
    if !fits {
        let text = "the payload that arrived is not the one that was sent";
        return Err(Reason::new(ReasonKind::PayloadDigestMismatch, text));
    }
    let made = || -> Result<_, SpoolError> {
        let place = place.map_or_else(Spool::default_place, Ok)?;
        let spool = Spool::open(&place, &HostIdentity::read()?)?;
        let attempt = AttemptFolder::claim(&spool, &start.spec, wall_ms())?;
        attempt.fill(&AttemptSpec { run: start.spec, host: start.name, dc: start.dc }, blobs)?;
        Ok((spool, attempt))
    };
    made().map_err(|error| error.reason())
}
