//! The words for a rollout's states, stages, reasons and moments, the same in every view.

use crate::format;
use crate::names::fit;
use crate::style::{Line, Tone};
use crate::words::counts;
use mcom_model::{HostId, HostRanges, OutcomeKind, Tally};
use mcom_rollout::{Checked, HostProgress, Order, RolloutSpec, RolloutState, State, Verb, Why};
use std::time::Duration;

const DAY_MS: u64 = 86_400_000;

/// What needs attention stands in capitals, so that colour is not needed to find it.
pub(super) fn state_word(state: State) -> Line {
    let (tone, shout) = match state {
        State::Running | State::Soaking | State::Pending => (Tone::Strong, false),
        State::Done => (Tone::Good, false),
        State::Undone => (Tone::Doubtful, false),
        State::Paused | State::AwaitingApproval | State::Aborting | State::Undoing => (Tone::Doubtful, true),
        State::Aborted => (Tone::Bad, true),
    };
    Line::new().add(tone, if shout { state.words().to_uppercase() } else { state.words().to_owned() })
}

/// The name of a stage, fit for a terminal.
pub(super) fn stage_name(spec: &RolloutSpec, stage: u32) -> String {
    spec.stages.get(stage as usize).map_or_else(|| format!("stage {}", stage + 1), |stage| fit(&stage.name))
}

/// `stage 2 of 4, one-per-dc`; `after its last stage`.
pub(super) fn stage_at(spec: &RolloutSpec, stage: u32) -> String {
    match spec.stages.get(stage as usize) {
        Some(_) => format!("stage {} of {}, {}", stage + 1, spec.stages.len(), stage_name(spec, stage)),
        None => "after its last stage".to_owned(),
    }
}

/// Where a rollout is, behind the word for its state: ` after stage 1 of 4, canary`.
pub(super) fn place(spec: &RolloutSpec, state: State, stage: u32) -> String {
    let at = stage_at(spec, stage);
    match state {
        State::Done | State::Undone => String::new(),
        _ if stage as usize >= spec.stages.len() => format!(" {at}"),
        State::AwaitingApproval => format!(" after {at}"),
        State::Pending => format!(" before {at}"),
        _ => format!(" at {at}"),
    }
}

/// Why a rollout is in its state: behind a colon.
pub(super) fn why_text(why: &Why) -> String {
    match why {
        Why::Operator { who, reason } => format!("asked by {}{}", fit(who), quoted(reason.as_deref())),
        Why::TooManyBad { bad, limit } => too_many(*bad, *limit),
        Why::GlobalSick { said } if said.is_empty() => "the health command here says that things are bad".to_owned(),
        Why::GlobalSick { said } => format!("the health command here says: {}", fit(said)),
        Why::Inconclusive { said } => format!("health is inconclusive: {}", fit(said)),
        Why::CannotReach { said } | Why::Stopped { said } => fit(said),
        Why::NotUndone { hosts: 1 } => "1 host was not reverted".to_owned(),
        Why::NotUndone { hosts } => format!("{} were not reverted", format::hosts(*hosts)),
        Why::Window => "the window in which stages start is closed".to_owned(),
    }
}

fn too_many(bad: u64, limit: u64) -> String {
    let are = if bad == 1 { "is" } else { "are" };
    let limit = if limit == 0 { "none".to_owned() } else { format::number(limit) };
    format!("{} {are} bad, {limit} may be", format::hosts(bad))
}

/// ` "CHG123"`.
pub(super) fn quoted(reason: Option<&str>) -> String {
    reason.map(|reason| format!(" \"{}\"", fit(reason))).unwrap_or_default()
}

/// `resume, leaving the health check out, by bob@bastion "looked at it"`.
pub(super) fn order_text(order: &Order) -> String {
    let skip = match order.verb {
        Verb::Resume(skip) | Verb::Approve(skip) => skip,
        Verb::Pause | Verb::Abort | Verb::Undo { .. } => mcom_rollout::Skip::default(),
    };
    let left_out =
        [(skip.soak, "the rest of the soak"), (skip.health, "the health check"), (skip.bad, "the bad hosts")];
    let left_out: Vec<&str> = left_out.into_iter().filter(|(is, _)| *is).map(|(_, what)| what).collect();
    let left_out = if left_out.is_empty() { String::new() } else { format!(" without {}", left_out.join(" and ")) };
    let also = if order.verb == (Verb::Undo { skipped: true }) { " also where it was before" } else { "" };
    format!("{}{left_out}{also} by {}{}", order.verb, fit(&order.who), quoted(order.reason.as_deref()))
}

/// A moment for a reader who knows the day of `near_ms`: `14:02:11Z`, or `2026-07-23 14:02Z` on another day.
pub(super) fn when(ms: u64, near_ms: u64) -> String {
    if ms / DAY_MS == near_ms / DAY_MS { format::time_of_day(ms) } else { format::minute(ms) }
}

/// `1h02m`; nothing below a second is said of waits.
pub(super) fn length(ms: u64) -> String {
    let whole = format::duration(Duration::from_millis(ms));
    if ms < 60_000 { format!("{}s", ms.div_ceil(1000)) } else { whole.replace("h00m", "h").replace("m00s", "m") }
}

/// ` (3m04s ago)`; empty where another machine's clock is ahead.
pub(super) fn ago(then_ms: u64, now_ms: u64) -> String {
    now_ms.checked_sub(then_ms).map(|ms| format!(" ({} ago)", length(ms))).unwrap_or_default()
}

/// `until 16:02:20Z (in 1h58m)`.
pub(super) fn until(until_ms: u64, now_ms: u64) -> String {
    let rest = match until_ms.saturating_sub(now_ms) {
        0 => "now".to_owned(),
        rest => format!("in {}", length(rest)),
    };
    format!("until {} ({rest})", when(until_ms, now_ms))
}

/// How the payload ended on these hosts, as far as it did.
pub(super) fn tally<'a>(hosts: impl IntoIterator<Item = &'a HostProgress>) -> Tally {
    let mut tally = Tally::default();
    hosts.into_iter().filter_map(HostProgress::outcome).for_each(|kind| tally.add(kind));
    tally
}

/// The same of a run's end: `1 ok 2 FAILED`.
pub(super) fn ends_text(ends: &[(OutcomeKind, HostRanges)]) -> Line {
    let mut tally = Tally::default();
    for (kind, hosts) in ends {
        (0..hosts.len()).for_each(|_| tally.add(*kind));
    }
    if ends.iter().all(|(_, hosts)| hosts.is_empty()) {
        Line::new().add(Tone::Plain, "no host")
    } else {
        counts(&tally)
    }
}

/// The hosts of ranges that a rollout has; a damaged record may name others.
pub(super) fn ids(state: &RolloutState, hosts: &HostRanges) -> Vec<HostId> {
    hosts.iter().take_while(|host| (host.0 as usize) < state.hosts.len()).collect()
}

/// The last round of questions, where it was about the stage that it is at.
pub(super) fn check_of_stage(state: &RolloutState) -> Option<&(u64, Checked)> {
    let begun_ms = state.stages.get(&state.stage).map_or(0, |(begun_ms, _)| *begun_ms);
    state.check.as_ref().filter(|(at_ms, _)| *at_ms >= begun_ms)
}
