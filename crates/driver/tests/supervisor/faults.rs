//! Whoever dies, and whatever is wrong with the spool: nothing starts twice, and nothing false is said.

use super::stand::{Stand, attempt, command, is_alive, kill, script, skipped, until};
use bytes::Bytes;
use mcom_driver::spool::{AttemptFolder, ExitRecord, HostIdentity, Spool, Void};
use mcom_engine::tree::OwnEvent;
use mcom_model::{Outcome, ReasonKind};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const NODE: &str = env!("CARGO_BIN_EXE_driver-test-node");

/// Has an attempt started by a process of its own, which is then killed: see `a_node_that_is_killed`.
const NODE_OF: &str = "MCOM_TEST_NODE_OF";

#[tokio::test]
async fn twelve_starts_at_once_give_one() {
    let stand = Stand::new();
    let file = stand.path("starts").display().to_string();
    let work = || {
        let (mut spec, blobs) = command("echo started >> $F; sleep 0.2");
        spec.payload.env = vec![("F".into(), file.clone())];
        (spec, blobs)
    };
    let mut running: Vec<_> = (0..12).map(|_| stand.start(work())).collect();
    let mut claimed = 0;
    for attempt in &mut running {
        let ended = attempt.ended().await;
        assert_eq!(ended.outcome, Outcome::Ok, "each learns of the end");
        claimed += usize::from(matches!(ended.before[0], OwnEvent::Claimed { .. }));
        assert!(ended.before.iter().any(|event| matches!(event, OwnEvent::Started | OwnEvent::Attached { .. })));
    }
    assert_eq!(claimed, 1);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "started\n");
}

#[tokio::test]
async fn a_supervisor_that_is_killed_leaves_unknown_and_a_host_that_is_held() {
    let stand = Stand::new();
    let (mut spec, blobs) = command("echo $PPID $$ > $F; exec sleep 300");
    spec.payload.env = vec![("F".into(), stand.path("pids").display().to_string())];
    let mut running = stand.start((spec, blobs));
    running.started().await;
    let pids = stand.line_of("pids").await;
    let (supervisor, payload) = pids.split_once(' ').unwrap();
    kill(supervisor);
    let ended = running.ended().await;
    assert!(matches!(ended.outcome, Outcome::Unknown { .. }), "{ended:?}");
    assert_eq!(ended.reason().kind, ReasonKind::SupervisorLost);
    assert!(is_alive(payload));
    let next = stand.run(attempt(2, command("true"))).await;
    assert_eq!(next.reason().kind, ReasonKind::Busy, "{next:?}");
    kill(payload);
    until(|| (!is_alive(payload)).then_some(())).await;
    assert_eq!(stand.run(attempt(3, command("true"))).await.outcome, Outcome::Ok);
}

#[tokio::test]
async fn a_supervisor_that_never_comes_is_known_not_to_have_started_anything() {
    let stand = Stand::new();
    let ended = stand.start_with("/bin/false".into(), command("true")).ended().await;
    assert!(matches!(ended.outcome, Outcome::Refused { .. }) && !ended.has_started(), "{ended:?}");
    // It was voided, so that a supervisor that comes late starts nothing.
    let late = Command::new(NODE).arg("supervise").arg(stand.attempt(1)).status().unwrap();
    assert!(!late.success());
    assert!(!stand.attempt(1).join("started").exists() && !stand.attempt(1).join("exit").exists());
}

#[tokio::test]
async fn a_program_that_is_missing_is_refused() {
    let ended = Stand::new().start_with("/nowhere/mcom-node".into(), command("true")).ended().await;
    assert_eq!(ended.reason().kind, ReasonKind::CannotExecute);
}

#[tokio::test]
async fn a_second_supervisor_starts_nothing() {
    let stand = Stand::new();
    let (mut spec, blobs) = command("echo started >> $F");
    spec.payload.env = vec![("F".into(), stand.path("starts").display().to_string())];
    assert_eq!(stand.run((spec, blobs)).await.outcome, Outcome::Ok);
    let before = std::fs::read(stand.attempt(1).join("exit")).unwrap();
    Command::new(NODE).arg("supervise").arg(stand.attempt(1)).status().unwrap();
    assert_eq!(stand.line_of("starts").await, "started");
    assert_eq!(std::fs::read(stand.attempt(1).join("exit")).unwrap(), before);
}

