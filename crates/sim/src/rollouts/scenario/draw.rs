//! What follows from a seed.

use super::{Health, Nature, RolloutScenario, Trouble};
use crate::Scenario;
use crate::rng::Rng;
use jiff::tz::TimeZoneDatabase;
use mcom_model::{BlobRef, Digest, HostId, HostRanges, Payload, PayloadKind, Plan, RunId};
use mcom_rollout::{HealthSpec, OnFail, RolloutSpec, Skip, StageSpec, Verb, Wave, Window};
use std::sync::Arc;

/// Monday, 23 November 2026, 00:00 UTC.
const MONDAY_MS: u64 = 1_795_392_000_000;

const HOUR_MS: u64 = 3_600_000;

const WINDOWS: [&str; 3] = ["Mon-Thu 09:00-16:00 Europe/Amsterdam", "Mon-Sun 00:00-12:00 UTC", "Sat 10:00-10:30 UTC"];

pub(super) fn scenario(seed: u64) -> RolloutScenario {
    let mut rng = Rng::new(seed ^ 0x0110_7007);
    let real_runs = rng.chance(100);
    let hosts = u32::try_from(rng.range(1, if real_runs { 12 } else { 24 })).expect("a few hosts");
    let plan = Scenario::calm(seed, hosts, rng.range(1, 3).min(u64::from(hosts))).plan;
    let started_ms = MONDAY_MS + rng.range(0, 5 * 24 * HOUR_MS);
    let window = rng.chance(250).then(|| rng.pick(&WINDOWS));
    let spec = spec(&mut rng, seed, plan, started_ms, window);
    let calm = rng.chance(100);
    let bad = if calm { 0 } else { rng.pick(&[20, 100, 100, 300]) };
    let natures = (0..hosts).map(|_| Nature::draw(&mut rng, bad)).collect();
    let global = if !calm && rng.chance(150) { Health::draw(&mut rng) } else { Health::Well };
    let quiet_ms = started_ms + rng.pick(&[HOUR_MS / 4, HOUR_MS, 4 * HOUR_MS]);
    let troubles = if calm { Vec::new() } else { troubles(&mut rng, started_ms, quiet_ms) };
    let deaths = match rng.range(0, 3) {
        0 | 1 => Vec::new(),
        most => (0..most).map(|_| rng.range(1, 150)).collect(),
    };
    let window =
        window.map(|text| Window::parse(text, &TimeZoneDatabase::bundled()).expect("the windows above are good"));
    let spec = Arc::new(spec);
    RolloutScenario { seed, spec, window, natures, global, troubles, quiet_ms, deaths, real_runs }
}

fn spec(rng: &mut Rng, seed: u64, plan: Plan, started_ms: u64, window: Option<&str>) -> RolloutSpec {
    let health = rng.chance(700).then(|| health(rng));
    let stages = stages(rng, &plan);
    RolloutSpec {
        id: RunId::from_seed(seed),
        name: "fix".to_owned(),
        who: "alice@bastion".to_owned(),
        started_ms,
        reason: None,
        undo: rng.chance(700).then(|| payload("unfix.sh")),
        health,
        stages,
        on_fail: rng.pick(&[OnFail::Pause, OnFail::Pause, OnFail::Abort, OnFail::Undo]),
        window: window.map(str::to_owned),
        plan: Plan { payload: Some(payload("fix.sh")), ..plan },
    }
}

fn health(rng: &mut Rng) -> HealthSpec {
    let (script, command) = rng.pick(&[(true, false), (true, true), (false, true)]);
    HealthSpec {
        payload: script.then(|| payload("check.sh")),
        command: command.then(|| "curl -fsS https://mon.example".to_owned()),
        every_ms: rng.pick(&[5_000, 30_000, 120_000]),
        within_ms: rng.pick(&[0, 30_000, 120_000]),
        fails: u32::try_from(rng.range(1, 3)).expect("a few"),
    }
}

