//! Whether this machine has what it takes to log in on the hosts: learnt before anything is recorded, and whatever the
//! operator has to type is typed then.

use crate::config::Settings;
use crate::error::CliError;
use crate::rollout::lay::Laid;
use crate::run::{Operator, inner_links, reach, timers};
use mcom_model::{OutputMode, RunSpec};

/// Makes links to all hosts ready, and makes none.
pub fn try_keys(laid: &Laid, operator: &mut Operator, settings: &Settings) -> Result<(), CliError> {
    let plan = &laid.spec.plan;
    let Some(payload) = plan.payload.clone() else { return Ok(()) };
    let spec = RunSpec {
        run: laid.spec.id.clone(),
        attempt: 1,
        who: laid.spec.who.clone(),
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
    reach(&laid.links, plan, &spec, settings, operator)?.client.close();
    Ok(())
}
