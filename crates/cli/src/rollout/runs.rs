//! One run of a rollout: what it is told, and what came of it.

use crate::config::Settings;
use crate::run::{Came, Shown, StagedRun, now_ms, spec_of};
use bytes::Bytes;
use mcom_fleet::planner;
use mcom_ledger::{RolloutHead, RunHead, RunOfRollout, StoredRollout};
use mcom_model::{Digest, EndedBy, Exit, HostId, HostRanges, Outcome, Payload, Plan, RunClock, RunId, RunSpec};
use mcom_rollout::{HostEnd, RolloutSpec, RunOf};
use std::io;

/// A run, as the rollout wants it.
pub(super) struct Wanted {
    pub(super) run: RunId,
    pub(super) of: RunOf,
    pub(super) hosts: HostRanges,
    pub(super) fanouts: Vec<(u32, u32)>,
    pub(super) max_fail: Option<u64>,
    pub(super) halted: bool,
}

/// The run with everything that it needs. An error: the rollout's record lacks what is run.
pub(super) fn staged<'a>(
    wanted: Wanted,
    head: &RolloutHead,
    rollout: &StoredRollout,
    settings: &'a Settings,
    shown: Shown<'a>,
) -> io::Result<StagedRun<'a>> {
    let spec = &head.spec;
    let payload = payload(spec, wanted.of);
    let blobs = blobs_of(rollout, &payload)?;
    let plan = plan(spec, &wanted, &payload);
    let run = spec_of(&plan, wanted.run.clone(), payload, shown.display.mode, settings);
    let run = RunSpec { undoes: undone(spec, wanted.of), ..run };
    let of = RunOfRollout { id: spec.id.clone(), name: spec.name.clone(), stage: stage_name(spec, wanted.of) };
    let version = concat!("mcom ", env!("CARGO_PKG_VERSION"));
    let run_head = RunHead::new(plan, run, now_ms(), version, std::env::args().collect());
    let run_head = RunHead { rollout: Some(of), ssh: head.ssh.clone(), ..run_head };
    let carried_on_by = format!("mcom rollout resume {}", spec.name);
    Ok(StagedRun { head: run_head, blobs, settings, shown, halted: wanted.halted, carried_on_by })
}

/// The bytes of what a rollout runs.
pub(super) fn blobs_of(rollout: &StoredRollout, payload: &Payload) -> io::Result<Vec<Bytes>> {
    payload.blobs().map(|blob| rollout.blob(&blob).map(Bytes::from)).collect()
}

/// What is run. One that reverts is there wherever the machine wants it.
fn payload(spec: &RolloutSpec, of: RunOf) -> Payload {
    let payload = match of {
        RunOf::Stage(_) => spec.plan.payload.clone(),
        RunOf::Undo => spec.undo.clone(),
    };
    payload.expect("a rollout has what it runs")
}

/// The plan for the hosts of a run alone.
fn plan(spec: &RolloutSpec, wanted: &Wanted, payload: &Payload) -> Plan {
    let mut plan = spec.plan.clone();
    for (dc, fanout) in &wanted.fanouts {
        plan.datacenters[*dc as usize].fanout = Some(*fanout);
    }
    let mut plan = planner::part(&plan, &wanted.hosts.iter().collect());
    plan.limits.max_fail = wanted.max_fail;
    plan.request.once = is_once(wanted.of);
    plan.payload = Some(payload.clone());
    plan
}

/// Hosts that have the change are skipped. What reverts it may have run before, and is run again.
const fn is_once(of: RunOf) -> bool {
    matches!(of, RunOf::Stage(_))
}

/// The payload that a run reverts.
fn undone(spec: &RolloutSpec, of: RunOf) -> Option<Digest> {
    match of {
        RunOf::Stage(_) => None,
        RunOf::Undo => spec.plan.payload_id(),
    }
}

/// The name of the stage of a run; none where it reverts.
pub(super) fn stage_name(spec: &RolloutSpec, of: RunOf) -> Option<String> {
    match of {
        RunOf::Stage(stage) => spec.stages.get(stage as usize).map(|stage| stage.name.clone()),
        RunOf::Undo => None,
    }
}

/// How every host ended; none where some have no end, because the operator left.
pub(super) fn ends(came: &Came, hosts: &HostRanges) -> Option<Vec<HostEnd>> {
    let ends = hosts.iter().zip(came.view.hosts()).map(|(host, (id, view))| {
        let outcome = view.outcome.as_ref()?;
        Some(HostEnd {
            host,
            kind: outcome.kind(),
            signalled: is_signalled(outcome),
            boot: came.boots.get(&id).cloned(),
        })
    });
    ends.collect()
}

const fn is_signalled(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Failed { exit: Exit::Signal(_) })
}

/// What stopped a run that was not let come to its end.
pub(super) fn stopped(came: &Came, run: &RunId) -> Option<String> {
    let (_, by) = came.view.ended()?;
    match by {
        EndedBy::Cancel => Some(format!("run {run} was cancelled")),
        EndedBy::LedgerFull => Some(format!("the record of run {run} could not be written: is the disk full?")),
        EndedBy::Deadline => Some(format!("run {run} has taken longer than its deadline")),
        EndedBy::Itself | EndedBy::Interrupt | EndedBy::MaxFail => None,
    }
}

/// How many hosts had begun when nothing new was let start, and came to their end after that.
pub(super) fn in_flight(came: &Came) -> u64 {
    let Some(halted) = halted_at(came) else { return 0 };
    let view = |(_, host): (HostId, &mcom_report::HostView)| {
        let began = host.started_at.is_some_and(|at| at <= halted);
        u64::from(began && host.ended_at.is_none_or(|at| at > halted))
    };
    came.view.hosts().map(view).sum()
}

fn halted_at(came: &Came) -> Option<RunClock> {
    // A halt that a later process has ended is none.
    let halted = came.view.halted()?;
    came.view.turns().iter().rev().find(|(_, turn)| turn == halted).map(|(at, _)| *at)
}
