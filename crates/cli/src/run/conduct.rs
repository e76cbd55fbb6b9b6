//! What every run needs while it goes on, whether it is new or carried on: links, signals, a socket for orders from
//! elsewhere, the record, the views, and in the end an exit code.

use crate::args::{OutputArgs, PasswordArgs};
use crate::config::Settings;
use crate::error::{CliError, ErrorKind, plain};
use crate::exit;
use crate::run::bodies::LedgerBodies;
use crate::run::control::ControlSocket;
use crate::run::display::{Display, Terminal};
use crate::run::password;
use crate::run::rounds::{Patience, Work, rounds};
use crate::run::signals::{Heard, Signals};
use crate::run::sink::LedgerSink;
use crate::run::ssh::{Reach, reach};
use crate::run::views::Views;
use mcom_driver::run::{Control, Start};
use mcom_ledger::{Ledger, RunHead};
use mcom_model::{HostId, OutputMode};
use mcom_report::{LiveReport, Progress, RunInfo, RunView, write_outdir};
use mcom_wire::Secret;
use std::convert::Infallible;
use std::path::Path;
use std::sync::Arc;
use tokio::runtime::Runtime;
use tokio::sync::mpsc::{Receiver, Sender};

/// How a run is shown.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    /// What is printed.
    pub output: &'a OutputArgs,
    /// How.
    pub display: Display,
}

/// Everything that must be there before anything is recorded.
pub(super) struct Ready {
    reach: Reach,
    password: Option<Secret>,
    runtime: Runtime,
    signals: Signals,
    control: Receiver<Control>,
    heard: Heard,
}

/// A run whose record this process has to itself.
pub(super) struct Recorded<'a> {
    pub(super) head: &'a RunHead,
    pub(super) ledger: Ledger,
    pub(super) start: Start,
    pub(super) blobs: Vec<bytes::Bytes>,
    /// How long hosts that cannot be reached are tried again.
    pub(super) patience: Patience,
    /// What is asked of it at once.
    pub(super) first: Option<Control>,
}

impl Ready {
    /// Asks the operator whatever must be asked, before signals are anything but signals.
    pub(super) fn new(
        head: &RunHead,
        asks: PasswordArgs,
        settings: &Settings,
        shown: Shown<'_>,
    ) -> Result<Self, CliError> {
        outdir(shown).map_or(Ok(()), make_outdir)?;
        let wanted = password::is_wanted(asks, &head.plan, head.spec.payload.run_as.as_ref())?;
        let reach = reach(&head.ssh, &head.plan, &head.spec, settings)?;
        let password = wanted.then(|| password::ask(&head.plan)).transpose()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| system("no event loop", &error))?;
        let (signals, control, heard) = {
            let _inside = runtime.enter();
            Signals::listen(Terminal::of_process().err).map_err(|error| system("no signals", &error))?
        };
        Ok(Self { reach, password, runtime, signals, control, heard })
    }

    /// Carries the run out until every host has its outcome or the operator leaves, and returns the exit code.
    pub(super) fn conduct(self, run: Recorded<'_>, shown: Shown<'_>) -> Result<u8, CliError> {
        let Self { reach, password, runtime, signals, mut control, heard } = self;
        let Reach { client, connector, authority } = reach;
        let Recorded { head, ledger, start, blobs, patience, first } = run;
        let words = signals.words();
        if let Some(first) = first {
            words.try_send(first).expect("there is room for the first word");
        }
        let socket = {
            let _inside = runtime.enter();
            ControlSocket::bind(ledger.dir())
        };
        let mut sink = sink(head, ledger, shown, &heard)?;
        if let Err(error) = &socket {
            sink.notice(format!("mcom: mcom cancel will not reach this run: {}", plain(error)));
        }
        let work = Work { connector, authority, password, head, blobs, patience };
        runtime.block_on(async move {
            let mut passing = std::pin::pin!(signals.pass_on());
            tokio::select! {
                () = rounds(work, start, &mut sink, &mut control) => {}
                never = &mut passing => match never {},
                never = listen(socket.as_ref().ok(), words) => match never {},
            }
            client.close();
            // A word that the run did not live to hear was an interrupt of what is printed.
            if heard.first().is_some() && control.try_recv().is_ok() {
                heard.say_leave();
            }
            // Whoever says a word from here on hears that the run is over.
            drop((control, socket));
            tokio::select! {
                code = finish(sink, shown, &heard) => Ok(code),
                never = &mut passing => match never {},
            }
        })
    }
}

