//! What every node of a run is told, from its plan.

use crate::config::Settings;
use crate::run::identity::who;
use crate::run::ssh::inner_links;
use crate::run::timers::timers;
use mcom_model::{OutputMode, Payload, Plan, RunId, RunSpec};

/// A first attempt, as the plan says it.
pub fn spec_of(plan: &Plan, run: RunId, payload: Payload, output: OutputMode, settings: &Settings) -> RunSpec {
    RunSpec {
        run,
        attempt: 1,
        who: who(),
        reason: plan.request.reason.clone(),
        payload,
        limits: plan.limits.for_hosts(plan.hosts.len() as u64),
        shape: plan.shape,
        output,
        credentials: plan.credentials,
        inner: inner_links(settings),
        once: plan.request.once,
        lock: plan.request.lock,
        undoes: None,
        looks: false,
        timers: timers(),
    }
}
