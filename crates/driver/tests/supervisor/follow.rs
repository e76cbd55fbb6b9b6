//! Attempts that more than one node sees to: one after the other, or several at once.

use super::elsewhere::{Elsewhere, outcome_after_reboot};
use super::stand::{Running, Stand, command, is_alive, kill, live, until};
use bytes::Bytes;
use mcom_driver::spool::{AttemptFolder, AttemptSpec, HostIdentity, Spool};
use mcom_engine::tree::{OwnEvent, OwnMode};
use mcom_model::{HostLock, Outcome, ReasonKind, RunId, RunSpec, Stream};
use std::process::Command;

/// Prints a line at each of the file's lines, and ends with it.
const SAY: &str = "echo $PPID $$ > $F; while read -r line; do echo \"$line\"; echo \"$line\" >&2; done < $W";

fn work(stand: &Stand, text: &str) -> (RunSpec, Vec<Bytes>) {
    live(stand.command(text))
}

fn fifo(stand: &Stand) {
    assert!(Command::new("mkfifo").arg(stand.path("wait")).status().unwrap().success());
}

fn attached(events: &[OwnEvent]) -> bool {
    matches!(events.first(), Some(OwnEvent::Attached { .. }))
}

/// Everything of a stream that was handed over, checked to come without gaps from `from` on.
fn output(events: &[OwnEvent], wanted: Stream, from: u64) -> String {
    let mut text = Vec::new();
    for event in events {
        if let OwnEvent::Output { stream, offset, bytes } = event
            && *stream == wanted
        {
            assert_eq!(*offset, from + text.len() as u64, "a gap, or bytes twice");
            text.extend_from_slice(bytes);
        }
    }
    String::from_utf8(text).unwrap()
}

fn allow_all(running: &Running) {
    running.attempt.allow(Stream::Out, u64::MAX);
    running.attempt.allow(Stream::Err, u64::MAX);
}

#[tokio::test]
async fn after_a_node_was_killed_another_follows_and_gets_each_byte_once() {
    let stand = Stand::new();
    fifo(&stand);
    let node = Elsewhere::start(&stand, SAY);
    let pids = stand.line_of("pids").await;
    let mut wait = std::fs::OpenOptions::new().write(true).open(stand.path("wait")).unwrap();
    let say = |wait: &mut std::fs::File, text: &str| std::io::Write::write_all(wait, text.as_bytes()).unwrap();
    say(&mut wait, "one\n");
    let out = stand.attempt(1).join("err");
    until(|| (std::fs::read(&out).unwrap_or_default() == b"one\n").then_some(())).await;
    node.kill();
    say(&mut wait, "two\n");
    // It was told the first two bytes of one stream and nothing of the other.
    let mut running = stand.start_as(OwnMode::Look, [2, 0], (work(&stand, SAY).0, vec![]));
    allow_all(&running);
    while output(&running.seen, Stream::Err, 0) != "one\ntwo\n" {
        running.next().await;
    }
    say(&mut wait, "three\n");
    while !output(&running.seen, Stream::Err, 0).ends_with("three\n") {
        running.next().await;
    }
    assert!(is_alive(pids.split_once(' ').unwrap().1));
    drop(wait);
    let ended = running.ended().await;
    assert_eq!(ended.outcome, Outcome::Ok);
    assert!(attached(&ended.before), "{:?}", ended.before);
    assert!(!ended.before.contains(&OwnEvent::Started));
    assert_eq!(output(&ended.before, Stream::Out, 2), "e\ntwo\nthree\n");
    assert_eq!(output(&ended.before, Stream::Err, 0), "one\ntwo\nthree\n");
    assert_eq!(ended.receipt().receipt.out.len, 14);
}

#[tokio::test]
async fn what_has_ended_is_learned_whoever_asks_and_however() {
    let stand = Stand::new();
    let (spec, blobs) = command("echo out; echo err >&2; exit 3");
    let first = stand.run((spec.clone(), blobs.clone())).await;
    for mode in [OwnMode::Start, OwnMode::Look, OwnMode::Void] {
        let again = stand.start_as(mode, [0; 2], (spec.clone(), blobs.clone())).ended().await;
        assert_eq!((again.outcome.clone(), again.receipt.clone()), (first.outcome.clone(), first.receipt.clone()));
        assert!(attached(&again.before), "{:?}", again.before);
    }
    assert_eq!((first.out().as_str(), first.err().as_str()), ("out\n", "err\n"));
}

