//! The reading end of a run's record: of a run that has ended, was interrupted, or is still being written.

use crate::bodies::is_whole;
use crate::body::Body;
use crate::error::ReadError;
use crate::events::{self, Events};
use crate::head::{self, FormatVersion, RunHead};
use crate::layout;
use crate::recorded::Record;
use crate::summary::{HeadSummary, RunStatus, RunSummary};
use crate::writer::Writer;
use mcom_model::{BlobRef, Digest, RecordedRun};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// The record of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRun {
    dir: PathBuf,
    format: FormatVersion,
}

impl StoredRun {
    /// Opens the record in this folder; one of a newer major version is refused.
    pub fn open(dir: impl Into<PathBuf>) -> Result<Self, ReadError> {
        let dir = dir.into();
        let format = head::version(&layout::head(&dir), no_run)?;
        Ok(Self { dir, format })
    }

    /// The record that this process is writing.
    pub(crate) const fn current(dir: PathBuf) -> Self {
        Self { dir, format: FormatVersion::CURRENT }
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The whole head, the plan included.
    pub fn head(&self) -> Result<RunHead, ReadError> {
        head::read(&layout::head(&self.dir), no_run)
    }

    /// What a listing says: of the head and the last event only.
    pub fn summary(&self) -> Result<RunSummary, ReadError> {
        let head: HeadSummary = head::read(&layout::head(&self.dir), no_run)?;
        Ok(RunSummary::new(self.dir.clone(), head, self.status()?))
    }

    /// Whether the run has ended, is running, or was interrupted.
    pub fn status(&self) -> Result<RunStatus, ReadError> {
        let path = layout::events(&self.dir);
        // Asked in this order, a run that ends in between is never called interrupted.
        let is_being_written = events::is_being_written(&path)?;
        let last = events::last_line(&path, RunStatus::LAST_LINE)?;
        Ok(RunStatus::of(last.as_deref(), is_being_written))
    }

    /// The format of the record.
    pub(crate) const fn format(&self) -> FormatVersion {
        self.format
    }

    /// Who carries the run on now; none where nobody does.
    pub fn writer(&self) -> Result<Option<Writer>, ReadError> {
        let is_being_written = events::is_being_written(&layout::events(&self.dir))?;
        Ok(is_being_written.then(|| Writer::read(&self.dir)))
    }

    /// What a new coordinator needs to carry the run on; none where the run had not begun.
    pub fn recorded(&self) -> Result<Option<RecordedRun>, ReadError> {
        let head: HeadSummary = head::read(&layout::head(&self.dir), no_run)?;
        let mut record = Record::of(head.hosts());
        for event in self.events()? {
            record.apply(&event?);
        }
        let bodies = layout::bodies(&self.dir);
        Ok(record.finish(|digest, len| is_whole(&layout::body(&bodies, digest), len)))
    }

    /// A blob of the payload.
    pub fn blob(&self, blob: &BlobRef) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.body(&blob.digest)?.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Every event, in order.
    pub fn events(&self) -> Result<Events, ReadError> {
        Events::open(layout::events(&self.dir), self.format > FormatVersion::CURRENT)
    }

    /// The file of events as it stands, for readers that want the bytes.
    pub fn events_path(&self) -> PathBuf {
        layout::events(&self.dir)
    }

    /// A body, to be read in pieces: it may be long.
    pub fn body(&self, digest: &Digest) -> io::Result<Body> {
        Body::open(&layout::body(&layout::bodies(&self.dir), digest), digest)
    }
}

fn no_run(path: PathBuf) -> ReadError {
    ReadError::NoRun { path }
}
