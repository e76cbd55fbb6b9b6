//! What goes on beside the loop that carries a rollout on: a run, or a round of questions; and how each is told to stop.

use crate::config::Settings;
use crate::error::{CliError, ErrorKind, plain};
use crate::rollout::check::{Round, Stop, ask_round, stop};
use crate::rollout::runs::{Wanted, staged};
use crate::run::{Came, Hearing, Operator, Shown, Speaker, carry_out_staged};
use mcom_ledger::{RolloutHead, StoredRollout};
use mcom_model::{HostRanges, RunId};
use mcom_rollout::Answered;
use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;

/// What does not change while the rollout is carried on.
#[derive(Clone, Copy)]
pub(super) struct Work<'a> {
    pub(super) head: &'a RolloutHead,
    pub(super) rollout: &'a StoredRollout,
    pub(super) settings: &'a Settings,
    pub(super) operator: &'a RefCell<Operator>,
}

/// Something that goes on, and how it is told to stop.
pub(super) struct Doing<'a, T, S> {
    future: Pin<Box<dyn Future<Output = T> + 'a>>,
    pub(super) stop: S,
}

/// A run.
pub(super) type Running<'a> = Doing<'a, (RunId, HostRanges, Result<Came, CliError>), Speaker>;

/// A round of questions.
pub(super) type Asking<'a> = Doing<'a, Result<Answered, String>, Stop>;

impl<'a> Work<'a> {
    /// Carries a run out.
    pub(super) fn run(self, wanted: Wanted, shown: Shown<'a>) -> Running<'a> {
        let (run, hosts) = (wanted.run.clone(), wanted.hosts.clone());
        let hearing = Hearing::beside_others();
        let stop = hearing.speaker();
        let Work { head, rollout, settings, operator } = self;
        let future = Box::pin(async move {
            let came = match staged(wanted, head, rollout, settings, shown) {
                Ok(staged) => carry_out_staged(staged, operator, hearing).await,
                Err(error) => {
                    let message = format!("what it runs cannot be read from the rollout's record: {}", plain(&error));
                    Err(CliError::new(ErrorKind::Ledger, message))
                }
            };
            (run, hosts, came)
        });
        Doing { future, stop }
    }

    /// Asks hosts of a stage whether they are well.
    pub(super) fn ask(self, hosts: HostRanges, stage: u32) -> Asking<'a> {
        let (stop, stopped) = stop();
        let Work { head, rollout, settings, operator } = self;
        let future = Box::pin(ask_round(Round { head, rollout, hosts, stage, settings }, operator, stopped));
        Doing { future, stop }
    }
}

impl<T, S> Doing<'_, T, S> {
    /// Waits for its end.
    pub(super) async fn end(self) -> T {
        self.future.await
    }
}

/// What comes of something that goes on; never, where nothing does.
pub(super) async fn of<T, S>(doing: &mut Option<Doing<'_, T, S>>) -> T {
    match doing {
        Some(doing) => doing.future.as_mut().await,
        None => std::future::pending().await,
    }
}

/// Lets go of everything that goes on: what runs on hosts goes on there.
pub(super) async fn leave_all(running: Option<Running<'_>>, asking: Option<Asking<'_>>) {
    if let Some(running) = running {
        running.stop.leave();
        let _ = running.end().await;
    }
    if let Some(asking) = asking {
        asking.stop.stop();
        let _ = asking.end().await;
    }
}
