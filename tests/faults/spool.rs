//! Spools without room, without inodes, read-only or without the right to execute. All need root for their mounts.

use crate::scene::Scene;
use mcom_testbed::{Fleet, is_root};

/// One host with its spool on a tmpfs with these options, beside one that is as it should be.
fn with_spool(options: &str) -> Option<Scene> {
    let builder = Fleet::builder().grid("mail", 1, 2).with("mail1-dc1", |host| host.spool_on_tmpfs(options));
    is_root().then(|| Scene::of(builder))
}

/// The run ends with this reason on that host, and ok on the other.
fn refused(options: &str, kinds: &[&str]) {
    let Some(scene) = with_spool(options) else { return };
    let mut run = scene.start("run", &["-h", "*"], "true");
    run.ended().expect(11);
    let outcomes = run.outcomes();
    let kind = outcomes["mail1-dc1"]["reason"]["kind"].as_str().unwrap();
    assert!(kinds.contains(&kind), "{options}: {outcomes:?}");
    assert_eq!(outcomes["mail2-dc1"]["kind"], "ok");
    scene.check(&run);
}

#[test]
fn too_small_for_the_node() {
    refused("size=256k", &["spool-full"]);
}

#[test]
fn out_of_inodes() {
    refused("size=64m,nr_inodes=4", &["spool-full"]);
}

#[test]
fn read_only() {
    refused("size=64m,ro", &["spool-read-only"]);
}

#[test]
fn noexec() {
    refused("size=64m,noexec", &["spool-noexec"]);
}

/// The node is there, the attempt finds no room: nothing starts.
#[test]
fn full_before_the_start() {
    let Some(scene) = with_spool("size=64m") else { return };
    let scene = scene.warm();
    let spool = scene.bench.fleet.spool("mail1-dc1").unwrap();
    let filled = std::process::Command::new("dd")
        .args(["if=/dev/zero", "bs=4096"])
        .arg(format!("of={}", spool.join("filler").display()))
        .output()
        .unwrap();
    assert!(!filled.status.success(), "dd fills it up");
    let mut run = scene.start("run", &["-h", "*"], "true");
    run.ended().expect(11);
    let outcomes = run.outcomes();
    assert_eq!(outcomes["mail1-dc1"]["reason"]["kind"], "spool-full", "{outcomes:?}");
    scene.check(&run);
}

/// The script prints more than there is room for: it is unharmed, and its outcome is its own.
#[test]
fn full_while_it_prints() {
    let Some(scene) = with_spool("size=40m") else { return };
    let scene = scene.warm();
    let mut run = scene.start("run", &["-h", "*"], "head -c 50000000 /dev/zero && echo end >>$HOME/end");
    run.ended().expect(0);
    assert_eq!(run.tally()["ok"], 2);
    assert_eq!(std::fs::read_to_string(scene.bench.fleet.home("mail1-dc1").unwrap().join("end")).unwrap(), "end\n");
    let ended = run.events().into_iter().find(|event| event["said"] == "ended" && event["host"] == 0).unwrap();
    assert!(ended["receipt"]["out"]["dropped"].as_u64().unwrap() > 1_000_000, "{ended}");
    scene.check(&run);
}
