//! A line for each stage: behind it, now, or to come.

use super::bad::is_bad;
use crate::format;
use crate::names::fit;
use crate::rollout::words::{length, tally, when};
use crate::style::{Line, Tone};
use crate::words::counts;
use mcom_model::HostId;
use mcom_rollout::{HostProgress, RolloutSpec, RolloutState, RunOf, State};

/// Stages that have a line each; of more, those far from the present one share one.
const SHOWN: usize = 9;

/// Where a stage is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Done,
    Stopped,
    Now,
    Next,
    ToCome,
    NotReached,
}

impl Place {
    fn of(state: &RolloutState, stage: u32) -> Self {
        let is_ending =
            matches!(state.state, State::Aborting | State::Aborted | State::Undoing | State::Undone | State::Done);
        match state.stage {
            at if stage < at => Self::Done,
            at if stage == at && state.state == State::Pending => Self::Next,
            at if stage == at && !is_ending => Self::Now,
            _ if !is_ending => Self::ToCome,
            _ if state.stages.contains_key(&stage) => Self::Stopped,
            _ => Self::NotReached,
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Stopped => "stopped",
            Self::Now => "now",
            Self::Next => "next",
            Self::ToCome => "to come",
            Self::NotReached => "not reached",
        }
    }
}

/// The lines of all stages, and of the runs that revert.
pub(super) fn stage_lines(spec: &RolloutSpec, state: &RolloutState, now_ms: u64) -> Vec<Line> {
    let count = spec.stages.len();
    let first = (state.stage as usize).saturating_sub(SHOWN / 2).min(count.saturating_sub(SHOWN));
    let shown = if count > SHOWN { first..(first + SHOWN).min(count) } else { 0..count };
    let width = spec.stages[shown.clone()].iter().map(|stage| fit(&stage.name).chars().count()).max().unwrap_or(0);
    let of_stage = |index: usize| progress(spec, state, spec.stages[index].hosts.iter());
    let counted: Vec<Line> = shown.clone().map(of_stage).collect();
    let counts_width = counted.iter().map(Line::width).max().unwrap_or(0).min(40);
    let mut lines = Vec::new();
    lines.extend(far(spec, 0..shown.start, "before"));
    for (index, mut counts) in shown.clone().zip(counted) {
        counts.pad(counts_width);
        lines.push(stage_line(spec, state, index, (width.min(24), counts), now_ms));
    }
    lines.extend(far(spec, shown.end..count, "after"));
    lines
}

fn far(spec: &RolloutSpec, stages: std::ops::Range<usize>, words: &str) -> Option<Line> {
    let hosts: usize = spec.stages[stages.clone()].iter().map(|stage| stage.hosts.len()).sum();
    let more = format!("… {} stages {words} these, with {}", stages.len(), format::hosts(hosts as u64));
    (!stages.is_empty()).then(|| Line::new().add(Tone::Faint, more))
}

fn stage_line(
    spec: &RolloutSpec,
    state: &RolloutState,
    index: usize,
    (width, counts): (usize, Line),
    now_ms: u64,
) -> Line {
    let stage = &spec.stages[index];
    let number = u32::try_from(index).unwrap_or(u32::MAX);
    let place = Place::of(state, number);
    let weight = if matches!(place, Place::Now | Place::Next) { Tone::Strong } else { Tone::Plain };
    let mut line = Line::new().add(weight, format!("{:11}", place.words()));
    let name = Line::new().add(weight, fit(&stage.name)).render_cut(false, width);
    line.push_apart(weight, format!("{name:width$}"));
    line.push_apart(Tone::Plain, format!("{:>6} new", format::number(stage.hosts.len() as u64)));
    if matches!(place, Place::Next | Place::ToCome | Place::NotReached) {
        line.push_apart(Tone::Faint, to_come(stage.soak_ms, stage.approve));
        return line;
    }
    line.push(Tone::Plain, "  ");
    line.append(counts);
    if let Some((begun_ms, ended_ms)) = state.stages.get(&number) {
        let begun = when(*begun_ms, now_ms);
        line.push_apart(
            Tone::Faint,
            match ended_ms {
                Some(ended_ms) => format!("{begun} to {}", when(*ended_ms, *begun_ms)),
                None => format!("since {begun}"),
            },
        );
    }
    let runs = state.runs.iter().filter(|run| run.of == RunOf::Stage(number));
    line.push_apart(Tone::Faint, runs_text(runs.map(|run| run.run.as_str()).collect()));
    line
}

/// `soaks 2h, then waits for approval`.
fn to_come(soak_ms: u64, approve: bool) -> String {
    let soak = (soak_ms > 0).then(|| format!("soaks {}", length(soak_ms)));
    let approve = approve.then(|| "waits for approval".to_owned());
    soak.into_iter().chain(approve).collect::<Vec<_>>().join(", then ")
}

/// `run 8f3kabcd`; `5 runs, the last 8f3kabcd`.
fn runs_text(runs: Vec<&str>) -> String {
    match runs.as_slice() {
        [] => String::new(),
        [run] => format!("run {run}"),
        [first, second] => format!("runs {first}, {second}"),
        [.., last] => format!("{} runs, the last {last}", runs.len()),
    }
}

/// `1 ok 2 FAILED, 1 SICK, 3 running`: what became of these hosts.
pub(in crate::rollout) fn progress(
    spec: &RolloutSpec,
    state: &RolloutState,
    hosts: impl Iterator<Item = HostId>,
) -> Line {
    let hosts: Vec<&HostProgress> = hosts.filter_map(|host| state.hosts.get(host.0 as usize)).collect();
    let mut line = counts(&tally(hosts.iter().copied()));
    let count = |is: &dyn Fn(&HostProgress) -> bool| hosts.iter().filter(|host| is(host)).count();
    let rest = [
        (count(&|host| host.sick), "SICK", Tone::Bad),
        (count(&|host| host.accepted && is_bad(spec, host)), "accepted", Tone::Doubtful),
        (count(&|host| matches!(host.run, Some((_, None)))), "running", Tone::Plain),
        (count(&|host| host.rebooted), "restarted", Tone::Plain),
        (count(&HostProgress::is_undone), "reverted", Tone::Plain),
    ];
    for (count, word, tone) in rest.into_iter().filter(|(count, ..)| *count > 0) {
        let comma = if line.width() > 0 { ", " } else { "" };
        line.push(Tone::Plain, comma);
        line.push(tone, format!("{} {word}", format::number(count as u64)));
    }
    line
}
