//! The invariants of architecture.md, checked while a run goes on: each looks at what a step changed, and everything
//! is looked at once more at the end.

mod invariants;
mod limits;
mod logins;
mod names;

pub(crate) use names::counted_as;

use crate::scenario::Scenario;
use logins::Logins;
use mcom_model::{
    Credentials, Digest, HostEvent, HostId, HostRanges, Outcome, OutcomeKind, RecordedRun, RunClock, RunEvent, Stream,
    What,
};
use std::collections::BTreeSet;
use std::fmt;

/// What has been seen so far, as far as an invariant needs it.
pub(crate) struct Check {
    pub(crate) now: u64,
    pub(crate) broken: Option<Broken>,
    seed: u64,
    hosts: Vec<Seen>,
    /// With whose credentials each is to be reached by its parent.
    credentials: Vec<Credentials>,
    pub(crate) logins: Logins,
    /// Payloads running in each datacenter, below places from which the coordinator hears.
    running: Vec<u32>,
    /// Hosts of each datacenter that are recorded as ok: they earned room for others.
    earned: Vec<u32>,
    /// Bytes of output on the way, in the whole tree.
    output: u64,
    /// What hosts may send unasked.
    credit: u64,
    started: u64,
    ended: bool,
    /// When the operator cancelled.
    cancelled: Option<u64>,
    /// It was recorded that nothing new starts.
    stopped: bool,
    max_fail: Option<u64>,
    /// When the run's deadline has come everywhere, for the way of the word.
    deadline: Option<RunClock>,
    /// Bodies that are stored, or recorded as lost.
    bodies: BTreeSet<Digest>,
    /// Hosts that a coordinator that carries on has to ask.
    open: Option<HostRanges>,
    dcs: Vec<u32>,
    grace_ms: u64,
    /// It carries on what another one began.
    resumed: bool,
    /// The coordinator stood still for a while, or its clock jumped.
    pub(crate) held_up: bool,
}

/// One host, as the record has it.
#[derive(Clone, Default)]
struct Seen {
    outcome: Option<Outcome>,
    intended: bool,
    stored: [u64; 2],
    allowed: [u64; 2],
    /// When it was last said that it was claimed, has started, runs on or has ended.
    at_work: Option<u64>,
    /// It was said that it goes by transit.
    transit: bool,
}

/// An invariant that did not hold.
#[derive(Debug)]
pub struct Broken {
    /// Which.
    pub invariant: &'static str,
    /// What was seen.
    pub text: String,
    /// The seed that shows it.
    pub seed: u64,
    /// The number of hosts that belongs to it.
    pub hosts: usize,
    /// When, in microseconds.
    pub at: u64,
    /// What had happened up to then; empty unless it was asked for.
    pub story: String,
    /// The inputs of the coordinators, as lines; empty unless it was asked for.
    pub trace: String,
}

impl std::error::Error for Broken {}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { invariant, text, seed, hosts, at, .. } = self;
        let (seconds, micros) = (at / 1_000_000, at % 1_000_000);
        write!(
            f,
            "seed {seed} at +{seconds}.{micros:06}s: {invariant}: {text}; \
             replay with: cargo run -p mcom-sim -- --seed {seed} --hosts {hosts} --story"
        )
    }
}

impl Check {
    pub(crate) fn new(scenario: &Scenario) -> Self {
        let dcs = scenario.plan.datacenters.len();
        Self {
            now: 0,
            broken: None,
            seed: scenario.seed,
            hosts: vec![Seen::default(); scenario.plan.hosts.len()],
            credentials: scenario.plan.host_ids().map(|host| scenario.plan.credentials_of(host)).collect(),
            logins: Logins::default(),
            running: vec![0; dcs],
            earned: vec![0; dcs],
            output: 0,
            credit: match scenario.spec.output {
                mcom_model::OutputMode::Live => scenario.spec.limits.live_credit,
                mcom_model::OutputMode::AtEnd => 0,
            },
            started: 0,
            ended: false,
            cancelled: None,
            stopped: false,
            max_fail: scenario.spec.limits.max_fail,
            deadline: scenario.spec.limits.deadline_ms.map(|ms| RunClock::from_millis(ms + 5_000)),
            bodies: BTreeSet::new(),
            open: None,
            dcs: scenario.plan.hosts.iter().map(|host| host.dc).collect(),
            grace_ms: scenario.spec.limits.grace_ms,
            resumed: false,
            held_up: false,
        }
    }

    pub(crate) fn broke(&mut self, invariant: &'static str, text: impl FnOnce() -> String) {
        if self.broken.is_none() {
            let (seed, hosts, at) = (self.seed, self.hosts.len(), self.now);
            let (story, trace) = (String::new(), String::new());
            self.broken = Some(Broken { invariant, text: text(), seed, hosts, at, story, trace });
        }
    }

