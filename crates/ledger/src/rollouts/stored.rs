//! The reading end of a rollout's record: of one that is over, waits, or is being carried on.

use crate::body::Body;
use crate::error::ReadError;
use crate::events::{self, Events};
use crate::head::{self, FormatVersion};
use crate::layout;
use crate::rollouts::RolloutHead;
use crate::rollouts::head::no_rollout;
use crate::rollouts::summary::{RolloutSummary, Short};
use crate::writer::Writer;
use mcom_model::BlobRef;
use mcom_rollout::{Happened, RolloutEvent, RolloutState};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// Bytes of a line that can say that a rollout is over: the reason in it is as long as a command line may be at most.
const LAST_LINE: u64 = 256 << 10;

/// The record of a rollout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRollout {
    dir: PathBuf,
    format: FormatVersion,
}

impl StoredRollout {
    /// Opens the record in this folder; one of a newer major version is refused.
    pub fn open(dir: impl Into<PathBuf>) -> Result<Self, ReadError> {
        let dir = dir.into();
        let format = head::version(&layout::rollout_head(&dir), no_rollout)?;
        Ok(Self { dir, format })
    }

    /// The record that this process is writing.
    pub(super) const fn current(dir: PathBuf) -> Self {
        Self { dir, format: FormatVersion::CURRENT }
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The whole head, the plan included.
    pub fn head(&self) -> Result<RolloutHead, ReadError> {
        head::read(&layout::rollout_head(&self.dir), no_rollout)
    }

    /// The format of the record.
    pub(super) const fn format(&self) -> FormatVersion {
        self.format
    }

    /// Who carries it on now; none where nobody does.
    pub fn writer(&self) -> Result<Option<Writer>, ReadError> {
        let is_being_written = events::is_being_written(&layout::events(&self.dir))?;
        Ok(is_being_written.then(|| Writer::read(&self.dir)))
    }

    /// Every event, in order.
    pub fn events(&self) -> Result<Events<RolloutEvent>, ReadError> {
        Events::open(layout::events(&self.dir), self.format > FormatVersion::CURRENT)
    }

    /// The file of events as it stands, for readers that want the bytes.
    pub fn events_path(&self) -> PathBuf {
        layout::events(&self.dir)
    }

    /// How far it is; none where it had not begun.
    pub fn state(&self) -> Result<Option<RolloutState>, ReadError> {
        self.replay(&self.short()?)
    }

    /// What a listing says.
    pub fn summary(&self) -> Result<RolloutSummary, ReadError> {
        let short = self.short()?;
        // Asked in this order, one that comes to its end in between is never called left alone.
        let writer = self.writer()?;
        let state = self.replay(&short)?;
        Ok(RolloutSummary::new(self.dir.clone(), short, writer, state))
    }

    /// Whether its last line says that it is over.
    pub(super) fn ends_over(&self) -> Result<bool, ReadError> {
        let last = events::last_line(&layout::events(&self.dir), LAST_LINE)?;
        let last = last.and_then(|line| serde_json::from_slice::<RolloutEvent>(&line).ok());
        Ok(last.is_some_and(|last| matches!(last.what, Happened::Became { state, .. } if state.is_over())))
    }

    /// What it runs, or what that reads.
    pub fn blob(&self, blob: &BlobRef) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        Body::open(&layout::body(&layout::blobs(&self.dir), &blob.digest), &blob.digest)?.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    pub(super) fn short(&self) -> Result<Short, ReadError> {
        head::read(&layout::rollout_head(&self.dir), no_rollout)
    }

    fn replay(&self, of: &Short) -> Result<Option<RolloutState>, ReadError> {
        let (hosts, stages) = (of.hosts(), of.stages());
        let mut state = None;
        let path = layout::events(&self.dir);
        for (event, line) in self.events()?.zip(1..) {
            let event = event?;
            if !event.fits(hosts, stages) {
                return Err(ReadError::Foreign { path, line });
            }
            state.get_or_insert_with(|| RolloutState::new(hosts)).apply(&event);
        }
        Ok(state)
    }
}
