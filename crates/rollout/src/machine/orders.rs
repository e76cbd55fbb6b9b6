//! What operators ask for.

use crate::event::{Happened, Why};
use crate::machine::{Effect, Machine};
use crate::order::{Order, Skip, Verb};
use crate::state::State;
use mcom_model::HostRanges;

impl Machine {
    /// Follows an order that can be followed; others change nothing.
    pub(super) fn asked(&mut self, order: Order) {
        if self.can(&order).is_err() {
            return;
        }
        let seen = self.bad_by_outcome();
        let sick = self.state.which(|host| host.sick && !host.accepted);
        self.record(Happened::Asked(order.clone()));
        self.follow(order, seen, sick);
    }

    /// Follows what was asked for and recorded by a process that was gone before anything came of it.
    pub(super) fn catch_up(&mut self) {
        if let Some(order) = self.state.unfollowed.clone() {
            self.follow(order, self.bad_by_outcome(), HostRanges::default());
        }
    }

    /// `seen` and `sick` are the bad hosts that the operator knew of.
    fn follow(&mut self, order: Order, seen: HostRanges, sick: HostRanges) {
        let (verb, before) = (order.verb, self.state.state);
        let why = Why::Operator { who: order.who, reason: order.reason };
        match verb {
            Verb::Pause => {
                self.become_now(State::Paused, None, Some(why));
                self.halt();
            }
            Verb::Resume(skip) if before == State::Paused => {
                if skip.bad {
                    self.accept(seen);
                }
                if skip.bad || skip.health {
                    self.accept(sick);
                }
                self.resume(skip);
            }
            Verb::Approve(_) if before == State::AwaitingApproval => self.start_stage(self.state.stage + 1),
            Verb::Resume(skip) | Verb::Approve(skip) => self.cut_short(skip),
            Verb::Abort => self.abort(why),
            Verb::Undo { .. } => {
                self.become_now(State::Undoing, None, Some(why));
                self.go_on_undoing();
            }
        }
    }

    fn accept(&mut self, hosts: HostRanges) {
        if !hosts.is_empty() {
            self.record(Happened::Accepted { hosts });
        }
    }

    /// Goes back to where the pause was. What is left of the soak is soaked.
    fn resume(&mut self, skip: Skip) {
        match self.state.paused_from {
            Some(State::AwaitingApproval) => self.become_now(State::AwaitingApproval, None, None),
            Some(State::Soaking) if self.has_nothing_to_run() => {
                let left_ms = if skip.soak { 0 } else { self.state.soak_left_ms };
                self.become_now(State::Soaking, Some(self.now_ms.saturating_add(left_ms)), None);
                self.ask_at_once();
            }
            Some(State::Running | State::Soaking) if self.has_begun_stage() => {
                self.become_now(State::Running, None, None);
                self.next_run();
            }
            _ => self.start_stage(self.state.stage),
        }
    }

    /// Leaves out the rest of a soak, or the question whether hosts are well.
    fn cut_short(&mut self, skip: Skip) {
        if skip.soak {
            self.become_now(State::Soaking, Some(self.now_ms), None);
        }
        self.go_on_soaking();
    }

    pub(super) fn abort(&mut self, why: Why) {
        self.become_now(State::Aborting, None, Some(why));
        self.finish_abort();
    }

    /// Ends it when nothing runs any more; brings to its end first what does.
    pub(super) fn finish_abort(&mut self) {
        if self.runs {
            self.halt();
        } else if !self.bring_to_its_end() {
            let why = self.state.why.clone();
            self.become_now(State::Aborted, None, why);
        }
    }

    /// Lets nothing new start in the run that goes on.
    pub(super) fn halt(&mut self) {
        if self.runs && !std::mem::replace(&mut self.halted, true) {
            self.effects.push_back(Effect::Halt);
        }
    }
}