#[tokio::test]
async fn a_supervise_of_nonsense_fails() {
    for place in ["/", "relative", "/nowhere/runs/x.1"] {
        let status = Command::new(NODE).args(["supervise", place]).stderr(Stdio::null()).status().unwrap();
        assert!(!status.success(), "{place}");
    }
    assert!(!Path::new("/nowhere").exists(), "a spool was made where none was");
}

/// Not a test of its own: the node that the next test kills.
#[tokio::test]
async fn node_of_the_next_test() {
    let Some(folder) = std::env::var_os(NODE_OF) else { return };
    let stand = Stand::at(folder.as_ref());
    let (mut spec, blobs) = command("echo $PPID > $F; cat $W; echo done");
    let path = |name: &str| stand.path(name).display().to_string();
    spec.payload.env = vec![("F".into(), path("supervisor")), ("W".into(), path("wait"))];
    stand.start((spec, blobs)).ended().await;
}

#[tokio::test]
async fn a_node_that_is_killed_changes_nothing_for_the_payload() {
    let outer = Stand::new();
    Command::new("mkfifo").arg(outer.path("wait")).status().unwrap();
    let mut node = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "supervisor::faults::node_of_the_next_test", "--nocapture"])
        .env(NODE_OF, outer.place())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let supervisor = outer.line_of("supervisor").await;
    kill(&node.id().to_string());
    node.wait().unwrap();
    assert!(is_alive(&supervisor));
    // A moment after the start it has left the session of its link.
    let session = || {
        let stat = std::fs::read_to_string(format!("/proc/{supervisor}/stat")).unwrap();
        (stat.rsplit_once(") ").unwrap().1.split(' ').nth(3) == Some(&supervisor)).then_some(())
    };
    until(session).await;
    std::fs::write(outer.path("wait"), "").unwrap();
    let exit = outer.attempt(1).join("exit");
    let record = until(|| std::fs::read(&exit).ok()).await;
    let record: ExitRecord = serde_json::from_slice(&record).unwrap();
    assert_eq!((record.outcome, record.receipt.unwrap().out.len), (Outcome::Ok, 5));
}

#[tokio::test]
async fn a_payload_that_is_not_what_was_sent_is_refused() {
    let stand = Stand::new();
    let (spec, _) = script("echo good");
    let ended = stand.run((spec, vec![Bytes::from_static(b"echo evil")])).await;
    assert_eq!(ended.reason().kind, ReasonKind::PayloadDigestMismatch);
    assert!(!stand.attempt(1).exists(), "it was claimed all the same");
}

#[tokio::test]
async fn a_payload_that_changes_on_the_disk_is_refused() {
    let stand = Stand::new();
    // A supervisor that is changed between claim and start: a program that spoils the payload first.
    let spoiler = stand.path("spoiler");
    std::fs::write(&spoiler, format!("#!/bin/sh\necho x >> \"$2/payload\"\nexec {NODE} \"$@\"\n")).unwrap();
    make_executable(&spoiler);
    let ended = stand.start_with(spoiler, command("echo good")).ended().await;
    assert_eq!(ended.reason().kind, ReasonKind::PayloadDigestMismatch, "{ended:?}");
    assert!(!ended.has_started());
}

#[tokio::test]
async fn a_link_in_the_spools_place_is_refused() {
    let stand = Stand::new();
    std::fs::create_dir(stand.path("elsewhere")).unwrap();
    std::os::unix::fs::symlink(stand.path("elsewhere"), stand.spool()).unwrap();
    let ended = stand.run(command("true")).await;
    assert_eq!(ended.reason().kind, ReasonKind::SpoolUnsafe);
    assert_eq!(std::fs::read_dir(stand.path("elsewhere")).unwrap().count(), 0);
}

#[tokio::test]
async fn a_spool_of_another_machine_is_refused() {
    let stand = Stand::new();
    let other = HostIdentity { machine: "somewhere else".into(), ..HostIdentity::read().unwrap() };
    Spool::open(&stand.spool(), &other).unwrap();
    assert_eq!(stand.run(command("true")).await.reason().kind, ReasonKind::SpoolUnsafe);
}

