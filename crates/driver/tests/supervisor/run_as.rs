//! A payload of another user, through the machine's own sudo: from root, who may do so, to nobody.

use super::stand::{Stand, command, is_alive, kill, live, script, skipped, until};
use bytes::Bytes;
use mcom_engine::tree::{OwnEvent, OwnMode};
use mcom_model::{
    BlobRef, Digest, HostAnswer, HostLock, Inquiry, Outcome, PayloadKind, ReasonKind, RunAs, RunAsTool, RunSpec, Stream,
};
use std::os::unix::fs::MetadataExt as _;

type Work = (RunSpec, Vec<Bytes>);

/// A stand of nobody's; none where this test cannot become nobody.
fn stand() -> Option<(Stand, u32)> {
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap();
    let uid = passwd.lines().find_map(|line| line.strip_prefix("nobody:x:")?.split(':').next()?.parse().ok());
    let sudo = std::process::Command::new("sudo").args(["-n", "-u", "nobody", "true"]).output();
    match (uid, sudo) {
        (Some(uid), Ok(output)) if rustix::process::geteuid().is_root() && output.status.success() => {
            Some((Stand::of_user(uid), uid))
        }
        _ => {
            skipped("this needs root, sudo, and a user nobody");
            None
        }
    }
}

fn as_user(user: &str, (mut spec, blobs): Work) -> Work {
    spec.payload.run_as = Some(RunAs { tool: RunAsTool::Sudo, user: user.into() });
    (spec, blobs)
}

fn nobody(work: Work) -> Work {
    as_user("nobody", work)
}

#[tokio::test]
async fn the_payload_is_the_users_and_so_is_everything_of_its_attempt() {
    let Some((stand, uid)) = stand() else { return };
    let text = "id -un; echo $USER $LOGNAME; pwd; echo \"[$MCOM_SPOOL] [$LC_ALL]\"; umask; echo err >&2";
    let ended = stand.run(nobody(command(text))).await;
    let locale = std::env::var("LC_ALL").unwrap_or_default();
    // Who has no home is in the root.
    let spool = stand.spool();
    assert_eq!(ended.out(), format!("nobody\nnobody nobody\n/\n[{}] [{locale}]\n0022\n", spool.display()));
    assert_eq!((ended.outcome.clone(), ended.err().as_str()), (Outcome::Ok, "err\n"));
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap().trim().to_owned();
    assert_eq!(ended.before[..2], [OwnEvent::Claimed { boot, uid }, OwnEvent::Started]);
    let owner = std::fs::metadata(stand.attempt(1).join("exit")).unwrap().uid();
    assert_eq!(owner, uid);
}

#[tokio::test]
async fn the_node_is_put_into_the_users_spool_once_and_runs_are_found_again_there() {
    let Some((stand, _)) = stand() else { return };
    stand.run(nobody(command("echo once"))).await;
    let nodes = || -> Vec<_> {
        let entries = std::fs::read_dir(stand.spool().join("node")).unwrap();
        entries.map(|entry| entry.unwrap().metadata().unwrap().ino()).collect()
    };
    let before = nodes();
    let again = stand.run(nobody(command("echo once"))).await;
    assert!(matches!(again.before[0], OwnEvent::Attached { .. }), "{:?}", again.before);
    assert_eq!((again.out().as_str(), again.outcome), ("once\n", Outcome::Ok));
    assert_eq!((nodes(), before.len()), (before.clone(), 1));
}

#[tokio::test]
async fn what_only_looks_leaves_nothing_in_the_users_spool_either() {
    let Some((stand, _)) = stand() else { return };
    let (spec, blobs) = nobody(command("echo look"));
    let mut running = stand.start((RunSpec { looks: true, lock: HostLock::Without, ..spec }, blobs));
    let ended = running.ended().await;
    assert_eq!((ended.out().as_str(), ended.outcome), ("look\n", Outcome::Ok));
    let runs = stand.spool().join("runs");
    assert_eq!(std::fs::read_dir(&runs).unwrap().count(), 1);
    running.attempt.forget().await;
    assert_eq!(std::fs::read_dir(&runs).unwrap().count(), 0);
    assert!(!stand.spool().join("history").exists());
}

#[tokio::test]
async fn a_cancel_ends_what_belongs_to_the_other_user() {
    let Some((stand, _)) = stand() else { return };
    let mut running = stand.start(nobody(live(script("#!/bin/sh\nsleep 600 & echo $! $$; wait\n"))));
    let out = printed(&mut running, |out| out.ends_with(b"\n")).await;
    running.attempt.cancel();
    assert_eq!(running.ended().await.outcome, Outcome::Killed);
    for pid in String::from_utf8(out).unwrap().split_whitespace() {
        assert!(!is_alive(pid), "{pid}");
    }
}

