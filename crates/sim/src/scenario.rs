//! What a seed stands for: the hosts, the tree, the payload, and how much goes wrong.

use crate::rng::Rng;
use mcom_model::{
    BlobRef, Credentials, DcRule, Digest, HostId, HostLock, HostSpec, InnerLinks, OutputMode, Payload, PayloadKind,
    Plan, PlanRequest, PlannedDc, RunId, RunLimits, RunSpec, RunStart, Timers, TreeShape, limits,
};

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
    /// The claim or the start fails there.
    pub busy: u64,
    /// Its spool cannot be read when output is asked for.
    pub bad_spool: u64,
    /// Its node says what it may not say.
    pub hostile: u64,
    /// Ten to a hundred times slower than others.
    pub slow: u64,
    /// Its payload does not end when it is told to.
    pub stubborn: u64,
    /// Links cut, nodes killed, hosts crashed and nodes stopped for a while, in the whole run.
    pub blows: u64,
    /// Blows fall up to this moment, in microseconds.
    pub blows_until: u64,
    /// A body cannot be stored.
    pub bad_store: u64,
    /// The moment of a cancel.
    pub cancel_at: Option<u64>,
    /// The moment from which the ledger cannot be written.
    pub ledger_full_at: Option<u64>,
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
    /// The scenario of a seed: everything can go wrong.
    pub fn random(seed: u64, hosts: u32) -> Self {
        let mut rng = Rng::new(seed ^ 0x5ce7_a210);
        let dcs = rng.range(1, 6).min(u64::from(hosts.max(1)));
        let shape = TreeShape {
            width: rng.pick(&[2, 3, 8, 32, 32]),
            depth: rng.pick(&[None, None, None, None, Some(1), Some(2), Some(3)]),
        };
        let limits = RunLimits {
            fanout: rng.pick(&[1, 2, 8, 32, 32, 1000]),
            connect_timeout_ms: limits::CONNECT_TIMEOUT_MS,
            command_timeout_ms: rng.pick(&[None, None, Some(1_000)]),
            grace_ms: rng.pick(&[1_000, 10_000]),
            output_cap: 16 << 20,
            ..RunLimits::default()
        };
        let output = rng.pick(&[OutputMode::AtEnd, OutputMode::AtEnd, OutputMode::Live]);
        let plan = plan(&mut rng, hosts, dcs, shape, limits);
        let work = Work {
            longest: rng.pick(&[50_000, 2_000_000, 20_000_000]),
            failing: rng.pick(&[0, 50, 500]),
            loud: rng.pick(&[0, 20, 60]),
            equally_loud: rng.pick(&[0, 100]),
            most: rng.pick(&[40_000, 3_000_000]),
        };
        let spec = spec(seed, &plan, output, rng.chance(300));
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
        self.faults = Faults { blows: 60, blows_until: 60_000_000, cancel_at: None, ..self.faults };
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

    /// Ten thousand hosts in twenty datacenters, with a few faults of each kind.
    pub fn large(seed: u64) -> Self {
        let faults = Faults {
            down: 20,
            inside_only: 5,
            refusing: 5,
            bad_blob: 1,
            busy: 5,
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
        let fanout = self.spec.limits.fanout;
        let output = match self.spec.output {
            OutputMode::Live => "live",
            OutputMode::AtEnd => "at the end",
        };
        let seed = self.seed;
        format!("seed {seed}: {hosts} hosts in {dcs} dc, width {width}, {depth}, fanout {fanout}, output {output}")
    }
}

fn faults(rng: &mut Rng, hosts: u64) -> Faults {
    if rng.chance(100) {
        return Faults::default();
    }
    let mut some = |most: u64| if rng.chance(500) { rng.range(0, most) } else { 0 };
    let mut faults = Faults {
        down: some(200),
        inside_only: some(100),
        refusing: some(60),
        bad_blob: some(20),
        busy: some(50),
        bad_spool: some(200),
        hostile: some(20),
        slow: some(50),
        stubborn: some(300),
        blows: some(2 + hosts / 20),
        bad_store: some(100),
        ..Faults::default()
    };
    faults.blows_until = rng.range(1, 40_000_000);
    if rng.chance(50) {
        // Whole datacenters dark: nobody leads.
        faults.down = 950;
    }
    faults.cancel_at = rng.chance(200).then(|| rng.range(0, 20_000_000));
    faults.ledger_full_at = rng.chance(100).then(|| rng.range(0, 10_000_000));
    faults
}

fn plan(rng: &mut Rng, hosts: u32, dcs: u64, shape: TreeShape, limits: RunLimits) -> Plan {
    let zero = rng.pick(&[0, 0, 100, 700]);
    let mut datacenters: Vec<PlannedDc> = (1..=dcs)
        .map(|dc| PlannedDc { name: format!("dc{dc}"), rule: DcRule::NameSuffix, members: Vec::new() })
        .collect();
    let mut specs = Vec::with_capacity(hosts as usize);
    for id in 0..hosts {
        let dc = id % u32::try_from(dcs).expect("a few datacenters");
        let weight = if rng.chance(zero) { 0 } else { 1 };
        let name = format!("mail{}-dc{}", id / u32::try_from(dcs).expect("a few datacenters") + 1, dc + 1);
        specs.push(HostSpec { name, dc, address: None, port: None, user: None, weight });
        datacenters[dc as usize].members.push(HostId(id));
    }
    for dc in &mut datacenters {
        dc.members.sort_by_key(|host| (u32::MAX - specs[host.0 as usize].weight, host.0.wrapping_mul(0x9e37_79b1)));
    }
    Plan {
        version: Plan::VERSION,
        request: PlanRequest::default(),
        hosts: specs,
        datacenters,
        shape,
        credentials: Credentials::Own,
        payload: None,
        limits,
    }
}

fn spec(seed: u64, plan: &Plan, output: OutputMode, stdin: bool) -> RunSpec {
    let payload = Payload {
        kind: PayloadKind::Script,
        name: "fix.sh".to_owned(),
        blob: BlobRef { digest: Digest::of(b"script"), len: 20_000 },
        args: Vec::new(),
        env: Vec::new(),
        cwd: None,
        stdin: stdin.then(|| BlobRef { digest: Digest::of(b"stdin"), len: 500_000 }),
        run_as: None,
    };
    RunSpec {
        run: RunId::from_seed(seed),
        attempt: 1,
        who: "alice@bastion".to_owned(),
        reason: None,
        payload,
        limits: plan.limits,
        shape: plan.shape,
        output,
        inner: InnerLinks::default(),
        once: false,
        lock: HostLock::default(),
        timers: Timers::default(),
    }
}
