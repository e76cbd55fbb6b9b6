//! The way from another process of this machine to the one that carries something out: a socket in the folder of its
//! record, which only its owner may enter. One JSON line each way.

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::cell::Cell;
use std::convert::Infallible;
use std::fs::{File, Permissions};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};

/// The socket's name in the folder.
const NAME: &str = "control";

/// For one question and its answer.
const TIME: Duration = Duration::from_secs(5);

/// Bytes of a question, or of an answer.
const LINE: u64 = 16 << 10;

/// A socket that is listened at; removed with this value.
#[derive(Debug)]
pub struct ControlSocket {
    /// Keeps the folder's way open: a socket's own path may hold no more than 107 bytes.
    _folder: File,
    path: PathBuf,
    listener: UnixListener,
    /// Whether somebody has asked and is not answered yet.
    answering: Cell<bool>,
}

impl ControlSocket {
    /// Listens in the folder of a record that this process has to itself, inside of an event loop.
    pub fn bind(record: &Path) -> io::Result<Self> {
        let (folder, path) = short_path(record)?;
        // One that is there belonged to a process that is gone.
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(&path)?;
        std::fs::set_permissions(&path, Permissions::from_mode(0o600))?;
        Ok(Self { _folder: folder, path, listener, answering: Cell::new(false) })
    }

    /// Whether somebody has asked and is not answered yet: whoever leaves goes on answering until then.
    pub fn is_answering(&self) -> bool {
        self.answering.get()
    }

    /// Answers every question, one after another. Never returns.
    pub async fn answer<Q: DeserializeOwned, A: Serialize>(&self, mut answer: impl AsyncFnMut(Q) -> A) -> Infallible {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    self.answering.set(true);
                    // Who does not ask in time, or goes away, is not answered.
                    let _ = tokio::time::timeout(TIME, one(stream, &mut answer)).await;
                    self.answering.set(false);
                }
                // No room for another open file, for example: it passes.
                Err(error) => {
                    tracing::debug!(%error, "the control socket");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        // What is left behind is removed by the next one who listens there.
        let _ = std::fs::remove_file(&self.path);
    }
}

async fn one<Q: DeserializeOwned, A: Serialize>(
    stream: UnixStream,
    answer: &mut impl AsyncFnMut(Q) -> A,
) -> io::Result<()> {
    let mut stream = tokio::io::BufReader::new(stream);
    let mut line = Vec::new();
    (&mut stream).take(LINE).read_until(b'\n', &mut line).await?;
    let answer = answer(serde_json::from_slice(&line)?).await;
    stream.get_mut().write_all(&line_of(&answer)?).await
}

/// Asks the process that listens in this folder.
pub fn ask<A: DeserializeOwned>(record: &Path, question: &impl Serialize) -> io::Result<A> {
    let (_folder, path) = short_path(record)?;
    let mut stream = std::os::unix::net::UnixStream::connect(path)?;
    stream.set_read_timeout(Some(TIME))?;
    stream.write_all(&line_of(question)?)?;
    let mut line = Vec::new();
    BufReader::new(stream).read_until(b'\n', &mut line)?;
    Ok(serde_json::from_slice(&line)?)
}

fn short_path(record: &Path) -> io::Result<(File, PathBuf)> {
    let folder = File::open(record)?;
    let path = PathBuf::from(format!("/proc/self/fd/{}/{NAME}", folder.as_raw_fd()));
    Ok((folder, path))
}

fn line_of<T: Serialize>(value: &T) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_question_is_answered_and_nonsense_is_not() {
        let place = tempfile::tempdir().unwrap();
        let record = place.path().join("a-long-name".repeat(15));
        std::fs::create_dir(&record).unwrap();
        std::fs::write(record.join(NAME), "left behind").unwrap();
        let socket = ControlSocket::bind(&record).unwrap();
        let asking = |question: serde_json::Value| {
            let record = record.clone();
            tokio::task::spawn_blocking(move || ask::<u64>(&record, &question))
        };
        let asked = async { (asking(7.into()).await.unwrap(), asking("reboot".into()).await.unwrap()) };
        let (seven, nonsense) = tokio::select! {
            asked = asked => asked,
            never = socket.answer(async |number: u64| number + 1) => match never {},
        };
        assert_eq!(seven.unwrap(), 8);
        assert!(nonsense.is_err());
        drop(socket);
        assert!(!record.join(NAME).exists());
        assert!(ask::<u64>(&record, &7).is_err());
    }
}
