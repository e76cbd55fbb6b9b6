//! The writing end of a run's record.

use crate::bodies::BodyStore;
use crate::error::{OutputError, WriteError};
use crate::events::EventLog;
use crate::head::RunHead;
use crate::stored::StoredRun;
use crate::{files, layout};
use mcom_model::{Digest, HostId, RunEvent, Stream};
use std::path::{Path, PathBuf};

/// A run that is being recorded. While it lives, readers see the run as running.
pub struct Ledger {
    dir: PathBuf,
    events: EventLog,
    bodies: BodyStore,
}

impl Ledger {
    /// Makes the record of a new run below `runs` (see [`runs_dir`](crate::runs_dir)) and points `latest` to it.
    ///
    /// When this returns, the head is on the disk.
    pub fn create(runs: &Path, head: &RunHead) -> Result<Self, WriteError> {
        let name = layout::dir_name(head.started_ms, &head.run);
        let dir = runs.join(&name);
        files::create_dir(&dir)?;
        let events = EventLog::create(&layout::events(&dir))?;
        let bodies = BodyStore::create(&dir)?;
        let path = layout::head(&dir);
        files::write_whole(&path, &path.with_extension("tmp"), |mut file| {
            serde_json::to_writer(&mut file, head)?;
            file.write_all(b"\n")
        })?;
        files::sync_dir(&dir)?;
        files::sync_dir(runs)?;
        files::replace_link(&runs.join(layout::LATEST), &name, &name)?;
        Ok(Self { dir, events, bodies })
    }

    /// The folder of this run.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The reading end, for views that want what is stored already.
    pub fn reader(&self) -> StoredRun {
        StoredRun::current(self.dir.clone())
    }

    /// Records an event; on the disk before this returns where it is `durable`.
    pub fn append(&mut self, event: &RunEvent, durable: bool) -> Result<(), WriteError> {
        self.events.append(event, durable)
    }

    /// Keeps a piece of a host's output. The pieces of one stream come in order, without gaps.
    pub fn store_output(&mut self, host: HostId, stream: Stream, offset: u64, bytes: &[u8]) -> Result<(), OutputError> {
        self.bodies.add(host, stream, offset, bytes)
    }

    /// Checks that what was kept of a host's output is this body, and gives it its name. Where it is not, it is
    /// dropped.
    pub fn finish_output(
        &mut self,
        host: HostId,
        stream: Stream,
        digest: &Digest,
        len: u64,
    ) -> Result<(), OutputError> {
        self.bodies.finish(host, stream, digest, len)
    }

    /// Keeps a whole small body.
    pub fn store_body(&mut self, digest: &Digest, bytes: &[u8]) -> Result<(), OutputError> {
        self.bodies.put(digest, bytes)
    }

    /// Drops what is kept of a host's output without a name.
    pub fn drop_output(&mut self, host: HostId, stream: Stream) {
        self.bodies.drop_part(host, stream);
    }

    /// Puts every event on the disk and ends the record.
    pub fn finish(mut self) -> Result<(), WriteError> {
        self.bodies.close();
        self.events.sync()
    }
}
