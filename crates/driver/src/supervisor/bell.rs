//! The two fifos between node and supervisor: `bell` wakes the node that started it, `ctl` asks the supervisor to stop.
//!
//! What they carry are hints. Everything that counts stands in files, so a byte that is lost costs a moment, not truth.

use mcom_model::Reason;
use std::fs::File;
use std::io::{Read, Write};

/// There is more to see in the folder.
pub(super) const LOOK: u8 = b'.';
/// The payload is being executed.
pub(super) const EXECUTED: u8 = b'x';
/// What follows is the reason why no exit record could be written, as JSON.
pub(super) const LAST_WORDS: u8 = b'!';
/// Asks for a cancel.
pub(super) const CANCEL: u8 = b'c';
/// Asks for the payload not to start; one that runs goes on.
pub(super) const GIVE_UP: u8 = b'v';

/// Wakes the other side. A full fifo has woken it already.
pub(super) fn ring(mut bell: &File, byte: u8) {
    let _ = bell.write(&[byte]);
}

/// Leaves the reason why there is no exit record.
pub(super) fn say(mut bell: &File, words: &Reason) {
    let mut bytes = vec![LAST_WORDS];
    if serde_json::to_writer(&mut bytes, words).is_ok() {
        let _ = bell.write(&bytes);
    }
}

/// Takes what was rung.
pub(super) fn answer(mut bell: &File) -> Vec<u8> {
    let (mut heard, mut buffer) = (Vec::new(), [0; 4096]);
    while let Ok(len @ 1..) = bell.read(&mut buffer) {
        heard.extend_from_slice(&buffer[..len]);
        // A payload that prints without end rings without end; its node must get to the listening.
        if len < buffer.len() {
            break;
        }
    }
    heard
}
