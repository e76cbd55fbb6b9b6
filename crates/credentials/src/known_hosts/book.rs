//! All that the files say, found by name. Plain names are found at once; patterns and hashes are tried one by one.

use super::line::{Entry, parse};
use super::pattern::{Hosts, Pattern};
use std::collections::{BTreeMap, BTreeSet};

/// A line that says nothing that could be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1.
    pub line: usize,
    /// Why.
    pub why: &'static str,
}

/// What the known_hosts files say.
#[derive(Clone, Debug, Default)]
pub struct KnownHosts {
    entries: Vec<Entry>,
    /// The entries that name hosts and nothing else, by each name.
    named: BTreeMap<String, Vec<usize>>,
    /// All others.
    tried: Vec<usize>,
}

/// The port that names in the files are without.
const USUAL_PORT: u16 = 22;

impl KnownHosts {
    /// Reads one file's text, after those that were read before.
    pub fn read(&mut self, text: &str) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (index, line) in text.lines().enumerate() {
            match parse(line) {
                Ok(Some(entry)) => self.add(entry),
                Ok(None) => {}
                Err(why) => problems.push(Problem { line: index + 1, why }),
            }
        }
        problems
    }

    fn add(&mut self, entry: Entry) {
        let index = self.entries.len();
        match &entry.hosts {
            Hosts::Patterns(patterns) if patterns.iter().all(Pattern::is_name) => {
                for pattern in patterns {
                    self.named.entry(pattern.text.clone()).or_default().push(index);
                }
            }
            _ => self.tried.push(index),
        }
        self.entries.push(entry);
    }

    /// What is known of a host by its name or address, as `Access.keys` has it. As ssh does: a port other than 22 has
    /// entries of its own, and where it has none, those without a port count.
    pub fn keys_of(&self, name: &str, port: u16) -> Vec<String> {
        if port == USUAL_PORT {
            return self.keys_of_alias(name);
        }
        let mut found = self.found(&format!("[{name}]:{port}"));
        // What is only revoked is not known.
        if found.iter().all(|index| self.entries[*index].marker == "@revoked ") {
            found.extend(self.found(name));
        }
        self.keys(&found)
    }

    /// What is known of a host by its alias, which has no port.
    pub fn keys_of_alias(&self, alias: &str) -> Vec<String> {
        self.keys(&self.found(alias))
    }

    /// The entries for a name, in the order of the files.
    fn found(&self, name: &str) -> BTreeSet<usize> {
        let name = name.to_lowercase();
        let tried = self.tried.iter().filter(|index| self.entries[**index].hosts.fit(&name));
        self.named.get(&name).into_iter().flatten().chain(tried).copied().collect()
    }

    /// Each key once.
    fn keys(&self, found: &BTreeSet<usize>) -> Vec<String> {
        let mut keys = Vec::new();
        for entry in found.iter().map(|index| &self.entries[*index]) {
            let key = format!("{}{}", entry.marker, entry.key);
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        keys
    }
}
