//! The pace of a plan in words: how many run at once, how long, and what stops it.

use crate::config::time_text;
use mcom_fleet::planner::{effective_maximum, ways};
use mcom_model::{HostLock, Plan, PlannedDc};
use std::time::Duration;

/// Everything about the pace, for a plan that is printed.
pub(super) fn pace_text(plan: &Plan) -> String {
    let command = match plan.limits.command_timeout_ms {
        Some(ms) => format!("{} for the payload", time(ms)),
        None => "no time limit for the payload".to_owned(),
    };
    let stops = stops_line(plan).map_or_else(String::new, |line| line + "\n");
    format!(
        "{}; {} to connect; {command}\n{stops}{}\n",
        at_once(plan),
        time(plan.limits.connect_timeout_ms),
        ways_line(plan)
    )
}

/// How many hosts are reached in which way.
pub(super) fn ways_line(plan: &Plan) -> String {
    let ways = ways(plan);
    let by = [
        (ways.auto, "by relay (transit where an end lacks it)"),
        (ways.relay, "by relay"),
        (ways.transit, "by transit through the parent's sshd"),
        (ways.certificate, "by certificate"),
        (ways.own, "by parents with their own SSH keys"),
    ];
    let here = format!("{} from here", hosts(ways.here));
    let below = by.into_iter().filter(|(count, _)| *count > 0).map(|(count, way)| format!("{count} {way}"));
    let all: Vec<String> = std::iter::once(here).chain(below).collect();
    format!("credentials {}: {}", plan.credentials.word(), all.join(", "))
}

fn hosts(count: usize) -> String {
    format!("{count} host{}", if count == 1 { "" } else { "s" })
}

/// How many run at once, and with how many it opens.
pub(super) fn at_once(plan: &Plan) -> String {
    let most = |dc: &PlannedDc| u64::from(dc.at_once(&plan.limits)).min(dc.members.len() as u64);
    let all: u64 = plan.datacenters.iter().map(most).sum();
    let over_all = plan.limits.global_fanout.filter(|&limit| u64::from(limit) < all);
    let mut text = format!("up to {} at once", effective_maximum(plan));
    if let Some(limit) = over_all {
        text += &format!(", no more than {limit} over all datacenters");
    }
    let opening = plan.limits.opening;
    if plan.datacenters.iter().any(|dc| most(dc) > opening.into()) {
        text += &format!(", opening with {opening} per datacenter");
    }
    text
}

/// What stops it early, whom it skips, and what it does about other runs, where anything is asked for.
pub(super) fn stops_line(plan: &Plan) -> Option<String> {
    let mut parts = Vec::new();
    if let Some(ms) = plan.limits.deadline_ms {
        parts.push(format!("deadline {} for the whole run", time(ms)));
    }
    match plan.limits.max_fail {
        Some(0) => parts.push("halts at the first bad host".to_owned()),
        Some(1) => parts.push("halts at more than 1 bad host".to_owned()),
        Some(most) => parts.push(format!("halts at more than {most} bad hosts")),
        None => {}
    }
    if plan.request.once {
        parts.push("skips hosts that have it".to_owned());
    }
    match plan.request.lock {
        HostLock::Take => {}
        HostLock::Wait { ms } => parts.push(format!("waits {} for a host that another run holds", time(ms))),
        HostLock::Without => parts.push("no lock: runs beside other runs".to_owned()),
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

fn time(ms: u64) -> String {
    time_text(Duration::from_millis(ms))
}
