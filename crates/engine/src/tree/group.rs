//! Groups: hosts of which one, the head, is to be reached from here and commands the others. Who is tried as the
//! head, in which waves, and what becomes of a group that nobody can lead.

use crate::tree::effect::{Effect, LinkId};
use crate::tree::hosts::Phase;
use crate::tree::input::LinkFailure;
use crate::tree::links::Link;
use crate::tree::run::TreeRun;
use crate::tree::window::Claim;
use mcom_model::limits::{CANDIDATE_WAVE, CANDIDATES};
use mcom_model::{HostEvent, HostId, Outcome, Reason, ReasonKind};

/// One group.
pub(super) struct Group {
    pub(super) pool: u32,
    /// Its hosts in candidate order.
    members: Vec<u32>,
    /// The first member that was not looked at as a candidate yet.
    next: usize,
    /// Candidates tried so far, and how many at once last time.
    tried: usize,
    wave: usize,
    /// Links to candidates that are being made.
    pub(super) trying: Vec<LinkId>,
    /// Candidates that could not be reached, with their reasons.
    failed: Vec<(u32, Reason)>,
    /// The link to the head, once there is one.
    pub(super) link: Option<LinkId>,
    /// No head was found and none is sought any more, or the work was handed over.
    over: bool,
}

impl Group {
    fn new(pool: u32, members: Vec<u32>) -> Self {
        let (trying, failed) = (Vec::new(), Vec::new());
        Self { pool, members, next: 0, tried: 0, wave: 0, trying, failed, link: None, over: false }
    }

    const fn is_single(&self) -> bool {
        self.members.len() == 1
    }
}

impl TreeRun {
    /// Starts on groups, each with its head first: a group with members below its head seeks it at once, a single
    /// host waits for a slot.
    pub(super) fn begin_groups(&mut self, pool: u32, groups: Vec<Vec<HostId>>) {
        for hosts in groups {
            let members: Vec<u32> = hosts.into_iter().filter_map(|host| self.hosts.place(host)).collect();
            match self.stop.reason().cloned() {
                None => self.begin_group(pool, members),
                Some(reason) => members.into_iter().for_each(|host| {
                    self.host_ended(host, Outcome::NotRun { reason: reason.clone() }, None);
                }),
            }
        }
        self.share_slots(pool);
    }

    fn begin_group(&mut self, pool: u32, members: Vec<u32>) {
        let ix = u32::try_from(self.groups.len()).expect("there are no more groups than hosts");
        let group = Group::new(pool, members);
        let single = group.is_single();
        self.groups.push(group);
        if single {
            self.pools[pool as usize].waiting.push_back(Claim::Single(ix));
        } else {
            self.try_next_wave(ix);
        }
    }

    /// A single host has got its slot.
    pub(super) fn open_single(&mut self, ix: u32) {
        let group = &mut self.groups[ix as usize];
        if group.over {
            return;
        }
        group.next = 1;
        let (pool, host) = (group.pool, group.members[0]);
        self.pools[pool as usize].used += 1;
        self.want_link(ix, host, 1);
    }

    /// Tries the next candidates: one, then two, then four, ...
    fn try_next_wave(&mut self, ix: u32) {
        let group = &mut self.groups[ix as usize];
        group.wave = (group.wave * 2).clamp(1, CANDIDATE_WAVE);
        let size = group.wave.min(CANDIDATES - group.tried);
        let mut wave = Vec::with_capacity(size);
        while wave.len() < size && group.next < group.members.len() {
            let member = group.members[group.next];
            group.next += 1;
            let host = &self.hosts.list[member as usize];
            if host.spec.weight > 0 && !host.ended() {
                wave.push(member);
            }
        }
        group.tried += wave.len();
        if wave.is_empty() {
            return self.nobody_leads(ix);
        }
        for host in wave {
            self.want_link(ix, host, 0);
        }
    }

    /// The link to a candidate could not be made.
    pub(super) fn candidate_failed(&mut self, link: &Link, failure: LinkFailure) {
        let group = &mut self.groups[link.group as usize];
        let ix = link.host;
        match failure {
            LinkFailure::Refused(reason) => self.host_ended(ix, Outcome::Refused { reason }, None),
            LinkFailure::Unreachable(reason) if group.is_single() => {
                self.host_ended(ix, Outcome::Unreachable { reason }, None);
            }
            LinkFailure::Unreachable(reason) => {
                group.failed.push((ix, reason.clone()));
                self.hosts.get_mut(ix).phase = Phase::Waiting;
                self.say(ix, HostEvent::GaveWay { reason });
            }
        }
        let group = &self.groups[link.group as usize];
        if group.trying.is_empty() && !group.is_single() && !group.over {
            self.try_next_wave(link.group);
        }
    }