#[tokio::test]
async fn two_follow_at_once_and_each_gets_everything_and_may_cancel() {
    let stand = Stand::new();
    let text = "echo $PPID $$ > $F; for i in 1 2 3 4 5 6 7 8 9; do echo $i; sleep 0.02; done; sleep 300";
    let mut owner = stand.start(work(&stand, text));
    owner.started().await;
    let mut others: Vec<_> =
        (0..2).map(|_| stand.start_as(OwnMode::Look, [0; 2], (work(&stand, text).0, vec![]))).collect();
    let all = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
    for running in others.iter_mut().chain([&mut owner]) {
        allow_all(running);
        while output(&running.seen, Stream::Out, 0) != all {
            running.next().await;
        }
    }
    others[1].attempt.cancel();
    for running in others.iter_mut().chain([&mut owner]) {
        assert_eq!(running.ended().await.outcome, Outcome::Killed);
    }
}

#[tokio::test]
async fn who_follows_hears_of_the_end_and_of_output_at_once() {
    let stand = Stand::new();
    fifo(&stand);
    let mut owner = stand.start(work(&stand, SAY));
    owner.started().await;
    let mut other = stand.start_as(OwnMode::Start, [0; 2], work(&stand, SAY));
    allow_all(&other);
    let mut wait = std::fs::OpenOptions::new().write(true).open(stand.path("wait")).unwrap();
    let mut took = Vec::new();
    for n in 0..21 {
        let since = std::time::Instant::now();
        std::io::Write::write_all(&mut wait, format!("{n}\n").as_bytes()).unwrap();
        while !output(&other.seen, Stream::Err, 0).ends_with(&format!("{n}\n")) {
            other.next().await;
        }
        took.push(since.elapsed());
    }
    took.sort();
    // Who only looked by the clock would see each line a tenth of a second after the last.
    assert!(took[10] < std::time::Duration::from_millis(60), "{took:?}");
    drop(wait);
    assert_eq!((other.ended().await.outcome, owner.ended().await.outcome), (Outcome::Ok, Outcome::Ok));
}

#[tokio::test]
async fn a_supervisor_that_dies_while_it_is_followed_is_judged_by_each() {
    let stand = Stand::new();
    let text = "echo $PPID $$ > $F; exec sleep 300";
    let mut owner = stand.start(work(&stand, text));
    owner.started().await;
    let mut other = stand.start_as(OwnMode::Look, [0; 2], (work(&stand, text).0, vec![]));
    assert!(matches!(other.next().await, OwnEvent::Attached { .. }));
    let pids = stand.line_of("pids").await;
    let (supervisor, payload) = pids.split_once(' ').unwrap();
    kill(supervisor);
    for running in [&mut owner, &mut other] {
        let ended = running.ended().await;
        assert!(matches!(ended.outcome, Outcome::Unknown { .. }), "{ended:?}");
        assert_eq!(ended.reason().kind, ReasonKind::SupervisorLost);
    }
    kill(payload);
    let later = stand.start_as(OwnMode::Start, [0; 2], work(&stand, text)).ended().await;
    assert_eq!(later.reason().kind, ReasonKind::SupervisorLost, "it was started again, or forgotten");
}

/// A node that died between claim and start.
fn claimed_and_left(stand: &Stand, (run, blobs): &(RunSpec, Vec<Bytes>)) {
    let spool = Spool::open(&stand.spool(), &HostIdentity::read().unwrap()).unwrap();
    let spec = AttemptSpec { run: run.clone(), host: "web1".into(), dc: "dc1".into(), deadline_ms: None };
    drop(AttemptFolder::claim(&spool, &spec, blobs, 0).unwrap());
}

