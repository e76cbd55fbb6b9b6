//! A rollout in the making: the machine that decides, told what happens in a few words.

use mcom_model::{
    BlobRef, Credentials, DcRule, Digest, HostId, HostRanges, HostSpec, OutcomeKind, Payload, PayloadKind, Plan,
    PlanRequest, PlannedDc, RunId, RunLimits, TreeShape,
};
use mcom_report::rollout::RolloutOptions;
use mcom_rollout::{
    Answer, Answered, Effect, HealthSpec, HostAnswer, HostEnd, Input, Machine, OnFail, Order, RolloutEvent,
    RolloutSpec, RolloutState, Skip, StageSpec, Verb, Wave, Window,
};
use std::sync::Arc;

/// 2026-07-22 14:02:11Z.
pub const START: u64 = 1_784_728_931_000;

pub const SECOND: u64 = 1000;
pub const MINUTE: u64 = 60 * SECOND;
pub const HOUR: u64 = 60 * MINUTE;

const DCS: [&str; 4] = ["ams1", "fra1", "nyc2", "sin1"];
const PER_DC: u32 = 75;

/// A rollout and everything that was said about it.
pub struct Told {
    pub spec: Arc<RolloutSpec>,
    pub events: Vec<RolloutEvent>,
    pub now_ms: u64,
    pub has_left: bool,
    pub runs: Vec<EndedRun>,
    machine: Machine,
    run: Option<(RunId, u64, HostRanges)>,
    asks: Option<HostRanges>,
}

/// A run that has ended.
pub struct EndedRun {
    pub run: RunId,
    pub begun_ms: u64,
    pub ended_ms: u64,
    /// How its hosts did.
    pub ends: Vec<(String, OutcomeKind)>,
}

impl Told {
    pub fn new(spec: RolloutSpec) -> Self {
        let spec = Arc::new(spec);
        let zones = jiff::tz::TimeZoneDatabase::bundled();
        let window = spec.window.as_deref().map(|window| Window::parse(window, &zones).unwrap());
        let machine = Machine::new(Arc::clone(&spec), window);
        let (events, runs) = (Vec::new(), Vec::new());
        let mut told = Self { spec, events, now_ms: START, has_left: false, runs, machine, run: None, asks: None };
        told.tell(Input::CarryOn { who: "alice@bastion".into() });
        told
    }

    pub fn state(&self) -> &RolloutState {
        self.machine.state()
    }

    pub fn tell(&mut self, input: Input) {
        self.has_left = false;
        self.machine.handle(self.now_ms, input);
        while let Some(effect) = self.machine.poll_effect() {
            match effect {
                Effect::Record(event) => self.events.push(event),
                Effect::Run { run, hosts, .. } => self.run = Some((run, self.now_ms, hosts)),
                Effect::Check { hosts, .. } => self.asks = Some(hosts),
                Effect::Halt => {}
                Effect::Leave => self.has_left = true,
            }
        }
    }

    /// Time goes by.
    pub fn wait(&mut self, ms: u64) -> &mut Self {
        self.now_ms += ms;
        self.tell(Input::Timeout);
        self
    }

    /// The run ends: these hosts so, all others ok.
    pub fn run_ends(&mut self, others: &[(&str, OutcomeKind)]) -> &mut Self {
        let (run, begun_ms, hosts) = self.run.take().expect("a run goes on");
        let end = |host: HostId| {
            let kind = others.iter().find(|(name, _)| *name == self.name(host)).map(|(_, kind)| *kind);
            HostEnd { host, kind: kind.unwrap_or(OutcomeKind::Ok), signalled: false, boot: None }
        };
        let hosts: Vec<HostEnd> = hosts.iter().map(end).collect();
        let ends = hosts.iter().map(|end| (self.name(end.host).to_owned(), end.kind)).collect();
        self.runs.push(EndedRun { run: run.clone(), begun_ms, ended_ms: self.now_ms, ends });
        self.tell(Input::RunEnded { run, hosts, stopped: None });
        self
    }

    /// A round of questions ends: these hosts said so, all others are healthy.
    pub fn check(&mut self, others: &[(&str, Answer, &str)]) -> &mut Self {
        let hosts = self.asks.take().expect("a round is out");
        let answer = |host: HostId| {
            let other = others.iter().find(|(name, ..)| *name == self.name(host));
            let (answer, said) = other.map_or((Answer::Healthy, ""), |(_, answer, said)| (*answer, said));
            HostAnswer { host, answer, boot: None, said: said.to_owned() }
        };
        let global = others.iter().find(|(name, ..)| *name == "here");
        let global = global.map_or((Answer::Healthy, String::new()), |(_, answer, said)| (*answer, (*said).to_owned()));
        let answered = Answered { hosts: hosts.iter().map(answer).collect(), global: Some(global) };
        self.tell(Input::Checked(answered));
        self
    }

