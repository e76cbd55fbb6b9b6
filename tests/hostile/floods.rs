//! Hosts that send without end: they are cut off, and neither the coordinator nor a real parent grows, nor the record.

use crate::hostile::stage::{Case, Stage, broken, case};
use crate::scene::{PATIENCE, Part};
use mcom_testbed::Fleet;
use std::time::Instant;

pub const CASES: &[Case] = &[
    broken("endless-output", "unknown", "which nobody had allowed"),
    broken("endless-bodies", "unknown", "more bodies than its hosts have streams"),
    broken("endless-printed", "unknown", "it said more than"),
    broken("endless-claims-of-others", "unknown", "it said more than"),
    broken("endless-waiting", "unknown", "it said more than"),
    case("a-hundred-thousand-pongs", "ok", "", "ok"),
    case("a-gigabyte-before-the-hello", "refused", "no-shell", "AAAA"),
    case("a-gigabyte-of-errors", "ok", "", "ok"),
];

/// What a coordinator or a node may need for all of them: no more than for honest hosts.
const MEMORY: u64 = 64 << 20;

/// What all of them may leave in the record.
const RECORD: u64 = 4 << 20;

fn play(shape: &[&str]) {
    let stage = Stage::of(Fleet::builder().grid("mail", 1, CASES.len() + 2));
    let hosts: Vec<String> = stage.scene.bench.fleet.names().skip(2).map(str::to_owned).collect();
    for (host, case) in hosts.iter().zip(CASES) {
        stage.capture(host, case.attack);
    }
    let mut args = vec!["-h", "*", "-f", "100"];
    args.extend(shape);
    let mut run = stage.scene.start("run", &args, "echo done");
    let (since, mut most, mut most_below) = (Instant::now(), 0, 0);
    while run.is_running() {
        assert!(since.elapsed() < PATIENCE, "it has not ended; ledger: {}", run.keep().display());
        most = most.max(run.pid().map_or(0, peak_of));
        let nodes = stage.scene.part("mail1-dc1", Part::Node);
        most_below = nodes.iter().map(|node| peak_of(node.pid)).fold(most_below, u64::max);
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let played = stage.ended(run);
    played.came_to(hosts.iter().map(String::as_str).zip(CASES));
    played.others_are_ok(&hosts.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(most > 0 && most < MEMORY, "the coordinator had {most} bytes");
    assert!(most_below < MEMORY, "the parent's node had {most_below} bytes");
    let record = played.run.record().len() as u64;
    assert!(record < RECORD, "{record} bytes are recorded");
}

/// The most memory that a process has had, in bytes; none where it is gone.
fn peak_of(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or_default() << 10
}

#[test]
fn below_the_coordinator() {
    play(&["--flat"]);
}

#[test]
fn below_a_real_parent() {
    play(&["--parents", "mail1-dc1", "--width", "64"]);
}
