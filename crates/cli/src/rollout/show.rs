//! What a process says of the rollout that it carries on: a line for each thing that happens, on a terminal one line
//! below them that is drawn anew, or every event as JSON.

use crate::args::OutputArgs;
use crate::config::Settings;
use crate::output::{print, say};
use crate::run::{Display, Shown, Speaker, Terminal};
use mcom_ledger::Writer;
use mcom_report::rollout::{Carrier, EventLines, RolloutOptions, SoakBlock, ended_text, event_json, soak_line};
use mcom_report::{NextSteps, OutputStyle, Progress};
use mcom_rollout::{RolloutEvent, RolloutSpec, RolloutState};

/// Where a rollout is shown.
pub(super) struct Show<'a> {
    output: &'a OutputArgs,
    settings: &'a Settings,
    terminal: Terminal,
    lines: EventLines,
    block: SoakBlock,
    is_drawn: bool,
    /// The run that is shown now, which has the terminal to itself.
    run: Option<Speaker>,
}

impl<'a> Show<'a> {
    pub(super) fn new(output: &'a OutputArgs, settings: &'a Settings) -> Self {
        let (lines, block) = (EventLines::new(), SoakBlock::default());
        Self { output, settings, terminal: Terminal::of_process(), lines, block, is_drawn: false, run: None }
    }

    /// Whether there is a line to be drawn anew.
    pub(super) fn draws(&self) -> bool {
        self.terminal.err && !self.terminal.dumb && !self.output.quiet && !self.output.json && self.run.is_none()
    }

    /// An event that was told by another process.
    pub(super) fn past_event(&mut self, event: &RolloutEvent) {
        self.lines.past_event(event);
    }

    /// An event; the state has it already.
    pub(super) fn event(&mut self, spec: &RolloutSpec, state: &RolloutState, event: &RolloutEvent) {
        if self.output.json {
            // A reader that went away is no error: it is in the record.
            let _ = print(&event_json(spec, event));
            return;
        }
        if self.output.quiet {
            return;
        }
        if let Some(line) = self.lines.line(spec, state, event, &options(self.output, self.settings)) {
            self.line(&line);
        }
    }

    /// A line for the operator.
    pub(super) fn line(&mut self, line: &str) {
        match &self.run {
            Some(speaker) => speaker.tell(line),
            None => {
                self.erase();
                say(&format!("{line}\n"));
            }
        }
    }

    /// Draws the line that stands below all others.
    pub(super) fn draw(&mut self, spec: &RolloutSpec, state: &RolloutState, now_ms: u64) {
        if self.draws() {
            let line = soak_line(spec, state, now_ms, &options(self.output, self.settings));
            say(&self.block.frame("", &line));
            self.is_drawn = true;
        }
    }

    /// Takes the line away.
    pub(super) fn erase(&mut self) {
        if std::mem::take(&mut self.is_drawn) {
            say(&self.block.erase());
        }
    }

    /// A run begins, and has the terminal until it ends.
    pub(super) fn run_begins(&mut self, speaker: Speaker) {
        self.erase();
        self.run = Some(speaker);
    }

    /// The run has ended.
    pub(super) fn run_ends(&mut self) {
        self.run = None;
    }

    /// Why this process goes, and what to type next.
    pub(super) fn ended(&mut self, spec: &RolloutSpec, state: &RolloutState, in_flight: u64) {
        self.erase();
        if !self.output.json {
            say(&ended_text(spec, state, in_flight, &options(self.output, self.settings)));
        }
    }

    /// How a run of so many hosts is shown.
    pub(super) fn of_run(&self, hosts: usize) -> Shown<'a> {
        let mut display = Display::new(self.output, self.settings, self.terminal, hosts);
        // What to type next is for the rollout to say.
        display.options.next = NextSteps::default();
        if self.output.json {
            (display.options.output, display.options.progress, display.options.quiet) =
                (OutputStyle::None, Progress::None, true);
        }
        Shown { output: self.output, display }
    }
}

impl Drop for Show<'_> {
    fn drop(&mut self) {
        self.erase();
    }
}

/// How rollouts are shown on standard error.
pub fn options(output: &OutputArgs, settings: &Settings) -> RolloutOptions {
    let terminal = Terminal::of_process();
    RolloutOptions {
        color: terminal.color(output.color.unwrap_or(settings.color.value), terminal.err),
        width: terminal.err.then(|| Terminal::size_now().0),
        verbose: output.verbose > 0,
    }
}

/// The process that carries a rollout on, for views.
pub fn carrier(writer: Option<&Writer>) -> Option<Carrier> {
    writer.map(|writer| Carrier { who: writer.who.clone(), pid: writer.pid })
}
