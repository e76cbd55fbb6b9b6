//! `mcom rollout watch`: follows a rollout that goes on elsewhere.

use crate::args::RolloutWatchArgs;
use crate::config::Settings;
use crate::error::CliError;
use crate::rollout::{open_or_latest, stored_head, watch as follow};

/// Shows it until nobody carries it on. Returns the exit code of its state.
pub(super) fn watch(args: &RolloutWatchArgs, settings: &Settings) -> Result<u8, CliError> {
    let rollout = open_or_latest(args.name.as_deref(), settings)?;
    follow(&rollout, &stored_head(&rollout)?, &args.output, settings)
}
