//! What the views need to know of a recorded run.

use mcom_ledger::RunHead;
use mcom_report::{RolloutOfRun, RunInfo};

/// The fixed part of a run, with the rollout that it is a part of.
pub fn run_info(head: &RunHead) -> RunInfo {
    let of = head.rollout.as_ref();
    let rollout = of.map(|of| RolloutOfRun { id: of.id.clone(), name: of.name.clone(), stage: of.stage.clone() });
    RunInfo::new(&head.plan, &head.spec, head.started_ms).of_rollout(rollout)
}
