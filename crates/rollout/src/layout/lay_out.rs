//! All stages of a rollout, one after another.

use crate::file::StageFile;
use crate::layout::LayoutError;
use crate::layout::controls::controls;
use crate::layout::ranking::Ranking;
use crate::layout::reached::Reached;
use crate::layout::waves::waves;
use crate::spec::{StageSpec, Wave};
use mcom_fleet::planner;
use mcom_model::{HostId, HostRanges, Plan};
use std::collections::{BTreeMap, BTreeSet};

/// What is laid out.
pub struct LayOut<'a> {
    /// The rollout's name.
    pub name: &'a str,
    /// All hosts that it may come to.
    pub plan: &'a Plan,
    /// The stages, as typed.
    pub stages: &'a [StageFile],
    /// How many untouched hosts are asked beside those of each stage.
    pub controls: u32,
    /// The hosts of a pattern, among the plan's; or what is wrong with it.
    pub named: &'a dyn Fn(&str) -> Result<BTreeSet<HostId>, String>,
}

/// A rollout's stages, and the plan for their hosts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaidOut {
    /// The plan for the hosts of all stages, and no others. Ids and datacenters in the stages are this plan's.
    pub plan: Plan,
    /// The stages. Together they have every host of the plan once.
    pub stages: Vec<StageSpec>,
    /// Hosts of the plan that was given which no stage reaches, by their ids there.
    pub left_out: HostRanges,
    /// Stages that are left out, each with why: those before them reach as far on these hosts.
    pub empty: Vec<LayoutError>,
}

/// Picks the hosts of every stage.
pub fn lay_out(input: LayOut<'_>) -> Result<LaidOut, LayoutError> {
    let plan = input.plan;
    let ranking = Ranking::of(input.name, plan);
    let mut reached = Reached::nothing(plan, &ranking);
    let (mut parts, mut empty) = (Vec::with_capacity(input.stages.len()), Vec::new());
    for (stage, number) in input.stages.iter().zip(0..) {
        let error = |message| {
            let (name, place) = (stage.name.clone(), stage.reach.place);
            LayoutError { stage: number, name, place, message }
        };
        let hosts = reached.go_on(&stage.reach.value, input.named).map_err(error)?;
        if hosts.is_empty() {
            empty.push(error(reached.adds_nothing(&stage.reach.value)));
        } else {
            parts.push((stage, hosts));
        }
    }
    let mut untouched = reached.hosts().clone();
    let mut stages = Vec::with_capacity(parts.len());
    for (stage, hosts) in parts {
        untouched = &untouched - &hosts;
        let controls = controls(plan, &ranking, &hosts, &untouched, input.controls);
        stages.push(spec(plan, stage, &hosts, controls));
    }
    Ok(LaidOut { empty, ..reduced(plan, stages, reached.hosts()) })
}

fn spec(plan: &Plan, stage: &StageFile, hosts: &BTreeSet<HostId>, controls: HostRanges) -> StageSpec {
    StageSpec {
        name: stage.name.clone(),
        reach: stage.reach.value.to_string(),
        hosts: hosts.iter().copied().collect(),
        waves: waves(plan, stage, hosts),
        controls,
        soak_ms: stage.soak_ms,
        approve: stage.approve,
        max_fail: stage.max_fail,
        reboots_ms: stage.reboots_ms,
    }
}

/// The plan without the hosts that no stage reaches: they are none of the rollout's.
fn reduced(plan: &Plan, mut stages: Vec<StageSpec>, hosts: &BTreeSet<HostId>) -> LaidOut {
    if hosts.len() == plan.hosts.len() {
        return LaidOut { plan: plan.clone(), stages, left_out: HostRanges::default(), empty: Vec::new() };
    }
    let part = planner::part(plan, hosts);
    let ids: BTreeMap<HostId, HostId> = hosts.iter().copied().zip((0..).map(HostId)).collect();
    let dcs: BTreeMap<u32, u32> = ids.iter().map(|(&old, &new)| (plan.host(old).dc, part.host(new).dc)).collect();
    let renumber = |hosts: &mut HostRanges| *hosts = hosts.iter().map(|host| ids[&host]).collect();
    for stage in &mut stages {
        renumber(&mut stage.hosts);
        renumber(&mut stage.controls);
        for Wave { hosts, fanouts } in &mut stage.waves {
            renumber(hosts);
            fanouts.iter_mut().for_each(|(dc, _)| *dc = dcs[dc]);
        }
    }
    let left_out = plan.host_ids().filter(|host| !hosts.contains(host)).collect();
    LaidOut { plan: part, stages, left_out, empty: Vec::new() }
}
