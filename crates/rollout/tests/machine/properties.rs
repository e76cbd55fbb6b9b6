//! Any inputs, in any order, with deaths in between: an abort ends in aborted, and no host is run twice.

use crate::life::{Life, spec};
use mcom_model::{HostId, OutcomeKind};
use mcom_rollout::{Answer, Answered, HostAnswer, HostEnd, Input, OnFail, Skip, State, Verb};
use proptest::prelude::*;

/// Something that happens.
#[derive(Clone, Copy, Debug)]
enum Event {
    Types(Verb, bool),
    /// So many milliseconds pass.
    Passes(u64),
    /// The run that goes on ends. The outcome of each host follows from the number.
    RunEnds(u64, bool),
    RunImpossible,
    Answers(u64),
    CheckImpossible,
    /// The process dies after it has carried so many effects out.
    Dies(u8),
    CarriesOn,
}

fn verb() -> impl Strategy<Value = Verb> {
    let skip = any::<(bool, bool, bool)>().prop_map(|(soak, health, bad)| Skip { soak, health, bad });
    prop_oneof![
        Just(Verb::Pause),
        skip.clone().prop_map(Verb::Resume),
        skip.prop_map(Verb::Approve),
        Just(Verb::Abort),
        any::<bool>().prop_map(|skipped| Verb::Undo { skipped }),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => (verb(), any::<bool>()).prop_map(|(verb, reason)| Event::Types(verb, reason)),
        2 => (0u64..1_000_000).prop_map(Event::Passes),
        4 => (any::<u64>(), any::<bool>()).prop_map(|(kinds, stopped)| Event::RunEnds(kinds, stopped)),
        1 => Just(Event::RunImpossible),
        4 => any::<u64>().prop_map(Event::Answers),
        1 => Just(Event::CheckImpossible),
        2 => (0u8..6).prop_map(Event::Dies),
        2 => Just(Event::CarriesOn),
    ]
}

/// A number for each host: mostly the good one.
const fn drawn(from: u64, host: HostId, of: usize) -> usize {
    let own = ((from >> (host.0 * 6)) & 63) as usize;
    if own < 40 { 0 } else { own % of }
}

fn happens(life: &mut Life, event: Event) {
    match event {
        Event::Types(verb, reason) => drop(life.types(verb, reason)),
        Event::Passes(ms) => {
            life.now_ms += ms;
            life.hear(Input::Timeout);
        }
        Event::RunEnds(kinds, stopped) => {
            let Some((run, _, hosts, halted)) = life.run.clone() else { return };
            let kind = |host| match drawn(kinds, host, 9) {
                0 if halted => OutcomeKind::NotRun,
                kind => OutcomeKind::ALL[kind],
            };
            let end = |host| HostEnd { host, kind: kind(host), signalled: false, boot: None };
            let stopped = stopped.then(|| "cancelled".to_owned());
            life.hear(Input::RunEnded { run, hosts: hosts.iter().map(end).collect(), stopped });
        }
        Event::RunImpossible => {
            let Some((run, ..)) = life.run.clone() else { return };
            life.hear(Input::RunImpossible { run, why: "no key".to_owned() });
        }
        Event::Answers(answers) => {
            let Some(hosts) = life.asks.clone() else { return };
            let all = [Answer::Healthy, Answer::Sick, Answer::Inconclusive];
            let answer = |host| all[drawn(answers, host, 3)];
            let said = |host| HostAnswer { host, answer: answer(host), boot: None, said: String::new() };
            life.hear(Input::Checked(Answered { hosts: hosts.iter().map(said).collect(), global: None }));
        }
        Event::CheckImpossible if life.asks.is_some() => {
            life.hear(Input::CheckImpossible { why: "no key".to_owned() });
        }
        Event::Dies(effects) => {
            life.handle(Input::Timeout);
            for _ in 0..effects {
                life.take_effect();
            }
            life.dies();
        }
        Event::CarriesOn if life.run.is_none() && life.asks.is_none() => life.carry_on(),
        Event::CheckImpossible | Event::CarriesOn => {}
    }
}

/// No host is begun by a second run where the first one may have begun it; what is recorded is the state.
fn look_at(life: &Life) -> Result<(), TestCaseError> {
    use OutcomeKind::{NotRun, Refused, Skipped, Unreachable};
    for host in life.spec.plan.host_ids() {
        let runs = life.machine.state().runs.iter().filter(|run| {
            let ended = run.ended.as_ref().and_then(|(_, ended)| {
                ended.ends.iter().find(|(_, hosts)| hosts.contains(host)).map(|(kind, _)| *kind)
            });
            let began = !matches!(ended, Some(NotRun | Refused | Skipped | Unreachable));
            run.of != mcom_rollout::RunOf::Undo && run.hosts.contains(host) && began
        });
        prop_assert!(runs.count() <= 1, "host {host:?} was run twice");
    }
    let mut replayed = mcom_rollout::RolloutState::new(life.spec.plan.hosts.len());
    life.record.iter().for_each(|event| replayed.apply(event));
    prop_assert_eq!(&replayed, life.machine.state());
    Ok(())
}

fn of_kind(health: bool, on_fail: OnFail, window: bool) -> Life {
    let mut spec = spec(health);
    spec.on_fail = on_fail;
    spec.window = window.then(|| "Mon-Fri 00:00-00:20 UTC".to_owned());
    Life::begun(spec)
}

fn on_fail() -> impl Strategy<Value = OnFail> {
    prop_oneof![Just(OnFail::Pause), Just(OnFail::Abort), Just(OnFail::Undo)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_host_is_run_twice_and_the_record_is_the_state(
        health: bool, on_fail in on_fail(), window: bool, events in prop::collection::vec(event(), 0..60),
    ) {
        let mut life = of_kind(health, on_fail, window);
        for event in events {
            happens(&mut life, event);
            look_at(&life)?;
        }
    }

    #[test]
    fn an_abort_ends_in_aborted(
        health: bool, on_fail in on_fail(), window: bool,
        before in prop::collection::vec(event(), 0..40), after in prop::collection::vec(event(), 0..20),
    ) {
        let mut life = of_kind(health, on_fail, window);
        before.into_iter().for_each(|event| happens(&mut life, event));
        if life.state().is_over() {
            return Ok(());
        }
        if life.state() != State::Aborting {
            prop_assert_eq!(life.types(Verb::Abort, true).map(|state| state.goes_on() && state != State::Aborting), Ok(false));
        }
        let runs = life.machine.state().runs.len();
        for event in after {
            // An undo is another wish, and is not what this is about.
            if !matches!(event, Event::Types(Verb::Undo { .. }, _)) {
                happens(&mut life, event);
            }
            prop_assert!(matches!(life.state(), State::Aborting | State::Aborted), "{:?}", life.state());
        }
        if life.state() == State::Aborting {
            life.dies();
            life.carry_on();
            if life.run.is_some() {
                life.run_ends(|_| OutcomeKind::NotRun);
            }
        }
        prop_assert_eq!(life.state(), State::Aborted);
        prop_assert_eq!(life.machine.state().runs.len(), runs, "nothing begins after an abort");
    }
}
