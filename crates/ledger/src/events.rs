//! The event log: one JSON object a line, append only.

use crate::error::{ReadError, WriteError};
use crate::files;
use mcom_model::RunEvent;
use rustix::fs::FlockOperation;
use rustix::io::Errno;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The writing end. Holds a lock for as long as it lives, which tells readers that the record is being written.
pub(crate) struct EventLog {
    path: PathBuf,
    file: File,
    /// Bytes of whole lines.
    good: u64,
    /// Whether bytes of a line that could not be finished may stand behind the whole ones.
    torn: bool,
    line: Vec<u8>,
}

impl EventLog {
    pub(crate) fn create(path: &Path) -> Result<Self, WriteError> {
        let file = files::create_file(path).map_err(WriteError::at(path))?;
        rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive)
            .map_err(|errno| WriteError { path: path.to_owned(), source: errno.into() })?;
        Ok(Self::over(path, file))
    }

    /// Goes on behind the last whole line; what is torn behind it is cut off. None where another process writes it.
    pub(crate) fn reopen(path: &Path) -> Result<Option<Self>, WriteError> {
        let at = |error| WriteError::at(path)(error);
        let mut file = File::options().read(true).append(true).open(path).map_err(at)?;
        if !lock_beside_readers(&file).map_err(at)? {
            return Ok(None);
        }
        let good = whole_lines(&mut file).map_err(at)?;
        let mut log = Self { good, torn: true, ..Self::over(path, file) };
        log.mend().map_err(at)?;
        Ok(Some(log))
    }

    fn over(path: &Path, file: File) -> Self {
        Self { path: path.to_owned(), file, good: 0, torn: false, line: Vec::new() }
    }

    /// Appends one event; on the disk before this returns where it is `durable`.
    pub(crate) fn append(&mut self, event: &impl Serialize, durable: bool) -> Result<(), WriteError> {
        self.mend().map_err(WriteError::at(&self.path))?;
        self.line.clear();
        serde_json::to_writer(&mut self.line, event).map_err(|e| WriteError::at(&self.path)(e.into()))?;
        self.line.push(b'\n');
        if let Err(error) = self.file.write_all(&self.line) {
            self.torn = true;
            // What is torn now is mended before the next line at the latest; readers skip a torn last line.
            let _ = self.mend();
            return Err(WriteError::at(&self.path)(error));
        }
        self.good += self.line.len() as u64;
        if durable { self.sync() } else { Ok(()) }
    }

    pub(crate) fn sync(&self) -> Result<(), WriteError> {
        self.file.sync_data().map_err(WriteError::at(&self.path))
    }

    /// Cuts off what a failed write left behind, so that no torn line stands in the middle.
    fn mend(&mut self) -> std::io::Result<()> {
        if self.torn {
            self.file.set_len(self.good)?;
            self.torn = false;
        }
        Ok(())
    }
}

/// How often a lock is tried that only readers hold, who hold it for as long as it takes to look whether they may.
const READERS: u32 = 200;

