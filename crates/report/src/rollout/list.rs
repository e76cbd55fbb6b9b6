//! The table of rollouts.

use super::options::{Carrier, RolloutOptions};
use super::status::bad_hosts;
use super::words::state_word;
use crate::format;
use crate::names::fit;
use crate::style::{Line, Tone};
use mcom_rollout::{RolloutSpec, RolloutState, State};
use serde::Serialize;

/// One rollout of the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RolloutRow {
    /// Its id.
    pub rollout: String,
    /// Its name.
    pub name: String,
    /// Who began it.
    pub who: String,
    /// Wall-clock start in milliseconds since 1970, UTC.
    pub started_ms: u64,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What people call the payload.
    pub payload: String,
    /// Number of hosts.
    pub hosts: u64,
    /// Where it is in its life.
    pub state: State,
    /// Since when, in milliseconds since 1970, UTC.
    pub since_ms: u64,
    /// The name of the stage that it is at; none: after the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// How many stages it has.
    pub stages: usize,
    /// Hosts that have the change, by this rollout or from before.
    pub changed: u64,
    /// Hosts that are bad.
    pub bad: u64,
    /// Whether a process carries it on.
    pub carried_on: bool,
}

impl RolloutRow {
    /// Of one rollout.
    pub fn new(spec: &RolloutSpec, state: &RolloutState, carried_by: Option<&Carrier>) -> Self {
        let payload = spec.plan.payload.as_ref().map(|payload| payload.name.clone());
        Self {
            rollout: spec.id.to_string(),
            name: spec.name.clone(),
            who: spec.who.clone(),
            started_ms: spec.started_ms,
            reason: spec.reason.clone(),
            payload: payload.unwrap_or_default(),
            hosts: spec.plan.hosts.len() as u64,
            state: state.state,
            since_ms: state.since_ms,
            stage: spec.stages.get(state.stage as usize).map(|stage| stage.name.clone()),
            stages: spec.stages.len(),
            changed: (state.changed().len() + state.skipped().len()) as u64,
            bad: bad_hosts(spec, state).len() as u64,
            carried_on: carried_by.is_some(),
        }
    }

    fn line(&self) -> Line {
        let mut line = state_word(self.state);
        if let Some(stage) = self.stage.as_deref().filter(|_| !self.state.is_over()) {
            line.push(Tone::Plain, format!(" at {}", fit(stage)));
        }
        line.push_apart(
            Tone::Plain,
            format!("{} of {} changed", format::number(self.changed), format::number(self.hosts)),
        );
        if self.bad > 0 {
            line.push_apart(Tone::Bad, format!("{} BAD", format::number(self.bad)));
        }
        if self.state.goes_on() && !self.carried_on {
            line.push_apart(Tone::Doubtful, "NOBODY CARRIES IT ON");
            line.push_apart(Tone::Faint, format!("mcom rollout resume {}", fit(&self.rollout)));
        }
        if let Some(reason) = &self.reason {
            line.push_apart(Tone::Faint, format!("\"{}\"", fit(reason)));
        }
        line
    }
}

/// The table, in the order given. No rows, no table.
pub fn list_text(rows: &[RolloutRow], options: &RolloutOptions) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let heads = ["ROLLOUT", "NAME", "STARTED", "WHO", "HOSTS"].map(str::to_owned);
    let cells: Vec<[String; 5]> = std::iter::once(heads).chain(rows.iter().map(cells)).collect();
    let width = |column: usize| cells.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..5).map(width).collect();
    let mut states = vec![Line::new().add(Tone::Faint, "STATE")];
    states.extend(rows.iter().map(RolloutRow::line));
    let mut text = String::new();
    for (place, (row, state)) in cells.iter().zip(states).enumerate() {
        let mut line = Line::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push(if place == 0 { Tone::Faint } else { Tone::Plain }, format!("{cell:width$}  "));
        }
        line.append(state);
        options.put(&mut text, &line);
    }
    text
}

/// One JSON object a line for each rollout, in the order given.
pub fn list_json(rows: &[RolloutRow]) -> String {
    #[derive(Serialize)]
    struct Object<'a> {
        v: u32,
        #[serde(flatten)]
        row: &'a RolloutRow,
    }
    rows.iter().map(|row| super::event_json::json_line(&Object { v: crate::json::VERSION, row })).collect()
}

fn cells(row: &RolloutRow) -> [String; 5] {
    let name = Line::new().add(Tone::Plain, fit(&row.name)).render_cut(false, 30);
    [row.rollout.clone(), name, format::date_time(row.started_ms), fit(&row.who), format::number(row.hosts)]
}
