//! What is printed of what hosts print, in each style.

use super::options::{OutputStyle, ReportOptions};
use crate::bodies::Bodies;
use crate::json::JsonEvents;
use crate::lines::{LineOptions, LineOrder, Lines};
use crate::recap;
use crate::sink::Sink;
use crate::state::RunView;
use mcom_model::{Digest, HostId, OutputMode, RunEvent, Stream};
use std::io::{self, Read};

/// Bytes of lines that are collected before they are written.
const COLLECT: usize = 64 << 10;

/// The reader of output for one style.
pub(super) enum Output {
    Raw(Lines),
    Fold,
    Lines(Lines),
    Json(JsonEvents),
    None,
}

impl Output {
    pub(super) fn new(options: &ReportOptions, mode: OutputMode) -> Self {
        let (out_tty, err_tty) = (options.out_tty, options.err_tty);
        let raw_order = match mode {
            OutputMode::Live => LineOrder::Printed,
            OutputMode::AtEnd => LineOrder::Ended,
        };
        match options.output {
            OutputStyle::Raw => Self::Raw(Lines::raw(raw_order, out_tty, err_tty)),
            OutputStyle::Fold => Self::Fold,
            OutputStyle::Lines(options) => Self::Lines(Lines::new(options, out_tty, err_tty)),
            OutputStyle::Json => Self::Json(JsonEvents::new()),
            OutputStyle::None => Self::None,
        }
    }

    /// For a run that is read from its record: there are whole bodies, and no pieces.
    pub(super) fn of_record(options: &ReportOptions) -> Self {
        let output = match options.output {
            OutputStyle::Lines(LineOptions { order: LineOrder::Printed, labels }) => {
                OutputStyle::Lines(LineOptions { order: LineOrder::Ended, labels })
            }
            output => output,
        };
        Self::new(&ReportOptions { output, ..*options }, OutputMode::AtEnd)
    }

    pub(super) fn event(&mut self, view: &RunView, event: &RunEvent, bodies: &dyn Bodies, sinks: &mut Sinks) {
        match self {
            Self::Raw(lines) | Self::Lines(lines) => {
                let hosts = lines.event(view, event);
                give(lines, view, hosts, bodies, sinks);
            }
            Self::Json(json) => sinks.out.with_buffer(|out| json.event(view, event, bodies, out)),
            Self::Fold | Self::None => {}
        }
    }

    /// Takes in an event that was told before.
    pub(super) fn past_event(&mut self, event: &RunEvent) {
        match self {
            Self::Raw(lines) | Self::Lines(lines) => lines.past_event(event),
            Self::Json(json) => json.past_event(event),
            Self::Fold | Self::None => {}
        }
    }

    pub(super) fn piece(&mut self, view: &RunView, host: HostId, stream: Stream, bytes: &[u8]) {
        if let Self::Raw(lines) | Self::Lines(lines) = self {
            lines.output(view, host, stream, bytes);
        }
    }

    /// Whether text waits to be written.
    pub(super) fn has_text(&self) -> bool {
        matches!(self, Self::Raw(lines) | Self::Lines(lines) if lines.collected() > 0)
    }

    /// Whether so much text waits that it should not wait for the next frame.
    pub(super) fn is_full(&self) -> bool {
        matches!(self, Self::Raw(lines) | Self::Lines(lines) if lines.collected() >= COLLECT)
    }

    /// Writes the text that waits.
    pub(super) fn flush(&mut self, sinks: &mut Sinks) {
        if let Self::Raw(lines) | Self::Lines(lines) = self {
            sinks.put_lines(lines);
        }
    }

    /// Writes what is left when the run has ended.
    pub(super) fn finish(&mut self, view: &RunView, bodies: &dyn Bodies, options: &ReportOptions, sinks: &mut Sinks) {
        match self {
            Self::Raw(lines) | Self::Lines(lines) => {
                let hosts = lines.rest(view);
                give(lines, view, hosts, bodies, sinks);
                sinks.put_lines(lines);
            }
            Self::Fold => sinks.out.with_buffer(|out| recap::results(view, bodies, &options.recap_out(), out)),
            Self::Json(json) => sinks.out.with_buffer(|out| json.finish(view, bodies, out)),
            Self::None => {}
        }
    }

    /// Writes what is here already, when its reader goes before the end.
    pub(super) fn leave(&mut self, view: &RunView, sinks: &mut Sinks) {
        match self {
            Self::Raw(lines) | Self::Lines(lines) => {
                lines.end_all(view);
                sinks.put_lines(lines);
            }
            // The end of a host is told all the same; that its output is not there is said in it.
            Self::Json(json) => sinks.out.with_buffer(|out| json.finish(view, &NotRead, out)),
            Self::Fold | Self::None => {}
        }
    }
}

/// The bodies of a reader that does not wait for any.
struct NotRead;

impl Bodies for NotRead {
    fn open(&self, _: &Digest) -> io::Result<Box<dyn Read + '_>> {
        Err(io::Error::other("not read: its reader had gone"))
    }
}

/// The two places to print to.
pub(super) struct Sinks {
    pub out: Sink,
    pub err: Sink,
}

impl Sinks {
    fn put_lines(&mut self, lines: &mut Lines) {
        self.out.put(&lines.take(Stream::Out));
        self.err.put(&lines.take(Stream::Err));
    }
}

/// Gives the whole output of hosts, written as it is read: it may be long.
fn give(lines: &mut Lines, view: &RunView, hosts: Vec<HostId>, bodies: &dyn Bodies, sinks: &mut Sinks) {
    for host in hosts {
        if sinks.out.is_broken() && sinks.err.is_broken() {
            return;
        }
        let given = lines.host(view, host, bodies, &mut |lines| {
            if lines.collected() >= COLLECT {
                sinks.put_lines(lines);
            }
        });
        if let Err(error) = given {
            sinks.put_lines(lines);
            let name = view.info().name(host);
            let text = format!("{name}: its output cannot be read from the ledger: {error}\n");
            sinks.err.put(text.as_bytes());
        }
    }
}
