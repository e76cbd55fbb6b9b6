//! One term to the hosts that it stands for, by its text or by what the source says.

use super::super::ast::{Name, Pattern, Term, TermKind};
use super::super::error::{PatternError, PatternErrorKind as Kind};
use super::super::regex::{self, Endless};
use super::super::source::{Source, SourceError};
use super::super::target::Target;
use super::super::{names, size};
use super::{Emptiness, lines};
use crate::hostset::is_host_name;
use std::ops::Range;

const INVENTORY_HINT: &str = "name one with -i, or in the config file";
/// A known name is suggested only if it is at least this like the one that was typed.
const LIKENESS: f64 = 0.7;
/// How many known names are listed where none is like it.
const LISTED: usize = 8;

/// Finds the hosts of terms.
pub(in super::super) struct Resolver<'a> {
    pub(in super::super) source: &'a dyn Source,
    pub(in super::super) limit: u64,
}

impl Resolver<'_> {
    /// How many names the term stands for by its text alone; none where the source decides.
    pub(in super::super) fn count(&self, pattern: &Pattern, term: &Term) -> Result<Option<u64>, PatternError> {
        let counted = match &term.kind {
            TermKind::Name { name, .. } if !name.has_wildcard() => size::count(name),
            TermKind::Regex(regex) if self.source.inventory().is_none() => match regex::count(regex, self.limit) {
                Ok(count) => Some(count),
                Err(endless) => return Err(self.endless(endless, pattern, term)),
            },
            _ => return Ok(None),
        };
        match counted {
            Some(count) if count <= self.limit => Ok(Some(count)),
            _ => Err(self.too_many(counted, pattern.text(), term.span.clone())),
        }
    }

    /// The hosts of a term that has been counted, in no certain order, some perhaps twice.
    pub(in super::super) fn resolve(
        &self,
        pattern: &Pattern,
        term: &Term,
        emptiness: Emptiness,
    ) -> Result<Vec<Target>, PatternError> {
        let (hosts, may_be_empty) = match &term.kind {
            TermKind::Name { user, name, port } => {
                let make = |name: &str| Target { name: name.to_owned(), user: user.clone(), port: *port };
                (self.name(pattern, term, name, make)?, false)
            }
            TermKind::Regex(regex) => (self.regex(pattern, term, regex)?, false),
            TermKind::Group { source, group } => (self.source.group(source.as_deref(), group).and_then(targets), true),
            TermKind::Run { id, outcome } => (self.source.run(id, outcome).and_then(targets), true),
            TermKind::File(path) => match self.source.file(path) {
                Ok(text) => (Ok(lines::hosts(self, path, &text)?), true),
                Err(error) => (Err(error), true),
            },
            TermKind::Stdin => match self.source.stdin() {
                Ok(text) => (Ok(lines::hosts(self, "standard input", &text)?), true),
                Err(error) => (Err(error), true),
            },
        };
        let hosts = hosts.map_err(|error| source_error(error, pattern, term))?;
        if hosts.is_empty() && !(may_be_empty && emptiness == Emptiness::Allowed) {
            return Err(self.no_match(pattern, term));
        }
        Ok(hosts)
    }

    fn name(
        &self,
        pattern: &Pattern,
        term: &Term,
        name: &Name,
        make: impl Fn(&str) -> Target,
    ) -> Result<Result<Vec<Target>, SourceError>, PatternError> {
        if name.has_wildcard() {
            let Some(inventory) = self.source.inventory() else { return Ok(Err(SourceError::NoInventory)) };
            return Ok(Ok(inventory.iter().filter(|host| name.matches(host)).map(make).collect()));
        }
        let count = self.count(pattern, term)?.unwrap_or(0);
        let mut hosts = Vec::with_capacity(usize::try_from(count).unwrap_or(0));
        names::each(name, &mut |name| hosts.push(make(name)));
        Ok(Ok(hosts))
    }

    fn regex(
        &self,
        pattern: &Pattern,
        term: &Term,
        regex: &str,
    ) -> Result<Result<Vec<Target>, SourceError>, PatternError> {
        let Some(inventory) = self.source.inventory() else {
            let names = regex::enumerate(regex, self.limit);
            let names = names.map_err(|endless| self.endless(endless, pattern, term))?;
            return Ok(Ok(names.into_iter().map(Target::named).collect()));
        };
        let whole = regex::whole(regex).map_err(|error| {
            PatternError::new(Kind::BadRegex(error.to_string()), pattern.text(), term.span.clone(), String::new())
        })?;
        Ok(Ok(inventory.iter().filter(|host| whole.is_match(host)).map(Target::named).collect()))
    }

    /// Refuses more hosts than the limit.
    pub(super) fn check_len(&self, hosts: &[Target], text: &str, span: Range<usize>) -> Result<(), PatternError> {
        match hosts.len() as u64 {
            len if len > self.limit => Err(self.too_many(Some(len), text, span)),
            _ => Ok(()),
        }
    }

    pub(super) fn too_many(&self, count: Option<u64>, text: &str, span: Range<usize>) -> PatternError {
        let count = count.map_or_else(|| "more than 10^19".to_owned(), with_commas);
        let kind = Kind::TooMany { count, limit: with_commas(self.limit) };
        PatternError::new(kind, text, span, "narrow the ranges, or run on a part of them at a time".to_owned())
    }

    fn endless(&self, endless: Endless, pattern: &Pattern, term: &Term) -> PatternError {
        let (kind, hint) = match endless {
            Endless::TooMany(count) => return self.too_many(count, pattern.text(), term.span.clone()),
            Endless::Unbounded => (
                Kind::NeedsInventory(format!("{term} has no end: it")),
                "name one with -i, or set a bound: [0-9]{1,3} for [0-9]+",
            ),
            Endless::AnyCharacter => (
                Kind::NeedsInventory(format!("{term} lets any character stand in a name: it")),
                r"name one with -i, or write \. for a dot",
            ),
            Endless::TooLong => (Kind::BadName("is longer than 253 characters"), "repeat less"),
        };
        PatternError::new(kind, pattern.text(), term.span.clone(), hint.to_owned())
    }

    fn no_match(&self, pattern: &Pattern, term: &Term) -> PatternError {
        let hint = match &term.kind {
            TermKind::Name { .. } => "no host of the inventory has such a name".to_owned(),
            TermKind::Regex(_) if self.source.inventory().is_some() => {
                "no host of the inventory matches from its first to its last character".to_owned()
            }
            TermKind::Regex(_) => "nothing that it matches is a host's name".to_owned(),
            TermKind::Group { .. } => "the group has no hosts".to_owned(),
            TermKind::Run { outcome, .. } => format!("no host of that run ended {outcome}"),
            TermKind::File(_) => "the file names no hosts: one target a line".to_owned(),
            TermKind::Stdin => "standard input names no hosts: one target a line".to_owned(),
        };
        PatternError::new(Kind::NoMatch(term.to_string()), pattern.text(), term.span.clone(), hint)
    }
}

