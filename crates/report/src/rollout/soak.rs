//! The one line that stands on a terminal while nothing runs: what is waited for, until when, and how the hosts are.

use super::health::round_line;
use super::options::RolloutOptions;
use super::words::{check_of_stage, length, stage_name, state_word, why_text};
use crate::live::Block;
use crate::names::fit;
use crate::style::{Line, Tone};
use mcom_rollout::{RolloutSpec, RolloutState, State};

/// `nginx-fix  soaking 1/4 canary, 1h58m left  1 healthy, here healthy  asked again in 12s`.
pub fn soak_line(spec: &RolloutSpec, state: &RolloutState, now_ms: u64, options: &RolloutOptions) -> String {
    let mut line = Line::new().add(Tone::Strong, fit(&spec.name));
    line.push(Tone::Plain, "  ");
    line.append(state_word(state.state));
    if (state.stage as usize) < spec.stages.len() {
        let stage = stage_name(spec, state.stage);
        line.push(Tone::Plain, format!(" {}/{} {stage}", state.stage + 1, spec.stages.len()));
    }
    let left_ms = state.until_ms.map(|until_ms| until_ms.saturating_sub(now_ms));
    match (left_ms, state.state) {
        (Some(0), State::Soaking) => line.push(Tone::Plain, ", its time is over: waits for the last answers"),
        (Some(left_ms @ 1..), _) => line.push(Tone::Plain, format!(", {} left", length(left_ms))),
        _ => {}
    }
    match (&state.why, state.state) {
        (_, State::Soaking) => line.append(health(spec, state, now_ms)),
        (Some(why), _) => line.push(Tone::Plain, format!(": {}", why_text(why))),
        (None, _) => {}
    }
    line.render_cut(options.color, options.width.map_or(usize::MAX, |width| width.saturating_sub(1)))
}

fn health(spec: &RolloutSpec, state: &RolloutState, now_ms: u64) -> Line {
    let Some(health) = &spec.health else { return Line::new() };
    let mut line = Line::new().add(Tone::Plain, "  ");
    match check_of_stage(state) {
        None => line.push(Tone::Faint, "asked for the first time"),
        Some((at_ms, round)) => {
            line.append(round_line(round));
            let next_ms = at_ms.saturating_add(health.every_ms).saturating_sub(now_ms);
            let next = if next_ms == 0 { "now".to_owned() } else { format!("in {}", length(next_ms)) };
            line.push_apart(Tone::Faint, format!("asked again {next}"));
        }
    }
    line
}

/// The line, redrawn in place at the bottom of a terminal.
#[derive(Debug, Default)]
pub struct SoakBlock(Block);

impl SoakBlock {
    /// The text of a frame, to be written with one call: `above` (whole lines) scrolls away, and the line stands below.
    pub fn frame(&mut self, above: &str, line: &str) -> String {
        self.0.frame(above, &[line.to_owned()])
    }

    /// The text that takes the line away.
    pub fn erase(&mut self) -> String {
        self.0.erase()
    }
}
