//! The link of a node upwards: its own standard input and output.

use crate::link::{Reader, Writer, own_streams, queue};
use mcom_wire::{Decoder, Down, Up};
use std::io;
use std::time::Duration;
use tokio::net::unix::pipe;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// For the last words to go up.
const LAST_TIME: Duration = Duration::from_secs(10);

/// Both directions of the link upwards.
pub(super) struct Uplink {
    pub(super) reader: Reader<Down, pipe::Receiver>,
    writer: Writer<Up>,
    writing: JoinHandle<()>,
}

impl Uplink {
    /// Takes standard input and output, and says `hello` on it.
    pub(super) fn of_this_process(hello: Up) -> io::Result<Self> {
        let (from, to) = own_streams()?;
        let (writer, mut queue) = queue();
        let writing = tokio::spawn(async move {
            // A parent that no longer takes anything is noticed by the reader.
            let _ = queue.write_after(hello, to).await;
        });
        Ok(Self { reader: Reader::new(from, Decoder::default()), writer, writing })
    }

    pub(super) fn send(&self, message: Up) {
        self.writer.send(message);
    }

    /// Sees the last words off.
    pub(super) async fn close(self) {
        drop(self.writer);
        let _ = timeout(LAST_TIME, self.writing).await;
    }
}
