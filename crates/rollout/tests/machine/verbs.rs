//! Every verb in every state: what becomes of the rollout, or what the refusal says. And what a `resume` goes back to.

use crate::life::{Life, MINUTE_MS, ok, spec};
use mcom_model::{HostId, OutcomeKind};
use mcom_rollout::{Answer, Refusal, RunOf, Skip, State, Verb};
use std::fmt::Write;

const PLAIN: Skip = Skip { soak: false, health: false, bad: false };
const NO_SOAK: Skip = Skip { soak: true, health: false, bad: false };
const NO_HEALTH: Skip = Skip { soak: false, health: true, bad: false };

const NO_BAD: Skip = Skip { soak: false, health: false, bad: true };

const VERBS: [(&str, Verb); 10] = [
    ("pause", Verb::Pause),
    ("resume", Verb::Resume(PLAIN)),
    ("resume --skip-soak", Verb::Resume(NO_SOAK)),
    ("resume --skip-health", Verb::Resume(NO_HEALTH)),
    ("resume --accept-bad", Verb::Resume(NO_BAD)),
    ("approve", Verb::Approve(PLAIN)),
    ("approve --skip-soak", Verb::Approve(NO_SOAK)),
    ("abort", Verb::Abort),
    ("undo", Verb::Undo { skipped: false }),
    ("undo --all", Verb::Undo { skipped: true }),
];

/// A rollout in a state.
fn in_state(state: State) -> Life {
    let mut spec = spec(false);
    if state == State::Pending {
        spec.window = Some("Sat 10:00-11:00 UTC".to_owned());
    }
    let mut life = Life::begun(spec);
    match state {
        State::Pending | State::Running => {}
        State::Soaking => life.run_ends(ok),
        State::AwaitingApproval => {
            life.run_ends(ok);
            life.waits();
        }
        State::Paused => {
            life.asks(Verb::Pause);
            life.run_ends(ok);
        }
        State::Aborting => drop(life.asks(Verb::Abort)),
        State::Aborted => {
            life.asks(Verb::Abort);
            life.run_ends(ok);
        }
        State::Undoing | State::Undone => {
            life.run_ends(ok);
            life.waits();
            life.asks(Verb::Undo { skipped: false });
            if state == State::Undone {
                life.run_ends(ok);
            }
        }
        State::Done => to_the_end(&mut life),
    }
    assert_eq!(life.state(), state);
    life
}

fn to_the_end(life: &mut Life) {
    while life.state() != State::Done {
        match life.state() {
            State::Running => life.run_ends(ok),
            State::AwaitingApproval => drop(life.asks(Verb::Approve(PLAIN))),
            _ => life.waits(),
        }
    }
}

#[test]
fn every_verb_in_every_state() {
    let mut table = String::new();
    for state in State::ALL {
        for (typed, verb) in VERBS {
            let mut life = in_state(state);
            let lines = life.record.len();
            let what = match life.types(verb, true) {
                Ok(after) => format!("-> {}", after.words()),
                Err(refusal) => {
                    assert_eq!(life.record.len(), lines, "what is refused leaves no trace");
                    refusal.to_string()
                }
            };
            writeln!(table, "{:<17} {typed:<20} {what}", state.words()).unwrap();
        }
    }
    assert_eq!(table, include_str!("verbs.txt"));
}

#[test]
fn what_is_refused_changes_nothing_where_it_is_handed_over_all_the_same() {
    for state in State::ALL {
        for (typed, verb) in VERBS {
            let mut life = in_state(state);
            let order = Life::order(verb, true);
            if life.machine.can(&order).is_err() {
                let before = life.machine.state().clone();
                life.hear(mcom_rollout::Input::Asked(order));
                assert_eq!(*life.machine.state(), before, "{typed} while {}", state.words());
            }
        }
    }
}

#[test]
fn leaving_something_out_needs_a_reason() {
    for state in State::ALL {
        for skip in [NO_SOAK, NO_HEALTH] {
            for verb in [Verb::Resume(skip), Verb::Approve(skip)] {
                let refused = in_state(state).types(verb, false);
                assert_eq!(refused, Err(Refusal::NoReason), "{verb:?} while {}", state.words());
            }
        }
    }
}

#[test]
fn without_a_script_nothing_is_undone() {
    for health in [false, true] {
        let mut spec = spec(health);
        spec.undo = None;
        let mut life = Life::begun(spec);
        life.asks(Verb::Abort);
        life.run_ends(ok);
        let refused = life.types(Verb::Undo { skipped: false }, true).unwrap_err().to_string();
        assert_eq!(refused, "rollout nginx-fix has no script that undoes it: `undo` in its file names one");
    }
}

#[test]
fn a_resume_goes_back_to_where_the_pause_was() {
    for (state, after) in [
        (State::Pending, State::Pending),
        (State::Running, State::Soaking),
        (State::Soaking, State::Soaking),
        (State::AwaitingApproval, State::AwaitingApproval),
    ] {
        let mut life = in_state(state);
        assert_eq!(life.asks(Verb::Pause), State::Paused);
        if life.run.is_some() {
            life.run_ends(ok);
        }
        assert!(life.has_left, "nobody is needed while it is paused");
        assert_eq!(life.asks(Verb::Resume(PLAIN)), after, "from {}", state.words());
    }
}

