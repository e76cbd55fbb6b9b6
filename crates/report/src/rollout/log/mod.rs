//! The nested log of a rollout: its stages, what was asked and found in its place in time, and below each run the run's
//! own nested log.

mod branches;

use super::options::Carrier;
use crate::bodies::Bodies;
use crate::nested::LogOptions;
use crate::state::RunView;
use mcom_rollout::{RolloutEvent, RolloutSpec};
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

/// Writes the nested log of a rollout. The options are those of every run in it; hosts that are chosen by id are those
/// of a run, so they choose nothing here.
pub fn nested_rollout_log(log: RolloutLog<'_>, options: &LogOptions, out: &mut dyn Write) -> io::Result<()> {
    let options = &LogOptions { hosts: None, ..options.clone() };
    branches::write(log, options, out)
}
