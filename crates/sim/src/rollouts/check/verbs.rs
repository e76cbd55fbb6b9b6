//! Which verbs are possible when: the table, once more, from the rules.

use super::Check;
use mcom_rollout::{Order, Refusal, State, Verb};

impl Check {
    /// A verb is possible exactly where the rules say so, and a refusal says what to do.
    pub(crate) fn invariant_verbs(&mut self, order: &Order, possible: &Result<(), Refusal>) {
        let (expected, state) = (self.is_possible(order), self.live.state.words());
        let verb = order.verb;
        self.must("invariant_verbs", expected == possible.is_ok(), || format!("{verb:?} while {state}: {possible:?}"));
        if let Err(refusal) = possible {
            let text = refusal.to_string();
            let helps =
                ["mcom rollout ", "--reason", "`undo`", "already", "nothing to"].iter().any(|part| text.contains(part));
            self.must("invariant_verbs", helps, || format!("{text:?} does not say what to do"));
        }
    }

    fn is_possible(&self, order: &Order) -> bool {
        use State::{Aborted, Aborting, AwaitingApproval, Done, Paused, Pending, Running, Soaking};
        let state = self.live.state;
        match order.verb {
            Verb::Resume(skip) | Verb::Approve(skip) if skip.any() && order.reason.is_none() => false,
            Verb::Pause => matches!(state, Pending | Running | Soaking | AwaitingApproval),
            Verb::Resume(skip) => state == Paused || (state == Soaking && skip.any()),
            Verb::Approve(skip) => state == AwaitingApproval || (state == Soaking && skip.soak),
            Verb::Abort => !state.is_over() && state != Aborting,
            Verb::Undo { .. } => {
                self.spec.undo.is_some() && matches!(state, Paused | AwaitingApproval | Aborted | Done)
            }
        }
    }
}
