//! What goes wrong on one host: its processes are killed, it reboots, somebody else works on it.

use crate::scene::{Coordinator, Part, Scene, until};
use mcom_testbed::is_root;
use std::time::{Duration, Instant};

#[test]
fn payload_killed() {
    let scene = Scene::grid(1, 2).warm();
    let mut run = scene.start("run", &["-h", "*"], "sleep 30");
    run.wait("started", 2);
    assert_eq!(scene.kill("mail1-dc1", Part::Payload), 1);
    until("it ends", || run.outcomes().contains_key("mail1-dc1"));
    assert_eq!(run.outcomes()["mail1-dc1"]["exit"]["signal"], 9, "a signal, never ok");
    assert_eq!(scene.kill("mail2-dc1", Part::Payload), 1);
    run.ended().expect(10);
    scene.check(&run);
}

#[test]
fn supervisor_killed() {
    let scene = Scene::grid(1, 2).warm();
    let gate = scene.gate("gate");
    let mut run = scene.start("run", &["-h", "*"], &gate.shell());
    run.wait("started", 2);
    assert_eq!(scene.kill("mail1-dc1", Part::Supervisor), 1);
    gate.open();
    run.ended().expect(16);
    let outcomes = run.outcomes();
    assert_eq!(outcomes["mail1-dc1"]["reason"]["kind"], "supervisor-lost", "{outcomes:?}");
    assert_eq!(outcomes["mail2-dc1"]["kind"], "ok");
    // Nobody can know it later either.
    scene.resume(&run).expect(16);
    assert_eq!(run.outcomes()["mail1-dc1"]["kind"], "unknown");
    scene.check(&run);
}

#[test]
fn rebooted_before_the_receipt() {
    if !is_root() {
        return;
    }
    let mut scene = Scene::grid(1, 3).warm();
    let gate = scene.gate("gate");
    let mut run = scene.start("run", &["-h", "*", "-t", "3s"], &gate.shell());
    run.wait("started", 3);
    let chosen = run.said("chosen")[0].clone();
    let leaf = run.hosts().into_iter().find(|host| *host != chosen).unwrap();
    scene.bench.fleet.reboot(&leaf).unwrap();
    gate.open();
    run.ended();
    scene.settle(&run);
    let outcomes = run.outcomes();
    assert_eq!(outcomes[&leaf]["kind"], "unknown");
    assert_eq!(outcomes[&leaf]["reason"]["kind"], "rebooted", "{outcomes:?}");
    // Under which boot it had been claimed is said once more, for whoever did not hear it the first time.
    let (claimed, attached) = (boots(&run, &leaf, "claimed"), boots(&run, &leaf, "attached"));
    assert!(claimed.len() == 1 && attached.last() == claimed.last(), "{claimed:?} {attached:?}");
    assert_eq!(run.tally()["ok"], 2);
    scene.check(&run);
}

/// The boot ids of a host that were said.
fn boots(run: &Coordinator, host: &str, said: &str) -> Vec<String> {
    let at = run.hosts().iter().position(|name| name == host).unwrap();
    let events = run.events().into_iter().filter(|event| event["host"] == at && event["said"] == said);
    events.map(|event| event["boot"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn rebooted_by_a_payload_that_ended_before() {
    if !is_root() {
        return;
    }
    let mut scene = Scene::grid(1, 2).warm();
    let mut run = scene.start("run", &["-h", "mail1-dc1"], "exit 0");
    run.ended().expect(0);
    scene.bench.fleet.reboot("mail1-dc1").unwrap();
    // From its first reboot on the boot id of a host is a file of the testbed, so a payload can do as if it rebooted.
    let boot_id = "/proc/sys/kernel/random/boot_id";
    let reboots = format!("cat {boot_id} >boot; cat /proc/sys/kernel/random/uuid >{boot_id}; ! cmp -s boot {boot_id}");
    let mut reboot = scene.start("reboot", &["-h", "mail1-dc1"], &reboots);
    reboot.ended().expect(0);
    let mut again = scene.start("again", &["-h", "mail[1-2]-dc1"], ":");
    again.ended().expect(0);
    let boots_of = |run| boots(run, "mail1-dc1", "claimed");
    let (before, between, after) = (boots_of(&run), boots_of(&reboot), boots_of(&again));
    let all = [&before, &between, &after];
    assert!(all.iter().all(|boots| boots.len() == 1), "{all:?}");
    assert!(before != between && between != after && before != after, "{all:?}");
    assert_eq!(boots(&again, "mail2-dc1", "claimed"), before, "the other one did not reboot");
}

#[test]
fn rebooted_after_the_receipt() {
    if !is_root() {
        return;
    }
    let mut scene = Scene::grid(1, 2).warm();
    let gate = scene.gate("gate");
    let mut run = scene.start("run", &["-h", "*", "--flat"], &gate.shell());
    run.wait("started", 2);
    run.kill();
    gate.open();
    let spools: Vec<_> = run.hosts().iter().map(|host| scene.bench.fleet.spool(host).unwrap()).collect();
    let attempt = format!("runs/{}.1/exit", run.id());
    until("the receipts stand", || spools.iter().all(|spool| spool.join(&attempt).exists()));
    scene.bench.fleet.reboot("mail1-dc1").unwrap();
    scene.resume(&run).expect(0);
    assert_eq!(run.tally()["ok"], 2);
    scene.check(&run);
}

#[test]
fn two_operators() {
    let scene = Scene::grid(1, 4).warm();
    let hosts = scene.bench.fleet.names().map(str::to_owned).collect::<Vec<_>>();
    for round in 0..4 {
        let reason = ["--reason", "CHG123"];
        let names = [format!("one{round}"), format!("two{round}")];
        let mut runs: Vec<_> =
            names.iter().map(|name| scene.start(name, &["-h", "*", reason[0], reason[1]], "sleep 2")).collect();
        runs.iter_mut().for_each(|run| drop(run.ended()));
        for host in &hosts {
            let outcomes: Vec<_> = runs.iter().map(|run| run.outcomes()[host].clone()).collect();
            let ok = outcomes.iter().filter(|outcome| outcome["kind"] == "ok").count();
            let refused = outcomes.iter().find(|outcome| outcome["kind"] == "refused");
            // Either one found the other there, or it came when the other had gone.
            assert!(ok == 2 || (ok == 1 && refused.is_some()), "{host}: {outcomes:?}");
            if let Some(refused) = refused {
                let text = refused["reason"]["text"].as_str().unwrap();
                assert_eq!(refused["reason"]["kind"], "busy");
                assert!(text.contains("CHG123") && runs.iter().any(|run| text.contains(&run.id())), "{text}");
            }
        }
        runs.iter().for_each(|run| scene.check(run));
    }
}

#[test]
fn output_kept_open() {
    let scene = Scene::grid(1, 2).warm();
    let since = Instant::now();
    let mut run = scene.start("run", &["-h", "*"], "sleep 999 & echo done");
    run.ended().expect(0);
    assert!(since.elapsed() < Duration::from_secs(30), "{:?}", since.elapsed());
    let receipts: Vec<_> = run.events().into_iter().filter(|event| event["said"] == "ended").collect();
    assert!(receipts.iter().all(|event| event["receipt"]["left_behind"] == 1), "{receipts:?}");
    scene.check(&run);
}
