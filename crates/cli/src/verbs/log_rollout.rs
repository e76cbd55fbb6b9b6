//! `mcom log NAME` of a rollout: its stages, and below each run the run's own nested log.

use crate::args::LogArgs;
use crate::config::Settings;
use crate::error::{CliError, ErrorKind};
use crate::output::print_bytes;
use crate::resolve::names_among;
use crate::rollout::{carrier, stored_head};
use crate::run::{LedgerBodies, Terminal, run_info};
use crate::verbs::log::{options, printed};
use crate::verbs::pager::Pager;
use mcom_ledger::{ReadError, StoredRollout, find_run_by_id, runs_dir};
use mcom_report::RunView;
use mcom_report::rollout::{RolloutLog, RolloutRun, event_json, nested_rollout_log};
use mcom_rollout::{Happened, RolloutEvent, RolloutSpec};
use regex::bytes::Regex;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// Prints the log of a rollout.
pub(super) fn log_of_rollout(
    rollout: &StoredRollout,
    args: &LogArgs,
    grep: Option<Regex>,
    settings: &Settings,
) -> Result<(), CliError> {
    let spec = stored_head(rollout)?.spec;
    if args.raw {
        return Err(CliError::new(
            ErrorKind::Usage,
            format!("--raw gives what hosts printed in one run, and {} has several", spec.name),
        )
        .hint(format!("its runs: mcom log {}", spec.name)));
    }
    let writer = rollout.writer()?;
    let events: Vec<RolloutEvent> = rollout.events().and_then(Iterator::collect)?;
    if args.json {
        let lines: String = events.iter().map(|event| event_json(&spec, event)).collect();
        return print_bytes(lines.as_bytes());
    }
    let hosts = hosts(args, &spec)?;
    let recorded = recorded(&runs_dir(&settings.state_home.value), &events)?;
    let runs: Vec<RolloutRun<'_>> = recorded.iter().map(Recorded::shown).collect();
    let carrier = carrier(writer.as_ref());
    let log =
        RolloutLog { spec: &spec, events: &events, runs: &runs, carried_by: carrier.as_ref(), hosts: hosts.as_ref() };
    let mut pager = Pager::start(Terminal::of_process().out);
    let written = nested_rollout_log(log, &options(args, grep, settings), pager.writer());
    pager.finish();
    printed(written)
}

/// The hosts of `-h`; none where all are meant.
fn hosts(args: &LogArgs, spec: &RolloutSpec) -> Result<Option<BTreeSet<String>>, CliError> {
    if args.hosts.is_empty() {
        return Ok(None);
    }
    let known = spec.plan.hosts.iter().map(|host| host.name.as_str()).collect();
    Ok(Some(names_among(&args.hosts, known)?.into_iter().collect()))
}

/// A run of the rollout, as it is recorded.
struct Recorded {
    view: RunView,
    bodies: LedgerBodies,
    running: bool,
}

impl Recorded {
    fn shown(&self) -> RolloutRun<'_> {
        RolloutRun { view: &self.view, bodies: &self.bodies, running: self.running }
    }
}

/// The runs that have a record.
fn recorded(runs: &Path, events: &[RolloutEvent]) -> Result<Vec<Recorded>, ReadError> {
    let begun = events.iter().filter_map(|event| match &event.what {
        Happened::RunBegun { run, .. } => Some(run),
        _ => None,
    });
    let mut recorded = Vec::new();
    for run in begun {
        let Some(run) = find_run_by_id(runs, run)? else { continue };
        let running = run.writer()?.is_some();
        let mut view = RunView::new(Arc::new(run_info(&run.head()?)));
        for event in run.events()? {
            view.apply(&event?);
        }
        recorded.push(Recorded { view, bodies: LedgerBodies(run), running });
    }
    Ok(recorded)
}
