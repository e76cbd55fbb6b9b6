//! Which verbs are possible when: the table, once more, from the rules.

use super::Check;
use mcom_rollout::{HostProgress, Order, Refusal, State, Verb};

impl Check {
    /// A verb is possible exactly where the rules say so, and a refusal says what to do.
    pub(crate) fn invariant_verbs(&mut self, order: &Order, possible: &Result<(), Refusal>) {
        let (expected, state) = (self.is_possible(order), self.live.state.words());
        let verb = order.verb;
        let expected = expected && !self.is_excused(order, possible);
        self.must("invariant_verbs", expected == possible.is_ok(), || format!("{verb:?} while {state}: {possible:?}"));
        if let Err(refusal) = possible {
            let text = refusal.to_string();
            let helps =
                ["mcom rollout ", "--reason", "`undo`", "already", "nothing to"].iter().any(|part| text.contains(part));
            self.must("invariant_verbs", helps, || format!("{text:?} does not say what to do"));
        }
    }

    /// Whether the hosts are such that an order comes to nothing, though its verb is one for this state.
    fn is_excused(&self, order: &Order, possible: &Result<(), Refusal>) -> bool {
        let live = &self.live;
        match (order.verb, possible) {
            (Verb::Resume(skip), Err(Refusal::Bad { bad, .. })) => {
                let stage = &self.spec.stages[live.stage as usize];
                let failed = stage.hosts.iter().filter(|host| live.host(*host).ended_badly()).count() as u64;
                !skip.bad && *bad > stage.max_fail && *bad <= failed
            }
            (Verb::Undo { skipped }, Err(Refusal::NothingToUndo { .. } | Refusal::Already { .. })) => {
                let was_touched = |host: &HostProgress| host.was_begun() && !host.is_undone();
                live.which(was_touched).is_empty() && (!skipped || live.skipped().is_empty())
            }
            _ => false,
        }
    }

    fn is_possible(&self, order: &Order) -> bool {
        use State::{Aborted, Aborting, AwaitingApproval, Done, Paused, Pending, Running, Soaking, Undone};
        let state = self.live.state;
        match order.verb {
            Verb::Resume(skip) | Verb::Approve(skip) if skip.any() && order.reason.is_none() => false,
            Verb::Pause => matches!(state, Pending | Running | Soaking | AwaitingApproval),
            Verb::Resume(skip) => state == Paused || (state == Soaking && (skip.soak || skip.health)),
            Verb::Approve(skip) => state == AwaitingApproval || (state == Soaking && skip.soak),
            Verb::Abort => !state.is_over() && state != Aborting,
            Verb::Undo { .. } => {
                let is_possible = matches!(state, Paused | AwaitingApproval | Aborted | Undone | Done);
                self.spec.undo.is_some() && is_possible
            }
        }
    }
}
