//! The claim of an attempt: made whole under another name, held by a flock that is handed on, ended by a word.

use crate::spool::attempt::{CLAIM, PRIVATE, json_line};
use crate::spool::{AttemptFolder, AttemptSpec, ClaimRecord, Folder, History, Spool, SpoolError};
use bytes::Bytes;
use mcom_model::RunSpec;
use rustix::fs::{FlockOperation, Mode};
use rustix::io::Errno;
use std::fs::File;
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};

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
    /// Claims an attempt: of several that try at once, one gets the folder, and it gets it once for ever. Nobody sees
    /// the claim before it is whole and its flock is held, which whoever starts the attempt hands on. The blobs are
    /// those of [`mcom_model::Payload::blobs`], checked by the caller.
    pub fn claim(spool: &Spool, spec: &AttemptSpec, blobs: &[Bytes], now_ms: u64) -> Result<(Self, Claim), SpoolError> {
        let name = Self::name_of(&spec.run, spec.run.attempt);
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
    pub fn claim_void(spool: &Spool, run: &RunSpec, attempt: u32, now_ms: u64) -> Result<Self, SpoolError> {
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
