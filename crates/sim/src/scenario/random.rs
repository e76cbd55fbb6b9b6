//! What follows from a seed: faults, hosts, and what every node is told.

use crate::rng::Rng;
use crate::scenario::Faults;
use mcom_model::{
    BlobRef, Credentials, DcRule, Digest, HostId, HostLock, HostSpec, InnerLinks, OutputMode, Payload, PayloadKind,
    Plan, PlanRequest, PlannedDc, RunId, RunLimits, RunSpec, Timers, TreeShape,
};

pub(super) fn faults(rng: &mut Rng, hosts: u64) -> Faults {
    if rng.chance(100) {
        return Faults::default();
    }
    let mut some = |most: u64| if rng.chance(500) { rng.range(0, most) } else { 0 };
    let mut faults = Faults {
        down: some(200),
        inside_only: some(100),
        refusing: some(60),
        bad_blob: some(20),
        busy: some(100),
        has_payload: some(300),
        bad_spool: some(200),
        hostile: some(20),
        old_ssh: some(100),
        old_sshd: some(200),
        no_forwarding: some(50),
        slow: some(50),
        stubborn: some(300),
        blows: some(2 + hosts / 20),
        bad_store: some(100),
        bad_agent: some(20),
        ..Faults::default()
    };
    faults.blows_until = rng.range(1, 60_000_000);
    if rng.chance(50) {
        // Whole datacenters dark: nobody leads.
        faults.down = 950;
    }
    faults.slow_readers = rng.chance(100);
    faults.deaths = if rng.chance(300) { rng.range(1, 3) } else { 0 };
    faults.dies_after = rng.chance(300).then(|| rng.range(1, 20 + hosts * 12));
    faults.halt_at = rng.chance(100).then(|| rng.range(0, 20_000_000));
    faults.cancel_at = rng.chance(200).then(|| rng.range(0, 20_000_000));
    faults.ledger_full_at = rng.chance(100).then(|| rng.range(0, 10_000_000));
    faults
}

pub(super) fn plan(rng: &mut Rng, hosts: u32, dcs: u64, shape: TreeShape, limits: RunLimits) -> Plan {
    let zero = rng.pick(&[0, 0, 100, 700]);
    let mut datacenters: Vec<PlannedDc> = (1..=dcs)
        .map(|dc| PlannedDc { name: format!("dc{dc}"), rule: DcRule::NameSuffix, members: Vec::new(), fanout: None })
        .collect();
    let mut specs = Vec::with_capacity(hosts as usize);
    for id in 0..hosts {
        let dc = id % u32::try_from(dcs).expect("a few datacenters");
        let weight = if rng.chance(zero) { 0 } else { 1 };
        let name = format!("mail{}-dc{}", id / u32::try_from(dcs).expect("a few datacenters") + 1, dc + 1);
        specs.push(HostSpec { name, dc, address: None, port: None, user: None, weight, credentials: None });
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
        credentials: Credentials::Auto,
        payload: None,
        limits,
    }
}

/// The run's setting, and now and then another one for a host.
pub(super) fn credentials(rng: &mut Rng, plan: &mut Plan) {
    use Credentials::{Auto, Certificate, Own, Relay, Transit};
    plan.credentials = rng.pick(&[Auto, Auto, Auto, Relay, Relay, Transit, Certificate, Own, Own]);
    let others = rng.pick(&[0, 0, 100]);
    for host in &mut plan.hosts {
        host.credentials = rng.chance(others).then(|| rng.pick(&Credentials::ALL));
    }
}

/// Now and then datacenters with a fan-out of their own.
pub(super) fn fanouts(seed: u64, plan: &mut Plan) {
    // Numbers of its own, so that everything else about a seed stays as it is.
    let mut rng = Rng::new(seed ^ 0xfa40_0075);
    let some = rng.pick(&[0, 0, 500, 1000]);
    for dc in &mut plan.datacenters {
        dc.fanout = rng.chance(some).then(|| rng.pick(&[1, 1, 2, 3, 10, 200]));
    }
}

pub(super) fn spec(seed: u64, plan: &Plan, output: OutputMode, stdin: bool) -> RunSpec {
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
        credentials: plan.credentials,
        inner: InnerLinks::default(),
        once: false,
        lock: HostLock::default(),
        undoes: None,
        looks: false,
        timers: Timers::default(),
    }
}
