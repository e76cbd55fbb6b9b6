//! Decides what happens next in a rollout. The same events give the same state whoever reads them; only here is anything
//! decided, so that a new process goes on exactly where the last one was.

mod can;
mod io;
mod orders;
mod runs;
mod soak;
mod stages;
#[cfg(test)]
mod tests;
mod undo;

pub use can::Refusal;
pub use io::{Effect, HostEnd, Input};

use crate::event::{Happened, RolloutEvent, Why};
use crate::spec::{RolloutSpec, StageSpec};
use crate::state::{RolloutState, State};
use crate::window::Window;
use std::collections::VecDeque;
use std::sync::Arc;

/// One rollout, carried on by one process.
#[derive(Clone, Debug)]
pub struct Machine {
    spec: Arc<RolloutSpec>,
    window: Option<Window>,
    state: RolloutState,
    effects: VecDeque<Effect>,
    now_ms: u64,
    /// Whether this process carries a run out now.
    runs: bool,
    /// Whether nothing new starts in that run.
    halted: bool,
    /// Whether a round of questions is out.
    asks: bool,
    /// Whether that round is one of a soak that was broken off, as it may have been itself: its answers say nothing.
    is_stale: bool,
    /// When the next round is due.
    next_check_ms: u64,
    has_left: bool,
    /// Whether that was followed which the process before this one recorded and did not live to follow.
    has_caught_up: bool,
    /// Whether anybody was asked by this process while the stage soaks: answers from before may be old.
    has_heard: bool,
}

impl Machine {
    /// A rollout that has not begun. `window` is the parsed form of the spec's.
    pub fn new(spec: Arc<RolloutSpec>, window: Option<Window>) -> Self {
        let state = RolloutState::new(spec.plan.hosts.len());
        Self::carried_on(spec, window, state)
    }

    /// A rollout as its record left it.
    pub const fn carried_on(spec: Arc<RolloutSpec>, window: Option<Window>, state: RolloutState) -> Self {
        let effects = VecDeque::new();
        Self {
            spec,
            window,
            state,
            effects,
            now_ms: 0,
            runs: false,
            halted: false,
            asks: false,
            is_stale: false,
            next_check_ms: 0,
            has_left: false,
            has_caught_up: false,
            has_heard: false,
        }
    }

    /// How far it is.
    pub const fn state(&self) -> &RolloutState {
        &self.state
    }

    /// What was fixed before it began.
    pub fn spec(&self) -> &RolloutSpec {
        &self.spec
    }

    /// Takes in what happened, at this moment in milliseconds since 1970.
    pub fn handle(&mut self, now_ms: u64, input: Input) {
        // A clock that is set back makes nothing happen twice.
        self.now_ms = self.now_ms.max(now_ms);
        self.has_left = false;
        let is_first = self.state.since_ms == 0;
        if is_first {
            self.become_at(State::Pending, 0, None, None);
        }
        if !std::mem::replace(&mut self.has_caught_up, true) {
            self.catch_up();
        }
        match input {
            Input::CarryOn { who } => self.carry_on((!is_first).then_some(who)),
            Input::Asked(order) => self.asked(order),
            Input::Timeout => self.timeout(),
            Input::RunEnded { run, hosts, stopped } => self.run_ended(&run, &hosts, stopped),
            Input::RunImpossible { run, why } => self.run_impossible(&run, why),
            Input::Checked(answered) => self.checked(answered),
            Input::CheckImpossible { why } => self.check_impossible(why),
        }
    }

    /// What is to be done next, in causal order.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        if let Some(effect) = self.effects.pop_front() {
            return Some(effect);
        }
        let rests = !self.state.state.goes_on() && !self.runs && !self.asks;
        (rests && !std::mem::replace(&mut self.has_left, rests)).then_some(Effect::Leave)
    }

    /// When it wants to be woken by [`Input::Timeout`], in milliseconds since 1970.
    pub fn next_timeout_ms(&self) -> Option<u64> {
        match self.state.state {
            State::Pending => self.state.until_ms,
            State::Soaking => self.soak_timeout_ms(),
            _ => None,
        }
    }

    fn carry_on(&mut self, who: Option<String>) {
        if let Some(who) = who {
            self.record(Happened::CarriedOn { who });
        }
        match self.state.state {
            State::Pending => self.start_stage(self.state.stage),
            State::Running => self.go_on_running(),
            State::Soaking => self.ask_at_once(),
            State::Aborting => self.finish_abort(),
            State::Undoing => self.go_on_undoing(),
            State::AwaitingApproval | State::Paused | State::Aborted | State::Undone | State::Done => {}
        }
    }

    fn timeout(&mut self) {
        match self.state.state {
            State::Pending if self.state.until_ms.is_some_and(|until_ms| until_ms <= self.now_ms) => {
                self.start_stage(self.state.stage);
            }
            State::Soaking => self.go_on_soaking(),
            _ => {}
        }
    }

    /// The stage that it is at.
    fn stage(&self) -> &StageSpec {
        &self.spec.stages[self.state.stage as usize]
    }

    /// Says that something happened, and takes it in.
    fn record(&mut self, what: Happened) {
        let event = RolloutEvent { at_ms: self.now_ms, what };
        self.state.apply(&event);
        self.effects.push_back(Effect::Record(event));
    }

    /// Goes into a state at the stage that it is at.
    fn become_now(&mut self, state: State, until_ms: Option<u64>, why: Option<Why>) {
        self.become_at(state, self.state.stage, until_ms, why);
    }

    fn become_at(&mut self, state: State, stage: u32, until_ms: Option<u64>, why: Option<Why>) {
        self.record(Happened::Became { state, stage, until_ms, why });
    }
}
