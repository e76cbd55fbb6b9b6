//! Parents that die, stop, or go and come back, in trees of three levels.

use crate::scene::{Part, Scene, until};
use mcom_testbed::Signal;
use std::time::{Duration, Instant};

/// Seven hosts under two children each: a parent, parents below it, and hosts below those.
fn deep() -> Scene {
    Scene::grid(1, 7).warm()
}

const DEEP: [&str; 6] = ["-h", "*", "--width", "2", "-t", "3s"];

#[test]
fn killed_in_a_deep_tree() {
    let scene = deep();
    let gate = scene.gate("gate");
    let mut run = scene.start("run", &DEEP, &gate.shell());
    run.wait("started", 7);
    let parent = run.said("chosen")[0].clone();
    assert!(run.said("chosen").len() >= 3, "three levels");
    let since = Instant::now();
    assert_eq!(scene.kill(&parent, Part::Node), 1);
    run.wait("parent-lost", 1);
    assert!(since.elapsed() < Duration::from_secs(15), "found {:?} after its death", since.elapsed());
    run.wait("attached", 6);
    gate.open();
    run.ended().expect(0);
    assert_eq!(run.tally()["ok"], 7);
    assert_eq!(run.count("event", "shipped"), 1, "the payload is in the datacenter already");
    scene.check(&run);
}

#[test]
fn turned_off_and_on() {
    let mut scene = deep();
    let gate = scene.gate("gate");
    let mut run = scene.start("run", &DEEP, &gate.shell());
    run.wait("started", 7);
    let parent = run.said("chosen")[0].clone();
    scene.bench.fleet.stop_host(&parent).unwrap();
    run.wait("parent-lost", 1);
    gate.open();
    run.ended().expect(16);
    let tally = run.tally();
    assert_eq!((tally["ok"], tally["unknown"]), (6, 1), "{:?}", run.outcomes());
    scene.bench.fleet.start_host(&parent).unwrap();
    scene.settle(&run);
    let outcome = &run.outcomes()[&parent];
    assert_eq!((outcome["kind"].as_str(), scene.lines(&parent, &run.id())), (Some("unknown"), 1), "{outcome}");
    assert_eq!(outcome["reason"]["kind"], "supervisor-lost", "all its processes were killed: nobody can know");
    scene.check(&run);
}

#[test]
fn stopped_for_a_minute_and_continued() {
    let scene = deep();
    let gate = scene.gate("gate");
    let mut run = scene.start("run", &DEEP, &gate.shell());
    run.wait("started", 7);
    let parent = run.said("chosen")[0].clone();
    let since = Instant::now();
    scene.bench.fleet.signal_host(&parent, Signal::Stop).unwrap();
    run.wait("parent-lost", 1);
    gate.open();
    // Fifteen seconds, scaled, and what a busy machine adds.
    assert!(since.elapsed() < Duration::from_secs(8), "found after {:?}", since.elapsed());
    let others = || run.outcomes().iter().filter(|(host, one)| **host != parent && one["kind"] == "ok").count();
    until("the others end while it stands still", || others() == 6);
    std::thread::sleep(Duration::from_secs(12).saturating_sub(since.elapsed()));
    scene.bench.fleet.signal_host(&parent, Signal::Continue).unwrap();
    run.ended();
    scene.settle(&run);
    assert_eq!(run.tally()["ok"], 7, "{:?}", run.outcomes());
    scene.check(&run);
    until("the zombie leaves", || scene.part(&parent, Part::Node).is_empty());
}
