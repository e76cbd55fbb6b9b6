//! One session of a connection before a node speaks on it, and what its end without a node means.

use crate::bootstrap::answer::command_was_reached;
use crate::link::LastWords;
use crate::ssh::{Connection, RemoteCommand};
use mcom_engine::tree::LinkFailure;
use mcom_model::{Reason, ReasonKind};
use openssh::{ChildStdin, ChildStdout, Error};
use std::process::ExitStatus;
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use tokio::time::timeout;

/// How long and how far a host is listened to that prints something else than it should.
const LAST_TIME: Duration = Duration::from_secs(3);
const NOISE_BYTES: usize = 64 << 10;

/// A command on a host, with its streams.
pub(super) struct Session {
    pub(super) to: ChildStdin,
    pub(super) from: ChildStdout,
    pub(super) last_words: LastWords,
    pub(super) remote: RemoteCommand,
}

impl Session {
    pub(super) async fn start(connection: &Connection, command: &str) -> Result<Self, LinkFailure> {
        let mut remote = connection.command(command).await.map_err(|error| connection.session_failed(&error))?;
        let (to, from, errors) = (remote.stdin().take(), remote.stdout().take(), remote.stderr().take());
        match (to, from, errors) {
            (Some(to), Some(from), Some(errors)) => Ok(Self { to, from, last_words: LastWords::of(errors), remote }),
            _ => Err(LinkFailure::Refused(Reason::new(ReasonKind::Internal, "a session has no streams"))),
        }
    }

    /// How the command ended; none where the connection broke, or where it goes on.
    pub(super) async fn exit_status(self) -> Option<Result<ExitStatus, Error>> {
        drop((self.to, self.from));
        timeout(LAST_TIME, self.remote.wait()).await.ok()
    }

    /// The host printed something before it was the node's turn: noise of the login shell, or all that it does.
    pub(super) async fn explain_noise(self, connection: &Connection, line: String, printed: Vec<u8>) -> LinkFailure {
        let Self { to, from, remote, .. } = self;
        drop(to);
        let mut printed = printed;
        let mut from = from.take(NOISE_BYTES as u64);
        let _ = timeout(LAST_TIME, from.read_to_end(&mut printed)).await;
        if command_was_reached(&printed) {
            return LinkFailure::Refused(Reason::new(
                ReasonKind::LoginShellNoise,
                format!("the login shell printed: {line}"),
            ));
        }
        drop(from);
        match timeout(LAST_TIME, remote.wait()).await {
            Ok(Ok(status)) => {
                let text = format!("the login shell ran nothing ({}) and printed: {line}", in_words(status));
                LinkFailure::Refused(Reason::new(ReasonKind::NoShell, text))
            }
            Ok(Err(_)) => connection.lost(&line),
            Err(_) => {
                let text = format!("the login shell printed: {line}");
                LinkFailure::Refused(Reason::new(ReasonKind::LoginShellNoise, text))
            }
        }
    }

    /// The command ended and nothing was printed.
    pub(super) async fn explain_silence(self, connection: &Connection) -> LinkFailure {
        let last_words = self.last_words.clone();
        match self.exit_status().await {
            Some(Ok(status)) if status.code() == Some(126) => cannot_execute(&last_words.text()),
            Some(Err(Error::Remote(_))) => cannot_execute(&last_words.text()),
            Some(Ok(status)) => {
                let said = last_words.text();
                let text = format!("the login shell ran nothing ({}) {said}", in_words(status));
                LinkFailure::Refused(Reason::new(ReasonKind::NoShell, text.trim_end()))
            }
            Some(Err(_)) | None => connection.lost(&last_words.text()),
        }
    }
}

/// The shell was there, and what it was to run could not be executed.
fn cannot_execute(said: &str) -> LinkFailure {
    let kind = if said.contains("ermission denied") { ReasonKind::SpoolNoexec } else { ReasonKind::NodeDigestMismatch };
    LinkFailure::Refused(Reason::new(kind, format!("the node there cannot be executed: {said}")))
}

fn in_words(status: ExitStatus) -> String {
    status.code().map_or_else(|| "ended by a signal".to_owned(), |code| format!("exit code {code}"))
}
