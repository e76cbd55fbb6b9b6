//! A small rollout with every kind of event, for the tests of this folder.

use crate::fixture::{self, STARTED_MS};
use mcom_ledger::{LongLinks, RolloutHead};
use mcom_model::{BlobRef, Digest, HostId, HostRanges, OutcomeKind, Payload};
use mcom_rollout::{
    Answer, Checked, Happened, HealthSpec, HostsEnded, OnFail, Order, RolloutEvent, RolloutSpec, RunOf, Skip,
    StageSpec, State, Verb, Wave, Why,
};

/// What reverts the change.
pub const UNDO: &[u8] = b"#!/bin/sh\necho bye\n";

fn hosts(ids: &[u32]) -> HostRanges {
    ids.iter().copied().map(HostId).collect()
}

pub fn head(id: &str, name: &str) -> RolloutHead {
    let run = fixture::head(id);
    let payload = run.plan.payload.clone().unwrap();
    let blob = |bytes: &[u8]| BlobRef { digest: Digest::of(bytes), len: bytes.len() as u64 };
    let undo = Payload { name: "unfix.sh".into(), blob: blob(UNDO), ..payload.clone() };
    let ask = Payload { name: "check.sh".into(), blob: blob(b"exit 0\n"), args: Vec::new(), ..payload };
    let stage = |name: &str, reach: &str, adds: &[u32]| StageSpec {
        name: name.into(),
        reach: reach.into(),
        hosts: hosts(adds),
        waves: vec![Wave { hosts: hosts(adds), fanouts: Vec::new() }],
        controls: HostRanges::default(),
        soak_ms: 60_000,
        approve: false,
        max_fail: 0,
        reboots_ms: None,
    };
    let canary =
        StageSpec { controls: hosts(&[2]), approve: true, reboots_ms: Some(600_000), ..stage("canary", "1", &[0]) };
    let waves = vec![Wave { hosts: hosts(&[1]), fanouts: vec![(0, 1)] }, Wave { hosts: hosts(&[2]), fanouts: vec![] }];
    let spec = RolloutSpec {
        id: id.parse().unwrap(),
        name: name.into(),
        who: "alice@bastion".into(),
        started_ms: STARTED_MS,
        reason: Some("CHG123".into()),
        plan: run.plan,
        undo: Some(undo),
        health: Some(HealthSpec {
            payload: Some(ask),
            command: Some("curl -fsS https://mon.example/errors".into()),
            every_ms: 30_000,
            within_ms: 120_000,
            fails: 2,
        }),
        stages: vec![canary, StageSpec { waves, max_fail: 1, ..stage("rest", "all", &[1, 2]) }],
        on_fail: OnFail::Undo,
        window: Some("Mon-Thu 09:00-16:00 Europe/Amsterdam".into()),
    };
    let command = ["mcom", "rollout", "start", "mail-fix.toml"].map(String::from).to_vec();
    let ssh = LongLinks { config: Some("/home/alice/ssh_config".into()), options: vec!["User=ops".into()] };
    RolloutHead::new(spec, "0.1.0", command, ssh)
}

/// Every kind of event and of reason once at least. Not the life of one rollout: what matters is their form.
pub fn events(id: &str) -> Vec<RolloutEvent> {
    let spec = head(id, "mail-fix").spec;
    let became = |state, stage, until_ms, why| Happened::Became { state, stage, until_ms, why };
    let said = || "too many errors".to_owned();
    let asked = |verb, reason: Option<&str>| {
        Happened::Asked(Order { verb, who: "bob@bastion".into(), reason: reason.map(str::to_owned) })
    };
    let operator = Why::Operator { who: "bob@bastion".into(), reason: Some("lunch".into()) };
    let paused = |why| became(State::Paused, 0, None, Some(why));
    let skip = Skip { soak: true, health: true, bad: false };
    let round = Checked {
        healthy: hosts(&[0]),
        inconclusive: hosts(&[2]),
        sick: hosts(&[1]),
        global: Some(Answer::Healthy),
        said: vec![(Some(HostId(1)), "502".into()), (None, "0.2".into())],
    };
    let ended = |run, kind| HostsEnded {
        run: spec.run_id(run),
        ends: vec![(kind, hosts(&[0]))],
        signalled: HostRanges::default(),
        boots: Vec::new(),
    };
    let canary =
        HostsEnded { signalled: hosts(&[0]), boots: vec![(HostId(0), "b00t".into())], ..ended(0, OutcomeKind::Failed) };
    [
        became(State::Pending, 0, Some(STARTED_MS + 9_000), Some(Why::Window)),
        Happened::RunBegun { run: spec.run_id(0), of: RunOf::Stage(0), hosts: hosts(&[0]) },
        became(State::Running, 0, None, None),
        Happened::RunEnded(canary),
        Happened::Rebooted { hosts: hosts(&[0]) },
        became(State::Soaking, 0, Some(STARTED_MS + 90_000), None),
        Happened::Checked(Checked { healthy: hosts(&[0]), ..Checked::default() }),
        asked(Verb::Pause, Some("lunch")),
        paused(operator),
        Happened::CarriedOn { who: "carol@bastion".into() },
        asked(Verb::Resume(Skip::default()), None),
        Happened::Checked(round),
        Happened::Sick { hosts: hosts(&[0]) },
        paused(Why::TooManyBad { bad: 1, limit: 0 }),
        Happened::Accepted { hosts: hosts(&[0]) },
        paused(Why::GlobalSick { said: said() }),
        paused(Why::Inconclusive { said: said() }),
        paused(Why::CannotReach { said: said() }),
        paused(Why::Stopped { said: said() }),
        asked(Verb::Resume(skip), Some("CHG124")),
        became(State::AwaitingApproval, 0, None, None),
        asked(Verb::Approve(Skip::default()), None),
        became(State::Running, 1, None, None),
        asked(Verb::Abort, None),
        became(State::Aborting, 1, None, None),
        became(State::Aborted, 1, None, None),
        asked(Verb::Undo { skipped: true }, None),
        became(State::Undoing, 1, None, None),
        Happened::RunBegun { run: spec.run_id(1), of: RunOf::Undo, hosts: hosts(&[0]) },
        Happened::RunEnded(ended(1, OutcomeKind::Ok)),
        paused(Why::NotUndone { hosts: 1 }),
        became(State::Undone, 1, None, None),
        became(State::Done, 2, None, None),
    ]
    .into_iter()
    .zip(0..)
    .map(|(what, n)| RolloutEvent { at_ms: STARTED_MS + n * 1_501, what })
    .collect()
}
