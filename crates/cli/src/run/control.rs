//! The way from another process of this machine to the one that carries a run out: a socket in the run's folder, which
//! only its owner may enter. One JSON line each way.

use crate::error::plain;
use crate::run::identity::who;
use mcom_driver::run::Control;
use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use std::fs::{File, Permissions};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc::Sender;

/// The socket's name in the folder of a run.
const NAME: &str = "control";

/// For one question and its answer.
const TIME: Duration = Duration::from_secs(5);

/// Bytes of a question.
const LINE: u64 = 4 << 10;

/// Characters of a name that are kept.
const WHO: usize = 200;

/// What can be asked for.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "kebab-case")]
enum Question {
    /// End the run.
    Cancel {
        /// Who asks, as `user@host`.
        who: String,
    },
}

/// What is answered.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Reply {
    /// Whether it was passed on to the run.
    heard: bool,
}

/// The socket of a run that goes on; removed with this value.
#[derive(Debug)]
pub(super) struct ControlSocket {
    /// Keeps the folder's way open: a socket's own path may hold no more than 107 bytes.
    _folder: File,
    path: PathBuf,
    listener: UnixListener,
}

impl ControlSocket {
    /// Listens in the folder of a run that this process has to itself.
    pub(super) fn bind(run: &Path) -> io::Result<Self> {
        let (folder, path) = short_path(run)?;
        // One that is there belonged to a process that is gone.
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(&path)?;
        std::fs::set_permissions(&path, Permissions::from_mode(0o600))?;
        Ok(Self { _folder: folder, path, listener })
    }

    /// Passes on what is asked. Never returns.
    pub(super) async fn pass_on(&self, words: Sender<Control>) -> Infallible {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    // Who does not ask in time, or goes away, is not answered.
                    let _ = tokio::time::timeout(TIME, answer(stream, &words)).await;
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
        // What is left behind is removed by the next one who carries the run on.
        let _ = std::fs::remove_file(&self.path);
    }
}

async fn answer(stream: UnixStream, words: &Sender<Control>) -> io::Result<()> {
    let mut stream = tokio::io::BufReader::new(stream);
    let mut line = Vec::new();
    (&mut stream).take(LINE).read_until(b'\n', &mut line).await?;
    let Question::Cancel { who } = serde_json::from_slice(&line)?;
    let by = Some(who.chars().take(WHO).collect());
    let heard = words.send(Control::Cancel { by }).await.is_ok();
    stream.get_mut().write_all(&line_of(&Reply { heard })?).await
}

/// Asks the process that carries a run out to cancel it.
pub fn ask_to_cancel(run: &Path) -> Result<(), String> {
    match ask(run, &Question::Cancel { who: who() }) {
        Ok(Reply { heard: true }) => Ok(()),
        Ok(Reply { heard: false }) => Err("it is ending".to_owned()),
        Err(error) => Err(format!("it does not answer: {}", plain(&error))),
    }
}

fn ask(run: &Path, question: &Question) -> io::Result<Reply> {
    let (_folder, path) = short_path(run)?;
    let mut stream = std::os::unix::net::UnixStream::connect(path)?;
    stream.set_read_timeout(Some(TIME))?;
    stream.write_all(&line_of(question)?)?;
    let mut line = Vec::new();
    BufReader::new(stream).read_until(b'\n', &mut line)?;
    Ok(serde_json::from_slice(&line)?)
}

fn short_path(run: &Path) -> io::Result<(File, PathBuf)> {
    let folder = File::open(run)?;
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
    use tokio::sync::mpsc::channel;

    #[tokio::test]
    async fn a_cancel_comes_with_who_asked_for_it() {
        let place = tempfile::tempdir().unwrap();
        let run = place.path().join("a-long-name".repeat(15));
        std::fs::create_dir(&run).unwrap();
        std::fs::write(run.join(NAME), "left behind").unwrap();
        let socket = ControlSocket::bind(&run).unwrap();
        let (words, mut heard) = channel(1);
        let asking = {
            let run = run.clone();
            tokio::task::spawn_blocking(move || ask_to_cancel(&run))
        };
        let asked = tokio::select! {
            asked = asking => asked.unwrap(),
            never = socket.pass_on(words) => match never {},
        };
        assert_eq!(asked, Ok(()));
        assert_eq!(heard.recv().await, Some(Control::Cancel { by: Some(who()) }));
        drop(socket);
        assert!(!run.join(NAME).exists());
        assert!(ask_to_cancel(&run).is_err());
    }

    #[tokio::test]
    async fn nonsense_is_not_passed_on() {
        let run = tempfile::tempdir().unwrap();
        let socket = ControlSocket::bind(run.path()).unwrap();
        let (words, mut heard) = channel(1);
        let path = run.path().join(NAME);
        let asking = tokio::task::spawn_blocking(move || {
            let mut stream = std::os::unix::net::UnixStream::connect(path).unwrap();
            stream.write_all(b"{\"ask\":\"reboot\"}\n").unwrap();
            let mut line = String::new();
            BufReader::new(stream).read_line(&mut line).unwrap();
            line
        });
        let said = tokio::select! {
            said = asking => said.unwrap(),
            never = socket.pass_on(words) => match never {},
        };
        assert_eq!(said, "");
        assert!(heard.try_recv().is_err());
    }
}
