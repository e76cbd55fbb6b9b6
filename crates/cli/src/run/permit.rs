//! What a run refuses by its plan alone, so that a plan that is only printed is refused as well.

use crate::args::PasswordArgs;
use crate::config::Settings;
use crate::error::CliError;
use crate::run::authority::is_certified;
use crate::run::password::is_wanted;
use mcom_model::Plan;

/// Refuses a plan whose run would be refused: a password that parents would see, certificates that
/// nobody makes.
pub fn permitted(plan: &Plan, password: PasswordArgs, settings: &Settings) -> Result<(), CliError> {
    is_wanted(password, plan, plan.payload.as_ref().and_then(|payload| payload.run_as.as_ref()))?;
    is_certified(plan, settings)
}
