//! The bytes of every message, kept: a change of the wire format must be meant, and comes with a new
//! [`mcom_wire::PROTOCOL`]. `MCOM_BLESS=1` writes the file anew.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests read files and may panic")]

mod common;

use bytes::BytesMut;
use mcom_wire::Message;

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/protocol-2.txt");

#[test]
fn every_message_has_its_kept_bytes() {
    let downs = common::downs().into_iter().map(|(name, message)| line("down", name, &message));
    let ups = common::ups().into_iter().map(|(name, message)| line("up", name, &message));
    let now: String = downs.chain(ups).collect();
    if std::env::var_os("MCOM_BLESS").is_some() {
        std::fs::write(GOLDEN, &now).unwrap();
    }
    let kept = std::fs::read_to_string(GOLDEN).unwrap();
    assert_eq!(now, kept, "the wire format changed: give PROTOCOL a new number, or undo it");
}

/// Direction, name, and the frame: printable bytes as they are, others as `\xNN`.
fn line<M: Message>(direction: &str, name: &str, message: &M) -> String {
    let mut frame = BytesMut::new();
    message.encode(&mut frame).unwrap();
    format!("{direction} {name} {}\n", frame.escape_ascii())
}
