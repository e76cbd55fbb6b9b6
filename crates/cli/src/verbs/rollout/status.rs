//! `mcom rollout status`: how far a rollout is, and what to type next.

use crate::args::RolloutStatusArgs;
use crate::config::Settings;
use crate::error::CliError;
use crate::output::print;
use crate::rollout::{carrier, of_state, open_or_latest, stored_head};
use crate::run::{Terminal, now_ms};
use mcom_report::rollout::{RolloutOptions, status_json, status_text};
use mcom_rollout::RolloutState;

/// Prints the status. Returns the exit code of the state.
pub(super) fn status(args: &RolloutStatusArgs, settings: &Settings) -> Result<u8, CliError> {
    let rollout = open_or_latest(args.name.as_deref(), settings)?;
    let spec = stored_head(&rollout)?.spec;
    // Asked in this order, one that comes to its end in between is never called left alone.
    let writer = rollout.writer()?;
    let state = rollout.state()?.unwrap_or_else(|| RolloutState::new(spec.plan.hosts.len()));
    let carrier = carrier(writer.as_ref());
    let terminal = Terminal::of_process();
    let options = RolloutOptions {
        color: terminal.color(settings.color.value, terminal.out),
        width: (terminal.out && terminal.err).then_some(terminal.size.0),
        verbose: args.verbose > 0,
    };
    let text = match args.json {
        true => status_json(&spec, &state, carrier.as_ref(), now_ms()),
        false => status_text(&spec, &state, carrier.as_ref(), now_ms(), &options),
    };
    print(&text)?;
    Ok(of_state(&state))
}
