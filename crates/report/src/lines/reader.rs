//! The reader that turns events and output into labelled lines on two streams.

use crate::bodies::Bodies;
use crate::lines::buffer::LineBuffer;
use crate::ready::Ready;
use crate::sanitise::{Sanitiser, sanitise};
use crate::state::RunView;
use mcom_model::{BodyRef, HostEvent, HostId, Receipt, RunEvent, Stream, What};
use std::collections::BTreeMap;
use std::io::{self, Read};

/// When lines are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineOrder {
    /// While hosts print; the run must be one with [`mcom_model::OutputMode::Live`].
    Printed,
    /// Host by host, as they end.
    Ended,
    /// Host by host in natural order of names, at the end.
    ByHost,
}

/// How lines are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineOptions {
    /// When.
    pub order: LineOrder,
    /// Whether the host's name stands before each line.
    pub labels: bool,
}

/// Lines for standard output and standard error, collected until they are written.
#[derive(Debug)]
pub(crate) struct Lines {
    options: LineOptions,
    /// Whether remote bytes must be sanitised, per stream: whether it leads to a terminal.
    tty: [bool; 2],
    buffer: LineBuffer,
    ready: Ready,
    live: BTreeMap<(HostId, Stream), Live>,
    /// Bytes pass as they come, without labels or line ends of their own: for a single host.
    raw: Option<[Sanitiser; 2]>,
    text: [Vec<u8>; 2],
}

/// How far a stream that is given while it is printed has come.
#[derive(Debug, Default)]
struct Live {
    seen: u64,
    /// Known when the host has ended.
    len: Option<u64>,
}

impl Lines {
    pub(crate) fn new(options: LineOptions, out_tty: bool, err_tty: bool) -> Self {
        Self {
            options,
            tty: [out_tty, err_tty],
            buffer: LineBuffer::default(),
            ready: Ready::default(),
            live: BTreeMap::new(),
            raw: None,
            text: [Vec::new(), Vec::new()],
        }
    }

    /// Passes bytes as they come.
    pub(crate) fn raw(order: LineOrder, out_tty: bool, err_tty: bool) -> Self {
        let lines = Self::new(LineOptions { order, labels: false }, out_tty, err_tty);
        Self { raw: Some(Default::default()), ..lines }
    }

    /// Takes in an event. Returns hosts whose whole output is to be given now, with [`Lines::host`].
    pub(crate) fn event(&mut self, view: &RunView, event: &RunEvent) -> Vec<HostId> {
        match self.options.order {
            LineOrder::Printed => {
                if let What::Host { host, said: HostEvent::Ended { receipt, .. } } = &event.what {
                    self.ended(view, *host, receipt.as_deref());
                }
                Vec::new()
            }
            LineOrder::Ended => self.ready.event(event),
            LineOrder::ByHost => Vec::new(),
        }
    }

    /// Takes in an event whose output was given before.
    pub(crate) fn past_event(&mut self, event: &RunEvent) {
        self.ready.event(event);
    }

    /// Takes in a piece of output as it comes.
    pub(crate) fn output(&mut self, view: &RunView, host: HostId, stream: Stream, bytes: &[u8]) {
        if self.options.order != LineOrder::Printed {
            return;
        }
        self.live.entry((host, stream)).or_default().seen += bytes.len() as u64;
        self.add(view, host, stream, bytes);
        self.close_if_complete(view, host, stream);
    }

    /// Hosts whose output is still to be given when there are no more events.
    pub(crate) fn rest(&mut self, view: &RunView) -> Vec<HostId> {
        self.end_all(view);
        match self.options.order {
            LineOrder::Printed => Vec::new(),
            LineOrder::Ended => self.ready.rest(),
            LineOrder::ByHost => view.info().host_ids().collect(),
        }
    }

    /// Gives the lines that were begun.
    pub(crate) fn end_all(&mut self, view: &RunView) {
        for (host, stream) in self.buffer.begun() {
            self.end(view, host, stream);
        }
    }

    /// Gives the whole output of a host. `flush` is called when much has been collected.
    pub(crate) fn host(
        &mut self,
        view: &RunView,
        host: HostId,
        bodies: &dyn Bodies,
        flush: &mut dyn FnMut(&mut Self),
    ) -> io::Result<()> {
        let Some(receipt) = view.host(host).and_then(|host| host.receipt.as_deref()) else { return Ok(()) };
        for stream in [Stream::Out, Stream::Err] {
            self.body(view, host, stream, receipt.body(stream), bodies, flush)?;
        }
        Ok(())
    }

    /// What was collected for a stream since the last call.
    pub(crate) fn take(&mut self, stream: Stream) -> Vec<u8> {
        std::mem::take(&mut self.text[stream as usize])
    }

    /// How many bytes are collected.
    pub(crate) fn collected(&self) -> usize {
        self.text.iter().map(Vec::len).sum()
    }

    fn body(
        &mut self,
        view: &RunView,
        host: HostId,
        stream: Stream,
        body: &BodyRef,
        bodies: &dyn Bodies,
        flush: &mut dyn FnMut(&mut Self),
    ) -> io::Result<()> {
        if body.len == 0 {
            return Ok(());
        }
        let mut reader = bodies.open(&body.digest)?;
        let mut piece = vec![0; 64 << 10];
        loop {
            match reader.read(&mut piece)? {
                0 => break,
                len => self.add(view, host, stream, &piece[..len]),
            }
            flush(self);
        }
        self.end(view, host, stream);
        Ok(())
    }

    fn ended(&mut self, view: &RunView, host: HostId, receipt: Option<&Receipt>) {
        for stream in [Stream::Out, Stream::Err] {
            // Without a receipt nobody knows how much was printed, and nothing more is promised.
            let len = receipt.map_or(0, |receipt| receipt.body(stream).len);
            self.live.entry((host, stream)).or_default().len = Some(len);
            self.close_if_complete(view, host, stream);
        }
    }

    fn close_if_complete(&mut self, view: &RunView, host: HostId, stream: Stream) {
        if self.live.get(&(host, stream)).is_some_and(|live| live.len.is_some_and(|len| live.seen >= len)) {
            self.end(view, host, stream);
        }
    }

    fn add(&mut self, view: &RunView, host: HostId, stream: Stream, bytes: &[u8]) {
        let (text, tty) = (&mut self.text[stream as usize], self.tty[stream as usize]);
        match &mut self.raw {
            Some(sanitisers) if tty => text.extend(sanitisers[stream as usize].piece(bytes).as_bytes()),
            Some(_) => text.extend(bytes),
            None => {
                let label = if self.options.labels { Some(view.info().name(host)) } else { None };
                self.buffer.add(host, stream, bytes, |line| write_line(text, label, line, tty));
            }
        }
    }

    fn end(&mut self, view: &RunView, host: HostId, stream: Stream) {
        let (text, tty) = (&mut self.text[stream as usize], self.tty[stream as usize]);
        if let Some(sanitisers) = &mut self.raw {
            text.extend(sanitisers[stream as usize].finish().as_bytes());
        }
        let label = if self.options.labels { Some(view.info().name(host)) } else { None };
        self.buffer.end(host, stream, |line| write_line(text, label, line, tty));
    }
}

fn write_line(text: &mut Vec<u8>, label: Option<&str>, line: &[u8], tty: bool) {
    if let Some(label) = label {
        text.extend_from_slice(label.as_bytes());
        text.extend_from_slice(b": ");
    }
    if tty {
        text.extend_from_slice(sanitise(line).as_bytes());
    } else {
        text.extend_from_slice(line);
    }
    text.push(b'\n');
}
