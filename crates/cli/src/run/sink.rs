//! Where a run goes: the ledger first, then the views.

use crate::run::bodies::LedgerBodies;
use crate::run::display::Terminal;
use mcom_driver::run::RunSink;
use mcom_ledger::{Ledger, OutputError, WriteError};
use mcom_model::{Digest, HostId, Reason, ReasonKind, RunClock, RunEvent, Stream, What};
use mcom_report::LiveReport;
use std::io;
use std::time::Duration;

/// The ledger and the views of a run.
pub(super) struct LedgerSink {
    ledger: Ledger,
    bodies: LedgerBodies,
    report: LiveReport,
    draws: bool,
}

impl LedgerSink {
    /// `draws` says whether the views need to know the terminal's size.
    pub(super) fn new(ledger: Ledger, bodies: LedgerBodies, report: LiveReport, draws: bool) -> Self {
        Self { ledger, bodies, report, draws }
    }

    /// What is left when the run is over.
    pub(super) fn into_parts(self) -> (Ledger, LedgerBodies, LiveReport) {
        (self.ledger, self.bodies, self.report)
    }
}

impl RunSink for LedgerSink {
    fn record(&mut self, event: &RunEvent, durable: bool) -> io::Result<()> {
        let written = self.ledger.append(event, durable);
        // The views go on where the ledger cannot: nothing new starts then, and what runs is still told.
        self.report.event(event, &self.bodies);
        if matches!(event.what, What::CancelAsked { .. }) {
            self.report.notice("cancelling: nothing new starts, and what runs is ended; again to leave at once");
        }
        written.map_err(|error| self.lost(error))
    }

    fn store_output(&mut self, host: HostId, stream: Stream, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.report.output(host, stream, bytes);
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

    fn tick(&mut self, now: RunClock) -> Option<Duration> {
        if self.draws {
            let (columns, rows) = Terminal::size_now();
            self.report.resize(columns, rows);
        }
        self.report.tick(now, &self.bodies)
    }
}

impl LedgerSink {
    fn lost(&mut self, error: WriteError) -> io::Error {
        self.report.notice(&format!("mcom: {error}; nothing new starts"));
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
