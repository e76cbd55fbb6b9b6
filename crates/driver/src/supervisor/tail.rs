//! What the node has read of an attempt's folder, and what it may pass on.

use crate::spool::{AttemptFolder, SpoolError};
use bytes::Bytes;
use mcom_model::{BodyRef, Stream, limits};
use std::fs::File;

/// One stream of the spool, read as far as it is allowed.
#[derive(Debug)]
pub(super) struct Tail {
    stream: Stream,
    file: Option<File>,
    sent: u64,
    upto: u64,
    /// The allowance for which it was said that there is more.
    said_for: Option<u64>,
}

impl Tail {
    /// Reads on from an offset.
    pub(super) const fn new(stream: Stream, from: u64) -> Self {
        Self { stream, file: None, sent: from, upto: from, said_for: None }
    }

    /// Goes on in the folder of another attempt: what stood in this one's was never started.
    pub(super) fn reopen(&mut self) {
        self.file = None;
    }

    /// Raises the allowance; it is never lowered.
    pub(super) fn allow(&mut self, upto: u64) {
        self.upto = self.upto.max(upto);
    }

    /// Whether anything was printed.
    pub(super) fn has_any(&mut self, attempt: &AttemptFolder) -> Result<bool, SpoolError> {
        let Some(file) = open(&mut self.file, attempt, self.stream)? else { return Ok(false) };
        let about = file.metadata().map_err(|error| attempt.files().error("out", "look at", error))?;
        Ok(about.len() > 0)
    }

    /// The next piece that is there and allowed, with the offset of its first byte.
    pub(super) fn next(&mut self, attempt: &AttemptFolder) -> Result<Option<(u64, Bytes)>, SpoolError> {
        if self.sent >= self.upto {
            return Ok(None);
        }
        let Some(file) = open(&mut self.file, attempt, self.stream)? else { return Ok(None) };
        let bytes = attempt.read_piece(file, self.stream, self.sent, self.upto)?;
        if bytes.is_empty() {
            return Ok(None);
        }
        let offset = self.sent;
        self.sent += bytes.len() as u64;
        Ok(Some((offset, bytes)))
    }

    /// The stream's length, where it is beyond the allowance and that was not said yet for this allowance.
    pub(super) fn beyond(&mut self, attempt: &AttemptFolder) -> Result<Option<u64>, SpoolError> {
        if self.said_for == Some(self.upto) {
            return Ok(None);
        }
        let Some(file) = open(&mut self.file, attempt, self.stream)? else { return Ok(None) };
        let about = file.metadata().map_err(|error| attempt.files().error("out", "look at", error))?;
        if about.len() <= self.upto {
            return Ok(None);
        }
        self.said_for = Some(self.upto);
        Ok(Some(about.len()))
    }

    /// The whole body, where it is small enough to travel with the outcome.
    pub(super) fn small(&mut self, attempt: &AttemptFolder, body: &BodyRef) -> Result<Option<Bytes>, SpoolError> {
        if body.len > limits::BODY_INLINE {
            return Ok(None);
        }
        let Some(file) = open(&mut self.file, attempt, self.stream)? else { return Ok(None) };
        Ok(Some(attempt.read_piece(file, self.stream, 0, body.len)?))
    }
}

fn open<'a>(
    file: &'a mut Option<File>,
    attempt: &AttemptFolder,
    stream: Stream,
) -> Result<Option<&'a File>, SpoolError> {
    if file.is_none() {
        *file = attempt.open_stream(stream)?;
    }
    Ok(file.as_ref())
}
