//! Many seeds, on every CPU, until one breaks an invariant.

use crate::args::Many;
use mcom_sim::{Keep, RolloutScenario, Scenario, Stats, run, run_rollout};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Seeds between two words about how far it is.
const WORD: u64 = 10_000;

/// What the threads share.
struct Shared {
    rollouts: bool,
    next: AtomicU64,
    end: u64,
    deadline: Option<Instant>,
    stop: AtomicBool,
    stats: Mutex<Stats>,
    broken: Mutex<Option<String>>,
}

pub(crate) fn simulate(wanted: &Many) -> ExitCode {
    let began = Instant::now();
    let cpus = || std::thread::available_parallelism().map_or(1, |cpus| cpus.get() as u64);
    let shared = Shared {
        rollouts: wanted.rollouts,
        next: AtomicU64::new(wanted.from),
        end: wanted.from.saturating_add(wanted.runs),
        deadline: wanted.minutes.map(|minutes| began + Duration::from_secs(minutes * 60)),
        stop: AtomicBool::new(false),
        stats: Mutex::default(),
        broken: Mutex::new(None),
    };
    std::thread::scope(|scope| {
        for _ in 0..wanted.threads.unwrap_or_else(cpus).max(1) {
            scope.spawn(|| shared.work());
        }
    });
    let done = shared.next.load(Ordering::Relaxed).min(shared.end) - wanted.from;
    if let Some(broken) = shared.broken.into_inner().expect("no thread panics with it") {
        eprintln!("mcom-sim: {broken}");
        return ExitCode::FAILURE;
    }
    if shared.stop.load(Ordering::Relaxed) {
        return ExitCode::FAILURE;
    }
    println!("{}", shared.stats.into_inner().expect("no thread panics with it"));
    let what = if wanted.rollouts { "rollouts" } else { "runs" };
    println!("every invariant held in {done} {what}, in {} s", began.elapsed().as_secs());
    ExitCode::SUCCESS
}

impl Shared {
    fn work(&self) {
        let mut stats = Stats::default();
        while !self.stop.load(Ordering::Relaxed) && self.deadline.is_none_or(|deadline| Instant::now() < deadline) {
            let seed = self.next.fetch_add(1, Ordering::Relaxed);
            if seed >= self.end {
                break;
            }
            if seed % WORD == WORD - 1 {
                eprintln!("{} seeds", seed + 1);
            }
            let _seed = Seed(seed, self);
            match self.one(seed) {
                Ok(of_seed) => stats.add(&of_seed),
                Err(broken) => {
                    self.stop.store(true, Ordering::Relaxed);
                    self.broken.lock().expect("no thread panics with it").get_or_insert(broken);
                }
            }
        }
        self.stats.lock().expect("no thread panics with it").add(&stats);
    }

    /// What occurred with a seed; or the invariant that did not hold.
    fn one(&self, seed: u64) -> Result<Stats, String> {
        if self.rollouts {
            let report = run_rollout(RolloutScenario::of_seed(seed), None, false);
            return report.map(|report| report.stats).map_err(|broken| broken.to_string());
        }
        let report = run(Scenario::of_seed(seed), None, Keep::default());
        report.map(|report| report.stats).map_err(|broken| broken.to_string())
    }
}

/// Says the seed where the engine itself panics, and stops the others.
struct Seed<'a>(u64, &'a Shared);

impl Drop for Seed<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.1.stop.store(true, Ordering::Relaxed);
            let option = if self.1.rollouts { "rollout-seed" } else { "seed" };
            eprintln!("mcom-sim: replay the panic with: cargo run -p mcom-sim -- --{option} {} --story", self.0);
        }
    }
}
