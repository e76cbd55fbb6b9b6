//! Progress where there is no terminal: a line every thirty seconds or ten per cent.

use crate::format;
use crate::live::content::longest;
use crate::state::{RunView, Stage};
use crate::words::counts_in_words;
use mcom_model::RunClock;
use std::time::Duration;

const EVERY: Duration = Duration::from_secs(30);

/// When the next line is due.
#[derive(Debug)]
pub(crate) struct PlainProgress {
    due: RunClock,
    /// Tenths of the hosts that were ended at the last line.
    tenths: u64,
    /// Hosts by stage at the last line.
    stages: [u64; Stage::ALL.len()],
}

impl Default for PlainProgress {
    fn default() -> Self {
        Self { due: RunClock::ZERO.after(EVERY), tenths: 0, stages: [0; Stage::ALL.len()] }
    }
}

impl PlainProgress {
    /// The line, where one is due.
    pub(crate) fn line(&mut self, view: &RunView, now: RunClock) -> Option<String> {
        let (ended, hosts) = (view.ended_hosts(), view.info().len() as u64);
        let tenths = (ended * 10).checked_div(hosts).unwrap_or(0);
        // The end is told by the recap.
        if ended == hosts || (tenths == self.tenths && now < self.due) {
            return None;
        }
        self.tenths = tenths;
        self.due = now.after(EVERY);
        let stages = Stage::ALL.map(|stage| view.at_stage(stage));
        let is_new = std::mem::replace(&mut self.stages, stages) != stages;
        let mut text = line(view, now, ended, hosts);
        // Where nothing has changed, the reader asks what it waits for.
        if let Some(longest) = longest(view, now).filter(|_| !is_new) {
            text += &format!("; {longest}");
        }
        Some(text)
    }

    /// When to look again at the latest.
    pub(crate) const fn due(&self) -> RunClock {
        self.due
    }
}

fn line(view: &RunView, now: RunClock, ended: u64, hosts: u64) -> String {
    let percent = (ended * 100).checked_div(hosts).unwrap_or(0);
    let mut text = format!("{}  {ended} of {hosts} ended ({percent}%)", format::moment(now));
    if ended > 0 {
        text += &format!(": {}", counts_in_words(view.tally()));
    }
    let running = view.at_stage(Stage::Running);
    text += &format!("; {running} running");
    let mut rest = hosts - ended - running;
    for (stage, words) in [(Stage::Asking, "asked again"), (Stage::Held, "held by other runs")] {
        let count = view.at_stage(stage);
        if count > 0 {
            text += &format!(", {count} {words}");
        }
        rest -= count;
    }
    text + &format!(", {rest} to come")
}
