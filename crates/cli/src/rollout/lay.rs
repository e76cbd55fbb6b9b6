//! Which host is in which stage: from what is wanted to everything that is fixed before a rollout begins.

use crate::args::PasswordArgs;
use crate::config::Settings;
use crate::error::CliError;
use crate::policy::check_stages;
use crate::request::{Planned, Prepared};
use crate::resolve::{Fleet, StandardInput};
use crate::rollout::held::LeaveOut;
use crate::rollout::intent::{HealthIntent, Intent};
use crate::run::{now_ms, permitted, run_id, who};
use bytes::Bytes;
use mcom_fleet::hostset::HostSet;
use mcom_ledger::LongLinks;
use mcom_model::{BlobRef, HostId, Plan, PlanRequest};
use mcom_rollout::{HealthSpec, LaidOut, LayOut, RolloutSpec, Window, lay_out};
use std::collections::{BTreeMap, BTreeSet};

/// A rollout that can begin.
pub struct Laid {
    /// Everything that is fixed about it.
    pub spec: RolloutSpec,
    /// When stages may start.
    pub window: Option<Window>,
    /// The bytes of all that it runs.
    pub blobs: Vec<(BlobRef, Bytes)>,
    /// How links are made from here.
    pub links: LongLinks,
    /// Where hosts that another rollout holds can be left out.
    pub leave_out: LeaveOut,
    /// Hosts that no stage reaches.
    pub left_out: HostSet,
    /// Stages that add no host, each in words.
    pub empty: Vec<String>,
}

/// Lays a rollout out, and refuses one that may not be.
pub fn lay(intent: Intent<'_>, settings: &Settings) -> Result<Laid, CliError> {
    let Intent { name, planned, payload, undo, health, stages, on_fail, window, links, leave_out, error_at } = intent;
    let Planned { plan, blobs: bytes, .. } = planned;
    let named = |pattern: &str| hosts_named(pattern, &plan, settings);
    let controls = health.as_ref().map_or(0, |health| health.controls);
    let laid_out = lay_out(LayOut { name: &name, plan: &plan, stages: &stages, controls, named: &named });
    let laid_out = laid_out.map_err(|error| error_at(error.place, error.to_string()))?;
    let LaidOut { plan: part, stages, left_out, empty } = laid_out;
    let empty = empty.iter().map(ToString::to_string).collect();
    let left_out = left_out.iter().map(|id| plan.host(id).name.as_str()).collect();
    let reason = part.request.reason.clone();
    permitted(&part, PasswordArgs::default(), settings)?;
    let mut blobs: Vec<(BlobRef, Bytes)> = payload.blobs().zip(bytes).collect();
    let undo = undo.map(|undo| keep(undo, &mut blobs));
    let health = health.map(|health| {
        let HealthIntent { script, command, every_ms, within_ms, fails, .. } = health;
        let payload = script.map(|script| keep(script, &mut blobs));
        HealthSpec { payload, command, every_ms, within_ms, fails }
    });
    let spec = RolloutSpec {
        id: run_id()?,
        name,
        who: who(),
        started_ms: now_ms(),
        reason,
        plan: part,
        undo,
        health,
        stages,
        on_fail,
        window: window.as_ref().map(Window::to_string),
    };
    Ok(Laid { spec, window, blobs, links, leave_out, left_out, empty })
}

/// Refuses a rollout that breaks a rule of the policy.
pub fn keeps_policy(laid: &Laid, settings: &Settings) -> Result<(), CliError> {
    let RolloutSpec { plan, stages, reason, .. } = &laid.spec;
    let stages = stages.iter().map(|stage| (stage.name.as_str(), &stage.hosts));
    check_stages(plan, stages, reason.as_deref(), settings)
}

fn keep(prepared: Prepared, blobs: &mut Vec<(BlobRef, Bytes)>) -> mcom_model::Payload {
    let Prepared { payload, blobs: bytes } = prepared;
    blobs.extend(payload.blobs().zip(bytes));
    payload
}

/// The hosts of a stage's pattern, which must be hosts of the rollout.
fn hosts_named(pattern: &str, plan: &Plan, settings: &Settings) -> Result<BTreeSet<HostId>, String> {
    let request =
        PlanRequest { hosts: vec![pattern.to_owned()], exclude: Vec::new(), pick: None, ..plan.request.clone() };
    let stdin = StandardInput::default();
    let said = |error: CliError| error.message;
    let fleet = Fleet::load(&request, settings, &stdin).map_err(said)?;
    let hosts = fleet.hosts(&request).map_err(said)?;
    let ids: BTreeMap<&str, HostId> = plan.host_ids().map(|id| (plan.host(id).name.as_str(), id)).collect();
    let id_of = |name: &str| ids.get(name).copied().ok_or_else(|| format!("{name} is none of the rollout's hosts"));
    hosts.targets.iter().map(|target| id_of(&target.name)).collect()
}
