//! Patterns to hosts: counted first, then resolved term by term and taken together from left to right.

mod lines;
mod term;

use super::ast::{Joint, Pattern, Term};
use super::error::{PatternError, PatternErrorKind as Kind};
use super::source::Source;
use super::target::{Conflict, Target};
use crate::hostset::{natural_cmp, sort_by_name};
use std::cmp::Ordering;
pub(super) use term::Resolver;

/// The hosts that `include` stands for without those of `exclude`, in natural order, each once.
///
/// What the texts alone stand for is counted before any name is made; more than `limit` names are refused. A term
/// that matches nothing is an error, unless it only takes hosts away and is a list that may be empty.
pub fn expand(
    include: &[Pattern],
    exclude: &[Pattern],
    source: &dyn Source,
    limit: u64,
) -> Result<Vec<Target>, PatternError> {
    let resolver = Resolver { source, limit };
    for patterns in [include, exclude] {
        let mut bound = 0;
        for pattern in patterns {
            bound = check_bound(pattern, &resolver, bound)?;
        }
    }
    let mut hosts = Vec::new();
    for pattern in include {
        hosts.extend(evaluate(pattern, &resolver, Emptiness::Refused)?);
        hosts = unique(hosts).map_err(|conflict| conflict_error(pattern, conflict))?;
        resolver.check_len(&hosts, pattern.text(), 0..pattern.text().len())?;
    }
    for pattern in exclude {
        let out = evaluate(pattern, &resolver, Emptiness::Allowed)?;
        hosts = join(hosts, out, Joint::Without).map_err(|conflict| conflict_error(pattern, conflict))?;
        if hosts.is_empty() && !include.is_empty() {
            let what = Kind::NothingLeft(format!("without {pattern}, the pattern"));
            let span = 0..pattern.text().len();
            return Err(PatternError::new(what, pattern.text(), span, "exclude fewer hosts".to_owned()));
        }
    }
    Ok(hosts)
}

/// Whether a pattern may stand for no host.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Emptiness {
    Refused,
    Allowed,
}

/// Checks that the names which the text alone stands for are within the limit, given that `bound` are there already.
fn check_bound(pattern: &Pattern, resolver: &Resolver, bound: u64) -> Result<u64, PatternError> {
    let mut own = 0_u64;
    for term in &pattern.terms {
        let Some(count) = resolver.count(pattern, term)? else { continue };
        own = match term.joint {
            Joint::Union => own.saturating_add(count),
            Joint::And | Joint::Without => own,
        };
        if own.saturating_add(bound) > resolver.limit {
            let total = Some(own.saturating_add(bound));
            return Err(resolver.too_many(total, pattern.text(), 0..term.span.end));
        }
    }
    Ok(own.saturating_add(bound))
}

/// The hosts of one pattern, in natural order, each once.
pub(super) fn evaluate(
    pattern: &Pattern,
    resolver: &Resolver,
    emptiness: Emptiness,
) -> Result<Vec<Target>, PatternError> {
    let conflict = |conflict| conflict_error(pattern, conflict);
    let mut hosts: Vec<Target> = Vec::new();
    for term in &pattern.terms {
        let allowed = if term.joint == Joint::Without { Emptiness::Allowed } else { emptiness };
        let found = resolver.resolve(pattern, term, allowed)?;
        if term.joint == Joint::Union {
            hosts.extend(found);
            // Sorting once at the end is enough, unless it gets too much.
            if hosts.len() as u64 > resolver.limit {
                hosts = unique(hosts).map_err(conflict)?;
                resolver.check_len(&hosts, pattern.text(), 0..term.span.end)?;
            }
            continue;
        }
        hosts =
            join(unique(hosts).map_err(conflict)?, unique(found).map_err(conflict)?, term.joint).map_err(conflict)?;
        if hosts.is_empty() && emptiness == Emptiness::Refused {
            return Err(nothing_left(pattern, term));
        }
    }
    unique(hosts).map_err(conflict)
}

/// Natural order, each host once, with what all its mentions say.
pub(super) fn unique(hosts: Vec<Target>) -> Result<Vec<Target>, Conflict> {
    let mut hosts = sort_by_name(hosts, |host| &host.name);
    let mut conflict = None;
    hosts.dedup_by(|later, earlier| {
        let same = later.name == earlier.name;
        if same && let Err(found) = earlier.merge(later) {
            conflict.get_or_insert(found);
        }
        same
    });
    conflict.map_or(Ok(hosts), Err)
}

/// Of hosts in natural order those that are in `others` too, or those that are not.
fn join(hosts: Vec<Target>, others: Vec<Target>, joint: Joint) -> Result<Vec<Target>, Conflict> {
    let mut others = others.into_iter().peekable();
    let mut kept = Vec::new();
    for mut host in hosts {
        while others.next_if(|other| natural_cmp(&other.name, &host.name) == Ordering::Less).is_some() {}
        match (joint, others.next_if(|other| other.name == host.name)) {
            (Joint::And, Some(other)) => {
                host.merge(&other)?;
                kept.push(host);
            }
            (Joint::Without, None) => kept.push(host),
            _ => {}
        }
    }
    Ok(kept)
}

fn nothing_left(pattern: &Pattern, term: &Term) -> PatternError {
    let text = format!("{}{term}", term.joint.sign());
    let hint = match term.joint {
        Joint::And => "no host before it is in it; terms are taken together from left to right",
        _ => "it takes away every host before it; terms are taken together from left to right",
    };
    PatternError::new(Kind::NothingLeft(text), pattern.text(), term.span.clone(), hint.to_owned())
}

fn conflict_error(pattern: &Pattern, conflict: Conflict) -> PatternError {
    let kind = Kind::Conflict(conflict.one, conflict.other);
    let hint = "name it once, or with the same user and port each time";
    PatternError::new(kind, pattern.text(), 0..pattern.text().len(), hint.to_owned())
}

#[cfg(test)]
mod tests;
