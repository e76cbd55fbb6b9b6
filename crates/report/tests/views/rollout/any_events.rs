//! What holds whatever happens to a rollout: no view panics, and every bad host is named or counted.

use super::told::{START, payload, plain, spec};
use crate::fixture::text;
use mcom_model::{HostId, HostRanges, OutcomeKind};
use mcom_report::LogOptions;
use mcom_report::rollout::{
    EventLines, RolloutLog, RolloutRow, ended_text, event_json, list_text, nested_rollout_log, soak_line, status_json,
    status_text,
};
use mcom_rollout::{
    Answer, Checked, Happened, HostsEnded, Order, RolloutEvent, RolloutSpec, RolloutState, RunOf, Skip, State, Verb,
    Why,
};
use proptest::prelude::*;

const HOSTS: u32 = 300;

fn hosts() -> impl Strategy<Value = HostRanges> {
    proptest::collection::vec(0..HOSTS, 0..40).prop_map(|ids| ids.into_iter().map(HostId).collect())
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("connection refused".to_owned()),
        Just("\x1b[2J\nowned".to_owned()),
        any::<String>()
    ]
}

fn why() -> impl Strategy<Value = Option<Why>> {
    let why = prop_oneof![
        (word(), proptest::option::of(word())).prop_map(|(who, reason)| Why::Operator { who, reason }),
        (any::<u64>(), any::<u64>()).prop_map(|(bad, limit)| Why::TooManyBad { bad, limit }),
        word().prop_map(|said| Why::GlobalSick { said }),
        word().prop_map(|said| Why::Inconclusive { said }),
        word().prop_map(|said| Why::CannotReach { said }),
        word().prop_map(|said| Why::Stopped { said }),
        any::<u64>().prop_map(|hosts| Why::NotUndone { hosts }),
        Just(Why::Window),
    ];
    proptest::option::of(why)
}

fn verb() -> impl Strategy<Value = Verb> {
    let skip = || any::<(bool, bool, bool)>().prop_map(|(soak, health, bad)| Skip { soak, health, bad });
    prop_oneof![
        Just(Verb::Pause),
        Just(Verb::Abort),
        skip().prop_map(Verb::Resume),
        skip().prop_map(Verb::Approve),
        any::<bool>().prop_map(|skipped| Verb::Undo { skipped }),
    ]
}

fn run_of() -> impl Strategy<Value = RunOf> {
    prop_oneof![(0_u32..4).prop_map(RunOf::Stage), Just(RunOf::Undo)]
}

fn checked() -> impl Strategy<Value = Checked> {
    let answer = prop_oneof![Just(Answer::Healthy), Just(Answer::Inconclusive), Just(Answer::Sick)];
    let said = proptest::collection::vec((proptest::option::of((0..HOSTS).prop_map(HostId)), word()), 0..5);
    (hosts(), hosts(), hosts(), proptest::option::of(answer), said)
        .prop_map(|(healthy, inconclusive, sick, global, said)| Checked { healthy, inconclusive, sick, global, said })
}

fn happened() -> impl Strategy<Value = Happened> {
    let state = proptest::sample::select(State::ALL.to_vec());
    let run = || (0_u64..6).prop_map(mcom_model::RunId::from_seed);
    let ends = proptest::collection::vec((proptest::sample::select(OutcomeKind::ALL.to_vec()), hosts()), 0..5);
    prop_oneof![
        (state, 0_u32..5, proptest::option::of(any::<u64>()), why())
            .prop_map(|(state, stage, until_ms, why)| Happened::Became { state, stage, until_ms, why }),
        (verb(), word(), proptest::option::of(word())).prop_map(|(verb, who, reason)| Happened::Asked(Order {
            verb,
            who,
            reason
        })),
        (run(), run_of(), hosts()).prop_map(|(run, of, hosts)| Happened::RunBegun { run, of, hosts }),
        (run(), ends, hosts()).prop_map(|(run, ends, signalled)| {
            Happened::RunEnded(HostsEnded { run, ends, signalled, boots: vec![(HostId(3), "b00t".into())] })
        }),
        checked().prop_map(Happened::Checked),
        hosts().prop_map(|hosts| Happened::Sick { hosts }),
        hosts().prop_map(|hosts| Happened::Rebooted { hosts }),
        hosts().prop_map(|hosts| Happened::Accepted { hosts }),
        word().prop_map(|who| Happened::CarriedOn { who }),
    ]
}

fn any_spec() -> impl Strategy<Value = RolloutSpec> {
    (any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(reboots, undo, health)| {
        let mut spec = spec();
        spec.stages[2].reboots_ms = reboots.then_some(600_000);
        spec.undo = undo.then(|| payload("nginx-unfix.sh"));
        spec.health = spec.health.filter(|_| health);
        spec
    })
}

/// The number that stands behind a word, over all lines that begin with it.
fn counted(screen: &str, word: &str) -> usize {
    let of_line = |line: &str| {
        let rest = line.trim().strip_prefix(word)?.trim_start();
        rest.split(' ').next()?.parse::<usize>().ok()
    };
    screen.lines().filter_map(of_line).sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_view_panics_and_every_bad_host_is_counted(
        spec in any_spec(),
        events in proptest::collection::vec((0_u64..200_000_000, happened()), 0..30),
    ) {
        let event = |(ms, what): (u64, Happened)| RolloutEvent { at_ms: START + ms, what };
        let events: Vec<RolloutEvent> = events.into_iter().map(event).collect();
        let (mut state, mut lines) = (RolloutState::new(HOSTS as usize), EventLines::new());
        for event in &events {
            state.apply(event);
            if let Some(line) = lines.line(&spec, &state, event, &plain()) {
                prop_assert!(!line.contains(char::is_control), "{line:?}");
            }
            let json = event_json(&spec, event);
            prop_assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok() && json.lines().count() == 1);
        }
        let now_ms = START + 100_000_000;
        let screen = status_text(&spec, &state, None, now_ms, &plain());
        prop_assert!(!screen.contains(|c: char| c.is_control() && c != '\n'), "{screen:?}");
        prop_assert!(screen.lines().count() <= 40 && screen.lines().last().unwrap_or_default().starts_with("next: mcom "));

        let json: serde_json::Value = serde_json::from_str(&status_json(&spec, &state, None, now_ms)).unwrap();
        let bad = RolloutRow::new(&spec, &state, None).bad as usize;
        let kinds = ["FAILED", "TIMED OUT", "KILLED", "UNREACHABLE", "REFUSED", "UNKNOWN", "NOT RUN", "ok", "skipped"];
        let undone = kinds.map(|kind| format!("UNDO {kind}"));
        let words = kinds.into_iter().chain(undone.iter().map(String::as_str)).chain(["SICK", "BAD"]);
        let on_screen: usize = words.map(|word| counted(&screen, word)).sum();
        prop_assert_eq!(on_screen, bad, "{}", screen);
        let all: u64 = json["counts"].as_object().unwrap().values().filter_map(serde_json::Value::as_u64).sum();
        prop_assert_eq!(all, u64::from(HOSTS), "each host stands in one place");

        ended_text(&spec, &state, 3, &plain());
        soak_line(&spec, &state, now_ms, &plain());
        list_text(&[RolloutRow::new(&spec, &state, None)], &plain());
        let log = RolloutLog { spec: &spec, events: &events, runs: &[], carried_by: None, hosts: None };
        let log = text(|out| nested_rollout_log(log, &LogOptions::default(), out));
        prop_assert!(!log.contains(|c: char| c.is_control() && c != '\n'), "{log:?}");
    }
}
