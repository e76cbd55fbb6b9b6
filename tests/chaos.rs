//! Chaos on real processes: rounds of runs during which something goes wrong, and then is put right again. Whatever it
//! was, nothing has started twice, and what the ledger says in the end is true.
//!
//! Several lanes go on at the same time, each with hosts of its own, so that rounds overlap without one's faults being
//! another's. What a round does is decided by its seed, which is printed when it fails, with the place where its ledger
//! and its trace are kept; when exactly it happens is up to the machine.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "counts are for whoever reads the test's output")]

mod blow;
mod counts;
mod lane;

use counts::Counts;
use lane::Lane;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Lanes that go on at the same time: enough to keep two cores busy while rounds wait for silences.
const LANES: u64 = 4;

/// Rounds in the everyday test.
const ROUNDS: u64 = 100;

/// Rounds in which everything happens that can.
const ENOUGH: u64 = 300;

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a setting of the chaos test is a number"))
}

/// Carries out rounds with seeds from `seed` on, with silences of so many percent of their values.
fn rounds(rounds: u64, seed: u64, timers: &'static str) -> Counts {
    let counts = Mutex::new(Counts::default());
    let next = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..LANES.min(rounds) {
            scope.spawn(|| {
                let mut lane = Lane::new(timers);
                loop {
                    let round = next.fetch_add(1, Ordering::Relaxed);
                    if round >= rounds {
                        return;
                    }
                    let stop = StopOthers(&next, rounds);
                    let counted = lane.round(seed.wrapping_add(round));
                    std::mem::forget(stop);
                    counts.lock().unwrap().add(&counted);
                }
            });
        }
    });
    counts.into_inner().unwrap()
}

/// Dropped while a round panics, it lets the other lanes end with the round that they are in.
struct StopOthers<'a>(&'a AtomicU64, u64);

impl Drop for StopOthers<'_> {
    fn drop(&mut self) {
        self.0.store(self.1, Ordering::Relaxed);
    }
}

#[test]
fn a_hundred_rounds() {
    let counts = rounds(ROUNDS, setting("MCOM_CHAOS_SEED").unwrap_or(1), crate::scene::TIMERS);
    println!("{counts}");
    assert_eq!(counts.rounds(), ROUNDS);
    assert!(counts.outcome("ok") > ROUNDS, "most hosts of most rounds end well: {counts}");
}

#[test]
#[ignore = "scripts/soak --real carries it out"]
fn soak() {
    let seed = setting("MCOM_CHAOS_SEED").expect("scripts/soak sets the seed");
    let (scaled, real) = (setting("MCOM_CHAOS_ROUNDS").unwrap_or(1000), setting("MCOM_CHAOS_REAL").unwrap_or(10));
    println!("seed {seed}: {scaled} rounds with short silences, {real} with those that users have");
    let mut counts = rounds(scaled, seed, crate::scene::TIMERS);
    counts.add(&rounds(real, seed.wrapping_add(scaled), "100"));
    println!("{counts}");
    assert_eq!(counts.rounds(), scaled + real);
    // In few rounds chance leaves something out.
    if scaled >= ENOUGH {
        assert_eq!(counts.missing(), Vec::<&str>::new(), "never happened: {counts}");
    }
}
