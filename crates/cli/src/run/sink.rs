//! Where a run goes: the ledger first, then the views.

use crate::run::signals::Heard;
use crate::run::views::Views;
use mcom_driver::run::{RunSink, Tick};
use mcom_ledger::{Ledger, OutputError, StoredRun, WriteError};
use mcom_model::{Digest, HostEvent, HostId, Reason, ReasonKind, RunClock, RunEvent, Stream, What};
use mcom_report::{RunInfo, RunView, sanitise_line};
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

/// The ledger and the views of a run.
pub(super) struct LedgerSink {
    ledger: Ledger,
    views: Views,
    /// The run as far as it is known: what the views show may lag behind it.
    run: Known,
    heard: Heard,
}

/// A run as far as it is known.
pub(super) struct Known {
    /// What its readers see.
    pub(super) view: RunView,
    /// The boot ids under which the payload was claimed.
    pub(super) boots: BTreeMap<HostId, String>,
}

impl Known {
    /// Of a run of which nothing was said yet.
    pub(super) fn new(info: Arc<RunInfo>) -> Self {
        Self { view: RunView::new(info), boots: BTreeMap::new() }
    }

    /// Takes an event in.
    pub(super) fn apply(&mut self, event: &RunEvent) {
        if let What::Host { host, said: HostEvent::Claimed { boot, .. } | HostEvent::Attached { boot } } = &event.what {
            self.boots.insert(*host, boot.clone());
        }
        self.view.apply(event);
    }
}

impl LedgerSink {
    pub(super) const fn new(ledger: Ledger, views: Views, run: Known, heard: Heard) -> Self {
        Self { ledger, views, run, heard }
    }

    /// The reading end of the record.
    pub(super) fn reader(&self) -> StoredRun {
        self.ledger.reader()
    }

    /// The run as far as it is known.
    pub(super) const fn run(&self) -> &RunView {
        &self.run.view
    }

    /// Whether a signal has asked to end the run.
    pub(super) fn is_interrupted(&self) -> bool {
        self.heard.first().is_some()
    }

    /// Tells the operator something.
    pub(super) fn notice(&self, text: impl Into<String>) {
        self.views.notice(text);
    }

    /// What is left when the run is over.
    pub(super) fn into_parts(self) -> (Ledger, Views, Known) {
        (self.ledger, self.views, self.run)
    }
}

impl RunSink for LedgerSink {
    fn record(&mut self, event: &RunEvent, durable: bool) -> io::Result<()> {
        let written = self.ledger.append(event, durable);
        // The views go on where the ledger cannot: nothing new starts then, and what runs is still told.
        self.run.apply(event);
        self.views.event(event);
        if let What::CancelAsked { by } = &event.what {
            let by = by.as_deref().map(|by| format!("{} cancels: ", sanitise_line(by.as_bytes())));
            let by = by.unwrap_or_else(|| "cancelling: ".to_owned());
            self.views.notice(by + "nothing new starts, and what runs is ended; interrupt to leave at once");
        }
        written.map_err(|error| self.lost(error))
    }

    fn store_output(&mut self, host: HostId, stream: Stream, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.views.output(host, stream, bytes);
        match self.ledger.store_output(host, stream, offset, bytes) {
            Ok(()) => Ok(()),
            Err(OutputError::Write(error)) => Err(self.lost(error)),
            Err(error) => Err(io::Error::other(error.to_string())),
        }
    }

    fn finish_output(&mut self, host: HostId, stream: Stream, digest: Digest, len: u64) -> Result<(), Reason> {
        self.ledger.finish_output(host, stream, &digest, len).map_err(reason)
    }

    fn store_body(&mut self, digest: Digest, bytes: &[u8]) -> Result<(), Reason> {
        self.ledger.store_body(&digest, bytes).map_err(reason)
    }

    fn drop_output(&mut self, host: HostId, stream: Stream) {
        self.ledger.drop_output(host, stream);
    }

    fn tick(&mut self, now: RunClock) -> Tick {
        self.heard.take_notices().into_iter().for_each(|text| self.views.notice(text));
        let (behind, again) = self.views.tick(now);
        Tick { behind, again: again.or_else(|| self.heard.look_again()) }
    }
}

impl LedgerSink {
    fn lost(&mut self, error: WriteError) -> io::Error {
        self.views.notice(format!("mcom: {error}; nothing new starts"));
        error.into()
    }
}

fn reason(error: OutputError) -> Reason {
    let kind = match &error {
        OutputError::Write(_) => ReasonKind::LedgerFull,
        OutputError::Mismatch { .. } => ReasonKind::ProtocolViolation,
        OutputError::Gap { .. } => ReasonKind::Internal,
    };
    Reason::new(kind, error.to_string())
}
