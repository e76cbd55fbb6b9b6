//! Where the operator's ssh goes for each host, and with what: by as few questions to `ssh -G` as will do.
//!
//! Hosts to which the same blocks of the configuration apply are asked about together. A few of them are, and the rest
//! follows where those few show by which rule: it is what the inventory or a block of the host's own says, or the same for
//! all, or the name within the same text. Where they show no rule, ssh is asked about each.

use crate::authority::error::AuthorityError;
use crate::authority::probe::{Answer, Prober, Setup};
use crate::authority::scan::{OwnValues, Scan};
use mcom_model::{HostId, HostSpec, Plan};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The places of [`OwnValues`] by name.
const HOSTNAME: usize = 0;
const PORT: usize = 1;
const USER: usize = 2;
const ALIAS: usize = 3;

/// Where ssh goes for one host.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub hostname: String,
    pub port: u16,
    pub user: String,
    pub alias: Option<String>,
    pub setup: Arc<Setup>,
}

/// What was found out.
#[derive(Debug, Default)]
pub(super) struct Targets {
    /// By host id; none for hosts that nobody asked for, and those that ssh refuses to speak of.
    pub list: Vec<Option<Target>>,
    /// What ssh said about those.
    pub refused: Vec<(String, String)>,
}

/// One host of a group, with what is foretold of it.
struct Member<'a> {
    id: HostId,
    spec: &'a HostSpec,
    foretold: OwnValues,
}

/// How one value of a group's answers comes about.
enum Rule {
    Foretold,
    Same(Option<String>),
    Around(String, String),
}

/// Looks at the hosts that are wanted.
pub(super) fn look(prober: &Prober, scan: &Scan, plan: &Plan, wanted: &[HostId]) -> Result<Targets, AuthorityError> {
    let mut targets = Targets { list: vec![None; plan.hosts.len()], refused: Vec::new() };
    let (groups, mut alone) = groups(scan, plan, wanted);
    let picked: Vec<Vec<usize>> = groups.iter().map(|group| probes(group)).collect();
    let specs = groups.iter().zip(&picked).flat_map(|(group, picked)| picked.iter().map(|&at| group[at].spec));
    let mut answers = prober.ask(&specs.collect::<Vec<_>>())?.into_iter();
    for (group, picked) in groups.into_iter().zip(picked) {
        let answers: Vec<_> = answers.by_ref().take(picked.len()).collect();
        match rules(&group, &picked, &answers) {
            Some((rules, setup)) => {
                let setup = Arc::new(setup);
                for member in &group {
                    targets.list[member.id.0 as usize] = follow(&rules, member, &setup);
                }
            }
            None => alone.extend(group),
        }
    }
    let specs: Vec<&HostSpec> = alone.iter().map(|member| member.spec).collect();
    let mut setups: Vec<Arc<Setup>> = Vec::new();
    for (member, answer) in alone.iter().zip(prober.ask(&specs)?) {
        match answer {
            Ok(answer) => targets.list[member.id.0 as usize] = taken(answer, &mut setups),
            Err(said) => targets.refused.push((member.spec.name.clone(), said)),
        }
    }
    Ok(targets)
}

/// The hosts by what applies to them, and those that must be asked about one by one.
fn groups<'a>(scan: &Scan, plan: &'a Plan, wanted: &[HostId]) -> (Vec<Vec<Member<'a>>>, Vec<Member<'a>>) {
    let mut groups: BTreeMap<_, Vec<Member<'a>>> = BTreeMap::new();
    let mut alone = Vec::new();
    for &id in wanted {
        let spec = plan.host(id);
        let (labels, own) = scan.class(&spec.name);
        let member = Member { id, spec, foretold: foretold(spec, own) };
        if scan.is_alone(&spec.name, spec.address.is_some()) {
            alone.push(member);
        } else {
            let given = (spec.address.is_some(), spec.port.is_some(), spec.user.is_some());
            groups.entry((labels, given)).or_default().push(member);
        }
    }
    (groups.into_values().collect(), alone)
}

