//! The two requests of OpenSSH's multiplexing protocol that the `openssh` crate lacks: who is the master, and end it.
//!
//! The crate can only ask a master to stop listening; it would then live as long as the far end keeps a channel open.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use std::io::{Read as _, Write as _};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

const MUX_MSG_HELLO: u32 = 0x0000_0001;
const MUX_C_ALIVE_CHECK: u32 = 0x1000_0004;
const MUX_C_TERMINATE: u32 = 0x1000_0005;
const MUX_VERSION: u32 = 4;

/// Bytes of the answers to a hello and to an alive check, whose last word is the master's process id.
const ALIVE_ANSWER: usize = 12 + 16;

/// A handle of the master process behind `socket`; none where this kernel has no such handles (before Linux 5.3).
pub(super) async fn master(socket: &Path) -> Option<OwnedFd> {
    // The id came over a socket that only this process and the master know, so it is still the master's.
    pidfd_open(Pid::from_raw(alive(socket).await?)?, PidfdFlags::empty()).ok()
}

/// The process id of the master behind `socket`, where one answers there.
pub(super) async fn alive(socket: &Path) -> Option<i32> {
    let mut stream = tokio::net::UnixStream::connect(socket).await.ok()?;
    stream.write_all(&request(MUX_C_ALIVE_CHECK)).await.ok()?;
    let mut answer = [0; ALIVE_ANSWER];
    stream.read_exact(&mut answer).await.ok()?;
    Some(i32::from_be_bytes(answer[ALIVE_ANSWER - 4..].try_into().ok()?))
}

/// A master that was told to end.
#[derive(Debug)]
pub(super) struct Leaving {
    /// Its end of this socket closes when it ends.
    socket: Option<UnixStream>,
    /// A handle of its process.
    process: Option<OwnedFd>,
}

/// Tells a master to end, without waiting for it. None where there is none.
///
/// Over its socket, because a signal that comes just before OpenSSH 9.2 begins to wait is not seen until something else
/// happens, which may take seconds.
pub(super) fn dismiss(process: Option<OwnedFd>, socket: &Path) -> Option<Leaving> {
    let asked = UnixStream::connect(socket).and_then(|mut stream| {
        stream.write_all(&request(MUX_C_TERMINATE))?;
        Ok(stream)
    });
    if let (Err(_), Some(process)) = (&asked, &process) {
        let _ = pidfd_send_signal(process, Signal::TERM);
    }
    let socket = asked.ok();
    (socket.is_some() || process.is_some()).then_some(Leaving { socket, process })
}

impl Leaving {
    /// Waits until the master has gone; then there is no more patience, and it is killed.
    pub(super) fn wait(self, until: Instant) {
        match (self.process, self.socket) {
            (Some(process), _) => {
                if !readable(process.as_fd(), until) {
                    let _ = pidfd_send_signal(&process, Signal::KILL);
                }
            }
            (None, Some(mut socket)) => {
                let mut answers = [0; 256];
                while readable(socket.as_fd(), until) && matches!(socket.read(&mut answers), Ok(1..)) {}
            }
            (None, None) => {}
        }
    }
}

fn readable(fd: BorrowedFd<'_>, until: Instant) -> bool {
    let left = until.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
    let left = Timespec::try_from(left).ok();
    matches!(poll(&mut [PollFd::from_borrowed_fd(fd, PollFlags::IN)], left.as_ref()), Ok(1..))
}

/// A hello and a request, in one go: `u32 length | u32 type | ...`, in network order.
fn request(request: u32) -> Vec<u8> {
    let id = 0;
    [8, MUX_MSG_HELLO, MUX_VERSION, 8, request, id].iter().flat_map(|word: &u32| word.to_be_bytes()).collect()
}
