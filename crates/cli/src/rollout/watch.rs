//! Follows the record of a rollout that another process carries on, as it grows; its runs are followed as runs are.

use crate::args::OutputArgs;
use crate::config::Settings;
use crate::error::CliError;
use crate::exit;
use crate::output::say;
use crate::rollout::code::of_state;
use crate::rollout::show::Show;
use crate::run::{EndSignals, Followed, event_loop, follow_inside, now_ms};
use mcom_ledger::{Events, RolloutHead, StoredRollout, find_run_by_id, runs_dir};
use mcom_model::RunId;
use mcom_rollout::{RolloutEvent, RolloutState};
use std::time::{Duration, Instant};

/// How often the record is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// How often the line at the bottom of a terminal is drawn.
const FRAME: Duration = Duration::from_secs(1);

/// Shows a rollout from its record until nobody carries it on, and returns the exit code of its state. An interrupt ends
/// the showing only.
pub fn watch(
    rollout: &StoredRollout,
    head: &RolloutHead,
    output: &OutputArgs,
    settings: &Settings,
) -> Result<u8, CliError> {
    let runtime = event_loop()?;
    runtime.block_on(async {
        let signals = EndSignals::listen().map_err(|error| CliError::system("no signals", &error))?;
        let state = RolloutState::new(head.spec.plan.hosts.len());
        let events = rollout.events()?;
        let show = Show::new(output, settings);
        let mut watcher = Watcher { rollout, head, settings, show, signals, events, state, shown: None };
        watcher.watch().await
    })
}

struct Watcher<'a> {
    rollout: &'a StoredRollout,
    head: &'a RolloutHead,
    settings: &'a Settings,
    show: Show<'a>,
    signals: EndSignals,
    events: Events<RolloutEvent>,
    state: RolloutState,
    /// The run that was followed last.
    shown: Option<RunId>,
}

impl Watcher<'_> {
    async fn watch(&mut self) -> Result<u8, CliError> {
        let mut drawn = None::<Instant>;
        loop {
            // Asked before the events are read: what is written after that is read by the next round.
            let writer = self.rollout.writer()?;
            let is_news = self.take_in()?;
            if writer.is_none() {
                self.show.ended(&self.head.spec, &self.state, 0);
                if self.state.state.goes_on() {
                    let name = &self.head.spec.name;
                    say(&format!("mcom: nobody carries rollout {name} on: mcom rollout resume {name}\n"));
                }
                return Ok(of_state(&self.state));
            }
            if let Some(run) = self.run_to_show() {
                if let Followed::Left = self.follow(run).await? {
                    return Ok(self.left());
                }
                continue;
            }
            if is_news || drawn.is_none_or(|drawn| drawn.elapsed() >= FRAME) {
                self.show.draw(&self.head.spec, &self.state, now_ms());
                drawn = Some(Instant::now());
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                () = self.signals.next_of_reader() => return Ok(self.left()),
            }
        }
    }

    /// Whether anything was said since the last time.
    fn take_in(&mut self) -> Result<bool, CliError> {
        self.events.look_again()?;
        let mut any = false;
        for event in self.events.by_ref() {
            let event = event?;
            self.state.apply(&event);
            self.show.event(&self.head.spec, &self.state, &event);
            any = true;
        }
        Ok(any)
    }

    /// The run that goes on and was not followed to its end.
    fn run_to_show(&self) -> Option<RunId> {
        let open = self.state.open_run()?;
        (self.shown.as_ref() != Some(&open.run)).then(|| open.run.clone())
    }

    async fn follow(&mut self, id: RunId) -> Result<Followed, CliError> {
        let runs = runs_dir(&self.settings.state_home.value);
        // It is said to begin before it has a record.
        let Some(run) = find_run_by_id(&runs, &id)? else {
            return Ok(tokio::select! {
                () = tokio::time::sleep(LOOK) => Followed::Ended,
                () = self.signals.next_of_reader() => Followed::Left,
            });
        };
        let head = run.head()?;
        let shown = self.show.of_run(head.plan.hosts.len());
        self.show.erase();
        let followed = follow_inside(&run, &head, shown, &mut self.signals).await?;
        self.shown = Some(id);
        Ok(followed)
    }

    fn left(&mut self) -> u8 {
        let name = &self.head.spec.name;
        self.show.line(&format!("mcom: the rollout goes on: mcom rollout watch {name}"));
        exit::INTERRUPTED
    }
}
