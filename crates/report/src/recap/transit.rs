//! Hosts that go by transit because their parent could not reach them: how many, which, and why.

use crate::fold::by_transit as folded;
use crate::format;
use crate::recap::results::shorten;
use crate::sanitise::sanitise_line;
use crate::state::RunView;
use crate::style::{Line, Tone};

/// `2 hosts by transit: mail[3,7]-dc1 (the host's sshd does not bind logins to its host key)`; none where nobody does.
pub(super) fn by_transit(view: &RunView) -> Option<Line> {
    let folded = folded(view, view.hosts().map(|(id, _)| id));
    let hosts: usize = folded.values().map(Vec::len).sum();
    let why = folded.iter().map(|(reason, hosts)| {
        let hosts = shorten(&view.info().fold(hosts));
        format!("{hosts} ({})", sanitise_line(reason.as_bytes()))
    });
    let why: Vec<String> = why.collect();
    let text = format!("{} by transit: {}", format::hosts(hosts as u64), why.join(", "));
    (hosts > 0).then(|| Line::new().add(Tone::Plain, text))
}
