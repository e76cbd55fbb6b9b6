//! The side of the coordinator that looks up: the plan it carries out, the record it keeps, and the end of the run.

use crate::tree::ask::Tickets;
use crate::tree::collect::Collection;
use crate::tree::effect::Effect;
use crate::tree::hosts::{Host, Hosts};
use crate::tree::input::TimerReason;
use crate::tree::node::initial_credit;
use crate::tree::pace::Pace;
use crate::tree::run::{Role, TreeRun};
use crate::tree::window::Pool;
use mcom_model::{EndedBy, HostId, Plan, RunClock, RunEvent, RunSpec, RunStart, Tally, What};

/// What only the coordinator has.
pub(super) struct Coordinator {
    pub(super) tally: Tally,
    pub(super) by: EndedBy,
    /// It carries on what another one began.
    pub(super) resumed: bool,
    /// Levels that the tree may have below the coordinator's children.
    pub(super) levels_below: Option<u32>,
    pub(super) collection: Collection,
    /// What parents have asked for, and wait for.
    pub(super) asked: Tickets,
}

impl TreeRun {
    /// The coordinator of a run. Its first effects are there at once: the start of the run is recorded, and the links
    /// to the first candidates are made.
    pub fn coordinator(plan: &Plan, spec: RunSpec, start: RunStart) -> Self {
        let credit = initial_credit(&spec);
        let hosts = plan.host_ids().zip(&plan.hosts).map(|(id, host)| Host::new(id, host.clone(), host.dc, credit));
        let mut run = Self::of_plan(plan, spec, Hosts::of_plan(hosts));
        run.record(What::RunStarted(start), true);
        run.begin_run(plan);
        run
    }

    /// A coordinator that begins nothing yet.
    pub(super) fn of_plan(plan: &Plan, spec: RunSpec, hosts: Hosts) -> Self {
        let levels_below = plan.shape.depth.map(|depth| depth.saturating_sub(1));
        let collection = Collection::new(initial_credit(&spec));
        let role = Coordinator {
            tally: Tally::default(),
            by: EndedBy::Itself,
            resumed: false,
            levels_below,
            collection,
            asked: Tickets::default(),
        };
        let mut run = Self::new(Role::Coordinator(Box::new(role)), Some(spec), hosts);
        run.deadline = run.run_spec().limits.deadline_ms.map(RunClock::from_millis);
        run.timers.extend(run.deadline.map(|deadline| (deadline, TimerReason::Deadline)));
        run
    }

    /// Begins on every host of which something is still to come.
    pub(super) fn begin_run(&mut self, plan: &Plan) {
        let wanted = |run: &Self, host: HostId| !run.hosts.get(host.0).settled;
        self.pools = plan
            .datacenters
            .iter()
            .map(|dc| {
                let left = dc.members.iter().filter(|host| !self.hosts.get(host.0).ended()).count();
                Pool::of_dc(dc.name.clone(), Pace::new(self.run_spec(), dc, left))
            })
            .collect();
        self.share_fanout();
        for (pool, dc) in (0..).zip(&plan.datacenters) {
            let members = dc.members.iter().filter(|&&host| wanted(self, host));
            let members: Vec<(HostId, u32)> = members.map(|&id| (id, plan.host(id).weight)).collect();
            self.begin_groups(pool, mcom_fleet::tree::top(&members, plan.shape.depth));
        }
        self.end_if_done();
    }

    /// Writes down what happened. What is durable stands before the next effect is carried out.
    pub(super) fn record(&mut self, what: What, durable: bool) {
        let event = RunEvent { at: self.now, what };
        self.effects.push_back(Effect::Record { event, durable });
    }

    pub(super) fn end_run(&mut self) {
        let Role::Coordinator(coordinator) = &self.role else { return };
        if coordinator.collection.is_complete() {
            let (tally, by) = (coordinator.tally, coordinator.by);
            self.record(What::RunEnded { tally, by }, true);
            self.leave();
        }
    }
}
