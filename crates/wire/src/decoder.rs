//! Cuts a stream of bytes into messages. Never holds more than one frame and what came with it.

use crate::frame::{DecodeError, HEADER_BYTES, Message, longest};
use bytes::{Buf, BytesMut};
use std::marker::PhantomData;

/// Bytes in, messages out. After an error the link must be closed.
#[derive(Debug)]
pub struct Decoder<M> {
    buffer: BytesMut,
    message: PhantomData<fn() -> M>,
}

impl<M> Default for Decoder<M> {
    fn default() -> Self {
        Self { buffer: BytesMut::new(), message: PhantomData }
    }
}

impl<M: Message> Decoder<M> {
    /// The buffer to read into; bytes are appended to it.
    pub const fn buffer(&mut self) -> &mut BytesMut {
        &mut self.buffer
    }

    /// Appends bytes.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole message, or none until more bytes come.
    ///
    /// A frame's length is checked when its header is here: a lying length allocates nothing.
    pub fn next_message(&mut self) -> Result<Option<M>, DecodeError> {
        let Some((len, kind, stream)) = self.header() else {
            return Ok(None);
        };
        let max = longest(kind).ok_or(DecodeError::Kind(kind))?;
        if len > max {
            return Err(DecodeError::TooLong { kind, len, max });
        }
        if self.buffer.len() < HEADER_BYTES + len {
            return Ok(None);
        }
        self.buffer.advance(HEADER_BYTES);
        let body = self.buffer.split_to(len).freeze();
        M::decode(kind, stream, body).map(Some)
    }

    fn header(&self) -> Option<(usize, u8, u32)> {
        let header = self.buffer.get(..HEADER_BYTES)?;
        let len = u32::from_be_bytes([header[0], header[1], header[2], header[3]]) as usize;
        let stream = u32::from_be_bytes([header[5], header[6], header[7], header[8]]);
        Some((len, header[4], stream))
    }
}