async fn listen(socket: Option<&ControlSocket>, words: Sender<Control>) -> Infallible {
    match socket {
        Some(socket) => socket.pass_on(words).await,
        None => std::future::pending().await,
    }
}

/// The record, and the views as far as the run was told already.
fn sink(head: &RunHead, ledger: Ledger, shown: Shown<'_>, heard: &Heard) -> Result<LedgerSink, CliError> {
    let info = Arc::new(RunInfo::new(&head.plan, &head.spec, head.started_ms));
    let (out, err) = (Box::new(std::io::stdout()), Box::new(std::io::stderr()));
    let options = shown.display.options;
    // Whoever carries a run on may want it shown otherwise than it was begun.
    let mut report = match head.spec.output {
        OutputMode::Live => LiveReport::new(Arc::clone(&info), options, out, err),
        OutputMode::AtEnd => LiveReport::of_record(Arc::clone(&info), options, out, err),
    };
    let mut view = RunView::new(info);
    let unreadable = |error: mcom_ledger::ReadError| CliError::new(ErrorKind::Ledger, error.to_string());
    for event in ledger.reader().events().map_err(unreadable)? {
        let event = event.map_err(unreadable)?;
        view.apply(&event);
        report.past_event(&event);
    }
    let draws = options.progress == Progress::Bar;
    let bodies = LedgerBodies(ledger.reader());
    let views = Views::start(report, bodies, draws).map_err(|error| system("no thread for what is printed", &error))?;
    Ok(LedgerSink::new(ledger, views, view, heard.clone()))
}

/// Prints the end, and says what became of the record. No error here may hide what the hosts said.
async fn finish(sink: LedgerSink, shown: Shown<'_>, heard: &Heard) -> u8 {
    let (ledger, views, view) = sink.into_parts();
    let left = left_alone(&view);
    let code = match shown.output.maxrc {
        _ if !left.is_empty() => exit::UNKNOWN,
        true => exit::of_worst_host(view.hosts().map(|(_, host)| host)),
        false => exit::of_run(view.tally(), view.ended().map(|(_, by)| by), heard.first()),
    };
    let bodies = LedgerBodies(ledger.reader());
    let mut last = String::new();
    if let Some(Err(error)) = outdir(shown).map(|dir| write_outdir(&view, &bodies, dir)) {
        last += &format!("mcom: the outputs could not be copied: {}; they are in the ledger\n", plain(&error));
    }
    if let Err(error) = ledger.finish() {
        last += &format!("mcom: {error}\n");
    }
    if !left.is_empty() {
        let (hosts, run) = (view.info().fold(&left), &view.info().run);
        last += &format!(
            "mcom: left before the end: the state of {hosts} is unknown; what runs there goes on by itself\n  carry the \
             run on: mcom resume {run}\n"
        );
    }
    views.finish(last, heard.leave()).await;
    code
}

/// Hosts without an outcome: the operator left before it was known.
fn left_alone(view: &RunView) -> Vec<HostId> {
    view.hosts().filter(|(_, host)| host.outcome.is_none()).map(|(id, _)| id).collect()
}

fn outdir(shown: Shown<'_>) -> Option<&Path> {
    shown.output.outdir.as_deref().map(Path::new)
}

fn make_outdir(dir: &Path) -> Result<(), CliError> {
    std::fs::create_dir_all(dir).map_err(|error| {
        CliError::new(ErrorKind::File, format!("the folder {} cannot be made: {}", dir.display(), plain(&error)))
    })
}

fn system(what: &str, error: &std::io::Error) -> CliError {
    CliError::new(ErrorKind::File, format!("{what}: {}", plain(error)))
}
