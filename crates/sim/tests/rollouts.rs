//! Rollouts of many seeds, and a process that is killed after every step: every invariant holds, and everything that can
//! happen happened. And each invariant notices when what it watches is switched off.

use mcom_sim::{RolloutSabotage, RolloutScenario, Stats, run_rollout};

/// Seeds of every test run.
const SEEDS: u64 = 2_000;

/// Seeds whose process is killed after every step in turn.
const DEADLY_SEEDS: u64 = 40;

/// Steps of a long rollout after which it is tried.
const DEADLY_STEPS: u64 = 250;

/// Seeds that are tried until one shows what is switched off.
const SABOTAGED_SEEDS: u64 = 4_000;

/// What never occurred was not tested, so a zero fails.
const MUST_OCCUR: [&str; 48] = [
    "aborted",
    "aborting",
    "asked: abort",
    "asked: approve",
    "asked: approve, and leave something out",
    "asked: pause",
    "asked: resume",
    "asked: resume, and leave something out",
    "asked: undo",
    "asked: undo all",
    "awaiting approval",
    "bad hosts accepted",
    "carried on",
    "carried on by a new process",
    "done",
    "fault: a run could not be begun or carried on",
    "fault: key gone",
    "fault: nobody could be asked",
    "fault: process killed",
    "fault: process killed in a run",
    "fault: run cancelled",
    "health asked",
    "hosts are back",
    "left",
    "paused by an operator",
    "paused: a run was stopped",
    "paused: inconclusive",
    "paused: no key",
    "paused: the command says no",
    "paused: too many bad hosts",
    "payload started on a host",
    "pending",
    "run carried on",
    "run ended",
    "run of a stage begun",
    "run of the engine",
    "run of the engine carried on",
    "run of the undo begun",
    "running",
    "sick hosts",
    "soaking",
    "timer",
    "undo started on a host",
    "undoing",
    "undone",
    "verb followed by a new process",
    "verb followed by the process",
    "verb refused",
];

#[test]
fn every_invariant_holds_for_every_seed() {
    let stats = on_two_threads(SEEDS, |seed| simulate(RolloutScenario::of_seed(seed)).0);
    println!("{stats}");
    let zeros: Vec<_> = MUST_OCCUR.iter().filter(|what| stats.of(what) == 0).collect();
    assert!(zeros.is_empty(), "never occurred, so it was not tested: {zeros:?}");
    let unlisted: Vec<_> = stats.names().filter(|what| !MUST_OCCUR.contains(what)).collect();
    assert!(unlisted.is_empty(), "counted, and missing in MUST_OCCUR: {unlisted:?}");
}

#[test]
fn a_process_may_be_killed_after_any_step() {
    let stats = on_two_threads(DEADLY_SEEDS, |seed| {
        let (mut stats, steps) = simulate(RolloutScenario::of_seed(seed).dying_after(u64::MAX));
        for step in 1..=steps.min(DEADLY_STEPS) {
            stats.add(&simulate(RolloutScenario::of_seed(seed).dying_after(step)).0);
        }
        stats
    });
    assert!(stats.of("fault: process killed") > 1_000, "{stats}");
    assert!(stats.of("fault: process killed in a run") > 10, "{stats}");
}

#[test]
fn every_invariant_notices_when_what_it_watches_is_off() {
    let unnoticed: Vec<_> = RolloutSabotage::ALL
        .into_iter()
        .filter(|&(sabotage, invariant)| {
            let broken = |seed| run_rollout(RolloutScenario::of_seed(seed), Some(sabotage), false).err();
            !(0..SABOTAGED_SEEDS).any(|seed| broken(seed).is_some_and(|broken| broken.invariant == invariant))
        })
        .collect();
    assert!(unnoticed.is_empty(), "switched off, and not noticed: {unnoticed:?}");
}

#[test]
fn the_same_seed_tells_the_same_story() {
    for seed in [1, 7, 42, 300] {
        let told =
            || run_rollout(RolloutScenario::of_seed(seed), None, true).unwrap_or_else(|broken| panic!("{broken}"));
        let (first, second) = (told(), told());
        assert!(first.story.lines().count() > 5, "{}", first.story);
        assert_eq!((first.story, first.state), (second.story, second.state));
    }
}

/// What occurred, and how many steps were done.
fn simulate(scenario: RolloutScenario) -> (Stats, u64) {
    let _seed = Said(scenario.in_words());
    let report = run_rollout(scenario, None, false).unwrap_or_else(|broken| panic!("{broken}"));
    (report.stats, report.steps)
}

fn on_two_threads(seeds: u64, one: impl Fn(u64) -> Stats + Sync) -> Stats {
    let halves = [0..seeds / 2, seeds / 2..seeds];
    let one = &one;
    std::thread::scope(|scope| {
        let half = |seeds: std::ops::Range<u64>| {
            let mut stats = Stats::default();
            seeds.for_each(|seed| stats.add(&one(seed)));
            stats
        };
        let threads = halves.map(|seeds| scope.spawn(move || half(seeds)));
        let mut all = Stats::default();
        threads.into_iter().for_each(|thread| all.add(&thread.join().expect("the message above says what broke")));
        all
    })
}

/// Says the scenario where the machine itself panics.
struct Said(String);

impl Drop for Said {
    #[expect(clippy::print_stdout, reason = "what a failed test prints")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("it was {}", self.0);
        }
    }
}
