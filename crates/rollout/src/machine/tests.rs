//! The life of a rollout, told as inputs and what they bring about.

use super::*;
use crate::answer::{Answer, Answered, HostAnswer};
use crate::event::RunOf;
use crate::order::{Order, Skip, Verb};
use crate::spec::{HealthSpec, OnFail, StageSpec, Wave};
use mcom_model::{HostId, HostRanges, OutcomeKind, Plan, PlanRequest, RunId, RunLimits, TreeShape};

const MINUTE: u64 = 60_000;

fn stage(name: &str, hosts: std::ops::Range<u32>, approve: bool) -> StageSpec {
    let hosts: HostRanges = hosts.map(HostId).collect();
    StageSpec {
        name: name.into(),
        reach: "all".into(),
        waves: vec![Wave { hosts: hosts.clone(), fanouts: Vec::new() }],
        hosts,
        controls: HostRanges::default(),
        soak_ms: 10 * MINUTE,
        approve,
        max_fail: 0,
        reboots_ms: None,
    }
}

fn spec(on_fail: OnFail, health: bool) -> RolloutSpec {
    let host = |n: u32| mcom_model::HostSpec {
        name: format!("web{n}"),
        dc: 0,
        address: None,
        port: None,
        user: None,
        weight: 1,
        credentials: None,
    };
    let payload = mcom_model::Payload {
        kind: mcom_model::PayloadKind::Script,
        name: "fix.sh".into(),
        blob: mcom_model::BlobRef { digest: mcom_model::Digest::of(b"x"), len: 1 },
        args: Vec::new(),
        env: Vec::new(),
        cwd: None,
        stdin: None,
        run_as: None,
    };
    let asks =
        HealthSpec { payload: Some(payload.clone()), command: None, every_ms: 30_000, within_ms: 120_000, fails: 2 };
    RolloutSpec {
        id: RunId::from_seed(7),
        name: "nginx-fix".into(),
        who: "alice@bastion".into(),
        started_ms: 1,
        reason: None,
        plan: Plan {
            version: Plan::VERSION,
            request: PlanRequest::default(),
            hosts: (0..6).map(host).collect(),
            datacenters: Vec::new(),
            shape: TreeShape { width: 32, depth: None },
            credentials: mcom_model::Credentials::Auto,
            payload: Some(payload.clone()),
            limits: RunLimits::default(),
        },
        undo: Some(payload),
        health: health.then_some(asks),
        stages: vec![stage("canary", 0..1, true), stage("some", 1..3, false), stage("rest", 3..6, false)],
        on_fail,
        window: None,
    }
}

/// A machine, what it wants, and what it has said.
struct Life {
    machine: Machine,
    now_ms: u64,
    effects: Vec<Effect>,
}

impl Life {
    fn begin(spec: RolloutSpec) -> Self {
        let mut life = Self { machine: Machine::new(Arc::new(spec), None), now_ms: 1_000, effects: Vec::new() };
        life.hear(Input::CarryOn { who: "alice@bastion".into() });
        life
    }

    fn hear(&mut self, input: Input) {
        self.machine.handle(self.now_ms, input);
        self.effects = std::iter::from_fn(|| self.machine.poll_effect()).collect();
    }

    fn ask(&mut self, verb: Verb) {
        let order = Order { verb, who: "bob@bastion".into(), reason: Some("because".into()) };
        assert_eq!(self.machine.can(&order), Ok(()));
        self.hear(Input::Asked(order));
    }

    fn at(&self) -> (State, u32) {
        (self.machine.state().state, self.machine.state().stage)
    }

    /// The run that is wanted, with the number of its hosts.
    fn run(&self) -> (RunId, RunOf, Vec<HostId>) {
        let run = self.effects.iter().find_map(|effect| match effect {
            Effect::Run { run, of, hosts, .. } => Some((run.clone(), *of, hosts.iter().collect())),
            _ => None,
        });
        run.expect("a run is wanted")
    }

    fn end_run(&mut self, kind_of: impl Fn(HostId) -> OutcomeKind) {
        let (run, _, hosts) = self.run();
        let end = |host| HostEnd { host, kind: kind_of(host), signalled: false, boot: None };
        self.now_ms += 1_000;
        self.hear(Input::RunEnded { run, hosts: hosts.into_iter().map(end).collect(), stopped: None });
    }

    fn answer(&mut self, answer_of: impl Fn(HostId) -> Answer) {
        let asked = self.effects.iter().find_map(|effect| match effect {
            Effect::Check { hosts, .. } => Some(hosts.clone()),
            _ => None,
        });
        let asked = asked.expect("hosts are asked");
        let answer = |host| HostAnswer { host, answer: answer_of(host), boot: None, said: "502".into() };
        self.now_ms += 1_000;
        self.hear(Input::Checked(Answered { hosts: asked.iter().map(answer).collect(), global: None }));
    }

    /// Until the next thing that is due.
    fn wait(&mut self) {
        self.now_ms = self.machine.next_timeout_ms().expect("something is due");
        self.hear(Input::Timeout);
    }

    fn soak_well(&mut self) {
        let stage = self.at();
        while self.at() == stage {
            match self.effects.iter().any(|effect| matches!(effect, Effect::Check { .. })) {
                true => self.answer(|_| Answer::Healthy),
                false => self.wait(),
            }
        }
    }
}

fn ok(_: HostId) -> OutcomeKind {
    OutcomeKind::Ok
}

