//! Finds the entries that may match a host without trying all of them.

use crate::pattern::{Joint, Name, Part, Pattern, TermKind};
use std::collections::BTreeMap;

/// Entries by what the names they match begin with.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    /// Entries with a name that is spelled out.
    exact: BTreeMap<String, Vec<usize>>,
    /// Entries with a pattern, by the text before its first part that varies or its first digit.
    prefix: BTreeMap<String, Vec<usize>>,
}

impl Index {
    pub(super) fn add(&mut self, entry: usize, pattern: &Pattern) {
        for term in pattern.terms().iter().filter(|term| term.joint == Joint::Union) {
            let TermKind::Name { name, .. } = &term.kind else { continue };
            let list = match literal(name) {
                Some(host) => self.exact.entry(host.to_owned()).or_default(),
                None => self.prefix.entry(fixed_start(name).to_owned()).or_default(),
            };
            if list.last() != Some(&entry) {
                list.push(entry);
            }
        }
    }

    /// The entries that may match, in their order.
    pub(super) fn candidates(&self, host: &str) -> Vec<usize> {
        let mut entries = self.exact.get(host).cloned().unwrap_or_default();
        let stem = host.find(|c: char| c.is_ascii_digit()).unwrap_or(host.len());
        for end in 0..=stem {
            if let Some(more) = self.prefix.get(&host[..end]) {
                entries.extend_from_slice(more);
            }
        }
        entries.sort_unstable();
        entries.dedup();
        entries
    }
}

fn literal(name: &Name) -> Option<&str> {
    match name.parts.as_slice() {
        [Part::Literal(text)] => Some(text),
        _ => None,
    }
}

fn fixed_start(name: &Name) -> &str {
    match name.parts.first() {
        Some(Part::Literal(text)) => &text[..text.find(|c: char| c.is_ascii_digit()).unwrap_or(text.len())],
        _ => "",
    }
}
