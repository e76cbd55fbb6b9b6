//! Failures as they happen: a line for those of one moment that are alike.

use crate::bodies::{Bodies, read_small};
use crate::fold::{FoldIgnore, Group, groups};
use crate::format;
use crate::recap::group_line;
use crate::sanitise::sanitise_line;
use crate::state::RunView;
use crate::style::{Line, Tone};
use mcom_model::{HostId, Stream};

/// Lines for one moment; the recap has all of them.
const SHOWN: usize = 12;

/// A body that is read for its last line.
const SMALL: u64 = 64 << 10;

/// Lines that say how these hosts failed.
pub(crate) fn failure_lines(view: &RunView, hosts: &[HostId], bodies: &dyn Bodies) -> Vec<Line> {
    let groups = groups(view, hosts.iter().copied(), bodies, FoldIgnore::default());
    let mut lines: Vec<Line> = groups.iter().take(SHOWN).map(|group| failure(view, group, bodies)).collect();
    if groups.len() > SHOWN {
        let hosts = groups[SHOWN..].iter().map(|group| group.hosts.len() as u64).sum();
        lines.push(Line::new().add(Tone::Faint, format!("… and {} that failed otherwise", format::hosts(hosts))));
    }
    lines
}

/// `FAILED 3  mail[7,31,60]-dc2  exit 1  +31.4s  nginx: [emerg] bind() failed`.
fn failure(view: &RunView, group: &Group, bodies: &dyn Bodies) -> Line {
    let mut line = group_line(view, group);
    line.push_apart(Tone::Faint, format::moment(group.ended.1));
    let last = [Stream::Err, Stream::Out].iter().find_map(|&stream| last_line(group, stream, bodies));
    line.push_apart(Tone::Plain, last.unwrap_or_default());
    line
}

/// The last line that is not blank, where the body is short and here already.
fn last_line(group: &Group, stream: Stream, bodies: &dyn Bodies) -> Option<String> {
    let body = group.body(stream);
    if body.len == 0 {
        return None;
    }
    let bytes = read_small(bodies, body, SMALL).ok().flatten()?;
    let last = bytes.split(|&byte| byte == b'\n').rfind(|line| !line.trim_ascii().is_empty())?;
    Some(sanitise_line(last.trim_ascii_end()))
}
