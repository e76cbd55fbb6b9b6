//! A pager between long text and a terminal; standard output itself elsewhere.

use std::io::{self, BufWriter, Write};
use std::process::{Child, ChildStdin, Command, Stdio};

/// Where long text is written.
pub(super) enum Pager {
    /// A pager reads it.
    Process(Child, BufWriter<ChildStdin>),
    /// Straight to standard output.
    Direct(BufWriter<io::Stdout>),
}

impl Pager {
    /// `$PAGER`, or `less`, where a terminal reads; straight otherwise, and where there is no pager.
    pub(super) fn start(is_terminal: bool) -> Self {
        let direct = || Self::Direct(BufWriter::new(io::stdout()));
        if !is_terminal {
            return direct();
        }
        let command = std::env::var("PAGER").unwrap_or_else(|_| "less".to_owned());
        if command.is_empty() || command == "cat" {
            return direct();
        }
        let mut shell = Command::new("/bin/sh");
        // Of a less that is not told otherwise: short text stays on the screen, colours pass.
        if std::env::var_os("LESS").is_none() {
            shell.env("LESS", "FRX");
        }
        match shell.arg("-c").arg(format!("{command} || cat")).stdin(Stdio::piped()).spawn() {
            Ok(mut child) => match child.stdin.take() {
                Some(stdin) => Self::Process(child, BufWriter::new(stdin)),
                None => direct(),
            },
            Err(_) => direct(),
        }
    }

    /// Where to write.
    pub(super) fn writer(&mut self) -> &mut dyn Write {
        match self {
            Self::Process(_, stdin) => stdin,
            Self::Direct(out) => out,
        }
    }

    /// Waits until the reader has had enough.
    pub(super) fn finish(self) {
        match self {
            Self::Process(mut child, stdin) => {
                drop(stdin);
                let _ = child.wait();
            }
            Self::Direct(mut out) => {
                let _ = out.flush();
            }
        }
    }
}
