//! What a listing says about a run, from its head and its last event alone.

use crate::head::RunOfRollout;
use mcom_model::{EndedBy, RunEvent, RunId, Tally, What};
use serde::Deserialize;
use std::path::PathBuf;
use std::time::Duration;

/// One run of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunSummary {
    /// Its folder.
    pub dir: PathBuf,
    /// The run.
    pub run: RunId,
    /// Who ran it.
    pub who: String,
    /// Wall-clock start in milliseconds since 1970, UTC.
    pub started_ms: u64,
    /// Number of hosts.
    pub hosts: u64,
    /// What people call the payload.
    pub payload: String,
    /// Why it was run.
    pub reason: Option<String>,
    /// The command line, argument by argument.
    pub command: Vec<String>,
    /// The run whose hosts are tried again here.
    pub retry_of: Option<RunId>,
    /// The rollout that it is a part of.
    pub rollout: Option<RunOfRollout>,
    /// Where it stands.
    pub status: RunStatus,
}

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunStatus {
    /// A coordinator carries it out now.
    Running,
    /// Its coordinator is gone, and the run has not ended.
    Interrupted,
    /// It has ended.
    Ended(RunEnd),
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunEnd {
    /// Counts of outcomes.
    pub tally: Tally,
    /// What ended it.
    pub by: EndedBy,
    /// How long it took.
    pub took: Duration,
}

/// The head without the plan.
#[derive(Deserialize)]
pub(crate) struct HeadSummary {
    run: RunId,
    who: String,
    started_ms: u64,
    command: Vec<String>,
    #[serde(default)]
    retry_of: Option<RunId>,
    #[serde(default)]
    rollout: Option<RunOfRollout>,
    hosts: u64,
    spec: SpecSummary,
}

impl HeadSummary {
    pub(crate) const fn hosts(&self) -> u64 {
        self.hosts
    }
}

#[derive(Deserialize)]
struct SpecSummary {
    #[serde(default)]
    reason: Option<String>,
    payload: PayloadSummary,
}

#[derive(Deserialize)]
struct PayloadSummary {
    name: String,
}

impl RunSummary {
    pub(crate) fn new(dir: PathBuf, head: HeadSummary, status: RunStatus) -> Self {
        Self {
            dir,
            run: head.run,
            who: head.who,
            started_ms: head.started_ms,
            hosts: head.hosts,
            payload: head.spec.payload.name,
            reason: head.spec.reason,
            command: head.command,
            retry_of: head.retry_of,
            rollout: head.rollout,
            status,
        }
    }
}

impl RunStatus {
    /// The last event of a finished run is shorter than this.
    pub(crate) const LAST_LINE: u64 = 4096;

    pub(crate) fn of(last_line: Option<&[u8]>, is_being_written: bool) -> Self {
        let last = last_line.and_then(|line| serde_json::from_slice::<RunEvent>(line).ok());
        match last {
            Some(RunEvent { at, what: What::RunEnded { tally, by } }) => {
                Self::Ended(RunEnd { tally, by, took: at.elapsed() })
            }
            _ if is_being_written => Self::Running,
            _ => Self::Interrupted,
        }
    }
}
