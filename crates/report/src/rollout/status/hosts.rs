//! Which hosts have the change, which do not, which are half way.

use crate::format;
use crate::names::Names;
use crate::rollout::options::RolloutOptions;
use crate::style::{Line, Tone};
use mcom_model::{HostId, HostRanges, OutcomeKind};
use mcom_rollout::{HostProgress, RolloutSpec, RolloutState};

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
pub(super) fn restarts(spec: &RolloutSpec, host: &HostProgress) -> bool {
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
