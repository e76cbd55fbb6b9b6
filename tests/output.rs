//! What hosts print: exact, bounded, shown whole to people and programs, and kept in the ledger whatever happens.

use crate::support::{Bench, MCOM, Ran, count};
use std::io::Read as _;
use std::process::{Child, Command, Stdio};

#[test]
fn equal_outputs_fold_and_cross_a_long_link_once() {
    let bench = Bench::grid(1, 6);
    let text = "case $MCOM_HOST in mail4-*) echo different;; *) echo same; echo lines;; esac";
    let ran = bench.mcom(&["-h", "mail[1-6]-dc1", "-b", "-c", text]).expect(0);
    let shown = format!("{}{}", ran.out, ran.err);
    assert!(shown.contains("mail[1-3,5-6]-dc1"), "{shown}");
    assert_eq!(shown.matches("same").count(), 1, "{shown}");
    assert_eq!(count(&bench.events(), "event", "body-stored"), 2);
}

#[test]
fn large_outputs_come_whole_and_once() {
    let bench = Bench::grid(1, 4);
    bench.mcom(&["-h", "mail[1-4]-dc1", "-O", "none", "-c", "seq 1 200000"]).expect(0);
    let stored: Vec<_> = bench.events().into_iter().filter(|event| event["event"] == "body-stored").collect();
    assert_eq!(stored.len(), 1, "{stored:?}");
    let whole = Command::new("seq").args(["1", "200000"]).output().unwrap().stdout;
    assert_eq!(stored[0]["len"], whole.len());
    let raw = bench.command(&["log", "-h", "mail3-dc1", "--raw"]).output().unwrap();
    assert!(raw.status.success(), "{}", String::from_utf8_lossy(&raw.stderr));
    assert!(raw.stdout == whole, "{} bytes of {}", raw.stdout.len(), whole.len());
}

#[test]
fn outdir_holds_the_exact_bytes() {
    let bench = Bench::grid(1, 2);
    let dir = bench.path("out");
    let args = ["-h", "mail[1-2]-dc1", "--outdir", dir.to_str().unwrap(), "-c", r"printf 'a\0b\377'; echo e >&2"];
    bench.mcom(&args).expect(0);
    for host in ["mail1-dc1", "mail2-dc1"] {
        assert_eq!(std::fs::read(dir.join(format!("{host}.out"))).unwrap(), b"a\0b\xff");
        assert_eq!(std::fs::read(dir.join(format!("{host}.err"))).unwrap(), b"e\n");
    }
}

#[test]
fn json_is_one_object_a_line_from_start_to_end() {
    let bench = Bench::grid(1, 2);
    let ran = bench.mcom(&["-h", "mail[1-2]-dc1", "--json", "-c", "echo hi"]).expect(0);
    let objects: Vec<serde_json::Value> = ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(objects.first().unwrap()["event"], "run-started");
    assert_eq!(objects.last().unwrap()["event"], "run-ended");
    let ended: Vec<_> = objects.iter().filter(|object| object["event"] == "ended").collect();
    assert_eq!(ended.len(), 2);
    assert!(ended.iter().all(|end| end["receipt"]["out"]["text"] == "hi\n"), "{}", ran.out);
}

