//! Exit codes of rollouts.

use crate::exit;
use mcom_rollout::{RolloutState, State, Why};

/// What `status` exits with: the state of now.
pub fn of_status(state: &RolloutState) -> u8 {
    match state.state {
        State::Done => exit::OK,
        State::Aborting | State::Aborted | State::Undoing | State::Undone => exit::HALTED,
        State::Paused if is_halted(state) => exit::HALTED,
        State::Pending | State::Running | State::Soaking | State::AwaitingApproval | State::Paused => exit::WAITS,
    }
}

/// What a process exits with that leaves a rollout in this state. `aim` is the state that it was started for: one that
/// is reached is no failure.
pub fn of_state(state: &RolloutState, aim: Option<State>) -> u8 {
    if aim == Some(state.state) { exit::OK } else { of_status(state) }
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
            assert_eq!(of_status(&at(state, why)), code, "{state:?}");
        }
        assert_eq!(of_state(&at(State::Aborted, None), Some(State::Aborted)), exit::OK);
        assert_eq!(of_state(&at(State::Aborted, None), Some(State::Done)), exit::HALTED);
    }
}
