//! The top of the log: the run's own line, its datacenters, and what concerns the whole run.

use super::datacenter::datacenters;
use super::draw::Node;
use super::options::LogOptions;
use crate::bodies::Bodies;
use crate::format;
use crate::sanitise::sanitise_line;
use crate::state::RunView;
use crate::style::{Line, Tone};
use mcom_model::{EndedBy, HostId};
use std::collections::BTreeSet;

/// What every part of the log is made from.
#[derive(Clone, Copy)]
pub(super) struct Log<'a> {
    pub view: &'a RunView,
    pub bodies: &'a dyn Bodies,
    pub options: &'a LogOptions,
}

/// The whole log as a tree.
pub(super) fn root(log: Log<'_>, selected: &BTreeSet<HostId>) -> Node {
    let mut children = datacenters(log, selected);
    if children.is_empty() {
        children.push(Node::new(Line::new().add(Tone::Faint, "no host matches")));
    }
    children.extend(notices(log.view));
    Node { children, ..Node::new(run_line(log)) }
}

/// `run 8f3k  fix.sh 4c1f9a  alice@bastion  14:02:11Z  58.1s  HALTED  "CHG123"`.
fn run_line(log: Log<'_>) -> Line {
    let (view, info) = (log.view, log.view.info());
    let mut line = Line::new().add(Tone::Strong, format!("run {}", info.run));
    line.push_apart(Tone::Plain, info.payload.as_str());
    line.push(Tone::Faint, format!(" {}", info.payload_id.short()));
    line.push_apart(Tone::Plain, info.who.as_str());
    line.push_apart(Tone::Plain, format::time_of_day(info.started_ms));
    line.push_apart(Tone::Plain, format::duration(view.now().elapsed()));
    let state = match view.ended() {
        Some((_, EndedBy::Itself)) => "",
        Some((_, EndedBy::Cancel)) => "CANCELLED",
        Some((_, EndedBy::LedgerFull)) => "HALTED (the ledger could not be written)",
        Some((_, EndedBy::MaxFail)) => "HALTED (too many hosts failed)",
        Some((_, EndedBy::Deadline)) => "HALTED (the deadline came)",
        Some((_, EndedBy::Interrupt)) => "HALTED (by the operator)",
        None if log.options.running => "RUNNING",
        None => "INTERRUPTED",
    };
    line.push_apart(Tone::Doubtful, state);
    if let Some(reason) = &info.reason {
        line.push_apart(Tone::Plain, format!("\"{reason}\""));
    }
    line
}

/// Violations and the operator's cancel: they belong to no datacenter's counts.
fn notices(view: &RunView) -> Vec<Node> {
    let violations = view.violations().iter().map(|(at, host, reason)| {
        let text = format!("VIOLATION by {} {}", view.info().name(*host), format::moment(*at));
        let mut line = Line::new().add(Tone::Bad, text);
        line.push_apart(Tone::Plain, sanitise_line(reason.text.as_bytes()));
        Node::new(line)
    });
    let cancel = view.cancel_asked();
    let cancel =
        cancel.map(|at| Node::new(Line::new().add(Tone::Doubtful, format!("cancel asked {}", format::moment(at)))));
    violations.chain(cancel).collect()
}