#[test]
fn a_reader_that_goes_away_ends_the_printing_and_not_the_run() {
    let bench = Bench::grid(1, 3);
    let mut child =
        bench.command(&["-h", "mail[1-3]-dc1", "-c", "seq 1 50000"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut some = [0; 10];
    let mut out = child.stdout.take().unwrap();
    out.read_exact(&mut some).unwrap();
    drop(out);
    child.wait().unwrap();
    let events = bench.events();
    assert_eq!(events.last().unwrap()["event"], "run-ended");
    assert_eq!(count(&events, "said", "ended"), 3);
    assert_eq!(count(&events, "event", "body-stored"), 1, "the whole output is in the ledger");
}

#[test]
fn a_terminal_that_closes_ends_the_printing_and_not_the_run() {
    let bench = Bench::grid(1, 2);
    let go = bench.path("go");
    let text = format!("until [ -e {} ]; do sleep 0.05; done; echo done", go.display());
    let mut terminal = terminal(&bench, &format!("{MCOM} -h 'mail[1-2]-dc1' -c '{text}'"));
    wait_for(|| count(&bench.events(), "said", "started") == 2);
    terminal.kill().unwrap();
    terminal.wait().unwrap();
    std::fs::write(go, "").unwrap();
    wait_for(|| bench.events().last().is_some_and(|event| event["event"] == "run-ended"));
    let last = bench.events().pop().unwrap();
    assert_eq!(last["tally"]["counts"][0], 2, "{last}");
}

#[test]
fn a_ledger_that_cannot_grow_starts_nothing_new_and_loses_no_outcome() {
    let bench = Bench::grid(1, 20);
    let ran = bench.path("ran");
    let text = format!("echo $MCOM_HOST >>{}", ran.display());
    // A file may have 16 blocks of 512 bytes: too few for the events of twenty hosts, which start one by one.
    let limited = format!(r#"trap "" XFSZ; ulimit -f 16; exec {MCOM} -h "mail[1-20]-dc1" -f 1 -c "$1""#);
    let mut shell = Command::new("sh");
    shell.args(["-c", &limited, "sh", &text]).envs(bench.fleet.env()).stdin(Stdio::null());
    let end = Ran::from(shell.output().unwrap()).expect(13);
    let started = std::fs::read_to_string(ran).unwrap().lines().count();
    assert!((1..20).contains(&started), "{started} hosts ran");
    let counts = format!("20 hosts: {started} ok {} NOT RUN", 20 - started);
    assert!(end.err.contains(&counts) && end.err.contains("ledger"), "{}", end.err);
    bench.mcom(&["log"]).expect(0);
}

#[test]
fn what_hosts_print_cannot_drive_the_terminal() {
    let bench = Bench::grid(1, 2);
    bench.mcom(&["-h", "mail[1-2]-dc1", "-c", r"printf '\033]0;owned\007\033[2Jtext\n'"]).expect(0);
    let shown = terminal(&bench, &format!("{MCOM} log --color never")).wait_with_output().unwrap().stdout;
    let shown = String::from_utf8_lossy(&shown);
    assert!(shown.contains("text"), "{shown}");
    assert!(!shown.contains(['\x1b', '\x07']), "{shown:?}");
}

#[test]
fn a_gigabyte_leaves_the_coordinator_small() {
    let bench = Bench::grid(1, 1);
    let config = std::fs::read_to_string(bench.fleet.client_config()).unwrap();
    std::fs::write(bench.fleet.client_config(), format!("output_cap = \"2GiB\"\n{config}")).unwrap();
    let text = "head -c 1073741824 /dev/zero";
    let mut child = bench.command(&["-h", "mail1-dc1", "-c", text]).stdout(Stdio::piped()).spawn().unwrap();
    let mut out = child.stdout.take().unwrap();
    let mut buffer = vec![0; 1 << 16];
    let (mut total, mut peak) = (0_u64, 0);
    loop {
        let read = out.read(&mut buffer).unwrap();
        if read == 0 {
            break;
        }
        total += read as u64;
        peak = peak.max(peak_kib(child.id()));
    }
    assert!(child.wait().unwrap().success());
    assert_eq!(total, 1 << 30);
    assert!(peak > 0 && peak <= 64 << 10, "{peak} KiB");
}

/// Runs a command line on a terminal of its own, which closes when the process is killed.
fn terminal(bench: &Bench, command: &str) -> Child {
    let mut script = Command::new("script");
    script.args(["-qfc", command, "/dev/null"]).envs(bench.fleet.env()).env("PAGER", "cat");
    script.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap()
}

/// The largest resident size so far, in KiB; 0 where the process has gone.
fn peak_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()).and_then(|kib| kib.parse().ok()).unwrap_or(0)
}

/// Waits until something holds; a minute is far more than anything here takes.
#[track_caller]
fn wait_for(mut holds: impl FnMut() -> bool) {
    for _ in 0..1200 {
        if holds() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("it did not come to pass within a minute");
}
