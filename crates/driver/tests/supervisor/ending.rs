//! How a payload is ended, and what becomes of the processes that it made.

use super::stand::{Stand, attempt, command, is_alive, kill, until};
use mcom_model::{Exit, Outcome, ReasonKind};
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
