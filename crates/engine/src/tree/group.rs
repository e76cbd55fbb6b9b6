//! Groups: hosts of which one, the head, is to be reached from here and commands the others. Who is tried as the
//! head, in which waves, and what becomes of a group that nobody can lead.

use crate::tree::effect::LinkId;
use crate::tree::hosts::Phase;
use crate::tree::input::LinkFailure;
use crate::tree::links::Link;
use crate::tree::run::TreeRun;
use crate::tree::window::Claim;
use mcom_model::limits::{CANDIDATE_WAVE, CANDIDATES};
use mcom_model::{Epoch, HostEvent, HostId, Outcome, Reason, ReasonKind, RunClock};
use std::time::Duration;

/// One group.
pub(super) struct Group {
    pub(super) pool: u32,
    /// Its hosts in candidate order.
    pub(super) members: Vec<u32>,
    /// The first member that was not looked at as a candidate yet.
    next: usize,
    /// Candidates tried so far, and how many at once last time.
    tried: usize,
    wave: usize,
    /// Links to candidates that are being made.
    pub(super) trying: Vec<LinkId>,
    /// Candidates that could not be reached, with their reasons.
    failed: Vec<(u32, Reason)>,
    /// No head is sought any more: there is one, or nobody leads.
    pub(super) over: bool,
    /// Heads that its hosts have had before.
    pub(super) epoch: Epoch,
    /// Slots that its hosts hold from an earlier link; the next link gets them.
    pub(super) held: u32,
    /// Until when a host whose link was lost is tried again.
    pub(super) ask_until: Option<RunClock>,
    /// The pause before the next try.
    pub(super) pause: Duration,
    /// A candidate was refused because one of the two ends lacks what relay needs.
    no_relay: Option<Reason>,
    /// Its host is reached through another one's sshd (coordinator).
    pub(super) through: bool,
}

impl Group {
    pub(super) fn new(pool: u32, members: Vec<u32>) -> Self {
        let (trying, failed) = (Vec::new(), Vec::new());
        let (epoch, pause) = (Epoch(0), Duration::ZERO);
        let (next, tried, wave, held, ask_until) = (0, 0, 0, 0, None);
        let (over, through, no_relay) = (false, false, None);
        Self {
            pool,
            members,
            next,
            tried,
            wave,
            trying,
            failed,
            over,
            epoch,
            held,
            ask_until,
            pause,
            no_relay,
            through,
        }
    }

    /// The same with slots that its hosts hold already.
    pub(super) const fn holding(mut self, held: u32) -> Self {
        self.held = held;
        self
    }

    /// The same for a host that is reached through another one's sshd.
    pub(super) const fn through_gateway(mut self) -> Self {
        self.through = true;
        self
    }

    pub(super) const fn is_single(&self) -> bool {
        self.members.len() == 1
    }
}

impl TreeRun {
    /// Starts on groups, each with its head first: a group with members below its head seeks it at once, a single
    /// host waits for a slot.
    pub(super) fn begin_groups(&mut self, pool: u32, groups: Vec<Vec<HostId>>) {
        for hosts in groups {
            let members: Vec<u32> = hosts.into_iter().filter_map(|host| self.hosts.place(host)).collect();
            self.begin_group(Group::new(pool, members));
        }
        self.share_slots(pool);
    }

