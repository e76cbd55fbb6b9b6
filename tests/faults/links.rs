//! Links that are cut, stand still, lose, or work one way.

use crate::scene::{Coordinator, Scene};
use mcom_testbed::{Fleet, Line, Links, Random, Way, namespaces_missing};
use std::time::Duration;

/// Where a link is cut differs with every seed; this one is printed when it fails.
const SEEDS: std::ops::Range<u64> = 0..4;

fn all_ok(scene: &Scene, run: &Coordinator, hosts: usize) {
    scene.settle(run);
    assert_eq!(run.tally().get("ok"), Some(&hosts), "{:?}", run.outcomes());
    scene.check(run);
}

/// Every host's link is cut at another byte: within the login, the node's arrival, the assignment, the run.
#[test]
fn cut_after_any_number_of_bytes() {
    let scene = Scene::of(Fleet::builder().grid("mail", 1, 8).proxied());
    for seed in SEEDS {
        let mut random = Random::new(seed);
        let hosts: Vec<_> = scene.bench.fleet.names().map(str::to_owned).collect();
        // As many places among the first hundred bytes as among the last million.
        let most = if seed == 0 { 19 } else { 10 };
        let mut place = || {
            let size = 4 + random.below(most);
            random.below(1 << size)
        };
        let places: Vec<_> = hosts.iter().map(|_| place()).collect();
        for (host, bytes) in hosts.iter().zip(&places) {
            scene.bench.fleet.cut_after(host, Links::All, *bytes).unwrap();
        }
        let shape: &[&str] = if seed % 2 == 0 { &["-h", "*", "--flat"] } else { &["-h", "*", "--width", "2"] };
        let mut run = scene.start(&format!("run{seed}"), shape, "sleep 1; echo done");
        let ran = run.ended();
        assert!(ran.code.is_some(), "seed {seed}, cut after {places:?}: {ran:?}");
        scene.bench.fleet.heal().unwrap();
        all_ok(&scene, &run, hosts.len());
    }
    let cuts: u64 = scene.bench.fleet.names().map(|host| scene.bench.fleet.passed(host, Links::All).unwrap().1).sum();
    assert!(cuts >= 8, "links were cut {cuts} times");
}

#[test]
fn reset_in_the_middle() {
    let scene = Scene::of(Fleet::builder().grid("mail", 2, 3).proxied()).warm();
    let gate = scene.gate("gate");
    let mut run = scene.start("run", &["-h", "*", "--width", "2"], &gate.shell());
    run.wait("started", 6);
    for host in run.hosts() {
        scene.bench.fleet.reset(&host, Links::All).unwrap();
    }
    run.wait("attached", 6);
    gate.open();
    run.ended().expect(0);
    all_ok(&scene, &run, 6);
}

/// With namespaces packets are lost; on loopback, the links stand still.
#[test]
fn partition_and_heal() {
    let builder = Fleet::builder().grid("mail", 2, 3);
    let builder = if namespaces_missing().is_none() { builder.namespaces() } else { builder.proxied() };
    let scene = Scene::of(builder).warm();
    for (number, ways) in [Way::Both, Way::Out, Way::In].into_iter().enumerate() {
        let gate = scene.gate(&format!("gate{number}"));
        let mut run = scene.start(&format!("run{number}"), &["-h", "*", "-t", "3s"], &gate.shell());
        run.wait("started", 6);
        scene.bench.fleet.partition("dc1", Some(ways)).unwrap();
        // Longer than it takes to hold the link for dead.
        run.wait("parent-lost", 1);
        scene.bench.fleet.heal().unwrap();
        gate.open();
        run.ended();
        all_ok(&scene, &run, 6);
    }
}

/// The partition outlasts the run: its hosts are unknown, and are known when it has healed.
#[test]
fn partition_that_outlasts_the_run() {
    let builder = Fleet::builder().grid("mail", 2, 2);
    let builder = if namespaces_missing().is_none() { builder.namespaces() } else { builder.proxied() };
    let scene = Scene::of(builder).warm();
    let gate = scene.gate("gate");
    let mut run = scene.start("run", &["-h", "*", "-t", "2s"], &gate.shell());
    run.wait("started", 4);
    scene.bench.fleet.partition("dc1", Some(Way::Both)).unwrap();
    gate.open();
    run.ended().expect(16);
    assert_eq!((run.tally()["ok"], run.tally()["unknown"]), (2, 2), "{:?}", run.outcomes());
    scene.bench.fleet.heal().unwrap();
    scene.resume(&run).expect(0);
    all_ok(&scene, &run, 4);
}

#[test]
fn late_narrow_and_lossy() {
    if let Some(what) = namespaces_missing() {
        assert!(Fleet::builder().grid("mail", 1, 1).namespaces().start().is_err(), "it lacks {what}");
        return;
    }
    let scene = Scene::of(Fleet::builder().grid("mail", 1, 3).namespaces()).warm();
    let lines = [
        Line { loss_percent: 5, ..Line::default() },
        Line { loss_percent: 20, ..Line::default() },
        Line { delay: Duration::from_millis(200), bits_per_second: Some(1_000_000), ..Line::default() },
        Line { delay: Duration::from_millis(200), bits_per_second: Some(1_000_000), loss_percent: 5, stopped: None },
    ];
    for (number, line) in lines.into_iter().enumerate() {
        scene.bench.fleet.set_line("dc1", |now| *now = line).unwrap();
        let mut run = scene.start(&format!("run{number}"), &["-h", "*", "-t", "20s"], "seq 1 3000; sleep 1");
        run.ended();
        all_ok(&scene, &run, 3);
    }
    let lost = scene.bench.fleet.traffic("dc1").unwrap().lost;
    assert!(lost > 0, "nothing was lost");
}
