//! Says in words what each term of a pattern means and how many hosts it has.

use super::ast::{Item, Joint, Name, Part, Pattern, Term, TermKind};
use super::error::PatternError;
use super::expand::{Emptiness, Resolver, unique};
use super::source::Source;

/// What one term means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The term in its canonical spelling, with the sign that joins it to those before it.
    pub term: String,
    /// What it does, in words.
    pub meaning: String,
    /// How many hosts it has by itself.
    pub count: u64,
}

/// Explains each term, from left to right.
pub fn explain(pattern: &Pattern, source: &dyn Source, limit: u64) -> Result<Vec<Explanation>, PatternError> {
    let resolver = Resolver { source, limit };
    let one = |(index, term): (usize, &Term)| {
        resolver.count(pattern, term)?;
        let mut hosts = resolver.resolve(pattern, term, Emptiness::Allowed)?;
        // Only names are counted here; whether users and ports agree is for the expansion to say.
        hosts.iter_mut().for_each(|host| (host.user, host.port) = (None, None));
        let count = unique(hosts).map_or(0, |hosts| hosts.len()) as u64;
        let sign = if index == 0 { "" } else { term.joint.sign() };
        Ok(Explanation { term: format!("{sign}{term}"), meaning: meaning(term, index == 0, source), count })
    };
    pattern.terms.iter().enumerate().map(one).collect()
}

fn meaning(term: &Term, first: bool, source: &dyn Source) -> String {
    let joined = match term.joint {
        Joint::Union if first => "",
        Joint::Union => "and ",
        Joint::And => "of the hosts so far only ",
        Joint::Without => "without ",
    };
    let what = match &term.kind {
        TermKind::Name { user, name, port } => {
            let user = user.as_ref().map(|user| format!(", as user {user}")).unwrap_or_default();
            let port = port.map(|port| format!(", on port {port}")).unwrap_or_default();
            format!("{}{user}{port}", name_meaning(name))
        }
        TermKind::Group { source, group } => {
            let of = source.as_ref().map(|source| format!(" of {source}")).unwrap_or_default();
            match group.split_once('=') {
                Some((key, value)) => format!("the hosts{of} whose {key} is {value}"),
                None => format!("the hosts of the group {group}{of}"),
            }
        }
        TermKind::Run { id, outcome } => format!("the hosts of run {id} that ended {outcome}"),
        TermKind::Regex(regex) if source.inventory().is_some() => {
            format!("the hosts of the inventory whose whole name matches {regex}")
        }
        TermKind::Regex(regex) => format!("every name that matches {regex}"),
        TermKind::File(path) => format!("the hosts listed in {path}"),
        TermKind::Stdin => "the hosts listed on standard input".to_owned(),
    };
    format!("{joined}{what}")
}

fn name_meaning(name: &Name) -> String {
    if let [Part::Literal(host)] = name.parts.as_slice() {
        return format!("the host {host}");
    }
    let parts: Vec<String> = name.parts.iter().map(part_meaning).collect();
    let whose = if name.has_wildcard() { "the hosts of the inventory named " } else { "the names " };
    format!("{whose}{}", parts.join(", then "))
}

fn part_meaning(part: &Part) -> String {
    match part {
        Part::Literal(text) => text.clone(),
        Part::Range(items) => either(items.iter().map(item_meaning)),
        Part::Alt(branches) => either(branches.iter().map(|branch| match branch.to_string() {
            text if text.is_empty() => "nothing".to_owned(),
            text => text,
        })),
        Part::AnyText => "any text".to_owned(),
        Part::AnyChar => "any one character".to_owned(),
    }
}

fn item_meaning(item: &Item) -> String {
    let (first, last, step) = match *item {
        Item::Numbers { first, last, step, width } => (format!("{first:0width$}"), format!("{last:0width$}"), step),
        Item::Letters { first, last, step } => (char::from(first).to_string(), char::from(last).to_string(), step),
    };
    match step {
        _ if first == last => first,
        1 => format!("{first} to {last}"),
        _ => format!("{first} to {last} in steps of {step}"),
    }
}

/// `a`, `a or b`, `a, b or c`.
fn either(words: impl Iterator<Item = String>) -> String {
    let words: Vec<String> = words.collect();
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        Some((only, _)) => only.clone(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::{NoSource, parse};

    fn told(pattern: &str) -> Vec<(String, String, u64)> {
        let explained = explain(&parse(pattern).unwrap(), &NoSource, 1_000_000).unwrap();
        explained.into_iter().map(|one| (one.term, one.meaning, one.count)).collect()
    }

    fn row(term: &str, meaning: &str, count: u64) -> (String, String, u64) {
        (term.to_owned(), meaning.to_owned(), count)
    }

    #[test]
    fn each_term_is_said_in_words_with_its_count() {
        assert_eq!(
            told("alice@mail[1-100]-(dc1|dc2):22,web1&mail[08-11,0-48/16]!/mail[12](|-x)/"),
            [
                row(
                    "alice@mail[1-100]-(dc1|dc2):22",
                    "the names mail, then 1 to 100, then -, then dc1 or dc2, as user alice, on port 22",
                    200
                ),
                row(",web1", "and the host web1", 1),
                row(
                    "&mail[08-11,0-48/16]",
                    "of the hosts so far only the names mail, then 08 to 11 or 0 to 48 in steps of 16",
                    8
                ),
                row("!/mail[12](|-x)/", "without every name that matches mail[12](|-x)", 4),
            ]
        );
    }

    #[test]
    fn equal_names_are_counted_once() {
        assert_eq!(told("web[1-3,2-4](|)")[0].2, 4);
    }
}
