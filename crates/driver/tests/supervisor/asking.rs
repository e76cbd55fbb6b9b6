//! What a host says of itself: who holds it, what was done to it, and that it has a payload already.

use super::stand::{Stand, attempt, command, live, work};
use bytes::Bytes;
use mcom_engine::tree::{OwnEvent, OwnMode};
use mcom_model::{
    Digest, Exit, HostAnswer, HostLock, Inquiry, Outcome, PayloadKind, ReasonKind, RunId, RunSpec, Stream, limits,
};

fn question(inquiry: Inquiry) -> (RunSpec, Vec<Bytes>) {
    let (spec, blobs) = work(PayloadKind::Inquiry, &serde_json::to_string(&inquiry).unwrap());
    (RunSpec { run: RunId::from_seed(4711), ..spec }, blobs)
}

async fn ask(stand: &Stand, inquiry: Inquiry) -> HostAnswer {
    let ended = stand.run(question(inquiry)).await;
    assert_eq!(ended.outcome, Outcome::Ok, "{ended:?}");
    assert!(matches!(ended.before[..2], [OwnEvent::Claimed { .. }, OwnEvent::Started]), "{:?}", ended.before);
    let receipt = ended.receipt();
    let out = receipt.out.clone().unwrap();
    assert_eq!((receipt.receipt.out.digest, receipt.receipt.out.len), (Digest::of(&out), out.len() as u64));
    assert!(out.len() as u64 <= limits::BODY_INLINE);
    serde_json::from_slice(&out).unwrap()
}

#[tokio::test]
async fn who_holds_the_host_is_said_while_it_is_so() {
    let stand = Stand::new();
    assert_eq!(ask(&stand, Inquiry::Who).await, HostAnswer::default());
    let mut first = stand.start(command("sleep 300"));
    first.started().await;
    let holder = ask(&stand, Inquiry::Who).await.holder.unwrap();
    assert_eq!((holder.who.as_str(), holder.what.as_str()), ("alice@bastion", "fix.sh"));
    assert_eq!(holder.reason.as_deref(), Some("CHG123"));
    let (spec, blobs) = attempt(2, command("echo hi"));
    assert_eq!(stand.run((RunSpec { lock: HostLock::Without, ..spec }, blobs)).await.outcome, Outcome::Ok);
    assert_eq!(ask(&stand, Inquiry::Who).await.holder, Some(holder));
    first.attempt.cancel();
    first.ended().await;
    // The file still names it.
    assert!(stand.spool().join("holder").exists());
    assert_eq!(ask(&stand, Inquiry::Who).await, HostAnswer::default());
}

#[tokio::test]
async fn a_payload_that_outlived_its_supervisor_holds_the_host() {
    let stand = Stand::new();
    let mut first = stand.start(stand.command("echo $PPID $$ > $F; exec sleep 300"));
    let pids = stand.line_of("pids").await;
    let (supervisor, payload) = pids.split_once(' ').unwrap();
    super::stand::kill(supervisor);
    first.ended().await;
    assert!(ask(&stand, Inquiry::Who).await.holder.is_some());
    super::stand::kill(payload);
    super::stand::until(|| (!super::stand::is_alive(payload)).then_some(())).await;
    assert!(ask(&stand, Inquiry::Who).await.holder.is_none());
}

#[tokio::test]
async fn the_history_comes_newest_first_with_outcomes_and_is_cut_to_fit() {
    let stand = Stand::new();
    for number in 1..=3 {
        stand.run(attempt(number, command(&format!("exit {}", number - 1)))).await;
    }
    let answer = ask(&stand, Inquiry::History { last: 2 }).await;
    assert!(answer.more);
    let exits: Vec<_> = answer.past.iter().map(|past| past.outcome.clone().unwrap()).collect();
    let failed = |code| Outcome::Failed { exit: Exit::Code(code) };
    assert_eq!(exits, [failed(2), failed(1)]);
    assert!(answer.past.iter().all(|past| past.ended_ms.unwrap() >= past.began_ms && past.who == "alice@bastion"));
    let all = ask(&stand, Inquiry::History { last: 3 }).await;
    assert!(!all.more && all.past.len() == 3 && all.past[2].outcome == Some(Outcome::Ok), "{all:?}");
    let (mut spec, blobs) = command("true");
    spec.reason = Some("x".repeat(3000));
    for number in 4..40 {
        stand.run(attempt(number, (spec.clone(), blobs.clone()))).await;
    }
    let cut = ask(&stand, Inquiry::History { last: 1000 }).await;
    assert!(cut.more && cut.past.len() > 5 && cut.past.len() < 36, "{}", cut.past.len());
    assert!(cut.past[0].attempt.ends_with(".39"), "{:?}", cut.past[0]);
}

