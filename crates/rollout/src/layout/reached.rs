//! Which hosts a rollout has reached from stage to stage.

use crate::layout::ranking::Ranking;
use crate::reach::Reach;
use mcom_model::{HostId, Plan};
use std::collections::BTreeSet;

/// How far the stages up to now reach.
pub(super) struct Reached<'a> {
    plan: &'a Plan,
    ranking: &'a Ranking,
    hosts: BTreeSet<HostId>,
    /// How many of each datacenter.
    of_dc: Vec<u64>,
}

impl<'a> Reached<'a> {
    pub(super) fn nothing(plan: &'a Plan, ranking: &'a Ranking) -> Self {
        Self { plan, ranking, hosts: BTreeSet::new(), of_dc: vec![0; plan.datacenters.len()] }
    }

    /// All hosts up to now.
    pub(super) const fn hosts(&self) -> &BTreeSet<HostId> {
        &self.hosts
    }

    /// Goes on until this is reached; the hosts that it takes, or none where so many are reached already.
    pub(super) fn go_on(
        &mut self,
        to: &Reach,
        named: &dyn Fn(&str) -> Result<BTreeSet<HostId>, String>,
    ) -> Result<BTreeSet<HostId>, String> {
        let new = match to {
            Reach::Hosts(hosts) => self.of_all(*hosts),
            Reach::Percent(share) => self.of_all(share_of(self.plan.hosts.len(), *share)),
            Reach::HostsPerDc(hosts) => self.of_each(|_| *hosts),
            Reach::PercentPerDc(share) => self.of_each(|members| share_of(members, *share)),
            Reach::All => self.of_all(u64::MAX),
            Reach::Pattern(pattern) => self.named(pattern, named(pattern)?)?,
        };
        for host in &new {
            self.of_dc[self.plan.host(*host).dc as usize] += 1;
        }
        self.hosts.extend(&new);
        Ok(new)
    }

    /// Hosts of the whole fleet, in the order of the ranking, until there are so many.
    fn of_all(&self, until: u64) -> BTreeSet<HostId> {
        let missing = until.saturating_sub(self.hosts.len() as u64);
        self.untouched().take(usize::try_from(missing).unwrap_or(usize::MAX)).collect()
    }

    /// Hosts of each datacenter, in the order of the ranking, until it has so many. One with fewer gives all.
    fn of_each(&self, until: impl Fn(usize) -> u64) -> BTreeSet<HostId> {
        let datacenters = self.plan.datacenters.iter().zip(&self.of_dc);
        let mut missing: Vec<u64> =
            datacenters.map(|(dc, reached)| until(dc.members.len()).saturating_sub(*reached)).collect();
        let mut is_missing = |host: &HostId| {
            let missing = &mut missing[self.plan.host(*host).dc as usize];
            let takes = *missing > 0;
            *missing = missing.saturating_sub(1);
            takes
        };
        self.untouched().filter(|host| is_missing(host)).collect()
    }

    /// These hosts, as far as no stage before had them.
    fn named(&self, pattern: &str, hosts: BTreeSet<HostId>) -> Result<BTreeSet<HostId>, String> {
        if hosts.is_empty() {
            return Err(format!("none of the rollout's hosts is {pattern}: name some that `hosts` has"));
        }
        Ok(&hosts - &self.hosts)
    }

    fn untouched(&self) -> impl Iterator<Item = HostId> + '_ {
        self.ranking.iter().filter(|host| !self.hosts.contains(host))
    }

    /// Why this takes no host, in words.
    pub(super) fn adds_nothing(&self, to: &Reach) -> String {
        let (reached, all) = (self.hosts.len(), self.plan.hosts.len());
        let has = match reached {
            _ if reached == all && all == 1 => "the only host".to_owned(),
            _ if reached == all => format!("all {all} hosts"),
            _ => format!("{reached} of {all} hosts"),
        };
        format!("{to} adds no host, as the stages before it reach {has} already: it is left out")
    }
}

/// A share of so many hosts, rounded down, but one at least.
pub(super) fn share_of(hosts: usize, percent: u32) -> u64 {
    (hosts as u64 * u64::from(percent) / 100).max(1)
}
