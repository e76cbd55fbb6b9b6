//! Links in the making: the virtual ssh of whoever makes them, which finds the way to the host, or does not, and logs in
//! there with its own key, with what the coordinator grants, or through the sshd of another host.

use crate::world::host::Down as HostDown;
use crate::world::proc::Proc;
use crate::world::queue::{Event, Ix};
use crate::world::witness::host_id;
use crate::world::{Input, World};
use bytes::Bytes;
use mcom_engine::tree::{LinkFailure, LinkId, Reach, TreeRun};
use mcom_model::{AskKind, Digest, HostId, HostSpec, Reason, ReasonKind};
use mcom_wire::{HelloUp, PROTOCOL};

/// Bytes of the node program: what putting it on a host costs a link.
const NODE_BYTES: u64 = 1_500_000;

/// A link in the making.
pub(crate) struct Opening {
    pub(crate) host: Ix,
    pub(crate) way: Way,
    /// What its ssh waits for: the bind that it has asked with.
    pub(crate) waits: Option<Bytes>,
    /// Questions that went up for it.
    pub(crate) asks: u32,
}

/// How its ssh gets to the host, and in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Own,
    Asked(AskKind),
    Through(Ix),
}

impl World {
    /// A link is to be made.
    pub(super) fn open(&mut self, ix: Ix, link: LinkId, id: HostId, reach: Reach) {
        let setting = self.scenario.plan.credentials_of(id);
        let coordinator = self.procs[ix].host.is_none();
        self.check.invariant_nothing_falls_to_own(id, &reach, setting, coordinator);
        let way = match reach {
            Reach::Own => Way::Own,
            Reach::Asked { kind, access } => {
                self.check.invariant_access_comes_along(id, access.is_some());
                Way::Asked(kind)
            }
            Reach::Through(gateway) => {
                self.stats.count("reached through another host");
                let gateway = self.place_of(&gateway);
                self.check.invariant_transit_where_it_may(id, setting);
                self.check.invariant_transit_goes_through_others(id, gateway);
                Way::Through(gateway)
            }
        };
        let host = id.0 as usize;
        let takes = if self.lacks_ssh(ix, way) { 5_000 } else { self.opening_takes(ix, host, way) };
        self.procs[ix].opening.insert(link, Opening { host, way, waits: None, asks: 0 });
        self.check.invariant_opening_bounded(self.procs[ix].opening.len());
        self.queue.plan(self.now + takes, Event::Opened { proc: ix, link });
    }

    fn place_of(&self, spec: &HostSpec) -> Ix {
        let same = |host: &HostSpec| host.name == spec.name;
        self.scenario.plan.hosts.iter().position(same).expect("a gateway is a host of the plan")
    }

    /// A parent whose ssh cannot bind a session to a host key does not even try.
    fn lacks_ssh(&self, ix: Ix, way: Way) -> bool {
        way == Way::Asked(AskKind::Signature) && self.procs[ix].host.is_some_and(|host| self.hosts[host].old_ssh)
    }

    fn opening_takes(&mut self, ix: Ix, host: Ix, way: Way) -> u64 {
        let long = self.procs[ix].host.is_none();
        let (latency, _) = self.line(long, host);
        let patience = self.scenario.spec.limits.connect_timeout_ms * 1000;
        let at = &self.hosts[host];
        let outside = long && at.inside_only && !matches!(way, Way::Through(_));
        match at.down {
            Some(HostDown::Refusing) => 2 * latency,
            Some(HostDown::Silent) => patience,
            None if outside || !at.powered || self.is_dark(ix, host, way) => patience,
            None => 8 * latency + self.rng.range(50_000, 300_000),
        }
    }

    /// A connection attempt has come to its end: nobody is there, or it is time to log in.
    pub(crate) fn opened(&mut self, ix: Ix, link: LinkId) {
        if !self.procs[ix].alive {
            return;
        }
        let Some(&Opening { host, way, .. }) = self.procs[ix].opening.get(&link) else { return };
        if let Err(failure) = self.look_at_the_way(ix, host, way) {
            return self.open_failed(ix, link, failure);
        }
        match way {
            Way::Asked(kind) => self.ask_to_log_in(ix, link, host, kind),
            Way::Own | Way::Through(_) => self.log_in(ix, link),
        }
    }

    fn open_failed(&mut self, ix: Ix, link: LinkId, failure: LinkFailure) {
        self.procs[ix].opening.remove(&link);
        self.tell(ix, Input::LinkFailed { link, failure }, None);
    }

