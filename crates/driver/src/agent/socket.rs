//! A socket that one process of this user may connect to, once.

use std::io;
use std::path::{Path, PathBuf};
use tokio::net::{UnixListener, UnixStream};

/// A socket of an agent, until somebody has connected to it. It is removed then, and when it is dropped.
#[derive(Debug)]
pub struct AgentSocket {
    path: PathBuf,
    listener: UnixListener,
}

impl AgentSocket {
    /// Listens at `path`, which must stand in a folder that nobody else can enter.
    pub fn bind(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.to_owned(), listener: UnixListener::bind(path)? })
    }

    /// The one connection. Processes of other users are not spoken with; who comes after the first finds no socket.
    pub async fn accept(self) -> io::Result<UnixStream> {
        let me = rustix::process::geteuid().as_raw();
        loop {
            let (stream, _) = self.listener.accept().await?;
            if is_of(&stream, me) {
                return Ok(stream);
            }
        }
    }
}

impl Drop for AgentSocket {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Whether the process at the other end belongs to this user. The kernel says so; it cannot be made up.
fn is_of(stream: &UnixStream, user: u32) -> bool {
    stream.peer_cred().is_ok_and(|peer| peer.uid() == user)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_connects_and_nobody_after_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("agent");
        let socket = AgentSocket::bind(&path).unwrap();
        let first = UnixStream::connect(&path).await.unwrap();
        let _accepted = socket.accept().await.unwrap();
        assert!(!path.exists());
        assert!(UnixStream::connect(&path).await.is_err());
        drop(first);
    }

    #[tokio::test]
    async fn a_socket_that_nobody_wanted_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("agent");
        drop(AgentSocket::bind(&path).unwrap());
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn processes_of_other_users_are_known_as_such() {
        let (here, _there) = UnixStream::pair().unwrap();
        let me = rustix::process::geteuid().as_raw();
        assert!(is_of(&here, me));
        assert!(!is_of(&here, me + 1));
    }
}
