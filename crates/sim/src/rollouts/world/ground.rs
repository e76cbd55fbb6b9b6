//! What is true on the hosts, whoever knows it: what was started there, and under which boot the host is.

use crate::rollouts::scenario::{Ends, Nature, Reaching, Restart};
use mcom_model::HostId;
use mcom_rollout::{Answer, RunOf};

/// The hosts, at a moment.
pub(crate) struct Ground {
    pub(crate) now_ms: u64,
    /// Nothing breaks any more.
    pub(crate) quiet: bool,
    pub(crate) natures: Vec<Nature>,
    pub(crate) hosts: Vec<Host>,
    /// What was started since somebody last looked.
    pub(crate) started: Vec<(HostId, RunOf)>,
}

/// What is true on one host.
#[derive(Clone, Debug, Default)]
pub(crate) struct Host {
    /// When the payload had run.
    pub(crate) changed_ms: Option<u64>,
    /// It is in the host's history that the payload ended ok.
    pub(crate) has_payload: bool,
    boot: u32,
    /// It went down with the payload, and is back from this moment on; none: only when somebody sees to it.
    down_until: Option<Option<u64>>,
}

impl Ground {
    pub(crate) fn new(now_ms: u64, natures: Vec<Nature>) -> Self {
        let host = |nature: &Nature| Host { has_payload: nature.has_payload, ..Host::default() };
        let hosts = natures.iter().map(host).collect();
        Self { now_ms, quiet: false, natures, hosts, started: Vec::new() }
    }

    /// How a host behaves now.
    pub(crate) fn nature(&self, host: HostId) -> Nature {
        let nature = self.natures[host.0 as usize];
        if !self.quiet {
            return nature;
        }
        let restart = Restart::BackAfter(10_000);
        Nature { reaching: Reaching::Always, ends: Ends::Ok, undo_fails: false, restart, ..nature }
    }

    pub(crate) fn host(&mut self, host: HostId) -> &mut Host {
        &mut self.hosts[host.0 as usize]
    }

    /// Whether it went down, and is not back.
    pub(crate) fn is_down(&self, host: HostId) -> bool {
        match self.hosts[host.0 as usize].down_until {
            Some(Some(until_ms)) => self.now_ms < until_ms,
            Some(None) => !self.quiet,
            None => false,
        }
    }

    /// The boot id that it has now, or had last.
    pub(crate) fn boot(&self, host: HostId) -> String {
        let boot = self.hosts[host.0 as usize].boot;
        format!("boot{}", if self.is_down(host) { boot - 1 } else { boot })
    }

    /// It goes down at a moment that may be still to come, and is back under another boot id.
    pub(crate) fn goes_down(&mut self, host: HostId, at_ms: u64, restart: Restart) {
        let until = match restart {
            Restart::BackAfter(ms) => Some(at_ms + ms),
            Restart::StaysDown => None,
            Restart::Stays => return,
        };
        let host = self.host(host);
        host.boot += 1;
        host.down_until = Some(until);
    }

    /// What a host says about its health.
    pub(crate) fn says(&self, host: HostId) -> Answer {
        let changed_ms = self.hosts[host.0 as usize].changed_ms.filter(|&at| at <= self.now_ms);
        let nature = &self.natures[host.0 as usize];
        if self.is_down(host) || (!self.quiet && nature.reaching == Reaching::Unreachable) {
            Answer::Sick
        } else if self.quiet {
            Answer::Healthy
        } else {
            nature.health.says(self.now_ms, changed_ms)
        }
    }
}
