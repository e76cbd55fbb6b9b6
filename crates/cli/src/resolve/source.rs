//! What patterns may refer to, looked up on this machine.

use crate::error::plain;
use crate::resolve::StandardInput;
use mcom_fleet::dc::DcRules;
use mcom_fleet::hostset::HostSet;
use mcom_fleet::inventory::Inventories;
use mcom_fleet::pattern::{Source, SourceError};
use mcom_ledger::ReadError;
use mcom_model::{HostEvent, OutcomeKind, What, limits};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Bytes of a list of hosts: the most names that there may be, each of the greatest length.
const LIST_BYTES: u64 = limits::HOSTS * (limits::HOST_NAME_BYTES as u64 + 1);

pub(super) struct Outside<'a> {
    pub(super) inventories: &'a Inventories,
    pub(super) rules: &'a DcRules,
    pub(super) runs: PathBuf,
    pub(super) stdin: &'a StandardInput,
    /// What went wrong where a pattern's own errors cannot say it.
    pub(super) inventory_error: RefCell<Option<String>>,
}

impl Source for Outside<'_> {
    fn file(&self, path: &str) -> Result<String, SourceError> {
        std::fs::read_to_string(path).map_err(|error| failed(plain(&error), ""))
    }

    fn stdin(&self) -> Result<String, SourceError> {
        let bytes =
            self.stdin.read("-h -", LIST_BYTES).map_err(|error| failed(error.message, &error.hints.join("; ")))?;
        String::from_utf8(bytes).map_err(|_| failed("it is not text".to_owned(), "give one host a line"))
    }

    fn group(&self, source: Option<&str>, group: &str) -> Result<Vec<String>, SourceError> {
        self.inventories.group(source, group, self.rules)
    }

    fn run(&self, id: &str, outcome: &str) -> Result<Vec<String>, SourceError> {
        let Some(wanted) = Wanted::parse(outcome) else {
            return Err(failed(format!("`{outcome}` is no outcome"), &format!("outcomes: {}", Wanted::words())));
        };
        hosts_of_run(&self.runs, id, wanted)
    }

    fn inventory(&self) -> Option<&HostSet> {
        if self.inventories.is_empty() {
            return None;
        }
        match self.inventories.names() {
            Ok(names) => Some(names),
            Err(error) => {
                let reason = match error {
                    SourceError::Failed { reason, .. } => reason,
                    other => format!("{other:?}"),
                };
                *self.inventory_error.borrow_mut() = Some(reason);
                None
            }
        }
    }
}

/// Which hosts of a run are meant.
#[derive(Clone, Copy)]
enum Wanted {
    /// Failed, timed out or killed: what exit code 10 counts.
    Failed,
    /// Everything but ok and skipped, hosts without an outcome included.
    NotOk,
    Kind(OutcomeKind),
}

impl Wanted {
    fn parse(word: &str) -> Option<Self> {
        match word {
            "failed" => Some(Self::Failed),
            "not-ok" => Some(Self::NotOk),
            _ => OutcomeKind::ALL.into_iter().find(|kind| hyphened(*kind) == word).map(Self::Kind),
        }
    }

    fn words() -> String {
        let kinds: Vec<String> = OutcomeKind::ALL.into_iter().map(hyphened).collect();
        format!("{}, not-ok", kinds.join(", "))
    }

    fn fits(self, kind: Option<OutcomeKind>) -> bool {
        match (self, kind) {
            (Self::NotOk, kind) => !matches!(kind, Some(OutcomeKind::Ok | OutcomeKind::Skipped)),
            (_, None) => false,
            (Self::Failed, Some(kind)) => {
                matches!(kind, OutcomeKind::Failed | OutcomeKind::TimedOut | OutcomeKind::Killed)
            }
            (Self::Kind(wanted), Some(kind)) => wanted == kind,
        }
    }
}

fn hyphened(kind: OutcomeKind) -> String {
    kind.words().replace(' ', "-")
}

fn hosts_of_run(runs: &std::path::Path, id: &str, wanted: Wanted) -> Result<Vec<String>, SourceError> {
    let unreadable = |error: ReadError| failed(error.to_string(), "");
    let run = mcom_ledger::find(runs, id).map_err(|error| failed(error.to_string(), "the runs: mcom history"))?;
    let head = run.head().map_err(unreadable)?;
    let mut outcomes = BTreeMap::new();
    for event in run.events().map_err(unreadable)? {
        if let What::Host { host, said: HostEvent::Ended { outcome, .. } } = event.map_err(unreadable)?.what {
            outcomes.insert(host, outcome.kind());
        }
    }
    let hosts = head.plan.host_ids().filter(|id| wanted.fits(outcomes.get(id).copied()));
    Ok(hosts.map(|id| head.plan.host(id).name.clone()).collect())
}

fn failed(reason: impl Into<String>, hint: &str) -> SourceError {
    SourceError::Failed { reason: reason.into(), hint: hint.to_owned() }
}

/// Refuses the name of a file that was meant as a list of hosts: `-h hosts.txt`.
pub(super) fn is_list_file(pattern: &str) -> bool {
    let looks_like_a_file =
        pattern.contains('/') || pattern.rsplit_once('.').is_some_and(|(_, ending)| LIST_ENDINGS.contains(&ending));
    looks_like_a_file && !pattern.starts_with(['^', '/', '~', '@']) && std::path::Path::new(pattern).is_file()
}

const LIST_ENDINGS: [&str; 7] = ["txt", "list", "lst", "hosts", "nodes", "csv", "conf"];
