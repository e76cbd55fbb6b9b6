//! A thousand seeds of three hundred hosts and one run of ten thousand: every invariant holds, and everything that
//! can go wrong went wrong.

use mcom_sim::{Scenario, Stats, run};

/// Seeds of every test run.
const SEEDS: u64 = 1000;

/// Each fault and each transition. What never occurred was not tested, so a zero fails.
const MUST_OCCUR: [&str; 54] = [
    "assigned",
    "body lost",
    "body sent up",
    "body stored",
    "cancel asked",
    "cancel sent",
    "chosen",
    "claimed",
    "ended failed",
    "ended killed",
    "ended not run",
    "ended ok",
    "ended refused",
    "ended timed out",
    "ended unknown",
    "ended unreachable",
    "fault: body not stored",
    "fault: cancel",
    "fault: claim refused",
    "fault: connection refused",
    "fault: connection timed out",
    "fault: connection to a dead machine",
    "fault: inner link cut",
    "fault: ledger full",
    "fault: link cut without a word",
    "fault: long link cut",
    "fault: machine lost power",
    "fault: no node can work there",
    "fault: no way from outside",
    "fault: node killed",
    "fault: node lied",
    "fault: node stopped for a while",
    "fault: payload damaged",
    "fault: payload does not end when told to",
    "fault: spool cannot be read",
    "gave way",
    "halt sent",
    "intent",
    "linked",
    "linking",
    "node released",
    "output allowed",
    "output dropped",
    "output gone",
    "output settled",
    "parent lost",
    "payload shipped",
    "ping",
    "printed",
    "run ended",
    "run started",
    "started",
    "violation",
    "window raised",
];

#[test]
fn every_invariant_holds_for_a_thousand_seeds_of_300_hosts() {
    let halves = [0..SEEDS / 2, SEEDS / 2..SEEDS];
    let stats = std::thread::scope(|scope| {
        let threads = halves.map(|seeds| scope.spawn(move || simulate(seeds)));
        let mut all = Stats::default();
        threads.into_iter().for_each(|thread| all.add(&thread.join().expect("the message above says what broke")));
        all
    });
    println!("{stats}");
    let zeros: Vec<_> = MUST_OCCUR.iter().filter(|what| stats.of(what) == 0).collect();
    assert!(zeros.is_empty(), "never occurred, so it was not tested: {zeros:?}");
    let unlisted: Vec<_> = stats.names().filter(|what| !MUST_OCCUR.contains(what)).collect();
    assert!(unlisted.is_empty(), "counted, and missing in MUST_OCCUR: {unlisted:?}");
}

fn simulate(seeds: std::ops::Range<u64>) -> Stats {
    let mut stats = Stats::default();
    for seed in seeds {
        let _seed = Seed(seed);
        match run(Scenario::random(seed, 300), None, false) {
            Ok(report) => stats.add(&report.stats),
            Err(broken) => panic!("{broken}"),
        }
    }
    stats
}

/// Says the seed where the engine itself panics.
struct Seed(u64);

impl Drop for Seed {
    #[expect(clippy::print_stdout, reason = "what a failed test prints")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("it was seed {}: mcom-sim --seed {} --story", self.0, self.0);
        }
    }
}

#[test]
fn ten_thousand_hosts_in_one_run() {
    let report = run(Scenario::large(1), None, false).unwrap_or_else(|broken| panic!("{broken}"));
    assert_eq!(report.tally.total(), 10_000);
    println!("{} events in {} s of virtual time\n{}", report.events, report.took / 1_000_000, report.stats);
}

#[test]
fn small_runs_of_every_size() {
    for hosts in 0..40 {
        for seed in 0..25 {
            let scenario = Scenario::random(seed * 1000 + u64::from(hosts), hosts);
            run(scenario, None, false).unwrap_or_else(|broken| panic!("{hosts} hosts: {broken}"));
        }
    }
}

#[test]
fn the_same_seed_tells_the_same_story() {
    for seed in [1, 2, 3, 250] {
        let story = || run(Scenario::random(seed, 100), None, true).unwrap_or_else(|broken| panic!("{broken}")).story;
        let first = story();
        assert!(first.lines().count() > 100, "a story of 100 hosts: {first}");
        assert_eq!(first, story());
    }
}
