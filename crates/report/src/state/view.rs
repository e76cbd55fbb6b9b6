//! A run as far as its events were read: hosts, datacenters, counts and turns.

use crate::info::RunInfo;
use crate::state::dc::DcView;
use crate::state::host::{HostView, Stage};
use crate::state::results::Results;
use crate::state::turn::Turn;
use mcom_model::{Digest, EndedBy, HostId, Reason, RunClock, Tally};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A run as far as its events were read.
#[derive(Clone, Debug)]
pub struct RunView {
    pub(super) info: Arc<RunInfo>,
    pub(super) hosts: Vec<HostView>,
    pub(super) dcs: Vec<DcView>,
    /// Hosts whose payload runs, the longest first.
    pub(super) running: BTreeSet<(RunClock, HostId)>,
    pub(super) tally: Tally,
    pub(super) results: Results,
    pub(super) bodies_lost: BTreeMap<Digest, Reason>,
    pub(super) violations: Vec<(RunClock, HostId, Reason)>,
    pub(super) refusals: Vec<(RunClock, HostId, HostId, Reason)>,
    pub(super) now: RunClock,
    pub(super) turns: Vec<(RunClock, Turn)>,
    pub(super) ended: Option<(RunClock, EndedBy)>,
}

impl RunView {
    /// A run of which nothing was said yet.
    pub fn new(info: Arc<RunInfo>) -> Self {
        Self {
            hosts: vec![HostView::default(); info.len()],
            dcs: info.dcs().iter().map(|dc| DcView::new(dc.hosts.len())).collect(),
            running: BTreeSet::new(),
            tally: Tally::default(),
            results: Results::default(),
            bodies_lost: BTreeMap::new(),
            violations: Vec::new(),
            refusals: Vec::new(),
            now: RunClock::ZERO,
            turns: Vec::new(),
            ended: None,
            info,
        }
    }

    /// What is fixed about the run.
    pub fn info(&self) -> &RunInfo {
        &self.info
    }

    /// What is known about a host; none for an id that is not of this run.
    pub fn host(&self, host: HostId) -> Option<&HostView> {
        self.hosts.get(host.0 as usize)
    }

    /// Every host with its id, in natural order of names.
    pub fn hosts(&self) -> impl Iterator<Item = (HostId, &HostView)> {
        self.info.host_ids().zip(&self.hosts)
    }

    /// Every datacenter, in the plan's order.
    pub fn dcs(&self) -> &[DcView] {
        &self.dcs
    }

    /// The datacenter of a host.
    pub fn dc_of(&self, host: HostId) -> Option<&DcView> {
        self.info.dc_of(host).map(|dc| &self.dcs[dc])
    }

    /// Counts of outcomes.
    pub const fn tally(&self) -> &Tally {
        &self.tally
    }

    /// How many hosts have their outcome.
    pub fn ended_hosts(&self) -> u64 {
        self.tally.total()
    }

    /// How many hosts are at a stage.
    pub fn at_stage(&self, stage: Stage) -> u64 {
        self.dcs.iter().map(|dc| dc.at_stage(stage)).sum()
    }

    /// Hosts whose payload runs, the longest first, each with its start.
    pub fn running(&self) -> impl Iterator<Item = (RunClock, HostId)> + '_ {
        self.running.iter().copied()
    }

    /// What payloads left in `$MCOM_RESULT`, with counts; the second value counts lines beyond the thousandth
    /// distinct one.
    pub const fn results(&self) -> (&BTreeMap<String, u64>, u64) {
        (&self.results.by_line, self.results.other)
    }

    /// Why a body is not there, where it was said to be lost.
    pub fn body_lost(&self, digest: &Digest) -> Option<&Reason> {
        self.bodies_lost.get(digest)
    }

    /// What links said and may not say.
    pub fn violations(&self) -> &[(RunClock, HostId, Reason)] {
        &self.violations
    }

    /// What parents asked for and were refused: when, which parent, for which child, and why.
    pub fn refusals(&self) -> &[(RunClock, HostId, HostId, Reason)] {
        &self.refusals
    }

    /// The time of the last event.
    pub const fn now(&self) -> RunClock {
        self.now
    }

    /// The turns that the run took, in order.
    pub fn turns(&self) -> &[(RunClock, Turn)] {
        &self.turns
    }

    /// What stopped the run from starting anything new, where it is stopped: since it was resumed for the last time.
    pub fn halted(&self) -> Option<&Turn> {
        let now = self.turns.iter().rev().map(|(_, turn)| turn);
        let now = now.take_while(|turn| !matches!(turn, Turn::Resumed { .. }));
        now.filter(|turn| matches!(turn, Turn::Halted { .. })).last()
    }

    /// When the operator asked to cancel. A run that was cancelled stays so, whoever carries it on.
    pub fn cancel_asked(&self) -> Option<RunClock> {
        let asked = self.turns.iter().find(|(_, turn)| matches!(turn, Turn::CancelAsked { .. }));
        asked.map(|(at, _)| *at)
    }

    /// When and by what the run ended.
    pub const fn ended(&self) -> Option<(RunClock, EndedBy)> {
        self.ended
    }
}
