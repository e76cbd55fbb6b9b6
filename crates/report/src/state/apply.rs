//! Taking in events. Each costs the same whatever the number of hosts, but for a lost parent, which costs its
//! datacenter, and a resumed run.

use crate::state::host::{HostView, Parent, Stage};
use crate::state::results::Results;
use crate::state::term::TermEnd;
use crate::state::turn::Turn;
use crate::state::view::RunView;
use mcom_model::{
    EndedBy, HostEvent, HostId, HostRanges, Outcome, OutcomeKind, Reason, Receipt, RunClock, RunEvent, Tally, Verdict,
    What,
};
use std::collections::{BTreeMap, BTreeSet};

impl RunView {
    /// Takes in the next event. What it says about hosts that are not of this run is ignored, and so is a second end
    /// of a host.
    pub fn apply(&mut self, event: &RunEvent) {
        self.accept(event);
    }

    /// Takes in the next event. The answer is whether it counts.
    pub fn accept(&mut self, event: &RunEvent) -> bool {
        let before = self.now;
        self.now = self.now.max(event.at);
        match &event.what {
            What::Host { host, said } => return self.apply_host(event.at, *host, said),
            What::Shipped { host, .. } => {
                if let Some(host) = self.hosts.get_mut(host.0 as usize) {
                    host.shipped_at.get_or_insert(event.at);
                }
            }
            What::Intent { hosts, via } => self.put_below(hosts, *via),
            What::BodyStored { digest, .. } => {
                self.bodies_lost.remove(digest);
            }
            What::BodyLost { digest, reason } => {
                self.bodies_lost.insert(*digest, reason.clone());
            }
            What::Asked { host, by, verdict: Verdict::Refused { reason }, .. } => {
                self.refusals.push((event.at, *by, *host, reason.clone()));
            }
            What::Violation { host, reason } => self.violations.push((event.at, *host, reason.clone())),
            What::Halted { by, reason } => {
                let bad = self.bad();
                self.turns.push((event.at, Turn::Halted { by: *by, reason: reason.clone(), bad }));
            }
            What::CancelAsked { by } => self.turns.push((event.at, Turn::CancelAsked { by: by.clone() })),
            What::Resumed { who, hosts, .. } => self.resume(before, event.at, who, hosts),
            What::RunEnded { by, .. } => self.ended = Some((event.at, *by)),
            What::RunStarted(_) | What::Asked { .. } => {}
        }
        true
    }

    fn apply_host(&mut self, at: RunClock, id: HostId, said: &HostEvent) -> bool {
        let (Some(host), Some(dc)) = (self.host(id), self.info.dc_of(id)) else { return false };
        if matches!(said, HostEvent::Ended { .. }) && host.stage == Stage::Ended {
            return false;
        }
        if let HostEvent::ParentLost { reason } | HostEvent::LinkLost { reason } = said {
            self.lose_parent(at, dc, id, reason);
        }
        self.change(dc, id, |host| host.apply(at, said));
        let by = self.hosts[id.0 as usize].parent;
        let view = &mut self.dcs[dc];
        match said {
            HostEvent::Chosen { below: below @ 1.. } => {
                view.parents.begin(at, id, by.unwrap_or(Parent::Coordinator), *below);
            }
            HostEvent::GaveWay { .. } if by.is_none_or(|by| by == Parent::Coordinator) => view.gave_way.push(id),
            HostEvent::Ended { outcome, receipt } => {
                view.tally.add(outcome.kind());
                self.count(outcome, receipt.as_deref());
            }
            _ => {}
        }
        true
    }

    /// Changes a host, and the counts with it.
    fn change(&mut self, dc: usize, id: HostId, change: impl FnOnce(&mut HostView)) {
        let host = &mut self.hosts[id.0 as usize];
        let (stage, since, transit) = (host.stage, host.running_since, host.transit.is_some());
        change(host);
        let view = &mut self.dcs[dc];
        view.stages[stage as usize] -= 1;
        view.stages[host.stage as usize] += 1;
        view.by_transit += u64::from(host.transit.is_some());
        view.by_transit -= u64::from(transit);
        if since != host.running_since {
            since.map(|since| self.running.remove(&(since, id)));
            host.running_since.map(|since| self.running.insert((since, id)));
        }
    }

    fn count(&mut self, outcome: &Outcome, receipt: Option<&Receipt>) {
        self.tally.add(outcome.kind());
        if let Some(result) = receipt.and_then(|receipt| receipt.result.as_deref()) {
            self.results.add(result);
        }
    }

    fn put_below(&mut self, hosts: &HostRanges, via: HostId) {
        // A damaged record may name any number of hosts.
        for id in hosts.iter().take(self.info.len()) {
            if let Some(host) = self.hosts.get_mut(id.0 as usize) {
                host.head = Some(via);
            }
        }
    }

