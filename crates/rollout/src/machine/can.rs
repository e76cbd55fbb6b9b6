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
    #[error("--skip-soak, --skip-health and --accept-bad leave out what was planned: say why with --reason")]
    NoReason,
    /// Hosts are bad on which the payload began: asking again makes none of them better.
    #[error(
        "rollout {name} is paused: {bad} host{plural} of the stage failed, and {limit} may: look: mcom log {run}; to go on \
         without: mcom rollout resume {name} --accept-bad --reason TEXT",
        plural = if *bad == 1 { "" } else { "s" }
    )]
    Bad {
        /// The rollout.
        name: String,
        /// So many are bad.
        bad: u64,
        /// So many may be.
        limit: String,
        /// The run that they are of.
        run: String,
    },
    /// Nothing of it is to be reverted.
    #[error("rollout {name}: there is nothing to revert, it changed no host that is not reverted already{advice}")]
    NothingToUndo {
        /// The rollout.
        name: String,
        /// What to type where hosts had the change before.
        advice: String,
    },
}

impl Machine {
    /// Whether an order can be followed now.
    pub fn can(&self, order: &Order) -> Result<(), Refusal> {
        let state = self.state.state;
        match order.verb {
            Verb::Resume(skip) | Verb::Approve(skip) if skip.any() && order.reason.is_none() => Err(Refusal::NoReason),
            Verb::Abort if state == State::Aborting => Err(self.already()),
            Verb::Undo { skipped } => self.can_undo(skipped),
            verb if state.is_over() => Err(Refusal::Over { name: self.spec.name.clone(), state, verb }),
            Verb::Abort => Ok(()),
            Verb::Pause => self.can_pause(),
            Verb::Resume(skip) => match state {
                State::Paused if !skip.bad => self.can_resume(),
                State::Paused => Ok(()),
                State::Soaking if skip.soak || skip.health => Ok(()),
                State::Soaking => Err(self.other("watch", "it goes on")),
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

    /// Whether fewer hosts are bad than would stop it again at once.
    fn can_resume(&self) -> Result<(), Refusal> {
        let Some(stage) = self.spec.stages.get(self.state.stage as usize) else { return Ok(()) };
        let bad = self.bad_by_outcome().iter().filter(|host| self.state.host(*host).was_begun()).count() as u64;
        if bad <= stage.max_fail {
            return Ok(());
        }
        let limit = if stage.max_fail == 0 { "none".to_owned() } else { stage.max_fail.to_string() };
        let run = self.state.runs.last().map(|run| run.run.to_string()).unwrap_or_default();
        Err(Refusal::Bad { name: self.spec.name.clone(), bad, limit, run })
    }

    fn can_undo(&self, skipped: bool) -> Result<(), Refusal> {
        let state = self.state.state;
        match state {
            _ if self.spec.undo.is_none() => Err(Refusal::NoUndo { name: self.spec.name.clone() }),
            State::Undoing => Err(self.already()),
            State::Aborting => Err(self.other("watch", "it can be undone when that has ended")),
            State::Pending | State::Running | State::Soaking => {
                Err(self.other("abort", "pause or abort it before it is undone"))
            }
            _ if self.state.open_run().is_some() || !self.to_undo(skipped).is_empty() => Ok(()),
            State::Undone if self.state.skipped().is_empty() => Err(self.already()),
            _ => Err(self.nothing_to_undo()),
        }
    }

    fn nothing_to_undo(&self) -> Refusal {
        let name = self.spec.name.clone();
        let advice = match self.state.skipped().len() {
            0 => String::new(),
            1 => format!("; 1 had the change before: there too: mcom rollout undo {} --all", self.spec.id),
            many => format!("; {many} had the change before: there too: mcom rollout undo {} --all", self.spec.id),
        };
        Refusal::NothingToUndo { name, advice }
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
