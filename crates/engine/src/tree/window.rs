//! The window: how many payloads may run at once below here, and who gets a slot when one is free.
//!
//! A slot is held by this host's own payload, by a child without hosts below it from the moment its link is made,
//! or is lent to a child that is a parent. A lent slot comes back by itself when that child has fewer hosts left
//! than slots; no message says so.

use crate::tree::effect::{Effect, LinkId};
use crate::tree::pace::Pace;
use crate::tree::run::TreeRun;
use crate::tree::transit::Gateways;
use mcom_wire::Down;
use std::collections::VecDeque;

/// The slots of one datacenter at the coordinator, or of one node's subtree.
pub(super) struct Pool {
    /// The datacenter's name.
    pub(super) dc: String,
    /// Payloads that may run at once.
    pub(super) window: u32,
    /// Slots in use: the own one, and over all links the lent slots, never more than hosts are left there.
    pub(super) used: u32,
    /// Who wants a slot. Empty whenever a slot is free.
    pub(super) waiting: VecDeque<Claim>,
    /// How the window of a datacenter moves (coordinator).
    pub(super) pace: Option<Pace>,
    /// Through whose sshd hosts of it are reached that go by transit (coordinator).
    pub(super) gateways: Gateways,
}

/// A claim to slots.
#[derive(Clone, Copy, Debug)]
pub(super) enum Claim {
    /// This host's own payload.
    Own,
    /// A group of one host, whose link is made when it has its slot.
    Single(u32),
    /// A child that commands others, has more hosts left than slots, and takes as many as there are.
    Lend(LinkId),
}

impl Pool {
    pub(super) const fn new(dc: String, window: u32) -> Self {
        Self { dc, window, used: 0, waiting: VecDeque::new(), pace: None, gateways: Gateways::new() }
    }

    /// The pool of a datacenter at the coordinator.
    pub(super) fn of_dc(dc: String, pace: Pace) -> Self {
        Self { pace: Some(pace), ..Self::new(dc, pace.window()) }
    }

    pub(super) const fn free(&self) -> u32 {
        self.window.saturating_sub(self.used)
    }
}

impl TreeRun {
    /// Hands free slots to those who wait for them, in turn.
    pub(super) fn share_slots(&mut self, pool: u32) {
        if self.is_too_bad() {
            return;
        }
        while self.pools[pool as usize].free() > 0 {
            let Some(claim) = self.pools[pool as usize].waiting.pop_front() else { return };
            match claim {
                Claim::Own => self.take_own_slot(pool),
                Claim::Single(group) => self.open_single(group),
                Claim::Lend(link) => self.lend(pool, link),
            }
        }
    }

    /// Lends a child that commands others what it can use, as far as it is there, and says so.
    fn lend(&mut self, pool: u32, id: LinkId) {
        let free = self.pools[pool as usize].free();
        let Some(link) = self.links.get_mut(id) else { return };
        let more = link.left.saturating_sub(link.lent).min(free);
        if more == 0 {
            return;
        }
        link.lent += more;
        let (window, hungry) = (link.lent, link.lent < link.left);
        let pool = &mut self.pools[pool as usize];
        pool.used += more;
        if hungry {
            pool.waiting.push_back(Claim::Lend(id));
        }
        self.effects.push_back(Effect::SendDown { link: id, message: Down::Window { window } });
    }

    /// Lends a child that is about to get its assignment its first slots; the assignment says how many.
    /// The slots that its hosts hold from an earlier link are among them.
    pub(super) fn lend_first(&mut self, pool: u32, id: LinkId, group: u32) -> u32 {
        let held = std::mem::take(&mut self.groups[group as usize].held);
        let pool = &mut self.pools[pool as usize];
        pool.used -= held;
        let Some(link) = self.links.get_mut(id) else { return 0 };
        link.lent = link.left.min(pool.free().max(held));
        pool.used += link.lent;
        if link.lent < link.left {
            pool.waiting.push_back(Claim::Lend(id));
        }
        link.lent
    }

    /// Whether every slot in use is somebody's: the own payload's, a link's, or held by a group between two links. A
    /// check for tests, which looks at everything.
    pub fn slots_add_up(&self) -> bool {
        (0..).zip(&self.pools).all(|(ix, pool)| {
            let of_links = self.links.all().filter(|link| self.groups[link.group as usize].pool == ix);
            let lent: u32 = of_links.map(|link| link.lent.min(link.left)).sum();
            let held: u32 = self.groups.iter().filter(|group| group.pool == ix).map(|group| group.held).sum();
            pool.used == lent + held + self.own_slots()
        })
    }

    /// Counts a slot that nobody has: proof for tests that [`Self::slots_add_up`] notices.
    pub fn miscount_slots(&mut self) {
        self.pools.iter_mut().for_each(|pool| pool.used += 1);
    }

    /// A child with nobody below it does not need its slot.
    pub(super) fn give_back_slot(&mut self, pool: u32, id: LinkId) {
        if let Some(link) = self.links.get_mut(id) {
            self.pools[pool as usize].used -= std::mem::take(&mut link.lent);
        }
    }

    /// One host fewer is left at a child: the slot that nobody there can use any more is free again.
    pub(super) fn one_less_at(&mut self, pool: u32, id: LinkId) {
        let Some(link) = self.links.get_mut(id) else { return };
        let before = link.lent.min(link.left);
        link.left -= 1;
        self.pools[pool as usize].used -= before - link.lent.min(link.left);
    }

    /// A new window from above.
    pub(super) fn set_window(&mut self, window: u32) {
        if let Some(pool) = self.pools.first_mut() {
            pool.window = window;
            self.share_slots(0);
        }
    }
}
