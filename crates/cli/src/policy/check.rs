//! Which rules a run breaks, and what to type instead.

use crate::config::{Forbidden, Setting, Settings};
use crate::error::{CliError, ErrorKind};
use crate::policy::sets::forbidden_in;
use mcom_model::{HostRanges, Plan};

/// Refuses a run on all hosts of a plan, at once, that breaks a rule.
pub fn check_run(plan: &Plan, reason: Option<&str>, settings: &Settings) -> Result<(), CliError> {
    let mut broken = reason_above(plan, reason, settings);
    broken.extend(stages_above(plan, settings));
    for (rule, found) in forbidden_in(plan, settings)? {
        broken.extend(too_many(rule, found.len(), "one run"));
    }
    refused(broken)
}

/// Refuses stages, each by its name with the hosts that it adds, where one of them breaks a rule, or where there are
/// none to speak of.
#[allow(dead_code, reason = "for stages, which the verbs of rollouts have")]
pub fn check_stages<'s>(
    plan: &Plan,
    stages: impl IntoIterator<Item = (&'s str, &'s HostRanges)>,
    reason: Option<&str>,
    settings: &Settings,
) -> Result<(), CliError> {
    let stages: Vec<_> = stages.into_iter().filter(|(_, hosts)| !hosts.is_empty()).collect();
    let mut broken = reason_above(plan, reason, settings);
    if stages.len() < 2 {
        broken.extend(stages_above(plan, settings));
    }
    for (rule, found) in forbidden_in(plan, settings)? {
        for (name, hosts) in &stages {
            let there = hosts.iter().filter(|&id| found.contains(&plan.host(id).name)).count();
            broken.extend(too_many(rule, there, &format!("stage {name}")));
        }
    }
    refused(broken)
}

/// A rule that is broken.
struct Broken {
    /// What, and which rule says so.
    what: String,
    /// What to type.
    mend: String,
}

fn reason_above(plan: &Plan, reason: Option<&str>, settings: &Settings) -> Vec<Broken> {
    let rule = &settings.policy.reason_above;
    let given = reason.is_some_and(|reason| !reason.trim().is_empty());
    let above = rule.value.filter(|&above| !given && plan.hosts.len() as u64 > above);
    let broken = above.map(|above| Broken {
        what: format!("more than {} need a reason ({})", hosts(above), place("reason_above", rule)),
        mend: "say why: --reason TEXT; in a rollout's file: reason = \"TEXT\"".to_owned(),
    });
    broken.into_iter().collect()
}

fn stages_above(plan: &Plan, settings: &Settings) -> Option<Broken> {
    let rule = &settings.policy.stages_above;
    let above = rule.value.filter(|&above| plan.hosts.len() as u64 > above)?;
    Some(Broken {
        what: format!("more than {} go in stages ({})", hosts(above), place("stages_above", rule)),
        mend: "in stages: --stages 1,1/dc,10/dc,all --soak 5m; from a file: mcom rollout init".to_owned(),
    })
}

fn too_many(set: &Setting<Forbidden>, found: usize, in_what: &str) -> Option<Broken> {
    let rule = &set.value;
    if found as u64 <= rule.at_most {
        return None;
    }
    let patterns: Vec<&str> = rule.hosts.iter().map(|pattern| pattern.text()).collect();
    let patterns = patterns.join(",");
    let allowed = if rule.at_most == 0 { "none".to_owned() } else { format!("{} at most", rule.at_most) };
    let are = hosts(found as u64);
    let place = place("forbidden", set);
    Some(Broken {
        what: format!("{in_what} has {are} of {patterns}, and may have {allowed}: {} ({place})", rule.why),
        mend: match rule.at_most {
            0 => format!("without them: -x '{patterns}'"),
            _ => format!("a few at a time, in stages that name them, or without them: -x '{patterns}'"),
        },
    })
}

fn place<T>(key: &str, rule: &Setting<T>) -> String {
    format!("{key}, {}", rule.origin)
}

fn hosts(count: u64) -> String {
    format!("{count} host{}", if count == 1 { "" } else { "s" })
}

/// The first rule is the error; what else is broken stands below, so that nobody has to try again for each.
fn refused(broken: Vec<Broken>) -> Result<(), CliError> {
    let mut broken = broken.into_iter();
    let Some(first) = broken.next() else { return Ok(()) };
    let error = CliError::new(ErrorKind::Refused, format!("the policy refuses it: {}", first.what)).hint(first.mend);
    Err(broken.fold(error, |error, more| error.hint(format!("and {}", more.what)).hint(more.mend)))
}
