//! The lines of the live block: the run, a line per datacenter, and what runs longest.

use crate::format;
use crate::sanitise::sanitise_line;
use crate::state::{DcView, RunView, Stage};
use crate::style::{Line, Tone};
use crate::words::counts;
use mcom_model::RunClock;

/// Lines beside those of the datacenters: the head and the foot.
const FRAME_LINES: usize = 2;

const BAR: u64 = 16;

/// Hosts named as running longest.
const LONGEST: usize = 3;

/// The block, fit for a terminal of this size. Its height depends on the plan and the size alone.
pub(crate) fn content(view: &RunView, now: RunClock, (width, rows): (usize, usize)) -> Vec<Line> {
    let room = rows.saturating_sub(FRAME_LINES + 1).max(1);
    let mut lines = vec![head(view, now)];
    lines.extend(datacenters(view, room, width));
    lines.push(foot(view, now));
    lines
}

fn head(view: &RunView, now: RunClock) -> Line {
    let info = view.info();
    let mut line = Line::new().add(Tone::Strong, format!("run {}", info.run));
    if let Some(rollout) = &info.rollout {
        line.push_apart(Tone::Strong, rollout.text());
    }
    line.push_apart(Tone::Plain, info.payload.as_str());
    line.push_apart(Tone::Plain, format!("{} of {} ended", view.ended_hosts(), info.len()));
    if view.ended_hosts() > 0 {
        line.push(Tone::Plain, "  ");
        line.append(counts(view.tally()));
    }
    if view.cancel_asked().is_some() {
        line.push_apart(Tone::Doubtful, "CANCELLING");
    } else if view.halted().is_some() {
        line.push_apart(Tone::Doubtful, "HALTED");
    }
    line.push_apart(Tone::Faint, format::moment(now));
    line
}

/// As many lines as fit. Where there are more datacenters, those with hosts left come first, and the last line counts
/// the others.
fn datacenters(view: &RunView, room: usize, width: usize) -> Vec<Line> {
    let dcs: Vec<(&str, &DcView)> = view.info().dcs().iter().map(|dc| dc.name.as_str()).zip(view.dcs()).collect();
    let name_width = dcs.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0).min(20);
    let line = |(name, dc): &(&str, &DcView)| datacenter(view, name, dc, name_width, width);
    if dcs.len() <= room {
        return dcs.iter().map(line).collect();
    }
    let is_done = |dc: &DcView| dc.at_stage(Stage::Ended) == dc.len();
    let (done, open): (Vec<_>, Vec<_>) = dcs.into_iter().partition(|(_, dc)| is_done(dc));
    let (shown, done_count) = (room - 1, done.len());
    let all: Vec<_> = open.into_iter().chain(done).collect();
    let mut lines: Vec<Line> = all.iter().take(shown).map(line).collect();
    let more = format!("… {} more datacenters, {done_count} of all have ended", all.len() - shown);
    lines.push(Line::new().add(Tone::Faint, more));
    lines
}

fn datacenter(view: &RunView, name: &str, dc: &DcView, name_width: usize, width: usize) -> Line {
    let ended = dc.at_stage(Stage::Ended);
    let mut line = Line::new().add(Tone::Strong, name);
    line.pad(name_width);
    if width >= 60 {
        let full = (BAR * ended).checked_div(dc.len()).unwrap_or(BAR);
        let bar: String = (0..BAR).map(|place| if place < full { '█' } else { '·' }).collect();
        line.push_apart(Tone::Plain, bar);
    }
    line.push_apart(Tone::Plain, format!("{ended}/{}", dc.len()));
    line.push(Tone::Plain, "  ");
    line.append(counts(&dc.tally));
    let waiting = dc.at_stage(Stage::Waiting) + dc.at_stage(Stage::Linked);
    if dc.at_stage(Stage::Running) > 0 {
        line.push_apart(Tone::Faint, format!("{} running", dc.at_stage(Stage::Running)));
    }
    if dc.at_stage(Stage::Asking) > 0 {
        line.push_apart(Tone::Doubtful, format!("asking again {}", dc.at_stage(Stage::Asking)));
    }
    let rest = [(dc.at_stage(Stage::Held), "held"), (dc.at_stage(Stage::Linking), "connecting"), (waiting, "waiting")];
    for (count, word) in rest.into_iter().filter(|(count, _)| *count > 0) {
        line.push_apart(Tone::Faint, format!("{count} {word}"));
    }
    if dc.by_transit > 0 {
        line.push_apart(Tone::Faint, format!("{} by transit", dc.by_transit));
    }
    if let Some(head) = dc.parents.heads().next_back().filter(|_| ended < dc.len()) {
        match head.until {
            None => line.push_apart(Tone::Faint, format!("via {}", view.info().name(head.host))),
            Some(_) => line.push_apart(Tone::Doubtful, "parent lost"),
        }
    }
    line
}

fn foot(view: &RunView, now: RunClock) -> Line {
    longest(view, now).map_or_else(|| first_held(view), |longest| Line::new().add(Tone::Faint, longest))
}

/// `running longest: mail8-dc2 21.8s`; none where nothing runs.
pub(super) fn longest(view: &RunView, now: RunClock) -> Option<String> {
    let longest = view.running().take(LONGEST);
    let longest =
        longest.map(|(start, host)| format!("{} {}", view.info().name(host), format::duration(now.since(start))));
    let longest: Vec<String> = longest.collect();
    (!longest.is_empty()).then(|| format!("running longest: {}", longest.join(", ")))
}

/// `mail9-dc2 waits: run 9zzzabcd.1 of bob@bastion2 (backup.sh) holds the host since 12 s`: why nothing moves, where nothing runs.
fn first_held(view: &RunView) -> Line {
    if view.at_stage(Stage::Held) == 0 {
        return Line::new();
    }
    let held = view.hosts().find(|(_, host)| host.stage == Stage::Held);
    let Some((id, reason)) = held.and_then(|(id, host)| Some((id, host.held.as_ref()?))) else { return Line::new() };
    let text = format!("{} waits: {}", view.info().name(id), sanitise_line(reason.text.as_bytes()));
    Line::new().add(Tone::Faint, text)
}
