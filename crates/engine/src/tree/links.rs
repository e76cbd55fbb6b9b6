//! Links to children: opening them at a pace, handing over the assignment, and letting them go.

use crate::tree::effect::{Effect, LinkId};
use crate::tree::hosts::{Host, Phase};
use crate::tree::input::{LinkFailure, TimerReason};
use crate::tree::run::{Role, TreeRun};
use mcom_model::limits::{HEARTBEAT_MS, HOSTS_PER_FRAME, LINKS_OPENING};
use mcom_model::{HostEvent, HostRanges, Reason, ReasonKind, RunClock, What};
use mcom_wire::{Assignment, Down, HelloUp, Member, PROTOCOL};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// Every link that is not closed.
#[derive(Default)]
pub(super) struct Links {
    live: BTreeMap<LinkId, Link>,
    next: u32,
    /// Links that wait until fewer are being opened.
    queue: VecDeque<LinkId>,
    opening: usize,
}

/// One link to a child.
pub(super) struct Link {
    pub(super) host: u32,
    pub(super) group: u32,
    pub(super) state: LinkState,
    /// When its opening began.
    since: RunClock,
    /// When something was last heard over it.
    pub(super) heard: RunClock,
    /// Hosts of its assignment, the child's own included.
    pub(super) assigned: u32,
    /// Of those, hosts without an outcome.
    pub(super) left: u32,
    /// Of those, hosts that are not settled.
    pub(super) unsettled: u32,
    /// Slots of the window that are lent to it.
    pub(super) lent: u32,
    /// Blobs that were sent over it; nothing can start below it before all were.
    pub(super) blobs: u32,
    /// Bodies that came over it.
    pub(super) bodies: u32,
}

/// How far a link is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LinkState {
    Queued,
    Opening,
    Open,
}

impl Links {
    pub(super) fn get(&self, id: LinkId) -> Option<&Link> {
        self.live.get(&id)
    }

    pub(super) fn get_mut(&mut self, id: LinkId) -> Option<&mut Link> {
        self.live.get_mut(&id)
    }

    pub(super) fn is_open(&self, id: LinkId) -> bool {
        self.get(id).is_some_and(|link| link.state == LinkState::Open)
    }

    /// The links that have their assignment, in the order in which they were made.
    pub(super) fn open(&self) -> Vec<LinkId> {
        self.live.iter().filter(|(_, link)| link.state == LinkState::Open).map(|(&id, _)| id).collect()
    }
}

impl TreeRun {
    /// Wants a link to a host of a group, as soon as few enough are being opened. `lent` is the slot that it holds
    /// from the start.
    pub(super) fn want_link(&mut self, group: u32, host: u32, lent: u32) {
        let id = LinkId(self.links.next);
        self.links.next += 1;
        let link = Link {
            host,
            group,
            state: LinkState::Queued,
            since: self.now,
            heard: self.now,
            assigned: 0,
            left: lent,
            unsettled: 0,
            lent,
            blobs: 0,
            bodies: 0,
        };
        self.links.live.insert(id, link);
        self.links.queue.push_back(id);
        self.groups[group as usize].trying.push(id);
        self.open_queued();
    }

    fn open_queued(&mut self) {
        while self.links.opening < LINKS_OPENING {
            let Some(id) = self.links.queue.pop_front() else { return };
            let Some(link) = self.links.live.get_mut(&id) else { continue };
            link.state = LinkState::Opening;
            link.since = self.now;
            self.links.opening += 1;
            let ix = link.host;
            let by = self.me();
            let host = self.hosts.get_mut(ix);
            host.phase = Phase::Linking;
            let open = Effect::OpenLink { link: id, host: host.id, spec: host.spec.clone() };
            self.say(ix, HostEvent::Linking { by });
            self.effects.push_back(open);
        }
    }

    /// A link is no longer there, or no longer wanted: forgets it and frees its slots. The caller says what becomes
    /// of its hosts.
    pub(super) fn forget_link(&mut self, id: LinkId) -> Option<Link> {
        let link = self.links.live.remove(&id)?;
        if link.state == LinkState::Opening {
            self.links.opening -= 1;
        }
        let group = &mut self.groups[link.group as usize];
        group.trying.retain(|&trying| trying != id);
        self.pools[group.pool as usize].used -= link.lent.min(link.left);
        Some(link)
    }

    /// Gives up a link that is being made.
    pub(super) fn abandon_link(&mut self, id: LinkId) {
        let Some(link) = self.forget_link(id) else { return };
        if link.state != LinkState::Queued {
            self.effects.push_back(Effect::CloseLink { link: id });
        }
        self.hosts.get_mut(link.host).phase = Phase::Waiting;
    }

