//! The ledger of a run: what was written, what a power cut leaves of it, and what a new coordinator reads there.

use crate::rng::Rng;
use mcom_model::{HostEvent, OutcomeKind, RecordedHost, RecordedRun, RunClock, RunEvent, What};
use std::collections::BTreeSet;

/// The written events.
#[derive(Default)]
pub(crate) struct Ledger {
    events: Vec<RunEvent>,
    /// How many of them are certainly on the disk.
    flushed: usize,
    /// It cannot be written any more.
    pub(crate) full: bool,
}

impl Ledger {
    pub(crate) fn write(&mut self, event: RunEvent, durable: bool) {
        if self.full {
            return;
        }
        self.events.push(event);
        if durable {
            self.flushed = self.events.len();
        }
    }

    /// What was not flushed may be there or not, up to any event.
    pub(crate) fn power_cut(&mut self, rng: &mut Rng) {
        let left = rng.range(self.flushed as u64, self.events.len() as u64);
        self.events.truncate(usize::try_from(left).expect("it fits in memory"));
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    pub(crate) fn events(&self) -> &[RunEvent] {
        &self.events
    }

    /// What a new coordinator is told. What nobody knew, or could not reach, is open again.
    pub(crate) fn recorded(&self, hosts: usize) -> RecordedRun {
        let mut run = RecordedRun {
            at: RunClock::ZERO,
            hosts: vec![RecordedHost::default(); hosts],
            bodies: BTreeSet::new(),
            cancelled: false,
            halted: None,
            ended: false,
        };
        for event in &self.events {
            run.at = run.at.max(event.at);
            apply(&mut run, &event.what);
        }
        for host in &mut run.hosts {
            if matches!(host.outcome, Some(OutcomeKind::Unknown | OutcomeKind::Unreachable)) {
                (host.outcome, host.printed) = (None, None);
            }
        }
        run
    }
}

fn apply(run: &mut RecordedRun, what: &What) {
    match what {
        What::Intent { hosts, .. } => hosts.iter().for_each(|host| run.hosts[host.0 as usize].begun = true),
        What::Host { host, said: HostEvent::Transit { .. } } => run.hosts[host.0 as usize].transit = true,
        What::Host { host, said: HostEvent::Ended { outcome, receipt } } => {
            let host = &mut run.hosts[host.0 as usize];
            host.outcome = Some(outcome.kind());
            host.printed = receipt.as_ref().map(|receipt| [receipt.out, receipt.err]);
        }
        What::Resumed { hosts, .. } => {
            run.ended = false;
            for host in hosts.iter() {
                let host = &mut run.hosts[host.0 as usize];
                (host.outcome, host.printed) = (None, None);
            }
        }
        What::BodyStored { digest, .. } => drop(run.bodies.insert(*digest)),
        What::Halted { by, reason } => run.halted = Some((*by, reason.clone())),
        What::CancelAsked { .. } => run.cancelled = true,
        What::RunEnded { .. } => run.ended = true,
        _ => {}
    }
}
