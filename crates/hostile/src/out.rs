//! The way up from a captured host: messages as a node would send them, and any other bytes.

use bytes::BytesMut;
use mcom_wire::{Message as _, Up};
use std::fs::File;
use std::io::Write as _;

/// Standard output, which is the link.
pub(crate) struct Out {
    to: File,
    mute: bool,
}

impl Out {
    pub(crate) const fn new(to: File) -> Self {
        Self { to, mute: false }
    }

    /// Sends a message.
    pub(crate) fn say(&mut self, message: &Up) {
        self.raw(&frame(message));
    }

    /// Sends bytes that need not be a message. Whoever has closed the link has ended this program.
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        if !self.mute && self.to.write_all(bytes).is_err() {
            std::process::exit(0);
        }
    }

    /// Says nothing any more, and stays.
    pub(crate) const fn fall_silent(&mut self) {
        self.mute = true;
    }
}

/// The bytes of a message.
pub(crate) fn frame(message: &Up) -> BytesMut {
    let mut bytes = BytesMut::new();
    message.encode(&mut bytes).expect("what is sent here fits a frame");
    bytes
}

/// The nine bytes before a body, and whatever body.
pub(crate) fn raw_frame(len: u32, kind: u8, stream: u32, body: &[u8]) -> Vec<u8> {
    [&len.to_be_bytes()[..], &[kind], &stream.to_be_bytes(), body].concat()
}

/// A frame of any kind whose length is true.
pub(crate) fn any_frame(kind: u8, stream: u32, body: &[u8]) -> Vec<u8> {
    raw_frame(u32::try_from(body.len()).expect("a short body"), kind, stream, body)
}
