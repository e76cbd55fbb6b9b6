//! The coordinator is killed at every stage of a run; another one finishes it with the same ledger.

use crate::scene::{Scene, until};

#[test]
fn killed_at_any_point() {
    let scene = Scene::grid(2, 3).warm();
    let stages = [
        ("event", "run-started", 1),
        ("said", "linking", 2),
        ("event", "intent", 1),
        ("said", "claimed", 1),
        ("said", "started", 4),
        ("said", "ended", 1),
    ];
    for (number, (key, value, times)) in stages.into_iter().enumerate() {
        let mut run = scene.start(&format!("run{number}"), &["-h", "*", "--width", "2"], "sleep 1; echo done");
        until(value, || run.count(key, value) >= times);
        run.kill();
        let id = run.id();
        let known = run.outcomes();
        scene.resume(&run).expect(0);
        assert_eq!(run.id(), id, "the same ledger");
        assert_eq!(run.count("event", "run-ended"), 1);
        assert_eq!(run.count("event", "resumed"), 1);
        let outcomes = run.outcomes();
        assert_eq!(run.tally()["ok"], 6, "killed when {value}: {outcomes:?}");
        assert!(known.iter().all(|(host, outcome)| outcomes[host] == *outcome), "what was known stays");
        scene.check(&run);
    }
}

#[test]
fn killed_twice_and_resumed_by_two() {
    let scene = Scene::grid(1, 4).warm();
    let mut run = scene.start("run", &["-h", "*", "--width", "2"], "sleep 3");
    run.wait("claimed", 1);
    run.kill();
    let mut first =
        scene.command(&run.state, &["resume", "-O", "none"]).stderr(std::process::Stdio::null()).spawn().unwrap();
    until("the resume has begun", || run.count("event", "resumed") == 1);
    // One process at a time goes on with a ledger.
    let second = scene.resume(&run);
    assert_ne!(second.code, Some(0), "{second:?}");
    assert!(second.code.is_some_and(|code| code < 10), "{second:?}");
    first.kill().unwrap();
    first.wait().unwrap();
    scene.settle(&run);
    assert_eq!(run.tally()["ok"], 4, "{:?}", run.outcomes());
    scene.check(&run);
}
