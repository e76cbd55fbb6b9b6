//! The nested log of a rollout.

use super::told::{EndedRun, HOUR, MINUTE, SECOND, Told, approve, resume, spec};
use crate::fixture::{Memory, reason, text};
use insta::assert_snapshot;
use mcom_fleet::planner::part;
use mcom_model::{
    BodyRef, Credentials, Digest, EndedBy, Exit, HostEvent, HostId, HostLock, InnerLinks, Outcome, OutcomeKind,
    OutputMode, ReasonKind, Receipt, RunClock, RunEvent, RunId, RunSpec, RunStart, Tally, Timers, What,
};
use mcom_report::rollout::{RolloutLog, RolloutRun, in_flight, nested_rollout_log};
use mcom_report::{LogOptions, NextSteps, RecapOptions, RolloutOfRun, RunInfo, RunView, nested_log, summary};
use mcom_rollout::{Answer, RunOf, Verb};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What failed hosts print.
const OUTPUT: &[u8] = b"nginx: [emerg] bind() to 0.0.0.0:443 failed\n";

fn bodies() -> Memory {
    Memory([(Digest::of(OUTPUT), OUTPUT.to_vec())].into())
}

fn run_spec(told: &Told, run: &RunId) -> RunSpec {
    RunSpec {
        run: run.clone(),
        attempt: 1,
        who: "alice@bastion".into(),
        reason: None,
        payload: told.spec.plan.payload.clone().unwrap(),
        limits: told.spec.plan.limits,
        shape: told.spec.plan.shape,
        output: OutputMode::AtEnd,
        credentials: Credentials::Own,
        inner: InnerLinks::default(),
        once: true,
        lock: HostLock::default(),
        undoes: None,
        looks: false,
        timers: Timers::default(),
    }
}

/// What the run's ledger would hold.
fn view(told: &Told, place: usize) -> RunView {
    let EndedRun { run, begun_ms, ended_ms, ends } = &told.runs[place];
    let of = told.state().runs.iter().find(|of| of.run == *run).unwrap().of;
    let stage = match of {
        RunOf::Stage(stage) => Some(told.spec.stages[stage as usize].name.clone()),
        RunOf::Undo => None,
    };
    let id_of = |name: &str| {
        let place = told.spec.plan.hosts.iter().position(|host| host.name == name);
        HostId(u32::try_from(place.unwrap()).unwrap())
    };
    let hosts: BTreeSet<HostId> = ends.iter().map(|(name, _)| id_of(name)).collect();
    let plan = part(&told.spec.plan, &hosts);
    let info = RunInfo::new(&plan, &run_spec(told, run), *begun_ms);
    let rollout = RolloutOfRun { id: told.spec.id.clone(), name: told.spec.name.clone(), stage };
    let mut view = RunView::new(Arc::new(info.of_rollout(Some(rollout))));
    let took = ended_ms - begun_ms;
    let mut say = |ms: u64, what| view.apply(&RunEvent { at: RunClock::from_millis(ms), what });
    say(0, What::RunStarted(RunStart { run: run.clone(), started_ms: *begun_ms, hosts: hosts.len() as u64 }));
    let mut tally = Tally::default();
    for (host, planned) in (0..).map(HostId).zip(&plan.hosts) {
        let kind = ends.iter().find(|(name, _)| *name == planned.name).unwrap().1;
        tally.add(kind);
        let (outcome, receipt) = outcome(kind);
        say(1000, What::Host { host, said: HostEvent::Started });
        say(took, What::Host { host, said: HostEvent::Ended { outcome, receipt: receipt.map(Box::new) } });
    }
    say(took, What::RunEnded { tally, by: EndedBy::Itself });
    view
}

fn outcome(kind: OutcomeKind) -> (Outcome, Option<Receipt>) {
    let receipt = |code: i32, out: &[u8]| {
        let body = |bytes: &[u8]| BodyRef { digest: Digest::of(bytes), len: bytes.len() as u64, dropped: 0 };
        let (out, err) = (body(out), body(b""));
        let exit = Exit::Code(code);
        Receipt { exit, run_ms: 2000, cpu_ms: 5, max_rss_kib: 2000, out, err, result: None, left_behind: 0 }
    };
    match kind {
        OutcomeKind::Ok => (Outcome::Ok, Some(receipt(0, b""))),
        OutcomeKind::Failed => (Outcome::Failed { exit: Exit::Code(1) }, Some(receipt(1, OUTPUT))),
        _ => (Outcome::NotRun { reason: reason(ReasonKind::Halted, "too many hosts were bad") }, None),
    }
}

fn log(told: &Told, options: &LogOptions) -> String {
    log_of(told, options, None)
}

