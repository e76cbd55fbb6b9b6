//! The branches of a rollout's nested log, and drawing them.

use super::{RolloutLog, RolloutRun};
use crate::format;
use crate::names::fit;
use crate::nested::{LogOptions, nested_log_at};
use crate::rollout::event_lines::EventLines;
use crate::rollout::options::RolloutOptions;
use crate::rollout::status::{head_line, progress};
use crate::rollout::words::when;
use crate::style::{Line, Tone};
use mcom_rollout::{Happened, RolloutEvent, RolloutState, RunOf, State, Verb};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// A line, or a run's own log, with what hangs below it.
struct Branch<'a> {
    what: What<'a>,
    children: Vec<Self>,
}

enum What<'a> {
    Line(Line),
    Run(RolloutRun<'a>),
}

/// The events of a rollout, sorted into its stages.
struct Sorter<'a> {
    log: RolloutLog<'a>,
    state: RolloutState,
    lines: EventLines,
    options: RolloutOptions,
    stages: BTreeMap<u32, Vec<Branch<'a>>>,
    /// What belongs to no stage any more: how it was ended and undone.
    end: Vec<Branch<'a>>,
    has_ended: bool,
}

/// Writes the whole tree.
pub(super) fn write(log: RolloutLog<'_>, options: &LogOptions, out: &mut dyn Write) -> io::Result<()> {
    let mut sorter = Sorter {
        log,
        state: RolloutState::new(log.spec.plan.hosts.len()),
        lines: EventLines::new(),
        options: RolloutOptions { color: options.color, width: options.width, verbose: options.verbose > 0 },
        stages: BTreeMap::new(),
        end: Vec::new(),
        has_ended: false,
    };
    let (hosts, stages) = (log.spec.plan.hosts.len(), log.spec.stages.len());
    log.events.iter().filter(|event| event.fits(hosts, stages)).for_each(|event| sorter.take(event));
    let root = root_line(&sorter);
    writeln!(out, "{}", root.render_cut(options.color, options.width.unwrap_or(usize::MAX)))?;
    draw(log, &sorter.into_branches(), "", options, out)
}

impl<'a> Sorter<'a> {
    fn take(&mut self, event: &RolloutEvent) {
        self.state.apply(event);
        self.has_ended |= match &event.what {
            Happened::Became { state, .. } => state.is_over() || matches!(state, State::Aborting | State::Undoing),
            Happened::Asked(order) => matches!(order.verb, Verb::Abort | Verb::Undo { .. }),
            _ => false,
        };
        let what = match &event.what {
            // The stage's own line says it.
            Happened::Became { state: State::Running, .. } => {
                self.lines.past_event(event);
                return;
            }
            Happened::RunEnded(ended) if self.run(ended.run.as_str()).is_some() => return,
            Happened::RunBegun { run, .. } => self.run(run.as_str()).map(What::Run),
            _ => None,
        };
        let Some(what) = what.or_else(|| self.line(event).map(What::Line)) else { return };
        let stage = match &event.what {
            Happened::RunBegun { of: RunOf::Stage(stage), .. } => Some(*stage),
            _ if self.has_ended => None,
            _ => Some(self.state.stage),
        };
        let children = stage.map_or(&mut self.end, |stage| self.stages.entry(stage).or_default());
        children.push(Branch { what, children: Vec::new() });
    }

    fn run(&self, run: &str) -> Option<RolloutRun<'a>> {
        self.log.runs.iter().find(|of| of.view.info().run.as_str() == run).copied()
    }

    fn line(&mut self, event: &RolloutEvent) -> Option<Line> {
        let said = self.lines.said(self.log.spec, &self.state, event, &self.options, self.has_ended)?;
        let mut line = Line::new().add(Tone::Faint, when(event.at_ms, self.log.spec.started_ms));
        line.push(Tone::Plain, "  ");
        line.append(said);
        Some(line)
    }

    fn into_branches(self) -> Vec<Branch<'a>> {
        let Self { log, state, stages, end, .. } = self;
        let of_stage = |(stage, children)| {
            let what = What::Line(stage_line(log, &state, stage));
            Branch { what, children }
        };
        stages.into_iter().map(of_stage).chain(end).collect()
    }
}

/// `rollout nginx-fix  8f3kabcd  PAUSED  …`.
fn root_line(sorter: &Sorter<'_>) -> Line {
    let mut line = head_line(sorter.log.spec, Some(sorter.state.state));
    match sorter.log.carried_by {
        Some(by) => line.push_apart(Tone::Faint, format!("carried on by {}, process {}", fit(&by.who), by.pid)),
        None if sorter.state.state.goes_on() => line.push_apart(Tone::Bad, "NOBODY CARRIES IT ON"),
        None => {}
    }
    line
}

/// `stage 2 of 4, one-per-dc  3 hosts  1 ok 2 FAILED  16:02:20Z to 16:40:02Z`.
fn stage_line(log: RolloutLog<'_>, state: &RolloutState, number: u32) -> Line {
    let Some(stage) = log.spec.stages.get(number as usize) else {
        return Line::new().add(Tone::Strong, "after the last stage");
    };
    let name = format!("stage {} of {}, {}", number + 1, log.spec.stages.len(), fit(&stage.name));
    let mut line = Line::new().add(Tone::Strong, name);
    line.push_apart(Tone::Plain, format::hosts(stage.hosts.len() as u64));
    line.push(Tone::Plain, "  ");
    line.append(progress(log.spec, state, stage.hosts.iter()));
    match state.stages.get(&number) {
        None => line.push_apart(Tone::Faint, "not begun"),
        Some((begun_ms, ended_ms)) => {
            let ended = ended_ms.map_or_else(String::new, |ended_ms| format!(" to {}", when(ended_ms, *begun_ms)));
            line.push_apart(Tone::Faint, format!("{}{ended}", when(*begun_ms, log.spec.started_ms)));
        }
    }
    line
}

fn draw(
    log: RolloutLog<'_>,
    branches: &[Branch<'_>],
    prefix: &str,
    options: &LogOptions,
    out: &mut dyn Write,
) -> io::Result<()> {
    for (place, branch) in branches.iter().enumerate() {
        let is_last = place + 1 == branches.len();
        let (first, rest) = if is_last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        let below = format!("{prefix}{rest}");
        match &branch.what {
            What::Line(line) => writeln!(out, "{prefix}{first}{}", line.render(options.color))?,
            What::Run(RolloutRun { view, bodies, running }) => {
                write!(out, "{prefix}{first}")?;
                let width = options.width.map(|width| width.saturating_sub(below.chars().count()));
                let hosts = log.hosts_of(view);
                let options = LogOptions { running: *running, width, hosts, ..options.clone() };
                nested_log_at(view, *bodies, &options, &below, out)?;
            }
        }
        draw(log, &branch.children, &below, options, out)?;
    }
    Ok(())
}
