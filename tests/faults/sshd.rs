//! sshds with odd limits, and accounts with odd shells.

use crate::scene::Scene;
use mcom_testbed::{Fleet, FleetBuilder, is_root};
use std::path::Path;

#[test]
fn few_startups_and_one_session() {
    let scene = Scene::of(Fleet::builder().grid("mail", 1, 6).max_startups("2").max_sessions(1));
    for (name, shape) in [("flat", &["-h", "*", "--flat"][..]), ("deep", &["-h", "*", "--width", "2"])] {
        let mut run = scene.start(name, shape, "true");
        run.ended().expect(0);
        assert_eq!(run.tally()["ok"], 6, "{:?}", run.outcomes());
        scene.check(&run);
    }
}

/// The reason on the one odd host; the other is ok.
fn reason(builder: FleetBuilder) -> String {
    let scene = Scene::of(builder);
    let mut run = scene.start("run", &["-h", "*"], "true");
    run.ended().expect(11);
    let outcomes = run.outcomes();
    assert_eq!(outcomes["mail2-dc1"]["kind"], "ok", "{outcomes:?}");
    scene.check(&run);
    outcomes["mail1-dc1"]["reason"]["kind"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn noise_from_a_start_up_file() {
    let builder = Fleet::builder().grid("mail", 1, 2);
    assert_eq!(reason(builder.with("mail1-dc1", |host| host.noisy("Welcome!"))), "login-shell-noise");
}

#[test]
fn shells_that_are_none() {
    if !is_root() {
        return;
    }
    for shell in ["/bin/false", "/usr/sbin/nologin"] {
        let builder = Fleet::builder().grid("mail", 1, 2).with("mail1-dc1", |host| host.shell(Path::new(shell)));
        let kind = reason(builder);
        assert!(["no-shell", "login-shell-noise"].contains(&kind.as_str()), "{shell}: {kind}");
    }
}

#[test]
fn no_proc() {
    if !is_root() {
        return;
    }
    let scene = Scene::of(Fleet::builder().grid("mail", 1, 2).with("mail1-dc1", |host| host.no_proc()));
    let mut run = scene.start("run", &["-h", "*"], "true");
    run.ended();
    let outcome = &run.outcomes()["mail1-dc1"];
    // It runs, or it says in words why not.
    let said = outcome["reason"]["text"].as_str().unwrap_or_default();
    assert!(outcome["kind"] == "ok" || said.contains("/proc"), "{outcome}");
    scene.check(&run);
}