#[tokio::test]
async fn what_was_claimed_and_left_starts_as_the_next_attempt() {
    let stand = Stand::new();
    let work = work(&stand, "echo $MCOM_ATTEMPT >> $S");
    claimed_and_left(&stand, &work);
    let looked = stand.start_as(OwnMode::Look, [0; 2], (work.0.clone(), vec![])).next().await;
    assert_eq!(looked, OwnEvent::NotBegun);
    assert!(!stand.attempt(2).exists(), "looking has claimed something");
    assert_eq!(stand.run(work.clone()).await.outcome, Outcome::Ok);
    assert_eq!(stand.line_of("starts").await, "2");
    // The supervisor of the first one comes late.
    Command::new(env!("CARGO_BIN_EXE_driver-test-node")).arg("supervise").arg(stand.attempt(1)).status().unwrap();
    let again = stand.run(work).await;
    assert!(attached(&again.before) && again.outcome == Outcome::Ok, "{again:?}");
    assert_eq!(stand.line_of("starts").await, "2");
}

#[tokio::test]
async fn a_supervisor_that_is_killed_before_the_start_is_followed_by_the_next_attempt() {
    let stand = Stand::new();
    let (spec, blobs) = command("sleep 300");
    let mut holder = stand.start((RunSpec { run: RunId::from_seed(7), ..spec }, blobs));
    holder.started().await;
    let text = "echo one; echo $MCOM_ATTEMPT >> $S";
    let node = Elsewhere::start_waiting(&stand, text);
    let folder = stand.attempt(1);
    until(|| folder.join("held").exists().then_some(())).await;
    let (spec, blobs) = work(&stand, text);
    let spec = RunSpec { lock: HostLock::Wait { ms: 60_000 }, ..spec };
    let mut running = stand.start_as(OwnMode::Start, [0; 2], (spec, blobs));
    assert!(matches!(running.next().await, OwnEvent::Held { .. }));
    allow_all(&running);
    let supervisor = supervisor_of(&folder);
    node.kill();
    kill(&supervisor);
    assert!(matches!(running.next().await, OwnEvent::Claimed { .. }));
    until(|| stand.attempt(2).join("held").exists().then_some(())).await;
    holder.attempt.cancel();
    holder.ended().await;
    let ended = running.ended().await;
    assert_eq!((ended.outcome.clone(), output(&ended.before, Stream::Out, 0).as_str()), (Outcome::Ok, "one\n"));
    assert_eq!(stand.line_of("starts").await, "2");
}

fn supervisor_of(folder: &std::path::Path) -> String {
    let folder = folder.to_str().unwrap();
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let mut pids = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let is = |pid: &String| {
        let line = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        line.contains("supervise") && line.trim_end_matches('\0').ends_with(folder)
    };
    pids.find(is).unwrap()
}

#[tokio::test]
async fn nothing_has_begun_where_nothing_was_claimed() {
    let stand = Stand::new();
    let (spec, blobs) = work(&stand, "echo x >> $S");
    assert_eq!(stand.start_as(OwnMode::Look, [0; 2], (spec.clone(), vec![])).next().await, OwnEvent::NotBegun);
    assert_eq!(stand.run((spec, blobs)).await.outcome, Outcome::Ok);
}

#[tokio::test]
async fn what_is_void_for_good_never_starts() {
    for left in [false, true] {
        let stand = Stand::new();
        let work = work(&stand, "echo x >> $S");
        if left {
            claimed_and_left(&stand, &work);
        }
        for (mode, kind) in [
            (OwnMode::Void, ReasonKind::Halted),
            (OwnMode::Void, ReasonKind::Halted),
            (OwnMode::Look, ReasonKind::AlreadyClaimed),
            (OwnMode::Start, ReasonKind::AlreadyClaimed),
        ] {
            let ended = stand.start_as(mode, [0; 2], work.clone()).ended().await;
            assert!(matches!(ended.outcome, Outcome::NotRun { .. }), "{ended:?}");
            assert_eq!((ended.reason().kind, ended.before.len()), (kind, 1), "{:?}", ended.before);
        }
        assert!(!stand.path("starts").exists());
    }
}

#[tokio::test]
async fn void_follows_what_runs_and_ends_nothing() {
    let stand = Stand::new();
    fifo(&stand);
    let mut owner = stand.start(work(&stand, SAY));
    owner.started().await;
    let mut other = stand.start_as(OwnMode::Void, [0; 2], (work(&stand, SAY).0, vec![]));
    assert!(matches!(other.next().await, OwnEvent::Attached { .. }));
    std::fs::write(stand.path("wait"), "bye\n").unwrap();
    assert_eq!((other.ended().await.outcome, owner.ended().await.outcome), (Outcome::Ok, Outcome::Ok));
}

