//! The invariants of architecture.md, checked while a run goes on: each looks at what a step changed, and everything
//! is looked at once more at the end.

mod invariants;
mod names;

pub(crate) use names::counted_as;

use crate::scenario::Scenario;
use mcom_model::{HostId, Outcome, OutcomeKind, RunEvent, Stream, What};
use std::fmt;

/// What has been seen so far, as far as an invariant needs it.
pub(crate) struct Check {
    pub(crate) now: u64,
    pub(crate) broken: Option<Broken>,
    seed: u64,
    hosts: Vec<Seen>,
    /// Payloads running in each datacenter, below places from which the coordinator hears.
    running: Vec<u32>,
    /// Blobs sent to the parents of each datacenter over long links, by number of the blob.
    shipped: Vec<[u32; 2]>,
    /// Bytes of output on the way, in the whole tree.
    output: u64,
    /// What hosts may send unasked.
    credit: u64,
    started: u64,
    ended: bool,
    /// When the operator cancelled.
    cancelled: Option<u64>,
    grace_ms: u64,
}

/// One host, as the record has it.
#[derive(Clone, Default)]
struct Seen {
    outcome: Option<Outcome>,
    intended: bool,
    shipped: [u32; 2],
    stored: [u64; 2],
    allowed: [u64; 2],
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
    /// When, in microseconds.
    pub at: u64,
    /// What had happened up to then; empty unless it was asked for.
    pub story: String,
}

impl std::error::Error for Broken {}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { invariant, text, seed, at, .. } = self;
        let (seconds, micros) = (at / 1_000_000, at % 1_000_000);
        write!(
            f,
            "seed {seed} at +{seconds}.{micros:06}s: {invariant}: {text}; replay with: mcom-sim --seed {seed} --story"
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
            running: vec![0; dcs],
            shipped: vec![[0; 2]; dcs],
            output: 0,
            credit: match scenario.spec.output {
                mcom_model::OutputMode::Live => scenario.spec.limits.live_credit,
                mcom_model::OutputMode::AtEnd => 0,
            },
            started: 0,
            ended: false,
            cancelled: None,
            grace_ms: scenario.spec.limits.grace_ms,
        }
    }

    pub(crate) fn broke(&mut self, invariant: &'static str, text: impl FnOnce() -> String) {
        if self.broken.is_none() {
            let (seed, at) = (self.seed, self.now);
            self.broken = Some(Broken { invariant, text: text(), seed, at, story: String::new() });
        }
    }

    /// Something was written into the record.
    pub(crate) fn record(&mut self, event: &RunEvent, truth: &[crate::world::host::SimHost]) {
        self.invariant_last_event_is_last();
        match &event.what {
            What::Intent { hosts, .. } => hosts.iter().for_each(|host| self.hosts[host.0 as usize].intended = true),
            What::Host { host, said: mcom_model::HostEvent::Ended { outcome, receipt } } => {
                self.invariant_one_outcome(*host, outcome);
                self.invariant_no_ok_without_receipt(*host, outcome, receipt.as_deref(), truth);
            }
            What::CancelAsked { .. } => self.cancelled = Some(self.now),
            What::RunEnded { tally, .. } => {
                self.ended = true;
                self.invariant_cancel_ends_in_time(self.grace_ms);
                let counted = OutcomeKind::ALL.iter().all(|&kind| {
                    let seen = self.hosts.iter().filter(|seen| seen.outcome.as_ref().map(Outcome::kind) == Some(kind));
                    tally.count(kind) == seen.count() as u64
                });
                if !counted {
                    self.broke("invariant_one_outcome", || "the tally is not what the record says".to_owned());
                }
            }
            _ => {}
        }
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
