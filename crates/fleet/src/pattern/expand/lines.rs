//! The hosts of a file or of standard input: one target a line, `#` begins a comment.

use super::super::ast::{Pattern, TermKind};
use super::super::error::{PatternError, PatternErrorKind as Kind};
use super::super::parse;
use super::super::target::Target;
use super::{Emptiness, Resolver, check_bound, evaluate};
use crate::hostset::is_host_name;

/// The hosts that the lines of `text` stand for. `file` names it in errors.
pub(super) fn hosts(resolver: &Resolver, file: &str, text: &str) -> Result<Vec<Target>, PatternError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut hosts = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let target = without_comment(line).trim();
        if is_host_name(target) {
            hosts.push(Target::named(target));
        } else if !target.is_empty() {
            let found = line_hosts(resolver, target, hosts.len() as u64);
            hosts.extend(found.map_err(|error| error.in_line(file, index + 1))?);
        }
        if hosts.len() as u64 > resolver.limit {
            let error = resolver.too_many(Some(hosts.len() as u64), target, 0..target.len());
            return Err(error.in_line(file, index + 1));
        }
    }
    Ok(hosts)
}

fn line_hosts(resolver: &Resolver, line: &str, before: u64) -> Result<Vec<Target>, PatternError> {
    let pattern = parse(line)?;
    refuse_nested(&pattern)?;
    check_bound(&pattern, resolver, before)?;
    evaluate(&pattern, resolver, Emptiness::Refused)
}

/// Files that name each other could go on for ever, and standard input is there only once.
fn refuse_nested(pattern: &Pattern) -> Result<(), PatternError> {
    let nested = pattern.terms.iter().find(|term| matches!(term.kind, TermKind::File(_) | TermKind::Stdin));
    nested.map_or(Ok(()), |term| {
        let hint = "name both on the command line: ^a.txt,^b.txt".to_owned();
        Err(PatternError::new(Kind::NestedFile(term.to_string()), pattern.text(), term.span.clone(), hint))
    })
}

/// The line up to a `#` at its beginning or behind a blank.
fn without_comment(line: &str) -> &str {
    let starts = |at: &usize| *at == 0 || line[..*at].ends_with([' ', '\t']);
    line.match_indices('#').map(|(at, _)| at).find(starts).map_or(line, |at| &line[..at])
}
