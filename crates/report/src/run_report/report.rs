//! The façade: takes in events and output, prints, and never lets a lost reader end the run.

use super::options::{OutputStyle, Progress, ReportOptions};
use super::output::{Output, Sinks};
use super::progress::ProgressView;
use crate::bodies::Bodies;
use crate::info::RunInfo;
use crate::recap::{self, RecapOptions};
use crate::sink::Sink;
use crate::state::RunView;
use crate::style::{Line, Tone};
use crate::words::{detail, is_bad, label, tone};
use mcom_model::{HostId, OutcomeKind, RunClock, RunEvent, Stream};
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

/// Prints a run while it goes on.
///
/// Call [`tick`](Self::tick) when it says so and after each burst of events; call [`finish`](Self::finish) once at
/// the end. A broken pipe or a lost terminal ends the printing there and is told by `finish`.
pub struct LiveReport {
    view: RunView,
    options: ReportOptions,
    output: Output,
    progress: ProgressView,
    sinks: Sinks,
}

impl LiveReport {
    /// A report of a run that is about to begin. `out` takes results, `err` progress and notices.
    pub fn new(
        info: Arc<RunInfo>,
        options: ReportOptions,
        out: Box<dyn Write + Send>,
        err: Box<dyn Write + Send>,
    ) -> Self {
        Self {
            output: Output::new(&options, info.output),
            progress: ProgressView::new(options.progress),
            view: RunView::new(info),
            options,
            sinks: Sinks { out: Sink::new(out), err: Sink::new(err) },
        }
    }

    /// A report of a run that is read from its record, while another process carries it out or after that. There are
    /// no pieces of output then, only whole bodies: what would be told while it is printed is told when a host has
    /// ended.
    pub fn of_record(
        info: Arc<RunInfo>,
        options: ReportOptions,
        out: Box<dyn Write + Send>,
        err: Box<dyn Write + Send>,
    ) -> Self {
        let output = Output::of_record(&options);
        Self { output, ..Self::new(info, options, out, err) }
    }

    /// The run as far as its events were taken in.
    pub const fn view(&self) -> &RunView {
        &self.view
    }

    /// Takes in an event. `bodies` has what was stored before it.
    pub fn event(&mut self, event: &RunEvent, bodies: &dyn Bodies) {
        if !self.view.accept(event) {
            return;
        }
        self.progress.event(&self.view, event);
        if self.is_read() {
            self.output.event(&self.view, event, bodies, &mut self.sinks);
        }
        self.write_output_if_due();
    }

    /// Takes in an event of an earlier part of the run that was told then: it counts, and is not told again.
    pub fn past_event(&mut self, event: &RunEvent) {
        if self.view.accept(event) {
            self.output.past_event(event);
        }
    }

    /// Takes in a piece of a host's output.
    pub fn output(&mut self, host: HostId, stream: Stream, bytes: &[u8]) {
        if self.is_read() {
            self.output.piece(&self.view, host, stream, bytes);
        }
        self.write_output_if_due();
    }

    /// Shows lines of the caller's, above the block where there is one.
    pub fn notice(&mut self, text: &str) {
        self.progress.notice(text);
    }

    /// The terminal has another size now.
    pub fn resize(&mut self, columns: usize, rows: usize) {
        self.options.size = (columns, rows);
    }

    /// Prints what is due. Returns how long nothing will be, if no event comes; none: until an event comes.
    pub fn tick(&mut self, now: RunClock, bodies: &dyn Bodies) -> Option<Duration> {
        if self.progress.next(now) == Some(Duration::ZERO) && !self.sinks.err.is_broken() {
            if self.output.has_text() {
                self.write_output();
            }
            let frame = self.progress.frame(&self.view, now, bodies, &self.options);
            self.sinks.err.put(frame.as_bytes());
        }
        if self.sinks.err.is_broken() { None } else { self.progress.next(now) }
    }

    /// Prints the end of the run. Returns the first error of printing, a lost reader included.
    pub fn finish(mut self, bodies: &dyn Bodies) -> io::Result<()> {
        self.clear();
        if !self.sinks.out.is_broken() || matches!(self.options.output, OutputStyle::Lines(_) | OutputStyle::Raw) {
            self.output.finish(&self.view, bodies, &self.options, &mut self.sinks);
        }
        match self.options.output {
            OutputStyle::Raw => self.finish_one(),
            OutputStyle::Json => {}
            OutputStyle::Fold => self.finish_many(false, false),
            OutputStyle::Lines(_) | OutputStyle::None => self.finish_many(true, false),
        }
        self.first_error()
    }

