//! From stage to stage: the window, the gate, what is done where one fails.

use crate::event::Why;
use crate::machine::Machine;
use crate::spec::OnFail;
use crate::state::State;

impl Machine {
    /// Begins a stage, or waits for its window, or is done.
    pub(super) fn start_stage(&mut self, stage: u32) {
        if stage as usize >= self.spec.stages.len() {
            self.become_at(State::Done, stage, None, None);
            return;
        }
        let opens_ms = self.window.as_ref().map_or(self.now_ms, |window| window.opens_ms(self.now_ms));
        if opens_ms > self.now_ms {
            self.become_at(State::Pending, stage, Some(opens_ms), Some(Why::Window));
            return;
        }
        self.become_at(State::Running, stage, None, None);
        self.next_run();
    }

    /// The stage has soaked out, and its hosts are well.
    pub(super) fn stage_passed(&mut self) {
        if self.stage().approve && !self.state.approved {
            self.become_now(State::AwaitingApproval, None, None);
        } else {
            self.start_stage(self.state.stage + 1);
        }
    }

    /// The stage has failed.
    pub(super) fn fail(&mut self, why: Why) {
        match self.spec.on_fail {
            OnFail::Pause => self.pause(why),
            OnFail::Undo if self.spec.undo.is_some() => {
                self.become_now(State::Undoing, None, Some(why));
                self.go_on_undoing();
            }
            OnFail::Abort | OnFail::Undo => self.abort(why),
        }
    }

    /// Waits for the operator.
    pub(super) fn pause(&mut self, why: Why) {
        self.become_now(State::Paused, None, Some(why));
        self.halt();
    }
}
