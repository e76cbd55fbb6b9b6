//! A host that another run holds, and a run whose time is up.

use super::elsewhere::Elsewhere;
use super::stand::{Stand, attempt, command, is_alive};
use bytes::Bytes;
use mcom_engine::tree::{OwnEvent, OwnMode};
use mcom_model::{Exit, HostLock, Outcome, ReasonKind, RunSpec};
use std::time::{Duration, Instant};

fn with_lock(lock: HostLock, (spec, blobs): (RunSpec, Vec<Bytes>)) -> (RunSpec, Vec<Bytes>) {
    (RunSpec { lock, ..spec }, blobs)
}

fn held(events: &[OwnEvent]) -> Vec<String> {
    let text = |event: &OwnEvent| match event {
        OwnEvent::Held { reason } => Some(reason.text.clone()),
        _ => None,
    };
    events.iter().filter_map(text).collect()
}

fn says_who_holds(event: OwnEvent) {
    let OwnEvent::Held { reason } = event else { panic!("{event:?}") };
    assert_eq!(reason.kind, ReasonKind::Busy);
    for part in ["alice@bastion", "fix.sh", "CHG123"] {
        assert!(reason.text.contains(part), "{reason}");
    }
}

#[tokio::test]
async fn who_waits_says_for_whom_and_starts_when_the_host_is_free() {
    let stand = Stand::new();
    let mut first = stand.start(command("sleep 300"));
    first.started().await;
    let wait = HostLock::Wait { ms: 60_000 };
    let mut second = stand.start(with_lock(wait, attempt(2, command("echo hi"))));
    says_who_holds(second.next_but(|event| !matches!(event, OwnEvent::Claimed { .. })).await);
    let mut third = stand.start_as(OwnMode::Look, [0; 2], with_lock(wait, attempt(2, command("echo hi"))));
    says_who_holds(third.next().await);
    // Long enough for it to be said again at each try of the lock.
    tokio::time::sleep(Duration::from_millis(450)).await;
    first.attempt.cancel();
    assert_eq!(first.ended().await.outcome, Outcome::Killed);
    let ended = second.ended().await;
    assert_eq!((ended.outcome.clone(), ended.out().as_str()), (Outcome::Ok, "hi\n"));
    assert_eq!(held(&ended.before).len(), 1, "{:?}", ended.before);
    let ended = third.ended().await;
    assert_eq!((ended.outcome.clone(), held(&ended.before).len()), (Outcome::Ok, 1));
}

#[tokio::test]
async fn a_wait_ends_when_its_time_is_up_when_it_is_cancelled_and_with_the_deadline() {
    let mut stand = Stand::new();
    let mut first = stand.start(command("sleep 300"));
    first.started().await;
    let short = with_lock(HostLock::Wait { ms: 300 }, attempt(2, command("touch $F")));
    let ended = stand.run(short).await;
    assert!(matches!(ended.outcome, Outcome::Refused { .. }) && !ended.has_started(), "{ended:?}");
    assert_eq!((ended.reason().kind, held(&ended.before).len()), (ReasonKind::Busy, 1));
    let long = |number| with_lock(HostLock::Wait { ms: 60_000 }, attempt(number, command("true")));
    let mut waiting = stand.start(long(3));
    waiting.next_but(|event| matches!(event, OwnEvent::Held { .. })).await;
    waiting.attempt.cancel();
    let ended = waiting.ended().await;
    assert!(matches!(ended.outcome, Outcome::NotRun { .. }), "{ended:?}");
    assert_eq!(ended.reason().kind, ReasonKind::Cancelled);
    let mut waiting = stand.start(long(4));
    waiting.next_but(|event| matches!(event, OwnEvent::Held { .. })).await;
    let voider = stand.start_as(OwnMode::Void, [0; 2], (long(4).0, vec![])).ended().await;
    let ended = waiting.ended().await;
    assert_eq!((voider.reason().kind, ended.reason().kind), (ReasonKind::Halted, ReasonKind::Halted));
    assert!(!voider.before.iter().any(|event| matches!(event, OwnEvent::Attached { .. })), "{voider:?}");
    let since = Instant::now();
    stand.deadline_ms = Some(300);
    let ended = stand.run(long(5)).await;
    assert!(matches!(ended.outcome, Outcome::NotRun { .. }), "{ended:?}");
    assert_eq!(ended.reason().kind, ReasonKind::Deadline);
    assert!(since.elapsed() >= Duration::from_millis(300) && since.elapsed() < Duration::from_secs(20));
    first.attempt.cancel();
    first.ended().await;
}

