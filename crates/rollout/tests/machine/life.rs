//! A rollout that a test tells what happens: three stages of nine hosts, and what its machine wants.

use jiff::tz::TimeZoneDatabase;
use mcom_model::{
    BlobRef, Credentials, Digest, HostId, HostRanges, HostSpec, OutcomeKind, Payload, PayloadKind, Plan, PlanRequest,
    RunId, RunLimits, TreeShape,
};
use mcom_rollout::{
    Answer, Answered, Effect, HealthSpec, HostAnswer, HostEnd, Input, Machine, OnFail, Order, Refusal, RolloutEvent,
    RolloutSpec, RolloutState, RunOf, StageSpec, State, Verb, Wave, Window,
};
use std::sync::Arc;

/// Monday, 23 November 2026, 00:00 UTC.
pub const MONDAY_MS: u64 = 1_795_392_000_000;

pub const MINUTE_MS: u64 = 60_000;

pub const WHO: &str = "alice@bastion";

/// Three stages: one host, two, six in two waves. The first waits for somebody.
pub fn spec(health: bool) -> RolloutSpec {
    let host = |n: u32| HostSpec {
        name: format!("web{n}"),
        dc: 0,
        address: None,
        port: None,
        user: None,
        weight: 1,
        credentials: None,
    };
    let asks =
        HealthSpec { payload: Some(payload("check.sh")), command: None, every_ms: 30_000, within_ms: 0, fails: 1 };
    RolloutSpec {
        id: RunId::from_seed(7),
        name: "nginx-fix".to_owned(),
        who: WHO.to_owned(),
        started_ms: MONDAY_MS,
        reason: None,
        plan: Plan {
            version: Plan::VERSION,
            request: PlanRequest::default(),
            hosts: (0..9).map(host).collect(),
            datacenters: Vec::new(),
            shape: TreeShape { width: 32, depth: None },
            credentials: Credentials::Auto,
            payload: Some(payload("fix.sh")),
            limits: RunLimits::default(),
        },
        undo: Some(payload("unfix.sh")),
        health: health.then_some(asks),
        stages: vec![stage(0, &[(0, 0)], true), stage(1, &[(1, 2)], false), stage(2, &[(3, 5), (6, 8)], false)],
        on_fail: OnFail::Pause,
        window: None,
    }
}

fn stage(number: u64, waves: &[(u32, u32)], approve: bool) -> StageSpec {
    let hosts = |&(first, last): &(u32, u32)| (first..=last).map(HostId);
    StageSpec {
        name: format!("stage{number}"),
        reach: "all".to_owned(),
        hosts: waves.iter().flat_map(hosts).collect(),
        waves: waves.iter().map(|wave| Wave { hosts: hosts(wave).collect(), fanouts: Vec::new() }).collect(),
        controls: HostRanges::default(),
        soak_ms: 10 * MINUTE_MS,
        approve,
        max_fail: 0,
        reboots_ms: None,
    }
}

fn payload(name: &str) -> Payload {
    Payload {
        kind: PayloadKind::Script,
        name: name.to_owned(),
        blob: BlobRef { digest: Digest::of(name.as_bytes()), len: 1 },
        args: Vec::new(),
        env: Vec::new(),
        cwd: None,
        stdin: None,
        run_as: None,
    }
}

/// A rollout, its record, and what its process has to do.
pub struct Life {
    pub spec: Arc<RolloutSpec>,
    window: Option<Window>,
    pub machine: Machine,
    pub now_ms: u64,
    pub record: Vec<RolloutEvent>,
    /// The run that goes on, and whether nothing of it may start.
    pub run: Option<(RunId, RunOf, HostRanges, bool)>,
    /// Who is asked.
    pub asks: Option<HostRanges>,
    pub has_left: bool,
}

