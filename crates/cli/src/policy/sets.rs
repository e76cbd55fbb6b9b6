//! Which hosts of a plan are in a forbidden set. What cannot be told is refused: a rule that nobody can apply is none.

use crate::config::{Forbidden, Setting, Settings};
use crate::error::{CliError, ErrorKind};
use crate::resolve::{Fleet, StandardInput};
use mcom_fleet::dc::DcRules;
use mcom_fleet::hostset::HostSet;
use mcom_fleet::inventory::Inventories;
use mcom_fleet::pattern::{self, Joint, NoSource, Pattern, PatternError, PatternErrorKind, Source, SourceError};
use mcom_model::{Plan, PlanRequest, limits};

/// A rule, and the hosts of the plan that are in its set.
pub(super) type Found<'s> = (&'s Setting<Forbidden>, HostSet);

/// The hosts of each forbidden set.
pub(super) fn forbidden_in<'s>(plan: &Plan, settings: &'s Settings) -> Result<Vec<Found<'s>>, CliError> {
    let rules = &settings.policy.forbidden;
    if rules.is_empty() {
        return Ok(Vec::new());
    }
    // Groups are those of the configuration, whichever inventory the run itself names.
    let stdin = StandardInput::default();
    let fleet = Fleet::load(&PlanRequest::default(), settings, &stdin)?;
    let hosts: HostSet = plan.hosts.iter().map(|host| host.name.as_str()).collect();
    let known = Known { hosts, inventories: fleet.inventories(), rules: fleet.rules() };
    rules.iter().map(|rule| known.of(rule).map(|found| (rule, found))).collect()
}

/// What patterns of a policy choose among, and the groups that they may name.
struct Known<'f> {
    hosts: HostSet,
    inventories: &'f Inventories,
    rules: &'f DcRules,
}

impl Known<'_> {
    fn of(&self, rule: &Setting<Forbidden>) -> Result<HostSet, CliError> {
        let found = rule.value.hosts.iter().map(|pattern| self.hosts_of(pattern)).collect::<Result<Vec<_>, _>>();
        let found = found.map_err(|error| {
            let message = format!("{}: it cannot be told which hosts the policy forbids: {error}", rule.origin);
            CliError::new(ErrorKind::Config, message)
        })?;
        Ok(found.iter().fold(HostSet::new(), |all, hosts| all.union(hosts)))
    }

    /// Term by term: one that matches no host of this plan is no mistake.
    fn hosts_of(&self, pattern: &Pattern) -> Result<HostSet, PatternError> {
        let mut hosts = HostSet::new();
        for term in pattern.terms() {
            let alone = pattern::parse(&pattern.text()[term.span.clone()])?;
            let these = match pattern::expand(&[alone], &[], self, limits::HOSTS) {
                Ok(targets) => pattern::host_set(&targets).intersection(&self.hosts),
                Err(error) if matches!(error.kind(), PatternErrorKind::NoMatch(_)) => HostSet::new(),
                Err(error) => return Err(error),
            };
            hosts = match term.joint {
                Joint::Union => hosts.union(&these),
                Joint::And => hosts.intersection(&these),
                Joint::Without => hosts.difference(&these),
            };
        }
        Ok(hosts)
    }
}

impl Source for Known<'_> {
    fn file(&self, path: &str) -> Result<String, SourceError> {
        NoSource.file(path)
    }

    fn stdin(&self) -> Result<String, SourceError> {
        NoSource.stdin()
    }

    fn group(&self, source: Option<&str>, group: &str) -> Result<Vec<String>, SourceError> {
        match group.strip_prefix("dc=") {
            // Hosts that are in no inventory are in a datacenter too.
            Some(dc) if source.is_none() => {
                let dc_of = |host: &str| self.inventories.attributes(host).dc;
                let is_there = |host: &&str| self.rules.datacenter(host, dc_of(host).as_deref()).0 == dc;
                Ok(self.hosts.iter().filter(is_there).map(str::to_owned).collect())
            }
            _ => self.inventories.group(source, group, self.rules),
        }
    }

    fn run(&self, id: &str, outcome: &str) -> Result<Vec<String>, SourceError> {
        NoSource.run(id, outcome)
    }

    fn inventory(&self) -> Option<&HostSet> {
        Some(&self.hosts)
    }
}