#[tokio::test]
async fn who_waits_for_the_lock_is_given_up_and_who_runs_is_not() {
    let stand = Stand::new();
    let mut holder = stand.start(attempt(1, command("sleep 300")));
    holder.started().await;
    let mut waiting = stand.start(with_lock(HostLock::Wait { ms: 60_000 }, attempt(2, command("touch $F"))));
    while !matches!(waiting.next().await, OwnEvent::Held { .. }) {}
    waiting.attempt.give_up();
    holder.attempt.give_up();
    let ended = waiting.ended().await;
    assert!(matches!(ended.outcome, Outcome::NotRun { .. }), "{ended:?}");
    holder.attempt.cancel();
    assert_eq!(holder.ended().await.outcome, Outcome::Killed, "what ran was not given up");
}

#[tokio::test]
async fn who_runs_without_the_lock_runs_beside_and_leaves_the_holder_in_place() {
    let stand = Stand::new();
    let mut first = stand.start(command("sleep 300"));
    first.started().await;
    let holder = std::fs::read(stand.spool().join("holder")).unwrap();
    let ended = stand.run(with_lock(HostLock::Without, attempt(2, command("echo hi")))).await;
    assert_eq!((ended.outcome.clone(), ended.out().as_str()), (Outcome::Ok, "hi\n"));
    assert_eq!(std::fs::read(stand.spool().join("holder")).unwrap(), holder);
    let history = std::fs::read_to_string(stand.spool().join("history")).unwrap();
    assert_eq!(history.lines().filter(|line| line.contains(".2\"")).count(), 2, "{history}");
    let refused = stand.run(attempt(3, command("true"))).await;
    assert_eq!(refused.reason().kind, ReasonKind::Busy);
    first.attempt.cancel();
    first.ended().await;
}

#[tokio::test]
async fn the_deadline_ends_the_payload_when_every_node_is_gone() {
    let mut stand = Stand::new();
    stand.deadline_ms = Some(2500);
    let text = "setsid sh -c '(trap \"\" TERM; echo $PPID > $E; while :; do sleep 1; done) &' & \
                trap '' TERM; echo $$ > $F; while :; do sleep 1; done";
    let node = Elsewhere::start(&stand, text);
    let payload = stand.line_of("pids").await;
    node.kill();
    let followed = stand.start_as(OwnMode::Look, [0; 2], (stand.command(text).0, vec![])).ended().await;
    assert_eq!(followed.outcome, Outcome::TimedOut);
    assert_eq!(followed.receipt().receipt.exit, Exit::Signal(9));
    assert_eq!(followed.receipt().receipt.left_behind, 0);
    assert!(!is_alive(&payload));
}

#[tokio::test]
async fn a_deadline_that_has_come_starts_nothing_and_a_shorter_time_out_comes_first() {
    let mut stand = Stand::new();
    stand.deadline_ms = Some(0);
    let ended = stand.run(command("true")).await;
    assert_eq!((ended.reason().kind, ended.has_started()), (ReasonKind::Deadline, false));
    stand.deadline_ms = Some(50_000);
    let (mut spec, blobs) = attempt(2, command("sleep 300"));
    spec.limits.command_timeout_ms = Some(300);
    let since = Instant::now();
    assert_eq!(stand.run((spec, blobs)).await.outcome, Outcome::TimedOut);
    assert!(since.elapsed() < Duration::from_secs(20));
}
