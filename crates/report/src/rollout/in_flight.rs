//! How many hosts were running at the moment that stopped a run.

use crate::state::{RunView, Turn};

/// Hosts whose payload had begun when nothing new was to start any more, and ended after that. None where the run was
/// not halted.
pub fn in_flight(view: &RunView) -> Option<u64> {
    let halted = view.turns().iter().rev().find(|(_, turn)| matches!(turn, Turn::Halted { .. }));
    let (halted_at, _) = halted?;
    let ran = view.hosts().filter(|(_, host)| {
        host.started_at.is_some_and(|at| at <= *halted_at) && host.ended_at.is_none_or(|at| at > *halted_at)
    });
    Some(ran.count() as u64)
}
