//! Carries a plan out: record, views, links, signals, exit code.

use crate::args::{OutputArgs, SshArgs};
use crate::config::Settings;
use crate::error::{CliError, ErrorKind, plain};
use crate::exit;
use crate::request::Planned;
use crate::run::bodies::LedgerBodies;
use crate::run::display::Display;
use crate::run::identity::{now_ms, run_id, who};
use crate::run::signals::{Heard, Signals};
use crate::run::sink::LedgerSink;
use crate::run::ssh::{connector, inner_links};
use crate::run::timers::timers;
use crate::run::views::Views;
use mcom_driver::run::{Order, Start, coordinate};
use mcom_ledger::{Ledger, RunHead, runs_dir};
use mcom_model::{HostId, Payload, Plan, RunSpec, RunStart};
use mcom_report::{LiveReport, Progress, RunInfo, RunView, write_outdir};
use std::path::Path;
use std::sync::Arc;

/// Everything about a run that is not in its plan.
#[derive(Clone, Copy)]
pub struct Execution<'a> {
    /// How long links are made.
    pub ssh: &'a SshArgs,
    /// What is printed.
    pub output: &'a OutputArgs,
    /// The settings.
    pub settings: &'a Settings,
    /// How the run is shown.
    pub display: Display,
}

/// Carries a plan out and returns the exit code. An error means that no host was touched.
pub fn execute(planned: Planned, payload: Payload, how: Execution<'_>) -> Result<u8, CliError> {
    let Planned { plan, blobs, .. } = planned;
    let outdir = how.output.outdir.as_deref().map(Path::new);
    outdir.map_or(Ok(()), make_outdir)?;
    let (client, connector) = connector(how.ssh, how.settings, &plan.limits)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| system("no event loop", &error))?;

    let (signals, control, heard) = {
        let _inside = runtime.enter();
        Signals::listen().map_err(|error| system("no signals", &error))?
    };

    let spec = spec(&plan, payload, &how)?;
    let started_ms = now_ms();
    let start = Start::New(RunStart { run: spec.run.clone(), started_ms, hosts: plan.hosts.len() as u64 });
    let mut sink = sink(&plan, &spec, started_ms, &how)?;
    let order = Order { plan: &plan, spec, start, blobs };
    let carry_out = async {
        coordinate(connector, order, &mut sink, control).await;
        client.close();
        finish(sink, outdir, &heard, how.output.maxrc).await
    };
    runtime.block_on(async {
        tokio::select! {
            code = carry_out => Ok(code),
            never = signals.pass_on() => match never {},
        }
    })
}

fn spec(plan: &Plan, payload: Payload, how: &Execution<'_>) -> Result<RunSpec, CliError> {
    Ok(RunSpec {
        run: run_id()?,
        attempt: 1,
        who: who(),
        reason: plan.request.reason.clone(),
        payload,
        limits: plan.limits.for_hosts(plan.hosts.len() as u64),
        shape: plan.shape,
        output: how.display.mode,
        inner: inner_links(how.settings),
        once: plan.request.once,
        lock: plan.request.lock,
        timers: timers(),
    })
}

/// The record and the views, before anything has happened.
fn sink(plan: &Plan, spec: &RunSpec, started_ms: u64, how: &Execution<'_>) -> Result<LedgerSink, CliError> {
    let version = concat!("mcom ", env!("CARGO_PKG_VERSION"));
    let head = RunHead::new(plan.clone(), spec.clone(), started_ms, version, std::env::args().collect());
    let runs = runs_dir(&how.settings.state_home.value);
    let ledger = Ledger::create(&runs, &head);
    let ledger = ledger.map_err(|error| CliError::new(ErrorKind::Ledger, error.to_string()))?;
    let bodies = LedgerBodies(ledger.reader());
    let info = Arc::new(RunInfo::new(plan, spec, started_ms));
    let (out, err) = (Box::new(std::io::stdout()), Box::new(std::io::stderr()));
    let report = LiveReport::new(Arc::clone(&info), how.display.options, out, err);
    let draws = how.display.options.progress == Progress::Bar;
    let views = Views::start(report, bodies, draws).map_err(|error| system("no thread for what is printed", &error))?;
    Ok(LedgerSink::new(ledger, views, RunView::new(info)))
}

/// Prints the end, and says what became of the record. No error here may hide what the hosts said.
async fn finish(sink: LedgerSink, outdir: Option<&Path>, heard: &Heard, maxrc: bool) -> u8 {
    let (ledger, views, view) = sink.into_parts();
    let left = left_alone(&view);
    let code = match maxrc {
        _ if !left.is_empty() => exit::UNKNOWN,
        true => exit::of_worst_host(view.hosts().map(|(_, host)| host)),
        false => exit::of_run(view.tally(), heard.first()),
    };
    let bodies = LedgerBodies(ledger.reader());
    let mut last = String::new();
    if let Some(Err(error)) = outdir.map(|dir| write_outdir(&view, &bodies, dir)) {
        last += &format!("mcom: the outputs could not be copied: {}; they are in the ledger\n", plain(&error));
    }
    if let Err(error) = ledger.finish() {
        last += &format!("mcom: {error}\n");
    }
    if !left.is_empty() {
        let (hosts, run) = (view.info().fold(&left), &view.info().run);
        last += &format!("mcom: left before the end: the state of {hosts} is unknown; what was seen: mcom log {run}\n");
    }
    views.finish(last, heard.leave()).await;
    code
}

/// Hosts without an outcome: the operator left before it was known.
fn left_alone(view: &RunView) -> Vec<HostId> {
    view.hosts().filter(|(_, host)| host.outcome.is_none()).map(|(id, _)| id).collect()
}

fn make_outdir(dir: &Path) -> Result<(), CliError> {
    std::fs::create_dir_all(dir).map_err(|error| {
        CliError::new(ErrorKind::File, format!("the folder {} cannot be made: {}", dir.display(), plain(&error)))
    })
}

fn system(what: &str, error: &std::io::Error) -> CliError {
    CliError::new(ErrorKind::File, format!("{what}: {}", plain(error)))
}
