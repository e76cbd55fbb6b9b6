//! The fold of a run's events: hosts, datacenters and counts. Each event costs the same whatever the number of hosts.

use crate::info::RunInfo;
use crate::state::host::{HostView, Parent, Stage};
use mcom_model::{
    Digest, EndedBy, HostEvent, HostId, Outcome, OutcomeKind, Reason, Receipt, RunClock, RunEvent, Tally, What,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How many distinct lines of `$MCOM_RESULT` are told apart.
const RESULTS: usize = 1000;

/// A run as far as its events were read.
#[derive(Clone, Debug)]
pub struct RunView {
    info: Arc<RunInfo>,
    hosts: Vec<HostView>,
    dcs: Vec<DcView>,
    /// Hosts whose payload runs, the longest first.
    running: BTreeSet<(RunClock, HostId)>,
    tally: Tally,
    results: BTreeMap<String, u64>,
    other_results: u64,
    bodies_lost: BTreeMap<Digest, Reason>,
    violations: Vec<(RunClock, HostId, Reason)>,
    now: RunClock,
    cancel_asked: Option<RunClock>,
    ended: Option<(RunClock, EndedBy)>,
}

/// One datacenter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DcView {
    /// Hosts by [`Stage`].
    stages: [u64; 5],
    /// Outcomes.
    pub tally: Tally,
    /// Parents that the coordinator linked to, in order.
    pub heads: Vec<HostId>,
    /// Candidates that could not be reached by the coordinator, in order.
    pub gave_way: Vec<HostId>,
}

impl RunView {
    /// A run of which nothing was said yet.
    pub fn new(info: Arc<RunInfo>) -> Self {
        let waiting = |hosts: usize| DcView { stages: [hosts as u64, 0, 0, 0, 0], ..DcView::default() };
        Self {
            hosts: vec![HostView::default(); info.len()],
            dcs: info.dcs().iter().map(|dc| waiting(dc.hosts.len())).collect(),
            running: BTreeSet::new(),
            tally: Tally::default(),
            results: BTreeMap::new(),
            other_results: 0,
            bodies_lost: BTreeMap::new(),
            violations: Vec::new(),
            now: RunClock::ZERO,
            cancel_asked: None,
            ended: None,
            info,
        }
    }

    /// Takes in the next event. What it says about hosts that are not of this run is ignored.
    pub fn apply(&mut self, event: &RunEvent) {
        self.now = self.now.max(event.at);
        match &event.what {
            What::Host { host, said } => self.apply_host(event.at, *host, said),
            What::Shipped { host, .. } => {
                if let Some(host) = self.hosts.get_mut(host.0 as usize) {
                    host.shipped_at = Some(event.at);
                }
            }
            What::BodyLost { digest, reason } => {
                self.bodies_lost.insert(*digest, reason.clone());
            }
            What::Violation { host, reason } => self.violations.push((event.at, *host, reason.clone())),
            What::CancelAsked { .. } => {
                self.cancel_asked.get_or_insert(event.at);
            }
            What::RunEnded { by, .. } => self.ended = Some((event.at, *by)),
            What::RunStarted(_)
            | What::Intent { .. }
            | What::BodyStored { .. }
            | What::Halted { .. }
            | What::Resumed { .. } => {}
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
        (&self.results, self.other_results)
    }

    /// Why a body is not there, where it was said to be lost.
    pub fn body_lost(&self, digest: &Digest) -> Option<&Reason> {
        self.bodies_lost.get(digest)
    }

    /// What links said and may not say.
    pub fn violations(&self) -> &[(RunClock, HostId, Reason)] {
        &self.violations
    }

    /// The time of the last event.
    pub const fn now(&self) -> RunClock {
        self.now
    }

    /// When the operator asked to cancel.
    pub const fn cancel_asked(&self) -> Option<RunClock> {
        self.cancel_asked
    }

    /// When and by what the run ended.
    pub const fn ended(&self) -> Option<(RunClock, EndedBy)> {
        self.ended
    }

    fn apply_host(&mut self, at: RunClock, id: HostId, said: &HostEvent) {
        let (Some(host), Some(dc)) = (self.hosts.get_mut(id.0 as usize), self.info.dc_of(id)) else { return };
        let dc = &mut self.dcs[dc];
        let (before, started) = (host.stage, host.started_at);
        if matches!(said, HostEvent::Ended { .. }) && before == Stage::Ended {
            return;
        }
        host.apply(at, said);
        dc.stages[before as usize] -= 1;
        dc.stages[host.stage as usize] += 1;
        match said {
            HostEvent::Started if host.stage == Stage::Running && started.is_none() => {
                self.running.insert((at, id));
            }
            HostEvent::Chosen { below: 1.. } if host.parent == Some(Parent::Coordinator) => dc.heads.push(id),
            HostEvent::GaveWay { .. } if host.parent.is_none_or(|parent| parent == Parent::Coordinator) => {
                dc.gave_way.push(id);
            }
            HostEvent::Ended { outcome, receipt } => {
                dc.tally.add(outcome.kind());
                if let Some(started) = started {
                    self.running.remove(&(started, id));
                }
                self.count(outcome, receipt.as_deref());
            }
            _ => {}
        }
    }

    fn count(&mut self, outcome: &Outcome, receipt: Option<&Receipt>) {
        self.tally.add(outcome.kind());
        let Some(result) = receipt.and_then(|receipt| receipt.result.as_deref()) else { return };
        if let Some(count) = self.results.get_mut(result) {
            *count += 1;
        } else if self.results.len() < RESULTS {
            self.results.insert(result.to_owned(), 1);
        } else {
            self.other_results += 1;
        }
    }
}

impl DcView {
    /// How many of its hosts are at a stage.
    pub const fn at_stage(&self, stage: Stage) -> u64 {
        self.stages[stage as usize]
    }

    /// How many hosts it has.
    pub fn len(&self) -> u64 {
        self.stages.iter().sum()
    }

    /// Whether it has no hosts.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many hosts ended so.
    pub const fn count(&self, kind: OutcomeKind) -> u64 {
        self.tally.count(kind)
    }
}
