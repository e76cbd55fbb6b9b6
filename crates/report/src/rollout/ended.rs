//! What a process says when it leaves a rollout: why, who is bad or half way, and what to type next.

use super::options::RolloutOptions;
use super::status::{bad_lines, host_lines, next_step, progress};
use super::words::{place, state_word, why_text};
use crate::format;
use crate::names::{Names, fit};
use crate::style::{Line, Tone};
use mcom_model::HostId;
use mcom_rollout::{RolloutSpec, RolloutState, State};
use std::time::Duration;

/// Why nothing more is done now. `in_flight` hosts were running at the moment that stopped it, and came to their end.
pub fn ended_text(spec: &RolloutSpec, state: &RolloutState, in_flight: u64, options: &RolloutOptions) -> String {
    let names = Names::new(&spec.plan);
    let mut text = String::new();
    options.put(&mut text, &why_line(spec, state, in_flight));
    let mut below = Vec::new();
    if matches!(state.state, State::Aborted | State::Undone) {
        below.extend(host_lines(&names, spec, state, options));
    }
    below.extend(bad_lines(&names, spec, state, options));
    if state.state == State::Aborted && spec.undo.is_none() {
        let what = "nothing in its file undoes it: what is changed stays so";
        below.push(Line::new().add(Tone::Doubtful, what));
    }
    for line in below {
        text.push_str("  ");
        options.put(&mut text, &line);
    }
    let next = next_step(spec, state, false);
    options.put(&mut text, &Line::new().add(Tone::Plain, "next: ").add(Tone::Strong, next));
    text
}

/// `nginx-fix PAUSED at stage 2 of 4, one-per-dc: 2 hosts are bad, none may be; 3 hosts were running then`.
fn why_line(spec: &RolloutSpec, state: &RolloutState, in_flight: u64) -> Line {
    let mut line = Line::new().add(Tone::Strong, fit(&spec.name)).add(Tone::Plain, " ");
    line.append(state_word(state.state));
    match state.state {
        State::Done | State::Undone => {
            let took = Duration::from_millis(state.since_ms.saturating_sub(spec.started_ms));
            line.push(Tone::Plain, format!(": {}, ", format::hosts(state.hosts.len() as u64)));
            line.append(progress(spec, state, (0..).map(HostId).take(state.hosts.len())));
            line.push(Tone::Plain, format!(" in {}", format::duration(took)));
        }
        at => {
            line.push(Tone::Plain, place(spec, at, state.stage));
            let stage = spec.stages.get(state.stage as usize).filter(|_| at == State::AwaitingApproval);
            if let Some(stage) = stage {
                line.push(Tone::Plain, ": ");
                line.append(progress(spec, state, stage.hosts.iter()));
            }
        }
    }
    if let Some(why) = &state.why {
        line.push(Tone::Plain, format!(": {}", why_text(why)));
    }
    match in_flight {
        0 => {}
        1 => line.push(Tone::Plain, "; 1 host was running then, and came to its end"),
        more => line.push(Tone::Plain, format!("; {} were running then, and came to their end", format::hosts(more))),
    }
    line
}
