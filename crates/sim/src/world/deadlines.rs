//! What must have come about in time: deaths that are noticed, orphans that leave, hosts of a dead parent that are at
//! work again.

use crate::world::World;
use crate::world::queue::{Event, Ix};
use crate::world::witness::host_id;
use mcom_model::HostId;

/// Microseconds in which the hosts of a parent that is known to be dead are at work again.
const BACK: u64 = 30_000_000;

impl World {
    /// A wire on which nothing passes any more: each end must learn of it in time.
    pub(crate) fn must_be_noticed(&mut self, wire: Ix) {
        let dead = self.scenario.spec.timers.dead_ms * 1000;
        let at = self.now + dead + self.slack();
        self.queue.plan(at, Event::MustBeNoticed { wire });
        self.queue.plan(at, Event::MustHaveLeft { wire });
    }

    /// What a timer may be late, with the way of the last word before the silence.
    pub(crate) fn slack(&self) -> u64 {
        2_000_000 + self.scenario.long_latency
    }

    /// The parent with the most hosts below it dies.
    pub(crate) fn behead(&mut self, silently: bool) {
        let coordinator = &self.procs[self.coordinator];
        let below = |wire: Ix| coordinator.under.values().filter(|&&under| under == wire).count();
        let Some(wire) = coordinator.down.values().copied().max_by_key(|&wire| below(wire)) else { return };
        let at_work = |host: &HostId| self.check.is_at_work(*host);
        let under = coordinator.under.iter().filter(|(_, under)| **under == wire);
        let hosts: Vec<HostId> = under.map(|(&host, _)| host).filter(at_work).collect();
        let head = self.wires[wire].host;
        self.story_of(head, "dies, with many below it");
        if silently {
            self.power_off(head);
        } else {
            self.kill(self.wires[wire].child, false);
        }
        let notice = self.scenario.spec.timers.dead_ms * 1000 + self.slack();
        let event = Event::MustBeBack { head, since: self.now, hosts };
        self.queue.plan(self.now + notice + BACK, event);
    }

    /// Whoever was at work below a parent that died is at work again.
    pub(crate) fn look_whether_back(&mut self, head: Ix, since: u64, hosts: &[HostId]) {
        for &host in hosts.iter().filter(|host| host.0 as usize != head) {
            self.stats.count("at work again");
            self.check.invariant_subtree_is_back(host, since);
        }
    }

    /// A link on which nothing was heard for so long is given up by its parent.
    pub(crate) fn look_whether_noticed(&mut self, wire: Ix) {
        let at = &self.wires[wire];
        let parent = &self.procs[at.parent];
        let silent = self.now - at.heard[1] >= self.scenario.spec.timers.dead_ms * 1000 + self.slack();
        let sound = parent.alive && !parent.was_stopped;
        if silent && sound && parent.down.get(&at.link) == Some(&wire) {
            let host = host_id(at.host);
            self.check.invariant_death_is_noticed(host);
        }
    }

    /// A node that heard nothing from above for so long has left.
    pub(crate) fn look_whether_left(&mut self, wire: Ix) {
        let at = &self.wires[wire];
        let child = &self.procs[at.child];
        let silent = self.now - at.heard[0] >= self.scenario.spec.timers.dead_ms * 1000 + self.slack();
        if silent && child.alive && !child.was_stopped && child.run.spec().is_some() {
            let host = host_id(at.host);
            self.check.invariant_orphan_leaves(host);
        }
    }
}
