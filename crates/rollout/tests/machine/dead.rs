//! What a process was about to do when it died is done by the next one.

use crate::life::{Life, MINUTE_MS, ok, spec};
use mcom_model::{HostId, OutcomeKind};
use mcom_rollout::{Answer, HostEnd, Input, Skip, State, Verb, Why};

/// An order is recorded, and nothing more.
fn asked_and_dead(life: &mut Life, verb: Verb) {
    life.handle(Input::Asked(Life::order(verb, true)));
    life.take_effect();
    life.dies();
}

/// The end of the run is recorded, and nothing more.
fn ended_and_dead(life: &mut Life, kind: OutcomeKind) {
    let (run, _, hosts, _) = life.run.clone().expect("a run goes on");
    let end = |host: HostId| HostEnd { host, kind, signalled: false, boot: None };
    life.handle(Input::RunEnded { run, hosts: hosts.iter().map(end).collect(), stopped: None });
    life.take_effect();
    life.dies();
}

#[test]
fn an_abort_that_was_recorded_is_followed() {
    let mut life = Life::begun(spec(false));
    asked_and_dead(&mut life, Verb::Abort);
    life.carry_on();
    assert_eq!(life.state(), State::Aborting);
    assert!(life.run.as_ref().is_some_and(|(.., halted)| *halted), "nothing new starts in the run");
    life.run_ends(ok);
    assert_eq!(life.state(), State::Aborted);
}

#[test]
fn an_abort_that_was_recorded_comes_before_the_next_order() {
    let mut life = Life::begun(spec(false));
    asked_and_dead(&mut life, Verb::Abort);
    life.hear(Input::Asked(Life::order(Verb::Pause, false)));
    assert_eq!(life.state(), State::Aborting);
}

#[test]
fn a_stage_that_failed_does_not_go_on() {
    let mut life = Life::begun(spec(false));
    ended_and_dead(&mut life, OutcomeKind::Failed);
    life.carry_on();
    assert_eq!(life.state(), State::Paused);
    assert_eq!(life.machine.state().why, Some(Why::TooManyBad { bad: 1, limit: 0 }));
}

#[test]
fn a_run_that_left_hosts_out_does_not_go_on() {
    let mut life = Life::begun(spec(false));
    ended_and_dead(&mut life, OutcomeKind::NotRun);
    life.carry_on();
    assert_eq!(life.state(), State::Paused);
    assert!(matches!(life.machine.state().why, Some(Why::Stopped { .. })));
    assert_eq!(life.asks(Verb::Resume(Skip::default())), State::Running);
}

#[test]
fn a_stage_that_was_let_in_and_not_begun_waits_for_the_next_window() {
    let mut spec = spec(false);
    spec.window = Some("Mon 00:00-01:00 UTC".to_owned());
    let mut life = Life::new(spec);
    life.handle(Input::CarryOn { who: "alice@bastion".to_owned() });
    // Pending, then running; the run is not recorded any more.
    life.take_effect();
    life.take_effect();
    life.dies();
    life.now_ms += 90 * MINUTE_MS;
    life.carry_on();
    assert_eq!(life.state(), State::Pending);
}

#[test]
fn answers_from_before_end_no_soak() {
    let mut life = Life::begun(spec(true));
    life.run_ends(ok);
    life.answers(Answer::Healthy);
    life.dies();
    life.now_ms += 600 * MINUTE_MS;
    life.carry_on();
    assert_eq!(life.state(), State::Soaking);
    life.answers(Answer::Healthy);
    assert_eq!(life.state(), State::AwaitingApproval);
}

#[test]
fn an_order_may_be_the_first_word_to_a_process() {
    let mut life = Life::begun(spec(false));
    life.run_ends(ok);
    life.dies();
    // Nobody was there when the soak ended: whoever types an abort now must not see the next stage begin first.
    life.now_ms += 600 * MINUTE_MS;
    life.asks(Verb::Abort);
    assert_eq!((life.state(), life.run.clone()), (State::Aborted, None));
}
