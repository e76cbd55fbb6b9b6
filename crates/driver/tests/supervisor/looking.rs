//! Payloads that only look: they leave nothing behind, however often they come, and nobody takes them for more.

use super::stand::{PATIENCE, Stand, attempt, command, kill, until};
use bytes::Bytes;
use mcom_driver::spool::{HostIdentity, Spool};
use mcom_engine::tree::{OwnEvent, OwnMode};
use mcom_model::{Exit, HostLock, Outcome, ReasonKind, RunId, RunSpec};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// The look of a run of its own.
fn look(run: u64, text: &str) -> (RunSpec, Vec<Bytes>) {
    let (spec, blobs) = command(text);
    (RunSpec { run: RunId::from_seed(run), looks: true, lock: HostLock::Without, ..spec }, blobs)
}

/// Every file of a folder with its length, but for the marker of the daily tidying.
fn files(folder: &Path) -> BTreeMap<PathBuf, u64> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            match entry.metadata().unwrap() {
                about if about.is_dir() => folders.push(entry.path()),
                _ if entry.file_name() == "swept" => {}
                about => drop(found.insert(entry.path(), about.len())),
            }
        }
    }
    found
}

fn spool(stand: &Stand) -> Spool {
    Spool::open_made(&stand.spool(), &HostIdentity::read().unwrap()).unwrap()
}

#[tokio::test]
async fn twenty_looks_leave_everything_as_it_was() {
    let stand = Stand::new();
    assert_eq!(stand.run(command("echo fixed")).await.outcome, Outcome::Ok);
    // Its supervisor leaves a moment after its receipt stands.
    let flock = rustix::fs::FlockOperation::NonBlockingLockShared;
    let before = until(|| {
        let claimed = std::fs::File::open(stand.attempt(1).join("claim")).unwrap();
        rustix::fs::flock(&claimed, flock).ok().map(|()| files(&stand.spool()))
    });
    let before = before.await;
    assert!(before.keys().any(|path| path.ends_with("history")) && before.len() > 5, "{before:?}");
    for number in 0..20 {
        let mut running = stand.start(look(100 + number, &format!("echo look; exit {}", number % 2)));
        let ended = running.ended().await;
        assert!(matches!(&ended.before[0], OwnEvent::Claimed { boot, .. } if !boot.is_empty()), "{:?}", ended.before);
        assert_eq!(ended.out(), "look\n");
        let outcome = if number % 2 == 0 { Outcome::Ok } else { Outcome::Failed { exit: Exit::Code(1) } };
        assert_eq!(ended.outcome, outcome);
        running.attempt.forget().await;
    }
    assert_eq!(files(&stand.spool()), before);
}

#[tokio::test]
async fn a_look_waits_for_nobody_and_brings_nothing() {
    let stand = Stand::new();
    let mut change = stand.start(command("sleep 300"));
    change.started().await;
    assert_eq!(stand.run(look(1, "echo same")).await.outcome, Outcome::Ok, "beside another run");
    change.attempt.cancel();
    change.ended().await;
    let (spec, blobs) = attempt(2, command("echo same"));
    let once = RunSpec { once: true, ..spec };
    assert_eq!(stand.run((once, blobs)).await.outcome, Outcome::Ok, "who only looked has not brought it");
    assert!(
        !std::fs::read_to_string(stand.spool().join("history")).unwrap().contains(&RunId::from_seed(1).to_string())
    );
}

#[tokio::test]
async fn a_look_whose_link_was_lost_is_followed_and_removed_when_it_is_old() {
    let stand = Stand::new();
    let (spec, blobs) = look(1, "echo look");
    let first = stand.run((spec.clone(), blobs.clone())).await;
    let boot = HostIdentity::read().unwrap().boot;
    // Another node asks: nothing is run again.
    let again = stand.start_as(OwnMode::Look, [0; 2], (spec, vec![])).ended().await;
    assert_eq!(again.before[0], OwnEvent::Attached { boot });
    assert_eq!(again.receipt().receipt, first.receipt().receipt);
    let runs = stand.spool().join("runs");
    let left = || std::fs::read_dir(&runs).unwrap().flatten().count();
    assert_eq!(left(), 1);
    stand.run(look(2, "echo look")).await;
    assert_eq!(stand.run(command("echo fixed")).await.outcome, Outcome::Ok);
    assert_eq!(left(), 3, "they may be asked about again");
    let later = SystemTime::now() + Duration::from_secs(3600);
    let removed = tokio::time::timeout(PATIENCE, async {
        let mut removed = 0;
        while removed < 2 {
            removed += spool(&stand).remove_looks(later).unwrap();
        }
    });
    removed.await.expect("their supervisors leave");
    assert_eq!(left(), 1);
    assert!(stand.attempt(1).exists(), "what changed the host stays");
}

#[tokio::test]
async fn what_is_no_look_is_never_removed_by_word() {
    let stand = Stand::new();
    let mut running = stand.start(command("echo fixed"));
    assert_eq!(running.ended().await.outcome, Outcome::Ok);
    running.attempt.forget().await;
    assert!(stand.attempt(1).join("exit").exists());
}

#[tokio::test]
async fn the_boot_id_of_the_claim_is_said_where_nobody_knows_how_it_ended() {
    let stand = Stand::new();
    let mut first = stand.start(stand.command("echo $PPID $$ > $F; exec sleep 300"));
    let pids = stand.line_of("pids").await;
    let (supervisor, payload) = pids.split_once(' ').unwrap();
    kill(supervisor);
    first.ended().await;
    let (spec, _) = stand.command("");
    let again = stand.start_as(OwnMode::Look, [0; 2], (spec, vec![])).ended().await;
    kill(payload);
    assert!(matches!(again.outcome, Outcome::Unknown { .. }), "{again:?}");
    let boot = HostIdentity::read().unwrap().boot;
    assert_eq!(again.before[0], OwnEvent::Attached { boot: boot.clone() });
    // As after a reboot: it is known at once that nobody can know.
    let claim = stand.attempt(1).join("claim");
    std::fs::write(&claim, std::fs::read_to_string(&claim).unwrap().replace(&boot, "another")).unwrap();
    let (spec, _) = stand.command("");
    let rebooted = stand.start_as(OwnMode::Look, [0; 2], (spec, vec![])).ended().await;
    assert_eq!(rebooted.reason().kind, ReasonKind::Rebooted);
    assert_eq!(rebooted.before[0], OwnEvent::Attached { boot: "another".into() });
}
