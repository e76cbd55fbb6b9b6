//! The blobs of a payload as they arrive at a node: put together in memory and checked.

use bytes::{Bytes, BytesMut};
use mcom_engine::tree::Input;
use mcom_model::{BlobRef, Digest, Payload, Reason, ReasonKind, limits};

/// Blobs on their way in.
#[derive(Debug, Default)]
pub(super) struct Blobs(Vec<Blob>);

#[derive(Debug)]
struct Blob {
    promised: BlobRef,
    state: State,
}

#[derive(Debug)]
enum State {
    Coming(BytesMut),
    Whole(Bytes),
    Bad,
}

impl Blobs {
    /// Expects the blobs of a payload. What is there already (an empty one) is said.
    pub(super) fn expect(payload: &Payload) -> (Self, Vec<Input>) {
        let coming = |promised| Blob { promised, state: State::Coming(BytesMut::new()) };
        let mut blobs = Self(payload.blobs().map(coming).collect());
        let indices = 0..u32::try_from(blobs.0.len()).expect("a payload has two blobs at most");
        let said = indices.filter_map(|index| blobs.take(index, &[])).collect();
        (blobs, said)
    }

    /// Takes a piece. Says once when a blob is whole, or is not what was promised.
    pub(super) fn take(&mut self, index: u32, bytes: &[u8]) -> Option<Input> {
        let blob = self.0.get_mut(index as usize)?;
        let State::Coming(so_far) = &mut blob.state else { return None };
        let promised = blob.promised.len;
        if promised > limits::BLOB || (so_far.len() + bytes.len()) as u64 > promised {
            blob.state = State::Bad;
            let text =
                format!("longer than the {promised} bytes that were promised, or than the {} allowed", limits::BLOB);
            return Some(Input::BlobBad { index, reason: Reason::new(ReasonKind::PayloadDigestMismatch, text) });
        }
        so_far.extend_from_slice(bytes);
        if (so_far.len() as u64) < promised {
            return None;
        }
        let whole = std::mem::take(so_far).freeze();
        let digest = Digest::of(&whole);
        if digest == blob.promised.digest {
            blob.state = State::Whole(whole);
            return Some(Input::BlobReady { index });
        }
        blob.state = State::Bad;
        let text = format!("digest {} came, {} was promised", digest.short(), blob.promised.digest.short());
        Some(Input::BlobBad { index, reason: Reason::new(ReasonKind::PayloadDigestMismatch, text) })
    }

    /// Takes what `find` knows of the blobs that are still to come. Says of each whether it is here now.
    pub(super) fn look(&mut self, find: impl Fn(&BlobRef) -> Option<Bytes>) -> Vec<Input> {
        let mut said = Vec::new();
        for (index, blob) in (0..).zip(&mut self.0) {
            if !matches!(blob.state, State::Coming(_)) {
                continue;
            }
            said.push(match find(&blob.promised) {
                Some(bytes) => {
                    blob.state = State::Whole(bytes);
                    Input::BlobReady { index }
                }
                None => Input::BlobMissing { index },
            });
        }
        said
    }

    /// The bytes of all blobs; empty in the place of one that is not whole.
    pub(super) fn bytes(&self) -> Vec<Bytes> {
        let bytes = |blob: &Blob| match &blob.state {
            State::Whole(bytes) => bytes.clone(),
            State::Coming(_) | State::Bad => Bytes::new(),
        };
        self.0.iter().map(bytes).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mcom_model::PayloadKind;

    fn payload(blob: &[u8], stdin: Option<&[u8]>) -> Payload {
        let named = |bytes: &[u8]| BlobRef { digest: Digest::of(bytes), len: bytes.len() as u64 };
        Payload {
            kind: PayloadKind::Command,
            name: "x".into(),
            blob: named(blob),
            args: vec![],
            env: vec![],
            cwd: None,
            stdin: stdin.map(named),
            run_as: None,
        }
    }

    #[test]
    fn pieces_become_whole_once() {
        let (mut blobs, said) = Blobs::expect(&payload(b"abcdef", Some(b"")));
        assert_eq!(said, [Input::BlobReady { index: 1 }]);
        assert_eq!(blobs.take(0, b"abc"), None);
        assert_eq!(blobs.take(0, b"def"), Some(Input::BlobReady { index: 0 }));
        assert_eq!(blobs.take(0, b"g"), None);
        assert_eq!(blobs.take(7, b"g"), None);
        assert_eq!(blobs.bytes(), [Bytes::from_static(b"abcdef"), Bytes::new()]);
    }

    #[test]
    fn what_was_not_promised_is_bad_and_kept_nowhere() {
        for pieces in [&[b"abcdeX".as_slice()], &[b"abcdefg".as_slice()]] {
            let (mut blobs, _) = Blobs::expect(&payload(b"abcdef", None));
            let said: Vec<_> = pieces.iter().filter_map(|piece| blobs.take(0, piece)).collect();
            assert!(matches!(said[..], [Input::BlobBad { index: 0, .. }]), "{said:?}");
            assert_eq!(blobs.take(0, b"abcdef"), None);
            assert_eq!(blobs.bytes(), [Bytes::new()]);
        }
    }

    #[test]
    fn what_lies_on_the_host_need_not_come() {
        let (mut blobs, _) = Blobs::expect(&payload(b"abc", Some(b"in")));
        let here = Bytes::from_static(b"abc");
        let said = blobs.look(|blob| (blob.digest == Digest::of(&here)).then(|| here.clone()));
        assert_eq!(said, [Input::BlobReady { index: 0 }, Input::BlobMissing { index: 1 }]);
        assert_eq!(blobs.take(1, b"in"), Some(Input::BlobReady { index: 1 }));
        assert_eq!(blobs.bytes(), [here, Bytes::from_static(b"in")]);
    }

    #[test]
    fn a_promise_beyond_the_limit_is_bad_before_anything_is_kept() {
        let mut payload = payload(b"abc", None);
        payload.blob.len = limits::BLOB + 1;
        let (_, said) = Blobs::expect(&payload);
        assert!(matches!(said[..], [Input::BlobBad { index: 0, .. }]));
    }
}
