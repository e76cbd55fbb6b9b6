//! Copies what the payload prints from its pipes to the spool: in order, up to the cap, hashed on the way.
//!
//! The payload never waits for a reader: beyond the cap, or when the disk is full, the pipes are drained and what is
//! lost is counted.

use crate::spool::{AttemptFolder, IndexLine, SpoolError};
use mcom_model::{BodyRef, DigestHasher, RunClock, Stream};
use rustix::io::Errno;
use std::fs::File;
use std::io::Write;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::time::Duration;

/// Bytes of one read: what a pipe holds.
const PIECE: usize = 64 << 10;

/// Pieces of one stream that follow each other within this time are one line of the index.
const TOGETHER: Duration = Duration::from_millis(20);

/// Bytes of the index. A payload that alternates between its streams without end gets no more lines; its output stays
/// whole.
const INDEX: u64 = 4 << 20;

/// The files that the output goes to.
pub(super) struct OutputFiles {
    out: File,
    err: File,
    index: File,
}

/// Both pipes and where their bytes go.
pub(super) struct Output {
    pipes: [Pipe; 2],
    index: Index,
    buffer: Vec<u8>,
}

struct Pipe {
    stream: Stream,
    from: Option<OwnedFd>,
    to: File,
    room: u64,
    kept: u64,
    dropped: u64,
    hasher: DigestHasher,
}

struct Index {
    file: File,
    written: u64,
    open: Option<IndexLine>,
}

impl OutputFiles {
    /// Makes them, so that a spool without room is found out before the start.
    pub(super) fn make(attempt: &AttemptFolder) -> Result<Self, SpoolError> {
        let make = |name| attempt.files().create_new(name, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR);
        Ok(Self { out: make("out")?, err: make("err")?, index: make("index")? })
    }
}

impl Output {
    /// Copies from the pipes `out` and `err`, which must not block, at most `cap` bytes of each.
    pub(super) fn new(files: OutputFiles, out: OwnedFd, err: OwnedFd, cap: u64) -> Self {
        let pipe = |stream, from, to| Pipe {
            stream,
            from: Some(from),
            to,
            room: cap,
            kept: 0,
            dropped: 0,
            hasher: DigestHasher::default(),
        };
        Self {
            pipes: [pipe(Stream::Out, out, files.out), pipe(Stream::Err, err, files.err)],
            index: Index { file: files.index, written: 0, open: None },
            buffer: vec![0; PIECE],
        }
    }

    /// The pipes that are still open, to wait on.
    pub(super) fn open(&self) -> impl Iterator<Item = (Stream, BorrowedFd<'_>)> {
        use std::os::fd::AsFd;
        self.pipes.iter().filter_map(|pipe| pipe.from.as_ref().map(|from| (pipe.stream, from.as_fd())))
    }

    /// Copies one piece of a stream that is ready. Says whether more is kept than before.
    pub(super) fn copy(&mut self, stream: Stream, now: RunClock) -> bool {
        let pipe = &mut self.pipes[stream as usize];
        let before = pipe.kept;
        pipe.copy(&mut self.buffer);
        let (offset, len) = (before, pipe.kept - before);
        if len > 0 {
            self.index.add(IndexLine { stream, offset, len, at: now.as_micros() });
        }
        len > 0
    }

    /// Copies what is in the pipes now and closes them. A process that was left behind and goes on printing does not
    /// make this longer than one pipe's length.
    pub(super) fn drain(&mut self, now: RunClock) {
        for stream in [Stream::Out, Stream::Err] {
            let from = self.pipes[stream as usize].from.as_ref();
            let mut most = from.and_then(|from| rustix::pipe::fcntl_getpipe_size(from).ok()).unwrap_or(PIECE) as u64;
            while most > 0 && self.pipes[stream as usize].from.is_some() {
                let before = self.pipes[stream as usize].seen();
                self.copy(stream, now);
                let more = self.pipes[stream as usize].seen() - before;
                if more == 0 {
                    break;
                }
                most = most.saturating_sub(more);
            }
            self.pipes[stream as usize].from = None;
        }
        self.index.flush();
    }

    /// What was kept of a stream.
    pub(super) fn body(&self, stream: Stream) -> BodyRef {
        let pipe = &self.pipes[stream as usize];
        BodyRef { digest: pipe.hasher.finish(), len: pipe.kept, dropped: pipe.dropped }
    }
}

impl Pipe {
    fn seen(&self) -> u64 {
        self.kept + self.dropped
    }

    /// Reads once and keeps what there is room for. Closes the pipe at its end.
    fn copy(&mut self, buffer: &mut [u8]) {
        let Some(from) = &self.from else { return };
        let len = match rustix::io::read(from, &mut *buffer) {
            Ok(0) => {
                self.from = None;
                return;
            }
            Ok(len) => len,
            Err(Errno::AGAIN | Errno::INTR) => return,
            Err(_) => {
                self.from = None;
                return;
            }
        };
        let wanted = len.min(usize::try_from(self.room).unwrap_or(usize::MAX));
        let kept = self.keep(&buffer[..wanted]);
        self.hasher.update(&buffer[..kept]);
        self.kept += kept as u64;
        self.room -= kept as u64;
        self.dropped += (len - kept) as u64;
        // After the first lost byte nothing more is kept: a body is a beginning, never a text with a hole.
        if kept < len {
            self.room = 0;
        }
    }

    /// Writes as much as the disk takes.
    fn keep(&mut self, bytes: &[u8]) -> usize {
        let mut kept = 0;
        while kept < bytes.len() {
            match self.to.write(&bytes[kept..]) {
                Ok(more @ 1..) => kept += more,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Ok(_) | Err(_) => break,
            }
        }
        kept
    }
}

impl Index {
    fn add(&mut self, piece: IndexLine) {
        if let Some(open) = &mut self.open
            && open.stream == piece.stream
            && RunClock::from_micros(piece.at).since(RunClock::from_micros(open.at)) < TOGETHER
        {
            open.len += piece.len;
            return;
        }
        self.flush();
        self.open = Some(piece);
    }

    /// Writes the open line. An index that cannot be written is shorter than it might be, and nothing else.
    fn flush(&mut self) {
        let Some(line) = self.open.take() else { return };
        let Ok(mut bytes) = serde_json::to_vec(&line) else { return };
        bytes.push(b'\n');
        self.written += bytes.len() as u64;
        if self.written > INDEX || self.file.write_all(&bytes).is_err() {
            self.written = INDEX;
        }
    }
}
