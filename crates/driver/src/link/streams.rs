//! Standard input and output of this process as the two directions of a link.

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use tokio::net::unix::pipe;

/// Takes standard input and output. Nothing else may write between the frames, and the other side is to see the end as
/// soon as this end closes, so nothing is left on standard output.
pub(crate) fn own_streams() -> io::Result<(pipe::Receiver, pipe::Sender)> {
    let from = pipe::Receiver::from_owned_fd_unchecked(unblocked(io::stdin())?)?;
    let to = pipe::Sender::from_owned_fd_unchecked(unblocked(io::stdout())?)?;
    rustix::stdio::dup2_stdout(std::fs::File::options().write(true).open("/dev/null")?)?;
    Ok((from, to))
}

/// sshd gives pipes or sockets, and both are read and written in the same way.
fn unblocked(fd: impl AsFd) -> io::Result<OwnedFd> {
    let fd = fd.as_fd().try_clone_to_owned()?;
    fcntl_setfl(&fd, fcntl_getfl(&fd)? | OFlags::NONBLOCK)?;
    Ok(fd)
}
