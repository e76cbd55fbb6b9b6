//! The inventories, the datacenter rules, and the hosts that a request asks for.

use crate::args::{Pick, no_hosts};
use crate::config::Settings;
use crate::error::{CliError, ErrorKind};
use crate::output::say;
use crate::resolve::recorded::Recorded;
use crate::resolve::source::{Outside, is_list_file};
use crate::resolve::{StandardInput, pick};
use mcom_fleet::dc::{DcNameRule, DcRules};
use mcom_fleet::hostset::HostSet;
use mcom_fleet::inventory::{self, Inventories, Inventory};
use mcom_fleet::pattern::{self, Explanation, Joint, Pattern, PatternError, Target, TermKind};
use mcom_model::{PlanRequest, limits};
use std::cell::RefCell;
use std::path::{Path, PathBuf};

/// What is known about all hosts, whatever is asked for.
pub struct Fleet<'a> {
    inventories: Inventories,
    rules: DcRules,
    /// The same without `--flat`, which says how to connect and not where hosts are.
    place_rules: DcRules,
    runs: PathBuf,
    stdin: &'a StandardInput,
}

/// The hosts that a request asks for.
#[derive(Clone, Debug)]
pub struct Hosts {
    /// Each once, in natural order.
    pub targets: Vec<Target>,
    /// Those of `--parents`, whether they are among the targets or not.
    pub preferred: HostSet,
    /// How many there were before `--pick`.
    pub before_pick: usize,
}

impl<'a> Fleet<'a> {
    /// Reads the inventories and the rules that a request asks for, the configured ones otherwise.
    pub fn load(request: &PlanRequest, settings: &Settings, stdin: &'a StandardInput) -> Result<Self, CliError> {
        let paths = if request.inventory.is_empty() { &settings.inventory.value } else { &request.inventory };
        let files = paths.iter().map(|path| read_inventory(path)).collect::<Result<Vec<_>, _>>()?;
        let only = request.dc_from.as_deref().map(str::parse::<DcNameRule>).transpose();
        let rules = DcRules {
            configured: settings.dc_from_name.value.as_ref().map(|(_, rule)| rule.clone()),
            only: only.map_err(|error| CliError::new(ErrorKind::Usage, format!("--dc-from: {error}")))?,
            flat: request.flat,
        };
        let runs = mcom_ledger::runs_dir(&settings.state_home.value);
        let place_rules = DcRules { flat: false, ..rules.clone() };
        Ok(Self { inventories: Inventories::new(files), rules, place_rules, runs, stdin })
    }

    /// What is known about each host.
    pub fn inventories(&self) -> &Inventories {
        &self.inventories
    }

    /// How a host says its datacenter.
    pub fn rules(&self) -> &DcRules {
        &self.rules
    }

    /// Expands the patterns of a request.
    pub fn hosts(&self, request: &PlanRequest) -> Result<Hosts, CliError> {
        let include = parsed(&request.hosts)?;
        if include.is_empty() {
            return Err(no_hosts());
        }
        let exclude = parsed(&request.exclude)?;
        let targets = self.expand(&include, &exclude)?;
        if !exclude.is_empty() {
            let all = pattern::host_set(&self.expand(&include, &[])?);
            exclude.iter().try_for_each(|pattern| self.say_idle(pattern, &all))?;
        }
        let preferred = self.expand(&parsed(&request.parents)?, &[])?;
        let before_pick = targets.len();
        let targets = match &request.pick {
            Some(text) => pick::pick(targets, parsed_pick(text)?, |host| self.datacenter(host)),
            None => targets,
        };
        Ok(Hosts { targets, preferred: pattern::host_set(&preferred), before_pick })
    }

    /// Each term of the patterns of a request, in words.
    pub fn explain(&self, request: &PlanRequest) -> Result<Vec<Explanation>, CliError> {
        let outside = self.outside();
        let mut all = Vec::new();
        for (patterns, excludes) in [(&request.hosts, false), (&request.exclude, true)] {
            for pattern in parsed(patterns)? {
                let explained = pattern::explain(&pattern, &outside, limits::HOSTS);
                let explained = explained.map_err(|error| outside.error(&error))?;
                all.extend(explained.into_iter().map(|one| if excludes { excluded(one) } else { one }));
            }
        }
        Ok(all)
    }

    /// The datacenter of a host.
    pub fn datacenter(&self, host: &str) -> String {
        self.place_rules.datacenter(host, self.inventories.attributes(host).dc.as_deref()).0.to_owned()
    }

