//! What breaks on the way: links are cut, nodes killed or stopped, machines lose power.

use crate::world::World;
use crate::world::queue::{Event, Ix};

impl World {
    /// One blow, somewhere.
    pub(crate) fn blow(&mut self) {
        match self.rng.range(0, 5) {
            0 => self.blow_wire(true, false),
            1 => self.blow_wire(false, false),
            2 => self.blow_wire(true, true),
            3 => {
                if let Some(ix) = self.some_node() {
                    self.stats.count("fault: node killed");
                    self.story_of(self.place(ix), "has its node killed");
                    self.kill(ix, false);
                }
            }
            4 => {
                let all: Vec<Ix> = (0..self.hosts.len()).filter(|&host| self.hosts[host].powered).collect();
                if !all.is_empty() {
                    self.stats.count("fault: machine lost power");
                    let host = self.rng.pick(&all);
                    self.power_off(host);
                }
            }
            _ => {
                if let Some(ix) = self.some_node() {
                    self.stats.count("fault: node stopped for a while");
                    self.story_of(self.place(ix), "has its node stopped for a while");
                    let until = self.now + self.rng.range(1_000_000, 60_000_000);
                    self.procs[ix].was_stopped = true;
                    if !std::mem::replace(&mut self.procs[ix].stopped, true) {
                        self.queue.plan(until, Event::Continue { proc: ix });
                    }
                }
            }
        }
    }

    fn story_of(&mut self, host: Ix, what: &str) {
        self.story.fault(self.now, &self.scenario.plan.hosts[host].name, what);
    }

    fn blow_wire(&mut self, long: bool, silently: bool) {
        let fits = |ix: &Ix| !self.wires[*ix].dead && self.wires[*ix].long == long && self.is_in_use(*ix);
        let wires: Vec<Ix> = (0..self.wires.len()).filter(fits).collect();
        if wires.is_empty() {
            return;
        }
        let ix = self.rng.pick(&wires);
        self.stats.count(match (silently, long) {
            (true, _) => "fault: link cut without a word",
            (false, true) => "fault: long link cut",
            (false, false) => "fault: inner link cut",
        });
        self.story_of(self.wires[ix].host, if silently { "is cut off without a word" } else { "is cut off" });
        let later = self.rng.range(60_000_000, 120_000_000);
        let soon = self.rng.range(100, 500_000);
        if silently { self.cut(ix, None, later) } else { self.cut(ix, Some(soon), soon) }
    }

    fn is_in_use(&self, ix: Ix) -> bool {
        let wire = &self.wires[ix];
        self.procs[wire.parent].alive && self.procs[wire.parent].down.get(&wire.link) == Some(&ix)
    }

    /// A node that lives and has its place in the tree.
    fn some_node(&mut self) -> Option<Ix> {
        let lives = |ix: &Ix| self.procs[*ix].alive && !self.procs[*ix].orphan;
        let nodes: Vec<Ix> = (1..self.procs.len()).filter(lives).collect();
        if nodes.is_empty() { None } else { Some(self.rng.pick(&nodes)) }
    }

    fn place(&self, ix: Ix) -> Ix {
        self.procs[ix].host.expect("every process but the first is on a host")
    }

    fn power_off(&mut self, host: Ix) {
        self.story_of(host, "loses power");
        self.no_longer_counted(host);
        self.hosts[host].powered = false;
        let there: Vec<Ix> = (1..self.procs.len()).filter(|&ix| self.procs[ix].host == Some(host)).collect();
        for ix in there {
            if self.procs[ix].alive {
                self.kill(ix, true);
            }
        }
    }
}
