//! Bytes into messages.

use mcom_model::{Reason, ReasonKind};
use mcom_wire::{Decoder, Message};
use tokio::io::{AsyncRead, AsyncReadExt as _};

/// Room that is made for one read; also what a data frame fits in with room to spare.
const ROOM: usize = 80 << 10;

/// Reads messages off a stream.
pub struct Reader<M, R> {
    from: R,
    decoder: Decoder<M>,
}

impl<M: Message, R: AsyncRead + Unpin> Reader<M, R> {
    /// Reads on after what `decoder` has read.
    pub const fn new(from: R, decoder: Decoder<M>) -> Self {
        Self { from, decoder }
    }

    /// The next message; none where the stream has ended. Safe to give up and call again.
    pub async fn next(&mut self) -> Result<Option<M>, Reason> {
        loop {
            let decoded = self.decoder.next_message();
            match decoded.map_err(|error| Reason::new(ReasonKind::ProtocolViolation, error.to_string()))? {
                Some(message) => return Ok(Some(message)),
                None => self.decoder.buffer().reserve(ROOM),
            }
            match self.from.read_buf(self.decoder.buffer()).await {
                Ok(0) | Err(_) => return Ok(None),
                Ok(_) => {}
            }
        }
    }
}