    /// Starts on one group. Where nothing new starts any more, only its hosts that may have begun are sought.
    pub(super) fn begin_group(&mut self, mut group: Group) {
        let pool = group.pool;
        if let Some(reason) = self.stop.reason().cloned() {
            group.members = self.end_unbegun(std::mem::take(&mut group.members), &reason);
            if group.members.is_empty() {
                self.pools[pool as usize].used -= group.held;
                return;
            }
        }
        if group.members.iter().any(|&host| self.hosts.get(host).begun) {
            group.ask_until.get_or_insert(self.now.after(self.ask_time()));
        }
        let ix = u32::try_from(self.groups.len()).expect("a host is in few groups");
        let (single, asked) = (group.is_single(), group.ask_until.is_some() || self.hosts.get(group.members[0]).begun);
        self.groups.push(group);
        match single {
            true if asked => self.ask_single(ix),
            true => self.pools[pool as usize].waiting.push_back(Claim::Single(ix)),
            false => self.try_next_wave(ix),
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

    /// The link to a candidate could not be made. `held` slots came back with it.
    pub(super) fn candidate_failed(&mut self, link: &Link, failure: LinkFailure, held: u32) {
        let group = &self.groups[link.group as usize];
        let (ix, pool, single) = (link.host, group.pool, group.is_single());
        if group.through && self.gateway_failed(pool, &failure) {
            let until = self.now.after(self.ask_time());
            self.groups[link.group as usize].ask_until.get_or_insert(until);
        }
        let group = &mut self.groups[link.group as usize];
        if single && (self.hosts.get(ix).begun || group.ask_until.is_some()) {
            group.held += held;
            return self.ask_failed(link.group, failure);
        }
        if let LinkFailure::Refused(reason) = &failure
            && reason.kind == ReasonKind::RelayImpossible
        {
            self.groups[link.group as usize].no_relay = Some(reason.clone());
        }
        self.pools[pool as usize].used -= held;
        match failure {
            LinkFailure::Refused(reason) if !self.hosts.get(ix).begun => {
                self.host_ended(ix, Outcome::Refused { reason }, None);
            }
            LinkFailure::Unreachable(reason) if single => {
                self.host_ended(ix, Outcome::Unreachable { reason }, None);
            }
            LinkFailure::Unreachable(reason) | LinkFailure::Refused(reason) => {
                self.groups[link.group as usize].failed.push((ix, reason.clone()));
                self.hosts.get_mut(ix).reach(Phase::Waiting);
                self.say(ix, HostEvent::GaveWay { reason });
            }
        }
        let group = &self.groups[link.group as usize];
        if group.trying.is_empty() && !single && !group.over {
            self.try_next_wave(link.group);
        }
    }

    /// A candidate is there: it leads. The others that were tried at the same time are let go. Returns the hosts
    /// that go below it, in candidate order, those that gave way last.
    pub(super) fn lead(&mut self, ix: u32, id: LinkId) -> Vec<u32> {
        let group = &mut self.groups[ix as usize];
        group.over = true;
        let others: Vec<LinkId> = group.trying.drain(..).filter(|&trying| trying != id).collect();
        others.into_iter().for_each(|other| self.abandon_link(other));
        let head = self.links.get(id).expect("a link that has just opened").host;
        let group = &self.groups[ix as usize];
        let gave_way = |member: u32| group.failed.iter().any(|failed| failed.0 == member);
        let open = |member: u32| member != head && !self.hosts.get(member).settled;
        let fresh = group.members.iter().copied().filter(|&member| open(member) && !gave_way(member));
        let members = fresh.chain(group.failed.iter().map(|failed| failed.0)).collect();
        self.spare_transit(ix, head, members)
    }

    /// No candidate of a group could be reached. Those that were tried are unreachable, each for its own reason;
    /// hosts that may not lead, or may have begun, are now reached from here, one by one; the rest is unreachable
    /// with the group.
    fn nobody_leads(&mut self, ix: u32) {
        let group = &mut self.groups[ix as usize];
        group.over = true;
        let (pool, epoch, until) = (group.pool, group.epoch, group.ask_until);
        let mut held = std::mem::take(&mut group.held);
        let failed = std::mem::take(&mut group.failed);
        let members = std::mem::take(&mut group.members);
        let last = failed.last().map_or_else(String::new, |(_, reason)| format!(", last: {reason}"));
        for (host, reason) in failed {
            if !self.hosts.get(host).begun {
                self.host_ended(host, Outcome::Unreachable { reason }, None);
            }
        }
        let tried = self.groups[ix as usize].tried;
        for host in members {
            let at = self.hosts.get(host);
            if at.settled || (at.ended() && !at.begun) {
                continue;
            }
            if at.begun || at.spec.weight == 0 {
                let slot = held.min(1);
                held -= slot;
                let alone = Group { epoch, ask_until: until, held: slot, ..Group::new(pool, vec![host]) };
                self.begin_group(alone);
                continue;
            }
            let no_relay = self.groups[ix as usize].no_relay.clone();
            if let Some(reason) = no_relay.filter(|_| self.wants_relay(host)) {
                self.host_ended(host, Outcome::Refused { reason }, None);
                continue;
            }
            let text = format!("none of {tried} candidates for its parent could be reached{last}");
            let reason = Reason::new(ReasonKind::ParentLost, text);
            self.host_ended(host, Outcome::Unreachable { reason }, None);
        }
        self.pools[pool as usize].used -= held;
        self.share_slots(pool);
    }

    /// Nothing new starts: hosts whose work was not handed over end without having run. Those that may have begun
    /// are sought on, to learn what became of them.
    pub(super) fn give_up_groups(&mut self) {
        self.pools.iter_mut().for_each(|pool| pool.waiting.clear());
        for ix in 0..self.groups.len() {
            let group = &mut self.groups[ix];
            let begun = |host: &u32| self.hosts.list[*host as usize].begun;
            if group.over || group.members.iter().all(begun) {
                continue;
            }
            group.over = true;
            let (trying, failed) = (std::mem::take(&mut group.trying), std::mem::take(&mut group.failed));
            let members = std::mem::take(&mut group.members);
            let (pool, epoch, ask_until, through) = (group.pool, group.epoch, group.ask_until, group.through);
            let held = std::mem::take(&mut group.held);
            trying.into_iter().for_each(|link| self.abandon_link(link));
            for (host, reason) in failed {
                if !self.hosts.get(host).begun {
                    self.host_ended(host, Outcome::Unreachable { reason }, None);
                }
            }
            self.begin_group(Group { epoch, ask_until, held, through, ..Group::new(pool, members) });
        }
    }

    /// Ends the hosts that certainly have not begun, and returns the others.
    fn end_unbegun(&mut self, members: Vec<u32>, reason: &Reason) -> Vec<u32> {
        let (begun, fresh): (Vec<u32>, Vec<u32>) = members.into_iter().partition(|&host| self.hosts.get(host).begun);
        for host in fresh {
            if !self.hosts.get(host).ended() {
                self.host_ended(host, Outcome::NotRun { reason: reason.clone() }, None);
            }
        }
        begun.into_iter().filter(|&host| !self.hosts.get(host).settled).collect()
    }
}
