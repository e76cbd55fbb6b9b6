//! Operators: who types verbs at moments that were drawn, sensible or not, and who looks after the rollout when
//! everything is quiet.

use super::Life;
use mcom_rollout::{Input, Order, Skip, State, Verb};

/// Verbs after which a rollout that nothing disturbs is over.
const NUDGES: u64 = 60;

impl Life {
    /// A verb is typed. A process takes it in; where there is none, a new one opens the record.
    pub(super) fn types(&mut self, verb: Verb, with_reason: bool) {
        let order = Order { verb, who: "eve@bastion".to_owned(), reason: with_reason.then(|| "because".to_owned()) };
        self.tell(&format!("! somebody types {order:?}"));
        let opened = self.opened();
        let machine = self.process.as_ref().map_or(&opened, |process| &process.machine);
        let possible = machine.can(&order);
        let possible = match self.sabotage {
            Some(sabotage) => sabotage.on_answer(possible),
            None => possible,
        };
        self.check.invariant_verbs(&order, &possible);
        self.stats.count(match (&possible, self.process.is_some()) {
            (Ok(()), true) => "verb followed by the process",
            (Ok(()), false) => "verb followed by a new process",
            (Err(_), _) => "verb refused",
        });
        if let Err(refusal) = possible {
            self.tell(&format!("  refused: {refusal}"));
            if matches!(verb, Verb::Resume(_)) && self.process.is_none() && self.check.state().goes_on() {
                self.begin(None);
            }
            return;
        }
        // What an order of before leads to comes first, and may leave nothing to do.
        let alone = self.process.is_some() || !self.check.has_unfollowed();
        let kills = self.stats.of("fault: process killed");
        if self.process.is_some() {
            self.input(Input::Asked(order.clone()));
        } else {
            self.begin_with(opened, Some(order.clone()));
        }
        if alone && self.stats.of("fault: process killed") == kills {
            self.check.invariant_orders_are_followed(&order);
        }
    }

    /// Nobody carries the rollout on, and somebody looks at it.
    pub(super) fn somebody_returns(&mut self) {
        self.returns_ms = None;
        let state = self.check.state();
        if state.goes_on() {
            self.stats.count("carried on by a new process");
            self.begin(None);
            return;
        }
        if !self.ground.quiet {
            return;
        }
        self.nudges += 1;
        if self.nudges > NUDGES {
            self.check.invariant_finishes("nothing breaks, and whoever is asked says that it may go on");
            return;
        }
        let state = self.check.state();
        if state == State::AwaitingApproval {
            self.types(Verb::Approve(Skip::default()), false);
        } else {
            // Bad health that stays is accepted when it was seen a few times.
            let health = self.nudges.is_multiple_of(3);
            self.types(Verb::Resume(Skip { soak: false, health, bad: health }), health);
        }
    }
}