impl Life {
    pub fn new(spec: RolloutSpec) -> Self {
        let spec = Arc::new(spec);
        let zones = TimeZoneDatabase::bundled();
        let window = spec.window.as_ref().map(|text| Window::parse(text, &zones).expect("a window"));
        let machine = Machine::new(spec.clone(), window.clone());
        let (record, run, asks) = (Vec::new(), None, None);
        Self { spec, window, machine, now_ms: MONDAY_MS, record, run, asks, has_left: false }
    }

    pub fn begun(spec: RolloutSpec) -> Self {
        let mut life = Self::new(spec);
        life.carry_on();
        life
    }

    pub fn carry_on(&mut self) {
        self.hear(Input::CarryOn { who: WHO.to_owned() });
    }

    /// Takes an input in, and everything that follows.
    pub fn hear(&mut self, input: Input) {
        self.handle(input);
        while self.take_effect() {}
    }

    pub fn handle(&mut self, input: Input) {
        match &input {
            Input::RunEnded { .. } | Input::RunImpossible { .. } => self.run = None,
            Input::Checked(_) | Input::CheckImpossible { .. } => self.asks = None,
            _ => {}
        }
        self.machine.handle(self.now_ms, input);
    }

    /// Carries one effect out. Whether there was one.
    pub fn take_effect(&mut self) -> bool {
        let Some(effect) = self.machine.poll_effect() else { return false };
        match effect {
            Effect::Record(event) => self.record.push(event),
            Effect::Run { run, of, hosts, halted, .. } => self.run = Some((run, of, hosts, halted)),
            Effect::Halt => self.run.as_mut().expect("a run").3 = true,
            Effect::Check { hosts, .. } => self.asks = Some(hosts),
            Effect::Leave => self.has_left = true,
        }
        true
    }

    /// The process dies; another one reads the record.
    pub fn dies(&mut self) {
        let mut state = RolloutState::new(self.spec.plan.hosts.len());
        self.record.iter().for_each(|event| state.apply(event));
        self.machine = Machine::carried_on(self.spec.clone(), self.window.clone(), state);
        (self.run, self.asks, self.has_left) = (None, None, false);
    }

    pub fn state(&self) -> State {
        self.machine.state().state
    }

    pub fn order(verb: Verb, reason: bool) -> Order {
        Order { verb, who: WHO.to_owned(), reason: reason.then(|| "CHG1".to_owned()) }
    }

    /// Types a verb: what becomes of the rollout, or the refusal.
    pub fn types(&mut self, verb: Verb, reason: bool) -> Result<State, Refusal> {
        let order = Self::order(verb, reason);
        self.machine.can(&order)?;
        self.hear(Input::Asked(order));
        Ok(self.state())
    }

    pub fn asks(&mut self, verb: Verb) -> State {
        self.types(verb, true).unwrap_or_else(|refusal| panic!("{refusal}"))
    }

    /// The run that goes on ends, each host in its way.
    pub fn run_ends(&mut self, kind: impl Fn(HostId) -> OutcomeKind) {
        let (run, _, hosts, _) = self.run.clone().expect("a run goes on");
        let end = |host| HostEnd { host, kind: kind(host), signalled: false, boot: None };
        self.hear(Input::RunEnded { run, hosts: hosts.iter().map(end).collect(), stopped: None });
    }

    /// Those who are asked answer.
    pub fn answers(&mut self, answer: Answer) {
        let hosts = self.asks.clone().expect("somebody is asked");
        let said = |host| HostAnswer { host, answer, boot: None, said: String::new() };
        self.hear(Input::Checked(Answered { hosts: hosts.iter().map(said).collect(), global: None }));
    }

    /// Timers come, and everything answers well, until the state is another one.
    pub fn waits(&mut self) {
        let state = self.state();
        while self.state() == state {
            if self.asks.is_some() {
                self.answers(Answer::Healthy);
            } else {
                self.now_ms = self.machine.next_timeout_ms().expect("a timer");
                self.hear(Input::Timeout);
            }
        }
    }
}

pub const fn ok(_: HostId) -> OutcomeKind {
    OutcomeKind::Ok
}