#[tokio::test]
async fn the_attempt_outlives_what_followed_it_and_is_found_again() {
    let Some((stand, uid)) = stand() else { return };
    let text = format!("echo $PPID; until [ -e {} ]; do sleep 0.05; done; echo done", stand.path("go").display());
    let mut first = stand.start(nobody(live(command(&text))));
    let out = printed(&mut first, |out| out.ends_with(b"\n")).await;
    let follower = attach_of(uid, &stand);
    kill(&follower);
    let ended = first.ended().await;
    assert_eq!(ended.reason().kind, ReasonKind::LostWhileRunning, "{ended:?}");
    assert!(matches!(ended.outcome, Outcome::Unknown { .. }));
    assert!(is_alive(String::from_utf8(out).unwrap().trim()), "the supervisor goes on");
    let mut second = stand.start_as(OwnMode::Look, [0; 2], (nobody(command(&text)).0, vec![]));
    assert!(matches!(second.next().await, OwnEvent::Attached { .. }));
    std::fs::write(stand.path("go"), "").unwrap();
    let ended = second.ended().await;
    assert_eq!(ended.outcome, Outcome::Ok);
    assert!(ended.out().ends_with("\ndone\n"));
}

#[tokio::test]
async fn nothing_of_it_stays_when_nobody_follows_but_the_supervisor() {
    let Some((stand, uid)) = stand() else { return };
    let mut running = stand.start(nobody(live(command("echo up; sleep 600"))));
    printed(&mut running, |out| out == b"up\n").await;
    let follower = attach_of(uid, &stand);
    drop(running);
    until(|| (!is_alive(&follower)).then_some(())).await;
    let again = stand.start_as(OwnMode::Look, [0; 2], (nobody(command("echo up; sleep 600")).0, vec![]));
    again.attempt.cancel();
    let mut again = again;
    assert_eq!(again.ended().await.outcome, Outcome::Killed);
}

#[tokio::test]
async fn much_output_comes_as_it_is_allowed_byte_for_byte() {
    let Some((stand, _)) = stand() else { return };
    let mut running = stand.start(nobody(live(command("head -c 300000 /dev/urandom | tee $MCOM_RESULT.copy"))));
    let mut got = Vec::new();
    running.attempt.allow(Stream::Out, 100_000);
    while got.len() < 300_000 {
        if let OwnEvent::Output { offset, bytes, .. } = running.next().await {
            assert_eq!(offset, got.len() as u64);
            got.extend_from_slice(&bytes);
            if got.len() == 100_000 {
                running.attempt.allow(Stream::Out, 300_000);
            }
        }
    }
    assert!(got == std::fs::read(stand.attempt(1).join("result.copy")).unwrap());
}

#[tokio::test]
async fn a_question_is_answered_from_the_users_spool() {
    let Some((stand, _)) = stand() else { return };
    stand.run(nobody(command("true"))).await;
    let ask = |user: &str| {
        let question = serde_json::to_vec(&Inquiry::History { last: 5 }).unwrap();
        let (mut spec, _) = as_user(user, command(""));
        spec.payload.kind = PayloadKind::Inquiry;
        spec.payload.blob = BlobRef { digest: Digest::of(&question), len: question.len() as u64 };
        (spec, vec![question.into()])
    };
    let ended = stand.run(ask("nobody")).await;
    let answer: HostAnswer = serde_json::from_str(&ended.out()).unwrap();
    assert_eq!((answer.past.len(), answer.past[0].who.as_str()), (1, "alice@bastion"));
}

#[tokio::test]
async fn a_user_that_is_not_there_is_refused_in_sudos_words() {
    let Some((stand, _)) = stand() else { return };
    let refused = stand.run(as_user("mcom-test-nobody-else", command("true"))).await;
    assert!(matches!(refused.outcome, Outcome::Refused { .. }), "{refused:?}");
    assert_eq!(refused.reason().kind, ReasonKind::RunAsRefused);
    assert!(refused.reason().text.contains("unknown user mcom-test-nobody-else"), "{}", refused.reason());
    let mut looked = stand.start_as(OwnMode::Look, [0; 2], as_user("mcom-test-nobody-else", command("true")));
    assert!(matches!(looked.ended().await.outcome, Outcome::Unknown { .. }), "what began there is not known");
}

#[tokio::test]
async fn root_needs_no_sudo_to_be_root() {
    let Some((stand, _)) = stand() else { return };
    let own = Stand::new();
    let ended = own.run(as_user("root", command("id -u; echo \"[$SUDO_USER]\""))).await;
    assert_eq!(ended.out(), "0\n[]\n");
    let in_the_users_spool = stand.run(as_user("root", command("id -u"))).await;
    assert_eq!(in_the_users_spool.reason().kind, ReasonKind::SpoolUnsafe, "a spool of somebody else is none of root's");
}

/// What a live payload prints until that is enough.
async fn printed(running: &mut super::stand::Running, enough: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    running.attempt.allow(Stream::Out, 1000);
    let mut out = Vec::new();
    while !enough(&out) {
        if let OwnEvent::Output { bytes, .. } = running.next().await {
            out.extend_from_slice(&bytes);
        }
    }
    out
}

/// The process of this user that follows an attempt in this stand's spool.
fn attach_of(uid: u32, stand: &Stand) -> String {
    let node = stand.spool().join("node");
    let mut all = std::fs::read_dir("/proc").unwrap().filter_map(|entry| entry.unwrap().file_name().into_string().ok());
    let is = |pid: &String| {
        let exe = std::fs::read_link(format!("/proc/{pid}/exe"));
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let owner = std::fs::metadata(format!("/proc/{pid}")).map(|about| about.uid());
        exe.is_ok_and(|exe| exe.starts_with(&node)) && line.ends_with(b"attach\0") && owner.is_ok_and(|own| own == uid)
    };
    all.find(is).expect("somebody follows it")
}
