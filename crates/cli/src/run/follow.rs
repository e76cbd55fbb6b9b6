//! Follows the record of a run that another process carries out, as it grows.

use crate::error::{CliError, plain};
use crate::exit;
use crate::run::bodies::LedgerBodies;
use crate::run::event_loop::event_loop;
use crate::run::identity::now_ms;
use crate::run::info::run_info;
use crate::run::means::Shown;
use crate::run::signals::EndSignals;
use crate::run::views::Views;
use mcom_ledger::{Events, RunHead, StoredRun};
use mcom_model::RunClock;
use mcom_report::{LiveReport, Progress, RunView, write_outdir};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How often the record is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// How the following ended.
enum End {
    /// The run has ended.
    Run,
    /// Nobody carries the run on.
    Nobody,
    /// The reader wants no more.
    Reader,
}

/// How following a run ended that is one of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Followed {
    /// It has ended, or nobody carries it on.
    Ended,
    /// The reader wants no more.
    Left,
}

/// Shows a run from its record until it has ended, and returns its exit code. An interrupt ends the showing only.
pub fn follow(run: &StoredRun, head: &RunHead, shown: Shown<'_>) -> Result<u8, CliError> {
    let runtime = event_loop()?;
    runtime.block_on(async {
        let mut signals = EndSignals::listen().map_err(|error| CliError::system("no signals", &error))?;
        let mut follower = Follower::new(run, head, shown)?;
        let end = follower.watch(&mut signals).await?;
        let Follower { view, views, .. } = follower;
        Ok(end.finish(head, &view, views, shown, run).await)
    })
}

/// The same inside of the caller's loop, which says itself what to type next.
pub async fn follow_inside(
    run: &StoredRun,
    head: &RunHead,
    shown: Shown<'_>,
    signals: &mut EndSignals,
) -> Result<Followed, CliError> {
    let mut follower = Follower::new(run, head, shown)?;
    let end = follower.watch(signals).await?;
    let Follower { views, .. } = follower;
    match end {
        End::Run => views.finish(String::new(), std::future::pending()).await,
        End::Nobody | End::Reader => views.leave(String::new()).await,
    }
    Ok(if matches!(end, End::Reader) { Followed::Left } else { Followed::Ended })
}

struct Follower<'a> {
    run: &'a StoredRun,
    head: &'a RunHead,
    events: Events,
    view: RunView,
    views: Views,
}

impl<'a> Follower<'a> {
    fn new(run: &'a StoredRun, head: &'a RunHead, shown: Shown<'_>) -> Result<Self, CliError> {
        let info = Arc::new(run_info(head));
        let (out, err) = (Box::new(io::stdout()), Box::new(io::stderr()));
        let report = LiveReport::of_record(Arc::clone(&info), shown.display.options, out, err);
        let draws = shown.display.options.progress == Progress::Bar;
        let views = Views::start(report, bodies(run)?, draws);
        let views = views.map_err(|error| CliError::system("no thread for what is printed", &error))?;
        Ok(Self { run, head, events: run.events()?, view: RunView::new(info), views })
    }

    async fn watch(&mut self, signals: &mut EndSignals) -> Result<End, CliError> {
        loop {
            // Asked before the events are read: what is written after that is read by the next round.
            let writer = self.run.writer()?;
            self.take_in()?;
            if writer.is_none() {
                return Ok(if self.view.ended().is_some() { End::Run } else { End::Nobody });
            }
            let wait = self.tick().map_or(LOOK, |due| due.min(LOOK));
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = signals.next_of_reader() => return Ok(End::Reader),
            }
        }
    }

    fn take_in(&mut self) -> Result<(), CliError> {
        self.events.look_again()?;
        for event in self.events.by_ref() {
            let event = event?;
            self.view.apply(&event);
            self.views.event(&event);
        }
        Ok(())
    }

    fn tick(&mut self) -> Option<Duration> {
        let now = RunClock::from_millis(now_ms().saturating_sub(self.head.started_ms));
        self.views.tick(now.max(self.view.now())).1
    }
}

impl End {
    async fn finish(self, head: &RunHead, view: &RunView, views: Views, shown: Shown<'_>, run: &StoredRun) -> u8 {
        let id = &head.run;
        match self {
            Self::Reader => {
                views.leave(format!("mcom: the run goes on: mcom watch {id}\n")).await;
                return exit::INTERRUPTED;
            }
            Self::Nobody => {
                // Where the end is told in words, its last line says what to type.
                let is_said = !shown.output.json && (!shown.output.quiet || head.hosts == 1);
                let advice = if is_said { String::new() } else { format!(": mcom resume {id}") };
                let text = format!("mcom: run {id} is not finished, and nobody carries it on{advice}\n");
                views.finish(text, std::future::pending()).await;
                return exit::UNKNOWN;
            }
            Self::Run => {}
        }
        let mut last = String::new();
        if let (Some(dir), Ok(bodies)) = (shown.output.outdir.as_deref(), bodies(run))
            && let Err(error) = std::fs::create_dir_all(dir).and_then(|()| write_outdir(view, &bodies, Path::new(dir)))
        {
            last = format!("mcom: the outputs could not be copied: {}; they are in the ledger\n", plain(&error));
        }
        views.finish(last, std::future::pending()).await;
        if shown.output.maxrc {
            return exit::of_worst_host(view.hosts().map(|(_, host)| host));
        }
        exit::of_run(view.tally(), view.ended().map(|(_, by)| by), None)
    }
}

fn bodies(run: &StoredRun) -> Result<LedgerBodies, CliError> {
    StoredRun::open(run.dir()).map(LedgerBodies).map_err(CliError::from)
}