    /// Something was written into the record.
    pub(crate) fn record(&mut self, event: &RunEvent, truth: &[crate::world::host::SimHost]) {
        self.invariant_last_event_is_last(&event.what);
        if let What::Host { host, said } = &event.what
            && let HostEvent::Claimed { .. } | HostEvent::Started | HostEvent::Attached { .. } | HostEvent::Ended { .. } =
                said
        {
            self.hosts[host.0 as usize].at_work = Some(self.now);
        }
        match &event.what {
            What::Intent { hosts, .. } => self.intent(hosts, event.at),
            What::Host { host, said: HostEvent::Ended { outcome, receipt } } => {
                self.invariant_one_outcome(*host, outcome);
                self.invariant_relay_is_wanted(*host, outcome);
                self.invariant_no_ok_without_receipt(*host, outcome, receipt.as_deref(), truth);
                if matches!(outcome.kind(), OutcomeKind::Ok | OutcomeKind::Skipped) {
                    self.earned[self.dcs[host.0 as usize] as usize] += 1;
                }
            }
            What::Host { host, said: HostEvent::Transit { .. } } => self.goes_by_transit(*host),
            What::BodyStored { digest, .. } | What::BodyLost { digest, .. } => drop(self.bodies.insert(*digest)),
            What::CancelAsked { .. } => (self.cancelled, self.stopped) = (Some(self.now), true),
            What::Halted { .. } => self.stopped = true,
            What::Resumed { hosts, .. } => {
                self.ended = false;
                self.invariant_resume_keeps_outcomes(hosts);
            }
            What::RunEnded { tally, .. } => {
                self.ended = true;
                self.invariant_cancel_ends_in_time(self.grace_ms);
                let counted = OutcomeKind::ALL.iter().all(|&kind| tally.count(kind) == self.count(kind));
                if !counted {
                    self.broke("invariant_one_outcome", || "the tally is not what the record says".to_owned());
                }
            }
            _ => {}
        }
    }

    fn intent(&mut self, hosts: &HostRanges, at: RunClock) {
        for host in hosts.iter() {
            let first = !std::mem::replace(&mut self.hosts[host.0 as usize].intended, true);
            self.invariant_nothing_new_after_a_stop(host, first);
            // A coordinator that stood still may hear of a link before its clock.
            if first && !self.held_up {
                self.invariant_nothing_starts_after_the_deadline(host, at);
            }
        }
    }

    /// Hosts that ended in this way.
    fn count(&self, kind: OutcomeKind) -> u64 {
        self.hosts.iter().filter(|seen| seen.outcome.as_ref().map(Outcome::kind) == Some(kind)).count() as u64
    }

    /// There is no ledger: the run begins anew.
    pub(crate) fn forgets(&mut self) {
        self.hosts.fill(Seen::default());
        self.logins = Logins::default();
        (self.ended, self.stopped, self.cancelled, self.held_up) = (false, false, None, false);
    }

    /// A new coordinator has read the ledger: what stands there counts, and nothing else.
    pub(crate) fn resumes(&mut self, recorded: &RecordedRun, events: &[RunEvent]) {
        self.logins = Logins::default();
        for seen in &mut self.hosts {
            *seen = Seen { intended: seen.intended, ..Seen::default() };
        }
        for (seen, host) in self.hosts.iter_mut().zip(&recorded.hosts) {
            seen.transit = host.transit;
        }
        for event in events {
            if let What::Host { host, said: HostEvent::Ended { outcome, .. } } = &event.what {
                let open = recorded.hosts[host.0 as usize].outcome.is_none();
                self.hosts[host.0 as usize].outcome = Some(outcome.clone()).filter(|_| !open);
            }
        }
        let open = (0..).map(HostId).zip(&recorded.hosts).filter(|(_, host)| host.outcome.is_none());
        self.open = Some(open.map(|(id, _)| id).collect());
        (self.stopped, self.cancelled, self.held_up, self.resumed) = (false, None, false, true);
    }

    /// Whether a host has begun and has no outcome.
    pub(crate) fn is_at_work(&self, host: HostId) -> bool {
        let seen = &self.hosts[host.0 as usize];
        seen.at_work.is_some() && seen.outcome.is_none()
    }

    /// When the operator cancelled.
    pub(crate) const fn cancelled(&self) -> Option<u64> {
        self.cancelled
    }

    /// What a host may send was said with its assignment.
    pub(crate) fn allowed_again(&mut self, host: HostId, upto: [u64; 2]) {
        let allowed = &mut self.hosts[host.0 as usize].allowed;
        *allowed = [allowed[0].max(upto[0]), allowed[1].max(upto[1])];
    }

    /// A payload has started below a place from which the coordinator hears.
    pub(crate) fn started_under_the_coordinator(&mut self, dc: usize, scenario: &Scenario) {
        self.running[dc] += 1;
        self.invariant_fanout_kept(dc, scenario);
        self.invariant_global_fanout_kept(scenario);
        self.invariant_slow_start(dc, scenario);
    }

    pub(crate) fn output_sent(&mut self, bytes: u64) {
        self.output += bytes;
        self.invariant_memory_bounded();
    }

    pub(crate) fn output_taken(&mut self, bytes: u64) {
        self.output -= bytes;
    }

    pub(crate) fn output_dropped(&mut self, host: HostId, stream: Stream) {
        self.hosts[host.0 as usize].stored[stream as usize] = 0;
    }

    pub(crate) fn one_less_running(&mut self, dc: usize) {
        self.running[dc] -= 1;
    }
}
