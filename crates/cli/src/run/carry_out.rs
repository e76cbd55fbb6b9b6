//! What every run needs while it goes on, whether it is new or carried on, alone or one of several: links, a socket for
//! orders from elsewhere, the record, the views, and in the end what came of it.

use crate::error::{CliError, plain};
use crate::exit;
use crate::run::bodies::LedgerBodies;
use crate::run::control::pass_on;
use crate::run::info::run_info;
use crate::run::means::{Means, Shown};
use crate::run::rounds::{Patience, Work, rounds};
use crate::run::signals::{Heard, Hearing};
use crate::run::sink::{Known, LedgerSink};
use crate::run::ssh::Reach;
use crate::run::views::Views;
use crate::socket::ControlSocket;
use mcom_driver::run::{Control, Start};
use mcom_ledger::{Ledger, RunHead};
use mcom_model::{HostId, OutputMode};
use mcom_report::{LiveReport, Progress, RunView, write_outdir};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use tokio::sync::mpsc::Sender;

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
    /// What is typed to carry it on, where it is left before its end.
    pub(super) carried_on_by: String,
}

/// What came of a run.
pub struct Came {
    /// How every host ended, and what ended the run.
    pub view: RunView,
    /// The boot ids under which the payload was claimed.
    pub boots: BTreeMap<HostId, String>,
    /// The exit code.
    pub code: u8,
}

/// Carries a run out until every host has its outcome or the operator leaves.
pub(super) async fn carry_out(
    means: Means,
    run: Recorded<'_>,
    shown: Shown<'_>,
    hearing: Hearing,
) -> Result<Came, CliError> {
    let Means { reach: Reach { client, connector, authority }, password } = means;
    let Hearing { words, mut control, heard } = hearing;
    let Recorded { head, ledger, start, blobs, patience, first, carried_on_by } = run;
    if let Some(first) = first {
        words.try_send(first).expect("there is room for the first word");
    }
    let socket = ControlSocket::bind(ledger.dir());
    let mut sink = sink(head, ledger, shown, &heard)?;
    if let Err(error) = &socket {
        sink.notice(format!("mcom: mcom cancel will not reach this run: {}", plain(error)));
    }
    let work = Work { connector, authority, password, head, blobs, patience };
    tokio::select! {
        () = rounds(work, start, &mut sink, &mut control) => {}
        never = listen(socket.as_ref().ok(), words) => match never {},
    }
    client.close();
    // A word that the run did not live to hear was an interrupt of what is printed.
    if heard.first().is_some() && control.try_recv().is_ok() {
        heard.say_leave();
    }
    // Whoever says a word from here on hears that the run is over.
    drop((control, socket));
    Ok(finish(sink, shown, &heard, &carried_on_by).await)
}

async fn listen(socket: Option<&ControlSocket>, words: Sender<Control>) -> Infallible {
    match socket {
        Some(socket) => pass_on(socket, words).await,
        None => std::future::pending().await,
    }
}

/// The record, and the views as far as the run was told already.
fn sink(head: &RunHead, ledger: Ledger, shown: Shown<'_>, heard: &Heard) -> Result<LedgerSink, CliError> {
    let info = Arc::new(run_info(head));
    let (out, err) = (Box::new(std::io::stdout()), Box::new(std::io::stderr()));
    let options = shown.display.options;
    // Whoever carries a run on may want it shown otherwise than it was begun.
    let mut report = match head.spec.output {
        OutputMode::Live => LiveReport::new(Arc::clone(&info), options, out, err),
        OutputMode::AtEnd => LiveReport::of_record(Arc::clone(&info), options, out, err),
    };
    let mut known = Known::new(info);
    for event in ledger.reader().events()? {
        let event = event?;
        known.apply(&event);
        report.past_event(&event);
    }
    let draws = options.progress == Progress::Bar;
    let bodies = LedgerBodies(ledger.reader());
    let views = Views::start(report, bodies, draws)
        .map_err(|error| CliError::system("no thread for what is printed", &error))?;
    Ok(LedgerSink::new(ledger, views, known, heard.clone()))
}

/// Prints the end, and says what became of the record. No error here may hide what the hosts said.
async fn finish(sink: LedgerSink, shown: Shown<'_>, heard: &Heard, carried_on_by: &str) -> Came {
    let (ledger, views, Known { view, boots }) = sink.into_parts();
    let left = left_alone(&view);
    let code = match shown.output.maxrc {
        _ if !left.is_empty() => exit::UNKNOWN,
        true => exit::of_worst_host(view.hosts().map(|(_, host)| host)),
        false => exit::of_run(view.tally(), view.ended().map(|(_, by)| by), heard.first()),
    };
    let bodies = LedgerBodies(ledger.reader());
    let mut last = String::new();
    if let Some(Err(error)) = shown.outdir().map(|dir| write_outdir(&view, &bodies, dir)) {
        last += &format!("mcom: the outputs could not be copied: {}; they are in the ledger\n", plain(&error));
    }
    if let Err(error) = ledger.finish() {
        last += &format!("mcom: {error}\n");
    }
    if !left.is_empty() {
        let hosts = view.info().fold(&left);
        last += &format!(
            "mcom: left before the end: the state of {hosts} is unknown; what runs there goes on by itself\n  carry the \
             run on: {carried_on_by}\n"
        );
    }
    views.finish(last, heard.leave()).await;
    Came { view, boots, code }
}

/// Hosts without an outcome: the operator left before it was known.
fn left_alone(view: &RunView) -> Vec<HostId> {
    view.hosts().filter(|(_, host)| host.outcome.is_none()).map(|(id, _)| id).collect()
}