    /// Where the link to a parent is lost, the way to every host below it is gone too.
    fn lose_parent(&mut self, at: RunClock, dc: usize, parent: HostId, reason: &Reason) {
        if !self.dcs[dc].parents.is_parent(parent) {
            return;
        }
        let links = self.links(dc);
        let below = below(&links, parent);
        for &inner in &below {
            if self.dcs[dc].parents.is_parent(inner) {
                let open = self.open(inner, &self::below(&links, inner));
                self.dcs[dc].parents.end(at, inner, TermEnd::LostAbove, open);
            }
        }
        let open = self.open(parent, &below);
        self.dcs[dc].parents.end(at, parent, TermEnd::Lost(reason.clone()), open);
        below.into_iter().for_each(|id| self.change(dc, id, HostView::unlink));
    }

    /// How many of a parent and the hosts below it have no outcome.
    fn open(&self, parent: HostId, below: &[HostId]) -> u64 {
        let is_open = |id: &HostId| self.hosts[id.0 as usize].stage != Stage::Ended;
        below.iter().copied().chain([parent]).filter(is_open).count() as u64
    }

    /// The hosts below each: by the links between them, and below children of the coordinator those too that were put
    /// there and are not linked yet.
    fn links(&self, dc: usize) -> BTreeMap<HostId, Vec<HostId>> {
        let mut links: BTreeMap<HostId, Vec<HostId>> = BTreeMap::new();
        for &id in &self.info.dcs()[dc].hosts {
            let host = &self.hosts[id.0 as usize];
            if let Some(Parent::Host(above)) = host.parent {
                links.entry(above).or_default().push(id);
            }
            host.head.iter().for_each(|&head| links.entry(head).or_default().push(id));
        }
        links
    }

    /// Another coordinator carries the run on. The hosts it names have no outcome from now on, and no link that stood
    /// leads anywhere.
    fn resume(&mut self, before: RunClock, at: RunClock, who: &str, hosts: &HostRanges) {
        let named: BTreeSet<HostId> = hosts.iter().take(self.info.len()).collect();
        let end = if self.ended.is_some() { TermEnd::RunEnded } else { TermEnd::Interrupted };
        for dc in 0..self.dcs.len() {
            let is_asked = |id: &&HostId| named.contains(id) || self.hosts[id.0 as usize].stage != Stage::Ended;
            let asked: Vec<HostId> = self.info.dcs()[dc].hosts.iter().filter(is_asked).copied().collect();
            if !asked.is_empty() {
                self.dcs[dc].parents.leave(before, &end, asked.len() as u64);
            }
            asked.into_iter().for_each(|id| self.change(dc, id, HostView::withdraw));
        }
        self.recount();
        self.ended = None;
        // Whatever could start a host was announced before it was sent.
        let may_have_begun = |id: &&HostId| self.hosts.get(id.0 as usize).is_some_and(|host| host.head.is_some());
        let asked = named.iter().filter(may_have_begun).count() as u64;
        let to_start = named.len() as u64 - asked;
        self.turns.push((at, Turn::Resumed { who: who.to_owned(), asked, to_start }));
    }

    /// Hosts that count against `--max-fail`. A halt that a later coordinator says again was for those of then: some of
    /// them have no outcome now.
    fn bad(&self) -> u64 {
        use OutcomeKind::{Failed, TimedOut, Unknown, Unreachable};
        let now = [Failed, TimedOut, Unreachable, Unknown].into_iter().map(|kind| self.tally.count(kind)).sum();
        let before = self.turns.iter().filter_map(|(_, turn)| match turn {
            Turn::Halted { by: EndedBy::MaxFail, bad, .. } => Some(*bad),
            _ => None,
        });
        before.fold(now, u64::max)
    }

    /// Counts the outcomes that stand.
    fn recount(&mut self) {
        (self.tally, self.results) = (Tally::default(), Results::default());
        self.dcs.iter_mut().for_each(|dc| dc.tally = Tally::default());
        for (id, host) in self.info.host_ids().zip(&self.hosts) {
            let (Some(outcome), Some(dc)) = (&host.outcome, self.info.dc_of(id)) else { continue };
            self.tally.add(outcome.kind());
            self.dcs[dc].tally.add(outcome.kind());
            host.receipt.iter().filter_map(|receipt| receipt.result.as_deref()).for_each(|line| self.results.add(line));
        }
    }
}

/// The hosts below a parent, to any depth.
fn below(links: &BTreeMap<HostId, Vec<HostId>>, parent: HostId) -> Vec<HostId> {
    let (mut below, mut next) = (BTreeSet::new(), vec![parent]);
    while let Some(above) = next.pop() {
        if below.insert(above) {
            next.extend(links.get(&above).into_iter().flatten());
        }
    }
    below.remove(&parent);
    below.into_iter().collect()
}
