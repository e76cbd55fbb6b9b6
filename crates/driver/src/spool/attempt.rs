//! The folder of one attempt: made by the node that claims it, used by the supervisor, read by whoever asks.

use crate::spool::formats::StartedRecord;
use crate::spool::{AttemptSpec, ExitRecord, Folder, HostIdentity, Spool, SpoolError};
use bytes::Bytes;
use mcom_model::{BlobRef, Reason, RunSpec, Stream};
use rustix::fs::Mode;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Bytes reserved for the exit record before the payload starts: a reason and a result line of control bytes, each
/// written as six, fit in.
pub const EXIT_ROOM: usize = 8 << 10;

/// Bytes of a spec that are read: payload arguments and environment of one control frame.
const SPEC: u64 = 4 << 20;

/// Bytes of a claim, or of `started`, that are read: the first line, and the word of an asker.
pub(super) const CLAIM: u64 = 4 << 10;

/// The end of the name of an attempt that only looks.
const LOOK: &str = ".look";

/// The line that `started` gets when the payload was executed.
pub(crate) const EXECUTED: &[u8] = b"executed\n";

pub(super) const PRIVATE: Mode = Mode::RUSR.union(Mode::WUSR);

/// The folder of one attempt.
#[derive(Debug)]
pub struct AttemptFolder {
    pub(super) folder: Folder,
    pub(super) name: String,
}

impl AttemptFolder {
    /// `RUN.ATTEMPT`; of a payload that only looks `RUN.ATTEMPT.look`, so that it can be told from the others by its name.
    pub fn name_of(run: &RunSpec, attempt: u32) -> String {
        format!("{}.{attempt}{}", run.run, if run.looks { LOOK } else { "" })
    }

    /// Whether this is the name of an attempt that only looks.
    pub(super) fn is_look(name: &str) -> bool {
        name.ends_with(LOOK)
    }

    /// Opens the folder of an attempt that was claimed.
    pub fn open(spool: &Spool, name: &str) -> Result<Self, SpoolError> {
        Ok(Self { folder: spool.runs().enter(name)?, name: name.to_owned() })
    }

    /// As [`Self::name_of`] has it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The files.
    pub fn files(&self) -> &Folder {
        &self.folder
    }

    /// The path of one of its files.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The folder's path.
    pub fn place(&self) -> &Path {
        self.folder.path()
    }

    /// The file that has a blob of the payload.
    pub fn blob_name(spec: &AttemptSpec, blob: BlobRef) -> &'static str {
        if blob.digest == spec.run.payload.blob.digest { "payload" } else { "stdin" }
    }

    /// Reads what the supervisor has to do.
    pub fn read_spec(&self) -> Result<AttemptSpec, SpoolError> {
        let bytes = self.folder.read("spec", SPEC)?.unwrap_or_default();
        serde_json::from_slice(&bytes)
            .map_err(|error| SpoolError::Garbled { path: self.path("spec"), why: error.to_string() })
    }

    /// Whether the payload may have started.
    pub fn has_started(&self) -> Result<bool, SpoolError> {
        self.folder.has("started")
    }

    /// The payload's process, where `started` stands and can be understood.
    pub fn read_started(&self) -> Result<Option<StartedRecord>, SpoolError> {
        let bytes = self.folder.read("started", CLAIM)?;
        Ok(bytes.and_then(|bytes| serde_json::from_slice(bytes.split(|&byte| byte == b'\n').next()?).ok()))
    }

    /// Whether it is written down that the payload was executed. Where that could not be written it may have been all
    /// the same.
    pub fn was_executed(&self) -> Result<bool, SpoolError> {
        let bytes = self.folder.read("started", CLAIM)?.unwrap_or_default();
        Ok(bytes.ends_with(EXECUTED))
    }

    /// Why the attempt waits for the host's lock, or has waited, where it had to.
    pub fn read_held(&self) -> Result<Option<Reason>, SpoolError> {
        let bytes = self.folder.read("held", CLAIM)?;
        Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
    }

    /// Whether the recorded payload process is alive.
    pub fn payload_is_alive(&self, host: &HostIdentity) -> bool {
        self.read_started().is_ok_and(|started| started.is_some_and(|process| process.is_alive(host)))
    }

    /// The exit record, where it stands.
    pub fn read_exit(&self) -> Result<Option<ExitRecord>, SpoolError> {
        let Some(bytes) = self.folder.read("exit", EXIT_ROOM as u64)? else { return Ok(None) };
        serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|error| SpoolError::Garbled { path: self.path("exit"), why: error.to_string() })
    }

    /// Opens a stream for reading; none where nothing ran yet.
    pub fn open_stream(&self, stream: Stream) -> Result<Option<File>, SpoolError> {
        self.folder.open_read(stream_name(stream))
    }

    /// Reads a piece of a stream: from `offset`, at most up to `upto`, at most one data frame.
    pub fn read_piece(&self, file: &File, stream: Stream, offset: u64, upto: u64) -> Result<Bytes, SpoolError> {
        let most = upto.saturating_sub(offset).min(mcom_model::limits::DATA_FRAME as u64);
        let mut piece = vec![0; usize::try_from(most).expect("a data frame fits in memory")];
        let mut len = 0;
        while len < piece.len() {
            match file.read_at(&mut piece[len..], offset + len as u64) {
                Ok(0) => break,
                Ok(more) => len += more,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.folder.error(stream_name(stream), "read", error)),
            }
        }
        piece.truncate(len);
        Ok(piece.into())
    }
}

/// The file of a stream.
pub(crate) const fn stream_name(stream: Stream) -> &'static str {
    match stream {
        Stream::Out => "out",
        Stream::Err => "err",
    }
}

pub(super) fn json_line<T: serde::Serialize>(folder: &Folder, name: &str, value: &T) -> Result<Vec<u8>, SpoolError> {
    let mut line = serde_json::to_vec(value).map_err(|error| folder.error(name, "write", error))?;
    line.push(b'\n');
    Ok(line)
}
