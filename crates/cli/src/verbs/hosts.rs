//! `mcom hosts`: expand, fold, count and explain a pattern.

use crate::args::HostsArgs;
use crate::config::Settings;
use crate::error::CliError;
use crate::output::{print, say};
use crate::request::targets;
use crate::resolve::{Fleet, Hosts, StandardInput};
use crate::verbs::plan_text::{pick_line, rule_words};
use mcom_fleet::hostset::{HostSet, natural_cmp};
use mcom_fleet::pattern::{Explanation, Target, host_set};
use mcom_model::{Credentials, DcRule, PlanRequest};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::IsTerminal;

/// Prints the hosts in the way that was asked for.
pub fn hosts(args: &HostsArgs, settings: &Settings) -> Result<(), CliError> {
    let request = targets(&args.targets)?;
    let stdin = StandardInput::default();
    let fleet = Fleet::load(&request, settings, &stdin)?;
    let hosts = fleet.hosts(&request)?;
    if let Some(line) = pick_line(request.pick.as_deref(), hosts.targets.len(), hosts.before_pick) {
        say(&line);
    }
    let text = if args.count {
        format!("{}\n", hosts.targets.len())
    } else if args.fold {
        format!("{}\n", host_set(&hosts.targets).fold())
    } else if args.explain {
        explained(&fleet, &request, &hosts)?
    } else if args.json {
        json(&fleet, &hosts.targets)
    } else if std::io::stdout().is_terminal() {
        table(&fleet, &hosts.targets)
    } else {
        lines(&hosts.targets)
    };
    print(&text)
}

fn lines(targets: &[Target]) -> String {
    let mut text = String::new();
    for target in targets {
        text.push_str(&target.name);
        text.push('\n');
    }
    text
}

/// One line a datacenter, and the count.
fn table(fleet: &Fleet<'_>, targets: &[Target]) -> String {
    let dcs = by_dc(fleet, targets);
    let names = dcs.iter().map(|(name, ..)| name.len()).max().unwrap_or(0);
    let counts = dcs.iter().map(|(_, set, _)| set.len().to_string().len()).max().unwrap_or(0);
    let mut text = String::new();
    for (name, set, rule) in &dcs {
        let _ = writeln!(text, "{name:names$}  {:>counts$}  {}  ({})", set.len(), set.fold(), rule_words(*rule));
    }
    let _ = writeln!(text, "{}", total(targets.len(), dcs.len()));
    text
}

fn total(hosts: usize, dcs: usize) -> String {
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    format!("{hosts} host{} in {dcs} datacenter{}", plural(hosts), plural(dcs))
}

fn explained(fleet: &Fleet<'_>, request: &PlanRequest, hosts: &Hosts) -> Result<String, CliError> {
    let terms = fleet.explain(request)?;
    let width = terms.iter().map(|one| one.term.chars().count()).max().unwrap_or(0);
    let counts = terms.iter().map(|one| one.count.to_string().len()).max().unwrap_or(0);
    let mut text = String::new();
    for Explanation { term, meaning, count } in &terms {
        let _ = writeln!(text, "{term:width$}  {count:>counts$}  {meaning}");
    }
    text.push_str("together:\n");
    text.push_str(&table(fleet, &hosts.targets));
    Ok(text)
}

/// What is known about a host, as JSON has it.
#[derive(Serialize)]
struct HostObject<'a> {
    host: &'a str,
    dc: &'a str,
    rule: DcRule,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    port: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    weight: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    credentials: Option<Credentials>,
}

fn json(fleet: &Fleet<'_>, targets: &[Target]) -> String {
    let mut text = String::new();
    for target in targets {
        let known = fleet.inventories().attributes(&target.name);
        let (dc, rule) = fleet.rules().datacenter(&target.name, known.dc.as_deref());
        let object = HostObject {
            host: &target.name,
            dc,
            rule,
            user: target.user.clone().or(known.user),
            port: target.port.or(known.port),
            address: known.address,
            weight: known.weight.unwrap_or(1),
            credentials: known.credentials,
        };
        let line = serde_json::to_string(&object).expect("texts and numbers are JSON");
        text.push_str(&line);
        text.push('\n');
    }
    text
}

/// The hosts of each datacenter, in natural order, with the rule of most of them.
fn by_dc(fleet: &Fleet<'_>, targets: &[Target]) -> Vec<(String, HostSet, DcRule)> {
    let mut dcs: BTreeMap<String, (Vec<String>, BTreeMap<DcRule, usize>)> = BTreeMap::new();
    for target in targets {
        let known = fleet.inventories().attributes(&target.name);
        let (dc, rule) = fleet.rules().datacenter(&target.name, known.dc.as_deref());
        let (names, rules) = dcs.entry(dc.to_owned()).or_default();
        names.push(target.name.clone());
        *rules.entry(rule).or_default() += 1;
    }
    let rule = |rules: &BTreeMap<DcRule, usize>| {
        rules.iter().max_by_key(|(_, count)| **count).map_or(DcRule::None, |(rule, _)| *rule)
    };
    let mut dcs: Vec<_> =
        dcs.into_iter().map(|(dc, (names, rules))| (dc, HostSet::from(names), rule(&rules))).collect();
    dcs.sort_by(|(a, ..), (b, ..)| natural_cmp(a, b));
    dcs
}
