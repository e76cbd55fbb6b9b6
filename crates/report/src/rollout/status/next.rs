//! The one thing to type next.

use crate::names::fit;
use mcom_model::RunId;
use mcom_rollout::{HostProgress, RolloutSpec, RolloutState, State, Why};

/// What to type next. One thing: who reads it under pressure does not choose.
pub(in crate::rollout) fn next_step(spec: &RolloutSpec, state: &RolloutState, is_carried_on: bool) -> String {
    // Of those that are over, another one may have the name by now.
    let (name, id) = (fit(&spec.name), &spec.id);
    let touched = state.changed().len() + state.half_changed().len();
    match state.state {
        State::AwaitingApproval => format!("mcom rollout approve {name}"),
        State::Paused => match failed_run(spec, state) {
            Some(run) => format!(
                "mcom log {run}, then: mcom rollout abort {name}, or without them: mcom rollout resume {name} --accept-bad \
                 --reason TEXT"
            ),
            None => format!("mcom rollout resume {name}"),
        },
        State::Aborted if spec.undo.is_some() && touched > 0 => format!("mcom rollout undo {id}"),
        State::Aborted | State::Undone | State::Done => format!("mcom log {id}"),
        _ if is_carried_on => format!("mcom rollout watch {name}"),
        _ => format!("mcom rollout resume {name}"),
    }
}

/// The run whose failures stopped the stage, where a resume alone would change nothing about them.
fn failed_run<'s>(spec: &RolloutSpec, state: &'s RolloutState) -> Option<&'s RunId> {
    let stage = spec.stages.get(state.stage as usize)?;
    let is_failed = |host: &HostProgress| host.ended_badly() && host.was_begun() && !host.accepted && !host.sick;
    let failed = stage.hosts.iter().filter(|host| is_failed(state.host(*host))).count() as u64;
    let stopped = matches!(state.why, Some(Why::TooManyBad { .. })) && failed > stage.max_fail;
    state.runs.last().filter(|_| stopped).map(|run| &run.run)
}
