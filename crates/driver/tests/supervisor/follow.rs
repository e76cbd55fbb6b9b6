//! Attempts that more than one node sees to: one after the other, or several at once.

use super::elsewhere::{Elsewhere, outcome_after_reboot};
use super::giving_up::claimed_and_left;
use super::stand::{Running, Stand, command, is_alive, kill, live, until};
use bytes::Bytes;
use mcom_engine::tree::{OwnEvent, OwnMode};
use mcom_model::{Outcome, ReasonKind, RunSpec, Stream};
use std::process::Command;

/// Prints a line at each of the file's lines, and ends with it.
pub const SAY: &str = "echo $PPID $$ > $F; while read -r line; do echo \"$line\"; echo \"$line\" >&2; done < $W";

pub fn work(stand: &Stand, text: &str) -> (RunSpec, Vec<Bytes>) {
    live(stand.command(text))
}

pub fn fifo(stand: &Stand) {
    assert!(Command::new("mkfifo").arg(stand.path("wait")).status().unwrap().success());
}

pub fn attached(events: &[OwnEvent]) -> bool {
    matches!(events.first(), Some(OwnEvent::Attached { .. }))
}

/// Everything of a stream that was handed over, checked to come without gaps from `from` on.
pub fn output(events: &[OwnEvent], wanted: Stream, from: u64) -> String {
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

pub fn allow_all(running: &Running) {
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
