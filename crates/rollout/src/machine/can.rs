//! Which verbs are possible in which state, and what to type where one is not.

use crate::machine::Machine;
use crate::order::{Order, Verb};
use crate::state::State;

/// Why a verb is not possible now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is over.
    #[error("rollout {name} is {state}: there is nothing to {verb}", state = state.words())]
    Over {
        /// The rollout.
        name: String,
        /// The state.
        state: State,
        /// What was asked.
        verb: Verb,
    },
    /// It is so already.
    #[error("rollout {name} is {state} already", state = state.words())]
    Already {
        /// The rollout.
        name: String,
        /// The state.
        state: State,
    },
    /// Another verb is the one for this state.
    #[error("rollout {name} is {state}: {advice}", state = state.words())]
    Other {
        /// The rollout.
        name: String,
        /// The state.
        state: State,
        /// What to type.
        advice: String,
    },
    /// It has nothing that reverts it.
    #[error("rollout {name} has no script that undoes it: `undo` in its file names one")]
    NoUndo {
        /// The rollout.
        name: String,
    },
    /// Something is left out without a reason.
    #[error("--skip-soak and --skip-health leave out what was planned: say why with --reason")]
    NoReason,
}

impl Machine {
    /// Whether an order can be followed now.
    pub fn can(&self, order: &Order) -> Result<(), Refusal> {
        let state = self.state.state;
        match order.verb {
            Verb::Resume(skip) | Verb::Approve(skip) if skip.any() && order.reason.is_none() => Err(Refusal::NoReason),
            Verb::Abort if state == State::Aborting => Err(self.already()),
            Verb::Undo { .. } => self.can_undo(),
            verb if state.is_over() => Err(Refusal::Over { name: self.spec.name.clone(), state, verb }),
            Verb::Abort => Ok(()),
            Verb::Pause => self.can_pause(),
            Verb::Resume(skip) => match state {
                State::Paused => Ok(()),
                State::Soaking if skip.any() => Ok(()),
                State::AwaitingApproval => Err(self.other("approve", "it waits for somebody to say that it may go on")),
                State::Aborting | State::Undoing => Err(self.other("watch", "it comes to its end by itself")),
                _ if skip.any() => Err(self.other("watch", "nothing soaks that could be cut short")),
                _ => Err(self.other("watch", "it goes on")),
            },
            Verb::Approve(skip) => match state {
                State::AwaitingApproval => Ok(()),
                State::Soaking if skip.soak => Ok(()),
                State::Soaking => Err(self.other("approve --skip-soak --reason TEXT", "its soak is not over")),
                State::Paused => Err(self.other("resume", "there is no gate to pass before it goes on")),
                _ => Err(self.other("watch", "there is no gate to pass")),
            },
        }
    }

    fn can_pause(&self) -> Result<(), Refusal> {
        match self.state.state {
            State::Pending | State::Running | State::Soaking | State::AwaitingApproval => Ok(()),
            State::Paused => Err(self.already()),
            State::Undoing => Err(self.other("abort", "it cannot be paused while it undoes")),
            _ => Err(self.other("watch", "nothing new starts any more")),
        }
    }

    fn can_undo(&self) -> Result<(), Refusal> {
        match self.state.state {
            _ if self.spec.undo.is_none() => Err(Refusal::NoUndo { name: self.spec.name.clone() }),
            State::Paused | State::AwaitingApproval | State::Aborted | State::Done => Ok(()),
            State::Undone | State::Undoing => Err(self.already()),
            State::Aborting => Err(self.other("watch", "it can be undone when that has ended")),
            State::Pending | State::Running | State::Soaking => {
                Err(self.other("abort", "pause or abort it before it is undone"))
            }
        }
    }

    fn already(&self) -> Refusal {
        Refusal::Already { name: self.spec.name.clone(), state: self.state.state }
    }

    fn other(&self, verb: &str, why: &str) -> Refusal {
        let name = &self.spec.name;
        let (words, flags) = verb.split_once(' ').unwrap_or((verb, ""));
        let flags = if flags.is_empty() { String::new() } else { format!(" {flags}") };
        let advice = format!("{why}: mcom rollout {words} {name}{flags}");
        Refusal::Other { name: name.clone(), state: self.state.state, advice }
    }
}
