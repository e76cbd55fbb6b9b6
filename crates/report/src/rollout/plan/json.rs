//! The plan for programs.

use super::moments::{Moments, PlanOfRollout};
use crate::json::VERSION;
use crate::rollout::event_json::{fold, json_line};
use mcom_model::{HostId, HostRanges};
use mcom_rollout::StageSpec;
use serde_json::{Map, Value, json};

/// What a rollout means: one object, with its newline.
pub fn plan_json(plan: &PlanOfRollout<'_>) -> String {
    let spec = plan.spec;
    let mut total = 0;
    let stages = spec.stages.iter().zip(plan.moments()).map(|(stage, moments)| {
        total += stage.hosts.len();
        stage_json(plan, stage, moments, total)
    });
    let stages: Vec<Value> = stages.collect();
    json_line(&json!({
        "v": VERSION,
        "name": spec.name,
        "reason": spec.reason,
        "hosts": spec.plan.hosts.len(),
        "payload": spec.plan.payload,
        "undo": spec.undo,
        "health": spec.health,
        "on_fail": spec.on_fail,
        "window": spec.window,
        "now_ms": plan.now_ms,
        "ends_ms": plan.ends_ms(),
        "left_out": plan.left_out.fold(),
        "left_out_stages": plan.empty,
        "stages": stages,
    }))
}

fn stage_json(plan: &PlanOfRollout<'_>, stage: &StageSpec, moments: Moments, total: usize) -> Value {
    let spec = plan.spec;
    let waves = stage.waves.iter().map(|wave| {
        let fanouts = wave.fanouts.iter().map(|(dc, count)| {
            let dc = spec.plan.datacenters.get(*dc as usize).map_or("?", |dc| dc.name.as_str());
            (dc.to_owned(), (*count).into())
        });
        let fanouts: Map<String, Value> = fanouts.collect();
        json!({ "hosts": fold(spec, &wave.hosts), "fanout": fanouts })
    });
    let waves: Vec<Value> = waves.collect();
    json!({
        "name": stage.name,
        "reach": stage.reach,
        "new": stage.hosts.len(),
        "total": total,
        "hosts": fold(spec, &stage.hosts),
        "datacenters": datacenters(plan, &stage.hosts),
        "controls": fold(spec, &stage.controls),
        "runs": waves,
        "soak_ms": stage.soak_ms,
        "approve": stage.approve,
        "max_fail": stage.max_fail,
        "reboots_ms": stage.reboots_ms,
        "begins_ms": moments.begins_ms,
        "ends_ms": moments.ends_ms,
    })
}

/// The hosts of a stage by datacenter.
fn datacenters(plan: &PlanOfRollout<'_>, hosts: &HostRanges) -> Map<String, Value> {
    let spec = plan.spec;
    let of_dc = |index: usize| -> HostRanges {
        let is_here =
            |host: &HostId| spec.plan.hosts.get(host.0 as usize).is_some_and(|host| host.dc as usize == index);
        hosts.iter().filter(is_here).collect()
    };
    let dcs = spec.plan.datacenters.iter().enumerate();
    let dcs = dcs.map(|(index, dc)| (dc.name.clone(), of_dc(index))).filter(|(_, hosts)| !hosts.is_empty());
    dcs.map(|(name, hosts)| (name, fold(spec, &hosts).into())).collect()
}