#[test]
fn what_is_left_of_a_soak_is_soaked() {
    let mut life = in_state(State::Soaking);
    life.now_ms += 4 * MINUTE_MS;
    life.asks(Verb::Pause);
    life.now_ms += 600 * MINUTE_MS;
    life.asks(Verb::Resume(PLAIN));
    assert_eq!(life.machine.state().until_ms, Some(life.now_ms + 6 * MINUTE_MS));
    assert_eq!(life.asks(Verb::Resume(NO_SOAK)), State::AwaitingApproval);
}

#[test]
fn a_resume_repeats_the_check_and_accepts_what_is_known() {
    let mut spec = spec(true);
    spec.stages[1].max_fail = 0;
    let mut life = Life::begun(spec);
    life.run_ends(ok);
    life.waits();
    life.asks(Verb::Approve(PLAIN));
    let failed = |host: HostId| if host.0 == 1 { OutcomeKind::Failed } else { OutcomeKind::Ok };
    life.run_ends(failed);
    assert_eq!(life.state(), State::Paused, "one host is bad");
    let refused = life.types(Verb::Resume(PLAIN), false);
    assert!(matches!(refused, Err(Refusal::Bad { bad: 1, .. })), "asking again makes it no better: {refused:?}");
    assert_eq!(life.asks(Verb::Resume(NO_BAD)), State::Soaking, "that it failed is accepted");
    assert_eq!(life.asks.as_ref().map(|hosts| hosts.iter().collect()), Some(vec![HostId(2)]));
    life.answers(Answer::Sick);
    assert_eq!(life.state(), State::Paused, "the other one is sick");
    assert_eq!(life.asks(Verb::Resume(PLAIN)), State::Soaking, "it is asked again");
    life.answers(Answer::Sick);
    assert_eq!(life.state(), State::Paused, "and still sick");
    life.asks(Verb::Resume(Skip { soak: true, health: true, bad: false }));
    assert_eq!((life.state(), life.machine.state().stage), (State::Running, 2));
}

#[test]
fn hosts_that_never_ran_are_run_after_a_resume_and_others_are_not() {
    use OutcomeKind::{Failed, NotRun, Ok, Refused, Skipped, Unreachable};
    let mut life = in_state(State::AwaitingApproval);
    life.asks(Verb::Approve(NO_SOAK));
    life.run_ends(ok);
    life.waits();
    life.run_ends(|host| [Unreachable, Refused, NotRun][host.0 as usize % 3]);
    assert_eq!(life.state(), State::Paused);
    life.asks(Verb::Resume(PLAIN));
    let (_, of, hosts, _) = life.run.clone().unwrap();
    assert_eq!((of, hosts.iter().map(|host| host.0).collect()), (RunOf::Stage(2), vec![3, 4, 5]));
    life.run_ends(ok);
    life.run_ends(|host| [Ok, Failed, Skipped][host.0 as usize % 3]);
    assert_eq!(life.state(), State::Paused);
    life.asks(Verb::Resume(NO_BAD));
    assert_eq!(life.run, None, "nobody is left who never ran");
}

#[test]
fn an_undo_reaches_who_was_begun_and_with_all_who_was_skipped() {
    use OutcomeKind::{Killed, Ok, Refused, Skipped, Unknown};
    let kinds = [Ok, Killed, Unknown, Skipped, Refused, OutcomeKind::NotRun];
    for (skipped, expected) in [(false, vec![0, 1, 2, 3, 4, 5]), (true, vec![0, 1, 2, 3, 4, 5, 6])] {
        let mut spec = spec(false);
        spec.stages[2].waves = vec![mcom_rollout::Wave { hosts: spec.stages[2].hosts.clone(), fanouts: Vec::new() }];
        let mut life = Life::begun(spec);
        life.run_ends(ok);
        life.waits();
        life.asks(Verb::Approve(PLAIN));
        life.run_ends(ok);
        life.waits();
        life.run_ends(|host| kinds[host.0 as usize - 3]);
        life.asks(Verb::Undo { skipped });
        let (_, of, hosts, halted) = life.run.clone().unwrap();
        assert_eq!((of, halted), (RunOf::Undo, false));
        assert_eq!(hosts.iter().map(|host| host.0).collect::<Vec<_>>(), expected);
    }
}

#[test]
fn answers_to_questions_from_before_a_pause_say_nothing() {
    let mut life = Life::begun(spec(true));
    life.run_ends(ok);
    assert!(life.asks.is_some());
    life.asks(Verb::Pause);
    life.asks(Verb::Resume(Skip::default()));
    // Whoever broke the round off calls those sick that had not answered.
    life.answers(Answer::Sick);
    assert_eq!(life.state(), State::Soaking);
    assert!(life.asks.is_some(), "they are asked again");
    life.answers(Answer::Sick);
    assert_eq!(life.state(), State::Paused);
}
