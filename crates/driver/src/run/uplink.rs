//! The link of a node upwards: its own standard input and output.

use crate::link::{Reader, Writer, queue};
use mcom_wire::{Decoder, Down, Up};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
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
        let from = pipe::Receiver::from_owned_fd_unchecked(unblocked(io::stdin())?)?;
        let to = pipe::Sender::from_owned_fd_unchecked(unblocked(io::stdout())?)?;
        // Nothing else may write between the frames, and the parent is to see the end as soon as this end closes.
        rustix::stdio::dup2_stdout(std::fs::File::options().write(true).open("/dev/null")?)?;
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

/// sshd gives pipes or sockets, and both are read and written in the same way.
fn unblocked(fd: impl AsFd) -> io::Result<OwnedFd> {
    let fd = fd.as_fd().try_clone_to_owned()?;
    fcntl_setfl(&fd, fcntl_getfl(&fd)? | OFlags::NONBLOCK)?;
    Ok(fd)
}
