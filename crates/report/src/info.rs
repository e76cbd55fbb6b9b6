//! What is known about a run before its first event: names, datacenters, payload, who and why.

use crate::sanitise::sanitise_line;
use mcom_fleet::hostset::{self, HostSet};
use mcom_model::{Digest, HostId, OutputMode, Plan, RunId, RunSpec};
use std::sync::OnceLock;

/// The fixed part of a run, as every view needs it. All text in it is fit for one line of a terminal.
#[derive(Debug)]
pub struct RunInfo {
    /// The run.
    pub run: RunId,
    /// Who runs it.
    pub who: String,
    /// Why.
    pub reason: Option<String>,
    /// What people call the payload.
    pub payload: String,
    /// The payload's identity.
    pub payload_id: Digest,
    /// When output travels.
    pub output: OutputMode,
    /// Wall-clock start in milliseconds since 1970, UTC.
    pub started_ms: u64,
    /// Hosts that may be bad before nothing new starts; none: any number.
    pub max_fail: Option<u64>,
    /// Milliseconds for the whole run; none: no limit.
    pub deadline_ms: Option<u64>,
    hosts: Vec<(String, usize)>,
    dcs: Vec<DcInfo>,
}

/// One datacenter.
#[derive(Debug)]
pub(crate) struct DcInfo {
    pub name: String,
    /// In natural order of names.
    pub hosts: Vec<HostId>,
    set: OnceLock<HostSet>,
}

impl RunInfo {
    /// From the plan and what every node is told.
    pub fn new(plan: &Plan, spec: &RunSpec, started_ms: u64) -> Self {
        let dc = |name: &String| DcInfo { name: fit(name), hosts: Vec::new(), set: OnceLock::new() };
        let mut dcs: Vec<DcInfo> = plan.datacenters.iter().map(|planned| dc(&planned.name)).collect();
        let mut hosts = Vec::with_capacity(plan.hosts.len());
        for (id, host) in plan.host_ids().zip(&plan.hosts) {
            let dc = host.dc as usize;
            // A damaged plan may name a datacenter that it does not have.
            if let Some(dc) = dcs.get_mut(dc) {
                dc.hosts.push(id);
            }
            hosts.push((fit(&host.name), dc));
        }
        Self {
            run: spec.run.clone(),
            who: fit(&spec.who),
            reason: spec.reason.as_deref().map(fit),
            payload: fit(&spec.payload.name),
            payload_id: spec.payload.id(),
            output: spec.output,
            started_ms,
            max_fail: spec.limits.max_fail,
            deadline_ms: spec.limits.deadline_ms,
            hosts,
            dcs,
        }
    }

    /// Number of hosts.
    pub fn len(&self) -> usize {
        self.hosts.len()
    }

    /// Whether the run has no hosts.
    pub fn is_empty(&self) -> bool {
        self.hosts.is_empty()
    }

    /// Every host, in natural order of names.
    pub fn host_ids(&self) -> impl Iterator<Item = HostId> + use<> {
        (0..u32::try_from(self.hosts.len()).expect("limits keep a plan below 2^32 hosts")).map(HostId)
    }

    /// The name of a host; `?` for an id that is not of this run, which a damaged record may hold.
    pub fn name(&self, host: HostId) -> &str {
        self.hosts.get(host.0 as usize).map_or("?", |(name, _)| name)
    }

    /// Folds hosts into a pattern that can be typed again.
    pub fn fold(&self, hosts: &[HostId]) -> String {
        hostset::fold(hosts.iter().map(|&host| self.name(host)))
    }

    /// Hosts of a datacenter in the shortest words for a reader who knows which datacenter is meant.
    pub(crate) fn fold_in_dc(&self, dc: usize, hosts: &[HostId]) -> String {
        let dc = &self.dcs[dc];
        let whole = dc.set.get_or_init(|| self.set(&dc.hosts));
        hostset::describe_in_dc(&dc.name, whole, &self.set(hosts))
    }

    /// Hosts in the shortest words: a pattern, or datacenter by datacenter where most of one is meant.
    pub(crate) fn describe(&self, hosts: &[HostId]) -> String {
        if hosts.len() == self.len() && hosts.len() > 1 {
            return "all hosts".to_owned();
        }
        let mut by_dc = vec![Vec::new(); self.dcs.len()];
        for &host in hosts {
            if let Some(dc) = self.dc_of(host) {
                by_dc[dc].push(host);
            }
        }
        let dcs = by_dc.iter().enumerate().filter(|(_, hosts)| !hosts.is_empty());
        let words = dcs.map(|(dc, hosts)| format!("{} {}", self.dcs[dc].name, self.fold_in_dc(dc, hosts)));
        let (words, folded) = (words.collect::<Vec<_>>().join(" · "), self.fold(hosts));
        if words.len() < folded.len() { words } else { folded }
    }

    pub(crate) fn dc_of(&self, host: HostId) -> Option<usize> {
        self.hosts.get(host.0 as usize).map(|&(_, dc)| dc).filter(|&dc| dc < self.dcs.len())
    }

    pub(crate) fn dcs(&self) -> &[DcInfo] {
        &self.dcs
    }

    fn set(&self, hosts: &[HostId]) -> HostSet {
        hosts.iter().map(|&host| self.name(host).to_owned()).collect()
    }
}

/// A saved plan may hold any text.
fn fit(text: &str) -> String {
    sanitise_line(text.as_bytes())
}
