//! `mcom rollout list`: the rollouts of this machine.

use crate::args::RolloutListArgs;
use crate::config::Settings;
use crate::error::CliError;
use crate::exit;
use crate::output::{print, say};
use crate::rollout::carrier;
use crate::run::Terminal;
use mcom_ledger::{ReadError, RolloutSummary, StoredRollout, list_rollouts, rollouts_dir};
use mcom_report::rollout::{RolloutOptions, RolloutRow, list_json, list_text};
use mcom_rollout::RolloutState;

/// Prints the rollouts, the latest first. Returns the exit code.
pub(super) fn list(args: &RolloutListArgs, settings: &Settings) -> Result<u8, CliError> {
    let rollouts = rollouts_dir(&settings.state_home.value);
    let listing = list_rollouts(&rollouts)?;
    let left_out = listing.unreadable.into_iter().map(|one| one.error);
    let (mut rows, mut left_out) = (Vec::new(), left_out.collect::<Vec<_>>());
    for summary in listing.rollouts {
        match row(summary) {
            Ok(row) => rows.push(row),
            Err(error) => left_out.push(error),
        }
    }
    let terminal = Terminal::of_process();
    let options = RolloutOptions {
        color: terminal.color(settings.color.value, terminal.out),
        width: (terminal.out && terminal.err).then_some(terminal.size.0),
        verbose: false,
    };
    print(&if args.json { list_json(&rows) } else { list_text(&rows, &options) })?;
    if rows.is_empty() && left_out.is_empty() {
        say(&format!("no rollout is recorded under {}\n", rollouts.display()));
    }
    left_out.iter().for_each(|error| say(&format!("mcom: left out: {error}\n")));
    Ok(exit::OK)
}

fn row(summary: RolloutSummary) -> Result<RolloutRow, ReadError> {
    let spec = StoredRollout::open(summary.dir)?.head()?.spec;
    let state = summary.state.unwrap_or_else(|| RolloutState::new(spec.plan.hosts.len()));
    Ok(RolloutRow::new(&spec, &state, carrier(summary.writer.as_ref()).as_ref()))
}