/// What the inventory says comes first: it stands on the command line. ssh writes host names in lower case.
fn foretold(spec: &HostSpec, own: OwnValues) -> OwnValues {
    let [hostname, port, user, alias] = own;
    let given = spec.address.as_ref().map(|_| spec.name.clone());
    [
        spec.address.clone().or(hostname).map(|name| name.to_ascii_lowercase()),
        spec.port.map(|port| port.to_string()).or(port),
        spec.user.clone().or(user),
        given.or(alias).map(|name| name.to_ascii_lowercase()),
    ]
}

/// The members to ask about: the first and the last, and for each value that differs somewhere one where it does.
fn probes(group: &[Member<'_>]) -> Vec<usize> {
    let mut picked = vec![0];
    if group.len() > 1 {
        picked.push(group.len() - 1);
    }
    for value in 0..group[0].foretold.len() {
        let differs = |at: &usize| group[*at].foretold[value] != group[0].foretold[value];
        if !picked.iter().any(differs) {
            picked.extend((0..group.len()).find(differs));
        }
    }
    picked
}

/// How the answers come about; none where that does not show.
fn rules(group: &[Member<'_>], picked: &[usize], answers: &[Result<Answer, String>]) -> Option<([Rule; 4], Setup)> {
    let answers: Vec<&Answer> = answers.iter().map(|answer| answer.as_ref().ok()).collect::<Option<_>>()?;
    let setup = &answers[0].setup;
    if answers.iter().any(|answer| answer.setup != *setup) || (setup.canonical && group.len() > 1) {
        return None;
    }
    let members: Vec<&Member<'_>> = picked.iter().map(|&at| &group[at]).collect();
    let seen =
        |value: usize| members.iter().copied().zip(answers.iter().map(move |answer| answer.place[value].as_ref()));
    let rule = |value: usize| {
        if seen(value).all(|(member, said)| said.is_some() && member.foretold[value].as_ref() == said) {
            return Some(Rule::Foretold);
        }
        if value == HOSTNAME && group.len() > 1 {
            return around(seen(value));
        }
        let first = answers[0].place[value].as_ref();
        seen(value).all(|(_, said)| said == first).then(|| Rule::Same(first.cloned()))
    };
    Some(([rule(HOSTNAME)?, rule(PORT)?, rule(USER)?, rule(ALIAS)?], setup.clone()))
}

/// The same text around each host's name, or the same for all.
fn around<'a, 'b: 'a>(mut seen: impl Iterator<Item = (&'a Member<'b>, Option<&'a String>)> + Clone) -> Option<Rule> {
    let all = seen.clone();
    let (member, first) = seen.next()?;
    if all.clone().all(|(_, said)| said == first) {
        return Some(Rule::Same(first.cloned()));
    }
    let (before, after) = first?.split_once(member.spec.name.as_str())?;
    let fits = |(member, said): (&Member<'_>, Option<&String>)| {
        said.is_some_and(|said| *said == format!("{before}{}{after}", member.spec.name))
    };
    all.clone().all(fits).then(|| Rule::Around(before.to_owned(), after.to_owned()))
}

fn follow(rules: &[Rule; 4], member: &Member<'_>, setup: &Arc<Setup>) -> Option<Target> {
    let value = |at: usize| match &rules[at] {
        Rule::Foretold => member.foretold[at].clone(),
        Rule::Same(value) => value.clone(),
        Rule::Around(before, after) => Some(format!("{before}{}{after}", member.spec.name)),
    };
    target([value(HOSTNAME), value(PORT), value(USER), value(ALIAS)], Arc::clone(setup))
}

/// An answer for one host alone; what it shares with others is kept once.
fn taken(answer: Answer, setups: &mut Vec<Arc<Setup>>) -> Option<Target> {
    let setup = setups.iter().find(|setup| ***setup == answer.setup).cloned().unwrap_or_else(|| {
        let setup = Arc::new(answer.setup);
        setups.push(Arc::clone(&setup));
        setup
    });
    target(answer.place, setup)
}

fn target([hostname, port, user, alias]: OwnValues, setup: Arc<Setup>) -> Option<Target> {
    Some(Target { hostname: hostname?, port: port?.parse().ok()?, user: user?, alias, setup })
}

#[cfg(test)]
mod tests;
