//! Which hosts are told whole: they have ended, and what they printed is stored or lost.

use mcom_model::{Digest, HostEvent, HostId, Outcome, Receipt, RunEvent, Stream, What};
use std::collections::{BTreeMap, BTreeSet};

/// Follows the events of a run.
#[derive(Debug, Default)]
pub(crate) struct Ready {
    /// Bodies that are stored or lost.
    settled: BTreeSet<Digest>,
    /// Hosts that wait for a body.
    by_body: BTreeMap<Digest, Vec<HostId>>,
    /// How many bodies a host waits for.
    waiting: BTreeMap<HostId, usize>,
}

impl Ready {
    /// Hosts that are told whole with this event.
    pub(crate) fn event(&mut self, event: &RunEvent) -> Vec<HostId> {
        match &event.what {
            What::Host { host, said: HostEvent::Ended { receipt, .. } } => self.ended(*host, receipt.as_deref()),
            What::BodyStored { digest, .. } | What::BodyLost { digest, .. } => self.settle(digest),
            What::Resumed { hosts, .. } => {
                self.forget(&hosts.iter().collect());
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    /// Hosts that ended and wait for a body of which nothing was said. Asked when there are no more events.
    pub(crate) fn rest(&mut self) -> Vec<HostId> {
        self.by_body.clear();
        std::mem::take(&mut self.waiting).into_keys().collect()
    }

    fn ended(&mut self, host: HostId, receipt: Option<&Receipt>) -> Vec<HostId> {
        let bodies = receipt.map(|receipt| [Stream::Out, Stream::Err].map(|stream| *receipt.body(stream)));
        let bodies = bodies.iter().flatten().filter(|body| body.len > 0 && !self.settled.contains(&body.digest));
        let open: BTreeSet<Digest> = bodies.map(|body| body.digest).collect();
        if open.is_empty() {
            return vec![host];
        }
        self.waiting.insert(host, open.len());
        for digest in open {
            self.by_body.entry(digest).or_default().push(host);
        }
        Vec::new()
    }

    /// What these hosts ended with holds no more.
    fn forget(&mut self, hosts: &BTreeSet<HostId>) {
        self.waiting.retain(|host, _| !hosts.contains(host));
        self.by_body.values_mut().for_each(|waiting| waiting.retain(|host| !hosts.contains(host)));
    }

    fn settle(&mut self, digest: &Digest) -> Vec<HostId> {
        self.settled.insert(*digest);
        let hosts = self.by_body.remove(digest).unwrap_or_default();
        let mut ready = Vec::new();
        for host in hosts {
            let Some(left) = self.waiting.get_mut(&host) else { continue };
            *left -= 1;
            if *left == 0 {
                self.waiting.remove(&host);
                ready.push(host);
            }
        }
        ready
    }
}

/// The outcome of an event that ends a host.
pub(crate) const fn ended(event: &RunEvent) -> Option<(HostId, &Outcome)> {
    match &event.what {
        What::Host { host, said: HostEvent::Ended { outcome, .. } } => Some((*host, outcome)),
        _ => None,
    }
}
