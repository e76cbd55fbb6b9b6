//! The pace of a plan in words: how many run at once, how long, and what stops it.

use crate::config::time_text;
use mcom_fleet::planner::effective_maximum;
use mcom_model::{Credentials, HostLock, Plan};
use std::time::Duration;

/// Everything about the pace, for a plan that is printed.
pub(super) fn pace_text(plan: &Plan) -> String {
    let command = match plan.limits.command_timeout_ms {
        Some(ms) => format!("{} for the payload", time(ms)),
        None => "no time limit for the payload".to_owned(),
    };
    let credentials = match plan.credentials {
        Credentials::Own => "credentials own: parents reach their children with their own SSH keys",
        Credentials::Auto | Credentials::Relay => "credentials relay: parents hold no key, each login is signed here",
        Credentials::Transit => "credentials transit: every host is logged in on from here, through its parent",
        Credentials::Certificate => "credentials certificate: parents get a certificate for minutes",
    };
    let stops = stops_line(plan).map_or_else(String::new, |line| line + "\n");
    format!("{}; {} to connect; {command}\n{stops}{credentials}\n", at_once(plan), time(plan.limits.connect_timeout_ms))
}

/// How many run at once, and with how many it opens.
pub(super) fn at_once(plan: &Plan) -> String {
    let fanout = plan.limits.fanout;
    let sizes = || plan.datacenters.iter().map(|dc| dc.members.len() as u64);
    let all: u64 = sizes().map(|size| size.min(fanout.into())).sum();
    let over_all = plan.limits.global_fanout.filter(|&most| u64::from(most) < all);
    let mut text = format!("up to {} at once", effective_maximum(plan));
    if let Some(most) = over_all {
        text += &format!(", no more than {most} over all datacenters");
    }
    let opening = plan.limits.opening;
    if fanout > opening && sizes().any(|size| size > opening.into()) {
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
