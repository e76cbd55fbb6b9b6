//! What hosts send in answer, kept in memory, a few kilobytes a host at most.

use mcom_model::{Digest, HostId, Reason, ReasonKind, Stream, limits};
use std::collections::BTreeMap;

/// Bodies, and what is coming of some that did not come with the outcome.
#[derive(Default)]
pub(super) struct Bodies {
    whole: BTreeMap<Digest, Vec<u8>>,
    coming: BTreeMap<(HostId, Stream), Vec<u8>>,
}

impl Bodies {
    /// A body that is there whole.
    pub(super) fn get(&self, digest: &Digest) -> Option<&[u8]> {
        self.whole.get(digest).map(Vec::as_slice)
    }

    pub(super) fn add(&mut self, host: HostId, stream: Stream, bytes: &[u8]) {
        let coming = self.coming.entry((host, stream)).or_default();
        let room = (limits::BODY_INLINE as usize).saturating_sub(coming.len());
        coming.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    pub(super) fn finish(&mut self, host: HostId, stream: Stream, digest: Digest, len: u64) -> Result<(), Reason> {
        let whole = self.coming.remove(&(host, stream)).unwrap_or_default();
        if whole.len() as u64 != len {
            return Err(Reason::new(ReasonKind::ProtocolViolation, format!("an answer of {len} bytes is none")));
        }
        self.put(digest, &whole)
    }

    pub(super) fn put(&mut self, digest: Digest, bytes: &[u8]) -> Result<(), Reason> {
        if Digest::of(bytes) != digest {
            return Err(Reason::new(ReasonKind::ProtocolViolation, "an answer is not what its name says"));
        }
        self.whole.insert(digest, bytes.to_vec());
        Ok(())
    }

    pub(super) fn drop_part(&mut self, host: HostId, stream: Stream) {
        self.coming.remove(&(host, stream));
    }
}