fn log_of(told: &Told, options: &LogOptions, hosts: Option<&BTreeSet<String>>) -> String {
    let views: Vec<RunView> = (0..told.runs.len()).map(|place| view(told, place)).collect();
    let bodies = bodies();
    let run = |view| RolloutRun { view, bodies: &bodies, running: false };
    let runs: Vec<RolloutRun<'_>> = views.iter().map(run).collect();
    let log = RolloutLog { spec: &told.spec, events: &told.events, runs: &runs, carried_by: None, hosts };
    text(|out| nested_rollout_log(log, options, out))
}

fn eventful() -> Told {
    let mut told = Told::new(spec());
    told.wait(4 * SECOND).run_ends(&[]).healthy_for(MINUTE);
    told.wait(30 * SECOND).check(&[("web7-fra1", Answer::Sick, "503")]).wait(30 * SECOND);
    told.healthy_for(2 * HOUR).wait(20 * MINUTE).ask(approve(), "bob@bastion", Some("looks good"));
    told.wait(9 * SECOND).run_ends(&[("web70-nyc2", OutcomeKind::Failed)]).wait(MINUTE);
    told.ask(resume(), "bob@bastion", Some("seen")).healthy_for(2 * HOUR);
    told.wait(9 * SECOND).run_ends(&[]).healthy_for(MINUTE);
    told.ask(Verb::Abort, "alice@bastion", Some("it is late"));
    told.wait(MINUTE).ask(Verb::Undo { skipped: false }, "alice@bastion", None).wait(MINUTE).run_ends(&[]);
    told
}

