//! How a payload is ended, and what becomes of the processes that it made.

use super::stand::{Stand, attempt, command, is_alive, kill, until};
use mcom_model::{Exit, Outcome, ReasonKind};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Escapes twice: a session of its own, and a parent that has ended. Deaf to TERM. Writes its id to `$F`.
const ESCAPEE: &str = r#"setsid sh -c '(trap "" TERM HUP; sh -c "echo \$PPID" > $F; while :; do sleep 1; done) &' &"#;

#[tokio::test]
async fn a_timeout_ends_everything_escaped_daemons_included() {
    let stand = Stand::new();
    let (mut spec, blobs) = command(&format!("{ESCAPEE} trap '' TERM; while :; do sleep 1; done"));
    spec.payload.env = vec![("F".into(), stand.path("pid").display().to_string())];
    spec.limits.command_timeout_ms = Some(500);
    let mut running = stand.start((spec, blobs));
    let escapee = stand.line_of("pid").await;
    assert!(is_alive(&escapee));
    let ended = running.ended().await;
    assert_eq!(ended.outcome, Outcome::TimedOut);
    assert_eq!(ended.receipt().receipt.exit, Exit::Signal(9));
    assert_eq!(ended.receipt().receipt.left_behind, 0);
    assert!(!is_alive(&escapee), "the escapee lives");
}

#[tokio::test]
async fn who_obeys_term_is_not_waited_for_until_the_grace_is_over() {
    let stand = Stand::new();
    let (mut spec, blobs) = command("trap 'echo bye; exit 0' TERM; sleep 300 & wait");
    spec.limits.command_timeout_ms = Some(200);
    spec.limits.grace_ms = 50_000;
    let since = Instant::now();
    let ended = stand.run((spec, blobs)).await;
    assert_eq!((ended.outcome.clone(), ended.out().as_str()), (Outcome::TimedOut, "bye\n"));
    assert!(since.elapsed() < Duration::from_secs(20));
}

#[tokio::test]
async fn after_a_timeout_those_who_outlive_the_payload_are_ended_too() {
    let stand = Stand::new();
    let (mut spec, blobs) = command(&format!("{ESCAPEE} sleep 300"));
    spec.payload.env = vec![("F".into(), stand.path("pid").display().to_string())];
    spec.limits.command_timeout_ms = Some(500);
    let mut running = stand.start((spec, blobs));
    let escapee = stand.line_of("pid").await;
    let ended = running.ended().await;
    assert_eq!((ended.outcome.clone(), ended.receipt().receipt.left_behind), (Outcome::TimedOut, 0));
    assert!(!is_alive(&escapee), "the escapee lives");
}

#[tokio::test]
async fn a_cancel_ends_what_runs() {
    let stand = Stand::new();
    let mut running = stand.start(command("sleep 300"));
    running.started().await;
    running.attempt.cancel();
    let ended = running.ended().await;
    assert_eq!(ended.outcome, Outcome::Killed);
    assert_eq!(ended.receipt().receipt.exit, Exit::Signal(15));
}

/// A node whose supervisor finds no cgroups, where this user can hide them; where it cannot there are none to be made
/// as a rule.
fn without_cgroups(stand: &Stand) -> PathBuf {
    let node = env!("CARGO_BIN_EXE_driver-test-node");
    let hide = "mount -t tmpfs none /sys/fs/cgroup && exec \"$0\" \"$@\"";
    let text = format!(
        "#!/bin/sh\nunshare -m true 2>/dev/null && exec unshare -m sh -c '{hide}' {node} \"$@\"\nexec {node} \"$@\"\n"
    );
    let path = stand.path("without-cgroups");
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    path
}

#[tokio::test]
async fn a_cancel_leaves_no_survivor_within_its_grace_and_two_seconds() {
    for cgroups in [true, false] {
        let stand = Stand::new();
        let (mut spec, blobs) =
            stand.command(&format!("F=$E; export F; {ESCAPEE} {ESCAPEE} trap '' TERM; while :; do sleep 1; done"));
        spec.limits.grace_ms = 700;
        let program = if cgroups { env!("CARGO_BIN_EXE_driver-test-node").into() } else { without_cgroups(&stand) };
        let mut running = stand.start_with(program, (spec, blobs));
        running.started().await;
        let escapee = stand.line_of("escaped").await;
        let supervisor = until(|| parent_of(&escapee)).await;
        let all = below(&supervisor);
        assert!(all.len() >= 3 && all.contains(&escapee), "{all:?}");
        let since = Instant::now();
        running.attempt.cancel();
        // A second word during the grace changes nothing.
        tokio::time::sleep(Duration::from_millis(200)).await;
        running.attempt.cancel();
        let ended = running.ended().await;
        assert_eq!((ended.outcome.clone(), ended.receipt().receipt.left_behind), (Outcome::Killed, 0));
        let took = since.elapsed();
        assert!(took >= Duration::from_millis(700) && took < Duration::from_millis(2700), "{took:?}");
        let survivors: Vec<_> = all.iter().filter(|pid| is_alive(pid)).collect();
        assert!(survivors.is_empty(), "{survivors:?} live, with cgroups: {cgroups}");
    }
}

