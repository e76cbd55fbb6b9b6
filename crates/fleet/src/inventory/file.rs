//! One inventory file.

use crate::document::{self, DocumentError, Found, Section};
use crate::inventory::HostAttributes;
use crate::inventory::entry::{self, Entry, group_name, names_only};
use crate::inventory::index::Index;
use crate::pattern::Pattern;

/// One inventory file, as it was written.
#[derive(Clone, Debug)]
pub struct Inventory {
    name: String,
    entries: Vec<Entry>,
    groups: Vec<(String, Pattern)>,
    index: Index,
}

/// Reads an inventory. `file` is its name in messages; `name` is what its groups can be prefixed with: `@name:group`.
pub fn parse(name: &str, file: &str, text: &str) -> Result<Inventory, DocumentError> {
    let document = document::parse(file, text)?;
    document.only(&["hosts", "groups"])?;
    let mut inventory =
        Inventory { name: name.to_owned(), entries: Vec::new(), groups: Vec::new(), index: Index::default() };
    for Found { value: section, at } in document.sections("hosts")? {
        let entry = Entry::read(&section, at)?;
        inventory.index.add(inventory.entries.len(), &entry.pattern);
        inventory.entries.push(entry);
    }
    if let Some(section) = document.section("groups")? {
        inventory.groups = read_groups(&section)?;
    }
    Ok(inventory)
}

impl Inventory {
    /// What its groups can be prefixed with.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it says about a host.
    pub fn attributes(&self, host: &str) -> HostAttributes {
        let mut attributes = HostAttributes::default();
        for entry in self.entries_of(host) {
            attributes.override_with(&entry.attributes_of(host));
        }
        attributes
    }

    /// The names of its groups, sorted.
    pub fn group_names(&self) -> Vec<&str> {
        let of_entries = self.entries.iter().flat_map(|entry| &entry.groups);
        let mut names: Vec<&str> =
            of_entries.chain(self.groups.iter().map(|(name, _)| name)).map(String::as_str).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The patterns that bring hosts: those without wildcards.
    pub(super) fn sources(&self) -> impl Iterator<Item = &Pattern> {
        self.patterns().filter(|pattern| !entry::has_wildcard(pattern))
    }

    /// The patterns of a group.
    pub(super) fn group(&self, group: &str) -> Vec<&Pattern> {
        let of_entries = self.entries.iter().filter(|entry| entry.groups.iter().any(|name| name == group));
        let named = self.groups.iter().filter(|(name, _)| name == group);
        of_entries.map(|entry| &entry.pattern).chain(named.map(|(_, pattern)| pattern)).collect()
    }

    fn patterns(&self) -> impl Iterator<Item = &Pattern> {
        self.entries.iter().map(|entry| &entry.pattern).chain(self.groups.iter().map(|(_, pattern)| pattern))
    }

    fn entries_of<'a>(&'a self, host: &'a str) -> impl Iterator<Item = &'a Entry> {
        let candidates = self.index.candidates(host).into_iter().map(|at| &self.entries[at]);
        candidates.filter(move |entry| entry.matches(host))
    }
}

fn read_groups(section: &Section<'_>) -> Result<Vec<(String, Pattern)>, DocumentError> {
    let mut groups = Vec::new();
    for key in section.keys() {
        group_name(section, &key)?;
        for text in section.texts(&key.value)?.unwrap_or_default() {
            groups.push((key.value.clone(), names_only(section, &text)?));
        }
    }
    Ok(groups)
}
