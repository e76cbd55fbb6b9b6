//! A run of the tree simulation, with its links, nodes and spools, carried out by the processes of a rollout: it is left
//! alone when one is killed, and carried on by the next one.

use super::ground::Ground;
use crate::check::Broken;
use crate::scenario::{Faults, Scenario, Work};
use crate::world::World;
use mcom_model::{HostId, HostRanges, OutcomeKind, RunId};
use mcom_rollout::{HostEnd, RunOf};

/// One run.
pub(crate) struct RealRun {
    world: World,
    of: RunOf,
    /// The moment of the rollout at which the run's world begins.
    began_ms: u64,
    /// The hosts of the rollout, in the order of the run's ids.
    hosts: Vec<HostId>,
    /// Starts that were seen on each of them.
    seen: Vec<u32>,
    pub(crate) stopped: Option<String>,
}

impl RealRun {
    pub(crate) fn new(
        seed: u64,
        run: &RunId,
        (of, hosts): (RunOf, &HostRanges),
        max_fail: Option<u64>,
        ground: &Ground,
    ) -> Self {
        let hosts: Vec<HostId> = hosts.iter().collect();
        let own = run.as_str().bytes().fold(seed, |seed, byte| seed.wrapping_mul(31).wrapping_add(u64::from(byte)));
        let count = u32::try_from(hosts.len()).expect("a few hosts");
        let mut scenario = Scenario::calm(own, count, u64::from(count.min(2)));
        scenario.spec.run = run.clone();
        scenario.spec.once = true;
        (scenario.spec.limits.max_fail, scenario.spec.limits.fanout) = (max_fail, 2);
        scenario.plan.limits = scenario.spec.limits;
        scenario.work = Work { longest: 20_000_000, failing: 30, ..scenario.work };
        if !ground.quiet {
            let blows = if own.is_multiple_of(2) { 3 } else { 0 };
            scenario.faults =
                Faults { down: 60, refusing: 20, busy: 30, blows, blows_until: 30_000_000, ..Faults::default() };
        }
        let mut world = World::new(scenario, None, crate::Keep::default());
        for (host, id) in world.hosts.iter_mut().zip(&hosts) {
            host.spool.has_payload = ground.hosts[id.0 as usize].has_payload;
        }
        let seen = vec![0; hosts.len()];
        Self { world, of, began_ms: ground.now_ms, hosts, seen, stopped: None }
    }

    pub(crate) fn take_up(&mut self, halted: bool, ground: &mut Ground) {
        self.step(ground);
        self.world.taken_up(halted || self.stopped.is_some());
        self.look(ground);
    }

    pub(crate) fn halt(&mut self, ground: &mut Ground) {
        self.world.told_to_halt();
        self.look(ground);
    }

    pub(crate) fn cancel(&mut self, ground: &mut Ground) {
        if self.ends().is_none() && self.world.told_to_cancel() {
            self.stopped = Some("cancelled by bob@bastion".to_owned());
        }
        self.look(ground);
    }

    pub(crate) fn leave_alone(&mut self) {
        self.world.left_alone();
    }

    /// The moment of the next event, rounded up to a whole millisecond.
    pub(crate) fn next_ms(&self) -> Option<u64> {
        self.world.next_at().map(|at| self.began_ms + at.div_ceil(1000))
    }

    pub(crate) fn step(&mut self, ground: &mut Ground) {
        self.world.moves_up_to((ground.now_ms - self.began_ms) * 1000);
        self.look(ground);
    }

    /// What was started since the last look.
    fn look(&mut self, ground: &mut Ground) {
        for (place, host) in self.hosts.iter().enumerate() {
            let starts = self.world.hosts[place].starts;
            for _ in self.seen[place]..starts {
                ground.started.push((*host, self.of));
                ground.hosts[host.0 as usize].changed_ms = Some(ground.now_ms);
            }
            self.seen[place] = starts;
        }
    }

    /// How its hosts ended, once its coordinator has.
    pub(crate) fn ends(&self) -> Option<Vec<HostEnd>> {
        let ends = self.world.ended()?;
        let end = |(&host, kind): (&HostId, Option<OutcomeKind>)| HostEnd {
            host,
            kind: kind.unwrap_or(OutcomeKind::Unknown),
            signalled: false,
            boot: None,
        };
        Some(self.hosts.iter().zip(ends).map(end).collect())
    }

    /// The invariant of the tree that did not hold.
    pub(crate) const fn broken(&self) -> Option<&Broken> {
        self.world.check.broken.as_ref()
    }
}
