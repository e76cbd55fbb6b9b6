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
    line.push_apart(Tone::Faint, host.ended_at.or(host.started_at).map(format::moment).unwrap_or_default());
    line.push_apart(Tone::Faint, facts(host));
    if let Some(reason) = &host.gave_way {
        line.push_apart(Tone::Faint, format!("gave way as a parent ({})", sanitise_line(reason.text.as_bytes())));
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

const fn stage_words(stage: Stage) -> &'static str {
    match stage {
        Stage::Waiting => "WAITING",
        Stage::Linking => "CONNECTING",
        Stage::Linked => "LINKED, not started",
        Stage::Running => "RUNNING",
        Stage::Ended => "ENDED",
    }
}