    /// A candidate is there: it leads. The others that were tried at the same time are let go. Returns the hosts
    /// that go below it, in candidate order, those that gave way last.
    pub(super) fn lead(&mut self, ix: u32, id: LinkId) -> Vec<u32> {
        let group = &mut self.groups[ix as usize];
        (group.link, group.over) = (Some(id), true);
        let others: Vec<LinkId> = group.trying.drain(..).filter(|&trying| trying != id).collect();
        others.into_iter().for_each(|other| self.abandon_link(other));
        let head = self.links.get(id).expect("a link that has just opened").host;
        let group = &self.groups[ix as usize];
        let gave_way = |member: u32| group.failed.iter().any(|failed| failed.0 == member);
        let open = |member: u32| member != head && !self.hosts.get(member).ended();
        let fresh = group.members.iter().copied().filter(|&member| open(member) && !gave_way(member));
        fresh.chain(group.failed.iter().map(|failed| failed.0)).collect()
    }

    /// No candidate of a group could be reached. Those that were tried are unreachable, each for its own reason;
    /// hosts that may not lead are now reached from here, one by one; the rest is unreachable with the group.
    fn nobody_leads(&mut self, ix: u32) {
        let group = &mut self.groups[ix as usize];
        group.over = true;
        let pool = group.pool;
        let failed = std::mem::take(&mut group.failed);
        let members = std::mem::take(&mut group.members);
        let last = failed.last().map_or_else(String::new, |(_, reason)| format!(", last: {reason}"));
        for (host, reason) in failed {
            self.host_ended(host, Outcome::Unreachable { reason }, None);
        }
        let tried = self.groups[ix as usize].tried;
        for host in members {
            if self.hosts.get(host).ended() {
                continue;
            }
            if self.hosts.get(host).spec.weight == 0 {
                self.begin_group(pool, vec![host]);
                continue;
            }
            let text = format!("none of {tried} candidates for its parent could be reached{last}");
            let reason = Reason::new(ReasonKind::ParentLost, text);
            self.host_ended(host, Outcome::Unreachable { reason }, None);
        }
        self.share_slots(pool);
    }

    /// Nothing new starts: hosts whose work was not handed over end without having run.
    pub(super) fn give_up_groups(&mut self, reason: &Reason) {
        self.pools.iter_mut().for_each(|pool| pool.waiting.clear());
        for ix in 0..self.groups.len() {
            let group = &mut self.groups[ix];
            if std::mem::replace(&mut group.over, true) {
                continue;
            }
            let (trying, failed) = (std::mem::take(&mut group.trying), std::mem::take(&mut group.failed));
            let members = std::mem::take(&mut group.members);
            trying.into_iter().for_each(|link| self.abandon_link(link));
            for (host, reason) in failed {
                self.host_ended(host, Outcome::Unreachable { reason }, None);
            }
            for host in members {
                if !self.hosts.get(host).ended() {
                    self.host_ended(host, Outcome::NotRun { reason: reason.clone() }, None);
                }
            }
        }
    }

    /// A link was lost: forgets it, and ends the hosts below it as far as they may have started: nobody asks them
    /// through another parent.
    pub(super) fn lose_link(&mut self, id: LinkId, reason: &Reason, close: bool) {
        if !self.links.is_open(id) {
            return self.link_failed(id, LinkFailure::Unreachable(reason.clone()));
        }
        let Some(link) = self.forget_link(id) else { return };
        if close {
            self.effects.push_back(Effect::CloseLink { link: id });
        }
        let (pool, members) = (self.groups[link.group as usize].pool, self.members_below(id, &link));
        if link.assigned > 1 {
            self.say(link.host, HostEvent::ParentLost { reason: reason.clone() });
        }
        let (lost, outcome) = self.outcome_of_lost(&link, reason);
        for ix in members {
            self.hosts.get_mut(ix).link = None;
            if self.hosts.get(ix).ended() {
                self.output_gone(ix, &lost);
            } else {
                self.host_ended(ix, outcome.clone(), None);
            }
        }
        self.share_slots(pool);
    }

    /// The assignment of a link was taken back before it was sent: nothing below it has started.
    pub(super) fn take_back_link(&mut self, id: LinkId, reason: &Reason) {
        let Some(link) = self.forget_link(id) else { return };
        for ix in self.members_below(id, &link) {
            self.hosts.get_mut(ix).link = None;
            self.host_ended(ix, Outcome::NotRun { reason: reason.clone() }, None);
        }
    }

    fn members_below(&self, id: LinkId, link: &Link) -> Vec<u32> {
        let members = self.groups[link.group as usize].members.iter().copied();
        members.filter(|&ix| self.hosts.get(ix).link == Some(id)).collect()
    }

    /// How a host ended that was below a link when that was lost, and the reason in words that name the link.
    fn outcome_of_lost(&self, link: &Link, reason: &Reason) -> (Reason, Outcome) {
        let name = &self.hosts.get(link.host).spec.name;
        let blobs = self.run_spec().payload.blobs().count();
        let text = format!("the link to {name} was lost: {reason}");
        if (link.blobs as usize) < blobs {
            // The payload never went over this link, so nothing can have started below it.
            let reason = Reason::new(ReasonKind::LinkLost, text);
            return (reason.clone(), Outcome::Unreachable { reason });
        }
        let kind = match reason.kind {
            ReasonKind::ProtocolViolation => ReasonKind::ProtocolViolation,
            _ => ReasonKind::LostWhileRunning,
        };
        let reason = Reason::new(kind, text);
        (reason.clone(), Outcome::Unknown { reason })
    }
}