#[tokio::test]
async fn what_a_host_has_is_said_and_skipped_when_asked_for() {
    let stand = Stand::new();
    let has = |work: &(RunSpec, Vec<Bytes>)| Inquiry::Has { payload: work.0.payload.id() };
    let once = |number, text: &str| {
        let (spec, blobs) = attempt(number, command(text));
        (RunSpec { once: true, ..spec }, blobs)
    };
    let (good, bad) = (command("echo x >> /dev/null"), command("exit 1"));
    assert_eq!(ask(&stand, has(&good)).await, HostAnswer::default());
    assert_eq!(stand.run(once(1, "echo x >> /dev/null")).await.outcome, Outcome::Ok);
    assert_ne!(stand.run(once(2, "exit 1")).await.outcome, Outcome::Ok);
    let past = ask(&stand, has(&good)).await.past;
    assert!(past.len() == 1 && past[0].attempt.ends_with(".1") && past[0].outcome == Some(Outcome::Ok), "{past:?}");
    assert_eq!(ask(&stand, has(&bad)).await, HostAnswer::default());
    let skipped = stand.run(once(3, "echo x >> /dev/null")).await;
    assert!(matches!(skipped.outcome, Outcome::Skipped { .. }) && !skipped.has_started(), "{skipped:?}");
    assert_eq!(skipped.reason().kind, ReasonKind::AlreadyRan);
    for part in [past[0].attempt.split('.').next().unwrap(), "alice@bastion", " UTC"] {
        assert!(skipped.reason().text.contains(part), "{}", skipped.reason());
    }
    assert!(!stand.attempt(3).exists(), "it was claimed");
    // What failed is tried again, and what is not asked for is not skipped.
    assert!(matches!(stand.run(once(4, "exit 1")).await.outcome, Outcome::Failed { .. }));
    assert_eq!(stand.run(attempt(5, command("echo x >> /dev/null"))).await.outcome, Outcome::Ok);
}

#[tokio::test]
async fn what_was_reverted_is_not_there_any_more_and_is_brought_again() {
    let stand = Stand::new();
    let once = |number, text: &str| {
        let (spec, blobs) = attempt(number, command(text));
        (RunSpec { once: true, ..spec }, blobs)
    };
    let fix = command("echo fixed").0.payload.id();
    let unfix = |number| {
        let (spec, blobs) = once(number, "echo unfixed");
        (RunSpec { undoes: Some(fix), ..spec }, blobs)
    };
    assert_eq!(stand.run(once(1, "echo fixed")).await.outcome, Outcome::Ok);
    assert_eq!(stand.run(unfix(2)).await.outcome, Outcome::Ok);
    assert_eq!(ask(&stand, Inquiry::Has { payload: fix }).await, HostAnswer::default());
    assert!(matches!(stand.run(unfix(3)).await.outcome, Outcome::Skipped { .. }), "it is reverted already");
    assert_eq!(stand.run(once(3, "echo fixed")).await.outcome, Outcome::Ok, "it was reverted");
    let past = ask(&stand, Inquiry::Has { payload: fix }).await.past;
    assert!(past.len() == 1 && past[0].attempt.ends_with(".3"), "{past:?}");
    assert!(matches!(stand.run(once(4, "echo fixed")).await.outcome, Outcome::Skipped { .. }));
    assert_eq!(stand.run(unfix(4)).await.outcome, Outcome::Ok, "there is something to revert again");
    let undoes: Vec<_> = ask(&stand, Inquiry::History { last: 9 }).await.past.iter().map(|past| past.undoes).collect();
    assert_eq!(undoes, [Some(fix), None, Some(fix), None]);
}

#[tokio::test]
async fn who_waits_for_a_run_that_brings_the_payload_skips_it() {
    let stand = Stand::new();
    let work = stand.command("echo x >> $S; until [ -e $W ]; do sleep 0.02; done");
    let once = |number| {
        let (spec, blobs) = attempt(number, work.clone());
        (RunSpec { once: true, lock: HostLock::Wait { ms: 60_000 }, ..spec }, blobs)
    };
    let mut first = stand.start(once(1));
    first.started().await;
    let mut second = stand.start(once(2));
    second.next_but(|event| matches!(event, OwnEvent::Held { .. })).await;
    std::fs::write(stand.path("wait"), "").unwrap();
    assert_eq!(first.ended().await.outcome, Outcome::Ok);
    let ended = second.ended().await;
    assert!(matches!(ended.outcome, Outcome::Skipped { .. }), "{ended:?}");
    assert_eq!(stand.line_of("starts").await, "x");
}

#[tokio::test]
async fn a_question_is_answered_live_as_well_leaves_nothing_and_comes_with_the_start() {
    let stand = Stand::new();
    let mut running = stand.start(live(question(Inquiry::Who)));
    running.attempt.allow(Stream::Out, 1);
    running.attempt.allow(Stream::Out, 1 << 20);
    let ended = running.ended().await;
    let pieces: Vec<_> = ended.before.iter().filter(|event| matches!(event, OwnEvent::Output { .. })).collect();
    let [OwnEvent::Output { offset: 0, bytes: one, .. }, OwnEvent::Output { offset: 1, bytes: rest, .. }] = pieces[..]
    else {
        panic!("{pieces:?}")
    };
    let whole = [&one[..], &rest[..]].concat();
    assert_eq!(serde_json::from_slice::<HostAnswer>(&whole).unwrap(), HostAnswer::default());
    assert_eq!(ended.receipt().receipt.out.digest, Digest::of(&whole));
    assert_eq!(std::fs::read_dir(stand.spool().join("runs")).unwrap().count(), 0);
    assert!(!stand.spool().join("history").exists());
    let (spec, _) = question(Inquiry::Who);
    let looked = stand.start_as(OwnMode::Look, [0; 2], (spec.clone(), vec![])).next().await;
    assert_eq!(looked, OwnEvent::NotBegun);
    let void = stand.start_as(OwnMode::Void, [0; 2], (spec, vec![])).ended().await;
    assert!(matches!(void.outcome, Outcome::NotRun { .. }));
    let nonsense = stand.run(work(PayloadKind::Inquiry, "{\"inquiry\":\"colour\"}")).await;
    assert!(matches!(nonsense.outcome, Outcome::Refused { .. }), "{nonsense:?}");
}
