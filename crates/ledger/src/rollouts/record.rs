//! The writing end of a rollout's record.

use crate::bodies::is_whole;
use crate::error::{OutputError, ReopenError, WriteError};
use crate::events::EventLog;
use crate::head;
use crate::rollouts::{RolloutHead, StoredRollout};
use crate::writer::Writer;
use crate::{files, layout};
use mcom_model::Digest;
use mcom_rollout::RolloutEvent;
use std::path::{Path, PathBuf};

/// A rollout that is being carried on. While it lives, no other process carries it on, and readers see that one does.
pub struct RolloutRecord {
    dir: PathBuf,
    events: EventLog,
}

impl RolloutRecord {
    /// Makes the record of a new rollout below `rollouts` (see [`rollouts_dir`](crate::rollouts_dir)).
    ///
    /// When this returns, the head is on the disk. The rollout has begun when its first event is: what it runs is to be
    /// stored before that.
    pub fn create(rollouts: &Path, head: &RolloutHead) -> Result<Self, WriteError> {
        let spec = &head.spec;
        let dir = rollouts.join(layout::dir_name(spec.started_ms, &spec.id));
        files::create_dir(&dir)?;
        let events = EventLog::create(&layout::events(&dir))?;
        files::create_dir(&layout::blobs(&dir))?;
        Writer::this_process(&spec.who).write(&dir)?;
        head::write(&layout::rollout_head(&dir), head)?;
        files::sync_dir(&dir)?;
        files::sync_dir(rollouts)?;
        Ok(Self { dir, events })
    }

    /// Goes on with the record in this folder, as `who`; a torn last line is cut off. Refused where another process
    /// does, and where a newer mcom wrote it: it may hold what this one would misread.
    pub fn reopen(dir: &Path, who: &str) -> Result<Self, ReopenError> {
        let rollout = StoredRollout::open(dir)?;
        head::check_writable(&layout::rollout_head(dir), rollout.format())?;
        let Some(events) = EventLog::reopen(&layout::events(dir))? else {
            return Err(ReopenError::Busy { writer: Writer::read(dir) });
        };
        Writer::this_process(who).write(dir)?;
        Ok(Self { dir: dir.to_owned(), events })
    }

    /// The folder of this rollout.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The reading end.
    pub fn reader(&self) -> StoredRollout {
        StoredRollout::current(self.dir.clone())
    }

    /// Records an event, which is on the disk when this returns.
    pub fn append(&mut self, event: &RolloutEvent) -> Result<(), WriteError> {
        self.events.append(event, true)
    }

    /// Keeps what the rollout runs, on the disk when this returns: whoever carries it on needs nothing else.
    pub fn store_blob(&mut self, digest: &Digest, bytes: &[u8]) -> Result<(), OutputError> {
        let (got, len) = (Digest::of(bytes), bytes.len() as u64);
        if got != *digest {
            return Err(OutputError::Mismatch { digest: *digest, len, got, got_len: len });
        }
        let blobs = layout::blobs(&self.dir);
        let path = layout::body(&blobs, digest);
        if !is_whole(&path, len) {
            let temp = path.with_extension("tmp");
            // What a writer that died here left behind.
            let _ = std::fs::remove_file(&temp);
            files::write_whole(&path, &temp, |file| file.write_all(bytes))?;
            files::sync_dir(&blobs)?;
        }
        Ok(())
    }
}