fn stages(rng: &mut Rng, plan: &Plan) -> Vec<StageSpec> {
    let mut left: Vec<HostId> = plan.host_ids().collect();
    for place in (1..left.len()).rev() {
        left.swap(place, usize::try_from(rng.range(0, place as u64)).expect("a place in a list"));
    }
    let count = rng.range(1, 5).min(left.len() as u64);
    let mut stages = Vec::new();
    for number in 1..=count {
        let others = count - number;
        let most = left.len() as u64 - others;
        let take = if others == 0 { most } else { rng.range(1, most.div_ceil(2)) };
        let hosts: Vec<HostId> = left.drain(..usize::try_from(take).expect("a part of a list")).collect();
        let controls = if rng.chance(400) { left.iter().copied().take(2).collect() } else { HostRanges::default() };
        stages.push(stage(rng, number, &hosts, controls));
    }
    stages
}

fn stage(rng: &mut Rng, number: u64, hosts: &[HostId], controls: HostRanges) -> StageSpec {
    let size = if rng.chance(600) { hosts.len() } else { hosts.len().div_ceil(rng.pick(&[2, 3])) };
    let fanouts = if rng.chance(200) { vec![(0, 1)] } else { Vec::new() };
    let wave = |hosts: &[HostId]| Wave { hosts: hosts.iter().copied().collect(), fanouts: fanouts.clone() };
    StageSpec {
        name: format!("stage{number}"),
        reach: "drawn".to_owned(),
        hosts: hosts.iter().copied().collect(),
        waves: hosts.chunks(size).map(wave).collect(),
        controls,
        soak_ms: rng.pick(&[0, 0, 30_000, 300_000, 1_800_000]),
        approve: rng.chance(250),
        max_fail: rng.pick(&[0, 0, 1, 2]),
        reboots_ms: rng.chance(150).then(|| rng.pick(&[60_000, 300_000])),
    }
}

fn payload(name: &str) -> Payload {
    Payload {
        kind: PayloadKind::Script,
        name: name.to_owned(),
        blob: BlobRef { digest: Digest::of(name.as_bytes()), len: 2_000 },
        args: Vec::new(),
        env: Vec::new(),
        cwd: None,
        stdin: None,
        run_as: None,
    }
}

/// Verbs are typed in bursts: whoever types one often types the next one soon.
fn troubles(rng: &mut Rng, started_ms: u64, quiet_ms: u64) -> Vec<(u64, Trouble)> {
    let mut troubles = Vec::new();
    let within = (quiet_ms - started_ms) / rng.pick(&[1, 4, 20]);
    let mut at = started_ms;
    for _ in 0..rng.pick(&[0, 1, 3, 10]) {
        at = if rng.chance(400) { at + rng.range(0, 2_000) } else { started_ms + rng.range(0, within) };
        troubles.push((at.min(quiet_ms), Trouble::Types(verb(rng), rng.chance(500))));
    }
    let mut some = |chance: u64, trouble: fn(&mut Rng) -> Trouble| {
        while rng.chance(chance) {
            troubles.push((started_ms + rng.range(0, within), trouble(rng)));
        }
    };
    some(350, |_| Trouble::Killed);
    some(200, |rng| Trouble::KeyGone(rng.range(10_000, 900_000)));
    some(200, |_| Trouble::Cancelled);
    troubles.sort_by_key(|(at, _)| *at);
    troubles
}

fn verb(rng: &mut Rng) -> Verb {
    let skip = Skip { soak: rng.chance(300), health: rng.chance(200), bad: rng.chance(300) };
    let resume = Verb::Resume(skip);
    let undo = Verb::Undo { skipped: rng.chance(300) };
    rng.pick(&[
        Verb::Pause,
        Verb::Pause,
        resume,
        resume,
        resume,
        Verb::Approve(skip),
        Verb::Approve(skip),
        Verb::Abort,
        undo,
    ])
}
