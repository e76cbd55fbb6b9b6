//! One lane: a few hosts in two datacenters, and rounds on them, one after the other.

use super::blow::Blow;
use super::counts::Counts;
use crate::scene::{Coordinator, Scene};
use mcom_testbed::{Fleet, Random};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::{Duration, Instant};

/// How long after the start of a run something may go wrong.
const WITHIN_MS: u64 = 2000;

/// How many things may go wrong in a round.
const BLOWS: u64 = 4;

/// When something happens, until when, and what.
type Planned = (Duration, Duration, Blow);

pub struct Lane {
    scene: Scene,
    /// Names and datacenters.
    hosts: Vec<(String, String)>,
}

impl Lane {
    pub fn new(timers: &'static str) -> Self {
        // The usual key exchange costs more than all the rest of a round, and is not what is tested.
        let builder = Fleet::builder().grid("mail", 1, 4).host("dc2", "mail1-dc2").host("dc2", "mail2-dc2");
        // The usual key exchange costs more than all the rest of a round, and is not what is tested.
        let builder = builder.with_all(|host| host.sshd_config("KexAlgorithms curve25519-sha256"));
        let mut scene = Scene::of(builder.best_network().proxied()).warm();
        scene.timers = timers;
        let dc = |name: &str| name.rsplit('-').next().unwrap_or_default().to_owned();
        let hosts = scene.bench.fleet.names().map(|name| (name.to_owned(), dc(name))).collect();
        Self { scene, hosts }
    }

    /// One run, what goes wrong during it, and the promise in the end.
    pub fn round(&mut self, seed: u64) -> Counts {
        let mut random = Random::new(seed);
        let shape = *random.pick(&["--flat", "--width=1", "--width=2", "--width=32"]).expect("there are some");
        let mut blows: Vec<_> = (0..=random.below(BLOWS)).map(|_| self.plan(&mut random)).collect();
        let run_for = 500 + random.below(2500);
        let then = format!("sleep {}.{:03}; echo $MCOM_HOST", run_for / 1000, run_for % 1000);
        let abandon = random.percent(30);
        let mut early: Vec<_> = Vec::new();
        if blows[0].2.may_come_first() && random.percent(40) {
            early.push(blows.remove(0));
        }
        let mut counts = Counts::default();
        for (.., blow) in &early {
            self.strike(blow, None, &mut counts);
        }
        let mut run = self.scene.start(&format!("seed{seed}"), &["-h", "*", "-t", "3s", shape], &then);
        // What a failed check says is no use without the seed.
        let ended = catch_unwind(AssertUnwindSafe(|| {
            self.suffer(&mut run, &early, &blows, &mut counts);
            if abandon {
                run.kill();
            } else if run.is_running() {
                run.ended();
            }
            self.scene.settle(&run);
            self.scene.promise(&run).unwrap();
        }));
        if let Err(panic) = ended {
            let kept = run.keep();
            eprintln!(
                "chaos: seed {seed}, {shape}, {early:?}, {blows:?}: ledger and trace are kept in {}",
                kept.display()
            );
            resume_unwind(panic)
        }
        counts.round(&run);
        counts
    }

    fn plan(&self, random: &mut Random) -> Planned {
        let blow = Blow::choose(random, &self.hosts, self.scene.bench.fleet.has_namespaces());
        let at = Duration::from_millis(random.below(WITHIN_MS));
        (at, at + Blow::lasts(random), blow)
    }

    /// Everything that goes wrong does, and is put right again.
    fn suffer(&mut self, run: &mut Coordinator, early: &[Planned], blows: &[Planned], counts: &mut Counts) {
        let since = Instant::now();
        let mends = early.iter().chain(blows).map(|(_, until, blow)| (*until, false, blow));
        let mut deeds: Vec<_> = blows.iter().map(|(at, _, blow)| (*at, true, blow)).chain(mends).collect();
        deeds.sort_by_key(|(at, ..)| *at);
        // The coordinator is not killed before there is a run to resume.
        run.begun();
        for (at, strikes, blow) in deeds {
            std::thread::sleep(at.saturating_sub(since.elapsed()));
            if strikes {
                self.strike(blow, Some(run), counts);
            } else {
                blow.mend(&mut self.scene);
            }
        }
        self.scene.bench.fleet.heal().unwrap();
    }

    fn strike(&mut self, blow: &Blow, run: Option<&mut Coordinator>, counts: &mut Counts) {
        if blow.strike(&mut self.scene, run) {
            counts.struck(blow.kind());
        }
    }
}
