//! Which hosts have the change, which do not, which are half way, and which are bad.

use crate::format;
use crate::names::Names;
use crate::rollout::health::by_said;
use crate::rollout::options::RolloutOptions;
use crate::rollout::words::check_of_stage;
use crate::style::{Line, Tone};
use crate::words::{BY_WEIGHT, label, tone};
use mcom_model::{HostId, HostRanges, OutcomeKind};
use mcom_rollout::{HostProgress, RolloutSpec, RolloutState};

/// Lines that name bad hosts; what is not named is counted.
const BAD_LINES: usize = 8;

/// Hosts by where they stand. Each host is in one of them.
pub(in crate::rollout) struct Standing {
    /// The payload ended ok there.
    pub changed: HostRanges,
    /// They had it before.
    pub had_it: HostRanges,
    /// The payload began there and did not end ok.
    pub half_way: HostRanges,
    /// The payload runs there, or may.
    pub running: HostRanges,
    /// Reverted by `undo`.
    pub reverted: HostRanges,
    /// The payload did not begin there.
    pub unchanged: HostRanges,
}

impl Standing {
    pub(in crate::rollout) fn of(spec: &RolloutSpec, state: &RolloutState) -> Self {
        let mut parts: [Vec<HostId>; 6] = Default::default();
        for (id, host) in (0..).map(HostId).zip(&state.hosts) {
            parts[place(spec, host)].push(id);
        }
        let [changed, had_it, running, half_way, reverted, unchanged] = parts.map(|hosts| hosts.into_iter().collect());
        Self { changed, had_it, half_way, running, reverted, unchanged }
    }

    /// Each with its words; those that are empty too.
    pub(in crate::rollout) const fn parts(&self) -> [(&'static str, &'static str, &HostRanges); 6] {
        [
            ("changed", "have the change", &self.changed),
            ("had-it", "had it before", &self.had_it),
            ("running", "running", &self.running),
            ("half-way", "HALF WAY", &self.half_way),
            ("reverted", "reverted", &self.reverted),
            ("unchanged", "do not have it", &self.unchanged),
        ]
    }
}

/// Which part a host is in, in the order of [`Standing::parts`].
fn place(spec: &RolloutSpec, host: &HostProgress) -> usize {
    use OutcomeKind::{Failed, Killed, NotRun, Ok, Refused, Skipped, TimedOut, Unknown, Unreachable};
    let by_payload = match host.run {
        None | Some((_, Some(NotRun | Refused | Unreachable))) => 5,
        Some((_, Some(Ok))) => 0,
        Some((_, Some(Skipped))) => 1,
        Some((_, None)) => 2,
        // It came back, or is to come back, with the change.
        Some((_, Some(_))) if restarts(spec, host) => {
            if host.rebooted {
                0
            } else {
                2
            }
        }
        Some((_, Some(Failed | TimedOut | Killed | Unknown))) => 3,
    };
    match host.undone {
        None | Some(Some(NotRun | Refused | Unreachable | Skipped)) => by_payload,
        Some(None) => 2,
        Some(Some(Ok)) => 4,
        Some(Some(Failed | TimedOut | Killed | Unknown)) => 3,
    }
}

/// Whether the payload ended in a way that is what it is meant to do: it restarts its host.
fn restarts(spec: &RolloutSpec, host: &HostProgress) -> bool {
    let Some((stage, Some(kind))) = host.run else { return false };
    let is_meant = spec.stages.get(stage as usize).is_some_and(|stage| stage.reboots_ms.is_some());
    is_meant && !host.sick && (kind == OutcomeKind::Unknown || (kind == OutcomeKind::Failed && host.signalled))
}

/// A line for each part that has hosts: `have the change   4  web7-fra1 ...`.
pub(in crate::rollout) fn host_lines(
    names: &Names,
    spec: &RolloutSpec,
    state: &RolloutState,
    options: &RolloutOptions,
) -> Vec<Line> {
    let standing = Standing::of(spec, state);
    let parts = standing.parts().into_iter().filter(|(_, _, hosts)| !hosts.is_empty());
    let line = |(key, words, hosts): (&str, &str, &HostRanges)| {
        let heavy = if key == "half-way" { Tone::Bad } else { Tone::Plain };
        let mut line = Line::new().add(heavy, format!("{words:15}"));
        line.push(Tone::Plain, format!("{:>7}", format::number(hosts.len() as u64)));
        let hosts: Vec<HostId> = hosts.iter().collect();
        let room = options.columns().saturating_sub(line.width() + 4);
        let told = names.describe(&hosts);
        let is_long = told.chars().count() > room && !options.verbose && key != "half-way";
        line.push_apart(Tone::Plain, options.cut(if is_long { by_count(names, &hosts) } else { told }, room));
        line
    };
    parts.map(line).collect()
}

