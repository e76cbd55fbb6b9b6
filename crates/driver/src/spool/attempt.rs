//! The folder of one attempt: made by the node that claims it, used by the supervisor, read by whoever asks.

use crate::spool::formats::StartedRecord;
use crate::spool::{AttemptSpec, ClaimRecord, ExitRecord, Folder, History, HostIdentity, Spool, SpoolError};
use bytes::Bytes;
use mcom_model::{BlobRef, RunSpec, Stream};
use rustix::fs::{FlockOperation, Mode};
use rustix::io::Errno;
use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Bytes reserved for the exit record before the payload starts: a reason and a result line of control bytes, each
/// written as six, fit in.
pub const EXIT_ROOM: usize = 8 << 10;

/// Bytes of a spec that are read: payload arguments and environment of one control frame.
const SPEC: u64 = 4 << 20;

/// Bytes of a claim that are read: the first line, and the word of an asker.
const CLAIM: u64 = 4 << 10;

const PRIVATE: Mode = Mode::RUSR.union(Mode::WUSR);

/// The folder of one attempt.
#[derive(Debug)]
pub struct AttemptFolder {
    folder: Folder,
    name: String,
}

/// The flock on a claim, held until it is dropped. Its holder may conclude that the attempt did not start.
#[derive(Debug)]
pub struct Claim {
    file: File,
}

impl AttemptFolder {
    /// `RUN.ATTEMPT`.
    pub fn name_of(run: &RunSpec) -> String {
        format!("{}.{}", run.run, run.attempt)
    }

    /// Claims an attempt: of several that try at once, one gets the folder, and it gets it once for ever.
    pub fn claim(spool: &Spool, run: &RunSpec, now_ms: u64) -> Result<Self, SpoolError> {
        let name = Self::name_of(run);
        if !spool.runs().make(&name)? || History::has_begun(spool.root(), &name)? {
            return Err(SpoolError::AlreadyClaimed { attempt: name });
        }
        let folder = spool.runs().enter(&name)?;
        let record = ClaimRecord { boot: spool.host().boot.clone(), claimed_ms: now_ms };
        folder.write_new("claim", PRIVATE, &json_line(&folder, "claim", &record)?)?;
        Ok(Self { folder, name })
    }

    /// Puts what the supervisor needs into a folder that was just claimed. The blobs are those of
    /// [`mcom_model::Payload::blobs`], checked by the caller.
    pub fn fill(&self, spec: &AttemptSpec, blobs: &[Bytes]) -> Result<(), SpoolError> {
        self.folder.write_new("spec", PRIVATE, &json_line(&self.folder, "spec", spec)?)?;
        let names = spec.run.payload.blobs().zip(["payload", "stdin"]);
        for ((_, name), bytes) in names.zip(blobs) {
            self.folder.write_new(name, if name == "payload" { Mode::RWXU } else { PRIVATE }, bytes)?;
        }
        self.folder.make_fifo("bell")?;
        self.folder.make_fifo("ctl")
    }

    /// Opens the folder of an attempt that was claimed.
    pub fn open(spool: &Spool, name: &str) -> Result<Self, SpoolError> {
        Ok(Self { folder: spool.runs().enter(name)?, name: name.to_owned() })
    }

    /// `RUN.ATTEMPT`.
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

    /// Takes the flock on the claim, waiting for who has it: an asker, for a moment.
    pub fn lock_claim(&self) -> Result<Claim, SpoolError> {
        let file = self.folder.append("claim")?;
        loop {
            match rustix::fs::flock(&file, FlockOperation::LockExclusive) {
                Ok(()) => return Ok(Claim { file }),
                Err(Errno::INTR) => {}
                Err(error) => return Err(self.folder.error("claim", "lock", error)),
            }
        }
    }

    /// Takes the flock on the claim, unless a supervisor has it.
    pub fn try_lock_claim(&self) -> Result<Option<Claim>, SpoolError> {
        let file = self.folder.append("claim")?;
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(Claim { file })),
            Err(Errno::WOULDBLOCK) => Ok(None),
            Err(error) => Err(self.folder.error("claim", "lock", error)),
        }
    }

    /// The boot id at the claim, where it can be read.
    pub fn claim_boot(&self) -> Result<Option<String>, SpoolError> {
        let text = self.folder.read("claim", CLAIM)?.unwrap_or_default();
        let first = text.split(|&byte| byte == b'\n').next().unwrap_or_default();
        Ok(serde_json::from_slice::<ClaimRecord>(first).ok().map(|claim| claim.boot))
    }

    /// Whether an asker has ended the attempt before its start.
    pub fn is_void(&self) -> Result<bool, SpoolError> {
        let text = self.folder.read("claim", CLAIM)?.unwrap_or_default();
        Ok(text.split(|&byte| byte == b'\n').any(|line| line == b"void"))
    }

    /// Whether the payload may have started.
    pub fn has_started(&self) -> Result<bool, SpoolError> {
        self.folder.has("started")
    }

    /// The payload's process, where `started` stands and can be understood.
    pub fn read_started(&self) -> Result<Option<StartedRecord>, SpoolError> {
        let bytes = self.folder.read("started", CLAIM)?;
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

impl Claim {
    /// Ends the attempt: a supervisor that takes the claim after this never starts the payload.
    pub fn void(&mut self) -> std::io::Result<()> {
        self.file.write_all(b"void\n")
    }
}

/// The file of a stream.
pub(crate) const fn stream_name(stream: Stream) -> &'static str {
    match stream {
        Stream::Out => "out",
        Stream::Err => "err",
    }
}

fn json_line<T: serde::Serialize>(folder: &Folder, name: &str, value: &T) -> Result<Vec<u8>, SpoolError> {
    let mut line = serde_json::to_vec(value).map_err(|error| folder.error(name, "write", error))?;
    line.push(b'\n');
    Ok(line)
}
