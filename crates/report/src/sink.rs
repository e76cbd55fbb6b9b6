//! A place to print to that may go away: the first error is remembered, and nothing is printed there any more.

use std::io::{self, Write};

/// Standard output or standard error of a run.
pub(crate) struct Sink {
    inner: Box<dyn Write + Send>,
    error: Option<io::Error>,
    /// Whether the last byte ended no line.
    begun: bool,
}

impl Sink {
    pub(crate) fn new(inner: Box<dyn Write + Send>) -> Self {
        Self { inner, error: None, begun: false }
    }

    /// Writes all of it with one call, and flushes.
    pub(crate) fn put(&mut self, bytes: &[u8]) {
        if let Some(&last) = bytes.last() {
            self.with(|inner| inner.write_all(bytes));
            self.begun = last != b'\n';
        }
    }

    /// Whether what was put here ended in the middle of a line.
    pub(crate) const fn is_in_line(&self) -> bool {
        self.begun
    }

    /// Lets something long be written, buffered.
    pub(crate) fn with_buffer(&mut self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) {
        self.with(|inner| {
            let mut buffer = io::BufWriter::with_capacity(64 << 10, inner);
            write(&mut buffer)?;
            buffer.flush()
        });
    }

    /// Whether printing here has ended.
    pub(crate) const fn is_broken(&self) -> bool {
        self.error.is_some()
    }

    /// What ended it.
    pub(crate) fn take_error(&mut self) -> Option<io::Error> {
        self.error.take()
    }

    fn with(&mut self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) {
        if self.error.is_none() {
            let written = write(&mut self.inner).and_then(|()| self.inner.flush());
            self.error = written.err();
        }
    }
}
