//! A run as a model: what its ledger and the hosts' spools would keep, without the tree. Whoever carries it on finds what
//! was begun, and begins nothing twice.

use super::ground::Ground;
use crate::rollouts::scenario::{Reaching, Restart};
use mcom_model::{HostId, HostRanges, OutcomeKind};
use mcom_rollout::{HostEnd, RunOf};
use std::collections::BTreeMap;

/// Payloads that run at once.
const FANOUT: usize = 4;

/// Milliseconds until a host that cannot be reached is given up.
const CONNECT_MS: u64 = 3_000;

/// One run.
pub(crate) struct ModelRun {
    of: RunOf,
    /// Whether its payload restarts its hosts.
    restarts: bool,
    max_fail: Option<u64>,
    halted: bool,
    pub(crate) stopped: Option<String>,
    hosts: BTreeMap<HostId, At>,
}

/// How far a host is.
#[derive(Clone, Debug)]
enum At {
    Waits,
    /// It ends at this moment, in this way.
    Ends(u64, HostEnd),
    Ended(HostEnd),
}

impl ModelRun {
    pub(crate) fn new(of: RunOf, restarts: bool, hosts: &HostRanges, max_fail: Option<u64>) -> Self {
        let hosts = hosts.iter().map(|host| (host, At::Waits)).collect();
        Self { of, restarts, max_fail, halted: false, stopped: None, hosts }
    }

    /// A coordinator begins it, or carries it on: what could not be reached is tried once more.
    pub(crate) fn take_up(&mut self, halted: bool, ground: &mut Ground) {
        self.halted = halted || self.stopped.is_some();
        for at in self.hosts.values_mut() {
            if matches!(at, At::Ended(end) if end.kind == OutcomeKind::Unreachable) {
                *at = At::Waits;
            }
        }
        self.step(ground);
    }

    pub(crate) fn halt(&mut self, ground: &mut Ground) {
        self.halted = true;
        self.step(ground);
    }

    /// Somebody else ends it, and everything that runs in it.
    pub(crate) fn cancel(&mut self, ground: &mut Ground) {
        if self.ends().is_some() {
            return;
        }
        self.stopped = Some("cancelled by bob@bastion".to_owned());
        for at in self.hosts.values_mut() {
            if let At::Ends(_, end) = at {
                let begun = !matches!(end.kind, OutcomeKind::Unreachable | OutcomeKind::Refused | OutcomeKind::Skipped);
                end.kind = if begun { OutcomeKind::Killed } else { end.kind };
                *at = At::Ended(end.clone());
            }
        }
        self.halt(ground);
    }

    pub(crate) fn next_ms(&self) -> Option<u64> {
        let ends = |at: &At| if let At::Ends(at_ms, _) = at { Some(*at_ms) } else { None };
        self.hosts.values().filter_map(ends).min()
    }

    /// What ends now has ended, and what there is room for begins.
    pub(crate) fn step(&mut self, ground: &mut Ground) {
        for at in self.hosts.values_mut() {
            if let At::Ends(at_ms, end) = at
                && *at_ms <= ground.now_ms
            {
                *at = At::Ended(end.clone());
            }
        }
        let bad = self.hosts.values().filter(|at| matches!(at, At::Ended(end) if is_bad(end.kind))).count() as u64;
        self.halted |= self.max_fail.is_some_and(|limit| bad > limit);
        let waiting: Vec<HostId> =
            self.hosts.iter().filter(|(_, at)| matches!(at, At::Waits)).map(|(host, _)| *host).collect();
        for host in waiting {
            if self.halted {
                self.hosts.insert(host, At::Ended(end(host, OutcomeKind::NotRun)));
            } else if self.hosts.values().filter(|at| matches!(at, At::Ends(..))).count() < FANOUT {
                let at = self.begin(host, ground);
                self.hosts.insert(host, at);
            }
        }
    }

    fn begin(&self, host: HostId, ground: &mut Ground) -> At {
        let (now_ms, nature) = (ground.now_ms, ground.nature(host));
        if nature.reaching == Reaching::Unreachable || ground.is_down(host) {
            return At::Ends(now_ms + CONNECT_MS, end(host, OutcomeKind::Unreachable));
        }
        if nature.reaching == Reaching::Refuses {
            return At::Ends(now_ms + 100, end(host, OutcomeKind::Refused));
        }
        match self.of {
            RunOf::Stage(_) if ground.host(host).has_payload => At::Ends(now_ms + 100, end(host, OutcomeKind::Skipped)),
            RunOf::Stage(_) => self.begin_payload(host, ground),
            RunOf::Undo => {
                ground.started.push((host, self.of));
                let kind = if nature.undo_fails { OutcomeKind::Failed } else { OutcomeKind::Ok };
                At::Ends(now_ms + nature.lasts_ms, end(host, kind))
            }
        }
    }

    fn begin_payload(&self, host: HostId, ground: &mut Ground) -> At {
        let nature = ground.nature(host);
        let ends_ms = ground.now_ms + nature.lasts_ms;
        let mut end = end(host, nature.ends.kind());
        end.boot = Some(ground.boot(host));
        if nature.ends.starts() {
            ground.started.push((host, self.of));
            ground.host(host).changed_ms = Some(ends_ms);
        }
        if end.kind == OutcomeKind::Ok && self.restarts {
            // Whether the receipt is on the disk before the machine goes down is a matter of luck.
            let kinds = [OutcomeKind::Ok, OutcomeKind::Failed, OutcomeKind::Unknown];
            end.kind = if nature.restart == Restart::Stays { end.kind } else { kinds[host.0 as usize % 3] };
            end.signalled = end.kind == OutcomeKind::Failed;
            ground.goes_down(host, ends_ms, nature.restart);
        }
        ground.host(host).has_payload |= end.kind == OutcomeKind::Ok;
        At::Ends(ends_ms, end)
    }

    /// How its hosts ended, once all have.
    pub(crate) fn ends(&self) -> Option<Vec<HostEnd>> {
        let ended = |at: &At| if let At::Ended(end) = at { Some(end.clone()) } else { None };
        self.hosts.values().map(ended).collect()
    }
}

const fn end(host: HostId, kind: OutcomeKind) -> HostEnd {
    HostEnd { host, kind, signalled: false, boot: None }
}

const fn is_bad(kind: OutcomeKind) -> bool {
    !matches!(kind, OutcomeKind::Ok | OutcomeKind::Skipped | OutcomeKind::NotRun)
}
