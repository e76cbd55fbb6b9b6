//! The folder of one attempt: made by the node that claims it, used by the supervisor, read by whoever asks.

use crate::spool::formats::StartedRecord;
use crate::spool::{AttemptSpec, ClaimRecord, ExitRecord, Folder, History, HostIdentity, Spool, SpoolError};
use bytes::Bytes;
use mcom_model::{BlobRef, Reason, RunId, Stream};
use rustix::fs::{FlockOperation, Mode};
use rustix::io::Errno;
use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes reserved for the exit record before the payload starts: a reason and a result line of control bytes, each
/// written as six, fit in.
pub const EXIT_ROOM: usize = 8 << 10;

/// Bytes of a spec that are read: payload arguments and environment of one control frame.
const SPEC: u64 = 4 << 20;

/// Bytes of a claim, or of `started`, that are read: the first line, and the word of an asker.
const CLAIM: u64 = 4 << 10;

/// The line that `started` gets when the payload was executed.
pub(crate) const EXECUTED: &[u8] = b"executed\n";

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

/// The word in a claim that ends the attempt before its start. No supervisor starts an attempt that has either.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Void {
    /// The next attempt of the run stands in its place, or may be claimed.
    Next,
    /// The run does not start on this host.
    Final,
}

impl Void {
    const fn line(self) -> &'static [u8] {
        match self {
            Self::Next => b"void next\n",
            Self::Final => b"void\n",
        }
    }
}

impl AttemptFolder {
    /// `RUN.ATTEMPT`.
    pub fn name_of(run: &RunId, attempt: u32) -> String {
        format!("{run}.{attempt}")
    }

    /// Claims an attempt: of several that try at once, one gets the folder, and it gets it once for ever. Nobody sees
    /// the claim before it is whole and its flock is held, which whoever starts the attempt hands on. The blobs are
    /// those of [`mcom_model::Payload::blobs`], checked by the caller.
    pub fn claim(spool: &Spool, spec: &AttemptSpec, blobs: &[Bytes], now_ms: u64) -> Result<(Self, Claim), SpoolError> {
        let name = Self::name_of(&spec.run.run, spec.run.attempt);
        Self::publish(spool, &name, now_ms, |folder, _| {
            folder.write_new("spec", PRIVATE, &json_line(folder, "spec", spec)?)?;
            for ((_, name), bytes) in spec.run.payload.blobs().zip(["payload", "stdin"]).zip(blobs) {
                folder.write_new(name, if name == "payload" { Mode::RWXU } else { PRIVATE }, bytes)?;
            }
            folder.make_fifo("bell")?;
            folder.make_fifo("ctl")
        })
    }

    /// Claims an attempt so that it is void from its first moment.
    pub fn claim_void(spool: &Spool, run: &RunId, attempt: u32, now_ms: u64) -> Result<Self, SpoolError> {
        let name = Self::name_of(run, attempt);
        let (attempt, _) = Self::publish(spool, &name, now_ms, |folder, claim| {
            claim.void(Void::Final).map_err(|error| folder.error("claim", "write", error))
        })?;
        Ok(attempt)
    }

    /// Makes the folder under a name of its own, and gives it its name when everything is in it. A folder with
    /// something in it is never replaced by that, so of several that try at once one succeeds.
    fn publish(
        spool: &Spool,
        name: &str,
        now_ms: u64,
        fill: impl FnOnce(&Folder, &mut Claim) -> Result<(), SpoolError>,
    ) -> Result<(Self, Claim), SpoolError> {
        let runs = spool.runs();
        if runs.has(name)? {
            return Err(SpoolError::AlreadyClaimed { attempt: name.to_owned() });
        }
        let (draft, folder) = draft(runs, name)?;
        let record = ClaimRecord { boot: spool.host().boot.clone(), claimed_ms: now_ms };
        let made = || -> Result<Claim, SpoolError> {
            let file = folder.write_new("claim", PRIVATE, &json_line(&folder, "claim", &record)?)?;
            rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive)
                .map_err(|error| folder.error("claim", "lock", error))?;
            let mut claim = Claim { file };
            fill(&folder, &mut claim)?;
            // As late as can be: what began and was removed since is not begun again.
            if History::has_begun(spool.root(), name)? {
                return Err(SpoolError::AlreadyClaimed { attempt: name.to_owned() });
            }
            match rustix::fs::renameat(runs, &draft, runs, name) {
                Ok(()) => Ok(claim),
                Err(Errno::EXIST | Errno::NOTEMPTY) => Err(SpoolError::AlreadyClaimed { attempt: name.to_owned() }),
                Err(error) => Err(runs.error(name, "make", error)),
            }
        };
        let claim = made().inspect_err(|_| drop(std::fs::remove_dir_all(folder.path())))?;
        Ok((Self { folder: runs.enter(name)?, name: name.to_owned() }, claim))
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

    /// Takes the flock on the claim, waiting for who has it: an asker, for a moment. Whoever was handed the claim with
    /// its flock has it already.
    pub fn lock_claim(&self, handed: Option<File>) -> Result<Claim, SpoolError> {
        let file = self.folder.append("claim")?;
        let file = handed.filter(|handed| is_same(handed, &file)).unwrap_or(file);
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

    /// Whether somebody holds the flock on the claim: who starts the attempt, or its supervisor, or for a moment an
    /// asker. Changes nothing, and wakes nobody who watches the folder for changes.
    pub fn is_claim_held(&self) -> Result<bool, SpoolError> {
        let Some(file) = self.folder.open_read("claim")? else { return Ok(false) };
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockShared) {
            Ok(()) => Ok(false),
            Err(Errno::WOULDBLOCK) => Ok(true),
            Err(error) => Err(self.folder.error("claim", "lock", error)),
        }
    }

    /// The boot id at the claim, where it can be read.
    pub fn claim_boot(&self) -> Result<Option<String>, SpoolError> {
        let text = self.folder.read("claim", CLAIM)?.unwrap_or_default();
        let first = text.split(|&byte| byte == b'\n').next().unwrap_or_default();
        Ok(serde_json::from_slice::<ClaimRecord>(first).ok().map(|claim| claim.boot))
    }

    /// The word that ended the attempt before its start, where one stands.
    pub fn void(&self) -> Result<Option<Void>, SpoolError> {
        let text = self.folder.read("claim", CLAIM)?.unwrap_or_default();
        let word = |line: &[u8]| [Void::Next, Void::Final].into_iter().find(|void| void.line() == line);
        Ok(text.split_inclusive(|&byte| byte == b'\n').find_map(word))
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

impl Claim {
    /// Ends the attempt: a supervisor that takes the claim after this never starts the payload.
    pub fn void(&mut self, word: Void) -> std::io::Result<()> {
        self.file.write_all(word.line())
    }

    /// The file, with the flock on it, for the process that carries the attempt out.
    pub fn hand_on(&self) -> std::io::Result<File> {
        self.file.try_clone()
    }
}

/// A new folder beside those of the attempts, with a name that no attempt has.
fn draft(runs: &Folder, name: &str) -> Result<(String, Folder), SpoolError> {
    static MADE: AtomicU64 = AtomicU64::new(0);
    loop {
        let draft = format!(".{name}.{}.{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        if runs.make(&draft)? {
            let folder = runs.enter(&draft)?;
            return Ok((draft, folder));
        }
    }
}

/// Whether both are the same file.
fn is_same(one: &File, other: &File) -> bool {
    let id = |file: &File| rustix::fs::fstat(file).map(|about| (about.st_dev, about.st_ino)).ok();
    id(one).is_some() && id(one) == id(other)
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