#[tokio::test]
async fn start_and_void_at_once_agree_in_every_round() {
    let (mut ran, mut not) = (0, 0);
    for round in 0..60_u64 {
        let stand = Stand::new();
        let work = work(&stand, "echo x >> $S");
        let modes = [OwnMode::Start, OwnMode::Void, OwnMode::Start, OwnMode::Look];
        let mut running = Vec::new();
        for turn in 0..4 {
            let mode = modes[usize::try_from((round + turn) % 4).unwrap()];
            running.push((mode, stand.start_as(mode, [0; 2], work.clone())));
            tokio::time::sleep(std::time::Duration::from_millis(round % 12 * 2)).await;
        }
        let mut outcomes = Vec::new();
        for (mode, running) in &mut running {
            match running.next_but(|event| matches!(event, OwnEvent::NotBegun | OwnEvent::Ended { .. })).await {
                OwnEvent::Ended { outcome, .. } => outcomes.push(outcome),
                OwnEvent::NotBegun => assert_eq!(*mode, OwnMode::Look),
                other => panic!("{other:?}"),
            }
        }
        let starts = std::fs::read_to_string(stand.path("starts")).unwrap_or_default();
        match starts.as_str() {
            "x\n" => {
                ran += 1;
                assert!(outcomes.iter().all(|outcome| *outcome == Outcome::Ok), "round {round}: {outcomes:?}");
            }
            "" => {
                not += 1;
                let not_run = |outcome: &Outcome| matches!(outcome, Outcome::NotRun { .. });
                assert!(outcomes.iter().all(not_run), "round {round}: {outcomes:?}");
            }
            more => panic!("round {round}: started twice: {more:?}"),
        }
    }
    assert!(ran > 5 && not > 5, "{ran} ran, {not} did not: one side always won");
}

#[tokio::test]
async fn what_began_and_is_gone_is_unknown() {
    let stand = Stand::new();
    let work = work(&stand, "echo x >> $S");
    assert_eq!(stand.run(work.clone()).await.outcome, Outcome::Ok);
    std::fs::remove_dir_all(stand.attempt(1)).unwrap();
    for mode in [OwnMode::Start, OwnMode::Look, OwnMode::Void] {
        let ended = stand.start_as(mode, [0; 2], work.clone()).ended().await;
        assert!(matches!(ended.outcome, Outcome::Unknown { .. }), "{ended:?}");
    }
    assert_eq!(stand.line_of("starts").await, "x");
}

#[tokio::test]
async fn a_reboot_is_seen_where_there_is_no_receipt_and_does_not_matter_where_there_is_one() {
    let stand = Stand::new();
    let text = "echo $PPID $$ > $F; exec sleep 300";
    let mut running = stand.start(work(&stand, text));
    running.started().await;
    let pids = stand.line_of("pids").await;
    // The power is cut: both are gone at once.
    for pid in pids.split(' ') {
        kill(pid);
    }
    running.ended().await;
    let Some(outcome) = outcome_after_reboot(&stand, text).await else { return };
    assert!(matches!(&outcome, Outcome::Unknown { reason } if reason.kind == ReasonKind::Rebooted), "{outcome:?}");
    let stand = Stand::new();
    assert_eq!(stand.run(work(&stand, "true")).await.outcome, Outcome::Ok);
    assert_eq!(outcome_after_reboot(&stand, "true").await.unwrap(), Outcome::Ok);
    // What was given up before is no reason not to start after it; what may have started is.
    let stand = Stand::new();
    claimed_and_left(&stand, &work(&stand, "true"));
    assert_eq!(stand.start_as(OwnMode::Look, [0; 2], work(&stand, "true")).next().await, OwnEvent::NotBegun);
    assert_eq!(stand.run(work(&stand, "true")).await.outcome, Outcome::Ok);
    assert_eq!(outcome_after_reboot(&stand, "true").await.unwrap(), Outcome::Ok);
}
