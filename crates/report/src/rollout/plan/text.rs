//! The plan in words, on one screen.

use super::moments::PlanOfRollout;
use super::place::{by_datacenter, wrap};
use super::stage::{order, then};
use crate::format;
use crate::names::{Names, fit};
use crate::rollout::options::RolloutOptions;
use crate::rollout::words::length;
use crate::style::{Line, Tone};
use mcom_model::{HostId, Payload, RunAs};
use mcom_rollout::{HealthSpec, OnFail, RolloutSpec};
use std::collections::BTreeSet;

/// Stages that are said to be left out.
const EMPTY: usize = 3;

/// Stages of a brief.
const BRIEF: usize = 9;

/// Lines for all stages together.
const STAGE_LINES: usize = 29;

/// What a rollout means: the first line says it in a sentence.
pub fn plan_text(plan: &PlanOfRollout<'_>, options: &RolloutOptions) -> String {
    let names = Names::new(&plan.spec.plan);
    let mut text = String::new();
    options.put(&mut text, &Line::new().add(Tone::Strong, sentence(plan)));
    for (key, value) in settings(plan, options) {
        options.put(&mut text, &Line::new().add(Tone::Faint, format!("{key:9}")).add(Tone::Plain, value));
    }
    stages(plan, &names, options, &mut text);
    text
}

/// The same in at most twelve lines, for who is asked whether it may begin.
pub fn plan_brief(plan: &PlanOfRollout<'_>, options: &RolloutOptions) -> String {
    let mut text = String::new();
    options.put(&mut text, &Line::new().add(Tone::Strong, sentence(plan)));
    let mut total = 0;
    let count = plan.spec.stages.len();
    for (index, stage) in plan.spec.stages.iter().enumerate() {
        total += stage.hosts.len() as u64;
        if index >= BRIEF {
            continue;
        }
        let then = then(plan.spec, stage, index + 1 == count);
        let new = format::hosts(stage.hosts.len() as u64);
        let line = format!("  {}  {new}, {} in all; {then}", fit(&stage.name), format::number(total));
        options.put(&mut text, &Line::new().add(Tone::Plain, line));
    }
    if count > BRIEF {
        options.put(&mut text, &Line::new().add(Tone::Plain, format!("  and {} more stages", count - BRIEF)));
    }
    options.put(&mut text, &Line::new().add(Tone::Plain, format!("  on fail: {}", on_fail(plan.spec))));
    text
}

/// `nginx-fix runs nginx-fix.sh on 300 hosts in 4 datacenters, in 4 stages; it ends 2026-07-22 22:02Z at the earliest`.
fn sentence(plan: &PlanOfRollout<'_>) -> String {
    let spec = plan.spec;
    let what = spec.plan.payload.as_ref().map_or_else(|| "nothing".to_owned(), |payload| fit(&payload.name));
    let counted = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    let approvals = match spec.stages.iter().filter(|stage| stage.approve).count() {
        0 => String::new(),
        count => format!(" with {}", counted(count, "approval")),
    };
    format!(
        "{} runs {what} on {} in {}, in {}{approvals}; at the earliest it ends {}",
        fit(&spec.name),
        format::hosts(spec.plan.hosts.len() as u64),
        counted(spec.plan.datacenters.len(), "datacenter"),
        counted(spec.stages.len(), "stage"),
        ending(plan.now_ms, plan.ends_ms()),
    )
}

fn ending(now_ms: u64, ends_ms: u64) -> String {
    match ends_ms.saturating_sub(now_ms) {
        0 => "when its payloads have ended".to_owned(),
        left => format!("{} (in {})", format::minute(ends_ms), length(left)),
    }
}

fn settings(plan: &PlanOfRollout<'_>, options: &RolloutOptions) -> Vec<(&'static str, String)> {
    let spec = plan.spec;
    let mut settings = Vec::new();
    let mut say = |key, value: Option<String>| settings.extend(value.map(|value| (key, value)));
    say("payload", spec.plan.payload.as_ref().map(payload_text));
    say("undo", Some(spec.undo.as_ref().map_or_else(|| "none: what is changed stays so".to_owned(), payload_text)));
    say("health", Some(spec.health.as_ref().map_or_else(|| "nobody is asked".to_owned(), health_text)));
    let command =
        spec.health.as_ref().filter(|health| health.payload.is_some()).and_then(|health| health.command.as_ref());
    say("", command.map(|command| here_text(command)));
    say("window", spec.window.as_deref().map(|window| format!("stages start {}", fit(window))));
    say("on fail", Some(on_fail(spec).to_owned()));
    say("reason", spec.reason.as_deref().map(fit));
    if !plan.left_out.is_empty() {
        let folded = options.cut(fit(&plan.left_out.fold()), options.columns().saturating_sub(30));
        say("LEFT OUT", Some(format!("{} that no stage reaches: {folded}", format::hosts(plan.left_out.len() as u64))));
    }
    settings.extend(plan.empty.iter().take(EMPTY).map(|why| ("LEFT OUT", fit(why))));
    settings
}