    /// Rounds of healthy answers until so much time has gone by.
    pub fn healthy_for(&mut self, ms: u64) -> &mut Self {
        let end = self.now_ms + ms;
        loop {
            if self.asks.is_some() {
                self.check(&[]);
            }
            if self.now_ms >= end {
                return self;
            }
            self.wait((30 * SECOND).min(end - self.now_ms));
        }
    }

    pub fn ask(&mut self, verb: Verb, who: &str, reason: Option<&str>) -> &mut Self {
        self.tell(Input::Asked(Order { verb, who: who.into(), reason: reason.map(str::to_owned) }));
        self
    }

    pub fn name(&self, host: HostId) -> &str {
        &self.spec.plan.host(host).name
    }
}

pub const fn resume() -> Verb {
    Verb::Resume(Skip { soak: false, health: false, bad: true })
}

pub const fn approve() -> Verb {
    Verb::Approve(Skip { soak: false, health: false, bad: false })
}

pub fn plain() -> RolloutOptions {
    RolloutOptions { color: false, width: Some(120), verbose: false }
}

/// The rollout of the design: a canary, one per datacenter, ten per datacenter, the rest.
pub fn spec() -> RolloutSpec {
    let plan = plan();
    let mut left: Vec<HostId> = plan.host_ids().collect();
    let mut take = |name: &str, reach: &str, is_one: &dyn Fn(u32, u32) -> bool| {
        let (hosts, rest) = left.iter().partition(|host| is_one(host.0 / 4 + 1, host.0 % 4));
        left = rest;
        stage(name, reach, hosts)
    };
    let canary = take("canary", "1", &|number, dc| (number, dc) == (7, 1));
    let one = take("one-per-dc", "1/dc", &|number, dc| [(3, 0), (70, 2), (12, 3)].contains(&(number, dc)));
    let ten = take("ten-per-dc", "10/dc", &|number, dc| (number * 7 + dc * 5) % 8 == 1);
    let rest = take("rest", "all", &|_, _| true);
    let by_dc = |dc: u32| {
        let hosts: HostRanges = rest.hosts.iter().filter(|host| host.0 % 4 == dc).collect();
        Wave { hosts, fanouts: vec![(dc, 7)] }
    };
    let waves: Vec<Wave> = (0..4).map(by_dc).collect();
    let stages = vec![
        StageSpec { soak_ms: 2 * HOUR, approve: true, ..canary },
        StageSpec { soak_ms: 2 * HOUR, ..one },
        StageSpec { soak_ms: 4 * HOUR, max_fail: 1, ..ten },
        StageSpec { max_fail: 4, waves, ..rest },
    ];
    RolloutSpec {
        id: "8f3kabcd".parse().unwrap(),
        name: "nginx-fix".into(),
        who: "alice@bastion".into(),
        started_ms: START,
        reason: Some("CHG12345".into()),
        plan,
        undo: Some(payload("nginx-unfix.sh")),
        health: Some(HealthSpec {
            payload: Some(payload("check-nginx.sh")),
            command: Some("curl -fsS https://mon.example/err5xx | awk '$1 > 0.5 {exit 1}'".into()),
            every_ms: 30 * SECOND,
            within_ms: 2 * MINUTE,
            fails: 2,
        }),
        stages,
        on_fail: OnFail::Pause,
        window: None,
    }
}

fn stage(name: &str, reach: &str, hosts: Vec<HostId>) -> StageSpec {
    let hosts: HostRanges = hosts.into_iter().collect();
    StageSpec {
        name: name.into(),
        reach: reach.into(),
        waves: vec![Wave { hosts: hosts.clone(), fanouts: Vec::new() }],
        hosts,
        controls: HostRanges::default(),
        soak_ms: 0,
        approve: false,
        max_fail: 0,
        reboots_ms: None,
    }
}

fn plan() -> Plan {
    let host = |id: u32| HostSpec {
        name: format!("web{}-{}", id / 4 + 1, DCS[id as usize % 4]),
        dc: id % 4,
        address: None,
        port: None,
        user: None,
        weight: 1,
        credentials: None,
    };
    let dc = |(index, name): (u32, &&str)| PlannedDc {
        name: (*name).into(),
        rule: DcRule::NameSuffix,
        members: (0..PER_DC).map(|number| HostId(number * 4 + index)).collect(),
        fanout: None,
    };
    Plan {
        version: Plan::VERSION,
        request: PlanRequest::default(),
        hosts: (0..PER_DC * 4).map(host).collect(),
        datacenters: (0..).zip(&DCS).map(dc).collect(),
        shape: TreeShape { width: 32, depth: None },
        credentials: Credentials::Own,
        payload: Some(payload("nginx-fix.sh")),
        limits: RunLimits::default(),
    }
}

pub fn payload(name: &str) -> Payload {
    Payload {
        kind: PayloadKind::Script,
        name: name.into(),
        blob: BlobRef { digest: Digest::of(name.as_bytes()), len: 10 },
        args: vec![],
        env: vec![],
        cwd: None,
        stdin: None,
        run_as: None,
    }
}
