//! Links that were lost: their hosts are asked again over other links.
//!
//! The hosts themselves see to it that no attempt starts twice, so a host may be assigned again at any time. What is
//! decided here is through whom, how long it is tried, and what a host is called that cannot be reached again.

use crate::tree::effect::{Effect, LinkId};
use crate::tree::group::Group;
use crate::tree::hosts::Phase;
use crate::tree::input::{LinkFailure, TimerReason};
use crate::tree::links::Link;
use crate::tree::run::{Role, TreeRun};
use crate::tree::stop::Stop;
use mcom_model::limits::PARENTS_LOST;
use mcom_model::{Epoch, HostEvent, Outcome, Reason, ReasonKind};
use std::time::Duration;

/// The first pause between two tries is this part of the whole time; each further one is twice as long.
const FIRST_PAUSE: u64 = 30;

impl TreeRun {
    /// A link was lost: says so, and asks its hosts again.
    pub(super) fn lose_link(&mut self, id: LinkId, reason: &Reason, close: bool) {
        if !self.links.is_open(id) {
            return self.link_failed(id, LinkFailure::Unreachable(reason.clone()));
        }
        let Some((link, held)) = self.take_link(id) else { return };
        if close {
            self.effects.push_back(Effect::CloseLink { link: id });
        }
        let lied = reason.kind == ReasonKind::ProtocolViolation;
        self.say_lost(&link, reason, lied);
        let mut members = self.take_back_hosts(id, &link, lied);
        for &ix in &members {
            if self.is_held_elsewhere(ix) {
                self.output_gone(ix, reason);
            }
        }
        members.retain(|&ix| !self.hosts.get(ix).settled);
        if lied {
            self.end_liar(&link, reason);
        }
        let Group { pool, epoch, through, .. } = self.groups[link.group as usize];
        let epoch = Epoch(epoch.0 + 1);
        let used = held.min(u32::try_from(members.len()).unwrap_or(u32::MAX));
        self.pools[pool as usize].used -= held - used;
        let until = self.now.after(self.ask_time());
        let mut group = Group::new(pool, members).holding(used);
        (group.epoch, group.ask_until, group.through) = (epoch, Some(until), through);
        if epoch.0 > PARENTS_LOST {
            let text = format!("{} links to it were lost, the last one: {reason}", epoch.0);
            self.end_asking(group, &Reason::new(ReasonKind::LostWhileRunning, text));
        } else if group.members.is_empty() {
            self.pools[pool as usize].used -= used;
        } else {
            self.begin_group(group);
        }
        self.share_slots(pool);
    }

    /// Tells everybody above, before anything is repaired.
    fn say_lost(&mut self, link: &Link, reason: &Reason, lied: bool) {
        let reason = reason.clone();
        if link.assigned > 1 {
            self.say(link.host, HostEvent::ParentLost { reason });
        } else if !lied && !self.hosts.get(link.host).ended() {
            self.say(link.host, HostEvent::LinkLost { reason });
        }
        self.hosts.get_mut(link.host).reach(Phase::Waiting);
    }

    /// The hosts below a lost link of which something is still to come: first those that have the payload, because
    /// one of them is the next parent that needs no copy of it; the old head last.
    fn take_back_hosts(&mut self, id: LinkId, link: &Link, lied: bool) -> Vec<u32> {
        let may_have_begun = link.asked || link.blobs as usize >= self.run_spec().payload.blobs().count();
        let members = self.groups[link.group as usize].members.iter().copied();
        let mut below: Vec<u32> = members.filter(|&ix| self.hosts.get(ix).link == Some(id)).collect();
        below.sort_by_key(|&ix| (ix == link.host, self.hosts.get(ix).phase < Phase::Claimed));
        for &ix in &below {
            let host = self.hosts.get_mut(ix);
            host.link = None;
            host.begun |= may_have_begun || host.phase >= Phase::Claimed;
            host.reach(Phase::Waiting);
        }
        below.retain(|&ix| !(self.hosts.get(ix).settled || lied && ix == link.host));
        below
    }

    /// A node that says what it may not say is not asked again: whatever it answered would be worth nothing.
    fn end_liar(&mut self, link: &Link, reason: &Reason) {
        let host = self.hosts.get(link.host);
        let reason =
            Reason::new(ReasonKind::ProtocolViolation, format!("the link to {} was closed: {reason}", host.spec.name));
        match (host.ended(), host.begun) {
            (true, _) => self.output_gone(link.host, &reason),
            (false, true) => self.host_ended(link.host, Outcome::Unknown { reason }, None),
            (false, false) => self.host_ended(link.host, Outcome::Refused { reason }, None),
        }
    }

    /// Makes a link to a host that is asked again; it keeps the slot that it holds.
    pub(super) fn ask_single(&mut self, ix: u32) {
        let group = &mut self.groups[ix as usize];
        let (host, held) = (group.members[0], std::mem::take(&mut group.held));
        self.want_link(ix, host, held);
    }

