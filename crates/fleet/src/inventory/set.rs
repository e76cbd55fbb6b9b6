//! All inventories of a run together.

use crate::dc::DcRules;
use crate::hostset::HostSet;
use crate::inventory::{HostAttributes, Inventory, entry};
use crate::pattern::{self, NoSource, Pattern, SourceError};
use mcom_model::limits;
use std::cell::OnceCell;

/// The inventories of a run, in their order. Where two speak about the same attribute of a host, the later one wins.
#[derive(Clone, Debug, Default)]
pub struct Inventories {
    files: Vec<Inventory>,
    /// Made when somebody asks for it: expanding a million names takes a while.
    pub(super) names: OnceCell<HostSet>,
}

impl Inventories {
    /// These inventories.
    pub fn new(files: Vec<Inventory>) -> Self {
        Self { files, names: OnceCell::new() }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// What is known about a host.
    pub fn attributes(&self, host: &str) -> HostAttributes {
        let mut attributes = HostAttributes::default();
        self.files.iter().for_each(|file| attributes.override_with(&file.attributes(host)));
        attributes
    }

    /// Every host that there is.
    pub fn names(&self) -> Result<&HostSet, SourceError> {
        if let Some(names) = self.names.get() {
            return Ok(names);
        }
        let mut names = Vec::new();
        for pattern in self.files.iter().flat_map(Inventory::sources) {
            names.extend(expanded(pattern)?);
        }
        Ok(self.names.get_or_init(|| HostSet::from(names)))
    }

    /// The hosts of `@group`, `@source:group` or, in the datacenter that the rules find, `@dc=name`.
    pub fn group(&self, source: Option<&str>, group: &str, rules: &DcRules) -> Result<Vec<String>, SourceError> {
        if self.is_empty() {
            return Err(SourceError::NoInventory);
        }
        let files: Vec<&Inventory> =
            self.files.iter().filter(|file| source.is_none_or(|source| file.name() == source)).collect();
        if files.is_empty() {
            return Err(self.unknown(source));
        }
        match group.strip_prefix("dc=") {
            Some(dc) => self.in_dc(&files, dc, rules),
            None => self.members(&files, source, group),
        }
    }

    fn members(&self, files: &[&Inventory], source: Option<&str>, group: &str) -> Result<Vec<String>, SourceError> {
        let patterns: Vec<&Pattern> = files.iter().flat_map(|file| file.group(group)).collect();
        if patterns.is_empty() {
            return Err(self.unknown(source));
        }
        let mut names = Vec::new();
        for pattern in patterns {
            if entry::has_wildcard(pattern) {
                names.extend(self.names()?.iter().filter(|host| entry::matches(pattern, host)).map(str::to_owned));
            } else {
                names.extend(expanded(pattern)?);
            }
        }
        Ok(names)
    }

    fn in_dc(&self, files: &[&Inventory], dc: &str, rules: &DcRules) -> Result<Vec<String>, SourceError> {
        let all = self.names()?;
        let is_there = |host: &&str| {
            let known = files.len() == self.files.len()
                || files.iter().any(|file| file.sources().any(|pattern| entry::matches(pattern, host)));
            known && rules.datacenter(host, self.attributes(host).dc.as_deref()).0 == dc
        };
        let names: Vec<String> = all.iter().filter(is_there).map(str::to_owned).collect();
        if names.is_empty() { Err(SourceError::Unknown { known: self.datacenters(all, rules) }) } else { Ok(names) }
    }

    fn datacenters(&self, all: &HostSet, rules: &DcRules) -> Vec<String> {
        let mut known: Vec<String> = all
            .iter()
            .map(|host| format!("dc={}", rules.datacenter(host, self.attributes(host).dc.as_deref()).0))
            .collect();
        known.sort_unstable();
        known.dedup();
        known
    }

    /// There is no such group; names the ones that there are.
    fn unknown(&self, source: Option<&str>) -> SourceError {
        let name = |file: &Inventory, group: &str| match source {
            Some(_) => format!("{}:{group}", file.name()),
            None => group.to_owned(),
        };
        let of_file =
            |file: &Inventory| file.group_names().into_iter().map(|group| name(file, group)).collect::<Vec<_>>();
        let mut known: Vec<String> = self.files.iter().flat_map(of_file).collect();
        known.sort_unstable();
        known.dedup();
        SourceError::Unknown { known }
    }
}

/// The names of a pattern that stands for them by its text alone.
fn expanded(pattern: &Pattern) -> Result<Vec<String>, SourceError> {
    let targets = pattern::expand(std::slice::from_ref(pattern), &[], &NoSource, limits::HOSTS)
        .map_err(|error| SourceError::Failed { reason: error.to_string(), hint: "correct the inventory".to_owned() })?;
    Ok(targets.into_iter().map(|target| target.name).collect())
}
