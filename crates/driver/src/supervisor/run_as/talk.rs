//! What sudo or doas say, and the shell behind them, before frames are spoken.

use crate::supervisor::run_as::refusal::asks;
use bytes::{Buf as _, BytesMut};
use mcom_wire::Secret;
use std::io;
use std::process::Stdio;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};

/// Bytes that are kept of what is printed.
const KEPT: usize = 4 << 10;

/// A tool that was started, and whatever it has become.
pub(super) struct Talk {
    /// Held, so that nobody else is waited for in its place.
    pub(super) child: Child,
    /// None once nothing more is to be said.
    pub(super) to: Option<ChildStdin>,
    pub(super) from: ChildStdout,
    pub(super) errors: ChildStderr,
    /// What was printed on standard output and not taken yet.
    pub(super) heard: BytesMut,
    /// The end of what was printed on standard error, without the questions.
    said: Vec<u8>,
    errors_over: bool,
    /// The answer to the one question that is answered.
    password: Option<Secret>,
}

/// What came.
#[derive(Debug)]
pub(super) enum Heard {
    /// A line.
    Line(String),
    /// A frame begins: its length has a zero first.
    Frame,
    /// Nothing more will come.
    End,
}

impl Talk {
    /// Starts the tool. A password is said once, where it is asked for.
    pub(super) fn start(mut command: Command, password: Option<Secret>) -> io::Result<Self> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let streams = child.stdin.take().zip(child.stdout.take()).zip(child.stderr.take());
        let ((to, from), errors) = streams.ok_or(io::ErrorKind::BrokenPipe)?;
        let (heard, said) = (BytesMut::new(), Vec::new());
        Ok(Self { child, to: Some(to), from, errors, heard, said, errors_over: false, password })
    }

    /// What comes next.
    pub(super) async fn next(&mut self) -> Heard {
        let mut piece = [0; 1024];
        loop {
            if self.heard.first() == Some(&0) {
                return Heard::Frame;
            }
            if let Some(end) = self.heard.iter().position(|&byte| byte == b'\n') {
                let line = String::from_utf8_lossy(&self.heard[..end]).trim_end().to_owned();
                self.heard.advance(end + 1);
                return Heard::Line(line);
            }
            tokio::select! {
                biased;
                read = self.errors.read(&mut piece), if !self.errors_over => match read {
                    Ok(read @ 1..) => self.listen(&piece[..read]).await,
                    _ => self.errors_over = true,
                },
                read = self.from.read_buf(&mut self.heard) => {
                    if !matches!(read, Ok(1..)) || self.heard.len() > KEPT {
                        return Heard::End;
                    }
                }
            }
        }
    }

    /// Says something. Who does not listen any more has said why, or is about to.
    pub(super) async fn say(&mut self, bytes: &[u8]) {
        if let Some(to) = &mut self.to
            && to.write_all(bytes).await.is_err()
        {
            self.to = None;
        }
    }

    /// Everything on standard error, once standard output has ended.
    pub(super) async fn last_words(&mut self) -> String {
        self.to = None;
        let mut piece = [0; 1024];
        while let Ok(read @ 1..) = self.errors.read(&mut piece).await {
            self.listen(&piece[..read]).await;
        }
        self.said()
    }

    /// What was printed on standard error so far.
    pub(super) fn said(&self) -> String {
        String::from_utf8_lossy(&self.said).into_owned()
    }

    /// Takes what was printed on standard error. The first question is answered; a second one means that the answer
    /// was wrong, and is not answered, so that no account is locked.
    async fn listen(&mut self, bytes: &[u8]) {
        self.said.extend_from_slice(bytes);
        let surplus = self.said.len().saturating_sub(KEPT);
        self.said.drain(..surplus);
        if !asks(&self.said()) {
            return;
        }
        let line = self.said.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
        self.said.truncate(line);
        match self.password.take() {
            Some(password) => {
                self.say(password.reveal()).await;
                self.say(b"\n").await;
            }
            None => self.to = None,
        }
    }
}
