//! The screen of `mcom rollout status`.

use super::bad::bad_lines;
use super::hosts::host_lines;
use super::next::next_step;
use super::stages::stage_lines;
use crate::format;
use crate::names::{Names, fit};
use crate::rollout::health::{round_line, sick_lines};
use crate::rollout::options::{Carrier, RolloutOptions};
use crate::rollout::words::{ago, check_of_stage, place, quoted, state_word, until, when, why_text};
use crate::style::{Line, Tone};
use mcom_model::HostId;
use mcom_rollout::{RolloutSpec, RolloutState, State};

/// How far a rollout is, with what to type next as its last line.
pub fn status_text(
    spec: &RolloutSpec,
    state: &RolloutState,
    carried_by: Option<&Carrier>,
    now_ms: u64,
    options: &RolloutOptions,
) -> String {
    let names = Names::new(&spec.plan);
    let mut text = String::new();
    options.put(&mut text, &head_line(spec, None));
    options.put(&mut text, &state_line(spec, state, now_ms));
    if let Some(line) = carrier_line(state, carried_by) {
        options.put(&mut text, &line);
    }
    let parts = [
        stage_lines(spec, state, now_ms),
        host_lines(&names, spec, state, options),
        bad_lines(&names, spec, state, options),
        health_lines(&names, state, now_ms),
    ];
    for line in parts.into_iter().flatten() {
        text.push_str("  ");
        options.put(&mut text, &line);
    }
    let next = next_step(spec, state, carried_by.is_some());
    options.put(&mut text, &Line::new().add(Tone::Plain, "next: ").add(Tone::Strong, next));
    text
}

/// `rollout nginx-fix  8f3kabcd  nginx-fix.sh 4c1f9a  300 hosts  alice@bastion  2026-07-22 14:02:11Z  "CHG12345"`. The state, where
/// nothing else says it.
pub(in crate::rollout) fn head_line(spec: &RolloutSpec, state: Option<State>) -> Line {
    let mut line = Line::new().add(Tone::Strong, format!("rollout {}", fit(&spec.name)));
    line.push_apart(Tone::Plain, spec.id.as_str());
    if let Some(state) = state {
        line.push(Tone::Plain, "  ");
        line.append(state_word(state));
    }
    if let Some(payload) = &spec.plan.payload {
        line.push_apart(Tone::Plain, fit(&payload.name));
        line.push(Tone::Faint, format!(" {}", payload.id().short()));
    }
    line.push_apart(Tone::Plain, format::hosts(spec.plan.hosts.len() as u64));
    line.push_apart(Tone::Plain, fit(&spec.who));
    line.push_apart(Tone::Plain, format::date_time(spec.started_ms));
    line.push_apart(Tone::Plain, quoted(spec.reason.as_deref()).trim_start());
    line
}

/// `PAUSED at stage 2 of 4, one-per-dc, since 16:40:02Z (3m04s ago): 2 hosts are bad, none may be`.
fn state_line(spec: &RolloutSpec, state: &RolloutState, now_ms: u64) -> Line {
    let mut line = state_word(state.state);
    line.push(Tone::Plain, place(spec, state.state, state.stage));
    line.push(
        Tone::Plain,
        match state.until_ms {
            Some(until_ms) => format!(", {}", until(until_ms, now_ms)),
            None if state.since_ms == 0 => ", not begun".to_owned(),
            None => format!(", since {}{}", when(state.since_ms, now_ms), ago(state.since_ms, now_ms)),
        },
    );
    if let Some(why) = &state.why {
        line.push(Tone::Plain, format!(": {}", why_text(why)));
    }
    line
}

/// Said where a process is needed, or there is one.
fn carrier_line(state: &RolloutState, carried_by: Option<&Carrier>) -> Option<Line> {
    match carried_by {
        Some(Carrier { who, pid }) => {
            Some(Line::new().add(Tone::Plain, format!("carried on by {}, process {pid}", fit(who))))
        }
        None if state.state.goes_on() => {
            let text = "NOBODY CARRIES IT ON";
            let more = ": its process is gone; nothing new starts until somebody does";
            Some(Line::new().add(Tone::Bad, text).add(Tone::Plain, more))
        }
        None => None,
    }
}

fn health_lines(names: &Names, state: &RolloutState, now_ms: u64) -> Vec<Line> {
    let Some((at_ms, round)) = check_of_stage(state) else { return Vec::new() };
    let mut line = Line::new().add(Tone::Plain, "health  ");
    line.append(round_line(round));
    line.push_apart(Tone::Faint, format!("{}{}", when(*at_ms, now_ms), ago(*at_ms, now_ms)));
    let mut lines = vec![line];
    // Those who are bad by now stand above, with what they said.
    let is_new = |host: HostId| state.hosts.get(host.0 as usize).is_some_and(|host| !host.sick);
    for sick in sick_lines(names, round, is_new) {
        let mut line = Line::new().add(Tone::Plain, "        ");
        line.append(sick);
        lines.push(line);
    }
    lines
}
