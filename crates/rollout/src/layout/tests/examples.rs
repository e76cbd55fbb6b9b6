//! What stages mean, and what is refused.

use super::{fleet, laid_out, laid_out_as, names, per_dc, reached_by, refused, stages};
use mcom_fleet::document::Place;
use std::collections::{BTreeMap, BTreeSet};

#[test]
fn reaches_count_from_the_first_stage_on() {
    let plan = fleet(&[40, 20, 5]);
    let laid = laid_out(&plan, "1,1/dc,10/dc,all");
    let mut before = Vec::new();
    let mut counts = Vec::new();
    for stage in &laid.stages {
        before.extend(stage.hosts.iter());
        counts.push(per_dc(&plan, before.iter().copied()));
    }
    assert_eq!(counts[0].iter().sum::<usize>(), 1);
    assert_eq!(counts[1..], [[1, 1, 1], [10, 10, 5], [40, 20, 5]]);
    assert_eq!((laid.plan, laid.left_out.len()), (plan, 0));
}

#[test]
fn shares_are_rounded_down_but_are_one_host_at_least() {
    let plan = fleet(&[40, 19, 3]);
    let of_dc = |reach: &str| per_dc(&plan, reached_by(&plan, &laid_out(&plan, reach)));
    assert_eq!(of_dc("10%/dc"), [4, 1, 1]);
    assert_eq!(of_dc("99%/dc"), [39, 18, 2]);
    assert_eq!(of_dc("100%"), [40, 19, 3]);
    assert_eq!(of_dc("1%").iter().sum::<usize>(), 1);
    assert_eq!(of_dc("5%").iter().sum::<usize>(), 3);
}

#[test]
fn a_stage_can_name_its_hosts() {
    let plan = fleet(&[4, 4]);
    let laid = laid_out(&plan, "=web3-dc2,1/dc,all");
    assert_eq!(names(&plan, &laid.stages[0].hosts), ["web3-dc2".to_owned()].into());
    assert_eq!(per_dc(&plan, laid.stages[1].hosts.iter()), [1, 0]);
    assert_eq!(laid.stages[0].reach, "web3-dc2");
}

#[test]
fn what_cannot_be_is_said_with_its_stage() {
    let plan = fleet(&[4, 4]);
    assert!(refused(&plan, "1,=db1").contains("stage 2 (db1): none of the rollout's hosts is db1"));
    assert_eq!(refused(&plan, "=["), "stage 1 ([): no end of [");
    let error = laid_out_as("fix", &plan, &stages("all,=db1"), 0).unwrap_err();
    assert_eq!((error.stage, error.place), (1, Place { line: 7, column: 9 }));
}

