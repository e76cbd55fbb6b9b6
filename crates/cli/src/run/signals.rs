//! Signals while a run goes on: the first interrupt cancels, the second leaves at once; a lost terminal ends nothing.

use crate::exit::EndedBySignal;
use mcom_driver::run::Control;
use std::cell::Cell;
use std::convert::Infallible;
use std::io;
use std::rc::Rc;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Notify;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// What the signals said so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Heard {
    first: Rc<Cell<Option<EndedBySignal>>>,
    leave: Rc<Notify>,
}

/// Listens from now on; must be polled beside the run.
pub(super) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
    words: Sender<Control>,
    heard: Heard,
}

impl Heard {
    /// The first signal that asked to end the run.
    pub(super) fn first(&self) -> Option<EndedBySignal> {
        self.first.get()
    }

    /// Waits until the operator leaves.
    pub(super) async fn leave(&self) {
        self.leave.notified().await;
    }
}

impl Signals {
    /// The listener, the words that it will say, and what it heard.
    pub(super) fn listen() -> io::Result<(Self, Receiver<Control>, Heard)> {
        let (words, receiver) = channel(2);
        let heard = Heard::default();
        let signals = Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
            words,
            heard: heard.clone(),
        };
        Ok((signals, receiver, heard))
    }

    /// Never returns.
    pub(super) async fn pass_on(mut self) -> Infallible {
        loop {
            let asked = tokio::select! {
                _ = self.interrupt.recv() => EndedBySignal::Interrupt,
                _ = self.terminate.recv() => EndedBySignal::Terminate,
                // The terminal is gone: the run goes on into the ledger.
                _ = self.hangup.recv() => continue,
            };
            let word = if self.heard.first().is_none() { Control::Cancel { by: None } } else { Control::Leave };
            if self.heard.first().is_none() {
                self.heard.first.set(Some(asked));
            }
            // Where the run is over there is nothing to cancel any more, and the last prints are left.
            let leaves = word == Control::Leave;
            let is_over = matches!(self.words.try_send(word), Err(TrySendError::Closed(_)));
            if is_over || leaves {
                self.heard.leave.notify_one();
            }
        }
    }
}
