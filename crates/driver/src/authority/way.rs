//! The sessions on the way from the coordinator to a child. A key that is constrained to destinations signs only where
//! it was shown each of them, in order.

use crate::authority::own_agent::OwnAgent;
use mcom_credentials::{Bind, check_host_key};
use mcom_model::{Access, HostId};
use std::collections::{BTreeMap, BTreeSet};

/// ssh-agent takes so many sessions on one connection.
const MOST: usize = 16;

/// How each host was logged in on, where the coordinator signed for it.
#[derive(Debug, Default)]
pub(super) struct Logins {
    by_host: BTreeMap<HostId, Login>,
}

#[derive(Debug)]
struct Login {
    bind: Bind,
    /// The parent that it was logged in from; none for the coordinator.
    by: Option<HostId>,
}

impl Logins {
    /// Keeps a login that was granted.
    pub(super) fn add(&mut self, host: HostId, by: HostId, bind: Bind) {
        self.by_host.insert(host, Login { bind, by: Some(by) });
    }

    /// The sessions on the way to a login of `parent`, as an agent is to be shown them: each hop is forwarded through, and
    /// the last one is logged in on.
    pub(super) fn way(
        &mut self,
        parent: HostId,
        last: &Bind,
        own: Option<&OwnAgent>,
        access: impl Fn(HostId) -> Option<Access>,
        now_s: u64,
    ) -> Vec<Vec<u8>> {
        let mut way = vec![last.with_forwarding(false)];
        // Who is logged in on anew, from below, would be met twice.
        let mut met = BTreeSet::new();
        let mut at = Some(parent);
        while let Some(host) = at.filter(|host| way.len() < MOST && met.insert(*host)) {
            if !self.by_host.contains_key(&host)
                && let (Some(own), Some(access)) = (own, access(host))
                && let Some(bind) = own.bind_of(|bind| check_host_key(&access, now_s, bind).is_ok())
            {
                self.by_host.insert(host, Login { bind, by: None });
            }
            at = self.by_host.get(&host).and_then(|login| {
                way.push(login.bind.with_forwarding(true));
                login.by
            });
        }
        way.reverse();
        way
    }
}