#[test]
fn a_stage_that_adds_no_host_is_left_out_and_said() {
    let left_out = |plan: &_, reach: &str| {
        let laid = laid_out(plan, reach);
        (laid.stages.len(), laid.empty.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    let plan = fleet(&[4, 4]);
    let why = "stage 2 (2): 2 adds no host, as the stages before it reach 2 of 8 hosts already: it is left out";
    assert_eq!(left_out(&plan, "1/dc,2"), (1, vec![why.to_owned()]));
    let (kept, said) = left_out(&plan, "1/dc,10/dc,all");
    assert_eq!(kept, 2);
    assert!(said[0].contains("reach all 8 hosts already"), "{said:?}");
    assert!(left_out(&fleet(&[1]), "1,1/dc,all").1[1].contains("reach the only host already"));
    assert_eq!(left_out(&plan, "=web3-dc2,=web3-dc2").0, 1);
}

#[test]
fn hosts_that_no_stage_reaches_are_none_of_the_rollout() {
    let plan = fleet(&[4, 1, 4]);
    let mut typed = stages("=web3-dc1,=web2-dc3");
    typed[1].batch = Some("50%/dc".parse().unwrap());
    let laid = laid_out_as("fix", &plan, &typed, 9).unwrap();
    let hosts: Vec<&str> = laid.plan.hosts.iter().map(|host| host.name.as_str()).collect();
    assert_eq!(hosts, ["web3-dc1", "web2-dc3"]);
    assert_eq!(laid.left_out.len(), 7);
    assert_eq!(names(&laid.plan, &laid.stages[1].waves[0].hosts), ["web2-dc3".to_owned()].into());
    // Half of the datacenter as it is, and its place in the plan that is left.
    assert_eq!(laid.stages[1].waves[0].fanouts, [(1, 2)]);
    assert_eq!(names(&laid.plan, &laid.stages[0].controls), ["web2-dc3".to_owned()].into());
}

#[test]
fn parents_come_late() {
    let plan = fleet(&[9, 9, 1]);
    for name in ["a", "b", "c", "d"] {
        let laid = laid_out_as(name, &plan, &stages("1,1/dc,8/dc,all"), 0).unwrap();
        let last = names(&plan, &laid.stages[3].hosts);
        assert_eq!(last, ["web1-dc1".to_owned(), "web1-dc2".to_owned()].into());
    }
}

#[test]
fn every_rollout_has_its_own_canaries() {
    let plan = fleet(&[50]);
    let canary = |name: &str| names(&plan, &laid_out_as(name, &plan, &stages("1,all"), 0).unwrap().stages[0].hosts);
    let canaries: BTreeSet<_> = (0..20).map(|n| canary(&format!("fix{n}"))).collect();
    assert!(canaries.len() > 10, "{canaries:?}");
    // Kept: another one would mean that a rollout which is laid out again has other stages.
    assert_eq!(canary("nginx-fix"), ["web43-dc1".to_owned()].into());
}

#[test]
fn datacenters_run_side_by_side_or_one_after_another() {
    let plan = fleet(&[40, 19, 3]);
    let mut typed = stages("1/dc,all");
    typed[1].batch = Some("10%/dc".parse().unwrap());
    let side_by_side = laid_out_as("fix", &plan, &typed, 0).unwrap();
    assert_eq!(side_by_side.stages[0].waves[0].fanouts, []);
    assert_eq!(side_by_side.stages[1].waves.len(), 1);
    assert_eq!(side_by_side.stages[1].waves[0].fanouts, [(0, 4), (1, 1), (2, 1)]);
    typed[1].by_dc = true;
    let one_by_one = laid_out_as("fix", &plan, &typed, 0).unwrap();
    let waves = &one_by_one.stages[1].waves;
    assert_eq!(waves.iter().map(|wave| wave.fanouts.clone()).collect::<Vec<_>>(), [[(0, 4)], [(1, 1)], [(2, 1)]]);
    assert_eq!(waves.iter().map(|wave| wave.hosts.len()).collect::<Vec<_>>(), [39, 18, 2]);
    typed[1].batch = Some("5/dc".parse().unwrap());
    assert_eq!(laid_out_as("fix", &plan, &typed, 0).unwrap().stages[1].waves[2].fanouts, [(2, 5)]);
}

#[test]
fn controls_are_spread_over_the_datacenters_of_the_stage_first() {
    let plan = fleet(&[10, 10, 10]);
    let laid = laid_out_as("fix", &plan, &stages("=web3-dc1,=web3-dc2,all"), 12).unwrap();
    let controls = |stage: usize| per_dc(&plan, laid.stages[stage].controls.iter());
    assert_eq!(controls(0)[0], 9, "its own datacenter gives all that it has");
    assert_eq!(controls(0).iter().sum::<usize>(), 12);
    assert_eq!(controls(1)[1], 9);
    assert_eq!(controls(2), [0; 3], "nobody is left");
    let spread = laid_out_as("fix", &plan, &stages("1/dc,all"), 6).unwrap();
    assert_eq!(per_dc(&plan, spread.stages[0].controls.iter()), [2; 3]);
}

#[test]
fn picks_are_spread_evenly() {
    let plan = fleet(&[40, 40, 40, 40]);
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    for n in 0..400 {
        let laid = laid_out_as(&format!("fix{n}"), &plan, &stages("1"), 0).unwrap();
        let dc = plan.host(reached_by(&plan, &laid)[0]).dc;
        *counts.entry(dc as usize).or_default() += 1;
    }
    assert!(counts.len() == 4 && counts.values().all(|&count| count > 60), "{counts:?}");
}
