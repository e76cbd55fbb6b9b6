//! Whether a saved plan still holds: what differs between it and the same request resolved again.

use crate::hostset::HostSet;
use mcom_model::{HostSpec, Plan};
use std::collections::BTreeMap;
use std::fmt;

/// One thing that is no longer as the plan says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// Hosts that the request gives now and the plan has not.
    New(HostSet),
    /// Hosts that the plan has and the request no longer gives.
    Gone(HostSet),
    /// Hosts whose user, port, address, weight or credentials are others.
    Attributes(HostSet),
    /// Hosts that are in another datacenter.
    Moved(HostSet),
    /// The order of candidates for parents is another in these datacenters.
    Candidates(Vec<String>),
    /// The payload is another.
    Payload,
    /// The plan says something else that making it again does not give.
    Other,
}

/// Everything that differs; empty where the saved plan still holds.
pub fn differences(saved: &Plan, fresh: &Plan) -> Vec<Difference> {
    if saved == fresh {
        return Vec::new();
    }
    let (was, is) = (by_name(saved), by_name(fresh));
    let only = |a: &BTreeMap<&str, (&HostSpec, &str)>, b: &BTreeMap<&str, (&HostSpec, &str)>| -> HostSet {
        a.keys().filter(|name| !b.contains_key(*name)).copied().collect()
    };
    let both = || was.iter().filter_map(|(name, old)| is.get(name).map(|new| (*name, old, new)));
    let moved: HostSet = both().filter(|(_, old, new)| old.1 != new.1).map(|(name, ..)| name).collect();
    let changed: HostSet = both().filter(|(_, old, new)| !reached_alike(old.0, new.0)).map(|(name, ..)| name).collect();
    let mut found = vec![
        Difference::New(only(&is, &was)),
        Difference::Gone(only(&was, &is)),
        Difference::Moved(moved),
        Difference::Attributes(changed),
    ];
    found.retain(|difference| !difference.is_empty());
    if found.is_empty() {
        found.push(Difference::Candidates(reordered(saved, fresh)));
        found.retain(|difference| !difference.is_empty());
    }
    if saved.payload != fresh.payload {
        found.push(Difference::Payload);
    }
    if found.is_empty() {
        found.push(Difference::Other);
    }
    found
}

fn by_name(plan: &Plan) -> BTreeMap<&str, (&HostSpec, &str)> {
    let dc = |host: &HostSpec| plan.datacenters.get(host.dc as usize).map_or("", |dc| dc.name.as_str());
    plan.hosts.iter().map(|host| (host.name.as_str(), (host, dc(host)))).collect()
}

fn reached_alike(a: &HostSpec, b: &HostSpec) -> bool {
    let reached = |host: &HostSpec| (host.address.clone(), host.port, host.user.clone(), host.weight, host.credentials);
    reached(a) == reached(b)
}

fn reordered(saved: &Plan, fresh: &Plan) -> Vec<String> {
    let pairs = saved.datacenters.iter().zip(&fresh.datacenters);
    pairs.filter(|(old, new)| old.members != new.members).map(|(old, _)| old.name.clone()).collect()
}

impl Difference {
    fn is_empty(&self) -> bool {
        match self {
            Self::New(hosts) | Self::Gone(hosts) | Self::Attributes(hosts) | Self::Moved(hosts) => hosts.is_empty(),
            Self::Candidates(dcs) => dcs.is_empty(),
            Self::Payload | Self::Other => false,
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::New(hosts) => write!(f, "not in the plan: {hosts}"),
            Self::Gone(hosts) => write!(f, "no longer there: {hosts}"),
            Self::Attributes(hosts) => write!(f, "other user, port, address, weight or credentials: {hosts}"),
            Self::Moved(hosts) => write!(f, "in another datacenter: {hosts}"),
            Self::Candidates(dcs) => write!(f, "other parents are preferred in {}", dcs.join(", ")),
            Self::Payload => f.write_str("the payload is another"),
            Self::Other => f.write_str("it says what the same request does not give: was it edited?"),
        }
    }
}
