//! How a stage goes on: its runs, how many hosts at once, and what follows.

use crate::format;
use crate::names::Names;
use crate::rollout::words::length;
use mcom_model::HostId;
use mcom_rollout::{RolloutSpec, StageSpec};

/// Datacenters that are named in the order of their runs.
const NAMED: usize = 6;

/// `soaks 2h, then waits for approval; 1 bad host may be`.
pub(super) fn then(spec: &RolloutSpec, stage: &StageSpec, is_last: bool) -> String {
    let mut parts = Vec::new();
    if let Some(ms) = stage.reboots_ms {
        parts.push(format!("restarts its hosts, back within {}", length(ms)));
    }
    match (stage.soak_ms, spec.health.is_some()) {
        (0, false) if stage.reboots_ms.is_some() => {}
        (0, false) => parts.push("no soak".to_owned()),
        (0, true) => parts.push("goes on when it is healthy".to_owned()),
        (ms, _) => parts.push(format!("soaks {}", length(ms))),
    }
    if stage.approve {
        parts.push(if is_last { "is done when approved" } else { "waits for approval" }.to_owned());
    }
    let mut text = parts.join(", then ");
    match stage.max_fail {
        0 => {}
        1 => text += "; 1 host may be bad",
        more => text += &format!("; {} may be bad", format::hosts(more)),
    }
    if !stage.controls.is_empty() {
        let hosts = format::hosts(stage.controls.len() as u64);
        text += &format!("; {hosts} beside it asked too");
    }
    text
}

/// `one datacenter after another: ams1, fra1; 7 of a datacenter at a time`; empty where all run at once.
pub(super) fn order(names: &Names, stage: &StageSpec) -> String {
    let mut parts = Vec::new();
    match stage.waves.as_slice() {
        [] | [_] => {}
        waves => parts.push(match one_dc_each(names, stage) {
            Some(dcs) if dcs.len() <= NAMED => format!("one datacenter after another: {}", dcs.join(", ")),
            Some(dcs) => format!("one datacenter after another: {}, … {} in all", dcs[..NAMED].join(", "), dcs.len()),
            None => {
                let sizes: Vec<String> = waves.iter().take(NAMED).map(|wave| wave.hosts.len().to_string()).collect();
                let more = if waves.len() > NAMED { ", …" } else { "" };
                format!("{} runs, one after another, of {}{more} hosts", waves.len(), sizes.join(", "))
            }
        }),
    }
    parts.extend(at_a_time(stage));
    parts.join("; ")
}

/// The datacenters of the runs, where each run is one of them.
fn one_dc_each<'n>(names: &'n Names, stage: &StageSpec) -> Option<Vec<&'n str>> {
    let dc = |wave: &mcom_rollout::Wave| {
        let hosts: Vec<HostId> = wave.hosts.iter().collect();
        match names.by_dc(&hosts).as_slice() {
            [(dc, _)] => Some(names.dcs()[*dc].name.as_str()),
            _ => None,
        }
    };
    stage.waves.iter().map(dc).collect()
}

/// `7 of a datacenter at a time`; `5 to 7 ...` where it is not the same everywhere.
fn at_a_time(stage: &StageSpec) -> Option<String> {
    let counts = || stage.waves.iter().flat_map(|wave| wave.fanouts.iter().map(|(_, count)| *count));
    let (least, most) = (counts().min()?, counts().max()?);
    Some(match least == most {
        true => format!("{least} of a datacenter at a time"),
        false => format!("{least} to {most} of a datacenter at a time"),
    })
}
