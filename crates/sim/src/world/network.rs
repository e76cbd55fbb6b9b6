//! Networks that are cut off for a while.

use crate::world::World;
use crate::world::queue::Ix;

impl World {
    /// Nothing passes into a datacenter, or out of it, or both, for a while.
    pub(super) fn blow_datacenter(&mut self) {
        let dc = self.rng.pick(&(0..self.dc_cut.len()).collect::<Vec<_>>());
        let cut = self.cut_for_a_while("fault: datacenter cut off", "fault: datacenter cut off one way");
        self.story.fault(self.now, &self.scenario.plan.datacenters[dc].name.clone(), "is cut off for a while");
        merge(&mut self.dc_cut[dc], cut);
        let inside =
            |wire: &Ix| self.wires[*wire].long && self.scenario.plan.hosts[self.wires[*wire].host].dc as usize == dc;
        let wires: Vec<Ix> = (0..self.wires.len()).filter(inside).collect();
        self.block(&wires);
    }

    /// The same for one machine, on all of its links.
    pub(super) fn blow_host_network(&mut self) {
        if self.hosts.is_empty() {
            return;
        }
        let host = match self.some_node() {
            Some(ix) => self.place(ix),
            None => self.rng.pick(&(0..self.hosts.len()).collect::<Vec<_>>()),
        };
        let cut = self.cut_for_a_while("fault: machine cut off", "fault: machine cut off one way");
        self.story_of(host, "is cut off for a while");
        merge(&mut self.hosts[host].cut, cut);
        let touches = |wire: &Ix| {
            let wire = &self.wires[*wire];
            wire.host == host || wire.via == Some(host) || self.procs[wire.parent].host == Some(host)
        };
        let wires: Vec<Ix> = (0..self.wires.len()).filter(touches).collect();
        self.block(&wires);
    }

    fn cut_for_a_while(&mut self, both: &'static str, one_way: &'static str) -> [u64; 2] {
        let until = self.now + self.rng.range(500_000, 60_000_000);
        let way = self.rng.range(0, 2);
        self.stats.count(if way == 2 { both } else { one_way });
        [if way == 1 { 0 } else { until }, if way == 0 { 0 } else { until }]
    }

    fn block(&mut self, wires: &[Ix]) {
        for &wire in wires {
            if !self.wires[wire].dead {
                self.wires[wire].was_blocked = true;
                self.must_be_noticed(wire);
            }
        }
    }
}

fn merge(cut: &mut [u64; 2], more: [u64; 2]) {
    *cut = [cut[0].max(more[0]), cut[1].max(more[1])];
}
