//! What must hold of stages, whatever the fleet and whatever is typed.

use super::{fleet, laid_out_as, names, per_dc, plan_of, reached_by, stage, stages};
use crate::file::StageFile;
use crate::layout::ranking::Ranking;
use crate::reach::Reach;
use mcom_model::{HostId, HostRanges, Plan, PlannedDc};
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn sizes() -> impl Strategy<Value = Vec<usize>> {
    vec(1..30_usize, 1..6)
}

fn reach() -> impl Strategy<Value = Reach> {
    prop_oneof![
        (1..60_u64).prop_map(Reach::Hosts),
        (1..30_u64).prop_map(Reach::HostsPerDc),
        (1..=100_u32).prop_map(Reach::Percent),
        (1..=100_u32).prop_map(Reach::PercentPerDc),
        (1..30_usize, 1..6_usize).prop_map(|(host, dc)| Reach::Pattern(format!("web{host}-dc{dc}"))),
        Just(Reach::All),
    ]
}

/// Those of the stages that add a host, as somebody types them who has read what is said.
fn that_can_be(plan: &Plan, reaches: Vec<Reach>) -> Vec<StageFile> {
    let mut typed: Vec<StageFile> = reaches.into_iter().map(stage).collect();
    while let Err(error) = laid_out_as("fix", plan, &typed, 0) {
        typed.remove(error.stage);
    }
    for empty in laid_out_as("fix", plan, &typed, 0).unwrap().empty.iter().rev() {
        typed.remove(empty.stage);
    }
    if typed.is_empty() { stages("all") } else { typed }
}

/// What a stage was to reach at least, and at most, in each datacenter, with so many before it.
fn wanted(plan: &Plan, reach: &Reach, before: &[usize]) -> Option<Vec<usize>> {
    let sizes = plan.datacenters.iter().map(|dc| dc.members.len());
    let until = |size: usize| match reach {
        Reach::HostsPerDc(hosts) => Some(size.min(*hosts as usize)),
        Reach::PercentPerDc(share) => Some((size * *share as usize / 100).max(1)),
        Reach::All => Some(size),
        _ => None,
    };
    sizes.zip(before).map(|(size, before)| until(size).map(|until| until.max(*before))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn stages_have_every_host_once_and_as_many_as_was_asked(sizes in sizes(), reaches in vec(reach(), 1..6)) {
        let plan = fleet(&sizes);
        let typed = that_can_be(&plan, reaches);
        let laid = laid_out_as("fix", &plan, &typed, 0).unwrap();
        prop_assert_eq!(laid.plan.hosts.len() + laid.left_out.len(), plan.hosts.len());
        let mut all: Vec<HostId> = laid.stages.iter().flat_map(|stage| stage.hosts.iter()).collect();
        all.sort_unstable();
        prop_assert_eq!(&all, &laid.plan.host_ids().collect::<Vec<_>>());
        let old = reached_by(&plan, &laid);
        let mut before = vec![0; sizes.len()];
        for (stage, typed) in laid.stages.iter().zip(&typed) {
            let waves: Vec<HostId> = stage.waves.iter().flat_map(|wave| wave.hosts.iter()).collect();
            prop_assert_eq!(waves, stage.hosts.iter().collect::<Vec<_>>());
            let adds = per_dc(&plan, stage.hosts.iter().map(|id| old[id.0 as usize]));
            let reached: Vec<usize> = before.iter().zip(&adds).map(|(before, adds)| before + adds).collect();
            let total: usize = reached.iter().sum();
            match &typed.reach.value {
                Reach::Hosts(hosts) => prop_assert_eq!(total, plan.hosts.len().min(*hosts as usize)),
                Reach::Percent(share) => prop_assert_eq!(total, (plan.hosts.len() * *share as usize / 100).max(1)),
                Reach::Pattern(_) => prop_assert_eq!(stage.hosts.len(), 1),
                each => prop_assert_eq!(Some(reached.clone()), wanted(&plan, each, &before)),
            }
            before = reached;
        }
    }

    #[test]
    fn controls_are_hosts_that_nothing_was_done_to(
        sizes in sizes(), reaches in vec(reach(), 1..6), number in 0..20_u32,
    ) {
        let plan = fleet(&sizes);
        let laid = laid_out_as("fix", &plan, &that_can_be(&plan, reaches), number).unwrap();
        let mut touched = BTreeSet::new();
        for stage in &laid.stages {
            touched.extend(stage.hosts.iter());
            prop_assert!(stage.controls.iter().all(|host| !touched.contains(&host)));
            let untouched = laid.plan.hosts.len() - touched.len();
            prop_assert_eq!(stage.controls.len(), untouched.min(number as usize));
            let near = per_dc(&laid.plan, stage.hosts.iter());
            let is_near = |host: &HostId| near[laid.plan.host(*host).dc as usize] > 0;
            let left = laid.plan.host_ids().filter(|id| !touched.contains(id) && is_near(id)).count();
            prop_assert_eq!(stage.controls.iter().filter(is_near).count(), left.min(number as usize));
        }
    }

    #[test]
    fn the_order_in_which_hosts_are_named_changes_nothing(
        sizes in sizes(), reaches in vec(reach(), 1..6), seed in any::<u64>(),
    ) {
        let plan = fleet(&sizes);
        let typed = that_can_be(&plan, reaches);
        let mut hosts: Vec<(String, u32)> = plan.hosts.iter().map(|host| (host.name.clone(), host.dc)).collect();
        hosts.sort_by_key(|(name, _)| mcom_model::Digest::of(format!("{seed}{name}").as_bytes()));
        let mut other = plan_of(sizes.len() as u32, hosts);
        // Who is a parent is the planner's to say, by the names and not by the ids.
        let first = |dc: &PlannedDc| format!("web1-{}", dc.name);
        let specs = other.hosts.clone();
        for dc in &mut other.datacenters {
            let first = first(dc);
            dc.members.sort_by_key(|id| specs[id.0 as usize].name != first);
        }
        let stages_of = |plan: &Plan| {
            let laid = laid_out_as("fix", plan, &typed, 3).unwrap();
            let of = |hosts: &HostRanges| names(&laid.plan, hosts);
            laid.stages.iter().map(|stage| (of(&stage.hosts), of(&stage.controls))).collect::<Vec<_>>()
        };
        prop_assert_eq!(stages_of(&plan), stages_of(&other));
        prop_assert_eq!(stages_of(&plan), stages_of(&plan));
    }

    #[test]
    fn a_host_that_joins_leaves_the_others_in_their_order(sizes in sizes(), joins in 0..6_usize) {
        // In datacenters of two at least, whose parents stay what they are.
        let mut sizes: Vec<usize> = sizes.into_iter().map(|size| size + 1).collect();
        let order = |plan: &Plan| {
            let ranking = Ranking::of("fix", plan);
            ranking.iter().map(|id| plan.host(id).name.clone()).collect::<Vec<_>>()
        };
        let before = order(&fleet(&sizes));
        let dc = joins % sizes.len();
        sizes[dc] += 1;
        let joined = format!("web{}-dc{}", sizes[dc], dc + 1);
        let after = order(&fleet(&sizes));
        prop_assert!(after.contains(&joined));
        prop_assert_eq!(after.into_iter().filter(|host| *host != joined).collect::<Vec<_>>(), before);
    }
}
