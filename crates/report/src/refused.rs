//! What parents asked for and may not have, folded: a captured parent may ask very often.

use crate::format;
use crate::sanitise::sanitise_line;
use crate::state::RunView;
use crate::style::{Line, Tone};
use mcom_model::{HostId, ReasonKind, RunClock};
use std::collections::{BTreeMap, BTreeSet};

/// Characters of a folded host set.
const HOSTS_WIDTH: usize = 120;

/// What one parent was refused for one reason.
#[derive(Default)]
struct Refused {
    hosts: BTreeSet<HostId>,
    times: u64,
}

/// `mail1-dc1 asked to log in on mail9-dc1 and was REFUSED: the parent has no link to this host to make now`, by parent and
/// reason, and when that was first. That relay is not possible is no fault of the parent's, and told otherwise.
pub(crate) fn refused(view: &RunView) -> Vec<(RunClock, Line)> {
    let mut all: BTreeMap<(RunClock, HostId, &str), Refused> = BTreeMap::new();
    let mut first: BTreeMap<(HostId, &str), RunClock> = BTreeMap::new();
    for (at, by, host, reason) in
        view.refusals().iter().filter(|refusal| refusal.3.kind == ReasonKind::CredentialRefused)
    {
        let at = *first.entry((*by, reason.text.as_str())).or_insert(*at);
        let refused = all.entry((at, *by, reason.text.as_str())).or_default();
        refused.hosts.insert(*host);
        refused.times += 1;
    }
    let info = view.info();
    let line = |((at, by, reason), refused): ((RunClock, HostId, &str), Refused)| {
        let hosts: Vec<HostId> = refused.hosts.iter().copied().collect();
        let mut on = info.fold(&hosts);
        if on.chars().count() > HOSTS_WIDTH {
            on = on.chars().take(HOSTS_WIDTH - 1).chain(['…']).collect();
        }
        let often = match refused.times {
            1 => String::new(),
            times => format!(" {} times", format::number(times)),
        };
        let text = format!("{} asked{often} to log in on {on} and was REFUSED", info.name(by));
        let line = Line::new().add(Tone::Bad, text).add(Tone::Plain, format!(": {}", sanitise_line(reason.as_bytes())));
        (at, line)
    };
    all.into_iter().map(line).collect()
}