#[tokio::test]
async fn an_attempt_that_an_asker_voided_never_starts() {
    let stand = Stand::new();
    let host = HostIdentity::read().unwrap();
    let spool = Spool::open(&stand.spool(), &host).unwrap();
    let (spec, blobs) = command("echo started");
    let spec = mcom_driver::spool::AttemptSpec { run: spec, host: "web1".into(), dc: "dc1".into(), deadline_ms: None };
    let (folder, mut claim) = AttemptFolder::claim(&spool, &spec, &blobs, 0).unwrap();
    claim.void(Void::Next).unwrap();
    drop(claim);
    Command::new(NODE).arg("supervise").arg(stand.attempt(1)).status().unwrap();
    assert!(!folder.has_started().unwrap() && folder.read_exit().unwrap().is_none());
}

#[tokio::test]
async fn a_full_spool_refuses_before_the_start_and_truncates_after_it() {
    let stand = Stand::new();
    std::fs::create_dir(stand.spool()).unwrap();
    let Some(_mount) = Tmpfs::mount(&stand.spool(), "size=1m") else { return };
    let ended = stand.run(command("head -c 3000000 /dev/zero; echo unharmed > $MCOM_RESULT || echo none")).await;
    assert_eq!(ended.outcome, Outcome::Ok, "{ended:?}");
    let receipt = &ended.receipt().receipt;
    assert_eq!(receipt.out.len + receipt.out.dropped - 3_000_000, if receipt.result.is_some() { 0 } else { 5 });
    assert!(receipt.out.dropped > 1_000_000 && receipt.out.len > 0, "{receipt:?}");
    let refused = stand.run(attempt(2, command("true"))).await;
    assert!(matches!(refused.outcome, Outcome::Refused { .. }) && !refused.has_started(), "{refused:?}");
    assert_eq!(refused.reason().kind, ReasonKind::SpoolFull, "{}", refused.reason());
}

#[tokio::test]
async fn a_spool_that_fills_up_between_claim_and_start_says_so() {
    let stand = Stand::new();
    std::fs::create_dir(stand.spool()).unwrap();
    let Some(_mount) = Tmpfs::mount(&stand.spool(), "size=256k") else { return };
    let filler = stand.path("filler");
    let text = format!("#!/bin/sh\nhead -c 1000000 /dev/zero > \"$2/filler\" 2>/dev/null\nexec {NODE} \"$@\"\n");
    std::fs::write(&filler, text).unwrap();
    make_executable(&filler);
    let ended = stand.start_with(filler, command("true")).ended().await;
    assert!(matches!(ended.outcome, Outcome::Refused { .. }) && !ended.has_started(), "{ended:?}");
    assert_eq!(ended.reason().kind, ReasonKind::SpoolFull, "{}", ended.reason());
}

#[tokio::test]
async fn a_spool_that_cannot_be_written_is_refused() {
    let stand = Stand::new();
    std::fs::create_dir(stand.spool()).unwrap();
    let Some(mount) = Tmpfs::mount(&stand.spool(), "size=1m") else { return };
    assert_eq!(stand.run(command("true")).await.outcome, Outcome::Ok);
    mount.remount("ro");
    let ended = stand.run(attempt(2, command("true"))).await;
    assert_eq!(ended.reason().kind, ReasonKind::SpoolReadOnly, "{}", ended.reason());
    mount.remount("rw,noexec");
    let ended = stand.run(attempt(3, command("true"))).await;
    assert_eq!(ended.reason().kind, ReasonKind::SpoolNoexec, "{}", ended.reason());
}

fn make_executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// A small file system of a test's own, where this user may mount one.
struct Tmpfs(PathBuf);

impl Tmpfs {
    fn mount(place: &Path, options: &str) -> Option<Self> {
        let options = format!("mode=0700,{options}");
        let status = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &options, "tmpfs"])
            .arg(place)
            .stderr(Stdio::null())
            .status();
        let mounted = status.is_ok_and(|status| status.success());
        if !mounted {
            skipped("this user cannot mount a small file system");
        }
        mounted.then(|| Self(place.to_owned()))
    }

    fn remount(&self, options: &str) {
        // The supervisor of the last attempt may be flushing the history still.
        let options = format!("remount,{options}");
        let since = std::time::Instant::now();
        while !Command::new("mount")
            .args(["-o", &options])
            .arg(&self.0)
            .stderr(Stdio::null())
            .status()
            .unwrap()
            .success()
        {
            assert!(since.elapsed() < super::stand::PATIENCE, "somebody writes for ever");
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        // Lazily: a supervisor may be about to leave.
        let status = Command::new("umount").arg("-l").arg(&self.0).status();
        assert!(status.is_ok_and(|status| status.success()), "a test's file system stays mounted");
    }
}
