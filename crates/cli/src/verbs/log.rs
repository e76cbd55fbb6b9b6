//! `mcom log`: the nested log of a recorded run, in a pager on a terminal.

use crate::args::{LogArgs, LogOrder as Order};
use crate::config::Settings;
use crate::error::{CliError, ErrorKind, plain};
use crate::resolve::names_among;
use crate::rollout::find;
use crate::run::{LedgerBodies, Terminal, ignore, now_ms, run_info};
use crate::verbs::chosen::named;
use crate::verbs::log_rollout::log_of_rollout;
use crate::verbs::pager::Pager;
use mcom_ledger::{RunStatus, StoredRun, runs_dir};

use mcom_model::HostId;
use mcom_report::{JsonEvents, LogOptions, LogOrder, RunInfo, RunView, nested_log, raw};
use regex::bytes::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::sync::Arc;

/// Prints the log of a run, the last one unless named.
pub fn log(args: &LogArgs, settings: &Settings) -> Result<(), CliError> {
    let grep = args.grep.as_deref().map(expression).transpose()?;
    let runs = runs_dir(&settings.state_home.value);
    let rollout = args.run.as_deref().map(|name| find(name, settings)).transpose()?.flatten();
    let run = match (named(&runs, args.run.as_deref()), rollout) {
        // A name that is typed in full is meant, whichever run's id begins so.
        (_, Some((rollout, true))) | (Err(_), Some((rollout, false))) => {
            return log_of_rollout(&rollout, args, grep, settings);
        }
        (run, _) => run?,
    };
    let head = run.head()?;
    let info = Arc::new(run_info(&head));
    let terminal = Terminal::of_process();
    if args.json {
        return events(&run, info);
    }
    let running = run.status()? == RunStatus::Running;
    let mut view = RunView::new(info);
    for event in run.events()? {
        view.apply(&event?);
    }
    let hosts = chosen(args, &view)?;
    if args.raw {
        return exact(&view, hosts.unwrap_or_default(), run);
    }
    let options = LogOptions { hosts, running, ..options(args, grep, settings) };
    let mut pager = Pager::start(terminal.out);
    let written = nested_log(&view, &LedgerBodies(run), &options, pager.writer());
    pager.finish();
    printed(written)
}

/// How the log is written, whatever it is of.
pub(super) fn options(args: &LogArgs, grep: Option<Regex>, settings: &Settings) -> LogOptions {
    let terminal = Terminal::of_process();
    LogOptions {
        verbose: args.verbose,
        failed: args.failed,
        grep,
        order: args.by.map(|order| match order {
            Order::Host => LogOrder::Host,
            Order::Time => LogOrder::Time,
        }),
        hosts: None,
        ignore: ignore(&settings.fold_ignore.value),
        tty: terminal.out,
        color: terminal.color(args.color.unwrap_or(settings.color.value), terminal.out),
        running: false,
        now_ms: Some(now_ms()),
        width: (terminal.out && terminal.err).then_some(terminal.size.0),
    }
}

/// The hosts of `-h`; none where all are meant.
fn chosen(args: &LogArgs, view: &RunView) -> Result<Option<BTreeSet<HostId>>, CliError> {
    if args.hosts.is_empty() {
        return Ok(None);
    }
    let info = view.info();
    let ids: BTreeMap<&str, HostId> = info.host_ids().map(|id| (info.name(id), id)).collect();
    let names = names_among(&args.hosts, ids.keys().copied().collect())?;
    Ok(Some(names.iter().filter_map(|name| ids.get(name.as_str()).copied()).collect()))
}

/// The bytes that these hosts printed, each stream to its own.
fn exact(view: &RunView, hosts: BTreeSet<HostId>, run: StoredRun) -> Result<(), CliError> {
    let (mut out, mut err) = (io::BufWriter::new(io::stdout().lock()), io::stderr().lock());
    let written = raw(view, hosts, &LedgerBodies(run), &mut out, &mut err);
    printed(written.and_then(|()| out.flush()))
}

/// The recorded events as `run --json` gives them.
fn events(run: &StoredRun, info: Arc<RunInfo>) -> Result<(), CliError> {
    let bodies = LedgerBodies(StoredRun::open(run.dir())?);
    let (mut view, mut json) = (RunView::new(info), JsonEvents::new());
    let mut out = io::BufWriter::new(io::stdout().lock());
    for event in run.events()? {
        let event = event?;
        view.apply(&event);
        if let Err(error) = json.event(&view, &event, &bodies, &mut out) {
            return printed(Err(error));
        }
    }
    printed(json.finish(&view, &bodies, &mut out).and_then(|()| out.flush()))
}

/// A reader that went away is no error.
pub(super) fn printed(written: io::Result<()>) -> Result<(), CliError> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(CliError::new(ErrorKind::Ledger, format!("the log cannot be shown: {}", plain(&error))))
        }
        _ => Ok(()),
    }
}

fn expression(text: &str) -> Result<Regex, CliError> {
    Regex::new(text).map_err(|error| {
        let why = error.to_string();
        let why = why.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        CliError::new(ErrorKind::Usage, format!("--grep `{text}` is not a regular expression: {why}"))
    })
}
