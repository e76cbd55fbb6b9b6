//! The top of the log: the run's own line, its datacenters, and what concerns the whole run.

use super::datacenter::datacenters;
use super::draw::Node;
use super::options::LogOptions;
use crate::bodies::Bodies;
use crate::format;
use crate::refused::refused;
use crate::sanitise::sanitise_line;
use crate::state::RunView;
use crate::style::{Line, Tone};
use crate::words::{ended_by, turn_line};
use mcom_model::{HostId, RunClock};
use std::collections::BTreeSet;
use std::time::Duration;

/// Characters that are left of a payload's name at the least.
const PAYLOAD: usize = 12;

/// What every part of the log is made from.
#[derive(Clone, Copy)]
pub(super) struct Log<'a> {
    pub view: &'a RunView,
    pub bodies: &'a dyn Bodies,
    pub options: &'a LogOptions,
    /// Whether it hangs in the log of the rollout that it belongs to.
    pub is_branch: bool,
}

/// The whole log as a tree.
pub(super) fn root(log: Log<'_>, selected: &BTreeSet<HostId>) -> Node {
    let mut children = datacenters(log, selected);
    if children.is_empty() {
        children.push(Node::new(Line::new().add(Tone::Faint, "no host matches")));
    }
    children.extend(notices(log.view));
    Node { children, ..Node::new(run_line(log)) }
}

/// The run's own line, fit for the terminal where there is one: a long command gives way before what became of the run.
fn run_line(log: Log<'_>) -> Line {
    let payload = log.view.info().payload.as_str();
    let line = run_line_of(log, payload.to_owned());
    let over = line.width().saturating_sub(log.options.width.unwrap_or(usize::MAX));
    let chars = payload.chars().count();
    if over == 0 || chars <= PAYLOAD {
        return line;
    }
    let kept = chars.saturating_sub(over + 1).max(PAYLOAD);
    run_line_of(log, payload.chars().take(kept).chain(['…']).collect())
}

/// `run 8f3k  fix.sh 4c1f9a  alice@bastion  14:02:11Z  58.1s  HALTED  "CHG123"`.
fn run_line_of(log: Log<'_>, payload: String) -> Line {
    let (view, info) = (log.view, log.view.info());
    let mut line = Line::new().add(Tone::Strong, format!("run {}", info.run));
    if let Some(rollout) = info.rollout.as_ref().filter(|_| !log.is_branch) {
        line.push_apart(Tone::Plain, format!("rollout {}", rollout.text()));
    }
    line.push_apart(Tone::Plain, payload);
    line.push(Tone::Faint, format!(" {}", info.payload_id.short()));
    line.push_apart(Tone::Plain, info.who.as_str());
    line.push_apart(Tone::Plain, format::time_of_day(info.started_ms));
    line.push_apart(Tone::Plain, format::duration(took(log)));
    let state = match (view.ended(), log.options.running) {
        (Some((_, by)), _) => ended_by(by),
        (None, true) if view.cancel_asked().is_some() => "RUNNING, CANCELLING",
        (None, true) if view.halted().is_some() => "RUNNING, HALTED",
        (None, true) => "RUNNING",
        (None, false) => "INTERRUPTED",
    };
    line.push_apart(Tone::Doubtful, state);
    if let Some(reason) = &info.reason {
        line.push_apart(Tone::Plain, format!("\"{reason}\""));
    }
    line
}

/// How long the run took; where it goes on, until now: its last event may be old.
fn took(log: Log<'_>) -> Duration {
    let told = log.view.now().elapsed();
    let goes_on = log.options.running && log.view.ended().is_none();
    let now = log.options.now_ms.filter(|_| goes_on).and_then(|now| now.checked_sub(log.view.info().started_ms));
    now.map_or(told, |ms| told.max(Duration::from_millis(ms)))
}

/// Violations, what parents asked for and may not have, and the turns of the run, in order of time: they belong to no datacenter's counts.
fn notices(view: &RunView) -> Vec<Node> {
    let violations = view.violations().iter().map(|(at, host, reason)| {
        let text = format!("VIOLATION by {} {}", view.info().name(*host), format::moment(*at));
        let mut line = Line::new().add(Tone::Bad, text);
        line.push_apart(Tone::Plain, sanitise_line(reason.text.as_bytes()));
        (*at, Node::new(line))
    });
    let turns = view.turns().iter().map(|(at, turn)| (*at, Node::new(turn_line(view.info(), *at, turn))));
    let refused = refused(view).into_iter().map(|(at, line)| (at, Node::new(line)));
    let mut notices: Vec<(RunClock, Node)> = violations.chain(refused).chain(turns).collect();
    notices.sort_by_key(|(at, _)| *at);
    notices.into_iter().map(|(_, node)| node).collect()
}
