//! The writing end of a run's record.

use crate::bodies::BodyStore;
use crate::error::{OutputError, ReopenError, WriteError};
use crate::events::EventLog;
use crate::head::{self, RunHead};
use crate::stored::StoredRun;
use crate::writer::Writer;
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
        Writer::this_process(&head.who).write(&dir)?;
        head::write(&layout::head(&dir), head)?;
        files::sync_dir(&dir)?;
        files::sync_dir(runs)?;
        files::replace_link(&runs.join(layout::LATEST), &name, &name)?;
        Ok(Self { dir, events, bodies })
    }

    /// Goes on with the record in this folder, as `who`. Refused where another process does, and where a newer mcom
    /// wrote it: it may hold what this one would misread.
    ///
    /// A torn last line is cut off, and output that had no name yet is dropped.
    pub fn reopen(dir: &Path, who: &str) -> Result<Self, ReopenError> {
        let run = StoredRun::open(dir)?;
        head::check_writable(&layout::head(dir), run.format())?;
        let Some(events) = EventLog::reopen(&layout::events(dir))? else {
            return Err(ReopenError::Busy { writer: Writer::read(dir) });
        };
        let bodies = BodyStore::reopen(dir)?;
        Writer::this_process(who).write(dir)?;
        Ok(Self { dir: dir.to_owned(), events, bodies })
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

    /// Keeps a blob of the payload, which is on the disk when this returns: whoever carries the run on, or tries it
    /// again, needs nothing else.
    pub fn store_blob(&mut self, digest: &Digest, bytes: &[u8]) -> Result<(), OutputError> {
        self.bodies.put_durably(digest, bytes)
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
