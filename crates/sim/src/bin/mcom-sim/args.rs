//! What was asked for.

use std::path::PathBuf;

pub(crate) const USAGE: &str = "usage: mcom-sim --seed N [--hosts N] [--story] [--trace FILE]
       mcom-sim --runs N [--from SEED] [--minutes N] [--threads N]
       mcom-sim --rollout-seed N [--dies-after STEPS] [--story]
       mcom-sim --rollouts N [--from SEED] [--minutes N] [--threads N]
       mcom-sim --replay FILE [--until SECONDS] [--host NAME]

Simulates runs of mcom in virtual time and checks every invariant of docs/architecture.md after each step.

One seed:
  --seed N        the seed that a failed test or scripts/soak has printed
  --hosts N       hosts in the run (they follow from the seed unless given)
  --story         print what happened, and the tree at its end
  --trace FILE    write the coordinators' inputs as JSON lines

Many seeds, until one breaks an invariant:
  --runs N        so many of them
  --from SEED     the first one (0 unless given)
  --minutes N     stop after so many minutes
  --threads N     so many at once (as many as there are CPUs unless given)

One rollout, or many until one breaks an invariant:
  --rollout-seed N    the seed that a failed test or scripts/soak has printed
  --dies-after STEPS  the process is killed after so many steps, and at no other time
  --rollouts N        so many of them

A trace of a simulated or of a real coordinator (MCOM_TRACE=FILE mcom run ...):
  --replay FILE   feed its inputs to a fresh coordinator, print each with its effects, and check them
  --until SECONDS stop at this moment of the run
  --host NAME     print only what concerns this host";

/// What was asked for.
pub(crate) enum Asked {
    One(One),
    Many(Many),
    Rollout(Rollout),
    Replay(Replay),
    Help,
}

/// One seed.
pub(crate) struct One {
    pub(crate) seed: u64,
    pub(crate) hosts: Option<u32>,
    pub(crate) story: bool,
    pub(crate) trace: Option<PathBuf>,
}

/// One rollout.
pub(crate) struct Rollout {
    pub(crate) seed: u64,
    pub(crate) dies_after: Option<u64>,
    pub(crate) story: bool,
}

/// Many seeds.
pub(crate) struct Many {
    /// Of rollouts; else of runs.
    pub(crate) rollouts: bool,
    pub(crate) runs: u64,
    pub(crate) from: u64,
    pub(crate) minutes: Option<u64>,
    pub(crate) threads: Option<u64>,
}

/// A trace.
pub(crate) struct Replay {
    pub(crate) file: PathBuf,
    pub(crate) until: Option<f64>,
    pub(crate) host: Option<String>,
}

/// Every option, as far as it was given.
#[derive(Default)]
struct Given {
    seed: Option<u64>,
    hosts: Option<u64>,
    story: bool,
    trace: Option<PathBuf>,
    runs: Option<u64>,
    from: Option<u64>,
    minutes: Option<u64>,
    threads: Option<u64>,
    rollout_seed: Option<u64>,
    dies_after: Option<u64>,
    rollouts: Option<u64>,
    replay: Option<PathBuf>,
    until: Option<f64>,
    host: Option<String>,
}

pub(crate) fn asked(mut args: impl Iterator<Item = String>) -> Result<Asked, String> {
    let mut given = Given::default();
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or_else(|| format!("{arg} needs a value"));
        match arg.as_str() {
            "--help" | "-h" => return Ok(Asked::Help),
            "--story" => given.story = true,
            "--seed" => given.seed = Some(number(&arg, &value()?)?),
            "--hosts" => given.hosts = Some(number(&arg, &value()?)?),
            "--runs" => given.runs = Some(number(&arg, &value()?)?),
            "--from" => given.from = Some(number(&arg, &value()?)?),
            "--minutes" => given.minutes = Some(number(&arg, &value()?)?),
            "--threads" => given.threads = Some(number(&arg, &value()?)?),
            "--rollout-seed" => given.rollout_seed = Some(number(&arg, &value()?)?),
            "--dies-after" => given.dies_after = Some(number(&arg, &value()?)?),
            "--rollouts" => given.rollouts = Some(number(&arg, &value()?)?),
            "--trace" => given.trace = Some(value()?.into()),
            "--replay" => given.replay = Some(value()?.into()),
            "--until" => given.until = Some(number(&arg, &value()?)?),
            "--host" => given.host = Some(value()?),
            _ => return Err(format!("no argument {arg:?}")),
        }
    }
    given.asked()
}

fn number<T: std::str::FromStr>(arg: &str, text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{arg}: {text:?} is not a number"))
}

impl Given {
    fn asked(self) -> Result<Asked, String> {
        let hosts = match self.hosts {
            None => None,
            Some(hosts @ 0..=1_000_000) => u32::try_from(hosts).ok(),
            Some(_) => return Err("--hosts: from 0 to 1000000".to_owned()),
        };
        let (from, minutes, threads) = (self.from.unwrap_or_default(), self.minutes, self.threads);
        let many = |rollouts, runs| Asked::Many(Many { rollouts, runs, from, minutes, threads });
        match (self.seed, self.runs, self.rollout_seed, self.rollouts, self.replay) {
            (Some(seed), None, None, None, None) => {
                Ok(Asked::One(One { seed, hosts, story: self.story, trace: self.trace }))
            }
            (None, Some(runs), None, None, None) => Ok(many(false, runs)),
            (None, None, Some(seed), None, None) => {
                Ok(Asked::Rollout(Rollout { seed, dies_after: self.dies_after, story: self.story }))
            }
            (None, None, None, Some(rollouts), None) => Ok(many(true, rollouts)),
            (None, None, None, None, Some(file)) => {
                Ok(Asked::Replay(Replay { file, until: self.until, host: self.host }))
            }
            _ => Err("one of --seed N, --runs N, --rollout-seed N, --rollouts N and --replay FILE".to_owned()),
        }
    }
}
