//! The fold of a record into what carrying the run on needs. Not: what views show of it.

use mcom_model::{
    Digest, EndedBy, HostEvent, HostId, HostRanges, Reason, RecordedHost, RecordedRun, RunClock, RunEvent, What,
};
use std::collections::BTreeMap;

/// A record as far as it was read.
pub(crate) struct Record {
    hosts: Vec<RecordedHost>,
    bodies: BTreeMap<Digest, u64>,
    at: RunClock,
    begun: bool,
    cancelled: bool,
    halted: Option<(EndedBy, Reason)>,
    ended: bool,
}

impl Record {
    /// Of a run of so many hosts.
    pub(crate) fn of(hosts: u64) -> Self {
        let hosts = vec![RecordedHost::default(); usize::try_from(hosts).unwrap_or_default()];
        let (bodies, at) = (BTreeMap::new(), RunClock::ZERO);
        Self { hosts, bodies, at, begun: false, cancelled: false, halted: None, ended: false }
    }

    pub(crate) fn apply(&mut self, event: &RunEvent) {
        self.at = self.at.max(event.at);
        self.begun = true;
        match &event.what {
            What::Intent { hosts, .. } => {
                self.named(hosts).for_each(|id| self.change(id.0, |host| host.begun = true));
            }
            What::Host { host, said: HostEvent::Ended { outcome, receipt } } => {
                let printed = receipt.as_ref().map(|receipt| [receipt.out, receipt.err]);
                self.change(host.0, |host| {
                    // The first outcome is the one: a record that was written twice is damaged.
                    if host.outcome.is_none() {
                        (host.outcome, host.printed) = (Some(outcome.kind()), printed);
                    }
                });
            }
            What::Host { host, said: HostEvent::Claimed { uid, .. } } => {
                self.change(host.0, |host| host.uid = *uid);
            }
            What::Host { host, said: HostEvent::Transit { .. } } => self.change(host.0, |host| host.transit = true),
            What::Resumed { hosts, .. } => {
                self.ended = false;
                self.named(hosts).for_each(|id| self.change(id.0, |host| (host.outcome, host.printed) = (None, None)));
            }
            What::BodyStored { digest, len } => {
                self.bodies.insert(*digest, *len);
            }
            What::Halted { by, reason } => self.halted = Some((*by, reason.clone())),
            What::CancelAsked { .. } => self.cancelled = true,
            What::RunEnded { .. } => self.ended = true,
            _ => {}
        }
    }

    /// What was recorded; none where nothing was. Of the bodies, those that `stands` finds: one may be lost to a power
    /// cut although its line is there.
    pub(crate) fn finish(self, stands: impl Fn(&Digest, u64) -> bool) -> Option<RecordedRun> {
        let Self { hosts, bodies, at, begun, cancelled, halted, ended } = self;
        let bodies =
            bodies.into_iter().filter(|(digest, len)| stands(digest, *len)).map(|(digest, _)| digest).collect();
        begun.then_some(RecordedRun { at, hosts, bodies, cancelled, halted, ended })
    }

    /// The hosts of a line: a damaged one may name four billion.
    fn named<'a>(&self, hosts: &'a HostRanges) -> impl Iterator<Item = HostId> + use<'a> {
        hosts.iter().take(self.hosts.len())
    }

    /// An id that is not of this run, which a damaged record may hold, changes nothing.
    fn change(&mut self, id: u32, change: impl FnOnce(&mut RecordedHost)) {
        if let Some(host) = self.hosts.get_mut(id as usize) {
            change(host);
        }
    }
}
