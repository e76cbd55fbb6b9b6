//! Progress and failures on standard error, at most ten frames a second.

use super::options::{Progress, ReportOptions};
use crate::bodies::Bodies;
use crate::live::{Block, PlainProgress, content, failure_lines, moment_line};
use crate::ready::ended;
use crate::state::RunView;
use crate::style::{Line, Tone};
use crate::words::is_bad;
use mcom_model::{HostId, OutcomeKind, RunClock, RunEvent};
use std::time::Duration;

/// The shortest time between two frames.
const FRAME: Duration = Duration::from_millis(100);

/// Moments that are told in one frame.
const MOMENTS: usize = 12;

/// The longest time between two frames of the block: its clock moves.
const IDLE: Duration = Duration::from_secs(1);

/// What stands on standard error while a run goes on.
pub(super) struct ProgressView {
    kind: Kind,
    /// Failures that were not shown yet.
    failures: Vec<HostId>,
    /// What happened to many hosts at once and was not shown yet.
    moments: Vec<Line>,
    /// Moments beyond those.
    more_moments: u64,
    /// Text of the caller that was not shown yet.
    notices: String,
    /// Whether anything has changed since the last frame.
    changed: bool,
    last_frame: Option<RunClock>,
}

enum Kind {
    Bar(Block),
    Line(PlainProgress),
    None,
}

impl ProgressView {
    pub(super) fn new(progress: Progress) -> Self {
        let kind = match progress {
            Progress::Bar => Kind::Bar(Block::default()),
            Progress::Line => Kind::Line(PlainProgress::default()),
            Progress::None => Kind::None,
        };
        Self {
            kind,
            failures: Vec::new(),
            moments: Vec::new(),
            more_moments: 0,
            notices: String::new(),
            changed: true,
            last_frame: None,
        }
    }

    /// Takes in an event that the view has taken in.
    pub(super) fn event(&mut self, view: &RunView, event: &RunEvent) {
        self.changed = true;
        if matches!(self.kind, Kind::None) {
            return;
        }
        match moment_line(view, event) {
            Some(line) if self.moments.len() < MOMENTS => self.moments.push(line),
            Some(_) => self.more_moments += 1,
            None => {}
        }
        // Hosts that were not run are what somebody wanted, or are told once by the recap.
        if let Some((host, outcome)) = ended(event)
            && is_bad(outcome.kind())
            && outcome.kind() != OutcomeKind::NotRun
        {
            self.failures.push(host);
        }
    }

    pub(super) fn notice(&mut self, text: &str) {
        self.notices += text;
        self.notices.push('\n');
        self.changed = true;
    }

    /// Text of the caller that no frame has shown.
    pub(super) fn take_notices(&mut self) -> String {
        std::mem::take(&mut self.notices)
    }

    fn take_moments(&mut self) -> Vec<Line> {
        let mut moments = std::mem::take(&mut self.moments);
        let more = std::mem::take(&mut self.more_moments);
        if more > 0 {
            moments.push(Line::new().add(Tone::Faint, format!("… and {more} more parents lost or replaced")));
        }
        moments
    }

    /// Something else waits for the next frame.
    pub(super) const fn touch(&mut self) {
        self.changed = true;
    }

    /// When the next frame is wanted; none where nothing moves by itself.
    pub(super) fn next(&self, now: RunClock) -> Option<Duration> {
        let at_least = self.last_frame.map_or(RunClock::ZERO, |last| last.after(FRAME));
        if self.changed && (!matches!(self.kind, Kind::None) || !self.notices.is_empty()) {
            return Some(at_least.since(now));
        }
        match &self.kind {
            Kind::Bar(_) => Some(self.last_frame.map_or(Duration::ZERO, |last| last.after(IDLE).since(now))),
            Kind::Line(plain) => Some(plain.due().since(now)),
            Kind::None => None,
        }
    }

    /// The text that makes room for other text on the same terminal.
    pub(super) fn make_room(&mut self) -> String {
        match &mut self.kind {
            Kind::Bar(block) => block.erase(),
            Kind::Line(_) | Kind::None => String::new(),
        }
    }

    /// The text of a frame, to be written with one call.
    pub(super) fn frame(
        &mut self,
        view: &RunView,
        now: RunClock,
        bodies: &dyn Bodies,
        options: &ReportOptions,
    ) -> String {
        self.last_frame = Some(now);
        self.changed = false;
        let mut above = self.take_notices();
        let failures = std::mem::take(&mut self.failures);
        for line in self.take_moments().into_iter().chain(failure_lines(view, &failures, bodies)) {
            above += &line.render(options.err_color);
            above.push('\n');
        }
        match &mut self.kind {
            Kind::Bar(block) => {
                // The last column stays free: some terminals wrap when it is written.
                let width = options.size.0.saturating_sub(1);
                let lines = content(view, now, options.size);
                let lines: Vec<String> = lines.iter().map(|line| line.render_cut(options.err_color, width)).collect();
                block.frame(&above, &lines)
            }
            Kind::Line(plain) => {
                if let Some(line) = plain.line(view, now) {
                    above += &line;
                    above.push('\n');
                }
                above
            }
            Kind::None => above,
        }
    }
}
