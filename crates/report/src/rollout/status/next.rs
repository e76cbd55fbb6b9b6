//! The one thing to type next.

use crate::names::fit;
use mcom_rollout::{RolloutSpec, RolloutState, State};

/// What to type next. One thing: who reads it under pressure does not choose.
pub(in crate::rollout) fn next_step(spec: &RolloutSpec, state: &RolloutState, is_carried_on: bool) -> String {
    let name = fit(&spec.name);
    let touched = state.changed().len() + state.half_changed().len();
    match state.state {
        State::AwaitingApproval => format!("mcom rollout approve {name}"),
        State::Paused => format!("mcom rollout resume {name}"),
        State::Aborted if spec.undo.is_some() && touched > 0 => format!("mcom rollout undo {name}"),
        State::Aborted | State::Undone | State::Done => format!("mcom log {name}"),
        _ if is_carried_on => format!("mcom rollout watch {name}"),
        _ => format!("mcom rollout resume {name}"),
    }
}
