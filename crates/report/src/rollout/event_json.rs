//! One event of a rollout as an object for programs: names for ids, patterns for sets of hosts.

use crate::json::{VERSION, tally};
use mcom_fleet::hostset;
use mcom_model::{HostRanges, Tally};
use mcom_rollout::{Checked, Happened, HostsEnded, RolloutEvent, RolloutSpec, RunOf};
use serde::Serialize;
use serde_json::{Map, Value, json};

#[derive(Serialize)]
struct Object<'a> {
    v: u32,
    rollout: &'a str,
    name: &'a str,
    at_ms: u64,
    event: Value,
    #[serde(flatten)]
    fields: Map<String, Value>,
}

/// The object of an event, with its newline.
pub fn event_json(spec: &RolloutSpec, event: &RolloutEvent) -> String {
    let mut fields = fields(spec, &event.what);
    let kind = fields.remove("event").unwrap_or_default();
    let (rollout, name) = (spec.id.as_str(), spec.name.as_str());
    json_line(&Object { v: VERSION, rollout, name, at_ms: event.at_ms, event: kind, fields })
}

/// A value as one line.
pub(super) fn json_line(value: &impl Serialize) -> String {
    // Maps with texts as keys, numbers and texts: there is nothing in them that has no form in JSON.
    let mut text = serde_json::to_string(value).unwrap_or_default();
    text.push('\n');
    text
}

fn fields(spec: &RolloutSpec, what: &Happened) -> Map<String, Value> {
    let mut fields = map(serde_json::to_value(what).unwrap_or_default());
    match what {
        Happened::Became { stage, .. } => {
            fields.insert("stage".into(), stage_json(spec, *stage));
        }
        Happened::RunBegun { of, hosts, .. } => {
            fields.remove("of");
            match of {
                RunOf::Stage(stage) => fields.insert("stage".into(), stage_json(spec, *stage)),
                RunOf::Undo => fields.insert("undoes".into(), true.into()),
            };
            fields.insert("hosts".into(), fold(spec, hosts).into());
        }
        Happened::RunEnded(ended) => fields.extend(ended_json(spec, ended)),
        Happened::Checked(round) => fields.extend(round_json(spec, round)),
        Happened::Sick { hosts } | Happened::Rebooted { hosts } | Happened::Accepted { hosts } => {
            fields.insert("hosts".into(), fold(spec, hosts).into());
        }
        Happened::Asked(_) | Happened::CarriedOn { .. } => {}
    }
    fields
}

/// How the hosts of a run ended: patterns by outcome, and counts.
fn ended_json(spec: &RolloutSpec, ended: &HostsEnded) -> Map<String, Value> {
    let mut counts = Tally::default();
    let mut ends = Map::new();
    for (kind, hosts) in &ended.ends {
        (0..hosts.len()).for_each(|_| counts.add(*kind));
        ends.insert(kind.words().replace(' ', "-"), fold(spec, hosts).into());
    }
    let boots = ended.boots.iter().map(|(host, boot)| (name(spec, host.0).to_owned(), boot.as_str().into()));
    let mut fields = map(json!({ "ends": ends, "tally": tally(&counts) }));
    if !ended.signalled.is_empty() {
        fields.insert("signalled".into(), fold(spec, &ended.signalled).into());
    }
    let boots: Map<String, Value> = boots.collect();
    if !boots.is_empty() {
        fields.insert("boots".into(), boots.into());
    }
    fields
}

/// One round of questions: patterns by answer, and what was said.
pub(super) fn round_json(spec: &RolloutSpec, round: &Checked) -> Map<String, Value> {
    let said = round.said.iter().map(|(host, said)| match host {
        Some(host) => json!({ "host": name(spec, host.0), "said": said }),
        None => json!({ "said": said }),
    });
    let said: Vec<Value> = said.collect();
    let hosts = [("healthy", &round.healthy), ("inconclusive", &round.inconclusive), ("sick", &round.sick)];
    let mut fields = Map::new();
    for (key, hosts) in hosts {
        fields.insert(key.into(), fold(spec, hosts).into());
        fields.insert(format!("{key}_hosts"), hosts.len().into());
    }
    fields.insert("said".into(), said.into());
    if let Some(answer) = round.global {
        fields.insert("global".into(), serde_json::to_value(answer).unwrap_or_default());
    }
    fields
}

/// The name of a stage; none after the last one.
pub(super) fn stage_json(spec: &RolloutSpec, stage: u32) -> Value {
    spec.stages.get(stage as usize).map_or(Value::Null, |stage| stage.name.as_str().into())
}

/// Hosts as a pattern that can be typed again; empty where there are none.
pub(super) fn fold(spec: &RolloutSpec, hosts: &HostRanges) -> String {
    let hosts = hosts.iter().take(spec.plan.hosts.len());
    hostset::fold(hosts.map(|host| name(spec, host.0)))
}

fn name(spec: &RolloutSpec, host: u32) -> &str {
    spec.plan.hosts.get(host as usize).map_or("?", |host| host.name.as_str())
}

fn map(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
