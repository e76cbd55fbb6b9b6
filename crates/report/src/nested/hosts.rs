//! A branch per host.

use super::draw::{Node, Output};
use super::options::LogOrder;
use super::root::Log;
use crate::fold::bodies_of;
use crate::format;
use crate::sanitise::sanitise_line;
use crate::state::{HostView, Stage};
use crate::style::{Line, Tone};
use crate::words::{detail, label, tone};
use mcom_model::{HostId, RunClock};
use std::collections::BTreeMap;
use std::time::Duration;

/// One node a host, in the order given or asked for.
pub(super) fn host_nodes(log: Log<'_>, hosts: &[HostId], order: Option<LogOrder>) -> Vec<Node> {
    let mut hosts = hosts.to_vec();
    let ended =
        |host: &HostId| log.view.host(*host).and_then(|host| host.ended_at).unwrap_or(RunClock::from_micros(u64::MAX));
    match order {
        Some(LogOrder::Time) => hosts.sort_by_key(|host| (ended(host), *host)),
        Some(LogOrder::Host) => hosts.sort_unstable(),
        None => {}
    }
    hosts.into_iter().map(|host| host_node(log, host)).collect()
}

/// `mail7-dc2  FAILED  exit 1  +31.4s  run 3.1s`.
fn host_node(log: Log<'_>, id: HostId) -> Node {
    let mut line = Line::new().add(Tone::Strong, log.view.info().name(id));
    let Some(host) = log.view.host(id) else { return Node::new(line) };
    match &host.outcome {
        Some(outcome) => {
            line.push_apart(tone(outcome.kind()), label(outcome.kind()));
            line.push_apart(Tone::Plain, detail(outcome));
        }
        None => line.push_apart(Tone::Doubtful, stage_words(host.stage)),
    }
    if let Some(reason) = host.held.as_ref().filter(|_| host.stage == Stage::Held) {
        let holder = sanitise_line(reason.text.as_bytes());
        line.push_apart(Tone::Plain, format!("waits: {holder}"));
    }
    line.push_apart(Tone::Faint, host.ended_at.or(host.started_at).map(format::moment).unwrap_or_default());
    line.push_apart(Tone::Faint, facts(host));
    line.push_apart(Tone::Faint, asked_again(host.times_lost, host.times_attached));
    if let Some(reason) = &host.gave_way {
        line.push_apart(Tone::Faint, format!("gave way as a parent ({})", sanitise_line(reason.text.as_bytes())));
    }
    if let Some(reason) = &host.transit {
        line.push_apart(Tone::Faint, format!("by transit ({})", sanitise_line(reason.text.as_bytes())));
    }
    let bodies = bodies_of(host);
    let mend = host.outcome.as_ref().and_then(|outcome| outcome.reason()).and_then(|reason| reason.mend());
    Node {
        advice: mend.map(|mend| Line::new().add(Tone::Faint, format!("→ {mend}"))),
        output: Some(Output::Host(id, Box::new(bodies))),
        ..Node::new(line)
    }
}

/// What the receipt says beside the outcome.
fn facts(host: &HostView) -> String {
    let Some(receipt) = &host.receipt else { return String::new() };
    let mut text = format!("run {}", format::duration(Duration::from_millis(receipt.run_ms)));
    if let Some(result) = &receipt.result {
        text += &format!("  result {}", sanitise_line(result.as_bytes()));
    }
    if receipt.left_behind > 0 {
        text += &format!("  left {} processes behind", receipt.left_behind);
    }
    text
}

/// `asked again 2  mail[3,7]  link lost twice, attached again`: hosts with links that did not stand.
pub(super) fn asked_again_nodes(log: Log<'_>, dc: usize, hosts: &[HostId]) -> Vec<Node> {
    let mut groups: BTreeMap<String, Vec<HostId>> = BTreeMap::new();
    for &id in hosts {
        let Some(host) = log.view.host(id) else { continue };
        groups.entry(asked_again(host.times_lost, host.times_attached)).or_default().push(id);
    }
    groups.remove("");
    let node = |(words, hosts): (String, Vec<HostId>)| {
        let mut line = Line::new().add(Tone::Faint, format!("asked again {}", hosts.len()));
        line.push_apart(Tone::Plain, log.view.info().fold_in_dc(dc, &hosts));
        line.push_apart(Tone::Faint, words);
        Node::new(line)
    };
    groups.into_iter().map(node).collect()
}

/// `link lost twice, attached again`; empty where nothing of that was.
fn asked_again(lost: u32, attached: u32) -> String {
    let times = |count| match count {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        more => format!("{more} times"),
    };
    match (lost, attached) {
        (0, 0) => String::new(),
        (0, _) => "attached again".to_owned(),
        (lost, 0) => format!("link lost {}", times(lost)),
        (lost, _) => format!("link lost {}, attached again", times(lost)),
    }
}

const fn stage_words(stage: Stage) -> &'static str {
    match stage {
        Stage::Waiting => "WAITING",
        Stage::Asking => "ASKED AGAIN",
        Stage::Held => "HELD",
        Stage::Linking => "CONNECTING",
        Stage::Linked => "LINKED, not started",
        Stage::Running => "RUNNING",
        Stage::Ended => "ENDED",
    }
}
