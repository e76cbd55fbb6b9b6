//! Readers that stop reading: the run goes on, an interrupt is heard, and the coordinator stays small.

use crate::support::{Bench, Ran, count};
use std::io::{Read as _, Write as _};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the coordinator may need: the program itself, and what waits for its readers. What three hosts keep of a flood is
/// twice as much.
const MEMORY: u64 = 96 << 20;

/// Starts a run whose two outputs nobody reads.
fn unread(bench: &Bench, args: &[&str]) -> Child {
    bench.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

#[track_caller]
fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let since = Instant::now();
    while !done() {
        assert!(since.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn interrupt(child: &Child) {
    let sent = std::process::Command::new("kill").arg("-INT").arg(child.id().to_string()).status().unwrap();
    assert!(sent.success());
}

/// The most memory that the process has had, in bytes.
fn peak_memory(child: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a process has a peak");
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
}

#[test]
fn a_reader_that_stops_holds_up_nothing_but_its_own_lines() {
    let bench = Bench::grid(1, 3);
    // Far more than a pipe holds, and less than waits for a reader.
    let child = unread(&bench, &["-h", "*", "-c", "seq 1 50000; sleep 1"]);
    wait_until("the run never ended", || count(&bench.events(), "event", "run-ended") == 1);
    let ran: Ran = child.wait_with_output().unwrap().into();
    let ran = ran.expect(0);
    assert_eq!(ran.out.lines().count(), 150_000, "every line is there for a reader that comes back");
}

#[test]
fn an_interrupt_is_heard_while_the_reader_is_stopped() {
    let bench = Bench::grid(1, 2);
    let child = unread(&bench, &["-h", "*", "-c", "seq 1 100000; sleep 60"]);
    wait_until("the payloads never started", || count(&bench.events(), "said", "started") == 2);
    interrupt(&child);
    wait_until("the cancel was never heard", || count(&bench.events(), "event", "cancel-asked") == 1);
    wait_until("the run never ended", || count(&bench.events(), "event", "run-ended") == 1);
    let ran: Ran = child.wait_with_output().unwrap().into();
    ran.expect(130);
}

#[test]
fn who_leaves_waits_for_no_reader() {
    let bench = Bench::grid(1, 1);
    let mut child = unread(&bench, &["-h", "*", "-c", "seq 1 200000"]);
    wait_until("the run never ended", || count(&bench.events(), "event", "run-ended") == 1);
    assert!(child.try_wait().unwrap().is_none(), "what was printed waits for its reader");
    interrupt(&child);
    wait_until("it hangs on a reader that has stopped", || child.try_wait().unwrap().is_some());
}

#[test]
fn a_flood_with_a_stopped_reader_stays_small() {
    let bench = Bench::grid(1, 3);
    let mut child = unread(&bench, &["-h", "*", "-c", "yes 'a line that never ends'"]);
    wait_until("the payloads never started", || count(&bench.events(), "said", "started") == 3);
    let mut out = child.stdout.take().unwrap();
    // Some of it is read, and then nothing.
    let mut some = vec![0; 8 << 20];
    out.read_exact(&mut some).unwrap();
    let since = Instant::now();
    while since.elapsed() < Duration::from_secs(3) {
        assert!(peak_memory(&child) < MEMORY, "{} bytes", peak_memory(&child));
        std::thread::sleep(Duration::from_millis(100));
    }
    interrupt(&child);
    wait_until("the cancel was never heard", || count(&bench.events(), "event", "cancel-asked") == 1);
    drop(out);
    let ran: Ran = child.wait_with_output().unwrap().into();
    ran.expect(130);
}

#[test]
fn progress_that_nobody_reads_holds_up_no_run() {
    let bench = Bench::grid(1, 2);
    let (reader, mut writer) = std::io::pipe().unwrap();
    // As much as a pipe holds: whoever writes one more byte waits.
    writer.write_all(&[b'\n'; 64 << 10]).unwrap();
    let mut command = bench.command(&["-h", "*", "--progress", "line", "-c", "exit 3"]);
    let mut child = command.stdout(Stdio::null()).stderr(writer).spawn().unwrap();
    // It holds the other end as well.
    drop(command);
    wait_until("the run never ended", || count(&bench.events(), "event", "run-ended") == 1);
    assert!(child.try_wait().unwrap().is_none(), "the recap waits for its reader");
    drop(reader);
    assert_eq!(child.wait().unwrap().code(), Some(10));
}
