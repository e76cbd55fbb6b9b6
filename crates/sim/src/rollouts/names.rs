//! Names for what is recorded, so that it can be counted.

use mcom_rollout::{Happened, RunOf, State, Verb, Why};

/// What an event is counted as.
pub(super) const fn counted_as(what: &Happened) -> &'static str {
    match what {
        Happened::Became { state: State::Paused, why: Some(why), .. } => paused_as(why),
        Happened::Became { state, .. } => state.words(),
        Happened::Asked(order) => match order.verb {
            Verb::Pause => "asked: pause",
            Verb::Resume(skip) if skip.any() => "asked: resume, and leave something out",
            Verb::Resume(_) => "asked: resume",
            Verb::Approve(skip) if skip.any() => "asked: approve, and leave something out",
            Verb::Approve(_) => "asked: approve",
            Verb::Abort => "asked: abort",
            Verb::Undo { skipped: true } => "asked: undo all",
            Verb::Undo { skipped: false } => "asked: undo",
        },
        Happened::RunBegun { of: RunOf::Stage(_), .. } => "run of a stage begun",
        Happened::RunBegun { of: RunOf::Undo, .. } => "run of the undo begun",
        Happened::RunEnded(_) => "run ended",
        Happened::Checked(_) => "health asked",
        Happened::Sick { .. } => "sick hosts",
        Happened::Rebooted { .. } => "hosts are back",
        Happened::Accepted { .. } => "bad hosts accepted",
        Happened::CarriedOn { .. } => "carried on",
    }
}

const fn paused_as(why: &Why) -> &'static str {
    match why {
        Why::Operator { .. } => "paused by an operator",
        Why::TooManyBad { .. } => "paused: too many bad hosts",
        Why::GlobalSick { .. } => "paused: the command says no",
        Why::Inconclusive { .. } => "paused: inconclusive",
        Why::CannotReach { .. } => "paused: no key",
        Why::Stopped { .. } => "paused: a run was stopped",
        Why::NotUndone { .. } => "paused: not undone",
        Why::Window => "paused: window",
    }
}