fn payload_text(payload: &Payload) -> String {
    let as_user = match &payload.run_as {
        Some(RunAs { tool, user }) => format!(", as {} by {}", fit(user), tool.program()),
        None => String::new(),
    };
    format!("{} {}{as_user}", fit(&payload.name), payload.id().short())
}

fn health_text(health: &HealthSpec) -> String {
    let what = match (&health.payload, &health.command) {
        (Some(payload), _) => format!("{} on the hosts", fit(&payload.name)),
        (None, Some(command)) => here_text(command),
        (None, None) => "whether hosts that restart are back".to_owned(),
    };
    let times = match health.fails {
        1 => "1 sick answer makes a host bad".to_owned(),
        fails => format!("{fails} sick answers in a row make a host bad"),
    };
    let (every, within) = (length(health.every_ms), length(health.within_ms));
    format!("{what}, every {every}; healthy within {within}, {times}")
}

fn here_text(command: &str) -> String {
    format!("here: {}", Line::new().add(Tone::Plain, fit(command)).render_cut(false, 70))
}

const fn on_fail(spec: &RolloutSpec) -> &'static str {
    match (spec.on_fail, spec.undo.is_some()) {
        (OnFail::Pause, _) => "it pauses: nothing new starts until somebody resumes, aborts or undoes it",
        (OnFail::Undo, true) => "it ends, and what it changed is undone",
        (OnFail::Abort | OnFail::Undo, _) => "it ends; what is changed stays so",
    }
}

fn stages(plan: &PlanOfRollout<'_>, names: &Names, options: &RolloutOptions, text: &mut String) {
    let spec = plan.spec;
    let width = spec.stages.iter().map(|stage| fit(&stage.name).chars().count()).max().unwrap_or(0).clamp(5, 24);
    let starts = |text: &str| spec.window.as_ref().map_or_else(String::new, |_| format!("{text:17}  "));
    let (from, to) = (starts("EARLIEST START"), "EARLIEST END");
    let head = format!("{:width$}  {:9}  {:>7}  {:>7}  {from}{to:17}  THEN", "STAGE", "REACH", "NEW", "TOTAL");
    options.put(text, &Line::new().add(Tone::Faint, head));
    // The stage's own line, and the one that says how.
    let room = (STAGE_LINES / spec.stages.len().max(1)).saturating_sub(2).min(3);
    let mut before: BTreeSet<HostId> = BTreeSet::new();
    for (index, (stage, moments)) in spec.stages.iter().zip(plan.moments()).enumerate() {
        let hosts: Vec<HostId> = stage.hosts.iter().collect();
        let name = Line::new().add(Tone::Plain, fit(&stage.name)).render_cut(false, width);
        let reach = Line::new().add(Tone::Plain, fit(&stage.reach)).render_cut(false, 9);
        let (new, total) = (format::number(hosts.len() as u64), format::number((before.len() + hosts.len()) as u64));
        let mut line = Line::new().add(Tone::Strong, format!("{name:width$}"));
        let (from, to) = (starts(&format::minute(moments.begins_ms)), format::minute(moments.ends_ms));
        line.push(Tone::Plain, format!("  {reach:9}  {new:>7}  {total:>7}  {from}{to:17}  "));
        line.push(Tone::Plain, then(spec, stage, index + 1 == spec.stages.len()));
        options.put(text, &line);
        if room > 0 || options.verbose {
            let parts = by_datacenter(names, &hosts, &before, options);
            let lines = if options.verbose { usize::MAX } else { room };
            for line in wrap(&parts, options.columns().saturating_sub(4), lines, "datacenters") {
                options.put(text, &Line::new().add(Tone::Plain, format!("    {line}")));
            }
            let order = order(names, stage);
            if !order.is_empty() {
                options.put(text, &Line::new().add(Tone::Faint, format!("    {order}")));
            }
        }
        before.extend(hosts);
    }
}
