//! The nested log of a rollout: its stages, what was asked and found in its place in time, and below each run the run's
//! own nested log.

mod branches;

use super::options::Carrier;
use crate::bodies::Bodies;
use crate::nested::LogOptions;
use crate::state::RunView;
use mcom_model::HostId;
use mcom_rollout::{RolloutEvent, RolloutSpec};
use std::collections::BTreeSet;
use std::io::{self, Write};

/// A rollout with its runs, as they are recorded.
#[derive(Clone, Copy)]
pub struct RolloutLog<'a> {
    /// What was fixed before it began.
    pub spec: &'a RolloutSpec,
    /// Everything that happened.
    pub events: &'a [RolloutEvent],
    /// Its runs, as far as they have a record.
    pub runs: &'a [RolloutRun<'a>],
    /// The process that carries it on.
    pub carried_by: Option<&'a Carrier>,
    /// Only these hosts of its runs, by name.
    pub hosts: Option<&'a BTreeSet<String>>,
}

/// One run of a rollout.
#[derive(Clone, Copy)]
pub struct RolloutRun<'a> {
    /// How far it is.
    pub view: &'a RunView,
    /// What its hosts printed.
    pub bodies: &'a dyn Bodies,
    /// Whether a coordinator carries it out now.
    pub running: bool,
}

/// Writes the nested log of a rollout. The options are those of every run in it, but for hosts: their ids are another
/// run's.
pub fn nested_rollout_log(log: RolloutLog<'_>, options: &LogOptions, out: &mut dyn Write) -> io::Result<()> {
    branches::write(log, options, out)
}

impl RolloutLog<'_> {
    /// The ids that a run gave the hosts that are chosen.
    fn hosts_of(&self, view: &RunView) -> Option<BTreeSet<HostId>> {
        let names = self.hosts?;
        let info = view.info();
        Some(info.host_ids().filter(|&id| names.contains(info.name(id))).collect())
    }
}
