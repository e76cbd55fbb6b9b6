//! Branches of hosts that the coordinator reached itself, because their parent could not.

use super::draw::Node;
use super::root::Log;
use crate::fold::by_transit;
use crate::sanitise::sanitise_line;
use crate::style::{Line, Tone};
use mcom_model::HostId;

/// `by transit 2  mail[3,7]  the host's sshd does not bind logins to its host key`: one for each reason, with the hosts
/// that it is for.
pub(super) fn transit_nodes(log: Log<'_>, dc: usize, hosts: &[HostId]) -> Vec<(Node, Vec<HostId>)> {
    let node = |(reason, hosts): (&str, Vec<HostId>)| {
        let mut line = Line::new().add(Tone::Faint, format!("by transit {}", hosts.len()));
        line.push_apart(Tone::Plain, log.view.info().fold_in_dc(dc, &hosts));
        line.push_apart(Tone::Faint, sanitise_line(reason.as_bytes()));
        (Node::new(line), hosts)
    };
    by_transit(log.view, hosts.iter().copied()).into_iter().map(node).collect()
}