    fn expand(&self, include: &[Pattern], exclude: &[Pattern]) -> Result<Vec<Target>, CliError> {
        let outside = self.outside();
        pattern::expand(include, exclude, &outside, limits::HOSTS).map_err(|error| outside.error(&error))
    }

    /// Says which terms of an excluding pattern take none of the hosts away: likely a name that was mistyped.
    fn say_idle(&self, pattern: &Pattern, all: &HostSet) -> Result<(), CliError> {
        // Where terms narrow each other, only all of them together say what is taken away.
        let alone = pattern.terms().iter().all(|term| term.joint == Joint::Union);
        let texts = pattern.terms().iter().map(|term| &pattern.text()[term.span.clone()]);
        let texts: Vec<&str> = if alone { texts.collect() } else { vec![pattern.text()] };
        for (text, term) in texts.into_iter().zip(pattern.terms()) {
            let is_list = matches!(term.kind, TermKind::File(_) | TermKind::Stdin | TermKind::Run { .. });
            let taken = match self.expand(&parsed(&[text.to_owned()])?, &[]) {
                Ok(taken) => pattern::host_set(&taken),
                // A list may be empty.
                Err(error) if !is_list && error.kind == ErrorKind::NothingMatched => HostSet::new(),
                Err(_) => continue,
            };
            if taken.intersection(all).is_empty() {
                let why = match term.kind {
                    TermKind::Name { .. } | TermKind::Regex(_) => "none of them is called so",
                    _ => "none of them is in it",
                };
                say(&format!("mcom: -x {text} takes no host away: {why}\n"));
            }
        }
        Ok(())
    }

    fn outside(&self) -> Outside<'_> {
        Outside {
            inventories: &self.inventories,
            rules: &self.place_rules,
            runs: self.runs.clone(),
            stdin: self.stdin,
            inventory_error: RefCell::new(None),
        }
    }
}

impl Outside<'_> {
    fn error(&self, error: &PatternError) -> CliError {
        match self.inventory_error.take() {
            Some(reason) => CliError::new(ErrorKind::Inventory, reason),
            None => pattern_error(error),
        }
    }
}

/// The names that patterns stand for among `known`, the hosts of a recorded run.
pub fn names_among(patterns: &[String], known: HostSet) -> Result<Vec<String>, CliError> {
    let source = Recorded { known };
    let hosts =
        pattern::expand(&parsed(patterns)?, &[], &source, limits::HOSTS).map_err(|error| pattern_error(&error))?;
    let names: Vec<String> = hosts.into_iter().map(|target| target.name).collect();
    match names.iter().find(|name| !source.known.contains(name)) {
        Some(name) => Err(CliError::new(ErrorKind::NothingMatched, format!("the run has no host {name}"))),
        None => Ok(names),
    }
}

fn parsed(patterns: &[String]) -> Result<Vec<Pattern>, CliError> {
    if let Some(file) = patterns.iter().find(|pattern| is_list_file(pattern)) {
        let error = CliError::new(ErrorKind::Usage, format!("`{file}` is a file here, not a host"));
        return Err(error.hint(format!("the hosts that it lists: -h ^{file}")));
    }
    patterns.iter().map(|text| pattern::parse(text).map_err(|error| pattern_error(&error))).collect()
}

fn parsed_pick(text: &str) -> Result<Pick, CliError> {
    text.parse().map_err(|message: String| CliError::new(ErrorKind::Usage, message))
}

/// A pattern's error says itself what to type, so it needs the kind's hint only where it has none.
fn pattern_error(error: &PatternError) -> CliError {
    let kind = if error.matched_nothing() { ErrorKind::NothingMatched } else { ErrorKind::Pattern };
    let text = error.to_string();
    match text.rsplit_once('\n') {
        // The last line is the hint, where there is one: without control characters, unlike the field.
        Some((message, hint)) if !error.hint().is_empty() => CliError::new(kind, message).hint(hint.trim()),
        _ => CliError::new(kind, text),
    }
}

fn excluded(explanation: Explanation) -> Explanation {
    Explanation {
        term: format!("-x {}", explanation.term),
        meaning: format!("without {}", explanation.meaning),
        ..explanation
    }
}

fn read_inventory(path: &str) -> Result<Inventory, CliError> {
    let text = std::fs::read_to_string(path).map_err(|error| CliError::unreadable("the inventory", path, &error))?;
    let name = Path::new(path).file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    inventory::parse(&name, path, &text).map_err(|error| CliError::new(ErrorKind::Inventory, error.to_string()))
}
