//! What a seed stands for: the hosts, the tree, the payload, and how much goes wrong.

mod random;

use crate::rng::Rng;
use mcom_model::{HostLock, OutputMode, Plan, RunLimits, RunSpec, RunStart, TreeShape, limits};
use random::{credentials, fanouts, faults, plan, spec};

/// One run to be simulated.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The seed of everything that is decided on the way.
    pub seed: u64,
    /// The plan.
    pub plan: Plan,
    /// What every node is told.
    pub spec: RunSpec,
    /// How much goes wrong.
    pub faults: Faults,
    /// How the payload behaves.
    pub work: Work,
    /// One-way latency of a long link, in microseconds.
    pub long_latency: u64,
    /// Bytes that a long link carries in a second.
    pub long_bandwidth: u64,
}

/// How often things go wrong, in permille of the hosts unless it says otherwise.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// Down from the start: connections time out or are refused.
    pub down: u64,
    /// Reachable from inside its datacenter only.
    pub inside_only: u64,
    /// Reached, and no node can work there.
    pub refusing: u64,
    /// The payload arrives damaged.
    pub bad_blob: u64,
    /// Another run holds it for a while.
    pub busy: u64,
    /// An earlier run brought the payload.
    pub has_payload: u64,
    /// Its spool cannot be read when output is asked for.
    pub bad_spool: u64,
    /// Its node says what it may not say, and asks for what it may not have.
    pub hostile: u64,
    /// Its ssh lacks what relay needs.
    pub old_ssh: u64,
    /// Its sshd lacks what relay needs.
    pub old_sshd: u64,
    /// Its sshd opens no streams to others.
    pub no_forwarding: u64,
    /// Ten to a hundred times slower than others.
    pub slow: u64,
    /// Its payload does not end when it is told to.
    pub stubborn: u64,
    /// Links cut, nodes killed or stopped, machines crashed, networks cut off and the like, in the whole run.
    pub blows: u64,
    /// Blows fall up to this moment, in microseconds.
    pub blows_until: u64,
    /// A body cannot be stored.
    pub bad_store: u64,
    /// The operator's agent does not sign what was granted.
    pub bad_agent: u64,
    /// The readers of the output fall behind now and then.
    pub slow_readers: bool,
    /// Times that the coordinator dies while blows fall.
    pub deaths: u64,
    /// Effects of the coordinator after which it is killed.
    pub dies_after: Option<u64>,
    /// The moment at which the largest parent dies: by a kill, or with its machine, without a word.
    pub behead: Option<Behead>,
    /// The moment of a cancel.
    pub cancel_at: Option<u64>,
    /// The moment from which the operator lets nothing new start.
    pub halt_at: Option<u64>,
    /// The moment from which the ledger cannot be written.
    pub ledger_full_at: Option<u64>,
}

/// How the largest parent dies.
#[derive(Clone, Copy, Debug)]
pub struct Behead {
    /// When, in microseconds.
    pub at: u64,
    /// Whether its machine loses power; else its node is killed.
    pub silently: bool,
}

/// How the payload behaves.
#[derive(Clone, Copy, Debug)]
pub struct Work {
    /// Longest run, in microseconds.
    pub longest: u64,
    /// Permille of hosts where it fails.
    pub failing: u64,
    /// Permille of hosts that print a lot (each something else).
    pub loud: u64,
    /// Permille of hosts that print a lot (all the same).
    pub equally_loud: u64,
    /// Most bytes that a loud host prints.
    pub most: u64,
}

impl Scenario {
    /// The scenario of a seed whose size follows from it too: one in ten has three hundred hosts, the others a few.
    pub fn of_seed(seed: u64) -> Self {
        let hosts = if seed.is_multiple_of(10) { 300 } else { Rng::new(seed).range(1, 60) };
        Self::random(seed, u32::try_from(hosts).expect("a few hosts"))
    }

