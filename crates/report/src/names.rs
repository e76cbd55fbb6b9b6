//! The names of a plan's hosts and datacenters, and hosts in few words. All text is fit for one line of a terminal.

use crate::sanitise::sanitise_line;
use mcom_fleet::hostset::{self, HostSet};
use mcom_model::{HostId, Plan};
use std::sync::OnceLock;

/// Hosts and datacenters by name.
#[derive(Debug)]
pub(crate) struct Names {
    hosts: Vec<(String, usize)>,
    dcs: Vec<DcNames>,
}

/// One datacenter.
#[derive(Debug)]
pub(crate) struct DcNames {
    pub name: String,
    /// In natural order of names.
    pub hosts: Vec<HostId>,
    set: OnceLock<HostSet>,
}

impl Names {
    pub(crate) fn new(plan: &Plan) -> Self {
        let dc = |name: &String| DcNames { name: fit(name), hosts: Vec::new(), set: OnceLock::new() };
        let mut dcs: Vec<DcNames> = plan.datacenters.iter().map(|planned| dc(&planned.name)).collect();
        let mut hosts = Vec::with_capacity(plan.hosts.len());
        for (id, host) in plan.host_ids().zip(&plan.hosts) {
            let dc = host.dc as usize;
            // A damaged plan may name a datacenter that it does not have.
            if let Some(dc) = dcs.get_mut(dc) {
                dc.hosts.push(id);
            }
            hosts.push((fit(&host.name), dc));
        }
        Self { hosts, dcs }
    }

    /// Number of hosts.
    pub(crate) fn len(&self) -> usize {
        self.hosts.len()
    }

    /// The name of a host; `?` for an id that is not of this plan, which a damaged record may hold.
    pub(crate) fn name(&self, host: HostId) -> &str {
        self.hosts.get(host.0 as usize).map_or("?", |(name, _)| name)
    }

    /// Folds hosts into a pattern that can be typed again.
    pub(crate) fn fold(&self, hosts: &[HostId]) -> String {
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
        let dcs = self.by_dc(hosts);
        let words = dcs.iter().map(|(dc, hosts)| format!("{} {}", self.dcs[*dc].name, self.fold_in_dc(*dc, hosts)));
        let (words, folded) = (words.collect::<Vec<_>>().join(" · "), self.fold(hosts));
        if words.len() < folded.len() { words } else { folded }
    }

    /// Hosts by datacenter, in the order of datacenters; none without hosts.
    pub(crate) fn by_dc(&self, hosts: &[HostId]) -> Vec<(usize, Vec<HostId>)> {
        let mut by_dc = vec![Vec::new(); self.dcs.len()];
        for &host in hosts {
            if let Some(dc) = self.dc_of(host) {
                by_dc[dc].push(host);
            }
        }
        by_dc.into_iter().enumerate().filter(|(_, hosts)| !hosts.is_empty()).collect()
    }

    pub(crate) fn dc_of(&self, host: HostId) -> Option<usize> {
        self.hosts.get(host.0 as usize).map(|&(_, dc)| dc).filter(|&dc| dc < self.dcs.len())
    }

    pub(crate) fn dcs(&self) -> &[DcNames] {
        &self.dcs
    }

    fn set(&self, hosts: &[HostId]) -> HostSet {
        hosts.iter().map(|&host| self.name(host).to_owned()).collect()
    }
}

/// A saved plan may hold any text.
pub(crate) fn fit(text: &str) -> String {
    sanitise_line(text.as_bytes())
}