/// The supervisor is the parent of whoever escapes, once its own parent has ended.
fn parent_of(pid: &str) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let parent = stat.rsplit_once(") ").unwrap().1.split(' ').nth(1).unwrap().to_owned();
    let name = std::fs::read_to_string(format!("/proc/{parent}/cmdline")).unwrap_or_default();
    name.contains("supervise").then_some(parent)
}

fn below(pid: &str) -> Vec<String> {
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    children.split_whitespace().flat_map(|child| [vec![child.to_owned()], below(child)].concat()).collect()
}

#[tokio::test]
async fn a_cancel_before_the_start_starts_nothing() {
    let stand = Stand::new();
    let mut running = stand.start(command("touch $HOME/.mcom-must-not-exist; sleep 300"));
    running.attempt.cancel();
    let ended = running.ended().await;
    // The order is older than the supervisor, so it is always seen before the start.
    assert!(matches!(ended.outcome, Outcome::NotRun { .. }), "{ended:?}");
    assert_eq!(ended.reason().kind, ReasonKind::Cancelled);
    assert!(!ended.has_started());
}

#[tokio::test]
async fn a_process_left_behind_with_the_output_open_delays_nothing_and_is_not_ended() {
    let stand = Stand::new();
    let since = Instant::now();
    let ended = stand.run(command("sleep 999 & until grep -q sleep /proc/$!/comm; do :; done; echo $!")).await;
    assert!(since.elapsed() < Duration::from_secs(20));
    assert_eq!((ended.outcome.clone(), ended.receipt().receipt.left_behind), (Outcome::Ok, 1));
    let left = ended.out().trim().to_owned();
    assert!(is_alive(&left), "what was left behind was ended");
    let record = std::fs::read_to_string(stand.attempt(1).join("exit")).unwrap();
    assert!(record.contains(&format!("\"{left} sleep\"")), "it is not named: {record}");
    kill(&left);
}

#[tokio::test]
async fn who_prints_for_ever_after_the_end_does_not_delay_the_end() {
    let stand = Stand::new();
    let since = Instant::now();
    let ended = stand.run(command("(exec yes) & echo $! > $MCOM_RESULT")).await;
    assert!(since.elapsed() < Duration::from_secs(20));
    assert_eq!(ended.outcome, Outcome::Ok);
    // Its next print finds nobody who reads.
    let left = ended.receipt().receipt.result.clone().unwrap();
    until(|| (!is_alive(&left)).then_some(())).await;
}

#[tokio::test]
async fn orphans_that_end_are_taken_away() {
    let stand = Stand::new();
    let text = "for i in 1 2 3 4 5 6 7 8; do (sh -c 'exit 0' &); done; \
                while cat /proc/[0-9]*/stat 2>/dev/null | grep -q \"(sh) Z $PPID \"; do :; done";
    assert_eq!(stand.run(command(text)).await.outcome, Outcome::Ok);
}

#[tokio::test]
async fn a_host_is_held_by_one_run_and_the_next_is_told_by_whom() {
    let stand = Stand::new();
    let mut first = stand.start(command("sleep 300"));
    first.started().await;
    let second = stand.run(attempt(2, command("echo hi"))).await;
    assert!(matches!(second.outcome, Outcome::Refused { .. }) && !second.has_started(), "{second:?}");
    assert_eq!(second.reason().kind, ReasonKind::Busy);
    for part in ["alice@bastion", "fix.sh", "CHG123"] {
        assert!(second.reason().text.contains(part), "{}", second.reason());
    }
    first.attempt.cancel();
    first.ended().await;
    assert_eq!(stand.run(attempt(3, command("echo hi"))).await.outcome, Outcome::Ok);
}
