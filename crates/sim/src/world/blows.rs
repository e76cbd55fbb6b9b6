//! What breaks on the way: links are cut, nodes killed or stopped, machines lose power, datacenters are cut off,
//! supervisors and payloads are killed, spools lost.

use crate::world::World;
use crate::world::queue::{Event, Ix};
use crate::world::spool::{Holder, Void};
use crate::world::work::End;

impl World {
    /// One blow, somewhere.
    pub(crate) fn blow(&mut self) {
        match self.rng.range(0, 15) {
            0 | 1 => self.blow_wire(true, false),
            2 => self.blow_wire(false, false),
            3 | 4 => self.blow_wire(true, true),
            5 | 6 => self.blow_node(),
            7 | 8 => self.blow_machine(),
            9 | 10 => self.blow_stop(),
            11 => self.blow_clock(),
            12 => self.blow_supervisor(),
            13 => self.blow_spool(),
            14 => self.blow_datacenter(),
            _ => self.blow_host_network(),
        }
    }

    pub(super) fn story_of(&mut self, host: Ix, what: &str) {
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

    /// A node that lives and has its place in the tree; rather one that commands others.
    pub(super) fn some_node(&mut self) -> Option<Ix> {
        let lives = |ix: &Ix| self.procs[*ix].alive && self.procs[*ix].host.is_some() && !self.procs[*ix].orphan;
        let nodes: Vec<Ix> = (0..self.procs.len()).filter(lives).collect();
        let parents: Vec<Ix> = nodes.iter().copied().filter(|&ix| !self.procs[ix].down.is_empty()).collect();
        if !parents.is_empty() && self.rng.chance(500) {
            return Some(self.rng.pick(&parents));
        }
        if nodes.is_empty() { None } else { Some(self.rng.pick(&nodes)) }
    }

    pub(super) fn place(&self, ix: Ix) -> Ix {
        self.procs[ix].host.expect("a node is on a host")
    }

    fn blow_node(&mut self) {
        let Some(ix) = self.some_node() else { return };
        self.stats.count("fault: node killed");
        self.story_of(self.place(ix), "has its node killed");
        self.kill(ix, false);
    }

    /// A node, or the coordinator, stands still for a while: up to a minute, or just too long for a timer.
    fn blow_stop(&mut self) {
        let node = self.some_node();
        let (ix, most) = match node {
            Some(ix) if self.rng.chance(900) => (ix, 60_000_000),
            _ => (self.coordinator, 20_000_000),
        };
        if !self.procs[ix].alive {
            return;
        }
        self.stop(ix, most);
    }

    fn stop(&mut self, ix: Ix, most: u64) {
        let whom = self.procs[ix].host.map(|host| self.scenario.plan.hosts[host].name.clone());
        self.stats.count(match whom {
            Some(_) => "fault: node stopped for a while",
            None => "fault: coordinator stopped for a while",
        });
        self.story.fault(self.now, whom.as_deref().unwrap_or("the coordinator"), "stands still for a while");
        let until = self.now + self.rng.range(1_000_000, most);
        self.procs[ix].was_stopped = true;
        self.check.held_up |= ix == self.coordinator;
        if !std::mem::replace(&mut self.procs[ix].stopped, true) {
            self.queue.plan(until, Event::Continue { proc: ix });
            if let Some(up) = self.procs[ix].up {
                self.must_be_noticed(up);
            }
            for wire in self.procs[ix].down.values().copied().collect::<Vec<_>>() {
                self.must_be_noticed(wire);
            }
        }
    }

    /// The clock of a process jumps ahead: every timer is late at once.
    fn blow_clock(&mut self) {
        let node = self.some_node();
        let ix = node.filter(|_| self.rng.chance(700)).unwrap_or(self.coordinator);
        if !self.procs[ix].alive {
            return;
        }
        self.stats.count("fault: clock jumped");
        let by = self.rng.pick(&[2_000_000, 30_000_000, 3_600_000_000]);
        self.procs[ix].jump(by);
        self.procs[ix].was_stopped = true;
        self.check.held_up |= ix == self.coordinator;
        self.wake_again(ix);
    }

    fn blow_machine(&mut self) {
        let all: Vec<Ix> = (0..self.hosts.len()).filter(|&host| self.hosts[host].powered).collect();
        if all.is_empty() {
            return;
        }
        self.stats.count("fault: machine lost power");
        let host = self.rng.pick(&all);
        self.power_off(host);
        if self.rng.chance(700) {
            let at = self.now + self.rng.range(1_000_000, 90_000_000);
            self.queue.plan(at, Event::PowerOn { host });
        }
    }

    pub(crate) fn power_off(&mut self, host: Ix) {
        self.story_of(host, "loses power");
        self.no_longer_counted(host);
        self.hosts[host].powered = false;
        let there: Vec<Ix> = (0..self.procs.len()).filter(|&ix| self.procs[ix].host == Some(host)).collect();
        for ix in there {
            if self.procs[ix].alive {
                self.kill(ix, true);
            }
        }
        let later = self.rng.range(60_000_000, 120_000_000);
        for wire in (0..self.wires.len()).filter(|&wire| self.wires[wire].via == Some(host)).collect::<Vec<_>>() {
            self.cut(wire, None, later);
        }
        self.hosts[host].spool.power_cut(&mut self.rng);
        self.hosts[host].starter = None;
    }

    pub(crate) fn power_on(&mut self, host: Ix) {
        if !std::mem::replace(&mut self.hosts[host].powered, true) {
            self.stats.count("fault: machine booted again");
            self.story_of(host, "is back");
        }
    }

    /// A supervisor is killed, or the payload that it watches over.
    fn blow_supervisor(&mut self) {
        let all: Vec<Ix> = (0..self.hosts.len())
            .filter(|&host| self.hosts[host].spool.chain.iter().any(|at| at.holder == Holder::Supervisor))
            .collect();
        if all.is_empty() {
            return;
        }
        let host = self.rng.pick(&all);
        let held = |at: &crate::world::spool::Attempt| at.holder == Holder::Supervisor;
        let Some(number) = self.hosts[host].spool.chain.iter().position(held) else { return };
        let alive = self.hosts[host].spool.chain[number].alive;
        if alive && self.rng.chance(500) {
            self.stats.count("fault: payload killed");
            self.story_of(host, "has its payload killed");
            return self.end_payload(host, number, End::Foreign);
        }
        self.stats.count("fault: supervisor killed");
        self.story_of(host, "has its supervisor killed");
        let attempt = &mut self.hosts[host].spool.chain[number];
        (attempt.holder, attempt.killed) = (Holder::Nobody, true);
        // What runs on without a supervisor is unknown, and no longer anybody's.
        self.no_longer_counted(host);
        self.claim_freed(host, number);
    }

    /// The folders of the run are removed on a host. Its history stays, so what began is not begun again. That nothing
    /// may begin stands in the folders alone: who removes it gives that word up.
    fn blow_spool(&mut self) {
        let loses = |host: &Ix| {
            let chain = &self.hosts[*host].spool.chain;
            !chain.is_empty() && chain.iter().all(|attempt| attempt.void != Some(Void::Final))
        };
        let all: Vec<Ix> = (0..self.hosts.len()).filter(loses).collect();
        if all.is_empty() {
            return;
        }
        let host = self.rng.pick(&all);
        self.stats.count("fault: spool lost");
        self.story_of(host, "loses its spool");
        self.no_longer_counted(host);
        for number in 0..self.hosts[host].spool.chain.len() {
            self.hosts[host].spool.chain[number].gone = true;
            self.claim_freed(host, number);
        }
    }
}
