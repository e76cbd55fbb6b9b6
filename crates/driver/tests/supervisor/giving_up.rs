//! Attempts that were given up before their start: what starts in their place, and what never starts.

use super::elsewhere::Elsewhere;
use super::follow::{SAY, allow_all, attached, fifo, output, work};
use super::stand::{Stand, command, kill, until};
use bytes::Bytes;
use mcom_driver::spool::{AttemptFolder, AttemptSpec, HostIdentity, Spool};
use mcom_engine::tree::{OwnEvent, OwnMode};
use mcom_model::{HostLock, Outcome, ReasonKind, RunId, RunSpec, Stream};
use std::process::Command;

/// A node that died between claim and start.
pub fn claimed_and_left(stand: &Stand, (run, blobs): &(RunSpec, Vec<Bytes>)) {
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
