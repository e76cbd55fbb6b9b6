//! What the decoder must hold: it gives back what was encoded however the bytes are cut, and refuses the rest.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests read files and may panic")]

mod common;

use bytes::{Bytes, BytesMut};
use mcom_model::{Digest, HostEvent, HostId, Outcome, Reason, ReasonKind, limits};
use mcom_wire::{DecodeError, Decoder, Down, EncodeError, HelloUp, Message, PROTOCOL, Up};
use proptest::prelude::*;

fn encode<M: Message>(messages: &[M]) -> BytesMut {
    let mut bytes = BytesMut::new();
    for message in messages {
        message.encode(&mut bytes).unwrap();
    }
    bytes
}

/// Feeds `bytes` in pieces of the given sizes, the rest at the end.
fn decode<M: Message>(bytes: &[u8], pieces: &[usize]) -> Result<Vec<M>, DecodeError> {
    let mut decoder = Decoder::default();
    let mut messages = Vec::new();
    let mut rest = bytes;
    for size in pieces.iter().copied().chain([usize::MAX]) {
        let (piece, after) = rest.split_at(size.min(rest.len()));
        rest = after;
        decoder.feed(piece);
        while let Some(message) = decoder.next_message()? {
            messages.push(message);
        }
    }
    Ok(messages)
}

proptest! {
    #[test]
    fn any_cut_gives_the_same_messages(pieces in proptest::collection::vec(0_usize..200, 0..40)) {
        let downs: Vec<Down> = common::downs().into_iter().map(|(_, message)| message).collect();
        let ups: Vec<Up> = common::ups().into_iter().map(|(_, message)| message).collect();
        prop_assert_eq!(decode::<Down>(&encode(&downs), &pieces).unwrap(), downs);
        prop_assert_eq!(decode::<Up>(&encode(&ups), &pieces).unwrap(), ups);
    }

    #[test]
    fn any_bytes_end_in_messages_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        check_bytes(&bytes);
    }

    #[test]
    fn a_changed_byte_never_panics(at in any::<prop::sample::Index>(), value in any::<u8>()) {
        let ups: Vec<Up> = common::ups().into_iter().map(|(_, message)| message).collect();
        let mut bytes = encode(&ups);
        let at = at.index(bytes.len());
        bytes[at] = value;
        check_bytes(&bytes);
    }
}

/// The property that the fuzz target checks too: what was decoded encodes to something that decodes to the same.
fn check_bytes(bytes: &[u8]) {
    let mut decoder = Decoder::<Up>::default();
    decoder.feed(bytes);
    while let Ok(Some(message)) = decoder.next_message() {
        let again = decode::<Up>(&encode(std::slice::from_ref(&message)), &[]).unwrap();
        assert_eq!(again, [message]);
    }
}

#[test]
fn the_kept_fuzz_corpus_passes() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus/decoder");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        check_bytes(&std::fs::read(entry.unwrap().path()).unwrap());
        count += 1;
    }
    assert!(count >= 8, "the corpus is missing: {count} files");
}

#[test]
fn a_lying_length_is_refused_from_the_header_alone() {
    for kind in 1..=4_u8 {
        let mut decoder = Decoder::<Up>::default();
        decoder.feed(&[0xff, 0xff, 0xff, 0xff, kind, 0, 0, 0, 0]);
        let before = decoder.buffer().capacity();
        let error = decoder.next_message().unwrap_err();
        assert!(matches!(error, DecodeError::TooLong { len: 0xffff_ffff, .. } | DecodeError::Kind(2)), "{error}");
        assert_eq!(decoder.buffer().capacity(), before);
    }
}

#[test]
fn frames_of_the_other_direction_are_refused() {
    let down = encode(&[Down::Blob { index: 0, bytes: Bytes::from_static(b"x") }]);
    let error = decode::<Up>(&down, &[]).unwrap_err();
    assert_eq!(error.to_string(), "a frame of kind 2 does not go this way");
    let up = encode(&[Up::Body { digest: mcom_model::Digest::of(b""), bytes: Bytes::new() }]);
    let error = decode::<Down>(&up, &[]).unwrap_err();
    assert_eq!(error.to_string(), "a frame of kind 3 does not go this way");
}

#[test]
fn what_does_not_fit_is_not_sent() {
    let mut frame = BytesMut::from(&b"before"[..]);
    let big = Down::Blob { index: 0, bytes: vec![0; limits::DATA_FRAME + 1].into() };
    assert!(matches!(big.encode(&mut frame), Err(EncodeError::TooLong { .. })));
    assert_eq!(&frame[..], b"before");
}

/// Whatever fits a frame: of what a host says about itself, only so much is kept.
#[test]
fn text_of_a_host_is_cut_where_it_is_read() {
    let long = "x".repeat(200_000);
    let reason = Reason { kind: ReasonKind::Busy, text: long.clone() };
    let said = [
        HostEvent::Held { reason: reason.clone() },
        HostEvent::Claimed { boot: long.clone(), uid: None },
        HostEvent::Ended { outcome: Outcome::Refused { reason }, receipt: None },
    ];
    let mut ups: Vec<Up> = said.into_iter().map(|event| Up::Said { host: HostId(0), event }).collect();
    let node = Digest::of(b"node");
    ups.push(Up::Hello(HelloUp { protocol: PROTOCOL, node, arch: long.clone(), boot: long }));
    let decoded = decode::<Up>(&encode(&ups), &[]).unwrap();
    assert_eq!(decoded.len(), ups.len());
    for message in decoded {
        let len = encode(std::slice::from_ref(&message)).len();
        assert!(len < 2 * limits::REASON_BYTES, "{len} bytes of {message:?}");
    }
}
