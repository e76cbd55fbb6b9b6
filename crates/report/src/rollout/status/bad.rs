//! Hosts that somebody has to look at.

use super::hosts::restarts;
use crate::names::Names;
use crate::rollout::health::by_said;
use crate::rollout::options::RolloutOptions;
use crate::rollout::words::check_of_stage;
use crate::style::{Line, Tone};
use crate::words::{BY_WEIGHT, label, tone};
use mcom_model::{HostId, HostRanges, OutcomeKind};
use mcom_rollout::{HostProgress, RolloutSpec, RolloutState, RunOf};

/// Lines that name bad hosts; what is not named is counted.
const SHOWN: usize = 8;

/// Bad hosts that are bad in the same way.
struct Group {
    tone: Tone,
    label: String,
    hosts: Vec<HostId>,
    /// What they said.
    said: Option<String>,
    /// Whether it was the undo that went wrong there, and not the payload; none: they are sick.
    by_undo: Option<bool>,
}

/// Whether somebody has to look at a host: its payload, or what was to revert it, did not end ok, or it is sick. One whose
/// payload restarts it may still come back, and is well when it has.
pub(in crate::rollout) fn is_bad(spec: &RolloutSpec, host: &HostProgress) -> bool {
    undo_failed(host).is_some() || host.sick || (host.ended_badly() && !restarts(spec, host))
}

/// All hosts that are bad, accepted ones among them, and not reverted.
pub(in crate::rollout) fn bad_hosts(spec: &RolloutSpec, state: &RolloutState) -> HostRanges {
    state.which(|host| is_bad(spec, host) && !host.is_undone())
}

fn undo_failed(host: &HostProgress) -> Option<OutcomeKind> {
    host.undone.flatten().filter(|kind| !matches!(kind, OutcomeKind::Ok | OutcomeKind::Skipped | OutcomeKind::NotRun))
}

/// A line for each kind of bad hosts: `FAILED 2  web[3,9]-ams1  (run 8f3kabcd)`. Each host is in one of them.
pub(in crate::rollout) fn bad_lines(
    names: &Names,
    spec: &RolloutSpec,
    state: &RolloutState,
    options: &RolloutOptions,
) -> Vec<Line> {
    let mut groups = groups(state, &bad_hosts(spec, state));
    let rest = groups.split_off(groups.len().min(SHOWN));
    let mut lines: Vec<Line> = groups.into_iter().map(|group| group.line(names, state, options)).collect();
    if !rest.is_empty() {
        let hosts: usize = rest.iter().map(|group| group.hosts.len()).sum();
        lines.push(
            Line::new().add(Tone::Bad, format!("BAD {hosts}")).add(Tone::Plain, "  in other ways, or with other words"),
        );
    }
    lines
}

fn groups(state: &RolloutState, bad: &HostRanges) -> Vec<Group> {
    let (not_undone, rest): (Vec<HostId>, Vec<HostId>) =
        bad.iter().partition(|host| undo_failed(state.host(*host)).is_some());
    let (sick, failed): (Vec<HostId>, Vec<HostId>) = rest.into_iter().partition(|host| state.host(*host).sick);
    let of_kinds = |hosts: &[HostId], undo: bool| -> Vec<Group> {
        let kind_of = |host: &HostProgress| if undo { undo_failed(host) } else { host.outcome() };
        let group = |kind: OutcomeKind| {
            let hosts = hosts.iter().copied().filter(|host| kind_of(state.host(*host)) == Some(kind)).collect();
            let label = if undo { format!("UNDO {}", label(kind)) } else { label(kind) };
            Group { tone: tone(kind), label, hosts, said: None, by_undo: Some(undo) }
        };
        BY_WEIGHT.into_iter().map(group).collect()
    };
    let by_said = match check_of_stage(state) {
        Some((_, round)) => by_said(round, sick.into_iter()),
        None => vec![(None, sick)],
    };
    let sick = by_said.into_iter().map(|(said, hosts)| Group {
        tone: Tone::Bad,
        label: "SICK".to_owned(),
        hosts,
        said,
        by_undo: None,
    });
    let groups = of_kinds(&not_undone, true).into_iter().chain(of_kinds(&failed, false)).chain(sick);
    groups.filter(|group| !group.hosts.is_empty()).collect()
}

impl Group {
    fn line(&self, names: &Names, state: &RolloutState, options: &RolloutOptions) -> Line {
        let mut line = Line::new().add(self.tone, format!("{} {}", self.label, self.hosts.len()));
        let room = options.columns().saturating_sub(line.width() + 4);
        line.push_apart(Tone::Strong, options.cut(names.describe(&self.hosts), room));
        if let Some(said) = &self.said {
            line.push(Tone::Plain, format!(": {said}"));
        }
        let accepted = self.hosts.iter().filter(|host| state.host(**host).accepted).count();
        match accepted {
            0 => {}
            all if all == self.hosts.len() => line.push_apart(Tone::Doubtful, "(accepted)"),
            some => line.push_apart(Tone::Doubtful, format!("({some} accepted)")),
        }
        line.push_apart(Tone::Faint, self.runs(state));
        line
    }

    /// `(run 8f3kabcd)`: whose log has what they printed.
    fn runs(&self, state: &RolloutState) -> String {
        let Some(undo) = self.by_undo else { return String::new() };
        let ran = |run: &&mcom_rollout::RunProgress| {
            (run.of == RunOf::Undo) == undo && self.hosts.iter().any(|host| run.hosts.contains(*host))
        };
        let mut runs = state.runs.iter().rev().filter(ran);
        match (runs.next(), runs.count()) {
            (None, _) => String::new(),
            (Some(last), 0) => format!("(run {})", last.run),
            (Some(last), more) => format!("(run {} and {more} before it)", last.run),
        }
    }
}