    /// The scenario of a seed: everything can go wrong.
    pub fn random(seed: u64, hosts: u32) -> Self {
        let mut rng = Rng::new(seed ^ 0x5ce7_a210);
        let dcs = rng.range(1, 6).min(u64::from(hosts.max(1)));
        let mut shape = TreeShape {
            width: rng.pick(&[1, 2, 2, 3, 8, 32, 32]),
            depth: rng.pick(&[None, None, None, None, Some(1), Some(2), Some(3)]),
        };
        if shape.width == 1 && shape.depth.is_none() {
            // A chain, as deep as a tree may be.
            shape.depth = Some(u32::try_from(rng.range(2, u64::from(limits::LEVELS))).expect("a few levels"));
        }
        let limits = RunLimits {
            fanout: rng.pick(&[1, 2, 8, 32, 32, 1000]),
            connect_timeout_ms: limits::CONNECT_TIMEOUT_MS,
            command_timeout_ms: rng.pick(&[None, None, Some(1_000)]),
            grace_ms: rng.pick(&[1_000, 10_000]),
            output_cap: 16 << 20,
            global_fanout: rng.pick(&[None, None, None, Some(1), Some(10), Some(100)]),
            deadline_ms: rng.pick(&[None, None, None, None, Some(3_000), Some(60_000)]),
            max_fail: rng.pick(&[None, None, None, Some(0), Some(3), Some(20)]),
            opening: rng.pick(&[1, limits::SLOW_START, limits::SLOW_START, 1000]),
            ..RunLimits::default().for_hosts(u64::from(hosts))
        };
        let output = rng.pick(&[OutputMode::AtEnd, OutputMode::AtEnd, OutputMode::Live]);
        let mut plan = plan(&mut rng, hosts, dcs, shape, limits);
        credentials(&mut rng, &mut plan);
        fanouts(seed, &mut plan);
        let work = Work {
            longest: rng.pick(&[50_000, 2_000_000, 20_000_000]),
            failing: rng.pick(&[0, 50, 500]),
            loud: rng.pick(&[0, 20, 60]),
            equally_loud: rng.pick(&[0, 100]),
            most: rng.pick(&[40_000, 3_000_000]),
        };
        let mut spec = spec(seed, &plan, output, rng.chance(300));
        spec.once = rng.chance(200);
        spec.lock = rng.pick(&[
            HostLock::Take,
            HostLock::Take,
            HostLock::Wait { ms: 1_000 },
            HostLock::Wait { ms: 30_000 },
            HostLock::Without,
        ]);
        let faults = faults(&mut rng, u64::from(hosts));
        let long_latency = rng.range(5_000, 150_000);
        let long_bandwidth = rng.pick(&[1 << 20, 10 << 20, 100 << 20]);
        let mut scenario = Self { seed, plan, spec, faults, work, long_latency, long_bandwidth };
        if rng.chance(30) {
            scenario.flood();
        }
        scenario
    }

    /// Far more output than the credit, over links that are slow and break.
    fn flood(&mut self) {
        self.work = Work { loud: 400, most: 4_000_000, longest: 2_000_000, ..self.work };
        self.faults = Faults { blows: 60, blows_until: 60_000_000, cancel_at: None, halt_at: None, ..self.faults };
        self.long_bandwidth = 1 << 20;
    }

    /// A run in which nothing goes wrong.
    pub fn calm(seed: u64, hosts: u32, dcs: u64) -> Self {
        let mut rng = Rng::new(seed);
        let shape = TreeShape { width: limits::WIDTH, depth: None };
        let mut plan = plan(&mut rng, hosts, dcs, shape, RunLimits::default());
        plan.hosts.iter_mut().for_each(|host| host.weight = 1);
        let spec = spec(seed, &plan, OutputMode::AtEnd, false);
        let work = Work { longest: 2_000_000, failing: 20, loud: 0, equally_loud: 0, most: 0 };
        let faults = Faults::default();
        Self { seed, plan, spec, faults, work, long_latency: 40_000, long_bandwidth: 10 << 20 }
    }

    /// Five hundred hosts below one parent, all of them at work, and nothing that goes wrong.
    pub fn one_parent(seed: u64) -> Self {
        let mut scenario = Self::calm(seed, 501, 1);
        scenario.work = Work { longest: 600_000_000, ..scenario.work };
        (scenario.spec.limits.fanout, scenario.spec.limits.opening) = (1_000, 1_000);
        scenario
    }

    /// Ten thousand hosts in twenty datacenters, with a few faults of each kind.
    pub fn large(seed: u64) -> Self {
        let faults = Faults {
            down: 20,
            inside_only: 5,
            refusing: 5,
            bad_blob: 1,
            busy: 5,
            old_ssh: 5,
            old_sshd: 10,
            slow: 5,
            blows: 20,
            blows_until: 20_000_000,
            ..Faults::default()
        };
        let work = Work { longest: 2_000_000, failing: 20, loud: 5, equally_loud: 50, most: 200_000 };
        Self { faults, work, ..Self::calm(seed, 10_000, 20) }
    }

    /// How the run begins.
    pub fn start(&self) -> RunStart {
        RunStart { run: self.spec.run.clone(), started_ms: 0, hosts: self.plan.hosts.len() as u64 }
    }

    /// The scenario in one line.
    pub fn in_words(&self) -> String {
        let (hosts, dcs) = (self.plan.hosts.len(), self.plan.datacenters.len());
        let TreeShape { width, depth } = self.plan.shape;
        let depth = depth.map_or_else(|| "any depth".to_owned(), |depth| format!("depth {depth}"));
        let own = self.plan.datacenters.iter().filter_map(|dc| dc.fanout.map(|own| format!(" ({} {own})", dc.name)));
        let fanout = format!("{}{}", self.spec.limits.fanout, own.collect::<String>());
        let output = match self.spec.output {
            OutputMode::Live => "live",
            OutputMode::AtEnd => "at the end",
        };
        let (seed, credentials) = (self.seed, self.plan.credentials.word());
        format!(
            "seed {seed}: {hosts} hosts in {dcs} dc, width {width}, {depth}, fanout {fanout}, output {output}, \
             credentials {credentials}"
        )
    }
}
