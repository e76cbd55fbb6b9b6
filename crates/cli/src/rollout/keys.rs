//! Whether this machine has what it takes to log in on the hosts: learnt before anything is recorded, and whatever the
//! operator has to type is typed then.

use crate::config::Settings;
use crate::error::CliError;
use crate::run::{Operator, inner_links, reach, timers};
use mcom_ledger::LongLinks;
use mcom_model::{OutputMode, RunSpec};
use mcom_rollout::RolloutSpec;

/// Makes links to all hosts ready, and makes none.
pub fn try_keys(
    rollout: &RolloutSpec,
    links: &LongLinks,
    operator: &mut Operator,
    settings: &Settings,
) -> Result<(), CliError> {
    let plan = &rollout.plan;
    let Some(payload) = plan.payload.clone() else { return Ok(()) };
    let spec = RunSpec {
        run: rollout.id.clone(),
        attempt: 1,
        who: rollout.who.clone(),
        reason: None,
        payload,
        limits: plan.limits,
        shape: plan.shape,
        output: OutputMode::AtEnd,
        credentials: plan.credentials,
        inner: inner_links(settings),
        once: true,
        lock: plan.request.lock,
        undoes: None,
        looks: false,
        timers: timers(),
    };
    reach(links, plan, &spec, settings, operator)?.client.close();
    Ok(())
}
