//! Where a coordinator's run goes: its record, and what hosts printed.

use mcom_engine::tree::{Effect, Input};
use mcom_model::{Digest, HostId, Reason, RunClock, RunEvent, Stream};
use std::collections::VecDeque;
use std::io;
use std::time::Duration;

/// Takes the record of a run and the bodies. Everything here is quick: the loop waits for it.
pub trait RunSink {
    /// Writes an event down and tells the views. A durable one is on disk when this returns.
    fn record(&mut self, event: &RunEvent, durable: bool) -> io::Result<()>;

    /// Keeps a piece of a host's output; the pieces of one stream come in order, without gaps.
    fn store_output(&mut self, host: HostId, stream: Stream, offset: u64, bytes: &[u8]) -> io::Result<()>;

    /// What is kept of a host's output is a whole body: checks it and gives it its name.
    fn finish_output(&mut self, host: HostId, stream: Stream, digest: Digest, len: u64) -> Result<(), Reason>;

    /// Keeps a whole small body; checks that it is what its name says.
    fn store_body(&mut self, digest: Digest, bytes: &[u8]) -> Result<(), Reason>;

    /// Drops what is kept of a host's output without a name.
    fn drop_output(&mut self, host: HostId, stream: Stream);

    /// Called often, with the time of the run.
    fn tick(&mut self, now: RunClock) -> Tick;
}

/// What a sink says of its views.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tick {
    /// Whether so much output waits for its readers that no more of it is to come for now.
    pub behind: bool,
    /// How soon the sink wants to be called again, where nothing else happens; none: it need not be.
    pub again: Option<Duration>,
}

/// A sink that says once when it can no longer be written, and when its readers fall behind or catch up.
pub(super) struct Keeper<'a> {
    sink: &'a mut dyn RunSink,
    full: bool,
    behind: bool,
}

impl<'a> Keeper<'a> {
    pub(super) fn new(sink: &'a mut dyn RunSink) -> Self {
        Self { sink, full: false, behind: false }
    }

    /// Does an effect of the record; what comes of it is put to the inputs.
    pub(super) fn perform(&mut self, effect: Effect, inputs: &mut VecDeque<Input>) {
        match effect {
            Effect::Record { event, durable } => {
                let written = self.sink.record(&event, durable);
                self.written(written, inputs);
            }
            Effect::StoreOutput { host, stream, offset, bytes } => {
                let written = self.sink.store_output(host, stream, offset, &bytes);
                self.written(written, inputs);
            }
            Effect::FinishOutput { host, stream, digest, len } => {
                let stored = self.sink.finish_output(host, stream, digest, len);
                inputs.push_back(body_input(digest, len, stored));
            }
            Effect::StoreBody { digest, bytes } => {
                let stored = self.sink.store_body(digest, &bytes);
                inputs.push_back(body_input(digest, bytes.len() as u64, stored));
            }
            Effect::DropOutput { host, stream } => self.sink.drop_output(host, stream),
            // A coordinator has no parent, and no payload of its own.
            _ => {}
        }
    }

    /// Returns how soon it wants to be called again.
    pub(super) fn tick(&mut self, now: RunClock, inputs: &mut VecDeque<Input>) -> Option<Duration> {
        let Tick { behind, again } = self.sink.tick(now);
        if behind != self.behind {
            self.behind = behind;
            inputs.push_back(Input::ReadersBehind(behind));
        }
        again
    }

    fn written(&mut self, written: io::Result<()>, inputs: &mut VecDeque<Input>) {
        if let Err(error) = written
            && !self.full
        {
            tracing::warn!(%error, "the ledger can no longer be written");
            self.full = true;
            inputs.push_back(Input::LedgerFull);
        }
    }
}

fn body_input(digest: Digest, len: u64, stored: Result<(), Reason>) -> Input {
    match stored {
        Ok(()) => Input::BodyStored { digest, len },
        Err(reason) => Input::BodyBad { digest, reason },
    }
}