/// Names that a source gave.
fn targets(names: Vec<String>) -> Result<Vec<Target>, SourceError> {
    match names.iter().find(|name| !is_host_name(name)) {
        Some(name) => Err(SourceError::Failed {
            reason: format!("it has {name:?}, which is no host's name"),
            hint: String::new(),
        }),
        None => Ok(names.into_iter().map(Target::named).collect()),
    }
}

fn source_error(error: SourceError, pattern: &Pattern, term: &Term) -> PatternError {
    let (kind, hint) = match error {
        SourceError::NoInventory => (Kind::NeedsInventory(term.to_string()), INVENTORY_HINT.to_owned()),
        SourceError::Unknown { known } => {
            let (what, name) = match &term.kind {
                TermKind::Group { group, .. } => ("group", group.clone()),
                TermKind::Run { id, .. } => ("run", id.clone()),
                TermKind::File(path) => ("file", path.clone()),
                _ => ("host", term.to_string()),
            };
            (Kind::Unknown(format!("{what} {name}")), nearest(&name, &known))
        }
        SourceError::Failed { reason, hint } => (Kind::Source(term.to_string(), reason), hint),
    };
    PatternError::new(kind, pattern.text(), term.span.clone(), hint)
}

/// The known name that is most like the one typed, or some of the known ones.
fn nearest(name: &str, known: &[String]) -> String {
    let likeness = |other: &String| strsim::jaro_winkler(name, other);
    match known.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b))) {
        None => String::new(),
        Some(best) if likeness(best) >= LIKENESS => format!("did you mean {best}?"),
        Some(_) => {
            let more = if known.len() > LISTED { ", ..." } else { "" };
            format!("there are {}{more}", known[..known.len().min(LISTED)].join(", "))
        }
    }
}

/// 1,000,000 for 1000000.
fn with_commas(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().filter_map(|group| str::from_utf8(group).ok()).collect();
    groups.join(",")
}
