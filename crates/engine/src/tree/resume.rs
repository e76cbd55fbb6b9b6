//! A coordinator that carries on what another one began: what the record knows stays, everything else is asked.

use crate::tree::hosts::{Host, Hosts, Phase, STREAMS};
use crate::tree::node::initial_credit;
use crate::tree::run::TreeRun;
use mcom_model::{EndedBy, HostRanges, Plan, RecordedHost, RecordedRun, RunSpec, What};

impl TreeRun {
    /// The coordinator of a run that was recorded so far by another one. Its first effects are there at once: that
    /// the run is carried on is recorded, and links are made to the hosts of which something is still to come. `who`
    /// carries it on, from `ms` (milliseconds since 1970) on.
    pub fn resume(plan: &Plan, spec: RunSpec, recorded: &RecordedRun, who: String, ms: u64) -> Self {
        let credit = initial_credit(&spec);
        let of = |at: usize| recorded.hosts.get(at).copied().unwrap_or_default();
        let hosts = plan.host_ids().zip(&plan.hosts).enumerate().map(|(at, (id, host))| {
            let mut host = Host::new(id, host.clone(), host.dc, credit);
            (host.begun, host.uid, host.transit) = (of(at).begun, of(at).uid, of(at).transit);
            host
        });
        let hosts = Hosts::of_plan(hosts);
        let mut run = Self::of_plan(plan, spec, hosts);
        run.now = recorded.at;
        if let Some(coordinator) = run.coordinator_mut() {
            coordinator.resumed = true;
        }
        let open: HostRanges = plan.host_ids().filter(|id| of(id.0 as usize).outcome.is_none()).collect();
        run.record(What::Resumed { who, ms, hosts: open }, true);
        run.stored_before(&recorded.bodies);
        for ix in (0..).take(plan.hosts.len()) {
            run.recall(ix, of(ix as usize), recorded);
        }
        if recorded.cancelled {
            run.cancel_asked(None);
        } else if let Some((by, reason)) = &recorded.halted
            // The operator who stopped it has it carried on now; a limit still holds.
            && *by != EndedBy::Interrupt
        {
            run.halt_run(*by, reason.clone());
        }
        // It may have had too many bad hosts when it was stopped for another reason.
        run.halt_if_too_bad();
        run.begin_run(plan);
        run
    }

    /// What the record knows of a host. Output of it that is not here is asked for.
    fn recall(&mut self, ix: u32, recorded: RecordedHost, run: &RecordedRun) {
        let Some(kind) = recorded.outcome else { return };
        let host = self.hosts.get_mut(ix);
        (host.phase, host.begun) = (Phase::Ended, true);
        for stream in STREAMS {
            let body = recorded.printed.map(|bodies| bodies[stream as usize]);
            let flow = &mut host.flows[stream as usize];
            flow.len = body.map(|body| body.len);
            flow.closed = body.is_none_or(|body| run.bodies.contains(&body.digest));
        }
        self.hosts.unended -= 1;
        if let Some(coordinator) = self.coordinator_mut() {
            coordinator.tally.add(kind);
        }
        if let Some(bodies) = recorded.printed {
            self.collect(ix, Some(bodies));
        }
        self.settle_if_done(ix);
    }
}
