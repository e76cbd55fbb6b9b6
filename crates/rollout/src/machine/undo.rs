//! Reverting what the rollout did.

use crate::event::{RunOf, Why};
use crate::machine::Machine;
use crate::state::State;
use mcom_model::{HostRanges, OutcomeKind};

impl Machine {
    /// Brings to its end what runs, then reverts.
    pub(super) fn go_on_undoing(&mut self) {
        match self.state.open_run().cloned() {
            Some(run) if self.runs => match run.of {
                RunOf::Stage(_) => self.halt(),
                RunOf::Undo => {}
            },
            Some(run) => self.carry_out(run.clone(), matches!(run.of, RunOf::Stage(_))),
            None => self.begin_undo(),
        }
    }

    fn begin_undo(&mut self) {
        let hosts = self.to_undo(self.state.undoes_skipped);
        if hosts.is_empty() {
            self.become_now(State::Undone, None, None);
        } else {
            let run = self.spec.run_id(self.state.runs.len());
            self.begin_run(run, RunOf::Undo, hosts);
        }
    }

    /// The hosts that are to be reverted and are not yet.
    pub(super) fn to_undo(&self, also_skipped: bool) -> HostRanges {
        let is_one = |host: &crate::state::HostProgress| {
            host.was_begun() || (also_skipped && host.outcome() == Some(OutcomeKind::Skipped))
        };
        self.state.which(|host| is_one(host) && !host.is_undone())
    }

    pub(super) fn finish_undo(&mut self) {
        let hosts = self.to_undo(self.state.undoes_skipped).len() as u64;
        match hosts {
            0 => self.become_now(State::Undone, None, None),
            _ => self.become_now(State::Aborted, None, Some(Why::NotUndone { hosts })),
        }
    }
}