/// `ams1 9 of 75 · fra1 11 of 75`: where names would not fit.
fn by_count(names: &Names, hosts: &[HostId]) -> String {
    let of_dc = |(dc, hosts): (usize, Vec<HostId>)| {
        let dc = &names.dcs()[dc];
        match (hosts.len(), dc.hosts.len()) {
            (some, all) if some == all => format!("{} all {all}", dc.name),
            (some, all) => format!("{} {some} of {all}", dc.name),
        }
    };
    names.by_dc(hosts).into_iter().map(of_dc).collect::<Vec<_>>().join(" · ")
}

/// Whether somebody has to look at a host: its payload did not end ok, or it is sick. One whose payload restarts it may
/// still come back, and is well when it has.
pub(in crate::rollout) fn is_bad(spec: &RolloutSpec, host: &HostProgress) -> bool {
    host.sick || (host.ended_badly() && !restarts(spec, host))
}

/// All hosts that are bad, accepted ones among them, and not reverted.
pub(in crate::rollout) fn bad_hosts(spec: &RolloutSpec, state: &RolloutState) -> HostRanges {
    state.which(|host| is_bad(spec, host) && !host.is_undone())
}

/// A line for each kind of bad hosts: `FAILED 2  web[3,9]-ams1  mcom log 8f3kabcd --failed`.
pub(in crate::rollout) fn bad_lines(
    names: &Names,
    spec: &RolloutSpec,
    state: &RolloutState,
    options: &RolloutOptions,
) -> Vec<Line> {
    let bad: Vec<HostId> = bad_hosts(spec, state).iter().collect();
    let mut groups: Vec<(Line, Vec<HostId>, String)> = Vec::new();
    for kind in BY_WEIGHT.into_iter().filter(|kind| *kind != OutcomeKind::Ok) {
        let is_of = |host: &HostProgress| host.outcome() == Some(kind) && !host.sick;
        let hosts: Vec<HostId> = bad.iter().copied().filter(|host| is_of(state.host(*host))).collect();
        groups.push((Line::new().add(tone(kind), label(kind)), hosts, String::new()));
    }
    let sick = bad.iter().copied().filter(|host| state.host(*host).sick);
    let by_said = match check_of_stage(state) {
        Some((_, round)) => by_said(round, sick),
        None => vec![(None, sick.collect())],
    };
    for (said, hosts) in by_said {
        groups.push((Line::new().add(Tone::Bad, "SICK"), hosts, said.unwrap_or_default()));
    }
    groups.retain(|(_, hosts, _)| !hosts.is_empty());
    let rest = groups.split_off(groups.len().min(BAD_LINES));
    let mut lines: Vec<Line> = groups.into_iter().map(|group| bad_line(names, state, options, group)).collect();
    if !rest.is_empty() {
        let hosts: u64 = rest.iter().map(|(_, hosts, _)| hosts.len() as u64).sum();
        lines.push(Line::new().add(Tone::Bad, format!("SICK {hosts}")).add(Tone::Plain, "  that said other things"));
    }
    lines
}

fn bad_line(
    names: &Names,
    state: &RolloutState,
    options: &RolloutOptions,
    (mut line, hosts, said): (Line, Vec<HostId>, String),
) -> Line {
    line.push(Tone::Bad, format!(" {}", hosts.len()));
    let room = options.columns().saturating_sub(line.width() + 4);
    line.push_apart(Tone::Strong, options.cut(names.describe(&hosts), room));
    if !said.is_empty() {
        line.push(Tone::Plain, format!(": {said}"));
    }
    let accepted = hosts.iter().filter(|host| state.host(**host).accepted).count();
    match accepted {
        0 => {}
        all if all == hosts.len() => line.push_apart(Tone::Doubtful, "(accepted)"),
        some => line.push_apart(Tone::Doubtful, format!("({some} accepted)")),
    }
    line
}