#[test]
fn stages_with_their_runs_and_what_was_asked_in_between() {
    let told = eventful();
    assert_snapshot!(log(&told, &LogOptions { tty: true, width: Some(100), ..LogOptions::default() }), @r#"
    rollout nginx-fix  8f3kabcd  undone  nginx-fix.sh bcdac2  300 hosts  alice@bastion  2026-07-22 14:0…
    ├─ stage 1 of 4, canary  1 host  1 ok, 1 reverted  14:02:11Z to 16:24:15Z
    │  ├─ run vsadzkft  nginx-fix.sh bcdac2  alice@bastion  14:02:11Z  4.0s
    │  │  └─ fra1  1 ok  run 2.0s
    │  ├─ 14:02:15Z  soaking, until 16:02:15Z (in 2h)
    │  ├─ 14:02:15Z  health: 1 healthy, here healthy
    │  ├─ 14:03:45Z  health: 1 SICK, here healthy; web7-fra1: 503
    │  ├─ 14:04:15Z  health: 1 healthy, here healthy again
    │  ├─ 16:02:15Z  AWAITING APPROVAL
    │  └─ 16:24:15Z  asked: approve by bob@bastion "looks good"
    ├─ stage 2 of 4, one-per-dc  3 hosts  2 ok 1 FAILED, 3 reverted  16:24:15Z to 18:25:24Z
    │  ├─ run vyzfngs0  nginx-fix.sh bcdac2  alice@bastion  16:24:15Z  9.0s
    │  │  ├─ ams1  1 ok      run 2.0s
    │  │  ├─ nyc2  1 FAILED  run 2.0s
    │  │  │  └─ FAILED 1  web70  exit 1  +9.0s
    │  │  │         | nginx: [emerg] bind() to 0.0.0.0:443 failed
    │  │  └─ sin1  1 ok      run 2.0s
    │  ├─ 16:24:24Z  PAUSED: 1 host is bad, none may be
    │  ├─ 16:25:24Z  asked: resume without the bad hosts by bob@bastion "seen"
    │  ├─ 16:25:24Z  bad and accepted: web70-nyc2
    │  ├─ 16:25:24Z  soaking, until 18:25:24Z (in 2h)
    │  └─ 16:25:24Z  health: 2 healthy, here healthy
    ├─ stage 3 of 4, ten-per-dc  37 hosts  37 ok, 37 reverted  18:25:24Z to 18:26:33Z
    │  ├─ run xwqbv8rb  nginx-fix.sh bcdac2  alice@bastion  18:25:24Z  9.0s
    │  │  ├─ ams1  9 ok   run p50 2.0s p95 2.0s max 2.0s (web71-ams1)
    │  │  ├─ fra1  9 ok   run p50 2.0s p95 2.0s max 2.0s (web68-fra1)
    │  │  ├─ nyc2  10 ok  run p50 2.0s p95 2.0s max 2.0s (web73-nyc2)
    │  │  └─ sin1  9 ok   run p50 2.0s p95 2.0s max 2.0s (web70-sin1)
    │  ├─ 18:25:33Z  soaking, until 22:25:33Z (in 4h)
    │  └─ 18:25:33Z  health: 37 healthy, here healthy
    ├─ 18:26:33Z  asked: abort by alice@bastion "it is late"
    ├─ 18:26:33Z  ABORTING at stage 3 of 4, ten-per-dc
    ├─ 18:26:33Z  ABORTED at stage 3 of 4, ten-per-dc
    ├─ 18:27:33Z  asked: undo by alice@bastion
    ├─ 18:27:33Z  UNDOING at stage 3 of 4, ten-per-dc
    ├─ run cc0rjved  nginx-fix.sh bcdac2  alice@bastion  18:27:33Z  1m00s
    │  ├─ ams1  10 ok  run p50 2.0s p95 2.0s max 2.0s (web71-ams1)
    │  ├─ fra1  10 ok  run p50 2.0s p95 2.0s max 2.0s (web68-fra1)
    │  ├─ nyc2  11 ok  run p50 2.0s p95 2.0s max 2.0s (web73-nyc2)
    │  └─ sin1  10 ok  run p50 2.0s p95 2.0s max 2.0s (web70-sin1)
    └─ 18:28:33Z  undone
    "#);
}

#[test]
fn hosts_that_are_chosen_by_name() {
    let told = eventful();
    let hosts = BTreeSet::from(["web3-ams1".to_owned()]);
    let log = log_of(&told, &LogOptions::default(), Some(&hosts));
    // Of the four runs two have the host.
    assert_eq!(log.matches("ok 1  web3").count(), 2, "{log}");
    assert_eq!(log.matches("no host matches").count(), 2, "{log}");
}

#[test]
fn a_run_says_which_rollout_it_is_of_and_leaves_the_next_step_to_it() {
    let mut told = Told::new(spec());
    told.wait(4 * SECOND).run_ends(&[("web7-fra1", OutcomeKind::Failed)]);
    let view = view(&told, 0);
    let next = NextSteps { watch: true, log: true, retry: true, resume: true };
    let options = RecapOptions { next, ..RecapOptions::default() };
    let text = text(|out| {
        nested_log(&view, &bodies(), &LogOptions::default(), out)?;
        summary(&view, &options, out)
    });
    assert_snapshot!(text, @r"
    run vsadzkft  rollout nginx-fix/canary  nginx-fix.sh bcdac2  alice@bastion  14:02:11Z  4.0s
    └─ fra1  1 FAILED  run 2.0s
       └─ FAILED 1  web7  exit 1  +4.0s
              | nginx: [emerg] bind() to 0.0.0.0:443 failed
    1 host: 1 FAILED in 4.0s
    ");
}

#[test]
fn only_the_failed_and_runs_without_a_record() {
    let mut told = Told::new(spec());
    told.wait(4 * SECOND).run_ends(&[("web7-fra1", OutcomeKind::Failed)]);
    assert_snapshot!(log(&told, &LogOptions { failed: true, ..LogOptions::default() }), @r#"
    rollout nginx-fix  8f3kabcd  PAUSED  nginx-fix.sh bcdac2  300 hosts  alice@bastion  2026-07-22 14:02:11Z  "CHG12345"
    └─ stage 1 of 4, canary  1 host  1 FAILED  14:02:11Z
       ├─ run vsadzkft  nginx-fix.sh bcdac2  alice@bastion  14:02:11Z  4.0s
       │  └─ fra1  1 FAILED  run 2.0s
       │     └─ FAILED 1  web7  exit 1  +4.0s
       │            | nginx: [emerg] bind() to 0.0.0.0:443 failed
       └─ 14:02:15Z  PAUSED: 1 host is bad, none may be
    "#);
    told.runs.clear();
    assert_snapshot!(log(&told, &LogOptions::default()), @r#"
    rollout nginx-fix  8f3kabcd  PAUSED  nginx-fix.sh bcdac2  300 hosts  alice@bastion  2026-07-22 14:02:11Z  "CHG12345"
    └─ stage 1 of 4, canary  1 host  1 FAILED  14:02:11Z
       ├─ 14:02:11Z  canary: run vsadzkft on web7-fra1
       ├─ 14:02:15Z  run vsadzkft ended: 1 FAILED  web7-fra1
       └─ 14:02:15Z  PAUSED: 1 host is bad, none may be
    "#);
}

#[test]
fn who_was_in_flight_when_a_run_was_halted() {
    let mut told = Told::new(spec());
    told.wait(4 * SECOND).run_ends(&[]);
    let mut view = view(&told, 0);
    assert_eq!(in_flight(&view), None);
    let reason = reason(ReasonKind::Halted, "too many hosts were bad");
    view.apply(&RunEvent { at: RunClock::from_millis(2000), what: What::Halted { by: EndedBy::MaxFail, reason } });
    assert_eq!(in_flight(&view), Some(1));
}