    /// Ends the printing at once: without any output that is still to be read, and with the groups that failed named
    /// by their hosts alone. `running` says whether the run goes on without this reader.
    pub fn leave(mut self, running: bool) -> io::Result<()> {
        self.clear();
        self.output.leave(&self.view, &mut self.sinks);
        if self.options.output != OutputStyle::Json {
            self.finish_many(true, running);
        }
        self.first_error()
    }

    /// Takes the block away, for good.
    fn clear(&mut self) {
        let room = self.progress.make_room() + &self.progress.take_notices();
        self.sinks.err.put(room.as_bytes());
    }

    fn first_error(&mut self) -> io::Result<()> {
        let errors = [self.sinks.out.take_error(), self.sinks.err.take_error()];
        errors.into_iter().flatten().next().map_or(Ok(()), Err)
    }

    /// The status line of a single host: always where it is read by a person, in a pipe where something is wrong.
    fn finish_one(&mut self) {
        // Output that ends in the middle of a line stays a line of its own where both meet on a terminal.
        let in_line = (self.options.out_tty && self.sinks.out.is_in_line()) || self.sinks.err.is_in_line();
        let mut text = String::new();
        for (id, host) in self.view.hosts() {
            let kind = host.outcome.as_ref().map(mcom_model::Outcome::kind);
            let is_wanted = self.options.err_tty && self.options.out_tty && !self.options.quiet;
            if kind == Some(OutcomeKind::Ok) && !is_wanted {
                continue;
            }
            let mut line = Line::new().add(Tone::Strong, self.view.info().name(id));
            line.push_apart(kind.map_or(Tone::Doubtful, tone), kind.map_or_else(|| "NOT ENDED".to_owned(), label));
            line.push_apart(Tone::Plain, host.outcome.as_ref().map(detail).unwrap_or_default());
            let took = host.receipt.as_ref().map(|receipt| Duration::from_millis(receipt.run_ms));
            line.push_apart(Tone::Faint, took.map(crate::format::duration).unwrap_or_default());
            text += &(line.render(self.options.err_color) + "\n");
            let mend = host.outcome.as_ref().and_then(|outcome| outcome.reason()).and_then(|reason| reason.mend());
            if let Some(mend) = mend {
                text += &format!("    → {mend}\n");
            }
            if matches!(kind, None | Some(OutcomeKind::Unknown))
                && let Some(steps) = recap::next_steps(&self.view, &self.options.recap_err())
            {
                text += &format!("next: {steps}\n");
            }
        }
        if in_line && !text.is_empty() && self.options.err_tty {
            self.sinks.err.put(b"\n");
        }
        self.sinks.err.put(text.as_bytes());
    }

    /// The recap of many hosts on standard error; with the groups that failed, where the results did not name them.
    fn finish_many(&mut self, with_failures: bool, running: bool) {
        let (view, options) = (&self.view, RecapOptions { running, ..self.options.recap_err() });
        let has_bad = OutcomeKind::ALL.iter().any(|&kind| is_bad(kind) && view.tally().count(kind) > 0);
        if self.options.quiet && !has_bad {
            return;
        }
        self.sinks.err.with_buffer(|err| {
            if with_failures {
                recap::failures(view, &options, err)?;
            }
            recap::summary(view, &options, err)
        });
    }

    /// Whether anybody still reads output.
    const fn is_read(&self) -> bool {
        !(self.sinks.out.is_broken() && self.sinks.err.is_broken())
    }

    /// Where a block is drawn, text waits for the next frame; elsewhere it is written as it comes.
    fn write_output_if_due(&mut self) {
        if !self.output.has_text() {
            return;
        }
        let waits = self.options.progress == Progress::Bar && !self.sinks.err.is_broken();
        if !waits || self.output.is_full() {
            self.write_output();
        } else {
            self.progress.touch();
        }
    }

    /// Output and block may share a terminal: the block makes room first, and the next frame draws it again.
    fn write_output(&mut self) {
        let room = self.progress.make_room();
        self.sinks.err.put(room.as_bytes());
        self.output.flush(&mut self.sinks);
    }
}
