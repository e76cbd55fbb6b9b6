//! The summary: counts, what payloads said about themselves, what to type next.

use crate::format;
use crate::recap::RecapOptions;
use crate::recap::doubts::doubts;
use crate::recap::transit::by_transit;
use crate::refused::refused;
use crate::sanitise::sanitise_line;
use crate::state::{HostView, RunView, Stage, Turn};
use crate::style::{Line, Tone};
use crate::words::{BY_WEIGHT, counts, ended_by, halt, is_bad};
use mcom_model::{EndedBy, Outcome, OutcomeKind, ReasonKind};
use std::io::{self, Write};

/// Distinct lines of `$MCOM_RESULT` that are named.
const RESULTS_SHOWN: usize = 5;

/// Writes the counts and what to type next.
pub fn summary(view: &RunView, options: &RecapOptions, out: &mut dyn Write) -> io::Result<()> {
    let mut line = Line::new().add(Tone::Strong, format::hosts(view.info().len() as u64));
    line.push(Tone::Plain, ":");
    if view.ended_hosts() > 0 {
        line.push(Tone::Plain, " ");
        line.append(counts(view.tally()));
    }
    let unfinished = view.info().len() as u64 - view.ended_hosts();
    if unfinished > 0 {
        let running = view.at_stage(Stage::Running);
        line.push(Tone::Doubtful, format!(" {unfinished} NOT ENDED ({running} of them running)"));
    }
    line.push(Tone::Plain, format!(" in {}", format::duration(view.now().elapsed())));
    line.push_apart(Tone::Doubtful, if options.running { "IT GOES ON".to_owned() } else { how_it_ended(view) });
    writeln!(out, "{}", line.render(options.color))?;
    if let Some(results) = results_line(view) {
        writeln!(out, "results: {results}")?;
    }
    for line in by_transit(view).into_iter().chain(doubts(view)) {
        writeln!(out, "{}", line.render(options.color))?;
    }
    for (_, host, reason) in view.violations() {
        let (name, text) = (view.info().name(*host), sanitise_line(reason.text.as_bytes()));
        let line = Line::new().add(Tone::Bad, format!("VIOLATION by {name}: {text}"));
        writeln!(out, "{}", line.render(options.color))?;
    }
    for (_, line) in refused(view) {
        writeln!(out, "{}", line.render(options.color))?;
    }
    if let Some(steps) = next_steps(view, options) {
        writeln!(out, "next: {}", Line::new().add(Tone::Faint, steps).render(options.color))?;
    }
    Ok(())
}

/// `HALTED: 4 hosts are bad, --max-fail 3`.
fn how_it_ended(view: &RunView) -> String {
    let Some((_, by)) = view.ended() else { return "INTERRUPTED".to_owned() };
    match (by, view.halted()) {
        (EndedBy::Itself, _) => String::new(),
        (EndedBy::Cancel, _) => cancelled(view),
        (_, Some(Turn::Halted { by, reason, bad })) => format!("HALTED{}", halt(view.info(), *by, reason, *bad)),
        (_, _) => ended_by(by).to_owned(),
    }
}

fn cancelled(view: &RunView) -> String {
    let by = view.turns().iter().find_map(|(_, turn)| match turn {
        Turn::CancelAsked { by } => Some(by.as_deref()),
        _ => None,
    });
    let by = by.flatten().map(|by| format!(" by {}", sanitise_line(by.as_bytes())));
    format!("CANCELLED{}", by.unwrap_or_default())
}

/// `changed 100, unchanged 71, 3 other`.
fn results_line(view: &RunView) -> Option<String> {
    let (results, mut other) = view.results();
    let mut by_count: Vec<(&String, &u64)> = results.iter().collect();
    by_count.sort_by_key(|&(text, count)| (std::cmp::Reverse(*count), text));
    other += by_count.iter().skip(RESULTS_SHOWN).map(|(_, count)| **count).sum::<u64>();
    let shown = by_count.iter().take(RESULTS_SHOWN);
    let mut words: Vec<String> =
        shown.map(|(text, count)| format!("{} {count}", sanitise_line(text.as_bytes()))).collect();
    if other > 0 {
        words.push(format!("{other} with other results"));
    }
    (!words.is_empty()).then(|| words.join(", "))
}

/// Only verbs that there are and that have something to do. What comes after a run of a rollout, the rollout says.
pub(crate) fn next_steps(view: &RunView, options: &RecapOptions) -> Option<String> {
    if let Some(rollout) = &view.info().rollout {
        return options.running.then(|| format!("mcom rollout status {}", sanitise_line(rollout.name.as_bytes())));
    }
    let (run, next, tally) = (&view.info().run, options.next, view.tally());
    let mut steps = Vec::new();
    if options.running {
        steps.extend(next.watch.then(|| format!("mcom watch {run}")));
        steps.extend(next.log.then(|| format!("mcom log {run}")));
        return (!steps.is_empty()).then(|| steps.join(" · "));
    }
    // What is not known is asked before anything is done again.
    if next.resume && (view.ended().is_none() || view.hosts().any(|(_, host)| may_be_learned(host))) {
        steps.push(format!("mcom resume {run}"));
    }
    let again = BY_WEIGHT.iter().filter(|&&kind| is_bad(kind) && kind != OutcomeKind::Unknown);
    if next.retry && view.ended().is_some() && again.map(|&kind| tally.count(kind)).sum::<u64>() > 0 {
        let left_out = match tally.count(OutcomeKind::Unknown) {
            0 => String::new(),
            unknown => format!(" (without the {} unknown)", format::number(unknown)),
        };
        steps.push(format!("mcom retry {run}{left_out}"));
    }
    if next.log {
        steps.push(format!("mcom log {run}"));
    }
    (!steps.is_empty()).then(|| steps.join(" · "))
}

/// Whether asking a host that is unknown again can help. One that has answered, and does not know it either, is looked
/// at instead.
const fn may_be_learned(host: &HostView) -> bool {
    use ReasonKind::{AlreadyClaimed, Internal, ProtocolViolation, Rebooted, SessionKills, SupervisorLost};
    let Some(Outcome::Unknown { reason }) = &host.outcome else { return false };
    !matches!(reason.kind, SupervisorLost | Rebooted | SessionKills | AlreadyClaimed | ProtocolViolation | Internal)
}
