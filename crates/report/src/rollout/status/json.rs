//! The same for programs.

use super::bad::{bad_hosts, is_bad};
use super::hosts::Standing;
use super::next::next_step;
use crate::json::{VERSION, tally as tally_json};
use crate::rollout::event_json::{fold, json_line, round_json, stage_json};
use crate::rollout::options::Carrier;
use crate::rollout::words::tally;
use mcom_model::HostId;
use mcom_rollout::{HostProgress, RolloutSpec, RolloutState, RunOf};
use serde_json::{Map, Value, json};

/// How far a rollout is: one object, with its newline.
pub fn status_json(spec: &RolloutSpec, state: &RolloutState, carried_by: Option<&Carrier>, now_ms: u64) -> String {
    let standing = Standing::of(spec, state);
    let part = |key: &str, hosts: &_| (key.replace('-', "_"), fold(spec, hosts).into());
    let hosts: Map<String, Value> = standing.parts().iter().map(|(key, _, hosts)| part(key, hosts)).collect();
    let counts = standing.parts().into_iter().map(|(key, _, hosts)| (key.replace('-', "_"), hosts.len().into()));
    let counts: Map<String, Value> = counts.collect();
    let health = state.check.as_ref().map(|(at_ms, round)| {
        let mut health = round_json(spec, round);
        health.insert("at_ms".into(), (*at_ms).into());
        health
    });
    json_line(&json!({
        "v": VERSION,
        "rollout": spec.id,
        "name": spec.name,
        "who": spec.who,
        "reason": spec.reason,
        "started_ms": spec.started_ms,
        "now_ms": now_ms,
        "payload": spec.plan.payload.as_ref().map(|payload| &payload.name),
        "state": state.state,
        "stage": stage_json(spec, state.stage),
        "since_ms": state.since_ms,
        "until_ms": state.until_ms,
        "why": state.why,
        "carried_by": carried_by.map(|by| json!({ "who": by.who, "pid": by.pid })),
        "stages": stages(spec, state),
        "hosts": hosts,
        "counts": counts,
        "bad": fold(spec, &bad_hosts(spec, state)),
        "accepted": fold(spec, &state.which(|host| host.accepted)),
        "health": health,
        "next": next_step(spec, state, carried_by.is_some()),
    }))
}

fn stages(spec: &RolloutSpec, state: &RolloutState) -> Vec<Value> {
    let stage = |(index, stage): (u32, &mcom_rollout::StageSpec)| {
        let hosts: Vec<&HostProgress> =
            stage.hosts.iter().filter_map(|HostId(id)| state.hosts.get(id as usize)).collect();
        let times = state.stages.get(&index);
        let runs = state.runs.iter().filter(|run| run.of == RunOf::Stage(index)).map(|run| run.run.as_str());
        let runs: Vec<&str> = runs.collect();
        json!({
            "name": stage.name,
            "reach": stage.reach,
            "hosts": fold(spec, &stage.hosts),
            "new": stage.hosts.len(),
            "soak_ms": stage.soak_ms,
            "approve": stage.approve,
            "max_fail": stage.max_fail,
            "begun_ms": times.map(|(begun, _)| begun),
            "ended_ms": times.and_then(|(_, ended)| *ended),
            "tally": tally_json(&tally(hosts.iter().copied())),
            "bad": hosts.iter().filter(|host| is_bad(spec, host)).count(),
            "runs": runs,
        })
    };
    (0..).zip(&spec.stages).map(stage).collect()
}
