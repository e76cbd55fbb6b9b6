//! Bounds in the middle of the tree: a parent whose children print without end, for a reader that reads slowly.

use crate::support::{Bench, count};
use std::io::Read as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Children of the one parent.
const CHILDREN: usize = 100;

/// What the parent's node may need for all of them.
const MEMORY: u64 = 64 << 20;

/// How long they print.
const LASTS: Duration = Duration::from_secs(6);

/// The most memory that the nodes on a host have had, in bytes.
fn peak_of_nodes(bench: &Bench, host: &str) -> u64 {
    let peak = |pid: u32| -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.trim().trim_end_matches(" kB").parse::<u64>().ok().map(|kib| kib << 10)
    };
    let nodes = bench.fleet.process_list(host).unwrap();
    let nodes = nodes.iter().filter(|process| process.command.ends_with(" link"));
    nodes.filter_map(|process| peak(process.pid)).max().unwrap_or_default()
}

/// The fleet's own configuration, with a run that opens with all hosts.
fn opening_at_once(bench: &Bench) -> String {
    let text = std::fs::read_to_string(bench.fleet.client_config()).unwrap();
    bench.file("config.toml", &format!("opening = 200\n{text}"))
}

#[test]
fn a_parent_of_a_hundred_children_that_print_without_end_stays_small() {
    let bench = Bench::of(mcom_testbed::Fleet::builder().grid("mail", 1, CHILDREN + 1));
    let config = opening_at_once(&bench);
    // Each printed line is another: nothing of it is sent once for all.
    let text = format!("end=$(($(date +%s)+{})); while [ $(date +%s) -lt $end ]; do seq 1 2000; done", LASTS.as_secs());
    let args = ["-h", "*", "-y", "-O", "stream", "--width", "128", "-f", "200", "--parents", "mail1-dc1", "-c", &text];
    let mut child =
        bench.command(&args).env("MCOM_CONFIG", config).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut out = child.stdout.take().unwrap();
    let (mut some, mut peak, mut read) = (vec![0; 64 << 10], 0, 0);
    let since = Instant::now();
    while since.elapsed() < LASTS || count(&bench.events(), "said", "started") == 0 {
        // Far slower than a hundred hosts print.
        read += out.read(&mut some).unwrap();
        std::thread::sleep(Duration::from_millis(10));
        peak = peak.max(peak_of_nodes(&bench, "mail1-dc1"));
        assert!(peak < MEMORY, "the parent's node has {peak} bytes");
    }
    std::io::copy(&mut out, &mut std::io::sink()).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(peak > 0 && read > 0, "nothing was measured");
    println!("peak of the parent's node: {:.1} MiB", peak as f64 / f64::from(1 << 20));
    let events = bench.events();
    let long = events.iter().filter(|event| event["receipt"]["run_ms"].as_u64() > Some(LASTS.as_millis() as u64 * 3));
    assert_eq!(long.count(), 0, "a script was slowed by its reader");
}