    /// Why nobody gets there, where nobody does.
    fn look_at_the_way(&mut self, ix: Ix, host: Ix, way: Way) -> Result<(), LinkFailure> {
        let long = self.procs[ix].host.is_none();
        if self.lacks_ssh(ix, way) {
            self.stats.count("fault: a parent's ssh is too old for relay");
            let reason = Reason::new(ReasonKind::RelayImpossible, "ssh here is older than 8.9");
            return Err(LinkFailure::Refused(reason));
        }
        if let Way::Through(gateway) = way {
            self.look_at_the_gateway(ix, gateway)?;
        }
        let dark = self.is_dark(ix, host, way);
        let at = &self.hosts[host];
        let outside = long && at.inside_only && !matches!(way, Way::Through(_));
        let (count, kind) = match at.down {
            Some(HostDown::Refusing) => ("fault: connection refused", ReasonKind::ConnectionRefused),
            Some(HostDown::Silent) => ("fault: connection timed out", ReasonKind::ConnectTimeout),
            None if !at.powered => ("fault: connection to a dead machine", ReasonKind::ConnectTimeout),
            None if dark => ("fault: connection into a partition", ReasonKind::ConnectTimeout),
            None if outside => ("fault: no way from outside", ReasonKind::NoRoute),
            None => return Ok(()),
        };
        self.stats.count(count);
        Err(LinkFailure::Unreachable(Reason::new(kind, count)))
    }

    /// Whether another host's sshd can be used.
    fn look_at_the_gateway(&mut self, ix: Ix, gateway: Ix) -> Result<(), LinkFailure> {
        let at = &self.hosts[gateway];
        if !at.powered || at.down.is_some() || at.inside_only || self.is_dark(ix, gateway, Way::Own) {
            self.stats.count("fault: gateway lost");
            let reason = Reason::new(ReasonKind::ParentLost, "the host that it is reached through is gone");
            return Err(LinkFailure::Unreachable(reason));
        }
        if at.no_forwarding {
            self.stats.count("fault: gateway opens no streams");
            let reason = Reason::new(ReasonKind::ForwardingRefused, "administratively prohibited");
            return Err(LinkFailure::Refused(reason));
        }
        Ok(())
    }

    /// It was let in: the node is put there where it is missing, and then it speaks.
    pub(super) fn log_in(&mut self, ix: Ix, link: LinkId) {
        let Some(&Opening { host, .. }) = self.procs[ix].opening.get(&link) else { return };
        let (latency, bandwidth) = self.line(self.procs[ix].host.is_none(), host);
        let ship = if self.hosts[host].cached { 0 } else { NODE_BYTES * 1_000_000 / bandwidth };
        self.queue.plan(self.now + latency + ship, Event::LoggedIn { proc: ix, link });
    }

    /// The node at the other end speaks, where it still can.
    pub(crate) fn logged_in(&mut self, ix: Ix, link: LinkId) {
        if !self.procs[ix].alive {
            return;
        }
        let Some(&Opening { host, way, asks, .. }) = self.procs[ix].opening.get(&link) else { return };
        if let Err(failure) = self.look_at_the_way(ix, host, way) {
            return self.open_failed(ix, link, failure);
        }
        if self.hosts[host].refusing {
            self.stats.count("fault: no node can work there");
            let reason = Reason::new(ReasonKind::SpoolNoexec, "the spool is mounted noexec");
            return self.open_failed(ix, link, LinkFailure::Refused(reason));
        }
        self.check.invariant_one_question_per_link(host_id(host), asks, matches!(way, Way::Asked(_)));
        self.procs[ix].opening.remove(&link);
        let node_shipped = !std::mem::replace(&mut self.hosts[host].cached, true);
        self.procs.push(Proc::new(TreeRun::node(), Some(host), self.now));
        let child = self.procs.len() - 1;
        let via = if let Way::Through(gateway) = way { Some(gateway) } else { None };
        let wire = self.join(ix, link, child, host, via);
        self.procs[child].orphan = self.procs[ix].orphan;
        let hello = HelloUp {
            protocol: PROTOCOL,
            node: Digest::from_bytes([7; 32]),
            arch: "x86_64".to_owned(),
            boot: format!("boot-{host}-{}", self.hosts[host].spool.boot),
        };
        self.tell(ix, Input::LinkOpened { link, hello, node_shipped }, Some(wire));
    }

    /// Whether a partition lies between a process and a host.
    fn is_dark(&self, ix: Ix, host: Ix, way: Way) -> bool {
        let here = match way {
            Way::Through(gateway) => self.hosts[gateway].cut,
            Way::Own | Way::Asked(_) => self.procs[ix].host.map_or([0; 2], |host| self.hosts[host].cut),
        };
        let dc = self.scenario.plan.hosts[host].dc as usize;
        let long = if self.procs[ix].host.is_none() { self.dc_cut[dc] } else { [0; 2] };
        [here, long, self.hosts[host].cut].as_flattened().iter().any(|&until| until > self.now)
    }
}
