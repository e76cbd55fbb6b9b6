//! Exit codes of rollouts.

use crate::exit;
use mcom_rollout::{RolloutState, State, Verb, Why};

/// What `status`, and a process that leaves a rollout in this state, exits with.
pub fn of_state(state: &RolloutState) -> u8 {
    match state.state {
        State::Done => exit::OK,
        State::Aborting | State::Aborted | State::Undoing | State::Undone => exit::HALTED,
        State::Paused if is_halted(state) => exit::HALTED,
        State::Pending | State::Running | State::Soaking | State::AwaitingApproval | State::Paused => exit::WAITS,
    }
}

/// What a verb exits with whose order another process follows: what it asks for is not reached yet.
pub(super) const fn of_order(verb: Verb) -> u8 {
    match verb {
        Verb::Resume(_) | Verb::Approve(_) => exit::OK,
        Verb::Pause => exit::WAITS,
        Verb::Abort | Verb::Undo { .. } => exit::HALTED,
    }
}

/// Whether hosts, or their health, have stopped it.
const fn is_halted(state: &RolloutState) -> bool {
    matches!(state.why, Some(Why::TooManyBad { .. } | Why::GlobalSick { .. } | Why::NotUndone { .. }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_decides() {
        let at = |state, why| {
            let mut of = RolloutState::new(1);
            (of.state, of.why) = (state, why);
            of
        };
        let bad = Some(Why::TooManyBad { bad: 1, limit: 0 });
        for (state, why, code) in [
            (State::Done, None, exit::OK),
            (State::Soaking, None, exit::WAITS),
            (State::AwaitingApproval, None, exit::WAITS),
            (State::Paused, Some(Why::Operator { who: "a@b".into(), reason: None }), exit::WAITS),
            (State::Paused, bad.clone(), exit::HALTED),
            (State::Aborted, None, exit::HALTED),
            (State::Undone, bad, exit::HALTED),
        ] {
            assert_eq!(of_state(&at(state, why)), code, "{state:?}");
        }
    }
}
