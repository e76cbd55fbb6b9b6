//! `mcom retry`: a new run of the same payload, on the hosts of a run where it did not come to a good end.

use crate::args::RetryArgs;
use crate::config::Settings;
use crate::error::{CliError, ErrorKind, plain};
use crate::exit;
use crate::output::say;
use crate::request::{Made, Planned};
use crate::run::{Display, Execution, Shown, Terminal, blobs_of, busy, execute};
use crate::verbs::chosen::named;
use crate::verbs::plan::print_plan;
use crate::verbs::run::{confirm_plan, keeps_policy};
use mcom_fleet::hostset::{HostSet, fold};
use mcom_fleet::planner;
use mcom_ledger::{RunHead, StoredRun, runs_dir};
use mcom_model::{HostId, OutcomeKind, RecordedRun};
use std::collections::BTreeSet;

/// Runs the payload again and returns the exit code.
pub fn retry(args: &RetryArgs, settings: &Settings) -> Result<u8, CliError> {
    let run = named(&runs_dir(&settings.state_home.value), args.run.as_deref())?;
    let head = run.head()?;
    if let Some(writer) = run.writer()? {
        return Err(busy(&head.run, &writer));
    }
    let recorded = run.recorded()?.unwrap_or_else(|| unbegun(&head));
    let hosts = hosts_that(&recorded, is_tried_again);
    say_unknown(&head, &hosts_that(&recorded, |outcome| outcome.is_none_or(|kind| kind == OutcomeKind::Unknown)));
    if hosts.is_empty() {
        return Err(nothing_to_retry(&head));
    }
    let planned = planned(&run, &head, &hosts, args)?;
    if args.dry_run {
        say(&format!("retry of run {}: {} of its {} hosts\n", head.run, hosts.len(), head.hosts));
        print_plan(&planned, &Made::default(), args.output.json)?;
        keeps_policy(&planned.plan, settings)?;
        return Ok(exit::OK);
    }
    keeps_policy(&planned.plan, settings)?;
    confirm_plan("run again", &planned, args.yes.yes(), settings)?;
    let display = Display::new(&args.output, settings, Terminal::of_process(), hosts.len());
    let shown = Shown { output: &args.output, display };
    let payload = head.spec.payload.clone();
    execute(
        planned,
        payload,
        Execution { links: head.ssh.clone(), settings, shown, password: args.password, retry_of: Some(&head) },
    )
}

const fn is_tried_again(outcome: Option<OutcomeKind>) -> bool {
    use OutcomeKind::{Failed, Killed, NotRun, Refused, TimedOut, Unreachable};
    matches!(outcome, Some(Failed | TimedOut | Killed | Unreachable | Refused | NotRun))
}

fn hosts_that(recorded: &RecordedRun, is: impl Fn(Option<OutcomeKind>) -> bool) -> BTreeSet<HostId> {
    (0..).map(HostId).zip(&recorded.hosts).filter(|(_, host)| is(host.outcome)).map(|(id, _)| id).collect()
}

/// A run that had not begun knows nothing of its hosts.
fn unbegun(head: &RunHead) -> RecordedRun {
    RecordedRun {
        at: mcom_model::RunClock::ZERO,
        hosts: vec![mcom_model::RecordedHost::default(); head.plan.hosts.len()],
        bodies: BTreeSet::new(),
        cancelled: false,
        halted: None,
        ended: false,
    }
}

/// The plan of the run for these hosts alone, with what was typed laid over it, and the payload from its record.
fn planned(run: &StoredRun, head: &RunHead, hosts: &BTreeSet<HostId>, args: &RetryArgs) -> Result<Planned, CliError> {
    let blobs = blobs_of(run, head).map_err(|error| {
        let message = format!("the payload of run {} cannot be read from its record: {}", head.run, plain(&error));
        CliError::new(ErrorKind::Ledger, message)
    })?;
    let mut plan = planner::part(&head.plan, hosts);
    plan.credentials = args.credentials.credentials.unwrap_or(head.spec.credentials);
    plan.limits = args.pace.over(plan.limits);
    plan.request.lock = args.lock.over(plan.request.lock);
    plan.request.reason = args.reason.clone().or(plan.request.reason);
    Ok(Planned { plan, blobs, preferred: HostSet::default(), before_pick: hosts.len() })
}

fn say_unknown(head: &RunHead, unknown: &BTreeSet<HostId>) {
    if unknown.is_empty() {
        return;
    }
    let names = fold(unknown.iter().map(|&id| head.plan.host(id).name.as_str()));
    let run = &head.run;
    say(&format!(
        "mcom: not tried again, because it may run or have run there: {names}\n  ask them: mcom resume {run}\n"
    ));
}

fn nothing_to_retry(head: &RunHead) -> CliError {
    let run = &head.run;
    CliError::new(
        ErrorKind::NothingLeft,
        format!("no host of run {run} failed, was unreachable or refused, or did not run"),
    )
    .hint(format!("what came of it: mcom log {run}"))
}
