//! Branches of hosts that ended alike and printed the same.

use super::draw::{Node, Output};
use super::root::Log;
use crate::fold::{Group, common, groups, together};
use crate::format;
use crate::sanitise::sanitise_line;
use crate::state::Stage;
use crate::style::{Line, Tone};
use crate::words::{is_bad, is_named, label, tone};
use mcom_model::{HostId, OutcomeKind, Reason};
use std::collections::BTreeMap;

/// The groups of these hosts of a datacenter. A lone silent group that is ok says nothing that the line above it
/// does not, unless `always`.
pub(super) fn group_nodes(log: Log<'_>, dc: usize, hosts: &[HostId], always: bool) -> Vec<Node> {
    let groups = groups(log.view, hosts.iter().copied(), log.bodies, log.options.ignore);
    let mut nodes = Vec::new();
    let is_plain = |group: &Group| group.is_silent() && !is_named(group.kind);
    let lone = matches!(groups.as_slice(), [only] if is_plain(only)) && !log.options.filters() && !always;
    if !lone {
        for of_kind in groups.chunk_by(|a, b| a.kind == b.kind) {
            let base = of_kind.iter().find(|group| !group.is_silent());
            let is_only = of_kind.len() == 1 && !always && !log.options.filters();
            for group in of_kind {
                let base = base.filter(|base| base.hosts[0] != group.hosts[0]);
                nodes.push(group_node(log, dc, group, base, is_only));
            }
        }
    }
    nodes.extend(open_node(log, dc, hosts));
    nodes
}

/// `FAILED 3  mail[7,31,60]  exit 1  +2.0s..+31.4s`.
fn group_node(log: Log<'_>, dc: usize, group: &Group, base: Option<&Group>, is_only: bool) -> Node {
    let mut line = Line::new().add(tone(group.kind), format!("{} {}", label(group.kind), group.hosts.len()));
    // Whoever is ok and not named is everybody else.
    if is_bad(group.kind) || !is_only {
        line.push_apart(Tone::Strong, log.view.info().fold_in_dc(dc, &group.hosts));
    }
    line.push_apart(Tone::Plain, group.detail(log.view));
    let (first, last) = (format::moment(group.ended.0), format::moment(group.ended.1));
    if group.kind != OutcomeKind::NotRun && (is_bad(group.kind) || !is_only) {
        line.push_apart(Tone::Faint, if first == last { first } else { format!("{first}..{last}") });
    }
    if group.is_silent() && group.outcome.has_receipt() {
        line.push_apart(Tone::Faint, "(no output)");
    }
    let mend = group.outcome.reason().and_then(|reason| reason.mend());
    Node {
        advice: mend.map(|mend| Line::new().add(Tone::Faint, format!("→ {mend}"))),
        output: Some(Output::Group(Box::new(group.clone()), base.cloned().map(Box::new))),
        ..Node::new(line)
    }
}

/// Hosts that have no outcome yet.
fn open_node(log: Log<'_>, dc: usize, hosts: &[HostId]) -> Vec<Node> {
    let stages = [
        (Stage::Running, "RUNNING"),
        (Stage::Asking, "ASKED AGAIN"),
        (Stage::Linked, "LINKED, not started"),
        (Stage::Linking, "CONNECTING"),
        (Stage::Waiting, "WAITING"),
    ];
    let at = |stage| hosts.iter().copied().filter(move |&id| log.view.host(id).is_some_and(|host| host.stage == stage));
    let groups = stages.map(|(stage, word)| (at(stage).collect::<Vec<_>>(), word));
    let groups = groups.into_iter().filter(|(hosts, _)| !hosts.is_empty());
    let node = |(hosts, word): (Vec<HostId>, &str)| {
        let mut line = Line::new().add(Tone::Doubtful, format!("{word} {}", hosts.len()));
        line.push_apart(Tone::Strong, log.view.info().fold_in_dc(dc, &hosts));
        Node::new(line)
    };
    let mut nodes: Vec<Node> = groups.map(node).collect();
    nodes.extend(held_nodes(log, dc, hosts));
    nodes
}

/// `HELD 3  mail[1-3]  waits: run 9zzzabcd.1 of bob@bastion2 (backup.sh) holds the host`: hosts by who holds them.
fn held_nodes(log: Log<'_>, dc: usize, hosts: &[HostId]) -> impl Iterator<Item = Node> {
    let mut by_holder: BTreeMap<&str, Vec<(HostId, &Reason)>> = BTreeMap::new();
    for &id in hosts {
        let host = log.view.host(id).filter(|host| host.stage == Stage::Held);
        if let Some(reason) = host.and_then(|host| host.held.as_ref()) {
            by_holder.entry(common(reason)).or_default().push((id, reason));
        }
    }
    by_holder.into_values().map(move |held| {
        let hosts: Vec<HostId> = held.iter().map(|(id, _)| *id).collect();
        let holder = together(held.iter().map(|(_, reason)| *reason));
        let mut line = Line::new().add(Tone::Doubtful, format!("HELD {}", hosts.len()));
        line.push_apart(Tone::Strong, log.view.info().fold_in_dc(dc, &hosts));
        line.push_apart(Tone::Plain, format!("waits: {}", sanitise_line(holder.as_bytes())));
        Node::new(line)
    })
}
