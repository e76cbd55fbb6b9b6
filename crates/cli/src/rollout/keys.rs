//! Whether this machine has what it takes to log in on the hosts: learnt before anything is recorded, and whatever the
//! operator has to type is typed then.

use crate::config::Settings;
use crate::error::CliError;
use crate::run::{Operator, reach, spec_of};
use mcom_ledger::LongLinks;
use mcom_model::OutputMode;
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
    let spec = spec_of(plan, rollout.id.clone(), payload, OutputMode::AtEnd, settings);
    reach(links, plan, &spec, settings, operator)?.client.close();
    Ok(())
}
