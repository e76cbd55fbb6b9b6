//! Which rules a run breaks, and what to type instead.

use crate::config::{Forbidden, Setting, Settings};
use crate::error::{CliError, ErrorKind};
use crate::policy::sets::forbidden_in;
use mcom_fleet::hostset::HostSet;
use mcom_model::{HostRanges, Plan};

/// Refuses a run on all hosts of a plan, at once, that breaks a rule.
pub fn check_run(plan: &Plan, reason: Option<&str>, settings: &Settings) -> Result<(), CliError> {
    let mut broken = reason_above(plan.hosts.len(), reason, settings);
    broken.extend(stages_above(plan, settings));
    for (rule, found) in forbidden_in(plan, settings)? {
        broken.extend(too_many(rule, &found, "one run"));
    }
    refused(broken)
}

/// Refuses stages, each by its name with the hosts that it adds, where one of them breaks a rule, or where there are
/// none to speak of.
pub fn check_stages<'s>(
    plan: &Plan,
    stages: impl IntoIterator<Item = (&'s str, &'s HostRanges)>,
    reason: Option<&str>,
    settings: &Settings,
) -> Result<(), CliError> {
    let stages: Vec<_> = stages.into_iter().filter(|(_, hosts)| !hosts.is_empty()).collect();
    let mut broken = reason_above(plan.hosts.len(), reason, settings);
    if stages.len() < 2 {
        broken.extend(stages_above(plan, settings));
    }
    for (rule, found) in forbidden_in(plan, settings)? {
        for (name, hosts) in &stages {
            let added: HostSet = hosts.iter().map(|id| plan.host(id).name.as_str()).collect();
            broken.extend(too_many(rule, &found.intersection(&added), &format!("stage {name}")));
        }
    }
    refused(broken)
}

/// Refuses to revert a rollout on so many hosts without saying why. What else holds for a run does not: whoever reverts
/// must get back to where everything was.
pub fn check_undo(count: usize, reason: Option<&str>, settings: &Settings) -> Result<(), CliError> {
    refused(reason_above(count, reason, settings))
}

/// A rule that is broken.
struct Broken {
    /// What, and which rule says so.
    what: String,
    /// What to type.
    mend: String,
}

fn reason_above(count: usize, reason: Option<&str>, settings: &Settings) -> Vec<Broken> {
    let rule = &settings.policy.reason_above;
    let given = reason.is_some_and(|reason| !reason.trim().is_empty());
    let above = rule.value.filter(|&above| !given && count as u64 > above);
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

fn too_many(set: &Setting<Forbidden>, found: &HostSet, in_what: &str) -> Option<Broken> {
    let rule = &set.value;
    if found.len() as u64 <= rule.at_most {
        return None;
    }
    let patterns: Vec<&str> = rule.hosts.iter().map(|pattern| pattern.text()).collect();
    let patterns = patterns.join(",");
    let allowed = if rule.at_most == 0 { "none".to_owned() } else { format!("{} at most", rule.at_most) };
    let are = hosts(found.len() as u64);
    let place = place("forbidden", set);
    Some(Broken {
        what: format!("{in_what} has {are} of {patterns}, and may have {allowed}: {} ({place})", rule.why),
        mend: match rule.at_most {
            0 => format!("without them: -x '{found}'"),
            _ => format!("a few at a time: in stages, by --pick, or without some of them: -x '{found}'"),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{InquiryArgs, TargetArgs};
    use crate::config::Origin;
    use crate::request::build;
    use crate::resolve::StandardInput;
    use mcom_fleet::pattern;
    use mcom_model::HostId;

    fn settings() -> Settings {
        let mut settings = Settings::built_in(Setting::built_in("/nonexistent".into()));
        let rule = |value| Setting { value: Some(value), origin: Origin::BuiltIn };
        (settings.policy.stages_above, settings.policy.reason_above) = (rule(3), rule(3));
        let hosts = vec![pattern::parse("db*").unwrap()];
        let set = Forbidden { hosts, at_most: 1, why: "the quorum".to_owned() };
        settings.policy.forbidden.push(Setting { value: set, origin: Origin::BuiltIn });
        settings
    }

    fn plan(hosts: &str) -> Plan {
        let targets = TargetArgs { hosts: vec![hosts.to_owned()], ..TargetArgs::default() };
        let request = InquiryArgs { targets, ..InquiryArgs::default() }.settle(&settings()).unwrap();
        build(request, &settings(), &StandardInput::default()).unwrap().plan
    }

    /// The plan's hosts in stages, each by their number in it.
    fn checked(hosts: &str, stages: &[&[u32]], reason: Option<&str>) -> Result<(), String> {
        let named: Vec<(String, HostRanges)> = (1..)
            .zip(stages)
            .map(|(number, ids)| (format!("s{number}"), ids.iter().copied().map(HostId).collect()))
            .collect();
        let stages = named.iter().map(|(name, hosts)| (name.as_str(), hosts));
        check_stages(&plan(hosts), stages, reason, &settings()).map_err(|error| error.message)
    }

    #[test]
    fn stages_keep_what_a_run_of_all_their_hosts_would_break() {
        // In the order of the plan: db1, db2, web1, web2.
        let hosts = "db[1-2],web[1-2]";
        assert_eq!(checked(hosts, &[&[0, 2], &[1, 3]], Some("CHG1")), Ok(()));
        assert!(check_run(&plan(hosts), Some("CHG1"), &settings()).is_err());
        let refused = |stages, reason| checked(hosts, stages, reason).unwrap_err();
        assert_eq!(
            refused(&[&[2], &[0, 1, 3]], Some("CHG1")),
            "the policy refuses it: stage s2 has 2 hosts of db*, and may have 1 at most: the quorum (forbidden, built in)"
        );
        assert!(refused(&[&[0, 2], &[1, 3]], Some(" ")).contains("more than 3 hosts need a reason"));
    }

    #[test]
    fn an_undo_says_why_and_needs_no_stages() {
        assert_eq!(check_undo(3, None, &settings()), Ok(()));
        assert_eq!(check_undo(4, Some("customers complain"), &settings()), Ok(()));
        assert!(check_undo(4, None, &settings()).unwrap_err().message.contains("more than 3 hosts need a reason"));
    }

    #[test]
    fn one_stage_of_all_hosts_is_no_stage() {
        let one = checked("web[1-4]", &[&[], &[0, 1, 2, 3]], Some("CHG1")).unwrap_err();
        assert!(one.contains("more than 3 hosts go in stages"), "{one}");
        assert_eq!(checked("web[1-3]", &[&[0, 1, 2]], None), Ok(()));
    }
}