/// Takes the writer's lock; whether it was free. A reader that looks whether it is (see [`is_being_written`]) shares it
/// for a moment, and is no writer.
fn lock_beside_readers(file: &File) -> std::io::Result<bool> {
    for _ in 0..READERS {
        match rustix::fs::flock(file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(true),
            Err(Errno::WOULDBLOCK) => {}
            Err(errno) => return Err(errno.into()),
        }
        match rustix::fs::flock(file, FlockOperation::NonBlockingLockShared) {
            Ok(()) => rustix::fs::flock(file, FlockOperation::Unlock)?,
            Err(Errno::WOULDBLOCK) => return Ok(false),
            Err(errno) => return Err(errno.into()),
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    Ok(false)
}

/// Bytes of all whole lines.
fn whole_lines(file: &mut File) -> std::io::Result<u64> {
    const PIECE: u64 = 64 << 10;
    let mut end = file.seek(SeekFrom::End(0))?;
    let mut piece = Vec::new();
    while end > 0 {
        let start = end.saturating_sub(PIECE);
        file.seek(SeekFrom::Start(start))?;
        piece.clear();
        (&*file).take(end - start).read_to_end(&mut piece)?;
        if let Some(at) = piece.iter().rposition(|&byte| byte == b'\n') {
            return Ok(start + at as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}

/// Whether a process writes this event log now.
pub(crate) fn is_being_written(path: &Path) -> Result<bool, ReadError> {
    let file = File::open(path).map_err(ReadError::at(path))?;
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockShared) {
        Ok(()) => Ok(false),
        Err(Errno::WOULDBLOCK) => Ok(true),
        Err(errno) => Err(ReadError::at(path)(errno.into())),
    }
}

/// The last whole line, where it is shorter than `limit`.
pub(crate) fn last_line(path: &Path, limit: u64) -> Result<Option<Vec<u8>>, ReadError> {
    let read = || {
        let mut file = File::open(path)?;
        let len = file.seek(SeekFrom::End(0))?;
        file.seek(SeekFrom::Start(len.saturating_sub(limit)))?;
        let mut tail = Vec::new();
        file.take(limit).read_to_end(&mut tail)?;
        Ok((tail, len > limit))
    };
    let (tail, is_cut) = read().map_err(ReadError::at(path))?;
    let whole = tail.iter().rposition(|&b| b == b'\n').map_or(&tail[..0], |end| &tail[..end]);
    Ok(match whole.iter().rposition(|&b| b == b'\n') {
        Some(start) => Some(whole[start + 1..].to_vec()),
        None if is_cut || whole.is_empty() => None,
        None => Some(whole.to_vec()),
    })
}

/// The events of a record, in order, read as they are asked for: those of a run, or another record's `E`.
///
/// A torn last line ends the events; [`Events::torn`] says so. Lines of kinds that a newer minor version added are
/// skipped and counted. While the record is being written, there may be more where the events had ended: see
/// [`Events::look_again`].
pub struct Events<E = RunEvent> {
    path: PathBuf,
    file: BufReader<File>,
    line: Vec<u8>,
    number: u64,
    /// Bytes of the whole lines that were read.
    whole: u64,
    lenient: bool,
    skipped: u64,
    torn: bool,
    kind: PhantomData<fn() -> E>,
}

impl<E> Events<E> {
    pub(crate) fn open(path: PathBuf, lenient: bool) -> Result<Self, ReadError> {
        let file = BufReader::new(File::open(&path).map_err(ReadError::at(&path))?);
        let (line, kind) = (Vec::new(), PhantomData);
        Ok(Self { path, file, line, number: 0, whole: 0, lenient, skipped: 0, torn: false, kind })
    }

    /// Whether the log ended in a torn line.
    pub const fn torn(&self) -> bool {
        self.torn
    }

    /// How many lines of a newer minor version were skipped.
    pub const fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Looks behind the last whole line again: what was torn may have been finished, or cut off and written anew.
    pub fn look_again(&mut self) -> Result<(), ReadError> {
        self.torn = false;
        self.file.seek(SeekFrom::Start(self.whole)).map_err(ReadError::at(&self.path))?;
        Ok(())
    }

    /// Reads the next whole line into `self.line`; whether there was one.
    fn read_line(&mut self) -> Result<bool, ReadError> {
        self.line.clear();
        self.file.read_until(b'\n', &mut self.line).map_err(ReadError::at(&self.path))?;
        let whole = self.line.last() == Some(&b'\n');
        if whole {
            self.number += 1;
            self.whole += self.line.len() as u64;
        } else {
            self.torn |= !self.line.is_empty();
        }
        Ok(whole)
    }
}

impl<E: DeserializeOwned> Iterator for Events<E> {
    type Item = Result<E, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.read_line() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => return Some(Err(error)),
            }
            match serde_json::from_slice(&self.line) {
                Ok(event) => return Some(Ok(event)),
                Err(error) if self.lenient && error.is_data() => self.skipped += 1,
                Err(source) => {
                    return Some(Err(ReadError::Event { path: self.path.clone(), line: self.number, source }));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mcom_model::{RunClock, What};
    use std::fs::OpenOptions;

    fn event(at: u64) -> RunEvent {
        RunEvent { at: RunClock::from_millis(at), what: What::CancelAsked { by: None } }
    }

    #[test]
    fn a_full_disk_is_named_with_its_mend() {
        let full = OpenOptions::new().append(true).open("/dev/full").unwrap();
        let mut log = EventLog::over(Path::new("/dev/full"), full);
        let error = log.append(&event(1), false).unwrap_err();
        assert!(error.is_full());
        let text = error.to_string();
        assert!(text.contains("the disk is full: make room there, or set XDG_STATE_HOME"), "{text}");
    }

    #[test]
    fn what_a_failed_write_left_is_cut_off_before_the_next_line() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("events.ndjson");
        let mut log = EventLog::create(&path).unwrap();
        log.append(&event(1), false).unwrap();
        log.file.write_all(b"{\"at\":2,\"eve").unwrap();
        log.torn = true;
        log.append(&event(3), true).unwrap();
        let read: Vec<RunEvent> = Events::open(path, false).unwrap().map(Result::unwrap).collect();
        assert_eq!(read, [event(1), event(3)]);
    }

    #[test]
    fn the_last_line_is_found_from_the_end() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let last = |text: &str, limit| {
            std::fs::write(&path, text).unwrap();
            last_line(&path, limit).unwrap().map(|line| String::from_utf8(line).unwrap())
        };
        assert_eq!(last("", 100), None);
        assert_eq!(last("torn", 100), None);
        assert_eq!(last("one\n", 100).as_deref(), Some("one"));
        assert_eq!(last("one\ntwo\n", 100).as_deref(), Some("two"));
        assert_eq!(last("one\ntwo\nto", 100).as_deref(), Some("two"));
        assert_eq!(last("one\ntwo\n", 6).as_deref(), Some("two"));
        assert_eq!(last("a line longer than the limit\n", 6), None);
    }
}