    pub(super) fn link_failed(&mut self, id: LinkId, failure: LinkFailure) {
        if let Some(link) = self.forget_link(id) {
            self.candidate_failed(&link, failure);
            self.open_queued();
            self.share_slots(self.groups[link.group as usize].pool);
        }
    }

    pub(super) fn link_opened(&mut self, id: LinkId, hello: &HelloUp, node_shipped: bool) {
        if self.links.get(id).is_none_or(|link| link.state != LinkState::Opening) {
            return;
        }
        if hello.protocol != PROTOCOL {
            self.effects.push_back(Effect::CloseLink { link: id });
            let text = format!("the node there speaks protocol {}, this one {PROTOCOL}", hello.protocol);
            let reason = Reason::new(ReasonKind::ProtocolVersion, text);
            return self.link_failed(id, LinkFailure::Refused(reason));
        }
        self.links.opening -= 1;
        let now = self.now;
        let by = self.me();
        let link = self.links.get_mut(id).expect("looked up above");
        (link.state, link.heard) = (LinkState::Open, now);
        let (ix, group) = (link.host, link.group);
        let ms = u64::try_from(now.since(link.since).as_millis()).unwrap_or(u64::MAX);
        self.timers.insert((now.after(Duration::from_millis(HEARTBEAT_MS)), TimerReason::Heartbeat(id)));
        self.hosts.get_mut(ix).phase = Phase::Linked;
        self.say(ix, HostEvent::Linked { by, node_shipped, ms });
        let members = self.lead(group, id);
        self.assign(id, ix, members);
        self.open_queued();
        self.share_slots(self.groups[group as usize].pool);
    }

    /// Hands the work to a child. What may start from here on is recorded first.
    fn assign(&mut self, id: LinkId, head: u32, members: Vec<u32>) {
        let count = u32::try_from(members.len()).expect("a plan has fewer than 2^32 hosts");
        let link = self.links.get_mut(id).expect("a link that has just opened");
        let single = link.lent == 1;
        (link.assigned, link.left, link.unsettled) = (count + 1, count + 1, count + 1);
        for &ix in members.iter().chain([&head]) {
            self.hosts.get_mut(ix).link = Some(id);
        }
        let pool = self.hosts.get(head).pool;
        let window = if single { 1 } else { self.lend_first(pool, id) };
        if count > 0 {
            self.say(head, HostEvent::Chosen { below: u64::from(count) });
        }
        if matches!(self.role, Role::Coordinator(_)) {
            let hosts = members.iter().chain([&head]).map(|&ix| self.hosts.get(ix).id).collect::<HostRanges>();
            self.record(What::Intent { hosts, via: self.hosts.get(head).id }, true);
        }
        let (epoch, levels) = self.below();
        let host = self.hosts.get(head);
        let assignment = Assignment {
            spec: self.run_spec().clone(),
            me: host.id,
            name: host.spec.name.clone(),
            dc: self.pools[pool as usize].dc.clone(),
            epoch,
            levels,
            window,
            members: count,
            begun: None,
            deadline_ms: None,
        };
        self.send_down(id, Down::Assign(Box::new(assignment)));
        for some in members.chunks(HOSTS_PER_FRAME) {
            let hosts = some.iter().map(|&ix| self.hosts.get(ix)).map(member).collect();
            self.send_down(id, Down::Members { hosts });
        }
        self.send_blobs(id);
    }

    /// Sends the blobs that are here and were not sent yet, in order.
    pub(super) fn send_blobs(&mut self, id: LinkId) {
        let ready = self.blobs_ready();
        let Some(link) = self.links.get_mut(id).filter(|link| link.state == LinkState::Open) else { return };
        let (ix, sent) = (link.host, link.blobs);
        link.blobs = ready.max(sent);
        for index in sent..ready {
            self.effects.push_back(Effect::SendBlob { link: id, index });
            if matches!(self.role, Role::Coordinator(_)) {
                let bytes = self.run_spec().payload.blobs().nth(index as usize).map_or(0, |blob| blob.len);
                self.record(What::Shipped { host: self.hosts.get(ix).id, bytes }, false);
            }
        }
    }

    pub(super) fn send_down(&mut self, link: LinkId, message: Down) {
        self.effects.push_back(Effect::SendDown { link, message });
    }

    /// Everybody below a link is settled: the node there may leave.
    pub(super) fn release_link(&mut self, id: LinkId) {
        self.send_down(id, Down::Release);
        self.effects.push_back(Effect::CloseLink { link: id });
        self.forget_link(id);
    }
}

fn member(host: &Host) -> Member {
    Member { id: host.id, spec: host.spec.clone(), begun: None }
}