#[test]
fn stage_by_stage_to_the_end() {
    let mut life = Life::begin(spec(OnFail::Pause, true));
    assert_eq!(life.at(), (State::Running, 0));
    life.end_run(ok);
    assert_eq!(life.at(), (State::Soaking, 0));
    let soaked_from = life.now_ms;
    life.soak_well();
    assert!(life.now_ms - soaked_from >= 10 * MINUTE);
    assert_eq!((life.at(), life.effects.last()), ((State::AwaitingApproval, 0), Some(&Effect::Leave)));
    life.ask(Verb::Approve(Skip::default()));
    for (stage, hosts) in [(1, 2), (2, 3)] {
        assert_eq!((life.at(), life.run().2.len()), ((State::Running, stage), hosts));
        life.end_run(ok);
        life.soak_well();
    }
    assert_eq!((life.at(), life.effects.last()), ((State::Done, 3), Some(&Effect::Leave)));
    assert_eq!(life.machine.state().changed().len(), 6);
}

#[test]
fn a_sick_host_stops_it_and_a_resume_asks_again() {
    let mut life = Life::begin(spec(OnFail::Pause, true));
    life.end_run(ok);
    life.answer(|_| Answer::Healthy);
    for _ in 0..2 {
        life.wait();
        life.answer(|_| Answer::Sick);
    }
    assert_eq!(life.at(), (State::Paused, 0));
    assert_eq!(life.machine.state().why, Some(Why::TooManyBad { bad: 1, limit: 0 }));
    life.ask(Verb::Resume(Skip::default()));
    life.soak_well();
    assert_eq!(life.at(), (State::AwaitingApproval, 0));
}

const WITHOUT_BAD: Skip = Skip { soak: false, health: false, bad: true };

#[test]
fn what_never_ran_is_run_after_a_pause_and_nothing_else() {
    let mut life = Life::begin(spec(OnFail::Pause, false));
    life.end_run(ok);
    life.wait();
    life.ask(Verb::Approve(Skip::default()));
    life.end_run(|host| if host.0 == 1 { OutcomeKind::Unreachable } else { OutcomeKind::Failed });
    assert_eq!(life.at(), (State::Paused, 1));
    let resume = Order { verb: Verb::Resume(Skip::default()), who: "bob@bastion".into(), reason: None };
    let refused = life.machine.can(&resume).unwrap_err().to_string();
    assert!(refused.contains("1 host of the stage failed, and none may"), "{refused}");
    life.ask(Verb::Resume(WITHOUT_BAD));
    assert_eq!(life.run().2, [HostId(1)]);
    life.end_run(|_| OutcomeKind::Unreachable);
    assert_eq!(life.at(), (State::Soaking, 1), "the operator goes on without those that are bad");
}

#[test]
fn a_host_that_stays_out_of_reach_stops_it_again() {
    let mut life = Life::begin(spec(OnFail::Pause, false));
    for _ in 0..2 {
        life.end_run(|_| OutcomeKind::Unreachable);
        assert_eq!(life.at(), (State::Paused, 0));
        life.ask(Verb::Resume(Skip::default()));
    }
    life.end_run(ok);
    assert_eq!(life.at(), (State::Soaking, 0));
}

#[test]
fn a_host_that_did_not_come_back_is_not_waited_for_once_it_is_accepted() {
    let mut spec = spec(OnFail::Pause, false);
    spec.stages[0].reboots_ms = Some(MINUTE);
    let mut life = Life::begin(spec);
    life.end_run(ok);
    while life.at() == (State::Soaking, 0) {
        match life.effects.iter().any(|effect| matches!(effect, Effect::Check { .. })) {
            true => life.answer(|_| Answer::Sick),
            false => life.wait(),
        }
    }
    assert_eq!(life.at(), (State::Paused, 0), "it did not restart");
    life.ask(Verb::Resume(WITHOUT_BAD));
    assert_eq!(life.at(), (State::Soaking, 0));
    life.wait();
    assert_eq!(life.at(), (State::AwaitingApproval, 0));
}

#[test]
fn what_had_the_change_before_is_reverted_where_that_is_said() {
    let mut life = Life::begin(spec(OnFail::Pause, false));
    life.end_run(|_| OutcomeKind::Skipped);
    life.wait();
    let undo = |skipped| Order { verb: Verb::Undo { skipped }, who: "bob@bastion".into(), reason: None };
    let refused = life.machine.can(&undo(false)).unwrap_err().to_string();
    assert!(refused.contains("1 had the change before: there too: mcom rollout undo "), "{refused}");
    assert_eq!(life.machine.can(&undo(true)), Ok(()));
}

#[test]
fn a_failed_stage_is_undone_where_the_file_says_so() {
    let mut life = Life::begin(spec(OnFail::Undo, true));
    life.end_run(|_| OutcomeKind::Failed);
    assert_eq!((life.at(), life.run().1), ((State::Undoing, 0), RunOf::Undo));
    life.end_run(ok);
    assert_eq!(life.at(), (State::Undone, 0));
}

#[test]
fn an_abort_lets_end_what_runs() {
    let mut life = Life::begin(spec(OnFail::Pause, true));
    let (run, ..) = life.run();
    life.ask(Verb::Abort);
    assert_eq!((life.at().0, life.effects.last()), (State::Aborting, Some(&Effect::Halt)));
    let hosts = vec![HostEnd { host: HostId(0), kind: OutcomeKind::Ok, signalled: false, boot: None }];
    life.hear(Input::RunEnded { run, hosts, stopped: None });
    assert_eq!((life.at().0, life.machine.state().changed().len()), (State::Aborted, 1));
}

#[test]
fn a_new_process_carries_the_open_run_on() {
    let mut life = Life::begin(spec(OnFail::Pause, true));
    let (run, ..) = life.run();
    let state = life.machine.state().clone();
    life.machine = Machine::carried_on(Arc::new(spec(OnFail::Pause, true)), None, state);
    life.hear(Input::CarryOn { who: "bob@bastion".into() });
    assert_eq!(life.run().0, run);
}