    /// A host that is asked again could not be reached: tries again after a pause, until the time is up.
    pub(super) fn ask_failed(&mut self, ix: u32, failure: LinkFailure) {
        let first = self.ask_time() / u32::try_from(FIRST_PAUSE).expect("a small number");
        let group = &mut self.groups[ix as usize];
        self.hosts.list[group.members[0] as usize].reach(Phase::Waiting);
        group.pause = (group.pause * 2).max(first);
        let next = self.now.after(group.pause);
        match (failure, group.ask_until) {
            (LinkFailure::Unreachable(_), Some(until)) if self.now < until => {
                // The last try is made when the time is up.
                self.timers.insert((next.min(until), TimerReason::AskAgain(ix)));
            }
            (LinkFailure::Unreachable(reason) | LinkFailure::Refused(reason), _) => self.end_group(ix, &reason),
        }
    }

    /// The pause before another try is over.
    pub(super) fn ask_again(&mut self, ix: u32) {
        if !self.groups[ix as usize].over {
            self.ask_single(ix);
        }
    }

    /// Nobody of a group is asked any more.
    pub(super) fn end_group(&mut self, ix: u32, reason: &Reason) {
        let group = &mut self.groups[ix as usize];
        if std::mem::replace(&mut group.over, true) {
            return;
        }
        let (pool, held) = (group.pool, std::mem::take(&mut group.held));
        let (trying, members) = (std::mem::take(&mut group.trying), std::mem::take(&mut group.members));
        trying.into_iter().for_each(|link| self.abandon_link(link));
        self.end_asking(Group::new(pool, members).holding(held), reason);
    }

    fn end_asking(&mut self, group: Group, reason: &Reason) {
        self.pools[group.pool as usize].used -= group.held;
        for ix in group.members {
            self.not_reached_again(ix, reason);
        }
        self.share_slots(group.pool);
    }

    /// What a host is called that could not be reached again.
    fn not_reached_again(&mut self, ix: u32, reason: &Reason) {
        let host = self.hosts.get(ix);
        let outcome = match (host.ended(), host.begun) {
            (true, _) if host.settled => return,
            (true, _) => {
                let reason = Reason::new(ReasonKind::LinkLost, "it had not all come when the time for that was up");
                return self.output_gone(ix, &reason);
            }
            (false, true) => {
                let text = format!("it may have begun, and could not be asked again: {reason}");
                let kind = match self.stop {
                    // Said as it is, because the coordinator can still reach it in another way.
                    _ if reason.kind == ReasonKind::RelayImpossible => ReasonKind::RelayImpossible,
                    Stop::Cancelled(_) => ReasonKind::CancelPending,
                    Stop::No | Stop::Halted(_) => ReasonKind::LostWhileRunning,
                };
                Outcome::Unknown { reason: Reason::new(kind, text) }
            }
            (false, false) => match self.stop.reason() {
                Some(reason) => Outcome::NotRun { reason: reason.clone() },
                None => Outcome::Unreachable { reason: reason.clone() },
            },
        };
        self.host_ended(ix, outcome, None);
    }

    /// Everything that is still asked, or was not heard of again, ends: the time is up.
    pub(super) fn give_up_asking(&mut self, reason: &Reason) {
        for id in self.links.open() {
            let Some((link, held)) = self.take_link(id) else { continue };
            self.effects.push_back(Effect::CloseLink { link: id });
            let members = self.take_back_hosts(id, &link, false);
            let pool = self.groups[link.group as usize].pool;
            self.end_asking(Group::new(pool, members).holding(held), reason);
        }
        for ix in 0..u32::try_from(self.groups.len()).expect("a host is in few groups") {
            self.end_group(ix, reason);
        }
    }

    pub(super) fn ask_time(&self) -> Duration {
        Duration::from_millis(self.run_spec().timers.ask_ms)
    }

    /// The assignment of a link was taken back before it was sent: nothing below it was started over it.
    pub(super) fn take_back_link(&mut self, id: LinkId, reason: &Reason) {
        let Some((link, held)) = self.take_link(id) else { return };
        let pool = self.groups[link.group as usize].pool;
        let members = self.groups[link.group as usize].members.iter().copied();
        let below: Vec<u32> = members.filter(|&ix| self.hosts.get(ix).link == Some(id)).collect();
        self.pools[pool as usize].used -= held;
        for ix in below {
            let host = self.hosts.get_mut(ix);
            host.link = None;
            let outcome = match (host.ended(), host.begun) {
                (true, _) => {
                    self.output_gone(ix, reason);
                    continue;
                }
                (false, true) => Outcome::Unknown { reason: reason.clone() },
                (false, false) => Outcome::NotRun { reason: reason.clone() },
            };
            self.host_ended(ix, outcome, None);
        }
    }

    /// Whether this is the coordinator.
    pub(super) const fn is_coordinator(&self) -> bool {
        matches!(self.role, Role::Coordinator(_))
    }
}
